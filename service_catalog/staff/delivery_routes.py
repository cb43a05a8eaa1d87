"""/v1/delivery-addresses: where bodies want to be told of what waits for them."""

from typing import Any

from fastapi import APIRouter, Request

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AgencyFilter
from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Now, Walking, WriteDb
from service_catalog.outbox import listing
from service_catalog.outbox.addresses import AddressTaken, MailNotSetUp, NoSuchAddress
from service_catalog.outbox.reachable import AddressNotAllowed
from service_catalog.outbox.schemas import AddressLine, AddressPath, NewAddressView
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.regions.schemas import RegionFilter
from service_catalog.staff import delivery
from service_catalog.staff.delivery import OneRecipientOnly
from service_catalog.staff.delivery_schemas import AddressDraft
from service_catalog.vault import PersonalKeysUnreadable

router = APIRouter(prefix="/v1", tags=["delivery, for staff"])


@router.get(
    "/delivery-addresses", response_model=Page[AddressLine], responses=answers(SignInFirst, NotAllowed, NoSuchRegion)
)
def list_addresses(by: Staff, db: Db, walk: Walking, region: RegionFilter = None, agency: AgencyFilter = None) -> Any:
    """List delivery addresses of the caller's places in the order in which they were added; never their secrets."""
    rows = listing.list_addresses(db, walk, region=region, agency=agency, by=by)
    return walk.page_of(rows, lambda row: str(row.id), each(AddressLine.of))


@router.post(
    "/delivery-addresses",
    status_code=201,
    responses=answers(
        SignInFirst, NotAllowed, NoSuchRegion, NoSuchAgency, OneRecipientOnly, AddressNotAllowed, AddressTaken,
        MailNotSetUp, PersonalKeysUnreadable,
    ),
)  # fmt: skip
def add_address(request: Request, draft: AddressDraft, by: Staff, db: WriteDb, now: Now) -> NewAddressView:
    """Add a delivery address; what waits for it is due at once. The secret of a webhook is in this answer and nowhere else."""
    made = delivery.add_address(db, request.app.state.settings, **draft.model_dump(), by=by, at=now)
    return NewAddressView(**AddressLine.of(made.row).model_dump(), secret=made.secret)


@router.delete("/delivery-addresses/{number}", responses=answers(SignInFirst, NotAllowed, NoSuchAddress))
def remove_address(number: AddressPath, by: Staff, db: WriteDb) -> AddressLine:
    """Send nothing there any more, and answer with what it was."""
    return AddressLine.of(delivery.remove_address(db, number, by=by))
