"""What has to be done to appeals as time passes, whoever is looking: lapsing, closing, erasing, sweeping out stray files."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, Select, literal_column, select
from sqlmodel import Session, col

from service_catalog.actors import Actor, ActorKind
from service_catalog.appeals.afterwards import close_of_itself, lapse
from service_catalog.appeals.alerts import FAR
from service_catalog.appeals.attaching import sweep
from service_catalog.appeals.clock import due_of_step
from service_catalog.appeals.recomputing import Progress, unseen
from service_catalog.appeals.retention import erase_due
from service_catalog.appeals.rulebook import rulebook_of
from service_catalog.appeals.stages import Stage
from service_catalog.appeals.tables import Appeal
from service_catalog.attachments.storage import Storage
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day, ends_at
from service_catalog.registers.registers import registers_of
from service_catalog.vault import Vault

WAITED = Actor("补充到期", ActorKind.SYSTEM, ())
RATING_ENDED = Actor("评价到期", ActorKind.SYSTEM, ())
BATCH = 100
_NEED_INFO: ColumnElement[str] = literal_column(f"'{Stage.NEED_INFO.value}'")
"""Written out: with a parameter SQLite would not see that the partial index is the one to use."""


class KeptUp(NamedTuple):
    """What came of a round."""

    lapsed: int
    """Appeals closed because nobody answered the question."""
    closed: int
    """Appeals closed because the days for rating their answer have passed."""
    contacts: int
    texts: int
    """Appeals of which who it was, or everything written, was erased."""
    stray_files: int


def keep_up(
    engine: Engine,
    vault: Vault,
    storage: Storage,
    *,
    clock: Callable[[], datetime],
    sweeps: bool = True,
    progress: Progress = unseen,
) -> KeptUp:
    """Do everything that is due; each step is a transaction of its own. Raises StorageAway.

    To sweep is to list the whole store: whoever comes round often does it once a day.
    """
    lapsed = lapse_due(engine, vault, clock=clock, progress=progress)
    closed = close_due(engine, vault, clock=clock, progress=progress)
    erased = erase_due(engine, vault, storage, clock=clock, progress=progress)
    stray = sweep(engine, storage, at=clock()) if sweeps else 0
    return KeptUp(lapsed, closed, erased.contacts, erased.texts, stray)


def lapse_due(engine: Engine, vault: Vault, *, clock: Callable[[], datetime], progress: Progress = unseen) -> int:
    """Close what waited for an answer beyond its day, the longest waiting first; returns how many appeals."""
    return _each(
        engine,
        lambda session: waiting_until(civil_day(clock())),
        lambda session, number: lapse(session, vault, number, by=WAITED, at=clock()),
        lambda done: progress("逾期未补充 lapsing", done, done),
    )


def close_due(engine: Engine, vault: Vault, *, clock: Callable[[], datetime], progress: Progress = unseen) -> int:
    """Close what was answered and can be rated no longer before it is closed; returns how many appeals."""
    return _each(
        engine,
        lambda session: answered_until(_last_answered(session, civil_day(clock()))),
        lambda session, number: close_of_itself(session, vault, number, by=RATING_ENDED, at=clock()),
        lambda done: progress("到期办结 closing", done, done),
    )


def _each(
    engine: Engine,
    due: Callable[[Session], Select[Any]],
    end: Callable[[Session, str], bool],
    progress: Callable[[int], None],
) -> int:
    """End what is due, batch by batch, each appeal in a transaction of its own; returns how many were ended."""
    ended = 0
    while True:
        with reading(engine) as session:
            numbers: list[str] = list(session.scalars(due(session)))
        before = ended
        for number in numbers:
            with unit_of_work(engine) as session:
                ended += end(session, number)
            progress(ended)
        if ended == before:  # nothing waits, or others have just done it
            return ended


def waiting_until(today: date) -> Select[Any]:
    """Select the next appeals whose question should have been answered before today."""
    query = select(col(Appeal.number)).where(col(Appeal.stage) == _NEED_INFO, col(Appeal.step_due_on) < today)
    return query.order_by(col(Appeal.step_due_on)).limit(BATCH)


def answered_until(last_day: date) -> Select[Any]:
    """Select the next appeals that were answered by a day and wait for nobody.

    In the officers' list they stand where there is no deadline, and the index of the list finds them; what waits for a call
    after a bad rating stands there by the day of the call.
    """
    return (
        select(col(Appeal.number))
        .where(
            col(Appeal.queue_on) == FAR,
            col(Appeal.stage) == Stage.ANSWERED,
            col(Appeal.answered_at) < ends_at(last_day),
        )
        .order_by(col(Appeal.number))
        .limit(BATCH)
    )


def _last_answered(session: Session, today: date) -> date:
    """Return the last day of an answer whose days for a rating have passed today."""
    days, calendar = rulebook_of(session).policy.close_after, registers_of(session).calendar
    day = today - timedelta(days=days + 1)
    while due_of_step(day, days, calendar) >= today:
        day -= timedelta(days=1)
    return day
