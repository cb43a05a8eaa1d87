"""What the engine knows while it judges: registers, regions, the standards in force; read anew when the log has moved."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, or_, select
from sqlmodel import Session, col

from service_catalog.basic_items.editing import SHELF
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition
from service_catalog.basic_items.wording import Wording, wording_of
from service_catalog.changes.log import last_number
from service_catalog.changes.tables import Subject
from service_catalog.coding.judging import CodeRules, rules_from
from service_catalog.findings.rules import Strictness
from service_catalog.implementations.inheritance import Standard
from service_catalog.implementations.standards import standard_of
from service_catalog.kernel.names import normalised
from service_catalog.lifecycle.standing import not_cancelled, standing_on
from service_catalog.lifecycle.states import ItemState
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel
from service_catalog.registers.registers import Registers, registers_of


class ItemNow(NamedTuple):
    """A standard in force, without its document."""

    basic_code: str
    item_type: str
    name: str
    edition_id: int
    number: int
    effective_from: date
    parent_basic_code: str | None


class Place(NamedTuple):
    """A region as the engine needs it."""

    code: str
    name: str
    level: RegionLevel
    parent_code: str | None
    governed_by: str | None


class Behind(NamedTuple):
    """How an old edition of a standard differs from the one in force, and since when it has not been the newest."""

    changed: list[str]
    first_on: date


@dataclass
class Knowledge:
    """What holds for all that is judged; true for the change it was read at, on one day."""

    number: int
    day: date
    strictness: Strictness
    registers: Registers
    code_rules: CodeRules
    league: str
    places: Mapping[str, Place]
    below: Mapping[str, Sequence[str]]
    """Region → the regions directly in it."""
    items: Mapping[str, ItemNow]
    by_name: Mapping[str, Sequence[str]]
    """Normalised name → items of that name."""
    parents: frozenset[str]
    """Main items that have sub-items."""
    wording: Wording
    compared: dict[tuple[str, int, int], Behind] = field(default_factory=dict)
    parsed: dict[int, Standard] = field(default_factory=dict)
    """Edition of a standard → its document; a published edition is never edited."""

    def standard(self, session: Session, basic_code: str) -> Standard | None:
        """Return the standard in force, parsed once per edition; None where there is none."""
        now = self.items.get(basic_code)
        return self._read(session, now.edition_id) if now else None

    def standard_then(self, session: Session, basic_code: str, day: date) -> Standard | None:
        """Return the standard that will be in force on a later day, by what is known now."""
        state = standing_on(session, Subject.BASIC_ITEM, basic_code, day).state
        edition = SHELF.on(session, basic_code, day)
        if edition is None or edition.id is None or edition.ends_by(day) or state is ItemState.CANCELLED:
            return None
        return self._read(session, edition.id)

    def _read(self, session: Session, edition_id: int) -> Standard:
        if edition_id not in self.parsed:
            edition = session.get_one(BasicItemEdition, edition_id)
            item = session.get_one(BasicItem, edition.basic_code)
            self.parsed[edition_id] = standard_of(session, item, edition)
        return self.parsed[edition_id]

    def behind(self, session: Session, basic_code: str, since: int) -> Behind:
        """Return how far edition `since` of a standard is behind the one in force."""
        now = self.items[basic_code].number
        key = (basic_code, since, now)
        if key not in self.compared:
            self.compared[key] = _compare(session, basic_code, since, now, self.day)
        return self.compared[key]


def fresh(session: Session, known: Knowledge | None, day: date, strictness: Strictness) -> Knowledge:
    """Return what is known, read anew only where a change has been made since."""
    number = last_number(session)
    if known is not None and known.number == number and known.day == day:
        return known
    registers = registers_of(session)
    rules = rules_from(registers, village_level_services_only=strictness.village_level_services_only)
    places = {row.code: Place(*row) for row in session.execute(_PLACES)}
    below: dict[str, list[str]] = defaultdict(list)
    for place in places.values():
        below[place.parent_code or ""].append(place.code)
    items = {row.basic_code: ItemNow(*row) for row in session.execute(_items(day))}
    by_name: dict[str, list[str]] = defaultdict(list)
    for item in items.values():
        by_name[normalised(item.name)].append(item.basic_code)
    league = next(iter(below.get("", ())), "")
    parents = frozenset(code for code in session.scalars(_PARENTS) if code is not None)
    parsed = known.parsed if known else {}
    return Knowledge(
        number, day, strictness, registers, rules, league, places, below, items, by_name, parents,
        wording_of(strictness.lint_words), parsed=parsed,
    )  # fmt: skip


def _compare(session: Session, basic_code: str, since: int, now: int, day: date) -> Behind:
    query = select(
        col(BasicItemEdition.number), col(BasicItemEdition.content), col(BasicItemEdition.effective_from)
    ).where(
        col(BasicItemEdition.basic_code) == basic_code,
        or_(
            col(BasicItemEdition.number) == since, and_(col(BasicItemEdition.number) > since, SHELF.table.known_by(day))
        ),
    )
    read = {row.number: row for row in session.execute(query)}
    after = read[now].content
    before = read[since].content if since in read else {}
    changed = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    return Behind(changed, min(row.effective_from for number, row in read.items() if number > since))


_PLACES = select(
    col(Region.code), col(Region.name), col(Region.level), col(Region.parent_code), col(Region.governed_by)
).order_by(col(Region.code))


_PARENTS = select(col(BasicItem.parent_basic_code)).where(col(BasicItem.parent_basic_code).is_not(None)).distinct()
_ITEM: tuple[Any, ...] = (
    col(BasicItem.basic_code),
    col(BasicItem.item_type),
    col(BasicItemEdition.name),
    col(BasicItemEdition.id),
    col(BasicItemEdition.number),
    col(BasicItemEdition.effective_from),
    col(BasicItem.parent_basic_code),
)


def _items(day: date) -> Select[Any]:
    return (
        select(*_ITEM)
        .join(BasicItemEdition, col(BasicItemEdition.basic_code) == col(BasicItem.basic_code))
        .where(SHELF.current(day), not_cancelled(Subject.BASIC_ITEM, col(BasicItem.basic_code), day))
        .order_by(col(BasicItem.basic_code))
    )
