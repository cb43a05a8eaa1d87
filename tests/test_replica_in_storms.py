"""A copy is what its centre is, whatever the network does and whoever is killed when: many runs, each drawn from a seed."""

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from threading import Event

import pytest
from databases import Server
from forking import Forks, forking
from network import Mischief
from sqlalchemy import make_url
from storms import make_empty_copy, storm

from service_catalog.kernel.database import make_engine
from service_catalog.migrations.upgrading import upgrade

STORMS, RUNS = 10, 10
"""On each kind of database, none with the seeds of another: two hundred runs in all. `make test` has the first storm on SQLite
alone, `make long` all, and says with which seeds.
"""
FIRST_SEEDS = {"sqlite": 0, "postgresql": 100_000}
pytestmark: list[pytest.MarkDecorator] = [] if "CATALOG_TEST_LONG" in os.environ else [pytest.mark.sqlite_is_enough]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with forking() as made:
        yield made


@pytest.fixture(scope="module")
def empty_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_empty_copy(tmp_path_factory.mktemp("copy") / "empty.db")


def first_seed(url: str) -> int:
    return FIRST_SEEDS[make_url(url).get_backend_name()]


@pytest.mark.parametrize("number", [0, *(pytest.param(number, marks=pytest.mark.long) for number in range(1, STORMS))])
def test_whatever_happens_on_the_way_a_copy_becomes_what_its_centre_is(
    forks: Forks, small_url: str, tmp_path: Path, empty_copy: Path, number: int
) -> None:
    first = first_seed(small_url) + number * 1000
    print(f"runs with seeds {first} to {first + RUNS - 1}")  # noqa: T201
    with storm(
        forks, small_url, tmp_path, seed=first, empty_copy=empty_copy, weather=Mischief.all_of_it(0.2)
    ) as raging:
        for seed in range(first, first + RUNS):
            raging.run(seed)


@pytest.mark.parametrize("number", [0, *(pytest.param(number, marks=pytest.mark.long) for number in (1, 2))])
def test_a_first_snapshot_goes_on_where_it_was_cut_and_whoever_fetches_it_is_killed(
    forks: Forks, small_url: str, tmp_path: Path, number: int
) -> None:
    seed = first_seed(small_url) + number
    random = Random(seed)
    with storm(forks, small_url, tmp_path, seed=seed, empty_copy=None, weather=Mischief(cut=1.0)) as raging:
        for _ in range(4):  # at first while it makes its tables
            Event().wait(random.uniform(0, 0.5))
            raging.replica.kill()
            raging.replica.begin()
        raging.replica.until_it_listens()
        raging.until(lambda: any("/v1/snapshots/" in request for request in raging.network.seen))

        raging.calm()
        raging.compare()


def test_a_centre_restored_from_an_older_copy_takes_its_copies_with_it(
    forks: Forks, server: Server, small_url: str, tmp_path: Path, empty_copy: Path
) -> None:
    older = server.template("small", upgrade)  # small_url is a copy of it, so that it is there
    with storm(forks, small_url, tmp_path, seed=1, empty_copy=empty_copy) as raging, server.copy_of(older) as url:
        for _ in range(10):
            raging.busy.change(Random(1))
        raging.calm()
        raging.compare()
        lost = raging.busy.number

        engine = make_engine(url)
        raging.restored(url, engine)
        raging.until(lambda: raging.says() == raging.busy.number)
        raging.compare()
        assert raging.busy.number < lost
        for _ in range(5):
            raging.busy.change(Random(2))
        raging.compare()
        raging.centre.kill()
        engine.dispose()
