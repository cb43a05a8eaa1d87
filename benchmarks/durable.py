"""How many appeals a second are taken for good, against one bare row of the same bytes with one durable commit each."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from statistics import median
from typing import Any

import httpx
import psycopg
from sqlalchemy import Engine, select
from sqlmodel import col

from benchmarks.bars import Bars
from benchmarks.processes import serving
from service_catalog.appeals.drafts import AppealDraft
from service_catalog.appeals.intake import take
from service_catalog.appeals.repeating import key_of, remember
from service_catalog.appeals.tables import Appeal, AppealEvent, AppealPerson, AppealRequest
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel
from service_catalog.settings import Settings
from service_catalog.vault import Vault, open_vault

WRITERS, SECONDS, ROUNDS = 4, 3.0, 3
TEXT = "窗口排队太久，上午去了两次都没有办成。希望增加窗口，或者开通网上预约，谢谢。" * 3
TABLES = (Appeal, AppealEvent, AppealPerson, AppealRequest)
Write = Callable[[], None]


def measure_durable(engine: Engine, url: str, bars: Bars) -> dict[str, Any]:
    """Take turns: the limit, the verbs, the whole way over HTTP."""
    draft, vault = _draft(engine), open_vault(Settings())
    _verb(engine, vault, draft, nullcontext())()
    size = _bytes_of_one(engine)
    found: dict[str, list[float]] = {"bare_insert": [], "verbs": [], "http": []}
    environment = {"CATALOG_DATABASE_URL": url, "CATALOG_APPEALS_PER_ADDRESS": "100000000/hour"}
    with serving("service_catalog.serving:make_app", environment, None) as server:
        address = f"http://127.0.0.1:{server.port}"
        ways = {
            "bare_insert": lambda lock: _bare(engine, url, size, lock),
            "verbs": lambda lock: _verb(engine, vault, draft, lock),
            "http": lambda lock: _post(address, draft),
        }
        for done in range(ROUNDS):
            for name, way in ways.items():
                found[name].append(_a_second(engine, way))
            bars(f"诉求入库 durable appeals, {engine.dialect.name}", done + 1, ROUNDS)
    limit = median(found["bare_insert"])
    return {
        "writers": WRITERS, "bytes_of_one_appeal": size,
        "a_second": {name: round(median(counts), 1) for name, counts in found.items()},
        "ratios": {name: float(f"{median(found[name]) / limit:.3g}") for name in ("verbs", "http")},
    }  # fmt: skip


def _draft(engine: Engine) -> AppealDraft:
    with reading(engine) as session:
        query = select(col(Region.code)).where(col(Region.level) == RegionLevel.VILLAGE).order_by(col(Region.code))
        region = session.scalars(query.limit(1)).one()
    document = {"kind": "opinion", "text": TEXT, "region": region, "contact": {"phone": "13900000000"}}
    return AppealDraft.model_validate(document)


def _bytes_of_one(engine: Engine) -> int:
    """Return how many bytes of text and ciphertext the only appeal takes, with its event, its contact and its key."""
    with reading(engine) as session:
        rows = [row for table in TABLES for row in session.scalars(select(table))]
        return sum(len(str(value).encode()) if not isinstance(value, bytes) else len(value)
                   for row in rows for value in row.model_dump().values() if value is not None)  # fmt: skip


def _a_second(engine: Engine, way: Callable[[AbstractContextManager[Any]], Write]) -> float:
    """Let all writers write for some seconds. On SQLite they take turns, as the server's do: its lock knows no line."""
    lock = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
    writes = [way(lock) for _ in range(WRITERS)]
    start = time.perf_counter()
    end = start + SECONDS

    def go_on(write: Write) -> int:
        done = 0
        while time.perf_counter() < end:
            write()
            done += 1
        return done

    with ThreadPoolExecutor(WRITERS) as pool:
        done = sum(pool.map(go_on, writes))
    return done / (time.perf_counter() - start)


def _bare(engine: Engine, url: str, size: int, lock: AbstractContextManager[Any]) -> Write:
    connection: Any
    if engine.dialect.name == "sqlite":
        connection = sqlite3.connect(engine.url.database or "", isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous=FULL")
        command = "INSERT INTO bare VALUES (?, ?)"
    else:
        connection = psycopg.connect(url, autocommit=True)
        connection.execute("SET synchronous_commit = on")
        command = "INSERT INTO bare VALUES (%s, %s)"
    connection.execute("CREATE TABLE IF NOT EXISTS bare (number TEXT PRIMARY KEY, body TEXT)")

    def write() -> None:
        row = (secrets.token_hex(8), "x" * (size - 16))
        with lock:
            connection.execute(command, row)

    return write


def _verb(engine: Engine, vault: Vault, draft: AppealDraft, lock: AbstractContextManager[Any]) -> Write:
    def write() -> None:
        with lock, unit_of_work(engine) as session:
            at = datetime.now(UTC)
            taken = take(session, vault, draft, by=None, at=at)
            remember(session, key_of(None, secrets.token_hex(8)), draft, taken.case.row.number, at=at)

    return write


def _post(address: str, draft: AppealDraft) -> Write:
    client, body = httpx.Client(base_url=address, timeout=60), draft.model_dump(mode="json", exclude_none=True)

    def write() -> None:
        answer = client.post("/v1/appeals", json=body, headers={"Idempotency-Key": secrets.token_hex(8)})
        answer.raise_for_status()

    return write
