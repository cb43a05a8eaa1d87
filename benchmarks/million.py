"""A million open appeals: what it costs to find those whose day has come, and to read an officer's queue."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Engine, func, insert, select, text, update
from sqlmodel import col
from starlette.datastructures import URL

from benchmarks.bars import Bars
from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.agencies.tables import Agency
from service_catalog.appeals.queues import key_of, queue
from service_catalog.appeals.stages import AppealKind, Stage, Urgency
from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.paging import Walk
from service_catalog.supervision.watching import watch

NEED_ATTENTION = (0, 100, 10_000)
TIMES, AT_ONCE, PAGE = 5, 200, 50
LEAGUE, BANNER = "152900000000", "152921000000"
MODEL = "990000000000"
"""Number of the appeal that the others are copies of."""
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {most})"
    " {insert} SELECT {columns} FROM numbers",
    "postgresql": "{insert} SELECT {columns} FROM generate_series(1, {most}) AS numbers(n)",
}
DAYS_ON = {"sqlite": "date('{day}', '+' || ({days}) || ' days')", "postgresql": "date '{day}' + ({days})"}


def measure_million(engine: Engine, number: int, bars: Bars) -> dict[str, Any]:
    """Fill the table, then look for 0, 100 and 10,000 appeals, and read queues."""
    today = civil_day(datetime.now(UTC))
    bars(f"未结诉求 open appeals, {engine.dialect.name}", 0, 1)
    fill(engine, number, today)
    bars(f"未结诉求 open appeals, {engine.dialect.name}", 1, 1)
    queues = _queues(engine, today)
    return {"queue_page": queues, "overdue_scan": {str(due): _scan(engine, due, today) for due in NEED_ATTENTION}}


def fill(engine: Engine, number: int, today: date) -> None:
    """Write so many appeals in hand, due in the coming days, evenly among the bodies; the last body has one only."""
    with unit_of_work(engine) as session:
        bodies = session.execute(select(col(Agency.code), col(Agency.region_code)).order_by(col(Agency.code))).all()
        session.execute(insert(Appeal).values(_model(bodies[-1].code, bodies[-1].region_code, today)))
        session.execute(text("CREATE TABLE bench_body (place INTEGER PRIMARY KEY, code TEXT, region TEXT)"))
        session.execute(
            text("INSERT INTO bench_body VALUES (:place, :code, :region)"),
            [{"place": place, "code": row.code, "region": row.region_code} for place, row in enumerate(bodies[:-1])],
        )
    statement = _copies(engine.dialect.name, number, len(bodies) - 1, today)
    if engine.dialect.name == "sqlite":
        with sqlite3.connect(engine.url.database or "", isolation_level=None) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute(statement)
            connection.execute("ANALYZE")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection_:
            connection_.exec_driver_sql("SET synchronous_commit = off")
            connection_.exec_driver_sql(statement)
            connection_.exec_driver_sql("VACUUM ANALYZE appeal")


def _model(agency: str, region: str, today: date) -> dict[str, Any]:
    at = datetime.now(UTC)
    return {
        "number": MODEL, "kind": AppealKind.OPINION, "urgency": Urgency.NORMAL, "is_report": False, "is_praise": False,
        "channel": "portal", "body": b"\x01" * 200, "desk_region": region, "consents": False,
        "query_code": b"\x01" * 40, "received_at": at, "received_month": f"{today:%Y-%m}", "stage": Stage.HANDLING,
        "stage_since": at, "lead_agency": agency, "decided_by_league": False, "returns": 0, "reopens": 0,
        "extensions": 0, "deadline_is_certain": True, "deadline_on": today + timedelta(days=9), "queue_on": today + timedelta(days=9),
    }  # fmt: skip


def _copies(dialect: str, number: int, bodies: int, today: date) -> str:
    """Return the statement that copies the model under other numbers, bodies and days."""
    deadline = DAYS_ON[dialect].format(day=today, days=f"1 + {_rest(11)}")
    body = f"(SELECT {{}} FROM bench_body WHERE place = {_rest(bodies)})"
    changed = {
        "number": f"CAST({int(MODEL)} + n * 7 AS TEXT)", "lead_agency": body.format("code"),
        "desk_region": body.format("region"), "deadline_on": deadline, "counted_to": deadline, "queue_on": deadline, "warn_on": deadline,
        "grave_on": DAYS_ON[dialect].format(day=today, days=f"4 + {_rest(11)}"), "next_alert_on": deadline,
    }  # fmt: skip
    names = [column.name for column in Appeal.__table__.columns]  # type: ignore[attr-defined]
    columns = ", ".join(changed.get(name, f"model.{name}") for name in names)
    written = NUMBERS[dialect].format(
        most=number - 1, columns=columns, insert=f"INSERT INTO appeal ({', '.join(names)})"
    )
    return f"{written} CROSS JOIN (SELECT * FROM appeal WHERE number = '{MODEL}') AS model"


def _rest(divisor: int) -> str:
    """Return the rest of n, as both databases write it in one way that no driver takes for a parameter."""
    return f"(n - {divisor} * (n / {divisor}))"


def _scan(engine: Engine, due: int, today: date) -> dict[str, Any]:
    """Let the day of some appeals come; time the finding, the limits, and one whole look of the supervision."""
    with unit_of_work(engine) as session:
        some = select(col(Appeal.number)).where(col(Appeal.next_alert_on) > today).limit(due)
        late = {"deadline_on": today - timedelta(days=1), "next_alert_on": today}
        session.execute(update(Appeal).where(col(Appeal.number).in_(some)).values(late))
    finding = _seconds(engine, lambda: select(Appeal).where(col(Appeal.next_alert_on) <= today))
    scanning = _seconds(engine, lambda: select(Appeal).where(func.coalesce(col(Appeal.next_alert_on), today) <= today))
    with reading(engine) as session:
        numbers = session.scalars(select(col(Appeal.number)).where(col(Appeal.next_alert_on) <= today)).all()
    assert len(numbers) == due
    start = time.perf_counter()
    watched = watch(engine, clock=lambda: datetime.now(UTC))
    look = time.perf_counter() - start
    assert watched.appeals == due
    return {
        "find_seconds": _rounded(finding), "full_scan_seconds": _rounded(scanning),
        "times_faster_than_full_scan": _rounded(scanning / finding),
        "ratio_to_reading_the_rows": _rounded(_read(engine, numbers) / finding) if numbers else None,
        "whole_look_seconds": _rounded(look), "signals": sum(watched.raised.values()),
    }  # fmt: skip


def _seconds(engine: Engine, query: Callable[[], Any]) -> float:
    def one() -> float:
        with reading(engine) as session:
            start = time.perf_counter()
            session.scalars(query()).all()
            return time.perf_counter() - start

    return median(one() for _ in range(TIMES))


def _read(engine: Engine, numbers: Sequence[str]) -> float:
    """Return the seconds for reading these appeals by their numbers, the limit of whatever finds them."""

    def one() -> float:
        with reading(engine) as session:
            start = time.perf_counter()
            for first in range(0, len(numbers), AT_ONCE):
                batch = numbers[first : first + AT_ONCE]
                session.scalars(select(Appeal).where(col(Appeal.number).in_(batch))).all()
            return time.perf_counter() - start

    return median(one() for _ in range(TIMES))


def _queues(engine: Engine, today: date) -> dict[str, Any]:
    """Time the first page, and one further on, as an officer of a body and those of desks read it."""
    with reading(engine) as session:
        bodies = session.scalars(select(col(Agency.code)).order_by(col(Agency.code))).all()
    grants = {
        "body": Grant(Role.APPEALS_OFFICER, agency_code=bodies[0]),
        "body_with_one": Grant(Role.APPEALS_OFFICER, agency_code=bodies[-1]),
        "banner_desk": Grant(Role.APPEALS_OFFICER, region_code=BANNER),
        "league_desk": Grant(Role.APPEALS_OFFICER, region_code=LEAGUE),
    }
    return {who: _page(engine, Actor("officer", ActorKind.MACHINE, (grant,)), today) for who, grant in grants.items()}


def _page(engine: Engine, by: Actor, today: date) -> dict[str, Any]:
    first, rows = _seconds_of_page(engine, by, today, None)
    last = rows[min(PAGE, len(rows)) - 1][1]
    following, _ = _seconds_of_page(engine, by, today, last)
    limit = _read(engine, [number for number, _ in rows])
    return {
        "rows": len(rows), "seconds": _rounded(first), "next_page_seconds": _rounded(following),
        "ratio_to_reading_the_rows": _rounded(limit / first),
    }  # fmt: skip


def _seconds_of_page(engine: Engine, by: Actor, today: date, after: str | None) -> tuple[float, list[tuple[str, str]]]:
    """Return the seconds, and of every row its number and its place in the list."""
    walk, times = Walk(after, PAGE, URL("/v1/appeal-queue")), []
    for _ in range(TIMES):
        with reading(engine) as session:
            start = time.perf_counter()
            found = queue(session, walk, by=by, today=today)
            times.append(time.perf_counter() - start)
            rows = [(row.number, key_of(row)) for row in found]
    return median(times), rows


def _rounded(figure: float) -> float:
    return float(f"{figure:.3g}")
