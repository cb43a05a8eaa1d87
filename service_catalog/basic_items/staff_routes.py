"""Editing standards over HTTP: establishing an item, its draft, review, publication, acts."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from service_catalog.access.places import demand_league
from service_catalog.access.rights import Right
from service_catalog.access.web import Staff
from service_catalog.actors import Actor
from service_catalog.basic_items import editing
from service_catalog.basic_items.drafts import read_draft
from service_catalog.basic_items.editing import (
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
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Now, WriteDb
from service_catalog.lifecycle.editing_routes import Rights, add_decisions, add_drafts, add_review
from service_catalog.lifecycle.standing import ActNeedsDocument
from service_catalog.lifecycle.web import EDITING, DecisionDraft

router = APIRouter(prefix="/v1/basic-items", tags=["standards, for staff"])


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


def _may_read(session: Session, basic_code: str, by: Actor) -> None:
    demand_league(session, by, Right.READ_DRAFTS)
    editing.find_item(session, basic_code)


def _missing(edition: BasicItemEdition) -> list[str]:
    return [fault.pointer for fault in read_draft(edition.content, edition.basic_code[2:4]).missing]


RIGHTS = Rights(Right.WRITE_STANDARD, Right.REVIEW_STANDARD, Right.PUBLISH_STANDARD)
add_drafts(
    router, editing, BasicCodePath, unknown=NoSuchItem, refusals=[SerialRetired],
    at_submission=[StandardIncomplete, SerialRetired], rights=RIGHTS, may_read=_may_read, missing=_missing,
)  # fmt: skip
add_review(router, editing, BasicCodePath, NoSuchItem, rights=RIGHTS)
add_decisions(router, editing, BasicCodePath, NoSuchItem)
