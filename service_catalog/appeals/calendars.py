"""Loading the calendar of a year: the register is replaced, then the open appeals that it touches are recomputed."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlmodel import Session, col

from service_catalog.access.places import demand_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.appeals.recomputing import Progress, count_touched, recompute, unseen
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.errors import NotFound, Said
from service_catalog.kernel.paging import Walk
from service_catalog.registers import loading
from service_catalog.registers.tables import CalendarYear
from service_catalog.vault import Vault


class NoSuchCalendar(NotFound):
    """The calendar of the year has not been issued, or not been loaded here."""

    title = Said("没有该年日历", "No calendar of this year")


class Issued(NamedTuple):
    """A calendar that was loaded, and what that did to open appeals."""

    calendar: CalendarYear
    touched: int
    """Open appeals whose count it can touch."""
    moved: int | None
    """Those whose due day is another one now; None: too many for here, the command is to be run."""


def issue_calendar(
    engine: Engine,
    vault: Vault,
    year: int,
    content: bytes,
    *,
    document: str,
    local: bool = False,
    most: int | None = None,
    by: Actor,
    clock: Callable[[], datetime],
    progress: Progress = unseen,
) -> Issued:
    """Load or correct a year, or its local days, for the whole league.

    Raises NotAllowed, CalendarUnreadable, NationalCalendarFirst.
    Appeals are recomputed afterwards, unless there are more than `most`; whoever is killed in between runs the command.
    """
    with unit_of_work(engine) as session:
        demand_league(session, by, Right.MANAGE_APPEAL_RULES)
        load = loading.load_local_days if local else loading.load_year
        row = load(session, year, content, document=document, by=by, at=clock())
    with reading(engine) as session:
        touched = count_touched(session, year)
    if most is not None and touched > most:
        return Issued(row, touched, None)
    done = recompute(engine, vault, year=year, by=by, clock=clock, progress=progress)
    return Issued(row, touched, done.moved)


def find_calendar(session: Session, year: int) -> CalendarYear:
    """Return the calendar of a year; raises NoSuchCalendar."""
    row = session.get(CalendarYear, year)
    if row is None:
        raise NoSuchCalendar(f"没有 {year} 年的日历", f"there is no calendar of {year}", year=year)
    return row


def list_calendars(session: Session, walk: Walk) -> list[CalendarYear]:
    """Return the calendars in order of their years, one more than asked for."""
    query = select(CalendarYear).order_by(col(CalendarYear.year)).limit(walk.limit + 1)
    if walk.after is not None:
        query = query.where(col(CalendarYear.year) > _year_after(walk.after))
    return list(session.scalars(query))


def _year_after(after: str) -> int:
    return int(after) if after.isascii() and after.isdigit() and len(after) <= 4 else 9999
