"""Learning the number of the last change cheaply and without a stale window, before every ready answer."""

import asyncio
import sqlite3
from typing import Any, Protocol

import psycopg
from sqlalchemy import Engine

QUERY = "SELECT number FROM change_head"


class HeadUnavailable(Exception):
    """The number could not be read; the reader goes the ordinary way, which says what is wrong."""


class Head(Protocol):
    """The number of the last committed change, read after the question was asked."""

    async def number(self) -> int:
        """Return it; raises HeadUnavailable."""

    async def close(self) -> None:
        """Let go of the connection."""


def head_of(engine: Engine) -> Head:
    """Return the way to watch the database of `engine`."""
    if engine.dialect.name == "postgresql":
        return PostgresHead(engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
    return SqliteHead(str(engine.url.database))


class SqliteHead:
    """A connection of its own and one row by its key: some microseconds, no thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    async def number(self) -> int:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
                self._connection.execute("PRAGMA query_only=ON")
            row = self._connection.execute(QUERY).fetchone()
        except sqlite3.Error as error:
            raise HeadUnavailable from error
        if row is None:
            raise HeadUnavailable
        return int(row[0])

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgresHead:
    """One question to the server answers every request that was waiting when it was sent."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._waiting: asyncio.Future[int] | None = None
        self._asking: asyncio.Task[None] | None = None

    async def number(self) -> int:
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_future()
        waiting = self._waiting
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(waiting)

    async def _ask(self) -> None:
        try:
            while self._waiting is not None:
                answered, self._waiting = self._waiting, None
                try:
                    answered.set_result(await self._read())
                except (psycopg.Error, OSError, HeadUnavailable) as error:
                    await self._drop()
                    answered.set_exception(HeadUnavailable(str(error)))
                    answered.exception()  # seen, even if the reader has gone away
        finally:
            self._asking = None

    async def _read(self) -> int:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(self._address, autocommit=True, connect_timeout=5)
        row = await (await self._connection.execute(QUERY, prepare=True)).fetchone()
        if row is None:
            raise HeadUnavailable
        return int(row[0])

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        await self._drop()
