"""What stands here of many implementations, read at once: what a single draft is held against, for thousands."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from service_catalog.access.places import Places
from service_catalog.access.rights import Place
from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.register import facts_on
from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import find_item
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition
from service_catalog.changes import log
from service_catalog.changes.tables import Change, Subject
from service_catalog.implementations.claiming import SHELF
from service_catalog.implementations.inheritance import Standard
from service_catalog.implementations.standards import edition_to_implement, standard_of
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.kernel.errors import CatalogError, Said
from service_catalog.lifecycle.standing import standings_on
from service_catalog.lifecycle.states import IN_WORDS, OPEN, ItemState, WorkState
from service_catalog.registers.registers import registers_of

CHUNK = 1000
AGENCY, LEVEL, BASIC = slice(0, 18), slice(18, 19), slice(19, 31)
"""Where the parts of an implementation code stand."""


class Here(NamedTuple):
    """What the catalogue has of one implementation; of what is not claimed yet, nothing."""

    agency: Agency | None
    claimed: Implementation | None
    live: Sequence[ImplementationEdition]
    last_number: int
    last_change: int
    state: ItemState

    def in_work(self, today: date) -> ImplementationEdition | None:
        """Return the edition in work; what has taken effect by the clock no longer is."""
        return next((one for one in self.live if one.state in OPEN and not one.is_due(today)), None)

    def in_force(self, today: date) -> ImplementationEdition | None:
        """Return the edition in force, or the last one that was."""
        known = [one for one in self.live if one.effective_from is not None and one.effective_from <= today]
        return max(known, key=lambda one: (one.effective_from, one.number), default=None)


def in_work_words(edition: ImplementationEdition) -> Said:
    """Say who has an edition in work, or that it is approved and from when on it holds."""
    number, by, state = edition.number, edition.drafted_by, edition.state
    if state is not WorkState.APPROVED:
        where = IN_WORDS[state]
        return Said(f"第 {number} 版正在编制（{by}，{where}）", f"edition {number} is in work ({by}, {state.value})")
    day = edition.effective_from
    return Said(
        f"第 {number} 版已批准，{f'{day} 起生效' if day else '待发布'}",
        f"edition {number} is approved, {f'in force from {day}' if day else 'to be published'}",
    )


@dataclass(frozen=True)
class Stamp:
    """Names a state of what a row was judged by: where two are equal, judging again would say the same."""

    own: tuple[Any, ...]
    standard: int | None
    facts: int | None
    registers: int
    regions: int


class Gathered:
    """One picture of many implementations; nothing is asked twice."""

    def __init__(self, session: Session, codes: Collection[str], today: date) -> None:
        self.session, self.today = session, today
        self.registers = registers_of(session)
        self._regions = _last_change_of_regions(session)
        self._here = {code: here for chunk in _chunks(codes) for code, here in _gather(session, chunk, today)}
        self._places = Places(session)
        self._facts: dict[tuple[str, date], tuple[int | None, AgencyFacts | None]] = {}
        self._editions: dict[tuple[str, date], tuple[BasicItem, BasicItemEdition] | CatalogError] = {}
        self._with_sub_items = _with_sub_items(session, {code[BASIC] for code in codes})

    def here(self, code: str) -> Here:
        """Return what stands here of an implementation."""
        return self._here[code]

    def place_of(self, agency: Agency) -> Place:
        """Return where an agency is."""
        return self._places.of(agency.region_code, agency.code)

    def facts(self, agency_code: str, day: date) -> AgencyFacts | None:
        """Return what an agency said of itself on a day."""
        return self._stated(agency_code, day)[1]

    def _stated(self, agency_code: str, day: date) -> tuple[int | None, AgencyFacts | None]:
        if (agency_code, day) not in self._facts:
            edition = facts_on(self.session, agency_code, day)
            self._facts[agency_code, day] = (edition.number, edition.facts) if edition else (None, None)
        return self._facts[agency_code, day]

    def has_sub_items(self, basic_code: str) -> bool:
        """Tell whether an item is a main item that has others below it."""
        return basic_code in self._with_sub_items

    def standard(self, basic_code: str, day: date) -> Standard:
        """Return the standard to implement on a day; raises NoSuchItem, StandardNotInForce."""
        found = self._edition(basic_code, day)
        if isinstance(found, CatalogError):
            raise found
        return standard_of(self.session, *found)

    def stamp(self, code: str, day: date) -> Stamp:
        """Return the state of what a row about this implementation is judged by."""
        agency, claimed, live, *rest = self._here[code]
        editions = tuple((one.seen, one.effective_from) for one in live)
        found = self._edition(code[BASIC], day)
        return Stamp(
            (agency and agency.region_code, claimed is not None, editions, *rest),
            None if isinstance(found, CatalogError) else found[1].id,
            self._stated(code[AGENCY], day)[0], self.registers.version, self._regions,
        )  # fmt: skip

    def _edition(self, basic_code: str, day: date) -> tuple[BasicItem, BasicItemEdition] | CatalogError:
        if (basic_code, day) not in self._editions:
            found: tuple[BasicItem, BasicItemEdition] | CatalogError
            try:
                item = find_item(self.session, basic_code)
                found = item, edition_to_implement(self.session, item, day)
            except CatalogError as error:
                found = error
            self._editions[basic_code, day] = found
        return self._editions[basic_code, day]


def lock_all(session: Session, codes: Collection[str]) -> None:
    """Hold what is claimed until the transaction ends; in one order, so that two who do it follow each other.

    The bodies come first, as where one is moved: what is claimed for it must stand in its new region.
    """
    for chunk in _chunks({code[AGENCY] for code in codes}):
        bodies = select(col(Agency.code)).where(col(Agency.code).in_(chunk)).order_by(col(Agency.code))
        session.execute(bodies.with_for_update(read=True))
    for chunk in _chunks(codes):
        query = select(col(Implementation.implementation_code)).where(
            col(Implementation.implementation_code).in_(chunk)
        )
        session.execute(query.order_by(col(Implementation.implementation_code)).with_for_update())


def _chunks(codes: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(codes)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def _gather(session: Session, codes: list[str], today: date) -> Iterator[tuple[str, Here]]:
    bodies = select(Agency).where(col(Agency.code).in_({code[AGENCY] for code in codes}))
    agencies = {agency.code: agency for agency in session.scalars(bodies)}
    rows = select(Implementation).where(col(Implementation.implementation_code).in_(codes))
    claimed = {row.implementation_code: row for row in session.scalars(rows)}
    live, numbers = SHELF.live_of(session, codes), SHELF.last_numbers(session, codes)
    changes = log.last_changes_of(session, Subject.IMPLEMENTATION, codes)
    states = standings_on(session, Subject.IMPLEMENTATION, codes, today)
    for code in codes:
        yield code, Here(
            agencies.get(code[AGENCY]), claimed.get(code), live.get(code, []), numbers.get(code, 0),
            changes.get(code, 0), states[code],
        )  # fmt: skip


def _with_sub_items(session: Session, basic_codes: Collection[str]) -> frozenset[str]:
    found: set[str] = set()
    for chunk in _chunks(basic_codes):
        query = select(col(BasicItem.parent_basic_code)).where(col(BasicItem.parent_basic_code).in_(chunk))
        found.update(parent for parent in session.scalars(query.distinct()) if parent is not None)
    return frozenset(found)


def _last_change_of_regions(session: Session) -> int:
    query = select(func.max(col(Change.number))).where(col(Change.subject) == Subject.REGION)
    return session.execute(query).scalar_one() or 0
