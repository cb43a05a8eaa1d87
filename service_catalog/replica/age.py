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

_QUERY = "SELECT change_number, confirmed_at, confirmed_here_at, region_code, centre FROM replica_state"
_Row = tuple[int, str, str | None, str | None, str]
CLOCK_MAY_STEP_BACK = timedelta(minutes=1)
"""What a time server takes off a clock from time to time; an age that is so much too small hides nothing."""


class CopyIsAFile(Invalid):
    """A copy lives in a SQLite file of its own."""

    title = Said("副本须用 SQLite 文件", "A copy is a SQLite file")


def stale_after(settings: Settings) -> int:
    """Return the age in seconds from which data are called old."""
    return settings.replica_stale_after_minutes * 60


def age_of(confirmed_at: datetime, confirmed_here_at: datetime | None, *, now: datetime) -> int | None:
    """Return the age of a copy in seconds by the clock that makes it older, the centre's or this machine's.

    None where nobody can tell: by this machine's clock the centre has confirmed it in the future, so that the clock was
    set back since, or is slower than the centre's and no confirmation by its own has come yet.
    """
    elapsed = now - (confirmed_here_at or confirmed_at)
    if elapsed < -CLOCK_MAY_STEP_BACK:
        return None
    return max(0, int(max(elapsed, now - confirmed_at).total_seconds()))


class Standing(NamedTuple):
    """Where a copy stands; pages show it."""

    change_number: int
    confirmed_at: datetime
    age: int | None
    """Seconds since the centre last said that there was nothing newer; None where the clock does not allow to tell."""
    is_stale: bool
    region_code: str | None
    centre: str

    @property
    def age_length(self) -> timedelta | None:
        """Return the age as a length."""
        return None if self.age is None else timedelta(seconds=self.age)


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
        self._row: _Row | None = None

    def look(self) -> Standing | None:
        """Return where the copy stands; None before its first snapshot."""
        self._row = self._read()
        if self._row is None:
            return None
        number, there, here, region, centre = self._row
        confirmed_at = _moment(there)
        age = age_of(confirmed_at, None if here is None else _moment(here), now=self._clock())
        return Standing(number, confirmed_at, age, age is None or age > self._stale_after, region, centre)

    def _read(self) -> _Row | None:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
                self._connection.execute("PRAGMA query_only=ON")
            row: _Row | None = self._connection.execute(_QUERY).fetchone()
        except sqlite3.Error:
            return self._row  # what was seen last; the age goes on counting
        return row

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


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
                headers["Change-Number"] = str(standing.change_number)
                if standing.age is not None:
                    headers["Data-Age"] = str(standing.age)
                if standing.is_stale:
                    headers["Data-Stale"] = "true"
                message = dict(message) | {"headers": headers.raw}
            await send(message)

        await self.app(scope, receive, send_with_age)
