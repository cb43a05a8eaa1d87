"""Moving the exercise of an item: delegation (下放), taking over (承接), transfer to another body (划转)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, select
from sqlmodel import Session, col

from service_catalog.access.places import demand_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.basic_items.editing import lock_item
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import ReplacingAct, replace_code
from service_catalog.implementations.claiming import (
    LevelNotInStandard,
)
from service_catalog.implementations.inheritance import Standard
from service_catalog.implementations.standards import standard_to_implement
from service_catalog.implementations.tables import DelegatedRegion, Delegation, Implementation
from service_catalog.kernel.errors import Conflict, Fault, Invalid, InvalidRequest, Said
from service_catalog.lifecycle import standing
from service_catalog.lifecycle.standing import Decision, not_cancelled
from service_catalog.lifecycle.states import ActKind, ItemState
from service_catalog.lifecycle.tables import Act, Standing
from service_catalog.regions.mapping import lines_above
from service_catalog.regions.tables import Region, RegionLine
from service_catalog.regions.tree import LEVEL_OF_EXERCISE

PUBLIC_SERVICE = "20"
DELEGATED = "2"
"""权力来源: delegated from above."""


class DelegationNotInStandard(Invalid):
    """The standard does not provide for delegated power at the lower level; a new edition of it must come first."""

    title = Said("标准未规定下放", "The standard does not provide for this delegation")


class DelegatedAlready(Conflict):
    """The item has been delegated to one of the regions, and what came of that has not ended."""

    title = Said("已经下放", "Delegated already")


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
    AlreadyCancelled, StandardNotInForce, DelegatedAlready. Each region is then to take the item over, or to say it is not offered there.
    """
    demand_league(session, by, Right.DECIDE)
    standing.demand_document(decision)
    standing.refuse_back_dated(decision, at)
    item = lock_item(session, basic_code)
    standing.refuse_cancelled(session, [(Subject.BASIC_ITEM, basic_code)], decision.effective_on)
    _provides(standard_to_implement(session, item, decision.effective_on), from_level, to_level)
    _are_of_level(session, regions, to_level)
    _refuse_delegated(session, basic_code, from_level, to_level, regions, decision.effective_on)
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
        last = _last_paper(session, made, code)
        standing.end_by(session, Subject.IMPLEMENTATION, code, last, decision.reason, by=by, at=at)
        _lead_to_those_there(session, made, code, last, by=by, at=at)
    return Delegated(made, ends, goes_on)


def same_levels_as(made: Delegation) -> ColumnElement[bool]:
    """Return the condition that a delegation takes the same item from the same level to the same level."""
    return and_(
        col(Delegation.basic_code) == made.basic_code,
        col(Delegation.from_level) == made.from_level,
        col(Delegation.to_level) == made.to_level,
    )


def _refuse_delegated(
    session: Session, basic_code: str, from_level: str, to_level: str, regions: Sequence[str], day: date
) -> None:
    taken = (
        select(col(Implementation.implementation_code))
        .join(RegionLine, col(RegionLine.descendant) == col(Implementation.region_code))
        .where(
            col(Implementation.act_id) == col(DelegatedRegion.act_id),
            col(RegionLine.ancestor) == col(DelegatedRegion.region_code),
        )
    )
    alive = taken.where(not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), day))
    query = (
        select(col(DelegatedRegion.region_code), col(Act.document_number))
        .join(Delegation, col(Delegation.act_id) == col(DelegatedRegion.act_id))
        .join(Act, col(Act.id) == col(DelegatedRegion.act_id))
        .where(
            col(Delegation.basic_code) == basic_code,
            col(Delegation.from_level) == from_level,
            col(Delegation.to_level) == to_level,
            col(DelegatedRegion.region_code).in_(regions),
            ~taken.exists() | alive.exists(),
        )
        .order_by(col(DelegatedRegion.region_code), col(DelegatedRegion.act_id))
    )
    already = session.execute(query).all()
    if already:
        places = "、".join(dict.fromkeys(region for region, _ in already))
        papers = "、".join(dict.fromkeys(number for _, number in already))
        raise DelegatedAlready(
            f"{papers} 已将 {basic_code} 下放到 {places}", f"{papers} delegates {basic_code} to {places} already",
            code=basic_code, regions=list(dict.fromkeys(region for region, _ in already)),
        )  # fmt: skip


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
        col(Implementation.basic_code) == made.basic_code,
        col(Implementation.exercise_level) == made.from_level,
        ~exists().where(
            col(Standing.subject) == Subject.IMPLEMENTATION,
            col(Standing.code) == col(Implementation.implementation_code),
            col(Standing.state) == ItemState.CANCELLED,
        ),
    )
    gone_down = regions | _named_before(session, made) | _taken_over(session, made)
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
            (ends if below <= gone_down else goes_on).append(upper.implementation_code)
    return ends, goes_on


def _named_before(session: Session, made: Delegation) -> set[str]:
    """Return the regions that earlier papers named by which the upper bodies are to end, too."""
    query = (
        select(col(DelegatedRegion.region_code))
        .join(Delegation, col(Delegation.act_id) == col(DelegatedRegion.act_id))
        .where(same_levels_as(made), col(Delegation.upper_ends))
    )
    return set(session.scalars(query))


def _lower(session: Session, made: Delegation) -> Sequence[Implementation]:
    """Return what was taken over after any paper that delegates the same, and has not ended."""
    query = (
        select(Implementation)
        .join(Delegation, col(Delegation.act_id) == col(Implementation.act_id))
        .where(
            same_levels_as(made),
            col(Implementation.basic_code) == made.basic_code,
            col(Implementation.exercise_level) == made.to_level,
            not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), made.effective_on),
        )
        .order_by(col(Implementation.implementation_code))
    )
    return session.scalars(query).all()


def _taken_over(session: Session, made: Delegation) -> set[str]:
    query = (
        select(col(RegionLine.ancestor))
        .join(Region, col(Region.code) == col(RegionLine.ancestor))
        .where(
            col(RegionLine.descendant).in_([lower.region_code for lower in _lower(session, made)]),
            col(Region.level) == LEVEL_OF_EXERCISE[made.to_level],
        )
    )
    return set(session.scalars(query))


def _last_paper(session: Session, made: Delegation, upper: str) -> Act:
    """Return the act by which the last region below an upper body leaves it: of several papers the latest to take effect."""
    query = (
        select(Act)
        .join(Delegation, col(Delegation.act_id) == col(Act.id))
        .join(DelegatedRegion, col(DelegatedRegion.act_id) == col(Act.id))
        .join(RegionLine, col(RegionLine.descendant) == col(DelegatedRegion.region_code))
        .join(Implementation, col(Implementation.region_code) == col(RegionLine.ancestor))
        .where(same_levels_as(made), col(Implementation.implementation_code) == upper)
        .order_by(col(Delegation.effective_on).desc(), (col(Act.id) == made.act_id).desc(), col(Act.id).desc())
        .limit(1)
    )
    return session.scalars(query).one()


def _lead_to_those_there(session: Session, made: Delegation, upper: str, last: Act, *, by: Actor, at: datetime) -> None:
    """Let the code of an upper body that ends lead to those below it that took over before."""
    around = session.get_one(Implementation, upper).region_code
    for lower in _lower(session, made):
        if around in {line.ancestor for line in lines_above(session, lower.region_code)}:
            replace_code(
                session, upper, [lower.implementation_code], act_kind=ReplacingAct.DELEGATE,
                valid_from=last.effective_on, document_number=last.document_number, by=by, at=at,
            )  # fmt: skip
