"""Reading agencies."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Row, select
from sqlmodel import Session, col

from service_catalog.agencies.register import NoSuchAgency, facts_on, find_agency, name_on
from service_catalog.agencies.schemas import AgencyLine, AgencyView
from service_catalog.agencies.tables import Agency, AgencyKind
from service_catalog.kernel.paging import Walk
from service_catalog.regions.mapping import find_region, within
from service_catalog.regions.schemas import RegionLink
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel


def list_agencies(
    session: Session,
    walk: Walk,
    day: date,
    *,
    region: str | None,
    level: RegionLevel | None,
    kind: AgencyKind | None,
    parent: str | None,
    name: str | None,
) -> Sequence[Row[Agency, str]]:
    """Return one row more than asked for, ordered by code: agencies, and the names they bear on `day`."""
    query = select(Agency, name_on(day)).order_by(col(Agency.code)).limit(walk.limit + 1)
    if walk.after:
        query = query.where(col(Agency.code) > walk.after)
    if region:
        query = query.where(within(col(Agency.region_code), find_region(session, region).code))
    if level:
        query = query.where(col(Agency.region_code).in_(select(col(Region.code)).where(col(Region.level) == level)))
    if kind:
        query = query.where(col(Agency.kind) == kind)
    if parent:
        query = query.where(col(Agency.parent_code) == parent)
    if name:
        query = query.where(name_on(day).contains(name, autoescape=True))
    return session.execute(query).all()


def agency_view(session: Session, code: str, day: date) -> AgencyView:
    """Return one agency with its facts of `day`."""
    agency = find_agency(session, code)
    edition = facts_on(session, code, day)
    if edition is None:
        raise NoSuchAgency(f"实施主体 {code} 在 {day} 尚无信息", f"agency {code} has no facts on {day}", code=code)
    region = RegionLink.of(find_region(session, agency.region_code))
    facts = edition.facts
    return AgencyView(**AgencyLine.of(agency, facts.name).model_dump(), region=region, facts=facts)
