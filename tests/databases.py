"""Real databases for tests: SQLite always, PostgreSQL where one answers; each test gets a fresh copy of a template.

A template is filled once for all workers of a run: seeding the whole catalogue takes longer than most tests.
"""

import fcntl
import os
import shutil
import tempfile
import time
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
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid():06x}{int(time.time()):x}")
"""Names this run, the same in all its workers."""
TEMPLATES = Path(tempfile.gettempdir()) / f"catalog-templates-{RUN}"


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
        path = TEMPLATES / f"{name}.db"
        with _one_at_a_time(f"sqlite-{name}"):
            if not path.exists():
                being_made = TEMPLATES / f"{name}-{os.getpid()}.db"
                engine = make_engine(f"sqlite:///{being_made}")
                fill(engine)
                with engine.connect() as connection:
                    connection.exec_driver_sql("ROLLBACK")
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                    connection.exec_driver_sql("BEGIN")
                engine.dispose()
                being_made.rename(path)
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
        self._prefix = f"catalog_test_{RUN}_{os.getpid()}"

    def template(self, name: str, fill: Fill) -> str:
        database = f"catalog_test_{RUN}_template_{name}"
        with _one_at_a_time(f"postgresql-{name}"):
            if database not in databases_of_this_run():
                being_made = f"{self._prefix}_{name}"
                _run(f'CREATE DATABASE "{being_made}" TEMPLATE "template0"')
                engine = make_engine(address_of(being_made))
                fill(engine)
                engine.dispose()
                _run(f'ALTER DATABASE "{being_made}" RENAME TO "{database}"')
        return database

    @contextmanager
    def copy_of(self, template: str) -> Iterator[str]:
        database = f"{self._prefix}_{next(_number)}"
        self._create(database, template)
        yield address_of(database)
        self._drop(database)

    def close(self) -> None:
        for database in list(self._made):
            self._drop(database)

    def _create(self, database: str, template: str) -> None:
        _run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        self._made.append(database)

    def _drop(self, database: str) -> None:
        drop(database)
        self._made.remove(database)


def _run(command: str) -> None:
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(command.encode())


def address_of(database: str) -> str:
    return POSTGRES.rsplit("/", 1)[0] + "/" + database


def drop(database: str) -> None:
    """Drop a database, whoever still looks at it."""
    _run(f'DROP DATABASE "{database}" WITH (FORCE)')


def databases_of_this_run() -> list[str]:
    """Return the databases that this run has made on PostgreSQL."""
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"catalog_test_{RUN}_%"])
        return [name for (name,) in found]


@contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    """Let one worker at a time make a template; who waited finds it made."""
    TEMPLATES.mkdir(exist_ok=True)
    with (TEMPLATES / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def put_away_templates() -> None:
    """Drop the templates, when all workers have ended."""
    shutil.rmtree(TEMPLATES, ignore_errors=True)
    if postgres_answers():
        for database in databases_of_this_run():
            drop(database)


Server = SqliteServer | PostgresServer
