"""The routes that standards and local parts share: the draft, its review and publication, and acts about the thing."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple, Protocol

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from service_catalog.access.rights import NotAllowed, Right
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.actors import Actor
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError
from service_catalog.kernel.patching import merged
from service_catalog.kernel.problems import answers
from service_catalog.kernel.texts import Plain
from service_catalog.kernel.web import Db, Now, Today, WriteDb
from service_catalog.lifecycle.edition import (
    ApprovedByAuthor,
    BackDated,
    EditionRow,
    EndsBeforeItBegins,
    OpinionMissing,
)
from service_catalog.lifecycle.reviewing import OpenEditionExists, Shelf
from service_catalog.lifecycle.standing import (
    ActBackDated,
    ActNeedsDocument,
    AlreadyCancelled,
    Decision,
    NotInThatState,
)
from service_catalog.lifecycle.states import EditionKind
from service_catalog.lifecycle.web import (
    EDITING,
    DecisionDraft,
    DraftView,
    EditionMoved,
    OpinionDraft,
    PublicationDraft,
    Seen,
    SeenVersionMissing,
    demand_seen,
)

Kind = Annotated[Literal[EditionKind.CHANGE, EditionKind.CORRECTION], Query(description="Why a new edition is opened.")]
Changes = Annotated[Plain, Body(description="JSON Merge Patch (RFC 7396).", media_type="application/merge-patch+json")]
Refusals = Sequence[type[CatalogError]]


class Rights(NamedTuple):
    """What each move asks for."""

    write: Right
    review: Right
    publish: Right


class Verbs(Protocol):
    """The verbs that standards and local parts both have."""

    SHELF: Shelf[Any]

    def lock_for(self, session: Session, code: str, right: Right, by: Actor, /) -> Any: ...
    def draft(
        self, session: Session, code: str, content: dict[str, Any], /, *, kind: EditionKind, by: Actor, at: datetime
    ) -> EditionRow: ...
    def revise(
        self, session: Session, code: str, content: dict[str, Any], /, *, by: Actor, at: datetime
    ) -> EditionRow: ...
    def discard(self, session: Session, code: str, /, *, by: Actor, at: datetime) -> None: ...
    def submit(self, session: Session, code: str, /, *, by: Actor, at: datetime, **site: Any) -> EditionRow: ...
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


def add_drafts(
    router: APIRouter,
    verbs: Any,
    code_path: Any,
    *,
    unknown: type[CatalogError],
    refusals: Refusals,
    at_submission: Refusals,
    rights: Rights,
    may_read: Callable[[Session, str, Actor], Any],
    missing: Callable[[Any], list[str]],
) -> None:
    """Add reading, writing, patching, discarding and submitting the edition in work.

    `may_read` raises unless the caller may read drafts there; `missing` names what an edition still lacks, by JSON
    pointer. Who may not do it is told so before anything about the edition is.
    """
    made: Verbs = verbs
    shelf = made.SHELF
    writing = answers(unknown, *EDITING, SeenVersionMissing, OpenEditionExists, AlreadyCancelled, *refusals)

    def view(code: str, edition: EditionRow, response: Response) -> DraftView:
        return DraftView.of(code, edition, missing(edition), response)

    def write(
        db: Session,
        code: str,
        content: dict[str, Any],
        seen: frozenset[str] | None,
        kind: EditionKind,
        by: Actor,
        at: datetime,
    ) -> EditionRow:
        made.lock_for(db, code, rights.write, by)
        if shelf.open_of(db, code, civil_day(at)) is None:
            shelf.expect_seen(db, code, seen, civil_day(at))
            return made.draft(db, code, content, kind=kind, by=by, at=at)
        shelf.expect_seen(db, code, demand_seen(seen), civil_day(at))
        return made.revise(db, code, content, by=by, at=at)

    @router.get("/{code}/draft", responses=answers(unknown, *EDITING[:3]))
    def read_draft(code: code_path, by: Staff, db: Db, today: Today, response: Response) -> DraftView:
        """Read the edition in work, with what it still lacks; its ETag is what If-Match asks for."""
        may_read(db, code, by)
        return view(code, shelf.find_open(db, code, today), response)

    @router.put("/{code}/draft", responses=writing)
    def write_draft(
        code: code_path, content: Plain, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response,
        kind: Kind = EditionKind.CHANGE,
    ) -> DraftView:  # fmt: skip
        """Open the next edition, or write the open draft anew (then with If-Match); see schemas/ for its content."""
        return view(code, write(db, code, content, seen, kind, by, now), response)

    @router.patch("/{code}/draft", responses=writing)
    def patch_draft(
        code: code_path, changes: Changes, by: Staff, db: WriteDb, now: Now, today: Today, seen: Seen,
        response: Response, kind: Kind = EditionKind.CHANGE,
    ) -> DraftView:  # fmt: skip
        """Change the open draft (with If-Match), or open the next edition from the one in force with these changes."""
        made.lock_for(db, code, rights.write, by)
        base = shelf.open_of(db, code, today) or shelf.on(db, code, today)
        content = merged(base.content if base else {}, changes)
        return view(code, write(db, code, content, seen, kind, by, now), response)

    @router.delete("/{code}/draft", status_code=204, responses=answers(unknown, *EDITING, SeenVersionMissing))
    def discard_draft(code: code_path, by: Staff, db: WriteDb, now: Now, seen: Seen) -> None:
        """Throw the open draft away (with If-Match); what was ever submitted is kept as withdrawn."""
        made.lock_for(db, code, rights.write, by)
        shelf.expect_seen(db, code, demand_seen(seen), civil_day(now))
        made.discard(db, code, by=by, at=now)

    @router.post("/{code}/draft/submission", responses=answers(unknown, *EDITING, AlreadyCancelled, *at_submission))
    def submit_draft(
        request: Request, code: code_path, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response
    ) -> EditionMoved:
        """Hand the draft in for review; all that is missing and every broken rule is listed at once, by JSON pointer."""
        made.lock_for(db, code, rights.write, by)
        shelf.expect_seen(db, code, seen, civil_day(now))
        site = request.app.state.settings
        edition = made.submit(db, code, by=by, at=now, severities=site.lint_severities, words=site.lint_words)
        return EditionMoved.of(code, edition, response)


def add_review(
    router: APIRouter,
    verbs: Any,
    code_path: Any,
    *unknown: type[CatalogError],
    rights: Rights,
) -> None:
    """Add the moves of review and publication to the routes of one kind of thing."""
    made: Verbs = verbs
    refusals = (*unknown, *EDITING)
    write, review, publication = rights

    def begin(db: Session, code: str, right: Right, by: Actor, seen: frozenset[str] | None, at: datetime) -> None:
        made.lock_for(db, code, right, by)
        made.SHELF.expect_seen(db, code, seen, civil_day(at))

    @router.post("/{code}/draft/take-back", responses=answers(*refusals))
    def take_back(code: code_path, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response) -> EditionMoved:
        """Take a submitted or returned edition back into draft."""
        begin(db, code, write, by, seen, now)
        return EditionMoved.of(code, made.take_back(db, code, by=by, at=now), response)

    @router.post("/{code}/draft/return", responses=answers(*refusals, OpinionMissing))
    def send_back(
        code: code_path, body: OpinionDraft, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response
    ) -> EditionMoved:
        """Send a submitted edition back to its author with an opinion, which is kept."""
        begin(db, code, review, by, seen, now)
        return EditionMoved.of(code, made.send_back(db, code, body.opinion, by=by, at=now), response)

    @router.post("/{code}/draft/approval", responses=answers(*refusals, ApprovedByAuthor))
    def approve(
        code: code_path, body: OpinionDraft, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response
    ) -> EditionMoved:
        """Approve a submitted edition; not by whoever wrote or submitted it."""
        begin(db, code, review, by, seen, now)
        return EditionMoved.of(code, made.approve(db, code, by=by, at=now, opinion=body.opinion or None), response)

    @router.post(
        "/{code}/draft/publication", responses=answers(*refusals, BackDated, EndsBeforeItBegins, AlreadyCancelled)
    )
    def publish(
        code: code_path, body: PublicationDraft, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response
    ) -> EditionMoved:
        """Publish the approved edition, today or from a later day on; it takes effect by the clock alone."""
        begin(db, code, publication, by, seen, now)
        edition = made.publish(
            db, code, effective_from=body.effective_from, effective_until=body.effective_until, by=by, at=now
        )
        return EditionMoved.of(code, edition, response)

    @router.post("/{code}/draft/withdrawal", responses=answers(*refusals))
    def withdraw(code: code_path, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response) -> EditionMoved:
        """Take an approved or scheduled edition out before it takes effect."""
        begin(db, code, publication, by, seen, now)
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
