"""Real databases for tests: SQLite always, PostgreSQL where one answers; each test gets a fresh copy of a template."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from service_catalog.kernel.database import make_engine

POSTGRES = os.environ.get("CATALOG_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
REQUIRED = {name for name in os.environ.get("CATALOG_TEST_REQUIRE", "").split(",") if name}
"""What must not be left out: CI says `postgresql,browser,node`."""

Fill = Callable[[Engine], None]
_number = count(1)


def postgres_answers() -> bool:
    """Tell whether there is a PostgreSQL to test on."""
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


class SqliteServer:
    """Databases as files in a folder."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def template(self, name: str, fill: Fill) -> str:
        path = self._folder / f"template_{name}.db"
        if not path.exists():
            engine = make_engine(f"sqlite:///{path}")
            fill(engine)
            with engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
            engine.dispose()
        return str(path)

    @contextmanager
    def copy_of(self, template: str) -> Iterator[str]:
        path = self._folder / f"test_{next(_number)}.db"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        for file in self._folder.glob(f"{path.name}*"):
            file.unlink()

    def close(self) -> None:
        """Leave the files to the temporary folder."""


class PostgresServer:
    """Databases of one server, dropped when the tests end."""

    kind = "postgresql"

    def __init__(self) -> None:
        self._made: list[str] = []
        self._prefix = f"catalog_test_{os.getpid()}"

    def template(self, name: str, fill: Fill) -> str:
        database = f"{self._prefix}_template_{name}"
        if database not in self._made:
            self._create(database, "template0")
            engine = make_engine(self._address(database))
            fill(engine)
            engine.dispose()
        return database

    @contextmanager
    def copy_of(self, template: str) -> Iterator[str]:
        database = f"{self._prefix}_{next(_number)}"
        self._create(database, template)
        yield self._address(database)
        self._drop(database)

    def close(self) -> None:
        for database in list(self._made):
            self._drop(database)

    def _create(self, database: str, template: str) -> None:
        self._run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        self._made.append(database)

    def _drop(self, database: str) -> None:
        self._run(f'DROP DATABASE "{database}" WITH (FORCE)')
        self._made.remove(database)

    def _run(self, command: str) -> None:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(command.encode())

    @staticmethod
    def _address(database: str) -> str:
        return POSTGRES.rsplit("/", 1)[0] + "/" + database


Server = SqliteServer | PostgresServer
