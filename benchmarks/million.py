"""A million open appeals: what it costs to find those whose day has come, to read an officer's queue, and to preview.

The measure (1.0) is one full scan: the database reads every deadline, for which there is no index, and hands over three
figures. What is found by an index takes a small part of that.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import Engine, func, select, update
from sqlmodel import Session, col
from starlette.datastructures import URL

from benchmarks.bars import Bars
from benchmarks.open_appeals import fill
from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.agencies.tables import Agency
from service_catalog.appeals.matter import About
from service_catalog.appeals.preview import newest_about
from service_catalog.appeals.queues import key_of, queue
from service_catalog.appeals.stages import Stage
from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.paging import Walk
from service_catalog.supervision.watching import watch

NEED_ATTENTION = (0, 100, 1_000)
TIMES, PAGE = 3, 50
LEAGUE, BANNER, ITEM = "152900000000", "152921000000", "150709001000"
DEADLINES = select(func.count(), func.min(col(Appeal.deadline_on)), func.max(col(Appeal.deadline_on)))


class Reader(NamedTuple):
    """Who reads a queue, and what they ask for."""

    grant: Grant
    wanted: dict[str, Any]


def measure_million(engine: Engine, number: int, bars: Bars) -> dict[str, Any]:
    """Fill the table, read every deadline, read queues, and look for 0, 100 and 1,000 appeals."""
    today = civil_day(datetime.now(UTC))
    fill(engine, number, today, bars)
    full_scan = _seconds(engine, lambda session: session.execute(DEADLINES).one())
    found: dict[str, Any] = {"full_scan_seconds": _rounded(full_scan)}
    found["queue_page"] = {
        who: _page(engine, reader, today, full_scan)
        for who, reader in bars.each(f"队列 queues, {engine.dialect.name}", list(_readers(engine).items()))
    }
    found["preview"] = _preview(engine, full_scan)
    found["overdue_scan"] = {
        str(due): _scan(engine, due, today, full_scan)
        for due in bars.each(f"监察 overdue scan, {engine.dialect.name}", NEED_ATTENTION)
    }
    return found


def _preview(engine: Engine, full_scan: float) -> dict[str, Any]:
    """Time how a preview finds the newest open appeals of its item or place; to unseal them is not in it."""
    query = newest_about(About(BANNER, place_is_known=True, basic_code=ITEM), datetime.now(UTC))
    with reading(engine) as session:
        rows = len(session.scalars(query).all())
    seconds = _seconds(engine, lambda session: session.scalars(query).all())
    return {"rows": rows, "seconds": _rounded(seconds), "of_full_scan": _rounded(seconds / full_scan)}


def _scan(engine: Engine, due: int, today: date, full_scan: float) -> dict[str, Any]:
    """Let the day of some appeals come; time the finding, as a look begins with it, and one whole look."""
    with unit_of_work(engine) as session:
        some = select(col(Appeal.number)).where(col(Appeal.deadline_on) > today).limit(due)
        yesterday = today - timedelta(days=1)
        late = {"deadline_on": yesterday, "counted_to": yesterday, "queue_on": yesterday, "next_alert_on": today}
        session.execute(update(Appeal).where(col(Appeal.number).in_(some)).values(late))
    number = select(func.count()).where(col(Appeal.next_alert_on) <= today)
    finding = _seconds(engine, lambda session: session.execute(number).one())
    start = time.perf_counter()
    watched = watch(engine, clock=lambda: datetime.now(UTC))
    look = time.perf_counter() - start
    if watched.appeals != due or sum(watched.raised.values()) < due:
        raise RuntimeError(f"{due} appeals are late; supervision saw {watched}")
    return {
        "find_seconds": _rounded(finding), "find_of_full_scan": _rounded(finding / full_scan),
        "look_seconds": _rounded(look), "look_of_full_scan": _rounded(look / full_scan),
        "signals": sum(watched.raised.values()),
    }  # fmt: skip


def _readers(engine: Engine) -> dict[str, Reader]:
    """Return the officers of a body with thousands of appeals and of one with one, and those of desks."""
    with reading(engine) as session:
        bodies = session.scalars(select(col(Agency.code)).order_by(col(Agency.code))).all()
    desk = Grant(Role.APPEALS_OFFICER, region_code=LEAGUE)
    return {
        "body": Reader(Grant(Role.APPEALS_OFFICER, agency_code=bodies[0]), {}),
        "body_with_one": Reader(Grant(Role.APPEALS_OFFICER, agency_code=bodies[-1]), {}),
        "banner_desk": Reader(Grant(Role.APPEALS_OFFICER, region_code=BANNER), {}),
        "league_desk": Reader(desk, {}),
        "league_desk_of_a_body": Reader(desk, {"agency": bodies[0]}),
        "league_desk_of_a_body_with_one": Reader(desk, {"agency": bodies[-1]}),
        "league_desk_of_a_stage": Reader(desk, {"stage": Stage.HANDLING}),
    }


def _page(engine: Engine, reader: Reader, today: date, full_scan: float) -> dict[str, Any]:
    """Time the first page, and the one after it where there is one."""
    first, rows = _seconds_of_page(engine, reader, today, None)
    following = _seconds_of_page(engine, reader, today, rows[PAGE - 1])[0] if len(rows) > PAGE else None
    return {
        "rows": len(rows), "seconds": _rounded(first), "of_full_scan": _rounded(first / full_scan),
        "next_page_seconds": None if following is None else _rounded(following),
    }  # fmt: skip


def _seconds_of_page(engine: Engine, reader: Reader, today: date, after: str | None) -> tuple[float, list[str]]:
    """Return the seconds, and of every row its place in the list."""
    walk, by = Walk(after, PAGE, URL("/v1/appeal-queue")), Actor("officer", ActorKind.MACHINE, (reader.grant,))
    places: list[str] = []

    def read(session: Session) -> None:
        found: Sequence[Appeal] = queue(session, walk, **reader.wanted, by=by, today=today)
        places[:] = [key_of(row) for row in found]

    return _seconds(engine, read), places


def _seconds(engine: Engine, read: Callable[[Session], Any]) -> float:
    """Return the median of several times, each in a transaction of its own."""

    def one() -> float:
        with reading(engine) as session:
            start = time.perf_counter()
            read(session)
            return time.perf_counter() - start

    return median(one() for _ in range(TIMES))


def _rounded(figure: float) -> float:
    return float(f"{figure:.3g}")
