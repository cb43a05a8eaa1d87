"""A centre on a real socket, and a copy of it that is brought up to date when a test says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from live import listening
from sqlalchemy import Engine
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.kernel.database import make_engine, reading
from service_catalog.migrations.upgrading import upgrade
from service_catalog.replica.following import Follower, Pulled, scope_of
from service_catalog.settings import Settings
from service_catalog.sync.client import CatalogClient
from service_catalog.sync.comparing import Comparison
from service_catalog.sync.digests import Digests
from service_catalog.sync.scope import Scope

Clock = Callable[[], datetime]


class Copy:
    """One copy: its database, its follower, what it answers."""

    def __init__(self, engine: Engine, follower: Follower, answers: TestClient, clock: Clock) -> None:
        self.engine, self.follower, self.answers, self.clock = engine, follower, answers, clock

    def pull(self) -> Pulled:
        return self.follower.pull()

    def digests(self) -> dict[str, dict[str, str]]:
        """What it has, by kind and code; read anew each time."""
        scope = Scope(self.follower.region, surroundings=True, ended="documents")
        with reading(self.engine) as session:
            told = Digests().told(session, scope, at=self.clock())
        return {kind: {line.code: line.digest for line in lines} for kind, lines in told.lines.items()}

    def compared(self) -> Comparison:
        """Compare it with the centre, as `sync verify` does."""
        own = self.digests()
        return self.follower.client.compare(lambda kind: own.get(kind, {}), **scope_of(self.follower.region))


@contextmanager
def centre_of(url: str, clock: Clock, folder: Path, **settings: Any) -> Iterator[CatalogClient]:
    """Serve a catalogue on a real socket."""
    made = Settings(database_url=url, snapshots=folder / "snapshots", **settings)
    with listening(create_app(made, clock=clock)) as (host, port), CatalogClient(f"http://{host}:{port}") as client:
        yield client


@contextmanager
def copy_of(client: CatalogClient, region: str | None, clock: Clock, folder: Path) -> Iterator[Copy]:
    """Make an empty copy, served by an application of its own."""
    url = f"sqlite:///{folder / 'copy.db'}"
    engine = make_engine(url, checks_references=False)
    upgrade(engine)
    follower = Follower(
        engine, client, centre="http://centre.example", region=region, folder=folder / "incoming", clock=clock
    )
    app = create_app(Settings(database_url=url, replica_of="http://centre.example", replica_region=region), clock=clock)
    with TestClient(app) as answers:
        yield Copy(engine, follower, answers, clock)
    engine.dispose()
