"""What the edition in work of a standard will do to its implementations, a page of them at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlmodel import Session, col

from service_catalog.access.places import demand_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.register import name_on
from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.drafts import read_draft
from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.editing import find_item
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import not_replaced
from service_catalog.history.consequences import WORDS, Consequence, consequences
from service_catalog.history.schemas import ConsequenceView, ImpactLine, ImpactPage, RegionCount
from service_catalog.implementations.claiming import SHELF as LOCALS
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.inheritance import Standard
from service_catalog.implementations.standards import standard_of
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.kernel.errors import Conflict, Said
from service_catalog.lifecycle.standing import not_cancelled
from service_catalog.lifecycle.states import WorkState
from service_catalog.regions.mapping import within
from service_catalog.regions.schemas import RegionLink
from service_catalog.regions.tables import Region, RegionLine
from service_catalog.regions.tree import RegionLevel
from service_catalog.registers.registers import Registers, registers_of


class DraftUnfinished(Conflict):
    """What an edition will do can be told when nothing mandatory is missing from it; the facts name what is."""

    title = Said("草稿尚不完整，无法测算影响", "The draft is not complete enough to tell what it will do")


@dataclass(frozen=True)
class Impact:
    """An edition in work, held against what there is: an edition in force, and implementations on a day."""

    draft: Standard
    state: WorkState
    in_force: Standard | None
    day: date
    registers: Registers

    def on(self, row: Row[Any]) -> ImpactLine:
        """Return what it does to one implementation."""
        local = LocalContent.model_validate(row.content)
        matrix, worst = self.registers.matrix, self.registers.calendar.longest_run
        found = consequences(local, row.exercise_level, self.draft, self.in_force, matrix, worst)
        columns = {name: value for name, value in row._mapping.items() if name != "content"}
        return ImpactLine(**columns, consequences=[_view(consequence) for consequence in found])


def impact_of(session: Session, basic_code: str, today: date, *, by: Actor) -> Impact:
    """Return the edition in work of a standard, ready to be held against implementations.

    Raises NoSuchItem, NotAllowed, NothingOpen, DraftUnfinished.
    """
    item = find_item(session, basic_code)
    demand_league(session, by, Right.READ_DRAFTS)
    edition = STANDARDS.find_open(session, basic_code, today)
    day = max(today, edition.effective_from or today)
    draft = _draft(item, edition, day)
    present = STANDARDS.on(session, basic_code, today)
    in_force = standard_of(session, item, present) if present is not None and not present.ends_by(today) else None
    return Impact(draft, edition.state, in_force, day, registers_of(session))


def _draft(item: BasicItem, edition: BasicItemEdition, day: date) -> Standard:
    written = read_draft(edition.content, item.item_type)
    if written.content is None:
        missing = [fault.pointer for fault in written.missing]
        raise DraftUnfinished(
            f"尚缺：{'、'.join(missing)}", f"still missing: {', '.join(missing)}", code=item.basic_code, missing=missing
        )
    return Standard(
        item.basic_code, item.item_type, item.parent_basic_code, edition.number, written.content, day,
        edition.effective_until,
    )  # fmt: skip


def touched(
    session: Session, impact: Impact, *, after: str | None, most: int, region: str | None
) -> Sequence[Row[Any]]:
    """Return up to `most` of the implementations that it touches, after a code, by code; with their documents."""
    columns: tuple[Any, ...] = (
        col(Implementation.implementation_code), col(Implementation.agency_code),
        name_on(impact.day).label("agency_name"), col(Implementation.region_code), col(Implementation.exercise_level),
        col(ImplementationEdition.number).label("edition"), col(ImplementationEdition.content),
    )  # fmt: skip
    query = _touched(select(*columns), impact, region).join(Agency, col(Agency.code) == col(Implementation.agency_code))
    if after is not None:
        query = query.where(col(Implementation.implementation_code) > after)
    return session.execute(query.order_by(col(Implementation.implementation_code)).limit(most)).all()


def _touched(query: Select[Any], impact: Impact, region: str | None) -> Select[Any]:
    """Narrow a question down to the implementations of the item that are in force on the day."""
    code = col(Implementation.implementation_code)
    query = (
        query.select_from(Implementation)
        .join(ImplementationEdition, col(ImplementationEdition.implementation_code) == code)
        .where(
            col(Implementation.basic_code) == impact.draft.basic_code,
            LOCALS.current(impact.day),
            not_cancelled(Subject.IMPLEMENTATION, code, impact.day),
            not_cancelled(Subject.BASIC_ITEM, col(Implementation.basic_code), impact.day),
            not_replaced(impact.day, code, col(Implementation.basic_code)),
        )
    )
    return query if region is None else query.where(within(col(Implementation.region_code), region))


def counted(session: Session, impact: Impact, region: str | None) -> list[RegionCount]:
    """Count the implementations that it touches by banner or county; the league's own bodies under the league."""
    seat: Any = col(Implementation.region_code)
    query: Select[Any] = select(seat.label("seat"), func.count().label("number"))
    rows = session.execute(_touched(query, impact, region).group_by(seat))
    by_place: dict[str, int] = {row.seat: row.number for row in rows}
    around = _banner_around(session, by_place)
    totals: dict[str, int] = {}
    for place, number in by_place.items():
        code = around[place].code
        totals[code] = totals.get(code, 0) + number
    regions = {found.code: found for found in around.values()}
    return [
        RegionCount(region=RegionLink.of(regions[code]), implementations=number)
        for code, number in sorted(totals.items())
    ]


def _banner_around(session: Session, places: dict[str, int]) -> dict[str, Region]:
    """Return for each place the nearest banner that it is or lies in, or the league."""
    query = (
        select(col(RegionLine.descendant), Region)
        .join(Region, col(Region.code) == col(RegionLine.ancestor))
        .where(
            col(RegionLine.descendant).in_(list(places)),
            col(Region.level).in_([RegionLevel.LEAGUE, RegionLevel.BANNER]),
        )
        .order_by(col(RegionLine.distance))
    )
    nearest: dict[str, Region] = {}
    for place, region in session.execute(query):
        nearest.setdefault(place, region)
    return nearest


def impact_page(impact: Impact, by_region: list[RegionCount], page: dict[str, Any]) -> ImpactPage:
    """Return a page of lines with what holds of all of them."""
    return ImpactPage(
        basic_code=impact.draft.basic_code, edition=impact.draft.edition, state=impact.state,
        in_force=impact.in_force.edition if impact.in_force else None, effective_on=impact.day,
        implementations=sum(count.implementations for count in by_region), by_region=by_region, **page,
    )  # fmt: skip


def _view(found: Consequence) -> ConsequenceView:
    words = WORDS[found.outcome]
    return ConsequenceView(
        outcome=found.outcome.value, outcome_zh=words.zh, outcome_en=words.en, element=found.element,
        pointer=found.pointer, rule=found.rule, zh=found.said.zh, en=found.said.en,
        standard_value=found.standard_value, local_value=found.local_value, already=found.already,
    )  # fmt: skip
