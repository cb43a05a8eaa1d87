"""Figures of the catalogue for the first page."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.changes.log import last_number
from service_catalog.implementations.claiming import SHELF as LOCALS
from service_catalog.implementations.content import Offer
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel


class Figures(NamedTuple):
    """What the catalogue holds today."""

    regions: int
    agencies: int
    items: int
    implementations: int
    offered: int
    townships: int
    villages: int
    change_number: int


class Example(NamedTuple):
    """A guide to look at."""

    code: str
    name: str
    agency: str
    region: str


def figures_on(session: Session, day: date) -> Figures:
    """Count what is in force on `day`."""
    locals_in_force = select(func.count()).select_from(ImplementationEdition).where(LOCALS.current(day))
    return Figures(
        regions=_count(session, Region),
        agencies=_count(session, Agency),
        items=session.execute(
            select(func.count()).select_from(BasicItemEdition).where(STANDARDS.current(day))
        ).scalar_one(),
        implementations=session.execute(locals_in_force).scalar_one(),
        offered=session.execute(
            locals_in_force.where(col(ImplementationEdition.availability) == Offer.OFFERED)
        ).scalar_one(),
        townships=_reached(session, RegionLevel.TOWNSHIP),
        villages=_reached(session, RegionLevel.VILLAGE),
        change_number=last_number(session),
    )


def examples(session: Session, day: date) -> list[Example]:
    """Return a guide of a village, a township and a banner, as far as there are any."""
    found = []
    for level in (RegionLevel.VILLAGE, RegionLevel.TOWNSHIP, RegionLevel.BANNER):
        query = (
            select(Implementation.implementation_code, BasicItemEdition.name, Agency.name, Region.name)
            .join(Region, col(Region.code) == col(Implementation.region_code))
            .join(Agency, col(Agency.code) == col(Implementation.agency_code))
            .join(
                ImplementationEdition,
                col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
            )
            .join(BasicItemEdition, col(BasicItemEdition.basic_code) == col(Implementation.basic_code))
            .where(
                col(Region.level) == level,
                col(ImplementationEdition.availability) == Offer.OFFERED,
                LOCALS.current(day),
                STANDARDS.current(day),
            )
            .order_by(col(Implementation.basic_code).desc(), col(Implementation.implementation_code))
            .limit(1)
        )
        found += [Example(*row) for row in session.execute(query)]
    return found


def _count(session: Session, table: type[SQLModel]) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def _reached(session: Session, level: RegionLevel) -> int:
    query = (
        select(func.count(col(Implementation.region_code).distinct()))
        .join(Region, col(Region.code) == col(Implementation.region_code))
        .where(col(Region.level) == level)
    )
    return session.execute(query).scalar_one()
