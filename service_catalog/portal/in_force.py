"""What the public can read on a day: the one select that figures, examples and referrals start from."""

from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import not_replaced
from service_catalog.implementations.claiming import SHELF as LOCALS
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.lifecycle.standing import gravest_standing, not_cancelled
from service_catalog.lifecycle.states import ItemState
from service_catalog.regions.tables import Region


def in_force(day: date, *columns: Any) -> Select[Any]:
    """Select from every implementation whose guide can be read on `day`, with its agency, region and standard."""
    return (
        select(*columns)
        .select_from(Implementation)
        .join(
            ImplementationEdition,
            col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
        )
        .join(Agency, col(Agency.code) == col(Implementation.agency_code))
        .join(Region, col(Region.code) == col(Implementation.region_code))
        .join(BasicItemEdition, col(BasicItemEdition.basic_code) == col(Implementation.basic_code))
        .where(
            LOCALS.current(day),
            STANDARDS.current(day),
            not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), day),
            not_cancelled(Subject.BASIC_ITEM, col(Implementation.basic_code), day),
            not_replaced(day, col(Implementation.implementation_code), col(Implementation.basic_code)),
        )
    )


def is_open(session: Session, implementation_code: str, day: date) -> bool:
    """Tell whether neither the implementation nor its item is suspended or cancelled on `day`."""
    things = [(Subject.IMPLEMENTATION, implementation_code), (Subject.BASIC_ITEM, implementation_code[19:])]
    return gravest_standing(session, things, day).state is ItemState.IN_FORCE
