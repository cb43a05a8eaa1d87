"""POST /v1/push/implementations, /v1/push/agencies, and their receipts."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst
from service_catalog.appeals.repeating import IdempotencyKeyReused, RequestRunning
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Walking
from service_catalog.push.looking_up import NoSuchPush, page_of, receipts_about
from service_catalog.push.schemas import (
    AgencyRow,
    ImplementationRow,
    PushView,
    ReceiptLine,
    ReceiptPage,
    RecordId,
)
from service_catalog.push.tables import PushKind
from service_catalog.push.web import NOT_ALL_TAKEN, Asked, Reads, body_of

router = APIRouter(prefix="/v1/push", tags=["push, for offices"])
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": PushView, "description": "Every row was taken: drafted, published or unchanged."},
    NOT_ALL_TAKEN: {"model": PushView, "description": "At least one row was not taken; its receipt says why."},
}
_REFUSALS = answers(SignInFirst, NotAllowed, IdempotencyKeyReused, RequestRunning)


@router.post(
    "/implementations", response_class=Response, responses=_ANSWERS | _REFUSALS,
    openapi_extra=body_of(ImplementationRow),
)  # fmt: skip
async def push_implementations(asked: Asked) -> Response:
    """Push local parts as an office has them: each becomes a draft, or is published under the standing right, or is not."""
    return await asked.answer(PushKind.IMPLEMENTATIONS)


@router.post(
    "/agencies", response_class=Response, responses=_ANSWERS | _REFUSALS, openapi_extra=body_of(AgencyRow)
)  # fmt: skip
async def push_agencies(asked: Asked) -> Response:
    """Push what agencies say of themselves; published at once under the standing right, or not taken."""
    return await asked.answer(PushKind.AGENCIES)


@router.get("/receipts", responses=answers(SignInFirst, NotAllowed))
def read_receipts(
    by: Reads, db: Db, record_id: Annotated[RecordId, Query()], limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[ReceiptLine]:
    """Read the receipts of one record of an office, the newest first."""
    return [ReceiptLine.model_validate(line) for line in receipts_about(db, record_id, by, limit)]


@router.get("/{batch}", response_model=ReceiptPage, responses=answers(SignInFirst, NotAllowed, NoSuchPush))
def read_batch(by: Reads, db: Db, walk: Walking, batch: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]) -> Any:
    """Read a batch that was carried out, with its receipts in the order of its rows."""
    return page_of(db, batch, by, walk)
