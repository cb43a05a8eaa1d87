"""The standard that a local part is held against, parsed once per published edition.

A published edition is never edited, so what was parsed stays right for as long as the process runs.
"""

from collections import OrderedDict
from datetime import date
from weakref import WeakKeyDictionary

from sqlmodel import Session

from service_catalog.basic_items.editing import SHELF
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition
from service_catalog.changes.tables import Subject
from service_catalog.implementations.inheritance import Standard
from service_catalog.kernel.database import what_is_kept_by
from service_catalog.kernel.errors import Conflict, Said
from service_catalog.lifecycle import standing
from service_catalog.lifecycle.states import ItemState, WorkState

MOST_KEPT = 4096
_kept: WeakKeyDictionary[object, OrderedDict[int, Standard]] = WeakKeyDictionary()


class StandardNotInForce(Conflict):
    """There is no edition of the standard to implement on that day."""

    title = Said("标准未生效或已取消", "The standard is not in force")


def standard_of(session: Session, item: BasicItem, edition: BasicItemEdition) -> Standard:
    """Return the standard that a published edition of an item states."""
    assert edition.id is not None
    assert edition.effective_from is not None
    kept = _kept.setdefault(what_is_kept_by(session), OrderedDict())
    standard = kept.get(edition.id)
    if standard is None:
        standard = kept[edition.id] = Standard(
            item.basic_code,
            item.item_type,
            item.parent_basic_code,
            edition.number,
            edition.standard,
            edition.effective_from,
            edition.effective_until,
        )
        if len(kept) > MOST_KEPT:
            kept.popitem(last=False)
    return standard


def standard_to_implement(session: Session, item: BasicItem, day: date) -> Standard:
    """Return the standard in force on `day`, or the first one announced; raises StandardNotInForce."""
    return standard_of(session, item, edition_to_implement(session, item, day))


def edition_to_implement(session: Session, item: BasicItem, day: date) -> BasicItemEdition:
    """Return the edition of that standard, without reading what it says; raises StandardNotInForce."""
    edition = SHELF.on(session, item.basic_code, day) or _announced(session, item.basic_code)
    state = standing.standing_on(session, Subject.BASIC_ITEM, item.basic_code, day).state
    if edition is None or edition.ends_by(day) or state is ItemState.CANCELLED:
        raise StandardNotInForce(
            f"事项 {item.basic_code} 在 {day} 没有有效的标准",
            f"item {item.basic_code} has no standard in force on {day}",
            code=item.basic_code,
        )
    return edition


def _announced(session: Session, basic_code: str) -> BasicItemEdition | None:
    announced = (
        edition
        for edition in SHELF.all_of(session, basic_code)
        if edition.published_at is not None and edition.state is not WorkState.WITHDRAWN
    )
    return next(announced, None)
