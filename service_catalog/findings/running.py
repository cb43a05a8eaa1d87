"""Running the engine over everything, or over one region, agency or item; in short transactions, batch by batch.

Whoever judges holds the follower's row from before the first look until what came of it is written. So two runs at once take
turns, and whoever comes later has looked later: no old look overwrites a new one, and no finding opens twice.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, select, true
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency
from service_catalog.changes.tables import Subject
from service_catalog.findings import marks
from service_catalog.findings.agency_rules import agencies, judge_agencies
from service_catalog.findings.coverage import judge_places, places_of
from service_catalog.findings.item_rules import judge_items
from service_catalog.findings.judging import IMPLEMENTATIONS, judge_implementations
from service_catalog.findings.keeping import keep
from service_catalog.findings.knowledge import Knowledge, fresh
from service_catalog.findings.register_rules import judge_registers
from service_catalog.findings.rules import Found, Strictness
from service_catalog.findings.scope import Scope, inside_of
from service_catalog.findings.tables import Finding, FindingFollower
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.database import unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.regions.mapping import within

BATCH = 500
"""Implementations in one transaction: other writers of a SQLite file wait some tenths of a second at the most."""

Progress = Callable[[str, int, int], None]


def hold(session: Session) -> FindingFollower:
    """Return the follower's row and hold it until the transaction ends."""
    query = select(FindingFollower).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one()


@dataclass
class Running:
    """One run under way."""

    engine: Engine
    strictness: Strictness
    at: datetime
    progress: Progress
    run_id: int = 0
    number: int = 0
    """The last change when the run began: everything up to it is judged."""
    known: Knowledge | None = None
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("implementations", "items", "agencies", "places", "opened", "closed"), 0)
    )
    again: set[str] = field(default_factory=set)
    """Implementations that share a local code or a name with one that has changed."""

    @contextmanager
    def turn(self) -> Iterator[tuple[Session, Knowledge]]:
        """One transaction that looks and writes, alone."""
        with unit_of_work(self.engine) as session:
            hold(session)
            self.known = fresh(session, self.known, civil_day(self.at), self.strictness)
            yield session, self.known

    def keep(self, session: Session, judged: ColumnElement[bool], found: Sequence[Found]) -> None:
        """Write what came of a batch."""
        moved = keep(session, judged, found, self.strictness, run_id=self.run_id, at=self.at)
        self.counts["opened"] += moved.opened
        self.counts["closed"] += moved.closed

    def judge_registers(self) -> None:
        """Judge what belongs to no item and to no body."""
        with self.turn() as (session, known):
            self.keep(session, col(Finding.subject) == Subject.REGISTER, list(judge_registers(known)))

    def judge_agencies(self, scope: Scope) -> None:
        """Judge the bodies of a scope."""
        condition: ColumnElement[bool] = true()
        if scope.region is not None:
            condition = within(col(Agency.region_code), scope.region)
        if scope.agency is not None:
            condition = col(Agency.code) == scope.agency
        after, more = "", True
        while more:
            with self.turn() as (session, known):
                query = agencies().where(condition, col(Agency.code) > after).limit(BATCH)
                rows = session.execute(query).all()
                more = len(rows) == BATCH
                judged = _stretch(Subject.AGENCY, scope, after, rows[-1].code if more else None)
                self.keep(session, judged, list(judge_agencies(session, known, rows)))
            after = rows[-1].code if more else after
            self.counts["agencies"] += len(rows)

    def judge_items(self, codes: Sequence[str]) -> None:
        """Judge these standards."""
        for some in _batches(codes):
            with self.turn() as (session, known):
                judged = and_(col(Finding.subject) == Subject.BASIC_ITEM, col(Finding.code).in_(some))
                self.keep(session, judged, list(judge_items(session, known, some)))
            self.counts["items"] += len(some)

    def judge_implementations(self, scope: Scope, total: int) -> None:
        """Judge the implementations of a scope, in the order of their codes."""
        after, more, done = "", True, 0
        while more:
            with self.turn() as (session, known):
                query = IMPLEMENTATIONS.where(scope.of(Implementation), col(Implementation.implementation_code) > after)
                rows = session.execute(query.limit(BATCH)).all()
                more = len(rows) == BATCH
                until = rows[-1].implementation_code if more else None
                self._implementations(session, known, rows, _stretch(Subject.IMPLEMENTATION, scope, after, until))
            after = until or after
            done += len(rows)
            self.progress("体检 implementations", done, max(total, done))

    def judge_these(self, codes: Sequence[str]) -> None:
        """Judge implementations by their codes."""
        for some in _batches(codes):
            with self.turn() as (session, known):
                rows = session.execute(IMPLEMENTATIONS.where(col(Implementation.implementation_code).in_(some))).all()
                judged = and_(col(Finding.subject) == Subject.IMPLEMENTATION, col(Finding.code).in_(some))
                self._implementations(session, known, rows, judged)

    def _implementations(
        self, session: Session, known: Knowledge, rows: Sequence[Any], judged: ColumnElement[bool]
    ) -> None:
        found, moved = judge_implementations(session, known, rows)
        self.keep(session, judged, found)
        self.again |= marks.concerned(session, moved) - {row.implementation_code for row in rows}
        self.counts["implementations"] += len(rows)

    def judge_again(self) -> None:
        """Judge once more those whose words stand elsewhere too, now that all are known."""
        again, self.again = sorted(self.again), set()
        self.judge_these(again)

    def judge_everywhere(self, items: Sequence[str], inside: str | None = None) -> None:
        """Judge the coverage of these items, in the whole league or inside a region."""
        for done, item in enumerate(items, start=1):
            with self.turn() as (session, known):
                places = places_of(session, known, item)
                judged = and_(col(Finding.subject) == Subject.REGION, Scope(inside, None, item).of(Finding))
                if inside is not None:
                    lying = inside_of(session, inside)
                    places = [place for place in places if place in lying]
                self.keep(session, judged, list(judge_places(session, known, item, places)))
            self.counts["places"] += len(places)
            self.progress("覆盖 coverage", done, len(items))

    def judge_at(self, item: str, places: Sequence[str]) -> None:
        """Judge the coverage of an item in some regions."""
        with self.turn() as (session, known):
            judged = and_(
                col(Finding.subject) == Subject.REGION, col(Finding.code).in_(places), col(Finding.basic_code) == item
            )
            self.keep(session, judged, list(judge_places(session, known, item, sorted(places))))
        self.counts["places"] += len(places)


def _stretch(subject: Subject, scope: Scope, after: str, until: str | None) -> ColumnElement[bool]:
    """Return the findings of everything in a stretch of codes: of what has gone from it as well."""
    judged = and_(col(Finding.subject) == subject, scope.of(Finding), col(Finding.code) > after)
    return judged if until is None else and_(judged, col(Finding.code) <= until)


def _batches(codes: Sequence[str]) -> Iterator[list[str]]:
    left = iter(codes)
    while some := list(islice(left, BATCH)):
        yield some
