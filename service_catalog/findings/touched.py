"""What is to be judged anew: what the log says has changed, and what the calendar has made due."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import Session, col

from service_catalog.agencies.tables import AgencyFactsEdition
from service_catalog.appeals.tables import Appeal
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition
from service_catalog.changes.log import changes_after
from service_catalog.changes.tables import Subject
from service_catalog.findings import marks
from service_catalog.findings.asked import asked_since
from service_catalog.findings.dates import written_by
from service_catalog.findings.knowledge import Knowledge
from service_catalog.findings.tables import FindingFollower
from service_catalog.implementations.tables import (
    DelegatedRegion,
    Delegation,
    Implementation,
    ImplementationEdition,
    ServedRegion,
)
from service_catalog.kernel.names import normalised
from service_catalog.lifecycle.tables import Standing
from service_catalog.regions.tree import RegionLevel

AT_ONCE = 5_000
MOST = 20_000
"""So many changed implementations are judged by walking through all of them."""


@dataclass
class Touched:
    """What is to be judged."""

    everything: bool = False
    items: set[str] = field(default_factory=set)
    """Standards with all their implementations and their coverage everywhere."""
    items_alone: set[str] = field(default_factory=set)
    """Standards without these: only what is said of them has changed."""
    everywhere: set[str] = field(default_factory=set)
    """Items whose coverage is judged in every region."""
    agencies: set[str] = field(default_factory=set)
    """Bodies with their implementations."""
    implementations: set[str] = field(default_factory=set)
    """Local parts, with the coverage of their items where they sit and serve."""
    local_alone: set[str] = field(default_factory=set)
    """Local parts without it: only what is said of them has changed."""
    regions: set[str] = field(default_factory=set)
    """Regions with the coverage of every item."""
    places: set[tuple[str, str]] = field(default_factory=set)
    """Item and region whose coverage is judged."""

    def note(self, subject: Subject, code: str) -> None:
        """Note a thing that has changed. Issued codes and aliases change nothing that a rule looks at."""
        if subject is Subject.REGISTER:
            self.everything = True
        into = {
            Subject.BASIC_ITEM: self.items, Subject.AGENCY: self.agencies, Subject.REGION: self.regions,
            Subject.IMPLEMENTATION: self.implementations,
        }.get(subject)  # fmt: skip
        if into is not None:
            into.add(code)


def read_touched(session: Session, known: Knowledge, follower: FindingFollower) -> Touched:
    """Return what has been touched since the follower last looked; everything, where it never has."""
    touched = Touched()
    if follower.day is None or follower.rules != known.strictness.digest:
        touched.everything = True
        return touched
    for subject, code in _changes(session, follower.change_number, known.number):
        touched.note(subject, code)
    if follower.day < known.day:
        _note_what_is_due(session, touched, follower.day, known)
    if touched.everything or len(touched.implementations | touched.local_alone) > MOST:
        touched.everything = True
        return touched
    _note_namesakes(session, touched, known)
    _note_main_items(session, touched)
    _note_places(session, touched, known)
    return touched


def _changes(session: Session, after: int, until: int) -> Iterator[tuple[Subject, str]]:
    while after < until:
        page = changes_after(session, after, AT_ONCE)
        for change in page:
            yield change.subject, change.code
        session.expunge_all()
        if not page:
            return
        after = page[-1].number


def _note_what_is_due(session: Session, touched: Touched, last: date, known: Knowledge) -> None:
    """Note what begins, ends or falls due after the day `last`, up to today."""

    def comes(column: Any) -> ColumnElement[bool]:
        return and_(column > last, column <= known.day)

    items = select(col(BasicItemEdition.basic_code)).where(
        or_(comes(col(BasicItemEdition.effective_from)), comes(col(BasicItemEdition.effective_until)))
    )
    local = select(col(ImplementationEdition.implementation_code)).where(
        or_(comes(col(ImplementationEdition.effective_from)), comes(col(ImplementationEdition.effective_until)))
    )
    facts = select(col(AgencyFactsEdition.agency_code)).where(comes(col(AgencyFactsEdition.effective_from)))
    touched.items |= set(session.scalars(items))
    touched.implementations |= set(session.scalars(local))
    touched.agencies |= set(session.scalars(facts))
    for subject, code in session.execute(
        select(col(Standing.subject), col(Standing.code)).where(comes(col(Standing.from_on)))
    ):
        touched.note(subject, code)
    delegated = (
        select(col(Delegation.basic_code), col(DelegatedRegion.region_code))
        .join(DelegatedRegion, col(DelegatedRegion.act_id) == col(Delegation.act_id))
        .where(comes(col(Delegation.effective_on)))
    )
    touched.places |= {(item, region) for item, region in session.execute(delegated)}
    touched.items_alone |= set(asked_since(session, col(Appeal.basic_code), last))
    touched.local_alone |= set(asked_since(session, col(Appeal.implementation_code), last))
    _note_reviews(session, touched, last, known)


def _note_reviews(session: Session, touched: Touched, last: date, known: Knowledge) -> None:
    months = known.strictness.review_after_months
    if not months:
        return
    before, until = written_by(last, months), written_by(known.day, months)

    def due(column: Any) -> ColumnElement[bool]:
        return and_(column > before, column <= until)

    items = select(col(BasicItemEdition.basic_code)).where(due(col(BasicItemEdition.effective_from)))
    local = select(col(ImplementationEdition.implementation_code)).where(due(col(ImplementationEdition.effective_from)))
    touched.items_alone |= set(session.scalars(items))
    touched.local_alone |= set(session.scalars(local))


def _note_namesakes(session: Session, touched: Touched, known: Knowledge) -> None:
    """An item that has got or lost a name concerns those that have this name, and local parts that use it."""
    query = select(col(BasicItemEdition.name)).where(col(BasicItemEdition.basic_code).in_(sorted(touched.items)))
    names = {normalised(name) for name in session.scalars(query)}
    touched.items_alone |= {code for name in names for code in known.by_name.get(name, ())} - touched.items
    touched.local_alone |= marks.carriers(session, {marks.mark_of_name(name) for name in names})


def _note_main_items(session: Session, touched: Touched) -> None:
    """A main item that has got its first sub-item is no longer implemented itself."""
    query = select(col(BasicItem.parent_basic_code)).where(col(BasicItem.basic_code).in_(sorted(touched.items)))
    touched.items |= {parent for parent in session.scalars(query) if parent is not None}


def _note_places(session: Session, touched: Touched, known: Knowledge) -> None:
    """Where an implementation sits and whom it serves, the coverage of its item is judged; so it is in a new region."""
    codes = sorted(touched.implementations)
    for start in range(0, len(codes), AT_ONCE):
        mine = col(Implementation.implementation_code).in_(codes[start : start + AT_ONCE])
        sits = select(col(Implementation.basic_code), col(Implementation.region_code)).where(mine)
        serves = (
            select(col(Implementation.basic_code), col(ServedRegion.region_code))
            .join(
                ImplementationEdition,
                col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
            )
            .join(ServedRegion, col(ServedRegion.edition_id) == col(ImplementationEdition.id))
            .where(mine)
            .distinct()
        )
        for query in (sits, serves):
            touched.places |= {(item, region) for item, region in session.execute(query)}
    touched.places |= {(item, region) for item in known.items for region in touched.regions}
    for item, region in list(touched.places):
        place = known.places[region]
        if place.level is RegionLevel.VILLAGE and place.parent_code is not None:
            touched.places.add((item, place.parent_code))
