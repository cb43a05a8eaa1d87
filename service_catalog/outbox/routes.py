"""GET /v1/outbox for administrators: what was sent, what waits, what was given up and why."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Walking
from service_catalog.outbox import listing
from service_catalog.outbox.listing import Wanted
from service_catalog.outbox.schemas import MessageState, OutboxLine, RecipientFilter
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.regions.schemas import RegionFilter

router = APIRouter(prefix="/v1", tags=["delivery, for staff"])


def _wanted(region: RegionFilter = None, agency: RecipientFilter = None, state: MessageState | None = None) -> Wanted:
    return Wanted(region, agency, state)


@router.get("/outbox", response_model=Page[OutboxLine], responses=answers(SignInFirst, NotAllowed, NoSuchRegion))
def list_outbox(db: Db, walk: Walking, wanted: Annotated[Wanted, Depends(_wanted)], by: Staff) -> Any:
    """List messages to the bodies of the caller's places, in the order in which they were posted."""
    rows = listing.list_messages(db, walk, wanted, by=by)
    return walk.page_of(rows, lambda row: str(row[0].id), each(lambda row: OutboxLine.of(row[0], row[1])))
