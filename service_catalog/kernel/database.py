"""SQLite and PostgreSQL behind one door: engines, transactions, column types.

One request or command is one transaction. Readers see one consistent picture from first query to
last (WAL snapshot on SQLite, repeatable read on PostgreSQL); writers on SQLite take the write lock
at once instead of failing half-way when a reader turns writer.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Engine, Enum, String, create_engine, event, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapper
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.types import TypeDecorator
from sqlmodel import AutoString, Session, SQLModel

from service_catalog.kernel.errors import Invalid, Said

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware on the way in, aware UTC on the way out. SQLite would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def stored(kind: type[StrEnum], check: str | None = None) -> Enum:
    """Return a column type that stores the values of `kind` (not the Python names) and checks them.

    `check` names the constraint where a table has two columns of one kind.
    """
    return Enum(
        kind,
        name=check or kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=24,
    )


def make_engine(url: str, *, checks_references: bool = True) -> Engine:
    """Return an engine for a SQLite file or a PostgreSQL database.

    Without `checks_references` SQLite takes rows whose foreign keys lead nowhere yet: for a copy that gets them in the order
    in which they changed.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite_engine(url, address.database, checks_references=checks_references)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
        return create_engine(
            address, json_serializer=_dumps, pool_pre_ping=True, pool_size=10, max_overflow=10, hide_parameters=True
        )  # what people wrote is among the parameters, and errors of the database are logged
    raise ValueError(f"sqlite or postgresql, not {address.get_backend_name()}")


_PRAGMAS = (
    "journal_mode=WAL", "foreign_keys=ON", "busy_timeout=15000",
    "synchronous=FULL",  # what was acknowledged outlives a power cut; readers wait for no disk
    "secure_delete=ON",  # what is erased is overwritten, not only unlinked
)  # fmt: skip


def _sqlite_engine(url: str, path: str | None, *, checks_references: bool) -> Engine:
    if not path or path == ":memory:":
        raise ValueError("the embedded catalogue lives in a file: sqlite:///path/to/catalog.db")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, json_serializer=_dumps, connect_args={"check_same_thread": False, "timeout": 15}, pool_size=10,
        max_overflow=10, hide_parameters=True,
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the begin below is the only one: pysqlite's own comes too late
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if not checks_references:
            connection.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("catalog_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class TextTooLong(Invalid):
    """A text is longer than its column; SQLite would keep it, PostgreSQL would not, so neither gets it."""

    title = Said("内容过长", "The text is too long")


@event.listens_for(OrmSession, "before_flush")
def _refuse_what_is_too_long(session: OrmSession, context: Any, instances: Any) -> None:
    for row in (*session.new, *session.dirty):
        for name, most in _longest(inspect(row).mapper).items():
            value = row.__dict__.get(name)  # looking must not load what was left unread
            if isinstance(value, str) and len(value) > most:
                raise TextTooLong(
                    f"{name} 有 {len(value)} 个字符，最多 {most} 个",
                    f"{name} has {len(value)} characters, at most {most} fit",
                    element=name,
                )


@cache
def _longest(mapper: Mapper[Any]) -> dict[str, int]:
    types = {attribute.key: attribute.columns[0].type for attribute in mapper.column_attrs}
    return {name: kind.length for name, kind in types.items() if isinstance(kind, String | AutoString) and kind.length}


def add_new(session: Session, row: SQLModel, refusal: Exception) -> None:
    """Insert a row under a key that another transaction may be taking at this moment; raises `refusal` then.

    The second of two concurrent writers waits for the first; what the database then refuses is said kindly.
    """
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        if not is_taken(error):
            raise
        raise refusal from error


def is_taken(error: IntegrityError) -> bool:
    """Tell whether a row was refused because there is one under its key."""
    return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE constraint failed" in str(error.orig)


def what_is_kept_by(session: Session) -> object:
    """Return what may hold on to things that were read: the database for readers, this transaction alone for a writer.

    A writer sees what it has not committed, under numbers that somebody else may use when it rolls back.
    """
    engine = session.get_bind().engine
    return engine if engine.get_execution_options().get("catalog_writes") else engine.pool


def forget_erased(engine: Engine) -> None:
    """Empty the log in which SQLite still holds pages as they were; where somebody is reading, a later call does it.

    PostgreSQL overwrites what was erased when its vacuum comes by.
    """
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            for pragma in ("busy_timeout=1000", "wal_checkpoint(TRUNCATE)", "busy_timeout=15000"):
                raw.cursor().execute(f"PRAGMA {pragma}").close()
        finally:
            raw.close()


@contextmanager
def unit_of_work(engine: Engine) -> Iterator[Session]:
    """One writing transaction: commits when the block ends, rolls back when it raises."""
    with Session(engine.execution_options(catalog_writes=True), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One reading transaction over one consistent picture; whatever it changed is rolled back."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with Session(engine, expire_on_commit=False) as session:
        try:
            yield session
        finally:
            session.rollback()
