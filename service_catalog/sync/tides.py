"""What ends by the clock (到期取消) gets its place in the log on the day itself, so that no reader of tombstones misses it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import Session, col

from service_catalog.actors import Actor, ActorKind
from service_catalog.changes import log
from service_catalog.changes.tables import Change, ChangeHead, ChangeKind
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day, starts_at
from service_catalog.lifecycle.states import ItemState
from service_catalog.lifecycle.tables import Standing

BY_THE_CLOCK = Actor("按期取消", ActorKind.SYSTEM)


class Tides:
    """Looks once a day, in each process; what another process has noted is not noted again."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.seen: date | None = None

    def settle(self, at: datetime) -> None:
        """Note what has ended since somebody last looked."""
        today = civil_day(at)
        if self.seen == today:
            return
        with reading(self.engine) as session:
            is_due = bool(_due(session, today))
        if is_due:
            with unit_of_work(self.engine) as session:
                note_ends(session, at=at)
        self.seen = today


def note_ends(session: Session, *, at: datetime) -> int:
    """Note in the log what was cancelled for a day that has come; returns how many things."""
    session.execute(select(col(ChangeHead.number)).with_for_update())  # one process at a time
    due = _due(session, civil_day(at))
    for row in due:
        log.record(session, row.subject, row.code, kind=ChangeKind.END, by=BY_THE_CLOCK, at=at)
    return len(due)


def _due(session: Session, today: date) -> list[Any]:
    cancelled = (
        select(col(Standing.subject), col(Standing.code), col(Standing.from_on), col(Standing.at))
        .where(col(Standing.state) == ItemState.CANCELLED, col(Standing.from_on) <= today)
        .order_by(col(Standing.from_on), col(Standing.id))
    )
    due = {}
    for row in session.execute(cancelled):
        if row.at >= starts_at(row.from_on):
            continue  # it ended at once, and was noted so
        noted = select(col(Change.number)).where(
            col(Change.subject) == row.subject, col(Change.code) == row.code, col(Change.kind) == ChangeKind.END,
            col(Change.at) >= starts_at(row.from_on),
        )  # fmt: skip
        if session.execute(noted.limit(1)).first() is None:
            due[row.subject, row.code] = row
    return list(due.values())
