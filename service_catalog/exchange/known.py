"""What the catalogue knows, read once for an audit; the rules themselves ask no database."""

from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.basic_items.editing import SHELF
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition
from service_catalog.coding.judging import rules_from
from service_catalog.exchange.audit import Yardstick
from service_catalog.exchange.item_types import types_from
from service_catalog.exchange.matching import KnownItem
from service_catalog.registers.registers import registers_of


def read_yardstick(session: Session, day: date, *, village_level_services_only: bool) -> Yardstick:
    """Read the items in force on `day`, the types and the rules of codes."""
    registers = registers_of(session)
    rules = rules_from(registers, village_level_services_only=village_level_services_only)
    return Yardstick(read_items(session, day), types_from(registers), rules)


def read_items(session: Session, day: date) -> tuple[KnownItem, ...]:
    """Read the items in force on `day`, as far as names are compared."""
    query = (
        select(
            col(BasicItem.basic_code),
            col(BasicItemEdition.name),
            col(BasicItemEdition.content),
            col(BasicItem.item_type),
        )
        .join(BasicItemEdition, col(BasicItemEdition.basic_code) == col(BasicItem.basic_code))
        .where(SHELF.current(day))
        .order_by(col(BasicItem.basic_code))
    )
    return tuple(
        KnownItem(code, name, tuple(content.get("aliases", ())), item_type)
        for code, name, content, item_type in session.execute(query)
    )
