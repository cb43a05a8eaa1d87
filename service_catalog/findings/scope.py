"""What a run is for: everything, or one region with all below it, one agency, one item."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlmodel import Session, col

from service_catalog.agencies.register import find_agency
from service_catalog.basic_items.editing import find_item
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.errors import Invalid, Said
from service_catalog.regions.mapping import find_region, within
from service_catalog.regions.tables import RegionLine


class OneScopeOnly(Invalid):
    """A run is for a region, for an agency or for an item; or for everything."""

    title = Said("只能指定一种范围", "Give one scope only")


class Scope(NamedTuple):
    """What a run is for; nothing given means everything."""

    region: str | None = None
    agency: str | None = None
    item: str | None = None

    @property
    def is_everything(self) -> bool:
        """Tell whether nothing is left out."""
        return self == Scope()

    def of(self, table: Any) -> ColumnElement[bool]:
        """Return the condition for rows of a table with the three columns."""
        conditions: list[ColumnElement[bool]] = [true()]
        if self.region is not None:
            conditions.append(within(col(table.region_code), self.region))
        if self.agency is not None:
            conditions.append(col(table.agency_code) == self.agency)
        if self.item is not None:
            conditions.append(col(table.basic_code) == self.item)
        return and_(*conditions)


def scope_of(session: Session, *, region: str | None, agency: str | None, item: str | None) -> Scope:
    """Return a scope that exists; raises OneScopeOnly, NoSuchRegion, NoSuchAgency, NoSuchItem."""
    if sum(given is not None for given in (region, agency, item)) > 1:
        raise OneScopeOnly("区划、实施主体、事项只能指定一个", "give a region, an agency or an item", element="region")
    return Scope(
        find_region(session, region).code if region else None,
        find_agency(session, agency).code if agency else None,
        find_item(session, item).basic_code if item else None,
    )


def size_of(session: Session, scope: Scope) -> int:
    """Return how many implementations a run over a scope judges."""
    query = select(func.count()).select_from(Implementation).where(scope.of(Implementation))
    number: int = session.execute(query).scalar_one()
    return number


def inside_of(session: Session, region: str) -> frozenset[str]:
    """Return a region and all that lies in it."""
    query = select(col(RegionLine.descendant)).where(col(RegionLine.ancestor) == region)
    return frozenset(session.scalars(query))
