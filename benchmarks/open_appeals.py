"""Open appeals by the million: copies of one row under other numbers, bodies and days, written by the database itself."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Engine, insert, select, text
from sqlmodel import col

from benchmarks.bars import Bars
from service_catalog.agencies.tables import Agency
from service_catalog.appeals.stages import AppealKind, Stage, Urgency
from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.database import unit_of_work

AT_ONCE = 50_000
"""Rows in one transaction."""
MODEL = "990000000000"
"""Number of the appeal that the others are copies of."""
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
    " {insert} SELECT {columns} FROM numbers",
    "postgresql": "{insert} SELECT {columns} FROM generate_series({first}, {last}) AS numbers(n)",
}
DAYS_ON = {"sqlite": "date('{day}', '+' || ({days}) || ' days')", "postgresql": "date '{day}' + ({days})"}
CARELESS = {"sqlite": "PRAGMA synchronous=OFF", "postgresql": "SET synchronous_commit = off"}
"""What is only there to be searched need not outlive a power cut."""
SETTLE = {"sqlite": "PRAGMA wal_checkpoint(TRUNCATE)", "postgresql": "VACUUM ANALYZE appeal"}
"""What the databases do by themselves after a while; SQLite counts no rows for its planner, so not here either."""


def fill(engine: Engine, number: int, today: date, bars: Bars) -> None:
    """Write so many appeals in hand, due in the coming days, evenly among the bodies; the last body has one only."""
    bodies = _found(engine, today)
    kind = engine.dialect.name
    with closing(_careless_connection(engine)) as connection:
        for done, statement in _copies(kind, number, bodies, today):
            connection.execute(statement)
            bars(f"未结诉求 open appeals, {kind}", done, number)
        connection.execute(SETTLE[kind])


def _careless_connection(engine: Engine) -> Any:
    """Return a connection of the database's own driver that commits each statement."""
    connection: Any
    if engine.dialect.name == "sqlite":
        connection = sqlite3.connect(engine.url.database or "", isolation_level=None)
    else:
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(address, autocommit=True)
    connection.execute(CARELESS[engine.dialect.name])
    return connection


def _found(engine: Engine, today: date) -> int:
    """Write the model and the list of those who get its copies; returns how many they are."""
    with unit_of_work(engine) as session:
        bodies = session.execute(select(col(Agency.code), col(Agency.region_code)).order_by(col(Agency.code))).all()
        session.execute(insert(Appeal).values(_model(bodies[-1].code, bodies[-1].region_code, today)))
        session.execute(text("CREATE TABLE bench_body (place INTEGER PRIMARY KEY, code TEXT, region TEXT)"))
        session.execute(
            text("INSERT INTO bench_body VALUES (:place, :code, :region)"),
            [{"place": place, "code": row.code, "region": row.region_code} for place, row in enumerate(bodies[:-1])],
        )
    return len(bodies) - 1


def _model(agency: str, region: str, today: date) -> dict[str, Any]:
    at, due_on = datetime.now(UTC), today + timedelta(days=9)
    return {
        "number": MODEL, "kind": AppealKind.OPINION, "urgency": Urgency.NORMAL, "is_report": False, "is_praise": False,
        "channel": "portal", "body": b"\x01" * 200, "desk_region": region, "consents": False,
        "query_code": b"\x01" * 40, "received_at": at, "received_month": f"{today:%Y-%m}", "stage": Stage.HANDLING,
        "stage_since": at, "lead_agency": agency, "decided_by_league": False, "returns": 0, "reopens": 0,
        "extensions": 0, "deadline_is_certain": True, "step_is_certain": True, "deadline_on": due_on, "counted_to": due_on,
        "queue_on": due_on,
    }  # fmt: skip


def _copies(dialect: str, number: int, bodies: int, today: date) -> Iterator[tuple[int, str]]:
    """Yield the statements that copy the model, each with how many appeals there are after it."""
    deadline = DAYS_ON[dialect].format(day=today, days=f"1 + {_rest(11)}")
    body = f"(SELECT {{}} FROM bench_body WHERE place = {_rest(bodies)})"
    changed = {
        "number": f"CAST({int(MODEL)} + n * 7 AS TEXT)", "lead_agency": body.format("code"),
        "desk_region": body.format("region"), "deadline_on": deadline, "counted_to": deadline, "queue_on": deadline,
        "warn_on": deadline, "grave_on": DAYS_ON[dialect].format(day=today, days=f"4 + {_rest(11)}"),
        "next_alert_on": deadline,
    }  # fmt: skip
    names = [column.name for column in Appeal.__table__.columns]  # type: ignore[attr-defined]
    columns = ", ".join(changed.get(name, f"model.{name}") for name in names)
    into = f"INSERT INTO appeal ({', '.join(names)})"
    for first in range(1, number, AT_ONCE):
        last = min(first + AT_ONCE, number) - 1
        written = NUMBERS[dialect].format(first=first, last=last, columns=columns, insert=into)
        yield last + 1, f"{written} CROSS JOIN (SELECT * FROM appeal WHERE number = '{MODEL}') AS model"


def _rest(divisor: int) -> str:
    """Return the rest of n, as both databases write it in one way that no driver takes for a parameter."""
    return f"(n - {divisor} * (n / {divisor}))"
