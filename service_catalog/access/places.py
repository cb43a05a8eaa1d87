"""Where things belong, for asking who may touch them there."""

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.rights import Place, Right, demand
from service_catalog.actors import Actor
from service_catalog.regions.mapping import lines_above
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel


def place_in(session: Session, region_code: str, agency_code: str | None = None) -> Place:
    """Return the place of what lies in a region and belongs to an agency, or to none."""
    return Place(agency_code, tuple(line.ancestor for line in lines_above(session, region_code)))


def whole_league(session: Session) -> Place:
    """Return the place of what holds for the whole league: the standards."""
    leagues = session.scalars(select(col(Region.code)).where(col(Region.level) == RegionLevel.LEAGUE)).all()
    return Place(None, tuple(leagues))


def demand_league(session: Session, by: Actor, right: Right) -> None:
    """Raise NotAllowed unless `by` may do it for the whole league."""
    if by.grants is not None:
        demand(by, right, whole_league(session))


def demand_at(session: Session, by: Actor, right: Right, *, region_code: str, agency_code: str | None) -> None:
    """Raise NotAllowed unless `by` may do it for an agency in a region."""
    if by.grants is not None:
        demand(by, right, place_in(session, region_code, agency_code))
