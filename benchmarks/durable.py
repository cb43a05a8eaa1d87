"""How many appeals a second are taken for good, against one bare row of the same bytes with one durable commit each."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from datetime import UTC, datetime
from statistics import median
from typing import Any, NamedTuple

import httpx
import psycopg
from sqlalchemy import Engine, select
from sqlmodel import col

from benchmarks.bars import Bars
from benchmarks.processes import serving
from service_catalog.appeals.drafts import AppealDraft
from service_catalog.appeals.intake import take
from service_catalog.appeals.repeating import key_of, remember
from service_catalog.appeals.rulebook import rulebook_of
from service_catalog.appeals.tables import Appeal, AppealEvent, AppealPerson, AppealRequest
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel
from service_catalog.registers.registers import registers_of
from service_catalog.settings import Settings
from service_catalog.vault import Vault, open_vault

WRITERS, SECONDS, ROUNDS = 4, 3.0, 3
TEXT = "窗口排队太久，上午去了两次都没有办成。希望增加窗口，或者开通网上预约，谢谢。" * 3
TABLES = (Appeal, AppealEvent, AppealPerson, AppealRequest)
DURABILITY = {"sqlite": ("PRAGMA synchronous",), "postgresql": ("SHOW synchronous_commit", "SHOW fsync")}
Lock = AbstractContextManager[Any]
Write = Callable[[], None]
Way = Callable[[Lock, ExitStack], Write]
"""Makes what one writer does again and again; what it opens is closed with the stack."""


class Round(NamedTuple):
    """What came of some seconds."""

    a_second: float
    busy: float
    """What this process used of a core; where it is a client only, far from all of it."""


def measure_durable(engine: Engine, url: str, bars: Bars) -> dict[str, Any]:
    """Take turns: the limit, the verbs, the whole way over HTTP."""
    draft, vault = _draft(engine), open_vault(Settings())
    _verb(engine, vault, draft, nullcontext())()
    size = _bytes_of_one(engine)
    found: dict[str, list[Round]] = {"bare_insert": [], "verbs": [], "http": []}
    environment = {"CATALOG_DATABASE_URL": url, "CATALOG_APPEALS_PER_ADDRESS": "100000000/hour"}
    with serving("service_catalog.serving:make_app", environment, None) as server:
        address = f"http://127.0.0.1:{server.port}"
        _warm(engine, address, draft)
        ways: dict[str, Way] = {
            "bare_insert": lambda lock, open_: _bare(engine, url, size, lock, open_),
            "verbs": lambda lock, open_: _verb(engine, vault, draft, lock),
            "http": lambda lock, open_: _post(address, draft, open_),
        }
        for done in range(ROUNDS):
            for name, way in ways.items():
                found[name].append(_round(engine, way))
            bars(f"诉求入库 durable appeals, {engine.dialect.name}", done + 1, ROUNDS)
    a_second = {name: median(one.a_second for one in rounds) for name, rounds in found.items()}
    return {
        "writers": WRITERS, "bytes_of_one_appeal": size, "durability": _durability(engine),
        "a_second": {name: round(count, 1) for name, count in a_second.items()},
        "ratios": {name: float(f"{a_second[name] / a_second['bare_insert']:.3g}") for name in ("verbs", "http")},
        "client_busy": round(median(one.busy for one in found["http"]), 2),
    }  # fmt: skip


def _durability(engine: Engine) -> dict[str, str]:
    """Return what the catalogue's own connections say of it; 2 is FULL on SQLite."""
    with engine.connect() as connection:
        asked = DURABILITY[engine.dialect.name]
        return {one.split()[1]: str(connection.exec_driver_sql(one).scalar_one()) for one in asked}


def _draft(engine: Engine) -> AppealDraft:
    with reading(engine) as session:
        query = select(col(Region.code)).where(col(Region.level) == RegionLevel.VILLAGE).order_by(col(Region.code))
        region = session.scalars(query.limit(1)).one()
    document = {"kind": "opinion", "text": TEXT, "region": region, "contact": {"phone": "13900000000"}}
    return AppealDraft.model_validate(document)


def _warm(engine: Engine, address: str, draft: AppealDraft) -> None:
    """Read what a process keeps once a reader has read it, as any preview or guide makes it do."""
    with reading(engine) as session:
        registers_of(session)
        rulebook_of(session)
    body = draft.model_dump(mode="json", exclude_none=True)
    httpx.post(f"{address}/v1/appeals/preview", json=body, timeout=60).raise_for_status()


def _bytes_of_one(engine: Engine) -> int:
    """Return how many bytes of text and ciphertext the only appeal takes, with its event, its contact and its key."""
    with reading(engine) as session:
        rows = [row for table in TABLES for row in session.scalars(select(table))]
        return sum(len(str(value).encode()) if not isinstance(value, bytes) else len(value)
                   for row in rows for value in row.model_dump().values() if value is not None)  # fmt: skip


def _round(engine: Engine, way: Way) -> Round:
    """Let all writers write for some seconds. On SQLite they take turns, as the server's do: its lock knows no line."""
    lock = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    def go_on(write: Write) -> int:
        done = 0
        while time.perf_counter() < end:
            write()
            done += 1
        return done

    with ExitStack() as opened, ThreadPoolExecutor(WRITERS) as pool:
        writes = [way(lock, opened) for _ in range(WRITERS)]
        start, used = time.perf_counter(), time.process_time()
        end = start + SECONDS
        done = sum(pool.map(go_on, writes))
        took = time.perf_counter() - start
        return Round(done / took, (time.process_time() - used) / took)


def _bare(engine: Engine, url: str, size: int, lock: Lock, opened: ExitStack) -> Write:
    connection: Any
    if engine.dialect.name == "sqlite":
        connection = sqlite3.connect(engine.url.database or "", isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous=FULL")
        command = "INSERT INTO bare VALUES (?, ?)"
    else:
        connection = psycopg.connect(url, autocommit=True)
        connection.execute("SET synchronous_commit = on")
        command = "INSERT INTO bare VALUES (%s, %s)"
    opened.enter_context(closing(connection))
    connection.execute("CREATE TABLE IF NOT EXISTS bare (number TEXT PRIMARY KEY, body TEXT)")
    body = secrets.token_hex(size // 2 - 8)  # with the number as many bytes, and no more to be pressed together

    def write() -> None:
        row = (secrets.token_hex(8), body)
        with lock:
            connection.execute(command, row)

    return write


def _verb(engine: Engine, vault: Vault, draft: AppealDraft, lock: Lock) -> Write:
    def write() -> None:
        with lock, unit_of_work(engine) as session:
            at = datetime.now(UTC)
            taken = take(session, vault, draft, by=None, at=at)
            remember(session, key_of(None, secrets.token_hex(8)), draft, taken.case.row.number, at=at)

    return write


def _post(address: str, draft: AppealDraft, opened: ExitStack) -> Write:
    client = opened.enter_context(httpx.Client(base_url=address, timeout=60))
    body = draft.model_dump(mode="json", exclude_none=True)

    def write() -> None:
        answer = client.post("/v1/appeals", json=body, headers={"Idempotency-Key": secrets.token_hex(8)})
        answer.raise_for_status()

    return write
