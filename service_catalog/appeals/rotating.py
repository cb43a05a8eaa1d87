"""Changing the keys of personal data: everything that an older key sealed is sealed anew, appeal by appeal.

Each appeal is locked while its texts are done, so that nothing that is written meanwhile is lost; its files come before, while
nobody waits for the store. A run that was killed is run again and goes on with what is left. A file's key is never older than
that of its name, which stands for both.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Engine, LargeBinary, Select, and_, func, or_, select, union
from sqlmodel import Session, col

from service_catalog.appeals.attaching import attachments_of
from service_catalog.appeals.opening import look_at, open_case
from service_catalog.appeals.personal import Resealed, reseal, reseal_file
from service_catalog.appeals.recomputing import Progress, unseen
from service_catalog.appeals.tables import (
    Appeal,
    AppealAnswer,
    AppealAttachment,
    AppealEvent,
    AppealPerson,
    AppealRating,
)
from service_catalog.attachments.storage import Storage
from service_catalog.kernel.database import forget_erased, reading, unit_of_work
from service_catalog.outbox.addresses import reseal_secrets
from service_catalog.outbox.tables import DeliveryAddress
from service_catalog.vault import SealBroken, Vault, mark_of

BATCH = 100
BROKEN = "?"
"""Stands in the counts for what has no readable head."""
SEALED: dict[type[Any], tuple[Any, ...]] = {
    Appeal: (Appeal.body, Appeal.place_said, Appeal.query_code), AppealEvent: (AppealEvent.words,),
    AppealPerson: (AppealPerson.contact,), AppealAnswer: (AppealAnswer.words, AppealAnswer.no_guide), AppealRating: (AppealRating.words,),
    AppealAttachment: (AppealAttachment.name,),
}  # fmt: skip
"""Every sealed column that belongs to an appeal."""


def rotate(engine: Engine, vault: Vault, storage: Storage, *, progress: Progress = unseen) -> Resealed:
    """Seal everything anew that an older key has sealed, and pass over what cannot be read; raises StorageAway."""
    with reading(engine) as session:
        numbers = union(*(_old(table, vault, after="") for table in SEALED)).subquery()
        total = session.execute(select(func.count()).select_from(numbers)).scalar_one()
    renewed = unreadable = 0
    for done, number in enumerate(_with_old_seals(engine, vault), start=1):
        part = _renew(engine, vault, storage, number)
        renewed, unreadable = renewed + part.renewed, unreadable + part.unreadable
        progress("重新加密 sealing anew", done, max(total, done))
    with unit_of_work(engine) as session:
        renewed += reseal_secrets(session, vault)
        unreadable += _count(session, _is_old(DeliveryAddress.secret_sealed, vault))
    forget_erased(engine)
    return Resealed(renewed, unreadable)


def _renew(engine: Engine, vault: Vault, storage: Storage, number: str) -> Resealed:
    with reading(engine) as session:
        keys = [file.key for file in attachments_of(look_at(session, vault, number))]
    files = {key: reseal_file(vault, storage, key) for key in keys}
    with unit_of_work(engine) as session:
        case = open_case(session, vault, number)
        texts = reseal(case, [key for key, done in files.items() if not done.unreadable])
        erased = set(keys) - {file.key for file in attachments_of(case)}
    for key in erased:  # meanwhile, and perhaps stored anew after that
        storage.delete(key)
    done = [texts, *files.values()]
    return Resealed(sum(one.renewed for one in done), sum(one.unreadable for one in done))


def _with_old_seals(engine: Engine, vault: Vault) -> Iterator[str]:
    after = ""
    while True:
        with reading(engine) as session:
            found = set[str]()
            for table in SEALED:
                query = _old(table, vault, after=after).order_by(col(table.number)).limit(BATCH)
                found.update(session.scalars(query))
        numbers = sorted(found)[:BATCH]
        if not numbers:
            return
        yield from numbers
        after = numbers[-1]


def _old(table: type[Any], vault: Vault, *, after: str) -> Select[tuple[str]]:
    """Select the appeals in which an older key has sealed something of this table."""
    is_old = or_(*(_is_old(column, vault) for column in SEALED[table]))
    return select(col(table.number)).where(is_old, col(table.number) > after).distinct()


def _is_old(column: Any, vault: Vault) -> ColumnElement[bool]:
    return and_(_is_there(column), ~_begins(column, vault.mark))


def _is_there(column: Any) -> ColumnElement[bool]:
    """Return the condition that something is sealed there; what was erased is null or empty."""
    return and_(col(column).is_not(None), func.length(col(column)) > 0)


def _begins(column: Any, mark: bytes) -> ColumnElement[bool]:
    return func.substr(col(column), 1, len(mark), type_=LargeBinary) == mark


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    found: int = session.execute(select(func.count()).where(condition)).scalar_one()
    return found


def sealed_by(session: Session, vault: Vault) -> dict[str, int]:
    """Count the sealed values by the id of their key; a key that stands at nought, or not at all, is not needed."""
    counts = Counter(dict.fromkeys(vault.key_ids, 0))
    for column in (*(one for columns in SEALED.values() for one in columns), DeliveryAddress.secret_sealed):
        counts.update(_sealed_in(session, column, vault))
    return dict(counts)


def _sealed_in(session: Session, column: Any, vault: Vault) -> dict[str, int]:
    """Learn the ids in a column one by one, each from a value that none of those before has sealed."""
    counts: dict[str, int] = {}
    while True:
        rest = and_(_is_there(column), *(~_begins(column, mark_of(key_id)) for key_id in counts))
        unknown: bytes | None = session.scalars(select(col(column)).where(rest).limit(1)).first()
        if unknown is None:
            return counts
        try:
            key_id = vault.key_id_of(unknown)
        except SealBroken:
            return counts | {BROKEN: _count(session, rest)}
        counts[key_id] = _count(session, _begins(column, mark_of(key_id)))
