"""Who brought an appeal: sealed, shown to who handles it, every look written down; erased after its time."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, update
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.appeals.attaching import attachments_of
from service_catalog.appeals.case import Case
from service_catalog.appeals.drafts import Contact
from service_catalog.appeals.opening import open_case
from service_catalog.appeals.stages import Step
from service_catalog.appeals.standing import demand_person
from service_catalog.appeals.tables import (
    AppealAnswer,
    AppealAttachment,
    AppealEvent,
    AppealPerson,
    AppealRating,
    AppealRequest,
)
from service_catalog.attachments.storage import NoSuchAttachment, Storage
from service_catalog.kernel.errors import NotFound, Said
from service_catalog.vault import PersonalKeyMissing, SealBroken, Vault


class Anonymous(NotFound):
    """Nobody left a name, or it has been erased."""

    title = Said("匿名，或者身份信息已清除", "Anonymous, or erased")


def contact_of(case: Case) -> Contact | None:
    """Return who it is; for the code that redacts and checks, never to be shown without `see_person`."""
    row = case.session.get(AppealPerson, case.row.number)
    return Contact.model_validate_json(case.unsealed(row.contact, "contact")) if row else None


def see_person(session: Session, vault: Vault, number: str, *, why: str, by: Actor, at: datetime) -> Contact:
    """Show who it is, and write down who looked and why; raises Anonymous, IdentityProtected, NotAllowed."""
    case = open_case(session, vault, number)
    demand_person(case, by)
    contact = contact_of(case)
    if contact is None:
        raise Anonymous("此件匿名，或者身份信息已按期清除", "nobody left a name, or it was erased in due time")
    case.record(Step.SEE_IDENTITY, by=by, at=at, words=why)
    return contact


def known_values(case: Case) -> list[str]:
    """Return what must not stand in anything that others read."""
    contact = contact_of(case)
    return contact.values if contact else []


def erase_contact(case: Case, *, by: Actor, at: datetime) -> None:
    """Erase who it is; the text stays."""
    case.session.execute(delete(AppealPerson).where(col(AppealPerson.number) == case.row.number))
    case.record(Step.ERASE, by=by, at=at, facts={"what": "contact"})


def erase_text(case: Case, *, by: Actor, at: datetime) -> list[str]:
    """Erase everything that was written and sent; what is left are figures.

    Returns the keys of its files, to be deleted once this is committed: a transaction that fails must find them all.
    """
    number, session = case.row.number, case.session
    keys = [row.key for row in attachments_of(case)]
    for table in (AppealPerson, AppealAttachment, AppealRequest, AppealAnswer):
        session.execute(delete(table).where(col(table.number) == number))
    session.execute(update(AppealRating).where(col(AppealRating.number) == number).values(words=None))
    session.execute(update(AppealEvent).where(col(AppealEvent.number) == number).values(words=None))
    for event in case.events:
        session.refresh(event)
    case.row.body, case.row.place_said, case.row.query_code, case.row.erased_at = b"", None, b"", at
    case.record(Step.ERASE, by=by, at=at, facts={"what": "text"})
    return keys


class Resealed(NamedTuple):
    """What came of sealing anew, in values; a file is a value too."""

    renewed: int = 0
    unreadable: int = 0
    """Their key is missing or they were altered: they stay as they are."""


def reseal_file(vault: Vault, storage: Storage, key: str) -> Resealed:
    """Seal a file with the newest key, while no transaction waits; raises StorageAway."""
    try:
        sealed = storage.get(key)
        if vault.is_current(sealed):
            return Resealed()
        storage.put(key, vault.reseal(sealed, f"attachment {key}"))
    except (PersonalKeyMissing, SealBroken, NoSuchAttachment):
        return Resealed(unreadable=1)
    return Resealed(renewed=1)


def reseal(case: Case, files: Collection[str]) -> Resealed:
    """Seal everything of an appeal with the newest key; one value that cannot be read keeps no other from it.

    Of its files, the names of those in `files`, which are sealed anew already: a name that is not shows that the file is
    still to be looked at.
    """
    renewed = unreadable = 0
    for row, column, what in _sealed_columns(case):
        old: bytes | None = getattr(row, column)
        if isinstance(row, AppealAttachment) and row.key not in files:
            continue
        try:
            if old and not case.vault.is_current(old):
                setattr(row, column, case.vault.reseal(old, f"appeal {case.row.number} {what}"))
                renewed += 1
        except (PersonalKeyMissing, SealBroken):
            unreadable += 1
    case.session.flush()
    return Resealed(renewed, unreadable)


def _sealed_columns(case: Case) -> list[tuple[object, str, str]]:
    session, number, row = case.session, case.row.number, case.row
    columns: list[tuple[object, str, str]] = [
        (row, "body", "body"), (row, "place_said", "place"), (row, "query_code", "query code"),
    ]  # fmt: skip
    columns += [(event, "words", f"event {event.sequence}") for event in case.events]
    columns += [(file, "name", f"attachment {file.key}") for file in attachments_of(case)]
    person = session.get(AppealPerson, number)
    if person is not None:
        columns.append((person, "contact", "contact"))
    for turn in range(row.round + 1):
        answer, rating = session.get(AppealAnswer, (number, turn)), session.get(AppealRating, (number, turn))
        if answer is not None:
            columns += [(answer, "words", f"answer {turn}"), (answer, "no_guide", f"no guide {turn}")]
        if rating is not None:
            columns.append((rating, "words", f"rating {turn}"))
    return columns
