"""Erasing at the replica what people wrote, once the centre has it: a machine in a hall keeps no names and no texts."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select, update
from sqlmodel import Session, col

from service_catalog.appeals.attaching import sweep
from service_catalog.appeals.tables import Appeal, AppealAttachment, AppealEvent, AppealPerson, AppealRequest
from service_catalog.attachments.storage import Storage, StorageAway
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.replica.handed_tables import WaitingAppeal

REPEATS_ANSWERED_FOR = timedelta(days=1)
"""So long the same request still gets its receipt: a kiosk that never saw the answer must not make another appeal."""


def erase_forwarded(engine: Engine, storage: Storage, *, at: datetime) -> int:
    """Erase text, contact and files of what the centre has; number and moment stay. Returns how many appeals.

    Files go first and their rows last, so that whoever is killed in between is simply run again.
    """
    row = WaitingAppeal
    query = select(col(row.number)).where(col(row.forwarded_at).is_not(None), col(row.erased_at).is_(None))
    with reading(engine) as session:
        numbers = list(session.scalars(query.order_by(col(row.number))))
        keys = {number: _keys(session, number) for number in numbers}
    erased = 0
    for number in numbers:
        try:
            for key in keys[number]:
                storage.delete(key)
        except StorageAway:  # the next round comes again
            continue
        with unit_of_work(engine) as session:
            _erase(session, number, at)
        erased += 1
    if erased:
        _sweep(engine, storage, at)
    return erased


def _sweep(engine: Engine, storage: Storage, at: datetime) -> None:
    """Delete files of requests that never came to their end: nobody else does at a replica."""
    with suppress(StorageAway):
        sweep(engine, storage, at=at)


def forget_repeats(engine: Engine, *, at: datetime) -> int:
    """Erase the query code of what went on a day ago, and what answers its repeated request; returns how many appeals."""
    row = WaitingAppeal
    query = select(col(row.number)).where(
        col(row.erased_at).is_not(None), col(row.forgotten_at).is_(None),
        col(row.forwarded_at) < at - REPEATS_ANSWERED_FOR,
    )  # fmt: skip
    with reading(engine) as session:
        numbers = list(session.scalars(query))
    for number in numbers:
        with unit_of_work(engine) as session:
            session.execute(delete(AppealRequest).where(col(AppealRequest.number) == number))
            session.execute(update(Appeal).where(col(Appeal.number) == number).values(query_code=b""))
            session.execute(update(row).where(col(row.number) == number).values(forgotten_at=at))
    return len(numbers)


def _keys(session: Session, number: str) -> list[str]:
    return list(session.scalars(select(col(AppealAttachment.key)).where(col(AppealAttachment.number) == number)))


def _erase(session: Session, number: str, at: datetime) -> None:
    for table in (AppealPerson, AppealAttachment):
        session.execute(delete(table).where(col(table.number) == number))
    session.execute(update(AppealEvent).where(col(AppealEvent.number) == number).values(words=None))
    nobody_here = {"queue_on": None, "next_alert_on": None, "step_due_on": None}
    session.execute(
        update(Appeal)
        .where(col(Appeal.number) == number)
        .values(body=b"", place_said=None, erased_at=at, happened_on=None, **nobody_here)
    )
    session.execute(update(WaitingAppeal).where(col(WaitingAppeal.number) == number).values(erased_at=at))
