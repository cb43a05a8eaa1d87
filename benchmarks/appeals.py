"""python -m benchmarks.appeals: durable appeals a second, and a million open ones; writes benchmarks/appeals.json."""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.bars import Bars
from benchmarks.durable import measure_durable
from benchmarks.million import measure_million
from service_catalog import seeding
from service_catalog.appeals import rulebook
from service_catalog.kernel.database import make_engine, unit_of_work
from service_catalog.migrations.upgrading import upgrade
from service_catalog.settings import Settings

RESULTS = Path(__file__).with_name("appeals.json")
POSTGRES = os.environ.get("CATALOG_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
OPEN = 1_000_000


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where one answers; the catalogues are temporary."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else OPEN
    with tempfile.TemporaryDirectory() as scratch, Bars() as bars:
        folder = Path(scratch)
        os.environ["CATALOG_PERSONAL_KEYS_FILE"] = str(folder / "keys")
        os.environ["CATALOG_ATTACHMENTS_URL"] = f"file:{folder / 'attachments'}"
        measured: dict[str, Any] = {"sqlite": measure(f"sqlite:///{folder / 'catalogue.db'}", number, bars)}
        with postgres() as url:
            if url is None:
                bars.progress.console.print("left out: PostgreSQL; start one and name it in CATALOG_TEST_POSTGRES_URL")
            measured["postgresql"] = None if url is None else measure(url, number, bars)
    document = {
        "command": "python -m benchmarks.appeals",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"python": platform.python_version(), "system": platform.system(), "cpu_count": os.cpu_count()},
        "open_appeals": number,
    } | measured
    print(json.dumps(document, ensure_ascii=False, indent=2))
    if number == OPEN:
        RESULTS.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")


@contextmanager
def postgres() -> Iterator[str | None]:
    """Make a database and drop it afterwards; None where no server answers."""
    name = f"catalog_bench_{os.getpid()}"
    try:
        connection = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.Error:
        yield None
        return
    with connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield POSTGRES.rsplit("/", 1)[0] + "/" + name
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def measure(url: str, number: int, bars: Bars) -> dict[str, Any]:
    """Found a catalogue of regions, bodies and rules, then measure it empty and full."""
    engine, seeds = make_engine(url), Settings().seed_data
    upgrade(engine)
    with unit_of_work(engine) as session:
        seeding.load_registers(session, seeds)
        seeding.load_regions(session, seeds / "regions.csv", bars)
        seeding.load_agencies(session, seeds / "agencies", bars)
        rulebook.load_folder(session, seeds / "appeals", by=seeding.EDITOR, at=seeding.FOUNDED)
    durable = measure_durable(engine, url, bars)
    million = measure_million(engine, number, bars)
    engine.dispose()
    return {"durable": durable} | million


if __name__ == "__main__":
    main()
