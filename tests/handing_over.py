"""A centre that comes and goes at one address, and a replica over its own SQLite file, for tests of handing appeals over."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from appealing import COMPLAINT, Person, good
from builders import (
    BANNER_BUREAU,
    FOUNDED,
    LEAGUE_BUREAU,
    TOWNSHIP,
    TOWNSHIP_STATION,
    found_small_catalogue,
    publish_local,
)
from fastapi import FastAPI
from live import listening
from pydantic import SecretStr
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.attachments.storage import open_storage
from service_catalog.changes.log import last_number
from service_catalog.kernel.database import forget_erased, make_engine, reading, unit_of_work
from service_catalog.migrations.upgrading import upgrade
from service_catalog.replica.centre import HttpCentre
from service_catalog.replica.forwarding import Forwarded, forward_waiting
from service_catalog.replica.handed_tables import WaitingAppeal
from service_catalog.replica.own_range import ensure_range
from service_catalog.replica.tables import ReplicaState
from service_catalog.settings import Settings
from service_catalog.vault import open_vault

if TYPE_CHECKING:
    from conftest import Clock

HANDED_OVER = "/v1/appeals/handed-over"
CONTACT = {"name": "萨仁高娃", "phone": "13904831234"}


class Line:
    """ASGI between a replica and the centre: what the centre has done may never be heard of."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.asked = 0
        """So many requests have come."""
        self.lose = 0
        """So many answers to what is handed over are cut off, after it was done."""
        self.hold: Event | None = None
        """An answer waits for it, after it was done."""
        self.done: SimpleQueue[str] = SimpleQueue()
        self.instead: tuple[int, bytes, bytes] | None = None
        """What something on the way answers in place of the centre: status, type, content."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += scope["type"] == "http"
        if scope["type"] != "http" or scope["path"] != HANDED_OVER:
            await self.app(scope, receive, send)
            return
        if self.instead is not None:
            status, kind, content = self.instead
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
            await send({"type": "http.response.body", "body": content})
            return
        messages: list[Any] = []

        async def keep(message: Any) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        self.done.put(scope["path"])
        if self.hold is not None:
            await anyio.to_thread.run_sync(self.hold.wait)
        if self.lose > 0:
            self.lose -= 1
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9999")]})
            return
        for message in messages:
            await send(message)


class Centre:
    """The real application behind a socket that is there or not."""

    def __init__(self, url: str, clock: "Clock") -> None:
        self.app = create_app(Settings(database_url=url), clock=clock)
        self.line = Line(self.app)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def up(self) -> Iterator[None]:
        """Let it answer inside the block."""
        with listening(self.line, self.port):
            yield


class Replica:
    """A replica: its application, its file, its store, its own keys."""

    def __init__(self, settings: Settings, clock: "Clock") -> None:
        self.settings, self.clock = settings, clock
        self.app: FastAPI = create_app(settings, clock=clock)
        self.client = TestClient(self.app)
        self.engine: Engine = self.app.state.engine
        self.vault = open_vault(settings)
        self.storage = open_storage(settings.attachments_url)
        self.centre = HttpCentre(settings)

    def forward(self) -> Forwarded:
        """Do one round."""
        return forward_waiting(self.engine, self.vault, self.storage, self.centre, clock=self.clock)

    def get_range(self) -> int:
        """Ask the centre for the range of numbers."""
        assert self.settings.replica_name is not None
        return ensure_range(self.engine, self.centre, self.settings.replica_name, at=self.clock())

    def hand_in(self, serial: int = 1, **changes: Any) -> Person:
        """Hand in a complaint about the guide of the township's station at the kiosk."""
        draft = {
            "kind": "complaint", "text": COMPLAINT, "item": TOWNSHIP_STATION + "5" + "150709001000", "channel": "kiosk",
            "contact": CONTACT,
        }  # fmt: skip
        draft = {name: value for name, value in (draft | changes).items() if value is not None}
        answer = self.client.post("/v1/appeals", json=draft, headers={"Idempotency-Key": f"kiosk-{serial:08}"})
        return Person(self.client, good(answer))

    def rows(self) -> dict[str, WaitingAppeal]:
        """Return what it knows of each appeal that was handed in."""
        with reading(self.engine) as session:
            found = {row.number: row for row in session.scalars(select(WaitingAppeal))}
            session.expunge_all()
            return found

    def bytes(self) -> bytes:
        """Return every byte that it keeps: the database with its log, and the store."""
        path = Path(str(self.engine.url.database))
        folder = Path(self.settings.attachments_url.removeprefix("file:"))
        files = [*path.parent.glob(f"{path.name}*"), *(file for file in folder.rglob("*") if file.is_file())]
        return b"".join(file.read_bytes() for file in files)


def found_replica(path: Path) -> None:
    """Fill a SQLite file with the small catalogue and its three guides, as a copy would have them."""
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    with unit_of_work(engine) as session:
        found_small_catalogue(session)
        for agency, level in ((TOWNSHIP_STATION, "5"), (BANNER_BUREAU, "4"), (LEAGUE_BUREAU, "3")):
            publish_local(session, agency, level)
        session.add(
            ReplicaState(centre="https://centre.example.cn", change_number=last_number(session), confirmed_at=FOUNDED)
        )
    forget_erased(engine)
    engine.dispose()


@contextmanager
def replica_of(
    centre: Centre, template: Path, folder: Path, key: dict[str, str], clock: "Clock", name: str = "kiosk-1"
) -> Iterator[Replica]:
    """Run a replica with a key of the centre."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(template, folder / "replica.db")
    settings = Settings(
        database_url=f"sqlite:///{folder}/replica.db", attachments_url=f"file:{folder}/attachments",
        personal_keys_file=folder / "personal-keys", replica_of=centre.address, replica_region=TOWNSHIP,
        replica_name=name, replica_key=SecretStr(key["Authorization"].removeprefix("Bearer ")),
    )  # fmt: skip
    made = Replica(settings, clock)
    with made.client:
        yield made
