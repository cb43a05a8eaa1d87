"""What the routes of every edition share: the version the caller has seen, and the moves between draft and published."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.actors import Actor
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError, Said, Unconditional
from service_catalog.kernel.problems import answers
from service_catalog.kernel.texts import PRINTABLE, Line
from service_catalog.kernel.web import Now, WriteDb
from service_catalog.lifecycle.edition import (
    ApprovedByAuthor,
    BackDated,
    EditionRow,
    EndsBeforeItBegins,
    OpinionMissing,
    WrongState,
)
from service_catalog.lifecycle.reviewing import NothingOpen, Shelf, StaleRevision
from service_catalog.lifecycle.standing import (
    ActBackDated,
    ActNeedsDocument,
    AlreadyCancelled,
    Decision,
    NotInThatState,
)
from service_catalog.lifecycle.states import EditionKind, WorkState

EDITING: tuple[type[CatalogError], ...] = (SignInFirst, NotAllowed, NothingOpen, StaleRevision, WrongState)


class SeenVersionMissing(Unconditional):
    """Writing over an edition in work needs If-Match with the ETag under which it was read."""

    title = Said("须用 If-Match 注明所见版本", "Say with If-Match which version you have seen")


def _seen(
    if_match: Annotated[str | None, Header(max_length=60, description="ETag of the edition in work.")] = None,
) -> str | None:
    """Return the version the caller has seen; None where it says nothing, or says that any will do (*)."""
    if if_match is None or if_match.strip() == "*":
        return None
    return if_match.strip().removeprefix("W/").strip('"')


Seen = Annotated[str | None, Depends(_seen)]


def demand_seen(seen: str | None) -> str:
    """Raise SeenVersionMissing unless the caller said which version it has seen."""
    if seen is None:
        raise SeenVersionMissing(
            "请先读取草稿，再用其 ETag 提交修改", "read the draft first, then send its ETag in If-Match"
        )
    return seen


class DraftView(BaseModel):
    """An edition in work."""

    code: str
    number: int
    state: WorkState
    kind: EditionKind
    revision: int
    drafted_by: str
    submitted_by: str | None
    effective_from: date | None
    effective_until: date | None
    published_at: datetime | None
    content: dict[str, Any]
    missing: list[str] = Field(description="JSON pointers to what is still missing before it can be submitted.")

    @classmethod
    def of(cls, code: str, edition: EditionRow, missing: list[str], response: Response) -> "DraftView":
        """Return the view, and put its ETag into the answer."""
        response.headers["ETag"] = f'"{edition.seen}"'
        columns = edition.model_dump(exclude={"id"})
        return cls(**{name: columns[name] for name in cls.model_fields if name in columns}, code=code, missing=missing)


class EditionMoved(BaseModel):
    """Where an edition stands after a move."""

    code: str
    number: int
    state: WorkState
    effective_from: date | None
    effective_until: date | None
    published_at: datetime | None

    @classmethod
    def of(cls, code: str, edition: EditionRow, response: Response) -> "EditionMoved":
        """Return the view, and put the new ETag into the answer."""
        response.headers["ETag"] = f'"{edition.seen}"'
        columns = edition.model_dump()
        return cls(**{name: columns[name] for name in cls.model_fields if name in columns}, code=code)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpinionDraft(_Body):
    """What a reviewer says; it is kept."""

    opinion: Annotated[str, Field(max_length=4000, pattern=PRINTABLE)] = ""


class PublicationDraft(_Body):
    """From which day on, and until when; today where nothing is said."""

    effective_from: date | None = None
    effective_until: date | None = Field(default=None, description="First day no longer in force.")


class DecisionDraft(_Body):
    """The paper behind an act."""

    document_number: Annotated[str, Field(min_length=1, max_length=100, pattern=PRINTABLE, description="文号")]
    title: Line
    issuing_body: Annotated[str, Field(min_length=1, max_length=200, pattern=PRINTABLE)]
    effective_on: date
    reason: Line

    def decision(self) -> Decision:
        """Return it as the verbs take it."""
        return Decision(self.document_number, self.title, self.issuing_body, self.effective_on, self.reason)


class Verbs(Protocol):
    """The verbs that standards and local parts both have."""

    SHELF: Shelf[Any]

    def take_back(self, session: Session, code: str, /, *, by: Actor, at: datetime) -> EditionRow: ...
    def send_back(self, session: Session, code: str, opinion: str, /, *, by: Actor, at: datetime) -> EditionRow: ...
    def approve(
        self, session: Session, code: str, /, *, by: Actor, at: datetime, opinion: str | None = None
    ) -> EditionRow: ...
    def publish(self, session: Session, code: str, /, **dates: Any) -> EditionRow: ...
    def withdraw(self, session: Session, code: str, /, *, by: Actor, at: datetime) -> EditionRow: ...
    def suspend(self, session: Session, code: str, decision: Decision, /, *, by: Actor, at: datetime) -> None: ...
    def resume(self, session: Session, code: str, decision: Decision, /, *, by: Actor, at: datetime) -> None: ...
    def cancel(self, session: Session, code: str, decision: Decision, /, *, by: Actor, at: datetime) -> None: ...


def add_review(
    router: APIRouter, verbs: Any, code_path: Any, lock: Callable[[Session, str], Any], *unknown: type[CatalogError]
) -> None:
    """Add the moves of review and publication to the routes of one kind of thing; `lock` holds the thing first."""
    made: Verbs = verbs
    refusals = (*unknown, *EDITING)

    def hold(db: Session, code: str, seen: str | None, at: datetime) -> None:
        lock(db, code)
        made.SHELF.expect_seen(db, code, seen, civil_day(at))

    @router.post("/{code}/draft/take-back", responses=answers(*refusals))
    def take_back(code: code_path, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response) -> EditionMoved:
        """Take a submitted or returned edition back into draft."""
        hold(db, code, seen, now)
        return EditionMoved.of(code, made.take_back(db, code, by=by, at=now), response)

    @router.post("/{code}/draft/return", responses=answers(*refusals, OpinionMissing))
    def send_back(
        code: code_path, body: OpinionDraft, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response
    ) -> EditionMoved:
        """Send a submitted edition back to its author with an opinion, which is kept."""
        hold(db, code, seen, now)
        return EditionMoved.of(code, made.send_back(db, code, body.opinion, by=by, at=now), response)

    @router.post("/{code}/draft/approval", responses=answers(*refusals, ApprovedByAuthor))
    def approve(
        code: code_path, body: OpinionDraft, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response
    ) -> EditionMoved:
        """Approve a submitted edition; not by whoever wrote or submitted it."""
        hold(db, code, seen, now)
        return EditionMoved.of(code, made.approve(db, code, by=by, at=now, opinion=body.opinion or None), response)

    @router.post(
        "/{code}/draft/publication", responses=answers(*refusals, BackDated, EndsBeforeItBegins, AlreadyCancelled)
    )
    def publish(
        code: code_path, body: PublicationDraft, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response
    ) -> EditionMoved:
        """Publish the approved edition, today or from a later day on; it takes effect by the clock alone."""
        hold(db, code, seen, now)
        edition = made.publish(
            db, code, effective_from=body.effective_from, effective_until=body.effective_until, by=by, at=now
        )
        return EditionMoved.of(code, edition, response)

    @router.post("/{code}/draft/withdrawal", responses=answers(*refusals))
    def withdraw(code: code_path, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response) -> EditionMoved:
        """Take an approved or scheduled edition out before it takes effect."""
        hold(db, code, seen, now)
        return EditionMoved.of(code, made.withdraw(db, code, by=by, at=now), response)


class ActView(BaseModel):
    """An act as it was recorded."""

    code: str
    document_number: str
    effective_on: date


def add_decisions(router: APIRouter, verbs: Any, code_path: Any, *unknown: type[CatalogError]) -> None:
    """Add suspension, resumption and cancellation to the routes of one kind of thing."""
    made: Verbs = verbs
    refusals = answers(
        *unknown, SignInFirst, NotAllowed, ActNeedsDocument, ActBackDated, AlreadyCancelled, NotInThatState
    )

    def done(code: str, body: DecisionDraft) -> ActView:
        return ActView(code=code, document_number=body.document_number, effective_on=body.effective_on)

    @router.post("/{code}/suspension", responses=refusals)
    def suspend(code: code_path, body: DecisionDraft, by: Staff, db: WriteDb, now: Now) -> ActView:
        """Suspend from a day on, by a document; the guide stays readable and says so."""
        made.suspend(db, code, body.decision(), by=by, at=now)
        return done(code, body)

    @router.post("/{code}/resumption", responses=refusals)
    def resume(code: code_path, body: DecisionDraft, by: Staff, db: WriteDb, now: Now) -> ActView:
        """End a suspension from a day on, by a document."""
        made.resume(db, code, body.decision(), by=by, at=now)
        return done(code, body)

    @router.post("/{code}/cancellation", responses=refusals)
    def cancel(code: code_path, body: DecisionDraft, by: Staff, db: WriteDb, now: Now) -> ActView:
        """Cancel from a day on, by a document; the code stays resolvable and is never issued again."""
        made.cancel(db, code, body.decision(), by=by, at=now)
        return done(code, body)
