"""Eight writers at once while readers walk, one of them a banner's over HTTP: no row is missed, none comes twice out of order."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from random import Random
from typing import Any

import pytest
from builders import BANNER, EDITOR, FOUNDED, add_agency, credit_code, found_small_catalogue
from databases import Server
from feeding import OTHER_BANNER, add_banner
from sqlalchemy import Engine, func, select, update
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.agencies.tables import Agency
from service_catalog.changes import log
from service_catalog.changes.tables import Change, Subject
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.migrations.upgrading import upgrade
from service_catalog.regions.tables import RegionLine
from service_catalog.sync.feed import page_after
from service_catalog.sync.scope import Scope

pytestmark = pytest.mark.strictest_only

WRITERS, BODIES = 8, [credit_code(BANNER, 940000 + number) for number in range(150)]
CHANGES = {"postgresql": 10_000, "sqlite": 1_600}
KINDS = Scope(kinds=frozenset({"agency"}))


class OnSecondThought(Exception):
    """A writer takes back what it has written."""


def found_many_bodies(engine: Engine) -> None:
    upgrade(engine)
    with unit_of_work(engine) as session:
        found_small_catalogue(session)
        add_banner(session, OTHER_BANNER, "阿拉善右旗", FOUNDED)
        for number, code in enumerate(BODIES):
            add_agency(session, code, BANNER, f"第{number}服务中心")


@pytest.fixture
def small_url(server: Server) -> Iterator[str]:
    with server.copy_of(server.template("many_bodies", found_many_bodies)) as url:
        yield url


def write(engine: Engine, seed: int, changes: int, at: datetime) -> None:
    """Rename bodies, some in one transaction; now and then nothing comes of it."""
    random, done = Random(seed), 0
    while done < changes:
        codes = random.sample(BODIES, random.randint(1, 5))
        try:
            with unit_of_work(engine) as session:
                for code in sorted(codes):
                    renamed = update(Agency).where(col(Agency.code) == code).values(name=f"{seed}:{done}")
                    session.execute(renamed)
                    left = moved(session, code) if random.random() < 0.1 else None
                    log.record(session, Subject.AGENCY, code, by=EDITOR, at=at, left=left)
                    done += 1
                think_again(random)
        except OnSecondThought:
            done -= len(codes)


def moved(session: Session, code: str) -> str:
    """Move a body from one banner to the other; returns the one that it left."""
    for left, to in ((BANNER, OTHER_BANNER), (OTHER_BANNER, BANNER)):
        here = update(Agency).where(col(Agency.code) == code, col(Agency.region_code) == left)
        if session.execute(here.values(region_code=to).returning(col(Agency.code))).first():
            return left
    raise AssertionError(f"{code} is nowhere")


def think_again(random: Random) -> None:
    if random.random() < 0.05:
        raise OnSecondThought


class Reader:
    """Walks as a county does: page after page, with what the last one named."""

    def __init__(self, engine: Engine, at: datetime) -> None:
        self.engine, self.at, self.after = engine, at, 0
        self.names: dict[str, str] = {}
        self.modified: dict[str, int] = {}
        self.pages = 0

    def page(self, limit: int) -> bool:
        """Read a page; tell whether there was anything on it."""
        with reading(self.engine) as session:
            page = page_after(session, KINDS, self.after, began=None, limit=limit, keep_days=90, at=self.at)
        for item in page.items:
            assert item.modified > self.after, "out of order"
            assert item.modified <= page.head
            assert item.data is not None
            self.after = item.modified
            self.names[item.code], self.modified[item.code] = item.data["name"], item.modified
        if not page.items:
            self.after = page.head
        self.pages += 1
        return bool(page.items)


class ReaderOfBanner:
    """Walks over HTTP as a banner's does, page after page, with nothing but the address that the last one named."""

    def __init__(self, client: TestClient) -> None:
        self.client, self.address = client, f"/v1/feed?region={BANNER}&kinds=agency&limit=40"
        self.names: dict[str, str] = {}
        self.last, self.pages, self.left = 0, 0, 0

    def page(self, limit: int) -> bool:
        """Read a page; tell whether there was anything on it."""
        answer = self.client.get(self.address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for item in page["items"]:
            assert item["modified"] > self.last, "out of order"
            self.last = item["modified"]
            if item["state"] == "deleted":
                self.left += self.names.pop(item["id"], None) is not None
            else:
                self.names[item["id"]] = item["data"]["name"]
        self.address = page["next"]
        self.pages += 1
        return bool(page["items"])


def is_done(writers: list[Future[None]]) -> bool:
    return all(writer.done() for writer in writers)


def read_all(reader: Reader | ReaderOfBanner, writers: list[Future[None]]) -> None:
    """Read as long as anybody writes, and then to the end."""
    random = Random(0)
    while not is_done(writers):
        reader.page(random.choice([1, 7, 40]))
    while reader.page(500):
        pass


def kept(session: Session) -> tuple[dict[str, Any], dict[str, int]]:
    names = {row.code: row.name for row in session.execute(select(col(Agency.code), col(Agency.name)))}
    numbers = select(col(Change.code), func.max(col(Change.number))).where(col(Change.subject) == Subject.AGENCY)
    return names, {row[0]: row[1] for row in session.execute(numbers.group_by(col(Change.code)))}


def test_no_reader_misses_a_row_while_eight_write(engine: Engine, client: TestClient, now: datetime) -> None:
    each = CHANGES[engine.dialect.name] // WRITERS
    reader, of_banner = Reader(engine, now), ReaderOfBanner(client)

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        writers = [pool.submit(write, engine, seed, each, now) for seed in range(WRITERS)]
        for done in [pool.submit(read_all, one, writers) for one in (reader, of_banner)]:
            done.result(timeout=300)
        for writer in writers:
            writer.result()

    with reading(engine) as session:
        names, numbers = kept(session)
        assert session.execute(select(func.count()).select_from(Change)).scalar_one() >= each * WRITERS
        assert log.last_number(session) == session.execute(select(func.count()).select_from(Change)).scalar_one()
        below = select(col(RegionLine.descendant)).where(col(RegionLine.ancestor) == BANNER)
        here = set(session.scalars(select(col(Agency.code)).where(col(Agency.region_code).in_(below))))
    assert (reader.names, reader.modified) == (names, numbers)
    assert of_banner.names == {code: name for code, name in names.items() if code in here}
    assert reader.pages > 20, "it read while they wrote"
    assert of_banner.pages > 20
    assert of_banner.left > 0, "bodies left while it read"
