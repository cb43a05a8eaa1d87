"""Figures of the catalogue for the first page."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlmodel import Session, SQLModel, col

from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.changes.log import last_number
from service_catalog.changes.tables import Subject
from service_catalog.implementations.content import Offer
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.lifecycle.standing import not_cancelled
from service_catalog.portal.in_force import in_force
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel


class LevelFigures(NamedTuple):
    """What one level holds today."""

    level: RegionLevel
    implementations: int
    offered: int
    places: int
    """Regions of the level in which somebody offers something."""


class Figures(NamedTuple):
    """What the catalogue holds today."""

    regions: int
    agencies: int
    items: int
    levels: tuple[LevelFigures, ...]
    change_number: int

    @property
    def implementations(self) -> int:
        return sum(level.implementations for level in self.levels)

    @property
    def offered(self) -> int:
        return sum(level.offered for level in self.levels)

    @property
    def townships(self) -> int:
        return self._places(RegionLevel.TOWNSHIP)

    @property
    def villages(self) -> int:
        return self._places(RegionLevel.VILLAGE)

    def _places(self, level: RegionLevel) -> int:
        return sum(row.places for row in self.levels if row.level is level)


def figures_on(session: Session, day: date) -> Figures:
    """Count what can be read on `day`."""
    return Figures(
        regions=_count(session, Region),
        agencies=_count(session, Agency),
        items=_items(session, day),
        levels=_levels(session, day),
        change_number=last_number(session),
    )


def _count(session: Session, table: type[SQLModel]) -> int:
    number: int = session.execute(select(func.count()).select_from(table)).scalar_one()
    return number


def _items(session: Session, day: date) -> int:
    query = (
        select(func.count())
        .select_from(BasicItemEdition)
        .where(STANDARDS.current(day), not_cancelled(Subject.BASIC_ITEM, col(BasicItemEdition.basic_code), day))
    )
    number: int = session.execute(query).scalar_one()
    return number


def _levels(session: Session, day: date) -> tuple[LevelFigures, ...]:
    is_offered = col(ImplementationEdition.availability) == Offer.OFFERED
    query = in_force(
        day,
        col(Region.level),
        func.count(),
        func.count(case((is_offered, 1))),
        func.count(case((is_offered, col(Implementation.region_code))).distinct()),
    ).group_by(col(Region.level))
    counted = {row[0]: LevelFigures(*row) for row in session.execute(query)}
    return tuple(counted.get(level, LevelFigures(level, 0, 0, 0)) for level in RegionLevel)
