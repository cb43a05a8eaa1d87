"""python -m benchmarks.sync: what the way down and the way up cost; writes benchmarks/sync.json."""

import json
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import Engine

from benchmarks import catalogue
from benchmarks.bars import Bars
from benchmarks.generated import Samples, claims, claims_of
from benchmarks.growth import BATCH, Writer
from benchmarks.news import measure_news
from benchmarks.processes import Server, cores, serving
from benchmarks.pushes import measure_push
from service_catalog.kernel.database import make_engine, reading
from service_catalog.kernel.dates import civil_day
from service_catalog.migrations.upgrading import upgrade
from service_catalog.replica.following import Follower
from service_catalog.sync.client import CatalogClient

RESULTS = Path(__file__).with_name("sync.json")
FULL, OF_ONE_ITEM, PUSHED = 100_000, 12_000, 10_000
"""Of one item so many that ten thousand of them are offered: what is not offered has no local part to push."""
ITEM = "150709001000"


def main() -> None:
    """Measure over generated catalogues in a temporary folder; centre and replica are processes of their own on SQLite."""
    at = datetime.now(UTC)
    asked = [int(number) for number in sys.argv[1:]]
    full, of_one_item, pushed = asked or (FULL, OF_ONE_ITEM, PUSHED)
    with tempfile.TemporaryDirectory() as scratch, Bars() as bars:
        folder = Path(scratch)
        os.environ["CATALOG_PERSONAL_KEYS_FILE"] = str(folder / "keys")
        os.environ["CATALOG_ATTACHMENTS_URL"] = f"file:{folder / 'attachments'}"
        path = folder / "centre.db"
        engine = catalogue.seeded(path, bars)
        with centre(path, folder) as (server, address):
            fill(engine, at, of_one_item, bars, of_one_item=True)
            news = measure_news(engine, address, folder, ITEM, at)
            push = measure_push(engine, address, server, ITEM, pushed, folder)
        fill(engine, at, full - of_one_item, bars, of_one_item=False)
        with centre(path, folder, snapshots="later") as (_, address):
            pull = measure_full_pull(address, path, folder, bars)
        engine.dispose()
    document = {
        "command": "python -m benchmarks.sync",
        "date": at.date().isoformat(),
        "machine": {"python": platform.python_version(), "system": platform.system(), "cpu_count": os.cpu_count()},
        "one_standard": news, "full_pull": pull, "push": push,
    }  # fmt: skip
    print(json.dumps(document, ensure_ascii=False, indent=2))
    if not asked:
        RESULTS.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")


def fill(engine: Engine, at: datetime, number: int, bars: Bars, *, of_one_item: bool) -> None:
    """Write generated implementations: of one item by as many bodies, or of all items."""
    with reading(engine) as session:
        samples = Samples(session, civil_day(at))
        drawn = claims_of(samples, ITEM) if of_one_item else islice(claims(samples), OF_ONE_ITEM, None)
        writer = Writer(session, at)
    done = 0
    while done < number:
        writer.write(engine, list(islice(drawn, min(BATCH, number - done))))
        done = min(number, done + BATCH)
        bars("实施清单 of one item" if of_one_item else "实施清单 of all items", done, number)


@contextmanager
def centre(path: Path, folder: Path, *, snapshots: str = "snapshots") -> Iterator[tuple[Server, str]]:
    """Serve a catalogue in a process of its own; a folder of its own has no snapshot from before."""
    environment = {"CATALOG_DATABASE_URL": f"sqlite:///{path}", "CATALOG_SNAPSHOTS": str(folder / snapshots)}
    with serving("service_catalog.serving:make_app", environment, cores().server) as server:
        yield server, f"http://127.0.0.1:{server.port}"


def measure_full_pull(address: str, path: Path, folder: Path, bars: Bars) -> Mapping[str, Any]:
    """Pull everything into a new copy, and compare with copying the centre's file, the least that could be done."""
    copy = folder / "copy.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    began = perf_counter()
    shutil.copyfile(path, copy)
    with copy.open("rb") as written:
        os.fsync(written.fileno())
    limit = perf_counter() - began
    engine = make_engine(f"sqlite:///{folder / 'replica.db'}", checks_references=False)
    upgrade(engine)
    with CatalogClient(address, timeout=600) as client:
        began = perf_counter()
        header = client.snapshot(folder / "first.ndjson", surroundings=True, ended="documents")
        fetched = perf_counter() - began  # made and fetched; whoever comes next only fetches
        began = perf_counter()
        follower = Follower(
            engine, client, centre=address, region=None, folder=folder / "incoming", clock=lambda: datetime.now(UTC)
        )
        pulled = follower.pull(progress=lambda what, done, total: bars(what, done, total or done))
        seconds = perf_counter() - began
    engine.dispose()
    return {
        "items": pulled.items,
        "snapshot_bytes": (folder / "first.ndjson").stat().st_size,
        "seconds_to_make_and_fetch_the_first": round(fetched, 1),
        "seconds_to_pull": round(seconds, 1),
        "rows_a_second": round(pulled.items / seconds),
        "file_bytes": path.stat().st_size,
        "seconds_to_copy_the_file": round(limit, 3),
        "against_copying_the_file": round(limit / seconds, 5),
        "change_number": header.change_number,
    }


if __name__ == "__main__":
    main()
