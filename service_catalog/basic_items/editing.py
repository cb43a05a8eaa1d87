"""Establishing an item and writing, reviewing and publishing its standard."""

from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.lint import LintFinding, lint
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition, BasicItemFacet
from service_catalog.changes.tables import Subject
from service_catalog.coding import allocation
from service_catalog.coding.codes import parse_basic
from service_catalog.coding.tables import IssuedCode
from service_catalog.kernel.database import add_new
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

    def __init__(self, findings: list[LintFinding]) -> None:
        super().__init__(
            "；".join(f"{finding.pointer} {finding.zh}" for finding in findings),
            "; ".join(f"{finding.pointer} {finding.en}" for finding in findings),
            findings=[{"rule": f.name, "pointer": f.pointer} for f in findings],
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
    """Add an item under a code that has been issued; raises NoSuchIssuedCode, ItemExists, ParentMissing."""
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
    content: ItemContent,
    *,
    kind: EditionKind = EditionKind.CHANGE,
    by: Actor,
    at: datetime,
) -> BasicItemEdition:
    """Open the next edition of a standard; raises OpenEditionExists, SerialRetired."""
    lock_item(session, basic_code)
    _know_codes(session, content)
    _keep_serials(session, basic_code, content, by=by, at=at)
    return SHELF.begin(session, basic_code, _plain(content), kind, by=by, at=at, name=content.name)


def revise(
    session: Session,
    basic_code: str,
    content: ItemContent,
    *,
    expected_revision: int | None = None,
    by: Actor,
    at: datetime,
) -> BasicItemEdition:
    """Write the open draft anew; raises StaleRevision, WrongState."""
    lock_item(session, basic_code)
    _know_codes(session, content)
    _keep_serials(session, basic_code, content, by=by, at=at)
    edition = SHELF.revise(session, basic_code, _plain(content), expected_revision=expected_revision)
    edition.name = content.name
    session.flush()
    return edition


def discard(session: Session, basic_code: str) -> None:
    """Throw the open draft away."""
    lock_item(session, basic_code)
    SHELF.discard(session, basic_code)


def submit(session: Session, basic_code: str, *, by: Actor, at: datetime) -> BasicItemEdition:
    """Hand the draft in for review; raises StandardIncomplete with every broken rule at once."""
    item = lock_item(session, basic_code)
    edition = SHELF.find_open(session, basic_code)
    worst = registers_of(session).calendar.longest_run
    errors = [finding for finding in lint(edition.standard, item.item_type, worst) if finding.severity == "error"]
    if errors:
        raise StandardIncomplete(errors)
    return SHELF.submit(session, basic_code, by=by, at=at)


def take_back(session: Session, basic_code: str, *, by: Actor, at: datetime) -> BasicItemEdition:
    """Take a submitted or returned edition back into draft."""
    lock_item(session, basic_code)
    return SHELF.take_back(session, basic_code, by=by, at=at)


def send_back(session: Session, basic_code: str, opinion: str, *, by: Actor, at: datetime) -> BasicItemEdition:
    """Return a submitted edition with an opinion."""
    lock_item(session, basic_code)
    return SHELF.send_back(session, basic_code, opinion, by=by, at=at)


def approve(
    session: Session, basic_code: str, *, by: Actor, at: datetime, opinion: str | None = None
) -> BasicItemEdition:
    """Approve a submitted edition; not by whoever submitted it."""
    lock_item(session, basic_code)
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
    lock_item(session, basic_code)
    edition = SHELF.publish(
        session, basic_code, effective_from=effective_from, effective_until=effective_until, by=by, at=at
    )
    _retire_serials(session, edition)
    _write_facets(session, edition)
    return edition


def withdraw(session: Session, basic_code: str, *, by: Actor, at: datetime) -> BasicItemEdition:
    """Take an approved or scheduled edition out before it takes effect."""
    lock_item(session, basic_code)
    edition = SHELF.withdraw(session, basic_code, by=by, at=at)
    _restore_serials(session, edition)
    return edition


def suspend(session: Session, basic_code: str, decision: Decision, *, by: Actor, at: datetime) -> None:
    """Suspend an item from a day on; its guides stay readable and say so."""
    lock_item(session, basic_code)
    standing.decide(session, Subject.BASIC_ITEM, basic_code, ActKind.SUSPEND, decision, by=by, at=at)


def resume(session: Session, basic_code: str, decision: Decision, *, by: Actor, at: datetime) -> None:
    """End a suspension from a day on."""
    lock_item(session, basic_code)
    standing.decide(session, Subject.BASIC_ITEM, basic_code, ActKind.RESUME, decision, by=by, at=at)


def cancel(session: Session, basic_code: str, decision: Decision, *, by: Actor, at: datetime) -> None:
    """Cancel an item from a day on; all its implementations end with it and its code is retired."""
    lock_item(session, basic_code)
    standing.decide(session, Subject.BASIC_ITEM, basic_code, ActKind.CANCEL, decision, by=by, at=at)
    allocation.retire(session, basic_code, on=decision.effective_on, document_number=decision.document_number)


def find_item(session: Session, basic_code: str) -> BasicItem:
    """Return an item; raises NoSuchItem."""
    item = session.get(BasicItem, basic_code)
    if item is None:
        raise NoSuchItem(f"没有基本编码为 {basic_code} 的事项", f"there is no item {basic_code}", code=basic_code)
    return item


def lock_item(session: Session, basic_code: str) -> BasicItem:
    """Return an item and hold it until the transaction ends, so that two writers follow each other."""
    find_item(session, basic_code)
    query = select(BasicItem).where(col(BasicItem.basic_code) == basic_code).with_for_update()
    return session.scalars(query).one()


def _plain(content: ItemContent) -> dict[str, object]:
    return content.model_dump(mode="json", exclude_none=True)


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


def _write_facets(session: Session, edition: BasicItemEdition) -> None:
    standard = edition.standard
    facets = {
        "natural_person_theme": standard.natural_person_themes,
        "legal_person_theme": standard.legal_person_themes,
        "service_object": standard.service_objects,
        "exercise_level": standard.exercise_levels,
        "department": (standard.guiding_department,),
    }
    for facet, values in facets.items():
        for value in sorted(set(values)):
            session.add(BasicItemFacet(edition_id=edition.id or 0, facet=facet, value=value))
    session.flush()
