"""Editing standards over HTTP: establishing an item, its draft, review, publication, acts."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service_catalog.access.places import demand_league
from service_catalog.access.rights import Right
from service_catalog.access.web import Staff
from service_catalog.basic_items import editing
from service_catalog.basic_items.drafts import read_draft
from service_catalog.basic_items.editing import (
    SHELF,
    ItemExists,
    NoSuchItem,
    ParentMissing,
    SerialRetired,
    StandardIncomplete,
)
from service_catalog.basic_items.establishing import establish_item
from service_catalog.basic_items.schemas import BASIC_CODE, BasicCodePath
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.coding.allocation import (
    CodeAlreadyIssued,
    CodeRangeFull,
    NamespaceNotAllocatable,
    NoSuchIssuedCode,
)
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.patching import merged
from service_catalog.kernel.problems import answers
from service_catalog.kernel.texts import Plain
from service_catalog.kernel.web import Db, Now, Today, WriteDb
from service_catalog.lifecycle.reviewing import OpenEditionExists
from service_catalog.lifecycle.standing import ActNeedsDocument, AlreadyCancelled
from service_catalog.lifecycle.states import EditionKind
from service_catalog.lifecycle.web import (
    EDITING,
    DecisionDraft,
    DraftView,
    EditionMoved,
    Seen,
    SeenVersionMissing,
    add_decisions,
    add_review,
    demand_seen,
)

router = APIRouter(prefix="/v1/basic-items", tags=["standards, for staff"])

Kind = Annotated[Literal[EditionKind.CHANGE, EditionKind.CORRECTION], Query(description="Why a new edition is opened.")]


class ItemDraft(DecisionDraft):
    """A new item and the paper that adds it: with the code that was issued above, or with what a code is allocated from."""

    model_config = ConfigDict(extra="forbid")

    basic_code: Annotated[str, Field(pattern=BASIC_CODE, description="Issued above: registered as it is.")] | None = (
        None
    )
    item_type: Annotated[str, Field(pattern=r"^[0-9]{2}$")] | None = None
    department: Annotated[str, Field(pattern=r"^[0-9A-Z]{2}$")] | None = None
    namespace: Annotated[str, Field(pattern=r"^[0-9]{2}$")] = "15"
    parent_basic_code: Annotated[str, Field(pattern=BASIC_CODE)] | None = None


class EstablishedView(BaseModel):
    """The item that was added."""

    basic_code: str
    parent_basic_code: str | None


@router.post(
    "",
    status_code=201,
    responses=answers(
        *EDITING[:2], ActNeedsDocument, CodeAlreadyIssued, CodeRangeFull, NamespaceNotAllocatable, NoSuchIssuedCode,
        ItemExists, ParentMissing,
    ),
)  # fmt: skip
def establish(request: Request, draft: ItemDraft, by: Staff, db: WriteDb, now: Now) -> EstablishedView:
    """Add an item, by a document. Its code is allocated, or registered as it was issued above."""
    item = establish_item(
        db, draft.decision(), basic_code=draft.basic_code, item_type=draft.item_type, department=draft.department,
        namespace=draft.namespace, parent_basic_code=draft.parent_basic_code,
        allocatable=request.app.state.settings.allocatable_namespaces, by=by, at=now,
    )  # fmt: skip
    return EstablishedView(basic_code=item.basic_code, parent_basic_code=item.parent_basic_code)


def _view(edition: BasicItemEdition, response: Response) -> DraftView:
    missing = [fault.pointer for fault in read_draft(edition.content).missing]
    return DraftView.of(edition.basic_code, edition, missing, response)


@router.get("/{basic_code}/draft", responses=answers(NoSuchItem, *EDITING[:3]))
def read_open_draft(basic_code: BasicCodePath, by: Staff, db: Db, today: Today, response: Response) -> DraftView:
    """Read the edition in work, with what it still lacks; its ETag is what If-Match asks for."""
    editing.find_item(db, basic_code)
    demand_league(db, by, Right.READ_DRAFTS)
    return _view(SHELF.find_open(db, basic_code, today), response)


WRITING = answers(NoSuchItem, *EDITING, SeenVersionMissing, OpenEditionExists, SerialRetired, AlreadyCancelled)


@router.put("/{basic_code}/draft", responses=WRITING)
def write_draft(
    basic_code: BasicCodePath,
    content: Annotated[Plain, Body(description="The standard as far as it is written, see schemas/item-content.json.")],
    by: Staff,
    db: WriteDb,
    now: Now,
    seen: Seen,
    response: Response,
    kind: Kind = EditionKind.CHANGE,
) -> DraftView:
    """Open the next edition of a standard, or write the open draft anew (then with If-Match). It may be unfinished."""
    return _view(_write(db, basic_code, content, seen, kind, by=by, at=now), response)


@router.patch("/{basic_code}/draft", responses=WRITING)
def patch_draft(
    basic_code: BasicCodePath,
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
    editing.lock_item(db, basic_code)
    base = SHELF.open_of(db, basic_code, today) or SHELF.on(db, basic_code, today)
    content = merged(base.content if base else {}, changes)
    return _view(_write(db, basic_code, content, seen, kind, by=by, at=now), response)


def _write(
    db: WriteDb, basic_code: str, content: dict[str, Any], seen: str | None, kind: EditionKind, *, by: Staff, at: Now
) -> BasicItemEdition:
    editing.lock_item(db, basic_code)
    if SHELF.open_of(db, basic_code, civil_day(at)) is None:
        SHELF.expect_seen(db, basic_code, seen, civil_day(at))
        return editing.draft(db, basic_code, content, kind=kind, by=by, at=at)
    SHELF.expect_seen(db, basic_code, demand_seen(seen), civil_day(at))
    return editing.revise(db, basic_code, content, by=by, at=at)


@router.delete("/{basic_code}/draft", status_code=204, responses=answers(NoSuchItem, *EDITING, SeenVersionMissing))
def discard_draft(basic_code: BasicCodePath, by: Staff, db: WriteDb, now: Now, seen: Seen) -> None:
    """Throw the open draft away (with If-Match); what was ever submitted is kept as withdrawn."""
    editing.lock_item(db, basic_code)
    SHELF.expect_seen(db, basic_code, demand_seen(seen), civil_day(now))
    editing.discard(db, basic_code, by=by, at=now)


@router.post(
    "/{basic_code}/draft/submission",
    responses=answers(NoSuchItem, *EDITING, StandardIncomplete, SerialRetired, AlreadyCancelled),
)
def submit_draft(
    request: Request, basic_code: BasicCodePath, by: Staff, db: WriteDb, now: Now, seen: Seen, response: Response
) -> EditionMoved:
    """Hand the draft in for review; what is missing and what breaks a rule is listed at once, by JSON pointer."""
    editing.lock_item(db, basic_code)
    SHELF.expect_seen(db, basic_code, seen, civil_day(now))
    severities = request.app.state.settings.lint_severities
    edition = editing.submit(db, basic_code, by=by, at=now, severities=severities)
    return EditionMoved.of(basic_code, edition, response)


add_review(router, editing, BasicCodePath, editing.lock_item, NoSuchItem)
add_decisions(router, editing, BasicCodePath, NoSuchItem)
