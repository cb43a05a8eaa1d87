"""Reading the outbox and the delivery addresses, cut to the places that the caller manages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, column, func, not_, select, table
from sqlmodel import Session, col

from service_catalog.access.places import granted
from service_catalog.access.rights import NotAllowed, Right, may_anywhere
from service_catalog.actors import Actor
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.paging import Walk
from service_catalog.outbox.leasing import has_address, waits
from service_catalog.outbox.schemas import MessageState
from service_catalog.outbox.tables import DeliveryAddress, OutboxMessage
from service_catalog.regions.mapping import find_region, within

_AGENCY = table("agency", column("code"), column("region_code"))
"""Agencies are on this floor, so they are known by the name of their table only."""


@dataclass(frozen=True)
class Wanted:
    """What of the outbox somebody wants to see."""

    region: str | None = None
    agency: str | None = None
    state: MessageState | None = None


def list_messages(session: Session, walk: Walk, wanted: Wanted, *, by: Actor) -> Sequence[Row[OutboxMessage, bool]]:
    """Return messages in the order in which they were posted, each with whether its recipient has an address.

    One more than asked for; raises NotAllowed, NoSuchRegion.
    """
    _demand_anywhere(by)
    query: Any = select(OutboxMessage, has_address()).outerjoin(
        _AGENCY, _AGENCY.c.code == col(OutboxMessage.agency_code)
    )
    query = query.where(*_conditions(session, OutboxMessage, wanted.region, wanted.agency, by))
    if wanted.state is not None:
        query = query.where(_in_state(wanted.state))
    rows = session.execute(_after(query, OutboxMessage, walk))
    return rows.all()


def list_addresses(
    session: Session, walk: Walk, *, region: str | None, agency: str | None, by: Actor
) -> Sequence[DeliveryAddress]:
    """Return delivery addresses in the order in which they were added, one more than asked for; raises as the above."""
    _demand_anywhere(by)
    query: Any = select(DeliveryAddress).outerjoin(_AGENCY, _AGENCY.c.code == col(DeliveryAddress.agency_code))
    query = query.where(*_conditions(session, DeliveryAddress, region, agency, by))
    return session.scalars(_after(query, DeliveryAddress, walk)).all()


def _conditions(
    session: Session, kind: Any, region: str | None, agency: str | None, by: Actor
) -> list[ColumnElement[bool]]:
    lies_in: Any = func.coalesce(kind.region_code, _AGENCY.c.region_code)
    made = [granted(by, Right.MANAGE_DELIVERY, lies_in, kind.agency_code)]
    if region:
        made.append(within(lies_in, find_region(session, region).code))
    if agency:
        made.append(kind.agency_code == agency)
    return made


def _in_state(state: MessageState) -> ColumnElement[bool]:
    if state is MessageState.SENT:
        return col(OutboxMessage.sent_at).is_not(None)
    if state is MessageState.GIVEN_UP:
        return col(OutboxMessage.given_up_at).is_not(None)
    told = has_address()
    return and_(waits(), told if state is MessageState.WAITING else not_(told))


def _after(query: Any, kind: Any, walk: Walk) -> Any:
    if walk.after:
        query = query.where(kind.id > _number(walk.after))
    return query.order_by(kind.id).limit(walk.limit + 1)


def _number(after: str) -> int:
    if not after.isascii() or not after.isdigit() or len(after) > 9:
        raise InvalidRequest([Fault("/query/after", Said("应为上一页最后一条的编号", "the number of the last row"))])
    return int(after)


def _demand_anywhere(by: Actor) -> None:
    if not may_anywhere(by, Right.MANAGE_DELIVERY):
        raise NotAllowed("您无权查看投递", "you may not see what is delivered", right=Right.MANAGE_DELIVERY.value)
