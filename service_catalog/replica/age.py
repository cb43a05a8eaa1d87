"""How old a copy is, on every answer: the number of the last change it has, and the age of its data in seconds."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_catalog.kernel.errors import Invalid, Said
from service_catalog.settings import Settings

_QUERY = "SELECT change_number, confirmed_at, region_code, centre FROM replica_state"


class CopyIsAFile(Invalid):
    """A copy lives in a SQLite file of its own."""

    title = Said("副本须用 SQLite 文件", "A copy is a SQLite file")


def stale_after(settings: Settings) -> int:
    """Return the age in seconds from which data are called old."""
    return settings.replica_stale_after_minutes * 60


class Standing(NamedTuple):
    """Where a copy stands; pages show it."""

    change_number: int
    confirmed_at: datetime
    age: int
    """Seconds since the centre last said that there was nothing newer."""
    is_stale: bool
    region_code: str | None
    centre: str

    @property
    def age_length(self) -> timedelta:
        """Return the age as a length."""
        return timedelta(seconds=self.age)


class Watch:
    """Looks at the state of a copy before each answer, by a connection of its own: one row, some microseconds.

    Nothing is remembered, so that no process of a site says an older number than another has said before.
    """

    def __init__(self, engine: Engine, *, stale_after: int, clock: Callable[[], datetime]) -> None:
        """`stale_after`: seconds. Raises CopyIsAFile where the database is none."""
        if engine.dialect.name != "sqlite":
            raise CopyIsAFile(
                "副本保存在 SQLite 文件中：CATALOG_DATABASE_URL=sqlite:///…", "a copy is a SQLite file: sqlite:///…"
            )
        self._path, self._stale_after, self._clock = str(engine.url.database), stale_after, clock
        self._connection: sqlite3.Connection | None = None
        self._row: tuple[int, str, str | None, str] | None = None

    def look(self) -> Standing | None:
        """Return where the copy stands; None before its first snapshot."""
        self._row = self._read()
        if self._row is None:
            return None
        number, written, region, centre = self._row
        confirmed_at = datetime.fromisoformat(written).replace(tzinfo=UTC)
        age = max(0, int((self._clock() - confirmed_at).total_seconds()))
        return Standing(number, confirmed_at, age, age > self._stale_after, region, centre)

    def _read(self) -> tuple[int, str, str | None, str] | None:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
                self._connection.execute("PRAGMA query_only=ON")
            row: tuple[int, str, str | None, str] | None = self._connection.execute(_QUERY).fetchone()
        except sqlite3.Error:
            return self._row  # what was seen last; the age goes on counting
        return row

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class CarriesAge:
    """ASGI: writes on every answer of a copy how old its data are; past the age a site has set, that they are stale."""

    def __init__(self, app: ASGIApp, *, watch: Watch) -> None:
        self.app, self.watch = app, watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        standing = self.watch.look()
        scope.setdefault("state", {})["copy"] = standing

        async def send_with_age(message: Message) -> None:
            if message["type"] == "http.response.start" and standing is not None:
                headers = MutableHeaders(raw=list(message["headers"]))
                headers["Change-Number"], headers["Data-Age"] = str(standing.change_number), str(standing.age)
                if standing.is_stale:
                    headers["Data-Stale"] = "true"
                message = dict(message) | {"headers": headers.raw}
            await send(message)

        await self.app(scope, receive, send_with_age)
