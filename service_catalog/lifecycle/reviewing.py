"""Shelf: the editions of one kind of thing, and the moves between draft and published.

The verbs of standards and of implementations differ in what they check; how an edition moves, and
what is kept of each step, is the same for both and stands here.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, defer
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Conflict, NotFound, Said, Stale
from service_catalog.lifecycle.edition import EditionRow
from service_catalog.lifecycle.states import OPEN, EditionKind, WorkState
from service_catalog.lifecycle.tables import ReviewNote, ReviewStep

E = TypeVar("E", bound=EditionRow)


class OpenEditionExists(Conflict):
    """A thing has at most one edition in work."""

    title = Said("已有正在编制的版本", "An edition is in work already")


class NothingOpen(NotFound):
    """No edition of this thing is in work."""

    title = Said("没有正在编制的版本", "No edition is in work")


class NoSuchEdition(NotFound):
    """The thing has no edition of this number."""

    title = Said("没有这个版本", "No such edition")


class StaleRevision(Stale):
    """The draft was written by somebody else since it was read."""

    title = Said("草稿已被他人修改", "The draft has been changed meanwhile")


ANY = "*"
"""Whatever stands there, the caller means it (If-Match: *)."""


@dataclass(frozen=True)
class Shelf(Generic[E]):
    """Where the editions of one kind of thing stand."""

    subject: Subject
    table: type[E]
    owner: str
    """Name of the column that holds the code of the thing."""
    defers_content: bool = False
    """The documents are large: `on` reads them only when somebody looks inside."""

    def all_of(self, session: Session, code: str) -> Sequence[E]:
        """Return every edition of a thing, oldest first."""
        query = select(self.table).where(self._owner() == code).order_by(col(self.table.number))
        return session.scalars(query).all()

    def find(self, session: Session, code: str, number: int) -> E:
        """Return one edition; raises NoSuchEdition."""
        edition = session.scalars(
            select(self.table).where(self._owner() == code, col(self.table.number) == number)
        ).first()
        if edition is None:
            raise NoSuchEdition(
                f"{code} 没有第 {number} 版", f"{code} has no edition {number}", code=code, edition=number
            )
        return edition

    def find_open(self, session: Session, code: str, today: date) -> E:
        """Return the edition in work; raises NothingOpen."""
        edition = self.open_of(session, code, today)
        if edition is None:
            raise NothingOpen(f"{code} 没有正在编制的版本", f"{code} has no edition in work", code=code)
        return edition

    def open_of(self, session: Session, code: str, today: date) -> E | None:
        """Return the edition in work, if there is one; what has taken effect by the clock is no longer in work."""
        query = select(self.table).where(self._owner() == code, col(self.table.state).in_(OPEN))
        edition = session.scalars(query).first()
        return None if edition is None or edition.is_due(today) else edition

    def on(self, session: Session, code: str, day: date) -> E | None:
        """Return the edition that was in force on `day` and published by then; one that has ended is returned too."""
        query = (
            select(self.table)
            .where(self._owner() == code, self.table.known_by(day))
            .order_by(col(self.table.effective_from).desc(), col(self.table.number).desc())
            .limit(1)
        )
        if self.defers_content:
            query = query.options(defer(self.table.content))  # type: ignore[arg-type]
        return session.scalars(query).first()

    def current(self, day: date) -> ColumnElement[bool]:
        """Return the condition that an edition row is the one in force on `day`."""
        later = aliased(self.table)
        newer = or_(
            col(later.effective_from) > col(self.table.effective_from),
            and_(
                col(later.effective_from) == col(self.table.effective_from), col(later.number) > col(self.table.number)
            ),
        )
        same_thing = getattr(later, self.owner) == self._owner()
        until = col(self.table.effective_until)
        return and_(
            self.table.known_by(day),
            or_(until.is_(None), until > day),
            ~exists().where(same_thing, later.known_by(day), newer),
        )

    def begin(
        self,
        session: Session,
        code: str,
        content: dict[str, Any],
        kind: EditionKind,
        *,
        by: Actor,
        at: datetime,
        **columns: Any,
    ) -> E:
        """Open a new edition; raises OpenEditionExists."""
        editions = self.all_of(session, code)
        settle(session, editions, civil_day(at))
        if any(edition.state in OPEN for edition in editions):
            raise OpenEditionExists(f"{code} 已有正在编制的版本", f"{code} has an edition in work", code=code)
        number = max((edition.number for edition in editions), default=0) + 1
        edition = self.new(code, number, content, kind, by=by, **columns)
        session.add(edition)
        session.flush()
        return edition

    def new(
        self, code: str, number: int, content: dict[str, Any], kind: EditionKind, *, by: Actor, **columns: Any
    ) -> E:
        """Return a first draft that is not stored yet."""
        owned: dict[str, Any] = {self.owner: code} | columns
        return self.table(number=number, kind=kind, content=content, drafted_by=by.name, authors=[by.identity], **owned)

    def live_of(self, session: Session, codes: Collection[str]) -> dict[str, list[E]]:
        """Return of many things the editions that are in work, in force, or will be: none that is only history."""
        query = select(self.table).where(
            self._owner().in_(codes), col(self.table.state).in_((*OPEN, WorkState.PUBLISHED))
        )
        live: dict[str, list[E]] = {}
        for edition in session.scalars(query.order_by(col(self.table.number))):
            live.setdefault(getattr(edition, self.owner), []).append(edition)
        return live

    def last_numbers(self, session: Session, codes: Collection[str]) -> dict[str, int]:
        """Return the number of the last edition of each of many things that has one."""
        query = select(self._owner(), func.max(col(self.table.number))).where(self._owner().in_(codes))
        return {row[0]: row[1] for row in session.execute(query.group_by(self._owner()))}

    def expect_seen(self, session: Session, code: str, seen: Collection[str] | None, today: date) -> None:
        """Raise StaleRevision unless the edition in work is the one that the caller has seen; None asks nothing."""
        if seen is None:
            return
        edition = self.open_of(session, code, today)
        if edition is None:
            raise StaleRevision("所见的版本已不在编制中", "what you have seen is no longer in work", now=None)
        if edition.seen not in seen and ANY not in seen:
            raise StaleRevision(
                f"该版本已变为 {edition.seen}", f"the edition is now at {edition.seen}", now=edition.seen
            )

    def revise(
        self,
        session: Session,
        code: str,
        content: dict[str, Any],
        *,
        expected_revision: int | None,
        by: Actor,
        at: datetime,
    ) -> E:
        """Write the open draft anew; raises StaleRevision."""
        edition = self.find_open(session, code, civil_day(at))
        if expected_revision is not None and expected_revision != edition.revision:
            raise StaleRevision(
                f"草稿已是第 {edition.revision} 次修改",
                f"the draft is at revision {edition.revision}",
                revision=edition.revision,
            )
        edition.revise(content, by=by)
        return edition

    def discard(self, session: Session, code: str, *, at: datetime) -> None:
        """Throw the open draft away; what was ever submitted is kept as withdrawn, with the opinions about it."""
        edition = self.find_open(session, code, civil_day(at))
        edition.expect(WorkState.DRAFT)
        if edition.submitted_by is None:
            session.delete(edition)
        else:
            edition.state = WorkState.WITHDRAWN
        session.flush()

    def submit(self, session: Session, code: str, *, by: Actor, at: datetime) -> E:
        """Hand the draft in for review."""
        edition = self.find_open(session, code, civil_day(at))
        edition.submit(by=by)
        return self._keep(session, code, edition, ReviewStep.SUBMIT, by, at)

    def take_back(self, session: Session, code: str, *, by: Actor, at: datetime) -> E:
        """Take a submitted or returned edition back into draft."""
        edition = self.find_open(session, code, civil_day(at))
        edition.take_back()
        return self._keep(session, code, edition, ReviewStep.TAKE_BACK, by, at)

    def send_back(self, session: Session, code: str, opinion: str, *, by: Actor, at: datetime) -> E:
        """Return a submitted edition with an opinion; raises OpinionMissing."""
        edition = self.find_open(session, code, civil_day(at))
        edition.send_back(opinion)
        return self._keep(session, code, edition, ReviewStep.SEND_BACK, by, at, opinion)

    def approve(self, session: Session, code: str, *, by: Actor, at: datetime, opinion: str | None = None) -> E:
        """Approve a submitted edition; raises ApprovedByAuthor."""
        edition = self.find_open(session, code, civil_day(at))
        edition.approve(by=by)
        return self._keep(session, code, edition, ReviewStep.APPROVE, by, at, opinion)

    def publish(
        self,
        session: Session,
        code: str,
        *,
        effective_from: date | None,
        effective_until: date | None,
        by: Actor,
        at: datetime,
    ) -> E:
        """Publish the approved edition, today or on a later day; raises BackDated."""
        edition = self.find_open(session, code, civil_day(at))
        edition.publish(effective_from=effective_from or civil_day(at), effective_until=effective_until, at=at)
        settle(session, self.all_of(session, code), civil_day(at))
        log.record(session, self.subject, code, edition=edition.number, by=by, at=at)
        return self._keep(session, code, edition, ReviewStep.PUBLISH, by, at)

    def publish_unreviewed(
        self, session: Session, edition: E, effective_from: date, opinion: str, *, by: Actor, at: datetime
    ) -> None:
        """Publish a draft under a right that needs no review; the note says which. The caller settles and flushes."""
        edition.publish_unreviewed(effective_from=effective_from, by=by, at=at)
        code = getattr(edition, self.owner)
        log.record(session, self.subject, code, edition=edition.number, by=by, at=at)
        session.add(self._note(code, edition, ReviewStep.PUBLISH, by, at, opinion))

    def withdraw(self, session: Session, code: str, *, by: Actor, at: datetime) -> E:
        """Take an approved or scheduled edition out before it takes effect."""
        settle(session, self.all_of(session, code), civil_day(at))
        edition = self.find_open(session, code, civil_day(at))
        was_announced = edition.published_at is not None
        edition.withdraw()
        if was_announced:
            log.record(session, self.subject, code, edition=edition.number, by=by, at=at)
        return self._keep(session, code, edition, ReviewStep.WITHDRAW, by, at)

    def _owner(self) -> Any:
        return getattr(self.table, self.owner)

    def _keep(
        self,
        session: Session,
        code: str,
        edition: E,
        step: ReviewStep,
        by: Actor,
        at: datetime,
        opinion: str | None = None,
    ) -> E:
        session.add(self._note(code, edition, step, by, at, opinion))
        session.flush()
        return edition

    def _note(
        self, code: str, edition: E, step: ReviewStep, by: Actor, at: datetime, opinion: str | None
    ) -> ReviewNote:
        return ReviewNote(
            subject=self.subject, code=code, edition=edition.number, step=step, opinion=opinion, by=by.name, at=at
        )


def settle(session: Session, editions: Iterable[EditionRow], today: date) -> None:
    """Write down what the clock has done since the last write: a due edition is published, the one before superseded.

    Reading never needs this; it frees the places that the unique indexes guard.
    """
    settle_each(session, [list(editions)], today)


def settle_each(session: Session, shelves: Sequence[Sequence[EditionRow]], today: date) -> None:
    """Do the same for many things; each has one due edition at the most, since it has one open at the most.

    The old editions leave their places (flush) before the new ones take them.
    """
    due = [(edition, rows) for rows in shelves for edition in rows if edition.is_due(today)]
    if not due:
        return
    for _, rows in due:
        for edition in rows:
            if edition.state is WorkState.PUBLISHED:
                edition.state = WorkState.SUPERSEDED
    session.flush()
    for edition, _ in due:
        edition.state = WorkState.PUBLISHED
    session.flush()
