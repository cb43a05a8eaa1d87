"""Claiming an item (认领) and writing, reviewing and publishing its local part."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.places import demand_at
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.register import find_agency
from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import find_item
from service_catalog.basic_items.findings import Severities
from service_catalog.changes.tables import Subject
from service_catalog.coding.codes import compose
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.inheritance import LocalRefused, Refusal, Standard, check
from service_catalog.implementations.standards import standard_to_implement
from service_catalog.implementations.tables import (
    Delegation,
    Implementation,
    ImplementationEdition,
    ServedRegion,
)
from service_catalog.implementations.whole import EntrustingAgencyMissing as EntrustingAgencyMissing
from service_catalog.implementations.whole import ServiceAreaElsewhere as ServiceAreaElsewhere
from service_catalog.implementations.whole import facts_of_agency, refuse_faulty, refuse_incoherent
from service_catalog.kernel.database import add_new
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Conflict, Invalid, NotFound, Said
from service_catalog.lifecycle import standing
from service_catalog.lifecycle.reviewing import Shelf
from service_catalog.lifecycle.standing import Decision
from service_catalog.lifecycle.states import ActKind, EditionKind
from service_catalog.regions.mapping import find_region
from service_catalog.registers.registers import Registers, registers_of

SHELF = Shelf(Subject.IMPLEMENTATION, ImplementationEdition, "implementation_code")


class NoSuchImplementation(NotFound):
    """There is no implementation of this code."""

    title = Said("没有这个实施事项", "No such implementation")


class AlreadyClaimed(Conflict):
    """The agency has claimed this item at this level."""

    title = Said("事项已认领", "Already claimed")


class LevelNotInStandard(Invalid):
    """The standard does not let this level exercise the item."""

    title = Said("行使层级不在标准之内", "The standard does not provide for this level")


class OutsideStandardDates(Invalid):
    """A local edition is in force only while its standard is."""

    title = Said("生效日期超出标准的有效期", "The dates lie outside those of the standard")


class DelegatedPowerOnly(Invalid):
    """What was taken over after a delegation is exercised by delegated power (权力来源 2; handbook, lifecycle §4)."""

    title = Said("承接事项的权力来源为上级下放", "What was taken over is exercised by delegated power")


class ComputedNotTyped(Invalid):
    """The implementation code and the agency follow from the claim."""

    title = Said("编码由系统计算，不得填写", "Codes are computed, not typed")


def claim(
    session: Session,
    *,
    agency_code: str,
    exercise_level: str,
    basic_code: str,
    act_id: int | None = None,
    by: Actor,
    at: datetime,
) -> Implementation:
    """Claim an item for an agency at a level; raises NotAllowed, LevelNotInStandard, AlreadyClaimed, StandardNotInForce.

    `act_id` is the act by which it comes here, where there is one.
    """
    agency = find_agency(session, agency_code)
    demand_at(session, by, Right.WRITE_LOCAL, region_code=agency.region_code, agency_code=agency.code)
    return enter_claim(session, agency, exercise_level, basic_code, act_id=act_id, by=by, at=at)


def enter_claim(
    session: Session,
    agency: Agency,
    exercise_level: str,
    basic_code: str,
    *,
    act_id: int | None,
    by: Actor,
    at: datetime,
) -> Implementation:
    """Enter a claim that was asked for by whoever may, or that an act brings about; raises what claiming raises."""
    session.refresh(agency, with_for_update={"read": True})  # it may be moving to another region
    agency_code, item = agency.code, find_item(session, basic_code)
    code = str(compose(agency_code, exercise_level, basic_code))
    claimed = AlreadyClaimed(f"{code} 已认领", f"{code} is claimed", code=code)
    if session.get(Implementation, code) is not None:
        raise claimed
    standard = standard_to_implement(session, item, civil_day(at))
    refuse_level(standard, exercise_level)
    implementation = new_claim(agency, exercise_level, basic_code, act_id=act_id, by=by, at=at)
    add_new(session, implementation, claimed)
    return implementation


def refuse_level(standard: Standard, exercise_level: str) -> None:
    """Raise LevelNotInStandard where the standard does not provide for a level."""
    if exercise_level not in standard.content.exercise_levels:
        levels = "、".join(standard.content.exercise_levels)
        raise LevelNotInStandard(
            f"标准规定的行使层级为 {levels}，不含 {exercise_level}",
            f"the standard provides for levels {levels}, not {exercise_level}",
            element="exercise_level",
            standard_value=list(standard.content.exercise_levels),
            local_value=exercise_level,
        )


def new_claim(
    agency: Agency, exercise_level: str, basic_code: str, *, act_id: int | None, by: Actor, at: datetime
) -> Implementation:
    """Return a claim that is not stored yet."""
    return Implementation(
        implementation_code=str(compose(agency.code, exercise_level, basic_code)), agency_code=agency.code,
        exercise_level=exercise_level, basic_code=basic_code, region_code=agency.region_code, claimed_by=by.name,
        claimed_at=at, act_id=act_id,
    )  # fmt: skip


def draft(
    session: Session,
    implementation_code: str,
    content: Mapping[str, Any],
    *,
    kind: EditionKind = EditionKind.CHANGE,
    by: Actor,
    at: datetime,
) -> ImplementationEdition:
    """Open the next edition of the local part from any mapping of elements; raises LocalRefused with all refusals."""
    implementation = lock_for(session, implementation_code, Right.WRITE_LOCAL, by)
    _refuse_cancelled(session, implementation_code, at)
    standard, local = checked(session, implementation, content, day=civil_day(at))
    return SHELF.begin(
        session, implementation_code, local.differences(), kind, by=by, at=at,
        availability=local.availability.status, based_on_edition=standard.edition,
    )  # fmt: skip


def revise(
    session: Session,
    implementation_code: str,
    content: Mapping[str, Any],
    *,
    expected_revision: int | None = None,
    by: Actor,
    at: datetime,
) -> ImplementationEdition:
    """Write the open draft anew; raises LocalRefused, StaleRevision."""
    implementation = lock_for(session, implementation_code, Right.WRITE_LOCAL, by)
    standard, local = checked(session, implementation, content, day=civil_day(at))
    edition = SHELF.revise(
        session, implementation_code, local.differences(), expected_revision=expected_revision, by=by, at=at
    )
    edition.availability, edition.based_on_edition = local.availability.status, standard.edition
    session.flush()
    return edition


def discard(session: Session, implementation_code: str, *, by: Actor, at: datetime) -> None:
    """Throw the open draft away; raises NotAllowed."""
    lock_for(session, implementation_code, Right.WRITE_LOCAL, by)
    SHELF.discard(session, implementation_code, at=at)


def submit(
    session: Session,
    implementation_code: str,
    *,
    by: Actor,
    at: datetime,
    severities: Severities | None = None,
    words: Mapping[str, Sequence[str]] | None = None,
) -> ImplementationEdition:
    """Hand the draft in for review; raises LocalContentFaulty with every rule of the lint that is an error here."""
    implementation = lock_for(session, implementation_code, Right.WRITE_LOCAL, by)
    _refuse_cancelled(session, implementation_code, at)
    day = civil_day(at)
    standard = standard_to_implement(session, find_item(session, implementation.basic_code), day)
    local = SHELF.find_open(session, implementation_code, day).local
    refuse_faulty(session, implementation, standard, local, day, severities=severities, words=words)
    return SHELF.submit(session, implementation_code, by=by, at=at)


def take_back(session: Session, implementation_code: str, *, by: Actor, at: datetime) -> ImplementationEdition:
    """Take a submitted or returned edition back into draft."""
    lock_for(session, implementation_code, Right.WRITE_LOCAL, by)
    return SHELF.take_back(session, implementation_code, by=by, at=at)


def send_back(
    session: Session, implementation_code: str, opinion: str, *, by: Actor, at: datetime
) -> ImplementationEdition:
    """Return a submitted edition with an opinion."""
    lock_for(session, implementation_code, Right.REVIEW_LOCAL, by)
    return SHELF.send_back(session, implementation_code, opinion, by=by, at=at)


def approve(
    session: Session, implementation_code: str, *, by: Actor, at: datetime, opinion: str | None = None
) -> ImplementationEdition:
    """Approve a submitted edition; not by whoever submitted it."""
    lock_for(session, implementation_code, Right.REVIEW_LOCAL, by)
    return SHELF.approve(session, implementation_code, by=by, at=at, opinion=opinion)


def publish(
    session: Session,
    implementation_code: str,
    *,
    effective_from: date | None = None,
    effective_until: date | None = None,
    by: Actor,
    at: datetime,
) -> ImplementationEdition:
    """Publish the approved edition; held once more against the standard of its first day."""
    implementation = lock_for(session, implementation_code, Right.PUBLISH_LOCAL, by)
    first_day = effective_from or civil_day(at)
    standing.refuse_cancelled(session, [(Subject.IMPLEMENTATION, implementation_code)], first_day)
    edition = SHELF.find_open(session, implementation_code, civil_day(at))
    standard, _ = checked(session, implementation, edition.content, day=first_day)
    refuse_outside(standard, first_day, effective_until)
    edition.based_on_edition = standard.edition
    edition = SHELF.publish(
        session, implementation_code, effective_from=first_day, effective_until=effective_until, by=by, at=at
    )
    write_area_served(session, edition)
    return edition


def write_area_served(session: Session, edition: ImplementationEdition) -> None:
    """Write down the regions that a published edition serves, for asking who serves a place; raises NoSuchRegion."""
    assert edition.id is not None
    for region_code in sorted(set(edition.local.service_area)):
        session.add(ServedRegion(edition_id=edition.id, region_code=find_region(session, region_code).code))
    session.flush()


def withdraw(session: Session, implementation_code: str, *, by: Actor, at: datetime) -> ImplementationEdition:
    """Take an approved or scheduled edition out before it takes effect."""
    lock_for(session, implementation_code, Right.PUBLISH_LOCAL, by)
    return SHELF.withdraw(session, implementation_code, by=by, at=at)


def suspend(session: Session, implementation_code: str, decision: Decision, *, by: Actor, at: datetime) -> None:
    """Suspend one agency's implementation from a day on."""
    lock_for(session, implementation_code, Right.DECIDE, by)
    standing.decide(session, Subject.IMPLEMENTATION, implementation_code, ActKind.SUSPEND, decision, by=by, at=at)


def resume(session: Session, implementation_code: str, decision: Decision, *, by: Actor, at: datetime) -> None:
    """End a suspension from a day on."""
    lock_for(session, implementation_code, Right.DECIDE, by)
    standing.decide(session, Subject.IMPLEMENTATION, implementation_code, ActKind.RESUME, decision, by=by, at=at)


def cancel(session: Session, implementation_code: str, decision: Decision, *, by: Actor, at: datetime) -> None:
    """End one agency's implementation from a day on."""
    lock_for(session, implementation_code, Right.DECIDE, by)
    standing.decide(session, Subject.IMPLEMENTATION, implementation_code, ActKind.CANCEL, decision, by=by, at=at)


def checked(
    session: Session, implementation: Implementation, content: Mapping[str, Any], *, day: date
) -> tuple[Standard, LocalContent]:
    """Hold a local draft against the standard of a day; raises LocalRefused, InvalidRequest."""
    standard, local, refusals = weighed(session, implementation, content, day=day)
    if refusals:
        raise LocalRefused(refusals, standard.edition)
    return standard, local


def weighed(
    session: Session, implementation: Implementation, content: Mapping[str, Any], *, day: date
) -> tuple[Standard, LocalContent, list[Refusal]]:
    """Weigh a local draft; everything it does not keep is a refusal; raises what is wrong with it as a whole."""
    standard = standard_to_implement(session, find_item(session, implementation.basic_code), day)
    facts_of = partial(facts_of_agency, session, implementation, day)
    local, refusals = weighed_against(session, registers_of(session), standard, implementation, content, facts_of)
    return standard, local, refusals


def weighed_against(
    session: Session,
    registers: Registers,
    standard: Standard,
    implementation: Implementation,
    content: Mapping[str, Any],
    facts_of: Callable[[], AgencyFacts | None],
) -> tuple[LocalContent, list[Refusal]]:
    """Weigh a local draft by what is at hand; raises what is wrong with the draft as a whole."""
    own = _with_delegated_power(session, _without_computed(content, implementation), implementation)
    local, refusals = check(
        own, standard, implementation.exercise_level, registers.matrix, registers.calendar.longest_run
    )
    refuse_incoherent(session, implementation, standard, local, facts_of)
    return local, refusals


def refuse_outside(standard: Standard, first_day: date, effective_until: date | None) -> None:
    """Raise OutsideStandardDates where a local edition would be in force while its standard is not."""
    starts, ends = standard.effective_from, standard.effective_until
    if first_day < starts:
        raise OutsideStandardDates(
            f"标准自 {starts} 起生效",
            f"the standard takes effect on {starts}",
            element="effective_from",
            standard_value=str(starts),
        )
    if ends is not None and effective_until is not None and effective_until > ends:
        raise OutsideStandardDates(
            f"标准在 {ends} 终止", f"the standard ends on {ends}", element="effective_until", standard_value=str(ends)
        )


def _with_delegated_power(session: Session, content: dict[str, Any], implementation: Implementation) -> dict[str, Any]:
    if implementation.act_id is None or implementation.basic_code[2:4] == "20":
        return content
    if session.get(Delegation, implementation.act_id) is None:
        return content
    if content.get("power_source", "2") != "2":
        raise DelegatedPowerOnly(
            "承接事项的权力来源应为 2（上级下放）", "the power source of what was taken over is 2 (delegated)",
            element="power_source", standard_value="2",
        )  # fmt: skip
    return content | {"power_source": "2"}


def _without_computed(content: Mapping[str, Any], implementation: Implementation) -> dict[str, Any]:
    own = dict(content)
    for element in ("implementation_code", "agency_code", "exercise_level"):
        if element in own and own.pop(element) != getattr(implementation, element):
            raise ComputedNotTyped(
                f"{element} 由认领确定", f"{element} follows from the claim", element=element,
                standard_value=getattr(implementation, element),
            )  # fmt: skip
    return own


def find_implementation(session: Session, implementation_code: str) -> Implementation:
    """Return an implementation; raises NoSuchImplementation."""
    implementation = session.get(Implementation, implementation_code)
    if implementation is None:
        raise NoSuchImplementation(
            f"没有实施编码为 {implementation_code} 的事项",
            f"there is no implementation {implementation_code}",
            code=implementation_code,
        )
    return implementation


def lock_implementation(session: Session, implementation_code: str) -> Implementation:
    """Return an implementation and hold it until the transaction ends."""
    find_implementation(session, implementation_code)
    query = (
        select(Implementation).where(col(Implementation.implementation_code) == implementation_code).with_for_update()
    )
    return session.scalars(query).one()


def lock_for(session: Session, implementation_code: str, right: Right, by: Actor) -> Implementation:
    """Return an implementation that `by` may do this to, held until the transaction ends; raises NotAllowed."""
    implementation = lock_implementation(session, implementation_code)
    demand_at(session, by, right, region_code=implementation.region_code, agency_code=implementation.agency_code)
    return implementation


def _refuse_cancelled(session: Session, implementation_code: str, at: datetime) -> None:
    standing.refuse_cancelled(session, [(Subject.IMPLEMENTATION, implementation_code)], civil_day(at))
