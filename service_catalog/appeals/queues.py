"""What waits for an officer: by body, kind, light and deadline; cut to the caller's places."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, or_, select, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from service_catalog.access.places import granted
from service_catalog.access.rights import NotAllowed, Right, may_anywhere
from service_catalog.actors import Actor
from service_catalog.agencies.tables import Agency
from service_catalog.appeals.alerts import FAR
from service_catalog.appeals.stages import AppealKind, Stage
from service_catalog.appeals.tables import Appeal, JointAgency
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.paging import Walk
from service_catalog.regions.mapping import within


class Light(StrEnum):
    """How much is left: yellow before expiry, red after."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def light_of(row: Appeal, today: date) -> Light | None:
    """Return the light of an appeal; None while its clock stands, and after its end."""
    if row.deadline_on is None:
        return None
    if today > row.deadline_on:
        return Light.RED
    return Light.YELLOW if row.warn_on is not None and today >= row.warn_on else Light.GREEN


def queue(
    session: Session,
    walk: Walk,
    *,
    agency: str | None = None,
    region: str | None = None,
    kind: AppealKind | None = None,
    stage: Stage | None = None,
    light: Light | None = None,
    mine: bool = False,
    by: Actor,
    today: date,
) -> Sequence[Appeal]:
    """Return open appeals, the earliest deadline first, one more than asked for; raises NotAllowed."""
    if not may_anywhere(by, Right.READ_APPEALS):
        raise NotAllowed("您无权查看诉求", "you may not read appeals", right=Right.READ_APPEALS.value)
    query = select(Appeal).where(visible(by), _wanted(Appeal, stage))
    for bodies in (_only_bodies(by), [agency] if agency is not None else None):
        if bodies is not None:
            query = query.where(col(Appeal.number).in_(_numbers_of(bodies, stage)))
    if region is not None:
        query = query.where(within(col(Appeal.desk_region), region))
    if kind is not None:
        query = query.where(col(Appeal.kind) == kind)
    if light is not None:
        query = query.where(_shows(light, today))
    if mine:
        query = query.where(col(Appeal.officer) == by.identity)
    day: Any = func.coalesce(col(Appeal.queue_on), FAR) if stage else col(Appeal.queue_on)
    return session.scalars(_ordered(query, day, walk)).all()


def _wanted(appeal: type[Appeal], stage: Stage | None) -> ColumnElement[bool]:
    return col(appeal.stage) == stage if stage else col(appeal.queue_on).is_not(None)


def _only_bodies(by: Actor) -> list[str] | None:
    """Return the bodies of a caller who has no region; None for all others."""
    grants = by.grants or ()
    bodies = [grant.agency_code for grant in grants if grant.agency_code is not None]
    return bodies if bodies and len(bodies) == len(grants) else None


def _numbers_of(bodies: Sequence[str], stage: Stage | None) -> CompoundSelect[tuple[str]]:
    """Return which appeals bodies lead or help with, found by their own indexes.

    Otherwise a database walks through the queue of the whole league for a body that has three appeals in it.
    """
    led = aliased(Appeal)
    leading = select(col(led.number)).where(col(led.lead_agency).in_(bodies), _wanted(led, stage))
    helping = select(col(JointAgency.number)).where(col(JointAgency.agency_code).in_(bodies))
    if stage is None:
        helping = helping.where(col(JointAgency.opinion_at).is_(None))  # nothing waits for who has given theirs
    return union_all(leading, helping)


def visible(by: Actor) -> ColumnElement[bool]:
    """Return the condition that an appeal concerns the caller: by its desk, its lead, or a body that helps."""
    leading = select(col(Agency.code)).where(
        granted(by, Right.READ_APPEALS, col(Agency.region_code), col(Agency.code))
    )  # fmt: skip
    helping = (
        select(col(JointAgency.number))
        .join(Agency, col(Agency.code) == col(JointAgency.agency_code))
        .where(granted(by, Right.HANDLE_APPEALS, col(Agency.region_code), col(Agency.code)))
    )
    return or_(
        granted(by, Right.READ_APPEALS, col(Appeal.desk_region), col(Appeal.lead_agency)),
        col(Appeal.lead_agency).in_(leading),
        col(Appeal.number).in_(helping),
    )


def _shows(light: Light, today: date) -> ColumnElement[bool]:
    deadline, warn = col(Appeal.deadline_on), col(Appeal.warn_on)
    if light is Light.RED:
        return deadline < today
    if light is Light.YELLOW:
        return and_(deadline >= today, warn <= today)
    return and_(deadline >= today, warn > today)


def key_of(row: Appeal) -> str:
    """Return where a row stands in the order: its day, then its number."""
    return f"{row.queue_on or FAR}:{row.number}"


def _ordered(query: Select[Appeal], day: Any, walk: Walk) -> Select[Appeal]:
    number = col(Appeal.number)
    if walk.after:
        written, _, last = walk.after.partition(":")
        try:
            after = date.fromisoformat(written)
        except ValueError as error:
            said = Said("不是本列表的位置", "no place in this list")
            raise InvalidRequest([Fault("/query/after", said)]) from error
        query = query.where(or_(day > after, and_(day == after, number > last)))
    return query.order_by(day, number).limit(walk.limit + 1)
