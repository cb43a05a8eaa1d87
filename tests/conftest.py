"""Fixtures: a clock moved by hand, fresh databases of both kinds, a client over the real application."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import found_small_catalogue
from databases import (
    REQUIRED,
    RUN,
    PostgresServer,
    Server,
    SqliteServer,
    postgres_answers,
    put_away_templates,
)
from handing_over import found_replica
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog import seeding
from service_catalog.app import create_app
from service_catalog.kernel.database import make_engine, unit_of_work
from service_catalog.migrations.upgrading import upgrade
from service_catalog.settings import Settings

_OUTSIDE = tempfile.mkdtemp(prefix="catalog-tests-")
os.environ["CATALOG_ATTACHMENTS_URL"] = f"file:{_OUTSIDE}/attachments"
os.environ["CATALOG_SNAPSHOTS"] = f"{_OUTSIDE}/snapshots"
os.environ["CATALOG_PERSONAL_KEYS_FILE"] = f"{_OUTSIDE}/personal-keys"
SEED_DATA = Path(__file__).parent.parent / "seed_data"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AVAILABLE = {"postgresql": postgres_answers(), "browser": CHROMIUM is not None, "node": shutil.which("npm") is not None}
LEFT_OUT = [name for name, there in AVAILABLE.items() if not there]
LONG = "CATALOG_TEST_LONG" in os.environ
HOW = {
    "postgresql": "the suite on PostgreSQL; start one and name it in CATALOG_TEST_POSTGRES_URL",
    "browser": "the pages in a browser; install Chromium",
    "node": "the TypeScript client; install Node.js with npm",
}


class Clock:
    """The time, moved by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def _is_one_too_many(item: pytest.Item) -> bool:
    """Tell whether a test is a long one, or one kind of database is enough for it and this is the other one."""
    if item.get_closest_marker("long") and not LONG:
        return True
    if item.get_closest_marker("sqlite_is_enough"):
        return "postgresql" in item.name
    return bool(item.get_closest_marker("strictest_only")) and AVAILABLE["postgresql"] and "[sqlite" in item.name


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and getattr(config.option, "testrunuid", RUN) is None:
        config.option.testrunuid = RUN  # so that the workers name their templates as this process will put them away


def pytest_sessionstart(session: pytest.Session) -> None:
    missing = REQUIRED & set(LEFT_OUT)
    if missing:
        pytest.exit(f"required here, but missing: {', '.join(sorted(missing))}", returncode=3)


def pytest_collection_finish() -> None:
    """Let the collector leave alone what stays to the end, and come less often: it takes a sixth of the time otherwise."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        put_away_templates()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name in LEFT_OUT:
        terminalreporter.write_line(f"left out: {HOW[name]}", yellow=True)
    if not LONG:
        terminalreporter.write_line(
            "left out: what runs for minutes, replicas in two hundred storms above all; make long"
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if not _is_one_too_many(item)]
    for item in items:
        for name in ("browser", "node"):
            if item.get_closest_marker(name) and name in LEFT_OUT:
                item.add_marker(pytest.mark.skip(reason=f"no {name} here"))


def _kinds() -> list[str]:
    return ["sqlite", "postgresql"] if AVAILABLE["postgresql"] else ["sqlite"]


@pytest.fixture(scope="session", params=_kinds())
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of databases: the same tests run on each kind."""
    made: Server = SqliteServer(tmp_path_factory.mktemp("sqlite")) if request.param == "sqlite" else PostgresServer()
    yield made
    made.close()


@pytest.fixture
def now() -> datetime:
    """A quiet Tuesday morning in Alxa."""
    return datetime(2026, 3, 10, 1, 0, tzinfo=UTC)


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def empty_url(server: Server) -> Iterator[str]:
    """A migrated database without a row of content."""
    with server.copy_of(server.template("empty", upgrade)) as url:
        yield url


@pytest.fixture
def small_url(server: Server) -> Iterator[str]:
    """A database with the registers, one league, one banner, one township, two gachas and one item."""
    with server.copy_of(server.template("small", _found_small)) as url:
        yield url


@pytest.fixture(scope="session")
def seeded_url(server: Server) -> Iterator[str]:
    """The whole seeded catalogue; tests only read it."""
    with server.copy_of(server.template("seeded", _seed)) as url:
        yield url


@pytest.fixture(scope="module")
def own_seeded_url(server: Server) -> Iterator[str]:
    """The whole seeded catalogue, for one module to write into."""
    with server.copy_of(server.template("seeded", _seed)) as url:
        yield url


@pytest.fixture
def empty_engine(empty_url: str) -> Iterator[Engine]:
    engine = make_engine(empty_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(small_url: str) -> Iterator[Engine]:
    made = make_engine(small_url)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A writing transaction over the small catalogue that the test may commit or not."""
    with Session(engine.execution_options(catalog_writes=True), expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def client(small_url: str, clock: Clock) -> Iterator[TestClient]:
    """The real application over the small catalogue."""
    with TestClient(create_app(Settings(database_url=small_url), clock=clock)) as made:
        yield made


@pytest.fixture(scope="session")
def seeded(seeded_url: str) -> Iterator[TestClient]:
    """The real application over the seeded catalogue; the clock stands at noon of 2026-06-01."""
    at = Clock(datetime(2026, 6, 1, 4, 0, tzinfo=UTC))
    with TestClient(create_app(Settings(database_url=seeded_url), clock=at)) as made:
        yield made


@pytest.fixture(scope="session")
def replica_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a copy of the small catalogue, to be copied."""
    path = tmp_path_factory.mktemp("replica") / "template.db"
    found_replica(path)
    return path


def _found_small(engine: Engine) -> None:
    upgrade(engine)
    with unit_of_work(engine) as session:
        found_small_catalogue(session)


def _seed(engine: Engine) -> None:
    upgrade(engine)
    seeding.seed(engine, SEED_DATA, now=datetime(2026, 6, 1, 4, 0, tzinfo=UTC))
