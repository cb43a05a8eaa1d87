"""Recomputing open appeals when a calendar has come or was corrected: each change with a record, nobody late by it.

What an appeal's due day was last said to be stands in its row (`counted_to`); an appeal whose day by the calendar of today
is another one gets an event and the new day in one transaction. So a run that was killed is simply run again, and an
appeal that somebody opens meanwhile is brought up to date by that (Case.record), not twice.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.appeals.case import Case
from service_catalog.appeals.opening import open_case, open_free_cases
from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import starts_at
from service_catalog.vault import Vault

BATCH = 100
"""Appeals in one transaction: other writers of a SQLite file wait some tenths of a second at the most."""

Progress = Callable[[str, int, int], None]


class Recomputed(NamedTuple):
    """What came of a run, in appeals."""

    looked_at: int = 0
    moved: int = 0
    """Those with a day that is another one now, or has become certain; each has a record of it."""


def unseen(what: str, done: int, total: int) -> None:
    """Show no progress."""


def count_touched(session: Session, year: int | None) -> int:
    """Return how many appeals have a count that a calendar of the year can touch."""
    found: int = session.execute(select(func.count()).select_from(Appeal).where(_touched(year))).scalar_one()
    return found


def _touched(year: int | None) -> ColumnElement[bool]:
    """Return the condition that an appeal is open, or waits for a call, and that the count may run through the year (None: any)."""
    is_open = col(Appeal.counted_to).is_not(None)
    has_step = and_(col(Appeal.step_due_on).is_not(None), col(Appeal.step_days).is_not(None))
    if year is None:
        return or_(is_open, has_step)
    first, after = date(year, 1, 1), starts_at(date(year + 1, 1, 1))
    runs_into = or_(
        col(Appeal.deadline_is_certain).is_(False), col(Appeal.counted_to) >= first, col(Appeal.grave_on) >= first
    )
    step_runs_into = or_(col(Appeal.step_is_certain).is_(False), col(Appeal.step_due_on) >= first)
    return and_(col(Appeal.received_at) < after, or_(and_(is_open, runs_into), and_(has_step, step_runs_into)))


def recompute(
    engine: Engine,
    vault: Vault,
    *,
    year: int | None = None,
    by: Actor,
    clock: Callable[[], datetime],
    progress: Progress = unseen,
) -> Recomputed:
    """Recompute every appeal that a calendar of `year` can touch (None: every one with a count), batch by batch."""
    with reading(engine) as session:
        total = count_touched(session, year)
    looked_at = moved = 0
    for numbers in _batches(engine, year):
        moved += _recompute_batch(engine, vault, numbers, year, by, clock())
        looked_at += len(numbers)
        progress("重算时限 recomputing", looked_at, max(total, looked_at))
    return Recomputed(looked_at, moved)


def _batches(engine: Engine, year: int | None) -> Iterator[list[str]]:
    after = ""
    while True:
        with reading(engine) as session:
            query = select(col(Appeal.number)).where(_touched(year), col(Appeal.number) > after)
            numbers = list(session.scalars(query.order_by(col(Appeal.number)).limit(BATCH)))
        if not numbers:
            return
        yield numbers
        after = numbers[-1]


def _recompute_batch(
    engine: Engine, vault: Vault, numbers: Sequence[str], year: int | None, by: Actor, at: datetime
) -> int:
    with unit_of_work(engine) as session:
        cases = open_free_cases(session, vault, numbers)
        moved = sum(_bring_up_to_date(case, year, by, at) for case in cases)
        busy = set(numbers) - {case.row.number for case in cases}
    for number in sorted(busy):  # somebody is working on it: wait for each alone
        with unit_of_work(engine) as session:
            moved += _bring_up_to_date(open_case(session, vault, number), year, by, at)
    return moved


def _bring_up_to_date(case: Case, year: int | None, by: Actor, at: datetime) -> bool:
    """Record a due day that has moved; other days of the watch (thresholds) follow without a record."""
    if case.recompute(by=by, at=at, year=year):
        return True
    row, found = case.row, case.due()
    if row.deadline_on is not None and (row.warn_on, row.grave_on) != (found.warn_on, found.grave_on):
        case.refresh()
    return False
