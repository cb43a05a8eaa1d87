"""Where an agency is, for asking who may touch what belongs to it."""

from sqlmodel import Session

from service_catalog.access.places import place_in
from service_catalog.access.rights import Place
from service_catalog.actors import Grant
from service_catalog.agencies.register import find_agency
from service_catalog.regions.mapping import find_region


def place_of_agency(session: Session, agency_code: str) -> Place:
    """Return where an agency is; raises NoSuchAgency."""
    agency = find_agency(session, agency_code)
    return place_in(session, agency.region_code, agency.code)


def place_of_grant(session: Session, grant: Grant) -> Place:
    """Return what a grant is limited to; raises NoSuchAgency, NoSuchRegion."""
    if grant.agency_code is not None:
        return place_of_agency(session, grant.agency_code)
    assert grant.region_code is not None
    return place_in(session, find_region(session, grant.region_code).code)
