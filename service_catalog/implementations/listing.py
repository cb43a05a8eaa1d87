"""Reading implementations: lists, an agency's 权责清单, the coverage of an item over regions."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, select
from sqlmodel import Session, col

from service_catalog.agencies.register import find_agency, name_on
from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.editing import find_item
from service_catalog.basic_items.findings import Severities
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import not_replaced, successors_of
from service_catalog.implementations.claiming import SHELF, NoSuchImplementation, find_implementation, weighed
from service_catalog.implementations.content import LocalContent, Offer
from service_catalog.implementations.schemas import (
    CheckView,
    CoverageLine,
    DutyLine,
    ImplementationLine,
    ImplementationView,
    LocalFindingView,
    RefusalView,
)
from service_catalog.implementations.standards import standard_to_implement
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.implementations.whole import findings_of
from service_catalog.kernel.paging import Walk
from service_catalog.lifecycle.standing import not_cancelled, standings_on
from service_catalog.regions.mapping import find_region, within
from service_catalog.regions.schemas import RegionLink
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import LEVEL_OF_EXERCISE
from service_catalog.registers.registers import registers_of

_BEST_FIRST = [Offer.OFFERED, Offer.OFFERED_BY_OTHER, Offer.OFFERED_BELOW, Offer.NOT_OFFERED]
_LINE: tuple[Any, ...] = (
    col(Implementation.implementation_code),
    col(Implementation.basic_code),
    col(BasicItemEdition.name),
    col(Agency.code).label("agency_code"),
    col(Implementation.region_code),
    col(Implementation.exercise_level),
    col(ImplementationEdition.availability),
    col(ImplementationEdition.number).label("edition"),
    col(ImplementationEdition.based_on_edition),
    col(ImplementationEdition.effective_from),
)


@lru_cache(maxsize=4)  # making the statement costs more than running it
def _lines(day: date) -> Select[Any]:
    """Select what a line shows of every implementation in force on `day`; whole documents stay where they are."""
    return (
        select(*_LINE, name_on(day).label("agency_name"))
        .select_from(Implementation)
        .join(
            ImplementationEdition,
            col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
        )
        .join(Agency, col(Agency.code) == col(Implementation.agency_code))
        .join(BasicItemEdition, col(BasicItemEdition.basic_code) == col(Implementation.basic_code))
        .where(
            SHELF.current(day),
            STANDARDS.current(day),
            not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), day),
            not_cancelled(Subject.BASIC_ITEM, col(Implementation.basic_code), day),
            not_replaced(day, col(Implementation.implementation_code), col(Implementation.basic_code)),
        )
    )


def list_implementations(
    session: Session,
    walk: Walk,
    day: date,
    *,
    region: str | None,
    agency: str | None,
    basic_code: str | None,
    availability: Offer | None,
    name: str | None,
) -> Sequence[Row[Any]]:
    """Return one row more than asked for, ordered by code: implementations in force on `day`."""
    query = _lines(day).order_by(col(Implementation.implementation_code)).limit(walk.limit + 1)
    if walk.after:
        query = query.where(col(Implementation.implementation_code) > walk.after)
    if region:
        query = query.where(within(col(Implementation.region_code), find_region(session, region).code))
    if agency:
        query = query.where(col(Implementation.agency_code) == find_agency(session, agency).code)
    if basic_code:
        query = query.where(col(Implementation.basic_code) == find_item(session, basic_code).basic_code)
    if availability:
        query = query.where(col(ImplementationEdition.availability) == availability)
    if name:
        query = query.where(col(BasicItemEdition.name).contains(name, autoescape=True))
    return session.execute(query).all()


def implementation_lines(session: Session, rows: Sequence[Row[Any]], day: date) -> list[ImplementationLine]:
    """Return implementations as a list shows them."""
    states = _states(session, [row.implementation_code for row in rows], day)
    return [
        ImplementationLine(**row._mapping, item_type=row.basic_code[2:4], state=states[row.implementation_code])
        for row in rows
    ]


def _states(session: Session, codes: Sequence[str], day: date) -> dict[str, str]:
    """Return how each of some implementations stands on `day`: it is suspended with its item, too."""
    own = standings_on(session, Subject.IMPLEMENTATION, codes, day)
    items = standings_on(session, Subject.BASIC_ITEM, {code[19:] for code in codes}, day)
    return {code: max(own[code].value, items[code[19:]].value) for code in codes}


def implementation_view(session: Session, code: str, day: date) -> ImplementationView:
    """Return one implementation with its stored differences; raises NoSuchImplementation."""
    find_implementation(session, code)
    documents: tuple[Any, ...] = (
        col(ImplementationEdition.published_at),
        col(ImplementationEdition.content).label("local"),
    )
    query = _lines(day).add_columns(*documents).where(col(Implementation.implementation_code) == code)
    row = session.execute(query).first()
    if row is None:
        raise NoSuchImplementation(
            f"{code} 在 {day} 没有已发布的版本", f"{code} has nothing in force on {day}", code=code,
            successors=[replacement.new_code for replacement in successors_of(session, code, day)],
        )  # fmt: skip
    region = RegionLink.of(find_region(session, row.region_code))
    shown = row._asdict() | {"local": LocalContent.model_validate(row.local).for_the_public()}
    state = _states(session, [code], day)[code]
    return ImplementationView(**shown, item_type=row.basic_code[2:4], region=region, state=state)


def duties_of(session: Session, walk: Walk, agency_code: str, day: date) -> Sequence[Row[Any]]:
    """Return an agency's items, one more than asked for, ordered by type, item and level (权责清单)."""
    find_agency(session, agency_code)
    order = col(BasicItem.item_type) + col(Implementation.basic_code) + col(Implementation.exercise_level)
    query = (
        _lines(day)
        .join(BasicItem, col(BasicItem.basic_code) == col(Implementation.basic_code))
        .where(col(Implementation.agency_code) == agency_code)
        .order_by(order)
        .limit(walk.limit + 1)
    )
    if walk.after:
        query = query.where(order > walk.after)
    return session.execute(query).all()


def duty_key(row: Row[Any]) -> str:
    """Return the key that the list of duties is walked by."""
    return f"{row.basic_code[2:4]}{row.basic_code}{row.exercise_level}"


def duty_line(session: Session, row: Row[Any]) -> DutyLine:
    """Return one item of an agency's list."""
    item_type = row.basic_code[2:4]
    label = registers_of(session).label("item_types", item_type, row.basic_code[:2])
    return DutyLine(
        item_type=item_type, item_type_zh=label.zh, item_type_en=label.en, implementation_code=row.implementation_code,
        basic_code=row.basic_code, name=row.name, exercise_level=row.exercise_level, availability=row.availability,
    )  # fmt: skip


def regions_to_cover(session: Session, walk: Walk, basic_code: str, inside: str | None, day: date) -> Sequence[Region]:
    """Return the regions at whose level the standard lets the item be exercised, one more than asked for."""
    standard = standard_to_implement(session, find_item(session, basic_code), day)
    levels = [LEVEL_OF_EXERCISE[level] for level in standard.content.exercise_levels if level in LEVEL_OF_EXERCISE]
    query = select(Region).where(col(Region.level).in_(levels)).order_by(col(Region.code)).limit(walk.limit + 1)
    if inside:
        query = query.where(within(col(Region.code), find_region(session, inside).code))
    if walk.after:
        query = query.where(col(Region.code) > walk.after)
    return session.scalars(query).all()


def coverage_lines(session: Session, basic_code: str, regions: Sequence[Region], day: date) -> dict[str, CoverageLine]:
    """Return for each region whether the item is offered there; unclaimed where nobody has declared anything."""
    query = (
        select(
            col(Implementation.region_code),
            col(Implementation.implementation_code),
            col(ImplementationEdition.availability),
        )
        .join(
            ImplementationEdition,
            col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
        )
        .where(
            col(Implementation.basic_code) == basic_code,
            col(Implementation.region_code).in_([region.code for region in regions]),
            SHELF.current(day),
            not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), day),
            not_replaced(day, col(Implementation.implementation_code), col(Implementation.basic_code)),
        )
        .order_by(col(Implementation.implementation_code))
    )
    declared: dict[str, list[tuple[str, Offer]]] = defaultdict(list)
    for region_code, code, availability in session.execute(query):
        declared[region_code].append((code, availability))
    states = _states(session, [code for rows in declared.values() for code, _ in rows], day)
    return {region.code: _coverage(region, declared.get(region.code, []), states) for region in regions}


def _coverage(region: Region, declared: list[tuple[str, Offer]], states: Mapping[str, str]) -> CoverageLine:
    best = min((offer for _, offer in declared), key=_BEST_FIRST.index, default=None)
    codes = [code for code, offer in declared if offer is best]
    return CoverageLine(
        region=RegionLink.of(region),
        status=best.value if best else "unclaimed",
        state=min((states[code] for code in codes), default=None),
        implementation_codes=codes,
    )


def check_draft(
    session: Session,
    code: str,
    draft: Mapping[str, Any],
    day: date,
    *,
    severities: Severities | None = None,
    words: Mapping[str, Sequence[str]] | None = None,
) -> CheckView:
    """Hold a local draft against the standard and write nothing; raises NoSuchImplementation, InvalidRequest.

    A draft that says nothing of availability is checked as one that is offered.
    """
    implementation = find_implementation(session, code)
    whole = {"availability": {"status": "offered"}} | dict(draft)
    standard, local, refusals = weighed(session, implementation, whole, day=day)
    found = findings_of(session, implementation, standard, local, day, severities=severities, words=words)
    return CheckView(
        acceptable=not refusals and not any(finding.severity == "error" for finding in found),
        standard_edition=standard.edition,
        refusals=[RefusalView(**refusal.facts(), zh=refusal.said.zh, en=refusal.said.en) for refusal in refusals],
        findings=[
            LocalFindingView(rule=f.name, severity=f.severity, pointer=f.pointer, zh=f.zh, en=f.en) for f in found
        ],
        would_store=local.differences(),
    )
