"""Erasing what has been kept long enough: who it was first, the texts and files later; what is left are figures.

Each appeal is one transaction with its own record, so that a run that was killed is simply run again. Files go after their
transaction; what a killed run leaves of them belongs to no appeal and is swept out.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, and_, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from service_catalog.actors import Actor, ActorKind
from service_catalog.appeals.opening import open_case
from service_catalog.appeals.personal import erase_contact, erase_text
from service_catalog.appeals.recomputing import Progress, unseen
from service_catalog.appeals.rulebook import rulebook_of
from service_catalog.appeals.stages import Stage
from service_catalog.appeals.tables import Appeal, AppealEvent, AppealPerson
from service_catalog.attachments.storage import Storage
from service_catalog.kernel.database import forget_erased, reading, unit_of_work
from service_catalog.kernel.dates import civil_day, ends_at
from service_catalog.vault import Vault

RETENTION = Actor("到期清除", ActorKind.SYSTEM, ())
BATCH = 100
_ENDED = (Stage.CLOSED, Stage.REFUSED, Stage.WITHDRAWN)


class Erased(NamedTuple):
    """What a run erased, in appeals."""

    contacts: int = 0
    texts: int = 0


def erase_due(
    engine: Engine, vault: Vault, storage: Storage, *, clock: Callable[[], datetime], progress: Progress = unseen
) -> Erased:
    """Erase what is past its days by the policy of the site; raises StorageAway, and keeps what is erased by then."""
    today = civil_day(clock())
    with reading(engine) as session:
        policy = rulebook_of(session).policy
    contacts = texts = 0
    for number in _due(engine, _has_text, today - timedelta(days=policy.text_kept_days)):
        texts += _erase_text(engine, vault, storage, number, clock())
        progress("清除正文 erasing texts", texts, texts)
    for number in _due(engine, _has_contact, today - timedelta(days=policy.contact_kept_days)):
        contacts += _erase_contact(engine, vault, number, clock())
        progress("清除身份 erasing contacts", contacts, contacts)
    forget_erased(engine)
    return Erased(contacts, texts)


def _due(engine: Engine, has: Callable[[datetime], ColumnElement[bool]], last_day: date) -> Iterator[str]:
    """Yield the appeals that ended on `last_day` or before and still have it."""
    after, moment = "", ends_at(last_day)
    while True:
        with reading(engine) as session:
            query = select(col(Appeal.number)).where(has(moment), _ended_by(moment), col(Appeal.number) > after)
            numbers = list(session.scalars(query.order_by(col(Appeal.number)).limit(BATCH)))
        if not numbers:
            return
        yield from numbers
        after = numbers[-1]


def _ended_by(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that an appeal had come to its end before the moment; a merged one ends with its main one."""
    main = aliased(Appeal)
    main_ended = exists().where(
        col(main.number) == col(Appeal.main_number), col(main.stage).in_(_ENDED), col(main.stage_since) < moment
    )
    own = and_(col(Appeal.stage).in_(_ENDED), col(Appeal.stage_since) < moment)
    return or_(own, and_(col(Appeal.stage) == Stage.MERGED, main_ended))


def _has_text(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that it was not erased, or that somebody wrote something after that, before the moment."""
    written = exists().where(
        col(AppealEvent.number) == col(Appeal.number), col(AppealEvent.words).is_not(None), col(AppealEvent.at) < moment
    )
    return or_(col(Appeal.erased_at).is_(None), written)


def _has_contact(_: datetime) -> ColumnElement[bool]:
    return exists().where(col(AppealPerson.number) == col(Appeal.number))


def _erase_contact(engine: Engine, vault: Vault, number: str, at: datetime) -> bool:
    with unit_of_work(engine) as session:
        case = open_case(session, vault, number)
        if case.row.is_open or session.get(AppealPerson, number) is None:
            return False
        erase_contact(case, by=RETENTION, at=at)
    return True


def _erase_text(engine: Engine, vault: Vault, storage: Storage, number: str, at: datetime) -> bool:
    with unit_of_work(engine) as session:
        case = open_case(session, vault, number)
        if case.row.is_open or (case.row.erased_at and not any(event.words for event in case.events)):
            return False
        keys = erase_text(case, by=RETENTION, at=at)
    for key in keys:
        storage.delete(key)
    return True
