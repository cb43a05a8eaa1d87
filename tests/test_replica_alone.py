"""A replica whose centre is away: it goes on answering, says how old its data are, takes appeals, and hands them over later."""

import re
import shutil
import socket
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from appealing import COMPLAINT, Person, Town, good, open_town, refused
from builders import (
    BANNER_BUREAU,
    ITEM,
    LEAGUE_BUREAU,
    TOWNSHIP,
    TOWNSHIP_STATION,
    item_content,
    publish_item,
)
from callers import key_for
from forking import forking, serving
from live import listening
from pydantic import SecretStr
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col
from starlette.testclient import TestClient
from storms import make_empty_copy

from service_catalog.actors import Role
from service_catalog.app import create_app
from service_catalog.appeals.tables import Appeal
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.database import make_engine, reading
from service_catalog.replica.following import Follower
from service_catalog.replica.handed_tables import HeldRange, WaitingAppeal
from service_catalog.replica.keeping import Keeper
from service_catalog.settings import Settings
from service_catalog.sync.client import CatalogClient

if TYPE_CHECKING:
    from conftest import Clock

pytestmark = [
    pytest.mark.sqlite_is_enough,
    pytest.mark.filterwarnings(  # FastAPI silences it while it builds routes, which two threads do at once here
        "ignore::pydantic.warnings.UnsupportedFieldAttributeWarning"
    ),
]
STATION_GUIDE, BUREAU_GUIDE = TOWNSHIP_STATION + "5" + ITEM, BANNER_BUREAU + "4" + ITEM
MISSING = LEAGUE_BUREAU + "3" + "150709999000"
MAIN = re.compile(r"<main.*</main>", re.DOTALL)
PAGES = ("/", f"/guides/{STATION_GUIDE}", f"/guides/{MISSING}")
APPEALS = 50


def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so that threads or processes bring about."""
    for _ in range(3000):
        if is_so():
            return
        Event().wait(0.02)
    raise AssertionError("it did not come about")


class Line:
    """The centre at the other end of a line that is there or not; no answer says the time of the machine."""

    def __init__(self, url: str, clock: "Clock", folder: Path) -> None:
        settings = Settings(database_url=url, snapshots=folder / "snapshots", appeals_per_address="1000/hour")
        self.app = create_app(settings, clock=clock)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def up(self) -> Iterator[None]:
        with listening(self.app, self.port, dates=False):
            yield


class Replica:
    """A replica as it is served: its application, and the threads that keep it."""

    def __init__(self, settings: Settings, clock: "Clock") -> None:
        self.settings = settings
        self.keeper = Keeper(settings, clock=clock)
        self.client = TestClient(create_app(settings, clock=clock))

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def number(self) -> int:
        return int(self.get("/v1/regions").headers.get("change-number", 0))

    def has_numbers(self) -> bool:
        with reading(self.keeper.engine) as session:
            return session.get(HeldRange, 1) is not None

    def waits(self) -> int:
        with reading(self.keeper.engine) as session:
            query = select(func.count()).select_from(WaitingAppeal).where(col(WaitingAppeal.forwarded_at).is_(None))
            return int(session.execute(query).scalar_one())

    def hand_in(self, n: int) -> Person:
        file = {"name": "照片.txt", "content": b64encode(f"第{n}张".encode()).decode()}
        draft = {
            "kind": ("complaint", "help", "suggestion")[n % 3], "text": f"第{n}件：{COMPLAINT}", "item": STATION_GUIDE, "channel": "kiosk",
            "attachments": [file] if n % 10 == 0 else [],
        }  # fmt: skip
        answer = self.client.post("/v1/appeals", json=draft, headers={"Idempotency-Key": f"kiosk-{n:08}"})
        return Person(self.client, good(answer))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_empty_copy(tmp_path_factory.mktemp("copy") / "empty.db")


@pytest.fixture
def town(session: Session, client: TestClient, clock: "Clock") -> Town:
    return open_town(session, client, clock)


@pytest.fixture
def line(small_url: str, clock: "Clock", tmp_path: Path) -> Line:
    return Line(small_url, clock, tmp_path)


@pytest.fixture
def settings(session: Session, line: Line, template: Path, tmp_path: Path, clock: "Clock") -> Settings:
    shutil.copyfile(template, tmp_path / "replica.db")
    key = key_for(session, Role.KIOSK, region=TOWNSHIP, at=clock.at, days=365)
    return Settings(
        database_url=f"sqlite:///{tmp_path}/replica.db", attachments_url=f"file:{tmp_path}/attachments",
        personal_keys_file=tmp_path / "personal-keys", replica_of=line.address, replica_region=TOWNSHIP, replica_name="kiosk-1",
        replica_key=SecretStr(key["Authorization"].removeprefix("Bearer ")), replica_wait_seconds=0, replica_timeout_seconds=20,
        replica_longest_pause_seconds=0.05,
    )  # fmt: skip


@pytest.fixture
def empty(settings: Settings, clock: "Clock") -> Iterator[Replica]:
    """A replica that has not begun to follow."""
    made = Replica(settings, clock)
    with made.client:
        yield made
    made.keeper.stop()
    for thread in made.keeper.threads:
        if thread.is_alive():
            thread.join(timeout=30)
    made.keeper.engine.dispose()


@pytest.fixture
def replica(town: Town, line: Line, empty: Replica) -> Replica:
    """A replica that had its line for a while; now it is down."""
    with line.up():
        empty.keeper.start()
        head = int(town.client.get("/v1/feed?afterChangeNumber=0").headers["change-number"])
        until(lambda: empty.number() == head and empty.has_numbers())
    return empty


def test_for_an_hour_without_its_centre_it_answers_the_same_and_says_how_old_it_is(
    town: Town, line: Line, replica: Replica, clock: "Clock", session: Session
) -> None:
    guides = [f"/v1/guides/{code}" for code in town.guides.values()]
    at_centre = {path: town.client.get(path).content for path in guides}
    pages = {path: in_the_middle(replica.get(path).text) for path in PAGES}

    clock.at += timedelta(minutes=59)
    assert {path: replica.get(path).content for path in guides} == at_centre
    for path in (*guides, *PAGES, "/v1/regions", "/v1/nowhere"):
        answer = replica.get(path)
        assert answer.headers["data-age"] == "3540"
        assert int(answer.headers["change-number"]) > 0
        assert "data-stale" not in answer.headers
        assert 'role="alert"' not in answer.text

    clock.at += timedelta(minutes=2)
    assert {path: replica.get(path).content for path in guides} == at_centre
    assert {path: in_the_middle(replica.get(path).text) for path in PAGES} == pages
    for path in (*guides, *PAGES, "/v1/regions", "/v1/nowhere"):
        assert (replica.get(path).headers["data-age"], replica.get(path).headers["data-stale"]) == ("3660", "true")
    for path in PAGES:
        assert re.search(
            r'role="alert"><strong>数据可能不是最新.*1小时没有与中心核对', replica.get(path).text, re.DOTALL
        )

    publish_item(session, ITEM, item_content(name="居住证申领新"), at=clock.at, effective_from=clock.at.date())
    session.commit()
    with line.up():
        until(lambda: replica.get(guides[0]).json()["name"] == "居住证申领新")
        until(lambda: "data-stale" not in replica.get("/").headers)
    assert {path: replica.get(path).content for path in guides} == {
        path: town.client.get(path).content for path in guides
    }
    assert 'role="alert"' not in replica.get(PAGES[1]).text


def in_the_middle(page: str) -> str:
    found = MAIN.search(page)
    assert found is not None
    return found[0]


def test_fifty_appeals_taken_without_the_centre_are_there_once_each_when_it_is_back(
    town: Town, line: Line, replica: Replica, clock: "Clock"
) -> None:
    people = [replica.hand_in(n) for n in range(APPEALS)]
    again = [replica.hand_in(n) for n in range(0, APPEALS, 7)]
    assert [person.receipt for person in again] == [person.receipt for person in people[::7]]
    assert replica.waits() == APPEALS

    clock.at += timedelta(hours=1)
    with line.up():
        until(lambda: replica.waits() == 0)

    assert len({person.number for person in people}) == APPEALS
    assert count_appeals(line.app.state.engine) == APPEALS
    for n, person in enumerate(people):
        there = Person(town.client, person.receipt).sees()
        assert there["text"] == f"第{n}件：{COMPLAINT}"
        assert [there[name] for name in ("number", "received_at", "kind")] == [
            person.receipt[name] for name in ("number", "received_at", "kind")
        ]
        assert there["deadline"]["due_on"] == person.receipt["deadline"]["due_on"]
        assert there["attachments"] == (n % 10 == 0)
        assert Counter(step["step"] for step in there["steps"])["register"] == 1


def test_it_writes_nothing_but_appeals(town: Town, replica: Replica) -> None:
    writes = [
        (method.upper(), re.sub(r"\{[^}]*\}", "a", path))
        for path, offered in replica.get("/openapi.json").json()["paths"].items()
        for method in offered
        if method != "get" and not path.startswith("/v1/appeals") and not path.endswith("/check")
    ]
    assert len(writes) > 40
    for method, path in writes:
        answer = replica.client.request(method, path, json={})
        assert refused(answer) == (409, "copy-is-read-only"), f"{method} {path}"
        assert answer.json()["centre"] == replica.settings.replica_of


def test_what_only_the_centre_has_is_asked_there(replica: Replica) -> None:
    for path in (
        "/v1/readers", "/metrics", "/v1/supervision/statistics", "/v1/public/appeal-figures", "/v1/feed", "/v1/snapshot",
        "/v1/snapshots/a",
    ):  # fmt: skip
        answer = replica.get(path)
        assert refused(answer) == (404, "only-at-the-centre"), path
        assert answer.json()["centre"] == replica.settings.replica_of
    for path in ("/supervision", "/sync"):
        assert replica.get(path).status_code == 404
        assert f"{replica.settings.replica_of}{path}" in replica.get(path).text
    assert replica.get("/v1/digest").status_code == 200


def test_before_its_first_snapshot_it_says_when_to_ask_again(empty: Replica) -> None:
    for path in (f"/v1/guides/{STATION_GUIDE}", "/v1/regions", "/v1/digest"):
        assert refused(empty.get(path)) == (503, "copy-still-empty")
        assert empty.get(path).headers["retry-after"] == "10"
    for path in ("/", f"/guides/{STATION_GUIDE}"):
        assert empty.get(path).status_code == 503
        assert "尚未装载完成" in empty.get(path).text
    assert empty.get("/docs").status_code == 200


@pytest.mark.parametrize("server", ["sqlite"], indirect=True, scope="session")
@pytest.mark.long
def test_every_guide_of_the_seeds_is_the_same_at_a_replica(seeded: TestClient, template: Path, tmp_path: Path) -> None:
    shutil.copyfile(template, tmp_path / "replica.db")
    clock, url = seeded.app.state.clock, f"sqlite:///{tmp_path}/replica.db"  # type: ignore[attr-defined]
    engine = make_engine(url, checks_references=False)
    with listening(seeded.app, dates=False) as (host, port):
        address = f"http://{host}:{port}"
        with CatalogClient(address) as client:
            Follower(
                engine, client, centre=address, region="152921000000", folder=tmp_path / "incoming", clock=clock
            ).pull()
    with reading(engine) as session:
        codes = session.scalars(select(col(Implementation.implementation_code))).all()
    engine.dispose()

    with TestClient(create_app(Settings(database_url=url, replica_of=address), clock=clock)) as copy:
        assert len(codes) > 50
        for code in codes:
            here, there = copy.get(f"/v1/guides/{code}"), seeded.get(f"/v1/guides/{code}")
            assert (here.status_code, here.content) == (there.status_code, there.content)
            assert copy.get(f"/guides/{code}").status_code == there.status_code


def test_served_as_processes_appeals_outlive_the_killing_of_everybody(
    town: Town, session: Session, engine: Engine, small_url: str, template: Path, tmp_path: Path
) -> None:
    shutil.copyfile(template, tmp_path / "replica.db")
    key = key_for(session, Role.KIOSK, region=TOWNSHIP, at=town.clock.at, days=3650)
    centre_is = {
        "CATALOG_DATABASE_URL": small_url, "CATALOG_SNAPSHOTS": f"{tmp_path}/snapshots",
        "CATALOG_PERSONAL_KEYS_FILE": f"{tmp_path}/centre-keys", "CATALOG_ATTACHMENTS_URL": f"file:{tmp_path}/centre-attachments",
    }  # fmt: skip
    replica_is = {
        "CATALOG_DATABASE_URL": f"sqlite:///{tmp_path}/replica.db", "CATALOG_REPLICA_LONGEST_PAUSE_SECONDS": "0.1",
        "CATALOG_PERSONAL_KEYS_FILE": f"{tmp_path}/keys", "CATALOG_ATTACHMENTS_URL": f"file:{tmp_path}/attachments",
        "CATALOG_REPLICA_KEY": key["Authorization"].removeprefix("Bearer "), "CATALOG_REPLICA_WAIT_SECONDS": "0",
    }  # fmt: skip
    with forking() as forks, serving(forks, centre_is) as centre:
        command = ("serve", "--replica-of", centre.address, "--region", TOWNSHIP, "--name", "kiosk-1")
        with serving(forks, replica_is, command) as replica, httpx.Client(timeout=60, trust_env=False) as asking:
            centre.start()
            replica.start()
            receipts = []
            for n in range(20):
                draft = {
                    "kind": "complaint",
                    "text": f"第{n}件：{COMPLAINT}",
                    "item": STATION_GUIDE,
                    "channel": "kiosk",
                }
                receipts.append(hand_in(asking, replica.address, draft, f"kiosk-{n:08}"))
                if n % 5 == 3:
                    centre.kill()
                if n % 5 == 4:
                    replica.kill()
                    replica.start()
                    centre.start()
            until(lambda: count_appeals(engine) == len(receipts))
            assert all(answers(asking, centre.address, receipt) for receipt in receipts)
            assert count_appeals(engine) == len(receipts)


def count_appeals(engine: Engine) -> int:
    with reading(engine) as session:
        return int(session.execute(select(func.count()).select_from(Appeal)).scalar_one())


def hand_in(asking: httpx.Client, address: str, draft: dict[str, Any], key: str) -> dict[str, Any]:
    """Hand in until it is taken: the numbers come from the centre once, a moment after the start."""
    answers: list[httpx.Response] = []

    def taken() -> bool:
        with suppress(httpx.TransportError):
            answers.append(asking.post(f"{address}/v1/appeals", json=draft, headers={"Idempotency-Key": key}))
        return bool(answers) and answers[-1].is_success

    until(taken)
    receipt: dict[str, Any] = answers[-1].json()
    return receipt


def answers(asking: httpx.Client, address: str, receipt: dict[str, Any]) -> bool:
    answer = asking.get(f"{address}/v1/appeals/{receipt['number']}", headers={"Query-Code": receipt["query_code"]})
    return answer.is_success and answer.json()["received_at"] == receipt["received_at"]
