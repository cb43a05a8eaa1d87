"""Where things belong, for asking who may touch them there."""

from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlmodel import Session, col

from service_catalog.access.rights import RIGHTS, Place, Right, demand, may
from service_catalog.actors import Actor
from service_catalog.regions.mapping import lines_above, within
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel


def place_in(session: Session, region_code: str, agency_code: str | None = None) -> Place:
    """Return the place of what lies in a region and belongs to an agency, or to none."""
    return Place(agency_code, tuple(line.ancestor for line in lines_above(session, region_code)))


class Places:
    """The places of many agencies; each region is asked about once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._regions: dict[str, tuple[str, ...]] = {}

    def of(self, region_code: str, agency_code: str | None) -> Place:
        """Return the place of what lies in a region and belongs to an agency, or to none."""
        if region_code not in self._regions:
            self._regions[region_code] = place_in(self.session, region_code).regions
        return Place(agency_code, self._regions[region_code])


def whole_league(session: Session) -> Place:
    """Return the place of what holds for the whole league: the standards."""
    leagues = session.scalars(select(col(Region.code)).where(col(Region.level) == RegionLevel.LEAGUE)).all()
    return Place(None, tuple(leagues))


def demand_league(session: Session, by: Actor, right: Right) -> None:
    """Raise NotAllowed unless `by` may do it for the whole league."""
    if by.grants is not None:
        demand(by, right, whole_league(session))


def may_in_league(session: Session, by: Actor, right: Right) -> bool:
    """Tell whether `by` may do it for the whole league."""
    return by.grants is None or may(by, right, whole_league(session))


def demand_at(session: Session, by: Actor, right: Right, *, region_code: str, agency_code: str | None) -> None:
    """Raise NotAllowed unless `by` may do it for an agency in a region."""
    if by.grants is not None:
        demand(by, right, place_in(session, region_code, agency_code))


def granted(by: Actor, right: Right, region_column: Any, agency_column: Any) -> ColumnElement[bool]:
    """Return the condition that a row lies where `by` has the right: for lists that are cut to the caller's places."""
    if by.grants is None:
        return true()
    places: list[ColumnElement[bool]] = [false()]
    for grant in by.grants:
        if right in RIGHTS[grant.role] and grant.region_code is not None:
            places.append(within(region_column, grant.region_code))
        elif right in RIGHTS[grant.role]:
            places.append(agency_column == grant.agency_code)
    return or_(*places)
