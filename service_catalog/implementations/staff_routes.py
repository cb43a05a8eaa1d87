"""Editing local parts over HTTP: claiming, the draft, review, publication, acts."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service_catalog.access.places import demand_at
from service_catalog.access.rights import Right
from service_catalog.access.web import Staff
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AGENCY_CODE
from service_catalog.basic_items.editing import NoSuchItem
from service_catalog.basic_items.schemas import BASIC_CODE
from service_catalog.implementations import claiming
from service_catalog.implementations.claiming import (
    SHELF,
    AlreadyClaimed,
    ComputedNotTyped,
    EntrustingAgencyMissing,
    LevelNotInStandard,
    NoSuchImplementation,
    OutsideStandardDates,
)
from service_catalog.implementations.inheritance import LocalRefused
from service_catalog.implementations.schemas import ImplementationPath
from service_catalog.implementations.standards import StandardNotInForce
from service_catalog.implementations.tables import ImplementationEdition
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.patching import merged
from service_catalog.kernel.problems import answers
from service_catalog.kernel.texts import Plain
from service_catalog.kernel.web import Db, Now, Today, WriteDb
from service_catalog.lifecycle.reviewing import OpenEditionExists
from service_catalog.lifecycle.standing import AlreadyCancelled
from service_catalog.lifecycle.states import EditionKind
from service_catalog.lifecycle.web import (
    EDITING,
    DraftView,
    EditionMoved,
    Seen,
    SeenVersionMissing,
    add_decisions,
    add_review,
    demand_seen,
)

router = APIRouter(prefix="/v1/implementations", tags=["local parts, for staff"])

Kind = Annotated[Literal[EditionKind.CHANGE, EditionKind.CORRECTION], Query(description="Why a new edition is opened.")]


class ClaimDraft(BaseModel):
    """Which agency claims which item at which level."""

    model_config = ConfigDict(extra="forbid")

    agency_code: Annotated[str, Field(pattern=AGENCY_CODE)]
    exercise_level: Annotated[str, Field(pattern=r"^[1-6]$")]
    basic_code: Annotated[str, Field(pattern=BASIC_CODE)]


class ClaimedView(ClaimDraft):
    """The implementation that was claimed; its code is computed."""

    implementation_code: str
    region_code: str


@router.post(
    "",
    status_code=201,
    responses=answers(
        *EDITING[:2], NoSuchAgency, NoSuchItem, AlreadyClaimed, LevelNotInStandard, StandardNotInForce
    ),
)  # fmt: skip
def claim(draft: ClaimDraft, by: Staff, db: WriteDb, now: Now) -> ClaimedView:
    """Claim an item (认领) for an agency at a level that the standard provides for."""
    made = claiming.claim(db, **draft.model_dump(), by=by, at=now)
    return ClaimedView(implementation_code=made.implementation_code, region_code=made.region_code, **draft.model_dump())


def _view(edition: ImplementationEdition, response: Response) -> DraftView:
    return DraftView.of(edition.implementation_code, edition, [], response)


@router.get("/{code}/draft", responses=answers(NoSuchImplementation, *EDITING[:3]))
def read_open_local_draft(code: ImplementationPath, by: Staff, db: Db, today: Today, response: Response) -> DraftView:
    """Read the edition in work; its ETag is what If-Match asks for."""
    made = claiming.find_implementation(db, code)
    demand_at(db, by, Right.READ_DRAFTS, region_code=made.region_code, agency_code=made.agency_code)
    return _view(SHELF.find_open(db, code, today), response)


WRITING = answers(
    NoSuchImplementation, *EDITING, SeenVersionMissing, OpenEditionExists, LocalRefused, StandardNotInForce,
    EntrustingAgencyMissing, ComputedNotTyped, AlreadyCancelled, NoSuchAgency,
)  # fmt: skip


@router.put("/{code}/draft", responses=WRITING)
def write_local_draft(
    code: ImplementationPath,
    content: Annotated[Plain, Body(description="The local part, as in schemas/local-content.json.")],
    by: Staff,
    db: WriteDb,
    now: Now,
    seen: Seen,
    response: Response,
    kind: Kind = EditionKind.CHANGE,
) -> DraftView:
    """Open the next edition of the local part, or write the open draft anew (then with If-Match)."""
    return _view(_write(db, code, content, seen, kind, by=by, at=now), response)


@router.patch("/{code}/draft", responses=WRITING)
def patch_local_draft(
    code: ImplementationPath,
    changes: Annotated[
        Plain, Body(description="JSON Merge Patch (RFC 7396).", media_type="application/merge-patch+json")
    ],
    by: Staff,
    db: WriteDb,
    now: Now,
    today: Today,
    seen: Seen,
    response: Response,
    kind: Kind = EditionKind.CHANGE,
) -> DraftView:
    """Change the open draft (with If-Match), or open the next edition from the one in force with these changes."""
    claiming.lock_implementation(db, code)
    base = SHELF.open_of(db, code, today) or SHELF.on(db, code, today)
    content = merged(base.content if base else {}, changes)
    return _view(_write(db, code, content, seen, kind, by=by, at=now), response)


def _write(
    db: WriteDb, code: str, content: dict[str, Any], seen: str | None, kind: EditionKind, *, by: Staff, at: Now
) -> ImplementationEdition:
    claiming.lock_implementation(db, code)
    if SHELF.open_of(db, code, civil_day(at)) is None:
        SHELF.expect_seen(db, code, seen, civil_day(at))
        return claiming.draft(db, code, content, kind=kind, by=by, at=at)
    SHELF.expect_seen(db, code, demand_seen(seen), civil_day(at))
    return claiming.revise(db, code, content, by=by, at=at)


@router.delete("/{code}/draft", status_code=204, responses=answers(NoSuchImplementation, *EDITING, SeenVersionMissing))
def discard_local_draft(code: ImplementationPath, by: Staff, db: WriteDb, now: Now, seen: Seen) -> None:
    """Throw the open draft away (with If-Match); what was ever submitted is kept as withdrawn."""
    claiming.lock_implementation(db, code)
    SHELF.expect_seen(db, code, demand_seen(seen), civil_day(now))
    claiming.discard(db, code, by=by, at=now)


@router.post("/{code}/draft/submission", responses=answers(NoSuchImplementation, *EDITING, AlreadyCancelled))
def submit_local_draft(
    request: Request, code: ImplementationPath, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response
) -> EditionMoved:
    """Hand the draft in for review."""
    claiming.lock_implementation(db, code)
    SHELF.expect_seen(db, code, seen, civil_day(now))
    return EditionMoved.of(code, claiming.submit(db, code, by=by, at=now), response)


add_review(
    router, claiming, ImplementationPath, claiming.lock_implementation, NoSuchImplementation, LocalRefused,
    StandardNotInForce, OutsideStandardDates,
)  # fmt: skip
add_decisions(router, claiming, ImplementationPath, NoSuchImplementation)
