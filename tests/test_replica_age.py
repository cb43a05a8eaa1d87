"""How old the data of a copy are, on every answer, and what it says where its clock does not allow to tell."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from builders import FOUNDED, TOWNSHIP_STATION
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.kernel.database import make_engine, reading
from service_catalog.replica.age import age_of
from service_catalog.replica.following import Follower, position_of
from service_catalog.settings import Settings
from service_catalog.sync.pages import Page

if TYPE_CHECKING:
    from conftest import Clock

pytestmark = pytest.mark.sqlite_is_enough

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
CENTRE = "https://centre.example.cn"
GUIDE = f"/guides/{TOWNSHIP_STATION}5150709001000"


@pytest.mark.parametrize(
    ("here", "now", "age"),
    [
        (NOON, NOON + HOUR, 3600),
        (NOON - 3 * HOUR, NOON - 3 * HOUR, 0),  # slow, and just confirmed
        (NOON - 3 * HOUR, NOON - HOUR, 7200),  # slow: by the centre's clock the moment has not even come
        (NOON + 3 * HOUR, NOON + 4 * HOUR, 14_400),  # fast: rather too old than too young
        (NOON + 3 * HOUR, NOON + HOUR, None),  # set right since
        (NOON, NOON - timedelta(seconds=20), 0),  # what a time server does
        (None, NOON + HOUR, 3600),  # a snapshot only
        (None, NOON - HOUR, None),
    ],
)
def test_a_copy_is_as_old_as_the_clock_says_that_makes_it_older(
    here: datetime | None, now: datetime, age: int | None
) -> None:
    assert age_of(NOON, here, now=now) == age


class Says:
    """A centre that has nothing newer, by its own clock."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def pages(self, after: int, **asked: Any) -> Sequence[Page]:
        return [Page((), after, after, self.at, 0, is_older_than_asked=False, carried={})]


@pytest.fixture
def url(replica_template: Path, tmp_path: Path) -> str:
    shutil.copyfile(replica_template, tmp_path / "replica.db")
    return f"sqlite:///{tmp_path / 'replica.db'}"


@pytest.fixture
def copy(url: str, clock: "Clock") -> Iterator[TestClient]:
    app = create_app(Settings(database_url=url, replica_of=CENTRE), clock=clock)

    def fail() -> None:
        raise RuntimeError

    app.add_api_route("/fails", fail)
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def confirm(url: str, folder: Path, clock: "Clock", *, by_the_centre: datetime) -> None:
    """Let the centre say at the present moment of the copy that there is nothing newer."""
    engine = make_engine(url, checks_references=False)
    client: Any = Says(by_the_centre)
    Follower(engine, client, centre=CENTRE, region=None, folder=folder, clock=clock).pull()
    with reading(engine) as session:
        position = position_of(session)
        assert position is not None
        assert (position.confirmed_at, position.confirmed_here_at) == (by_the_centre, clock.at)
    engine.dispose()


def test_a_slow_clock_hides_no_age(url: str, tmp_path: Path, copy: TestClient, clock: "Clock") -> None:
    confirm(url, tmp_path, clock, by_the_centre=clock.at + 3 * HOUR)

    assert copy.get(GUIDE).headers["data-age"] == "0"
    clock.at += 2 * HOUR

    page = copy.get(GUIDE)
    assert (page.headers["data-age"], page.headers["data-stale"]) == ("7200", "true")
    assert "本机已有2小时没有与中心核对" in page.text


def test_where_the_clock_was_set_back_it_says_that_nobody_can_tell(
    url: str, tmp_path: Path, copy: TestClient, clock: "Clock"
) -> None:
    confirm(url, tmp_path, clock, by_the_centre=clock.at)
    clock.at -= HOUR

    page = copy.get(GUIDE)
    assert "data-age" not in page.headers
    assert (page.headers["data-stale"], page.status_code) == ("true", 200)
    assert "本机时钟有误，无法确定多久没有与中心核对" in page.text


def test_an_answer_that_failed_says_the_age_too(copy: TestClient, clock: "Clock") -> None:
    clock.at = FOUNDED + timedelta(minutes=5)

    answer = copy.get("/fails")

    assert (answer.status_code, answer.headers["data-age"]) == (500, "300")
    assert "change-number" in answer.headers
