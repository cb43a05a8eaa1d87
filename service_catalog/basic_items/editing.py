"""Establishing an item and writing, reviewing and publishing its standard."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.places import demand_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.drafts import read_draft
from service_catalog.basic_items.lint import LintFinding, Severities, lint
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition, BasicItemFacet
from service_catalog.basic_items.wording import wording_of
from service_catalog.changes.tables import Subject
from service_catalog.coding import allocation
from service_catalog.coding.codes import parse_basic
from service_catalog.coding.tables import IssuedCode
from service_catalog.kernel.database import add_new
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Conflict, Fault, Invalid, InvalidRequest, NotFound, Said
from service_catalog.lifecycle import standing
from service_catalog.lifecycle.reviewing import Shelf
from service_catalog.lifecycle.standing import Decision
from service_catalog.lifecycle.states import ActKind, EditionKind
from service_catalog.registers.registers import registers_of

SHELF = Shelf(Subject.BASIC_ITEM, BasicItemEdition, "basic_code", defers_content=True)


class NoSuchItem(NotFound):
    """There is no basic item of this code."""

    title = Said("没有这个事项", "No such item")


class ItemExists(Conflict):
    """An item of this code is established."""

    title = Said("事项已存在", "The item exists")


class StandardIncomplete(Invalid):
    """The draft breaks rules that must hold before review."""

    title = Said("标准尚不完整，不能提交", "The standard is not complete enough to be submitted")

    def __init__(self, findings: Sequence[LintFinding], missing: Sequence[Fault] = ()) -> None:
        rows = [{"rule": "missing", "pointer": f.pointer, "zh": f.said.zh, "en": f.said.en} for f in missing]
        rows += [{"rule": f.name, "pointer": f.pointer, "zh": f.zh, "en": f.en} for f in findings]
        super().__init__(
            "；".join(f"{row['pointer']} {row['zh']}" for row in rows),
            "; ".join(f"{row['pointer']} {row['en']}" for row in rows),
            findings=rows,
        )


class SerialRetired(Invalid):
    """A serial that has ended is never given to another handling item."""

    title = Said("业务办理项序号已停用", "The serial of the handling item has been retired")


class ParentMissing(Invalid):
    """A sub-item stands under a main item that exists."""

    title = Said("主项不存在", "The main item does not exist")


def establish(
    session: Session, basic_code: str, *, parent_basic_code: str | None, decision: Decision, by: Actor, at: datetime
) -> BasicItem:
    """Add an item under a code that has been issued; raises NotAllowed, NoSuchIssuedCode, ItemExists, ParentMissing."""
    demand_league(session, by, Right.DECIDE)
    standing.refuse_back_dated(decision, at)
    code = parse_basic(basic_code)
    allocation.find_issued(session, basic_code)
    exists = ItemExists(f"事项 {basic_code} 已存在", f"item {basic_code} exists", code=basic_code)
    if session.get(BasicItem, basic_code) is not None:
        raise exists
    if parent_basic_code is not None and session.get(BasicItem, parent_basic_code) is None:
        raise ParentMissing(
            f"主项 {parent_basic_code} 不存在", f"there is no main item {parent_basic_code}", code=parent_basic_code
        )
    item = BasicItem(
        basic_code=basic_code, item_type=code.item_type, parent_basic_code=parent_basic_code, by=by.name, at=at
    )
    standing.record_act(session, Subject.BASIC_ITEM, basic_code, ActKind.ESTABLISH, decision, by=by, at=at)
    add_new(session, item, exists)
    return item


def draft(
    session: Session,
    basic_code: str,
    content: ItemContent | Mapping[str, Any],
    *,
    kind: EditionKind = EditionKind.CHANGE,
    by: Actor,
    at: datetime,
) -> BasicItemEdition:
    """Open the next edition of a standard, perhaps unfinished; raises NotAllowed, OpenEditionExists, SerialRetired.

    Nothing more is written about a cancelled item (AlreadyCancelled).
    """
    item = lock_for(session, basic_code, Right.WRITE_STANDARD, by)
    standing.refuse_cancelled(session, [(Subject.BASIC_ITEM, basic_code)], civil_day(at))
    written = read_draft(content, item.item_type)
    if written.content is not None:
        _know(session, basic_code, written.content, by=by, at=at)
    return SHELF.begin(session, basic_code, written.plain, kind, by=by, at=at, name=written.name)


def revise(
    session: Session,
    basic_code: str,
    content: ItemContent | Mapping[str, Any],
    *,
    expected_revision: int | None = None,
    by: Actor,
    at: datetime,
) -> BasicItemEdition:
    """Write the open draft anew; raises NotAllowed, StaleRevision, WrongState."""
    item = lock_for(session, basic_code, Right.WRITE_STANDARD, by)
    written = read_draft(content, item.item_type)
    if written.content is not None:
        _know(session, basic_code, written.content, by=by, at=at)
    edition = SHELF.revise(session, basic_code, written.plain, expected_revision=expected_revision, by=by, at=at)
    edition.name = written.name
    session.flush()
    return edition


def discard(session: Session, basic_code: str, *, by: Actor, at: datetime) -> None:
    """Throw the open draft away; raises NotAllowed."""
    lock_for(session, basic_code, Right.WRITE_STANDARD, by)
    SHELF.discard(session, basic_code, at=at)


def submit(
    session: Session,
    basic_code: str,
    *,
    by: Actor,
    at: datetime,
    severities: Severities | None = None,
    words: Mapping[str, Sequence[str]] | None = None,
) -> BasicItemEdition:
    """Hand the draft in for review; raises StandardIncomplete with all that is missing and every broken rule at once.

    `severities` says which rules of the lint refuse here; by default those that the handbook calls errors. `words` are
    the site's word lists.
    """
    item = lock_for(session, basic_code, Right.WRITE_STANDARD, by)
    standing.refuse_cancelled(session, [(Subject.BASIC_ITEM, basic_code)], civil_day(at))
    edition = SHELF.find_open(session, basic_code, civil_day(at))
    written = read_draft(edition.content, item.item_type)
    worst = registers_of(session).calendar.longest_run
    found = (
        lint(written.content, item.item_type, worst, severities, wording_of(words or {}))
        if written.content is not None
        else []
    )
    errors = [finding for finding in found if finding.severity == "error"]
    if errors or written.missing:
        raise StandardIncomplete(errors, written.missing)
    assert written.content is not None
    _know(session, basic_code, written.content, by=by, at=at)
    return SHELF.submit(session, basic_code, by=by, at=at)


def take_back(session: Session, basic_code: str, *, by: Actor, at: datetime) -> BasicItemEdition:
    """Take a submitted or returned edition back into draft."""
    lock_for(session, basic_code, Right.WRITE_STANDARD, by)
    return SHELF.take_back(session, basic_code, by=by, at=at)


def send_back(session: Session, basic_code: str, opinion: str, *, by: Actor, at: datetime) -> BasicItemEdition:
    """Return a submitted edition with an opinion."""
    lock_for(session, basic_code, Right.REVIEW_STANDARD, by)
    return SHELF.send_back(session, basic_code, opinion, by=by, at=at)


def approve(
    session: Session, basic_code: str, *, by: Actor, at: datetime, opinion: str | None = None
) -> BasicItemEdition:
    """Approve a submitted edition; not by whoever submitted it."""
    lock_for(session, basic_code, Right.REVIEW_STANDARD, by)
    return SHELF.approve(session, basic_code, by=by, at=at, opinion=opinion)


def publish(
    session: Session,
    basic_code: str,
    *,
    effective_from: date | None = None,
    effective_until: date | None = None,
    by: Actor,
    at: datetime,
) -> BasicItemEdition:
    """Publish the approved edition from a day on; serials it no longer has are retired that day."""
    lock_for(session, basic_code, Right.PUBLISH_STANDARD, by)
    standing.refuse_cancelled(session, [(Subject.BASIC_ITEM, basic_code)], effective_from or civil_day(at))
    edition = SHELF.publish(
        session, basic_code, effective_from=effective_from, effective_until=effective_until, by=by, at=at
    )
    _retire_serials(session, edition)
    assert edition.id is not None
    session.add_all(BasicItemFacet(edition_id=edition.id, **row) for row in facets_of(edition.standard))
    session.flush()
    return edition


def withdraw(session: Session, basic_code: str, *, by: Actor, at: datetime) -> BasicItemEdition:
    """Take an approved or scheduled edition out before it takes effect."""
    lock_for(session, basic_code, Right.PUBLISH_STANDARD, by)
    edition = SHELF.withdraw(session, basic_code, by=by, at=at)
    _restore_serials(session, edition)
    return edition


def suspend(session: Session, basic_code: str, decision: Decision, *, by: Actor, at: datetime) -> None:
    """Suspend an item from a day on; its guides stay readable and say so."""
    lock_for(session, basic_code, Right.DECIDE, by)
    standing.decide(session, Subject.BASIC_ITEM, basic_code, ActKind.SUSPEND, decision, by=by, at=at)


def resume(session: Session, basic_code: str, decision: Decision, *, by: Actor, at: datetime) -> None:
    """End a suspension from a day on."""
    lock_for(session, basic_code, Right.DECIDE, by)
    standing.decide(session, Subject.BASIC_ITEM, basic_code, ActKind.RESUME, decision, by=by, at=at)


def cancel(session: Session, basic_code: str, decision: Decision, *, by: Actor, at: datetime) -> None:
    """Cancel an item from a day on; all its implementations end with it and its code is retired."""
    lock_for(session, basic_code, Right.DECIDE, by)
    standing.decide(session, Subject.BASIC_ITEM, basic_code, ActKind.CANCEL, decision, by=by, at=at)
    allocation.retire(session, basic_code, on=decision.effective_on, document_number=decision.document_number)


def find_item(session: Session, basic_code: str) -> BasicItem:
    """Return an item; raises NoSuchItem."""
    item = session.get(BasicItem, basic_code)
    if item is None:
        raise NoSuchItem(f"没有基本编码为 {basic_code} 的事项", f"there is no item {basic_code}", code=basic_code)
    return item


def lock_for(session: Session, basic_code: str, right: Right, by: Actor) -> BasicItem:
    """Return an item that `by` may do this to, held until the transaction ends; raises NotAllowed."""
    demand_league(session, by, right)
    return lock_item(session, basic_code)


def lock_item(session: Session, basic_code: str) -> BasicItem:
    """Return an item and hold it until the transaction ends, so that two writers follow each other."""
    find_item(session, basic_code)
    query = select(BasicItem).where(col(BasicItem.basic_code) == basic_code).with_for_update()
    return session.scalars(query).one()


def _know(session: Session, basic_code: str, content: ItemContent, *, by: Actor, at: datetime) -> None:
    """Hold a whole draft against the registers and the serials of its handling items."""
    _know_codes(session, content)
    _keep_serials(session, basic_code, content, by=by, at=at)


def _know_codes(session: Session, content: ItemContent) -> None:
    registers = registers_of(session)
    faults = [
        Fault(f"/{element}/{index}", Said(f"代码 {code} 不在代码表中", f"{code} is not in the code list"))
        for element in ("natural_person_themes", "legal_person_themes")
        for index, code in enumerate(getattr(content, element))
        if code not in registers.codes(element)
    ]
    if faults:
        raise InvalidRequest(faults)


def _keep_serials(session: Session, basic_code: str, content: ItemContent, *, by: Actor, at: datetime) -> None:
    for item in content.handling_items:
        issued = session.get(IssuedCode, basic_code + item.serial)
        if issued is None:
            allocation.register_serial(session, basic_code, item.serial, by=by, at=at)
        elif issued.retired_on is not None:
            raise SerialRetired(
                f"序号 {item.serial} 已于 {issued.retired_on} 停用，不再使用",
                f"serial {item.serial} was retired on {issued.retired_on}",
                serial=item.serial,
            )


def _retire_serials(session: Session, edition: BasicItemEdition) -> None:
    kept = {item.serial for item in edition.standard.handling_items}
    series = select(IssuedCode).where(
        col(IssuedCode.series) == edition.basic_code, col(IssuedCode.retired_on).is_(None)
    )
    for issued in session.scalars(series):
        if issued.code[12:] not in kept:
            issued.retired_on = edition.effective_from
            issued.retired_by_document = _document_of(edition)


def _restore_serials(session: Session, edition: BasicItemEdition) -> None:
    """A withdrawn edition never takes effect, so it retires nothing."""
    retired = select(IssuedCode).where(
        col(IssuedCode.series) == edition.basic_code, col(IssuedCode.retired_by_document) == _document_of(edition)
    )
    for issued in session.scalars(retired):
        issued.retired_on = issued.retired_by_document = None
    session.flush()


def _document_of(edition: BasicItemEdition) -> str:
    return f"{edition.basic_code} 第 {edition.number} 版"


def facets_of(standard: ItemContent) -> list[dict[str, str]]:
    """Return by which values lists of items find a standard."""
    facets = {
        "natural_person_theme": standard.natural_person_themes,
        "legal_person_theme": standard.legal_person_themes,
        "service_object": standard.service_objects,
        "exercise_level": standard.exercise_levels,
        "department": (standard.guiding_department,),
    }
    return [{"facet": facet, "value": value} for facet, values in facets.items() for value in sorted(set(values))]
