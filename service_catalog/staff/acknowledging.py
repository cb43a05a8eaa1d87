"""An agency takes note of a new edition of a standard that it implements (知悉)."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.places import demand_at
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.implementations.tables import (
    Acknowledgement,
    Implementation,
)
from service_catalog.kernel.database import add_new
from service_catalog.kernel.errors import Conflict, NotFound, Said
from service_catalog.lifecycle.states import WorkState


class NoSuchPublishedEdition(NotFound):
    """The item has no published edition of this number."""

    title = Said("没有这个已发布的版本", "No such published edition")


class NotImplementedHere(Conflict):
    """An agency takes note of what it implements."""

    title = Said("本单位未认领该事项", "The agency does not implement this item")


class AlreadyAcknowledged(Conflict):
    """The agency has taken note of this edition."""

    title = Said("已知悉", "Already acknowledged")


def _implements(session: Session, agency_code: str, basic_code: str) -> None:
    query = select(col(Implementation.implementation_code)).where(
        col(Implementation.agency_code) == agency_code, col(Implementation.basic_code) == basic_code
    )
    if session.execute(query.limit(1)).first() is None:
        raise NotImplementedHere(
            f"{agency_code} 没有认领事项 {basic_code}",
            f"{agency_code} has not claimed item {basic_code}",
            code=basic_code,
        )


def acknowledge(
    session: Session, *, agency_code: str, basic_code: str, edition: int, by: Actor, at: datetime
) -> Acknowledgement:
    """Take note of an edition for an agency; raises NotAllowed, NotImplementedHere, NoSuchPublishedEdition, AlreadyAcknowledged."""
    agency = find_agency(session, agency_code)
    demand_at(session, by, Right.WRITE_LOCAL, region_code=agency.region_code, agency_code=agency.code)
    _implements(session, agency_code, basic_code)
    query = select(col(BasicItemEdition.id)).where(
        col(BasicItemEdition.basic_code) == basic_code,
        col(BasicItemEdition.number) == edition,
        col(BasicItemEdition.published_at).is_not(None),
        col(BasicItemEdition.state) != WorkState.WITHDRAWN,
    )
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NoSuchPublishedEdition(
            f"事项 {basic_code} 没有已发布的第 {edition} 版", f"item {basic_code} has no published edition {edition}"
        )
    note = Acknowledgement(agency_code=agency_code, edition_id=found, by=by.name, at=at)
    already = AlreadyAcknowledged("该版本已知悉", "this edition has been acknowledged")
    if session.get(Acknowledgement, (agency_code, found)) is not None:
        raise already
    add_new(session, note, already)
    return note
