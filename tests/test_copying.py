"""Whatever was done at the centre, a copy that followed it says the same: documents, guides, lists, pages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from builders import BANNER, BANNER_BUREAU, ITEM, item_content, publish_item, publish_local
from copying import Copy, centre_of, copy_of
from databases import Server
from deeds import DEEDS, Deeds, found
from sqlalchemy import Engine, func, select
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from service_catalog.kernel.database import make_engine, reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.lifecycle.tables import Act
from service_catalog.replica.applying import apply
from service_catalog.sync.pages import item_of

if TYPE_CHECKING:
    from conftest import Clock

ONCE = pytest.mark.sqlite_is_enough
LONG = [ONCE, pytest.mark.long]
SEEDS = [pytest.param(1, None, marks=ONCE), pytest.param(2, BANNER, marks=LONG), pytest.param(3, None, marks=LONG)]
LISTS = ("/v1/basic-items", "/v1/implementations", "/v1/agencies", "/v1/regions")


@pytest.fixture
def small_url(server: Server) -> Iterator[str]:
    with server.copy_of(server.template("deeds", found)) as url:
        yield url


@pytest.fixture
def engine(small_url: str) -> Iterator[Engine]:
    made = make_engine(small_url)
    yield made
    made.dispose()


@contextmanager
def followed(url: str, clock: "Clock", folder: Path, region: str | None) -> Iterator[Copy]:
    with centre_of(url, clock, folder, snapshot_minutes=0) as client, copy_of(client, region, clock, folder) as copy:
        yield copy


def said(client: TestClient, address: str) -> tuple[int, Any]:
    answer = client.get(address)
    return answer.status_code, answer.json()


def main_of(page: str) -> str:
    found = re.search(r"<main.*</main>", page, re.DOTALL)
    return found[0] if found else page


def differences(centre: TestClient, copy: TestClient, addresses: list[str]) -> list[tuple[str, Any, Any]]:
    pairs = [(address, said(centre, address), said(copy, address)) for address in addresses]
    return [(address, here, there) for address, here, there in pairs if here != there]


@pytest.mark.parametrize(("seed", "region"), SEEDS)
def test_a_copy_says_what_the_centre_says_whatever_was_done(
    engine: Engine, client: TestClient, clock: "Clock", small_url: str, tmp_path: Path, seed: int, region: str | None
) -> None:
    deeds = Deeds(engine, seed, clock)
    with followed(small_url, clock, tmp_path, region) as copy:
        copy.pull()
        for _ in range(10):
            deeds.do(6)
            copy.pull()
            found = copy.compared()
            assert found.differences == (), (seed, deeds.done)

        days = ["", *(f"?as_of={civil_day(clock.at) + timedelta(days=days)}" for days in (-20, -3, 0))]
        codes = copy.digests()["implementation"]
        guides = [f"/v1/guides/{code}{day}" for code in codes for day in days]
        assert differences(client, copy.answers, guides) == [], seed
        for code in codes:
            here, there = client.get(f"/guides/{code}"), copy.answers.get(f"/guides/{code}")
            assert (here.status_code, main_of(here.text)) == (there.status_code, main_of(there.text)), code
        if region is None:
            lists = [f"{path}?limit=500" for path in LISTS]
            assert differences(client, copy.answers, lists) == [], seed
    assert len(deeds.done) > 20
    assert codes, "there is something to compare"


@ONCE
def test_every_deed_is_one_that_can_be_done(engine: Engine, clock: "Clock") -> None:
    done: set[str] = set()
    for seed in range(8):
        deeds = Deeds(engine, seed, clock)
        deeds.do(40)
        done |= set(deeds.done)

    assert {deed.__name__ for deed in DEEDS} - done == set()


@ONCE
def test_what_is_applied_twice_leaves_what_it_leaves_once(
    engine: Engine, clock: "Clock", client: TestClient, small_url: str, tmp_path: Path
) -> None:
    deeds = Deeds(engine, 5, clock)
    with followed(small_url, clock, tmp_path, None) as copy:
        copy.pull()
        deeds.do(40)
        copy.pull()
        before, counts = copy.digests(), rows_of(copy.engine)
        page = client.get("/v1/feed", params={"limit": 1000, "ended": "documents"})
        items = [item_of(item) for item in page.json()["items"]]
        for _ in range(2):
            with unit_of_work(copy.engine) as session:
                apply(session, items, head=int(page.headers["change-number"]), at=clock.at)

        assert copy.digests() == before
        assert rows_of(copy.engine) == counts
        assert copy.compared().differences == ()


def rows_of(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        }


@ONCE
def test_a_copy_that_began_anew_is_the_same_as_one_that_followed(
    engine: Engine, clock: "Clock", small_url: str, tmp_path: Path
) -> None:
    deeds = Deeds(engine, 6, clock)
    (tmp_path / "late").mkdir()
    with followed(small_url, clock, tmp_path, BANNER) as early:
        early.pull()
        deeds.do(60)
        early.pull()
        with copy_of(early.follower.client, BANNER, clock, tmp_path / "late") as late:
            late.pull()

            assert late.digests() == early.digests()


@ONCE
def test_a_copy_that_follows_another_centre_keeps_nothing_of_the_one_before(
    engine: Engine, clock: "Clock", server: Server, small_url: str, tmp_path: Path
) -> None:
    """As after a centre was restored from a backup: its numbers mean other acts, other changes, other questions."""
    (tmp_path / "fresh").mkdir()
    Deeds(engine, 6, clock).do(30)
    with followed(small_url, clock, tmp_path, None) as copy, server.copy_of(server.template("deeds", found)) as url:
        copy.pull()
        before = acts_of(copy.engine)
        other = make_engine(url)
        Deeds(other, 7, clock).do(20)
        with (
            centre_of(url, clock, tmp_path / "fresh") as client,
            copy_of(client, None, clock, tmp_path / "fresh") as fresh,
        ):
            fresh.pull()
            copy.follower.client, copy.follower.centre = client, "http://another.example"
            copy.pull()

            assert copy.digests() == fresh.digests()
            assert rows_of(copy.engine) == rows_of(fresh.engine)
            assert acts_of(copy.engine) == acts_of(fresh.engine) == acts_of(other)
            assert any(before[number] != act for number, act in acts_of(other).items() if number in before)
        other.dispose()


def acts_of(engine: Engine) -> dict[int | None, tuple[str, str]]:
    with reading(engine) as session:
        return {act.id: (act.code, act.document_number) for act in session.scalars(select(Act))}


def test_a_guide_at_a_copy_is_never_that_of_another_standard(
    engine: Engine, clock: "Clock", small_url: str, tmp_path: Path
) -> None:
    """What was parsed of an edition is kept by its number: numbers of what was replaced must not go to others."""
    with followed(small_url, clock, tmp_path, None) as copy:
        for turn in range(4):
            with unit_of_work(engine) as session:
                for code in ("150709002000", ITEM) if turn % 2 else (ITEM, "150709002000"):
                    name = f"{code[6:9]}号事项第{turn}版"
                    publish_item(
                        session, code, item_content(name=name), at=clock.at, effective_from=civil_day(clock.at)
                    )
                    publish_local(
                        session, BANNER_BUREAU, "4", basic_code=code, at=clock.at, effective_from=civil_day(clock.at)
                    )
            copy.pull()
            for code in (ITEM, "150709002000"):
                guide = copy.answers.get(f"/v1/guides/{BANNER_BUREAU}4{code}?as_of={civil_day(clock.at)}").json()
                assert guide["name"] == f"{code[6:9]}号事项第{turn}版"
            clock.at += timedelta(days=2)


@pytest.mark.strictest_only
def test_the_whole_seeded_catalogue_is_the_same_in_a_copy(seeded_url: str, seeded: TestClient, tmp_path: Path) -> None:
    at = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
    with centre_of(seeded_url, lambda: at, tmp_path) as client, copy_of(client, None, lambda: at, tmp_path) as copy:
        pulled = copy.pull()

        assert (copy.compared().differences, pulled.by_snapshot) == ((), True)
        assert pulled.items > 2000
        codes = [line["implementation_code"] for line in seeded.get("/v1/implementations?limit=200").json()["items"]]
        assert differences(seeded, copy.answers, [f"/v1/guides/{code}" for code in codes]) == []
        assert differences(seeded, copy.answers, [f"{path}?limit=500" for path in LISTS]) == []
