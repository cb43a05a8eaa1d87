"""The work list: what waits for somebody, computed when it is asked for; nothing is queued and nothing can be lost."""

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import String, and_, cast, exists, func, null, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from service_catalog.access.places import granted, may_in_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import not_replaced
from service_catalog.implementations.tables import (
    Acknowledgement,
    DelegatedRegion,
    Delegation,
    Implementation,
    ImplementationEdition,
)
from service_catalog.kernel.errors import Said
from service_catalog.kernel.paging import Walk
from service_catalog.lifecycle.standing import not_cancelled
from service_catalog.lifecycle.states import ItemState, WorkState
from service_catalog.lifecycle.tables import Act, Standing
from service_catalog.regions.tables import Region, RegionLine


class WorkKind(StrEnum):
    """What is to be done."""

    REVIEW_STANDARD = "review_standard"
    PUBLISH_STANDARD = "publish_standard"
    MEND_STANDARD = "mend_standard"
    REVIEW_LOCAL = "review_local"
    PUBLISH_LOCAL = "publish_local"
    MEND_LOCAL = "mend_local"
    ACKNOWLEDGE = "acknowledge"
    """A standard has a new edition that the agency has not taken note of."""
    TAKE_OVER = "take_over"
    """An item was delegated to the region, and nobody there has taken it over."""
    CANNOT_TAKE_EFFECT = "cannot_take_effect"
    """A local edition is scheduled, but its standard will not be in force by then, or it will itself have ended."""


SAID = {
    WorkKind.REVIEW_STANDARD: Said("待审核的统一标准", "standards to review"),
    WorkKind.PUBLISH_STANDARD: Said("待发布的统一标准", "standards to publish"),
    WorkKind.MEND_STANDARD: Said("退回修改的统一标准", "standards sent back"),
    WorkKind.REVIEW_LOCAL: Said("待审核的本地内容", "local parts to review"),
    WorkKind.PUBLISH_LOCAL: Said("待发布的本地内容", "local parts to publish"),
    WorkKind.MEND_LOCAL: Said("退回修改的本地内容", "local parts sent back"),
    WorkKind.ACKNOWLEDGE: Said("标准已修订，待知悉", "standards with a new edition, to take note of"),
    WorkKind.TAKE_OVER: Said("已下放，待承接", "delegated items to take over"),
    WorkKind.CANNOT_TAKE_EFFECT: Said("排定的版本不能生效", "scheduled editions that cannot take effect"),
}


class Work(NamedTuple):
    """One thing that waits."""

    key: str
    code: str
    name: str
    agency_code: str | None
    region_code: str | None
    edition: int | None
    due_on: date | None
    document_number: str | None


def work_of(session: Session, kind: WorkKind, walk: Walk, today: date, *, by: Actor) -> Sequence[Work]:
    """Return what waits for the caller, one more than asked for, by key."""
    query = _QUERIES[kind](session, by, today)
    if query is None:
        return []
    rows = query.subquery()
    page = select(rows).order_by(rows.c.key).limit(walk.limit + 1)
    if walk.after:
        page = page.where(rows.c.key > walk.after)
    return [Work(**row._mapping) for row in session.execute(page)]


def counts(session: Session, today: date, *, by: Actor) -> dict[WorkKind, int]:
    """Return how much of each kind waits for the caller; kinds with nothing are there too."""
    found = dict.fromkeys(WorkKind, 0)
    for kind in WorkKind:
        query = _QUERIES[kind](session, by, today)
        if query is not None:
            found[kind] = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return found


Query = Any
"""A select of the columns of Work, or None where the caller has no such work."""


def _standards(right: Right, state: WorkState) -> Callable[[Session, Actor, date], Query]:
    def query(session: Session, by: Actor, today: date) -> Query:
        if not may_in_league(session, by, right):
            return None
        return select(
            col(BasicItemEdition.basic_code).label("key"), col(BasicItemEdition.basic_code).label("code"),
            col(BasicItemEdition.name).label("name"), null().label("agency_code"), null().label("region_code"),
            col(BasicItemEdition.number).label("edition"), null().label("due_on"), null().label("document_number"),
        ).where(col(BasicItemEdition.state) == state, col(BasicItemEdition.published_at).is_(None))  # fmt: skip

    return query


def _locals(right: Right, state: WorkState) -> Callable[[Session, Actor, date], Query]:
    def query(session: Session, by: Actor, today: date) -> Query:
        return (
            _local_lines(by, right, today)
            .add_columns(null().label("due_on"), null().label("document_number"))
            .where(col(ImplementationEdition.state) == state, col(ImplementationEdition.published_at).is_(None))
        )

    return query


def _local_lines(by: Actor, right: Right, today: date) -> Any:
    """Select editions of local parts at places where the caller has a right, with the name of their standard."""
    named = aliased(BasicItemEdition)
    return (
        select(
            col(Implementation.implementation_code).label("key"), col(Implementation.implementation_code).label("code"),
            func.coalesce(
                select(col(named.name)).where(
                    col(named.basic_code) == col(Implementation.basic_code), col(named.published_at).is_not(None)
                ).order_by(col(named.number).desc()).limit(1).scalar_subquery(), ""
            ).label("name"),
            col(Implementation.agency_code).label("agency_code"), col(Implementation.region_code).label("region_code"),
            col(ImplementationEdition.number).label("edition"),
        )
        .join(
            ImplementationEdition,
            col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
        )
        .where(granted(by, right, col(Implementation.region_code), col(Implementation.agency_code)))
    )  # fmt: skip


def _to_acknowledge(session: Session, by: Actor, today: date) -> Query:
    """Every published edition (announced ones too) that is newer than what the local part was checked against."""
    noted = exists().where(
        col(Acknowledgement.agency_code) == col(Implementation.agency_code),
        col(Acknowledgement.edition_id) == col(BasicItemEdition.id),
    )
    local = aliased(ImplementationEdition)
    checked_against = (
        select(func.max(col(local.based_on_edition)))
        .where(col(local.implementation_code) == col(Implementation.implementation_code))
        .correlate(Implementation)
        .scalar_subquery()
    )
    return (
        select(
            (col(Implementation.implementation_code) + "." + cast(col(BasicItemEdition.number) + 10_000, String))
            .label("key"),
            col(Implementation.implementation_code).label("code"), col(BasicItemEdition.name).label("name"),
            col(Implementation.agency_code).label("agency_code"), col(Implementation.region_code).label("region_code"),
            col(BasicItemEdition.number).label("edition"), col(BasicItemEdition.effective_from).label("due_on"),
            null().label("document_number"),
        )
        .join(BasicItemEdition, col(BasicItemEdition.basic_code) == col(Implementation.basic_code))
        .where(
            granted(by, Right.WRITE_LOCAL, col(Implementation.region_code), col(Implementation.agency_code)),
            col(BasicItemEdition.published_at).is_not(None),
            col(BasicItemEdition.state) != WorkState.WITHDRAWN,
            col(BasicItemEdition.number) > checked_against,
            ~noted,
            not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), today),
            not_cancelled(Subject.BASIC_ITEM, col(Implementation.basic_code), today),
            not_replaced(today, col(Implementation.implementation_code), col(Implementation.basic_code)),
        )
    )  # fmt: skip


def _to_take_over(session: Session, by: Actor, today: date) -> Query:
    """Delegated regions in which no agency at or below the region has taken the item over or declared anything."""
    line = aliased(RegionLine)
    somebody = exists().where(
        col(Implementation.basic_code) == col(Delegation.basic_code),
        col(Implementation.exercise_level) == col(Delegation.to_level),
        col(Implementation.region_code) == col(line.descendant),
        col(line.ancestor) == col(DelegatedRegion.region_code),
    )
    agency_in_region = exists().where(
        col(Agency.region_code) == col(DelegatedRegion.region_code),
        granted(by, Right.WRITE_LOCAL, col(Agency.region_code), col(Agency.code)),
    )
    return (
        select(
            (
                col(DelegatedRegion.region_code) + col(Delegation.basic_code) + "."
                + cast(col(Delegation.act_id), String)
            ).label("key"),
            col(Delegation.basic_code).label("code"),
            func.coalesce(
                select(func.max(col(BasicItemEdition.name))).where(
                    col(BasicItemEdition.basic_code) == col(Delegation.basic_code),
                    STANDARDS.current(today),
                ).scalar_subquery(), "",
            ).label("name"),
            null().label("agency_code"), col(DelegatedRegion.region_code).label("region_code"), null().label("edition"),
            col(Delegation.effective_on).label("due_on"), col(Act.document_number).label("document_number"),
        )
        .join(Delegation, col(Delegation.act_id) == col(DelegatedRegion.act_id))
        .join(Act, col(Act.id) == col(Delegation.act_id))
        .join(Region, col(Region.code) == col(DelegatedRegion.region_code))
        .where(
            and_(~somebody, not_cancelled(Subject.BASIC_ITEM, col(Delegation.basic_code), today)),
            granted(by, Right.WRITE_LOCAL, col(DelegatedRegion.region_code), null()) | agency_in_region,
        )
    )  # fmt: skip


def _cannot_take_effect(session: Session, by: Actor, today: date) -> Query:
    """Scheduled local editions whose standard is not in force on their first day any more, or that have ended by then."""
    standard, later = aliased(BasicItemEdition), aliased(BasicItemEdition)
    first_day = col(ImplementationEdition.effective_from)
    newer = exists().where(
        col(later.basic_code) == col(standard.basic_code),
        col(later.published_at).is_not(None),
        col(later.state) != WorkState.WITHDRAWN,
        col(later.effective_from) <= first_day,
        col(later.number) > col(standard.number),
        col(later.effective_from) >= col(standard.effective_from),
    )
    in_force_then = exists().where(
        col(standard.basic_code) == col(Implementation.basic_code),
        col(standard.published_at).is_not(None),
        col(standard.state) != WorkState.WITHDRAWN,
        col(standard.effective_from) <= first_day,
        or_(col(standard.effective_until).is_(None), col(standard.effective_until) > first_day),
        ~newer,
    )
    ended = exists().where(
        or_(
            and_(col(Standing.subject) == Subject.BASIC_ITEM, col(Standing.code) == col(Implementation.basic_code)),
            and_(
                col(Standing.subject) == Subject.IMPLEMENTATION,
                col(Standing.code) == col(Implementation.implementation_code),
            ),
        ),
        col(Standing.state) == ItemState.CANCELLED,
        col(Standing.from_on) <= first_day,
    )
    return (
        _local_lines(by, Right.READ_DRAFTS, today)
        .add_columns(col(ImplementationEdition.effective_from).label("due_on"), null().label("document_number"))
        .where(
            col(ImplementationEdition.state) == WorkState.APPROVED,
            col(ImplementationEdition.effective_from) > today,
            ~in_force_then | ended,
        )
    )


_QUERIES: dict[WorkKind, Callable[[Session, Actor, date], Query]] = {
    WorkKind.REVIEW_STANDARD: _standards(Right.REVIEW_STANDARD, WorkState.SUBMITTED),
    WorkKind.PUBLISH_STANDARD: _standards(Right.PUBLISH_STANDARD, WorkState.APPROVED),
    WorkKind.MEND_STANDARD: _standards(Right.WRITE_STANDARD, WorkState.RETURNED),
    WorkKind.REVIEW_LOCAL: _locals(Right.REVIEW_LOCAL, WorkState.SUBMITTED),
    WorkKind.PUBLISH_LOCAL: _locals(Right.PUBLISH_LOCAL, WorkState.APPROVED),
    WorkKind.MEND_LOCAL: _locals(Right.WRITE_LOCAL, WorkState.RETURNED),
    WorkKind.ACKNOWLEDGE: _to_acknowledge,
    WorkKind.TAKE_OVER: _to_take_over,
    WorkKind.CANNOT_TAKE_EFFECT: _cannot_take_effect,
}
