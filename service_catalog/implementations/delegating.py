"""Moving the exercise of an item: delegation (下放), taking over (承接), transfer to another body (划转)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.places import demand_at, demand_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.basic_items.editing import lock_item
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import ReplacingAct, replace_code
from service_catalog.implementations.claiming import (
    SHELF,
    LevelNotInStandard,
    checked,
    claim,
    enter_claim,
    lock_implementation,
)
from service_catalog.implementations.inheritance import Standard
from service_catalog.implementations.standards import standard_to_implement
from service_catalog.implementations.tables import DelegatedRegion, Delegation, Implementation
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Conflict, Fault, Invalid, InvalidRequest, NotFound, Said
from service_catalog.lifecycle import standing
from service_catalog.lifecycle.standing import ActBackDated, Decision
from service_catalog.lifecycle.states import ActKind, EditionKind, WorkState
from service_catalog.lifecycle.tables import Act
from service_catalog.regions.mapping import lines_above
from service_catalog.regions.tables import Region, RegionLine
from service_catalog.regions.tree import LEVEL_OF_EXERCISE

PUBLIC_SERVICE = "20"
DELEGATED = "2"
"""权力来源: delegated from above."""


class DelegationNotInStandard(Invalid):
    """The standard does not provide for delegated power at the lower level; a new edition of it must come first."""

    title = Said("标准未规定下放", "The standard does not provide for this delegation")


class NoSuchDelegation(NotFound):
    """No document delegates this item to the region of the agency at this level."""

    title = Said("没有这项下放", "No such delegation")


class NothingToTransfer(Conflict):
    """Only what is in force can go to another body."""

    title = Said("没有可以划转的有效内容", "Nothing in force to transfer")


class Delegated(NamedTuple):
    """What a delegation does to the upper bodies."""

    delegation: Delegation
    ends: Sequence[str]
    goes_on: Sequence[str]
    """Upper implementations that still serve regions which were not named."""


def delegate(
    session: Session,
    basic_code: str,
    decision: Decision,
    *,
    from_level: str,
    to_level: str,
    regions: Sequence[str],
    upper_ends: bool,
    by: Actor,
    at: datetime,
) -> Delegated:
    """Delegate an item to lower regions from a day on (handbook, lifecycle §4).

    Raises NotAllowed, ActNeedsDocument, ActBackDated, LevelNotInStandard, DelegationNotInStandard, InvalidRequest,
    AlreadyCancelled, StandardNotInForce. Each region is then to take the item over, or to say it is not offered there.
    """
    demand_league(session, by, Right.DECIDE)
    standing.demand_document(decision)
    if decision.effective_on < civil_day(at):
        raise ActBackDated(f"生效日期 {decision.effective_on} 已过", f"{decision.effective_on} is past")
    item = lock_item(session, basic_code)
    standing.refuse_cancelled(session, [(Subject.BASIC_ITEM, basic_code)], decision.effective_on)
    _provides(standard_to_implement(session, item, decision.effective_on), from_level, to_level)
    _are_of_level(session, regions, to_level)
    act = standing.record_act(session, Subject.BASIC_ITEM, basic_code, ActKind.DELEGATE, decision, by=by, at=at)
    assert act.id is not None
    made = Delegation(
        act_id=act.id, basic_code=basic_code, from_level=from_level, to_level=to_level, upper_ends=upper_ends,
        effective_on=decision.effective_on,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add_all(DelegatedRegion(act_id=act.id, region_code=code) for code in dict.fromkeys(regions))
    log.record(session, Subject.BASIC_ITEM, basic_code, by=by, at=at)
    ends, goes_on = _upper(session, made, set(regions)) if upper_ends else ([], [])
    for code in ends:
        standing.end_by(session, Subject.IMPLEMENTATION, code, act, decision.reason, by=by, at=at)
    return Delegated(made, ends, goes_on)


def _provides(standard: Standard, from_level: str, to_level: str) -> None:
    levels = standard.content.exercise_levels
    for level in (from_level, to_level):
        if level not in levels:
            raise LevelNotInStandard(
                f"标准规定的行使层级为 {'、'.join(levels)}，不含 {level}",
                f"the standard provides for levels {', '.join(levels)}, not {level}",
                element="exercise_level", standard_value=list(levels), local_value=level,
            )  # fmt: skip
    if from_level >= to_level:
        said = Said("只能下放到更低的层级", "delegation goes to a lower level")
        raise InvalidRequest([Fault("/to_level", said)])
    sources = standard.content.power_sources_by_level.get(to_level, ())  # type: ignore[call-overload]
    if standard.item_type != PUBLIC_SERVICE and DELEGATED not in sources:
        raise DelegationNotInStandard(
            f"标准第 {standard.edition} 版未在层级 {to_level} 列入权力来源 2（上级下放），请先修订标准",
            f"edition {standard.edition} has no power source 2 at level {to_level}; revise the standard first",
            element="power_sources_by_level", standard_value=list(sources),
        )  # fmt: skip


def _are_of_level(session: Session, regions: Sequence[str], level: str) -> None:
    known = {
        region.code: region for region in session.scalars(select(Region).where(col(Region.code).in_(list(regions))))
    }
    wanted = LEVEL_OF_EXERCISE[level]
    faults = [
        Fault(f"/regions/{place}", Said(f"{code} 不是该层级的区划", f"{code} is no region of that level"))
        for place, code in enumerate(regions)
        if code not in known or known[code].level is not wanted
    ]
    if faults or not regions:
        raise InvalidRequest(faults or [Fault("/regions", Said("至少一个区划", "at least one region"))])


def _upper(session: Session, made: Delegation, regions: set[str]) -> tuple[list[str], list[str]]:
    """Return which upper implementations end, and which go on because some region below them was not named."""
    query = select(Implementation).where(
        col(Implementation.basic_code) == made.basic_code, col(Implementation.exercise_level) == made.from_level
    )
    ends: list[str] = []
    goes_on: list[str] = []
    for upper in session.scalars(query.order_by(col(Implementation.implementation_code))):
        below = set(
            session.scalars(
                select(col(RegionLine.descendant))
                .join(Region, col(Region.code) == col(RegionLine.descendant))
                .where(
                    col(RegionLine.ancestor) == upper.region_code,
                    col(Region.level) == LEVEL_OF_EXERCISE[made.to_level],
                )
            )
        )
        if below & regions:
            (ends if below <= regions else goes_on).append(upper.implementation_code)
    return ends, goes_on


def take_over(
    session: Session,
    *,
    agency_code: str,
    exercise_level: str,
    basic_code: str,
    document_number: str,
    by: Actor,
    at: datetime,
) -> Implementation:
    """Claim what was delegated to an agency's region by a document; raises NoSuchDelegation and what claiming raises.

    Where the upper body ends by the same act, its code leads to this one from then on.
    """
    agency = find_agency(session, agency_code)
    demand_at(session, by, Right.WRITE_LOCAL, region_code=agency.region_code, agency_code=agency.code)
    made = _delegation_to(session, basic_code, agency.region_code, exercise_level, document_number)
    implementation = claim(
        session, agency_code=agency_code, exercise_level=exercise_level, basic_code=basic_code, act_id=made.act_id,
        by=by, at=at,
    )  # fmt: skip
    if made.upper_ends:
        _lead_from_upper(session, made, implementation, document_number, by=by, at=at)
    return implementation


def _delegation_to(session: Session, basic_code: str, region_code: str, level: str, document_number: str) -> Delegation:
    around = [line.ancestor for line in lines_above(session, region_code)]
    query = (
        select(Delegation)
        .join(Act, col(Act.id) == col(Delegation.act_id))
        .join(DelegatedRegion, col(DelegatedRegion.act_id) == col(Delegation.act_id))
        .where(
            col(Delegation.basic_code) == basic_code,
            col(Delegation.to_level) == level,
            col(Act.document_number) == document_number,
            col(DelegatedRegion.region_code).in_(around),
        )
        .order_by(col(Delegation.act_id).desc())
        .limit(1)
    )
    made = session.scalars(query).first()
    if made is None:
        raise NoSuchDelegation(
            f"文号 {document_number} 没有把 {basic_code} 下放到该区划的层级 {level}",
            f"{document_number} does not delegate {basic_code} to this region at level {level}",
            code=basic_code, document_number=document_number,
        )  # fmt: skip
    return made


def _lead_from_upper(
    session: Session, made: Delegation, lower: Implementation, document_number: str, *, by: Actor, at: datetime
) -> None:
    around = [line.ancestor for line in lines_above(session, lower.region_code)]
    query = select(col(Implementation.implementation_code)).where(
        col(Implementation.basic_code) == made.basic_code,
        col(Implementation.exercise_level) == made.from_level,
        col(Implementation.region_code).in_(around),
    )
    for upper in session.scalars(query).all():
        if standing.ended_by(session, Subject.IMPLEMENTATION, upper, made.act_id):
            replace_code(
                session, upper, [lower.implementation_code], act_kind=ReplacingAct.DELEGATE,
                valid_from=max(made.effective_on, civil_day(at)), document_number=document_number, by=by, at=at,
            )  # fmt: skip


def transfer(
    session: Session, implementation_code: str, to_agency: str, decision: Decision, *, by: Actor, at: datetime
) -> Implementation:
    """Give an implementation to another body from a day on: new code, the old one leads to it, the local part goes along.

    Raises NotAllowed, ActNeedsDocument, ActBackDated, AlreadyClaimed, AlreadyCancelled, NothingToTransfer, LocalRefused.
    """
    demand_league(session, by, Right.DECIDE)
    standing.demand_document(decision)
    if decision.effective_on < civil_day(at):
        raise ActBackDated(f"生效日期 {decision.effective_on} 已过", f"{decision.effective_on} is past")
    old = lock_implementation(session, implementation_code)
    standing.refuse_cancelled(session, [(Subject.IMPLEMENTATION, implementation_code)], decision.effective_on)
    edition = SHELF.on(session, implementation_code, decision.effective_on)
    if edition is None or edition.ends_by(decision.effective_on):
        raise NothingToTransfer(
            f"{implementation_code} 届时没有有效内容", f"{implementation_code} has nothing in force then"
        )
    act = standing.record_act(
        session, Subject.IMPLEMENTATION, implementation_code, ActKind.TRANSFER, decision, by=by, at=at
    )
    agency = find_agency(session, to_agency)
    new = enter_claim(session, agency, old.exercise_level, old.basic_code, act_id=act.id, by=by, at=at)
    _publish_by_act(session, new, edition.content, decision.effective_on, edition.effective_until, by=by, at=at)
    standing.end_by(session, Subject.IMPLEMENTATION, implementation_code, act, decision.reason, by=by, at=at)
    replace_code(
        session, implementation_code, [new.implementation_code], act_kind=ReplacingAct.TRANSFER,
        valid_from=decision.effective_on, document_number=decision.document_number, by=by, at=at,
    )  # fmt: skip
    return new


def _publish_by_act(
    session: Session,
    new: Implementation,
    content: dict[str, object],
    first_day: date,
    until: date | None,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """The local part goes along by the act itself: it was reviewed where it comes from, and is checked once more."""
    standard, local = checked(session, new, content, day=first_day)
    edition = SHELF.begin(
        session, new.implementation_code, local.differences(), EditionKind.CHANGE, by=by, at=at,
        availability=local.availability.status, based_on_edition=standard.edition,
    )  # fmt: skip
    edition.submitted_by, edition.state = by.name, WorkState.APPROVED
    session.flush()
    SHELF.publish(
        session, new.implementation_code, effective_from=first_day, effective_until=until, by=by, at=at
    )  # fmt: skip
