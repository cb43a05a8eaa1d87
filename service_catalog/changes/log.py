"""Writing and reading the change log.

A sequence alone does not give commit order: a slow transaction may commit a low number after a
reader has passed it. So the numbers are taken last thing before the commit, under a row lock that
is held until the commit: whoever has the next number commits next, and no reader skips a row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event, func, insert, select, update
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.changes.chain import chained
from service_catalog.changes.tables import Change, ChangeHead, ChangeKind, Departure, Subject

_WAITING = "changes waiting for their number"


@dataclass
class _Waiting:
    row: dict[str, Any]
    left: str | None
    transaction: SessionTransaction | None


def record(
    session: Session,
    subject: Subject,
    code: str,
    *,
    by: Actor,
    at: datetime,
    kind: ChangeKind = ChangeKind.UPSERT,
    edition: int | None = None,
    left: str | None = None,
) -> None:
    """Note a change; it gets its number when this transaction commits, and is gone if it does not.

    `left` is the region in which the thing was before, where this change takes it out of it.
    """
    row = {"subject": subject, "code": code, "kind": kind, "edition": edition, "by": by.name, "at": at}
    current = session.get_nested_transaction() or session.get_transaction()
    session.info.setdefault(_WAITING, []).append(_Waiting(row, left, current))


def last_number(session: Session) -> int:
    """Return the number of the last committed change that this transaction can see."""
    number: int = session.execute(_LAST_NUMBER).scalar_one()
    return number


def changes_after(session: Session, number: int, most: int) -> Sequence[Change]:
    """Return up to `most` changes after `number`, in order."""
    return session.scalars(
        select(Change).where(col(Change.number) > number).order_by(col(Change.number)).limit(most)
    ).all()


def last_changes_of(session: Session, subject: Subject, codes: Collection[str]) -> dict[str, int]:
    """Return the number of the last change of each of many things that was ever changed."""
    query = (
        select(col(Change.code), func.max(col(Change.number)))
        .where(col(Change.subject) == subject, col(Change.code).in_(codes))
        .group_by(col(Change.code))
    )
    return {row[0]: row[1] for row in session.execute(query)}


_LAST_NUMBER = select(col(ChangeHead.number))


@event.listens_for(OrmSession, "before_commit")
def _number_and_write(session: OrmSession) -> None:
    if session.in_nested_transaction():
        return
    waiting: list[_Waiting] = session.info.pop(_WAITING, [])
    if not waiting:
        return
    session.flush()
    last, digest = session.execute(
        update(ChangeHead)
        .values(number=col(ChangeHead.number) + len(waiting))
        .returning(col(ChangeHead.number), col(ChangeHead.digest))
    ).one()
    rows: list[dict[str, Any]] = []
    departures = []
    for number, change in enumerate(waiting, start=last - len(waiting) + 1):
        digest = chained(digest, number=number, **change.row)
        rows.append({"number": number, **change.row, "digest": digest})
        if change.left is not None:
            departures.append({"number": number, "region_code": change.left})
    session.execute(insert(Change), rows)
    if departures:
        session.execute(insert(Departure), departures)
    session.execute(update(ChangeHead).values(digest=digest))


@event.listens_for(OrmSession, "after_soft_rollback")
def _forget(session: OrmSession, previous: SessionTransaction) -> None:
    kept = [change for change in session.info.get(_WAITING, []) if not _inside(change.transaction, previous)]
    session.info[_WAITING] = kept


def _inside(transaction: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while transaction is not None:
        if transaction is outer:
            return True
        transaction = transaction.parent
    return False
