"""An office pushes ten thousand rows: receipts a second, against inserting the same rows bare into SQLite."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import col

from benchmarks.processes import Server, cpu_seconds
from service_catalog.actors import Role
from service_catalog.implementations.content import Offer
from service_catalog.implementations.tables import ImplementationEdition
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.seeding import EDITOR as SEEDING
from service_catalog.staff.keyring import create_key
from service_catalog.sync.client import CatalogClient

LEAGUE = "152900000000"
A_BATCH = 1_000


def measure_push(
    engine: Engine, address: str, server: Server, item: str, number: int, folder: Path
) -> Mapping[str, Any]:
    """Push a changed local part for each of `number` implementations of an item, and the same once more."""
    with unit_of_work(engine) as session:
        at = datetime.now(UTC)
        key = create_key(
            session, name="办公室", role=Role.COUNTY_OFFICE, region_code=LEAGUE, agency_code=None, days=1, addresses=(),
            by=SEEDING, at=at,
        )  # fmt: skip
    rows = _rows(engine, item, number)
    with CatalogClient(address, key=key.text, timeout=600) as client:
        began, used = perf_counter(), cpu_seconds(server.pid)
        first = [
            receipt for answer in client.push("implementations", rows, key="first") for receipt in answer["receipts"]
        ]
        seconds = perf_counter() - began
        spent = (cpu_seconds(server.pid) or 0) - (used or 0)
        began = perf_counter()
        again = [
            receipt for answer in client.push("implementations", rows, key="first") for receipt in answer["receipts"]
        ]
        seconds_again = perf_counter() - began
    assert first == again, "the same push was answered otherwise"
    outcomes = {
        outcome: sum(one["outcome"] == outcome for one in first) for outcome in {one["outcome"] for one in first}
    }
    why = Counter(one["faults"][0]["rule"] for one in first if one["outcome"] == "refused")
    bare = _bare(rows, folder)
    return {
        "rows": len(rows), "outcomes": outcomes, "refused_by_rule": dict(why), "seconds": round(seconds, 1),
        "rows_a_second": round(len(rows) / seconds), "server_cpu_seconds": round(spent, 1),
        "rows_a_second_sent_again": round(len(rows) / seconds_again),
        "bare_inserts_a_second": round(len(rows) / bare), "against_bare_inserts": round(bare / seconds, 5),
    }  # fmt: skip


def _rows(engine: Engine, item: str, number: int) -> list[dict[str, Any]]:
    edition = ImplementationEdition
    query = (
        select(col(edition.implementation_code), col(edition.number), col(edition.content))
        .where(
            col(edition.implementation_code).like(f"%{item}"),
            col(edition.published_at).is_not(None),
            col(edition.availability) == Offer.OFFERED,
        )
        .order_by(col(edition.implementation_code))
        .limit(number)
    )
    with reading(engine) as session:
        return [
            {
                "record_id": f"{place:05}",
                "implementation_code": code,
                "seen": {"edition": seen},
                "local": content | {"local_notes": f"第 {place} 号窗口办理，请提前预约。"},
            }
            for place, (code, seen, content) in enumerate(session.execute(query))
        ]


def _bare(rows: Sequence[Mapping[str, Any]], folder: Path) -> float:
    """Return the seconds for inserting the rows as text, as many in a transaction as a batch has, each made durable."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE pushed (code TEXT PRIMARY KEY, content TEXT)"
    )
    began = perf_counter()
    for start in range(0, len(rows), A_BATCH):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO pushed VALUES (?, ?)",
            [(row["implementation_code"], json.dumps(row["local"])) for row in rows[start : start + A_BATCH]],
        )
        connection.execute("COMMIT")
    seconds = perf_counter() - began
    connection.close()
    return seconds
