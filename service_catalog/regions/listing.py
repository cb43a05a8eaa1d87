"""Reading regions."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import Session, col

from service_catalog.kernel.paging import Walk
from service_catalog.regions.mapping import ancestors_of, find_region, within
from service_catalog.regions.schemas import RegionLine as LineView
from service_catalog.regions.schemas import RegionLink, RegionView
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel


def list_regions(
    session: Session, walk: Walk, *, level: RegionLevel | None, parent: str | None, inside: str | None, name: str | None
) -> Sequence[Region]:
    """Return one row more than asked for, ordered by code."""
    query = select(Region).order_by(col(Region.code)).limit(walk.limit + 1)
    if walk.after:
        query = query.where(col(Region.code) > walk.after)
    if level:
        query = query.where(col(Region.level) == level)
    if parent:
        query = query.where(col(Region.parent_code) == find_region(session, parent).code)
    if inside:
        query = query.where(within(col(Region.code), find_region(session, inside).code))
    if name:
        query = query.where(col(Region.name).contains(name, autoescape=True))
    return session.scalars(query).all()


def region_view(session: Session, code: str) -> RegionView:
    """Return one region with what it lies in."""
    region = find_region(session, code)
    children = session.execute(select(func.count()).where(col(Region.parent_code) == code)).scalar_one()
    above = [RegionLink.of(ancestor) for ancestor in reversed(ancestors_of(session, code)[1:])]
    return RegionView(
        **LineView.of(region).model_dump(), ancestors=above, governed_by=region.governed_by, children_count=children
    )
