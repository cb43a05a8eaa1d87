"""Who does it instead, where a body does not do it or its service is suspended."""

from datetime import date
from itertools import islice
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from service_catalog.agencies.register import name_on
from service_catalog.agencies.tables import Agency
from service_catalog.guides.nearest import NoBodyOffersIt, nearest
from service_catalog.guides.schemas import GuideView
from service_catalog.implementations.content import Offer
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.lifecycle.states import ItemState
from service_catalog.portal.in_force import in_force, is_open
from service_catalog.regions.mapping import way_up, within
from service_catalog.regions.tables import Region

MOST = 12
"""Bodies named on one page (one more is found, to tell that there are more): a township may have many villages."""


class Body(NamedTuple):
    """A body to turn to; without a code where it has no guide of its own."""

    code: str | None
    name: str
    region: str


def instead_of(session: Session, guide: GuideView, day: date) -> list[Body]:
    """Return whom to turn to instead; nobody where the body itself does it."""
    status = guide.availability.status
    if status is Offer.OFFERED_BY_OTHER:
        bodies = _named(session, guide, day)
    elif status is Offer.OFFERED_BELOW:
        inside = within(col(Implementation.region_code), guide.agency.region.code)
        bodies = _offering(session, guide, inside, day)
    elif status is Offer.NOT_OFFERED or guide.state.code != ItemState.IN_FORCE:
        bodies = _nearest_other(session, guide, day)
    else:
        bodies = []
    serial = guide.code[len(guide.implementation_code) :]
    return [body._replace(code=body.code and body.code + serial) for body in bodies]


def _named(session: Session, guide: GuideView, day: date) -> list[Body]:
    named = guide.availability.agency_code
    bodies = _offering(session, guide, col(Implementation.agency_code) == named, day)[:1]
    if bodies:
        return bodies
    query = select(name_on(day), col(Region.name)).select_from(Agency).where(col(Agency.code) == named)
    rows = session.execute(query.join(Region, col(Region.code) == col(Agency.region_code)))
    return [Body(None, *row) for row in rows]


def _nearest_other(session: Session, guide: GuideView, day: date) -> list[Body]:
    """Walk up from the body's own place by the rule that guides follow, past the body itself and what is suspended."""
    for region in way_up(session, guide.agency.region.code, day):
        try:
            code, _ = nearest(session, guide.basic_code, region.code, day)
        except NoBodyOffersIt:
            break
        if code != guide.implementation_code and is_open(session, code, day):
            return _offering(session, guide, col(Implementation.implementation_code) == code, day)
    return []


def _offering(session: Session, guide: GuideView, where: ColumnElement[bool], day: date) -> list[Body]:
    query = (
        in_force(day, col(Implementation.implementation_code), name_on(day), col(Region.name))
        .where(
            where,
            col(Implementation.basic_code) == guide.basic_code,
            col(Implementation.implementation_code) != guide.implementation_code,
            col(ImplementationEdition.availability) == Offer.OFFERED,
        )
        .order_by(col(Implementation.exercise_level).desc(), col(Implementation.implementation_code))
    )
    rows = (Body(*row) for row in session.execute(query))
    is_there = (body for body in rows if is_open(session, body.code or "", day))
    return list(islice(is_there, MOST + 1))
