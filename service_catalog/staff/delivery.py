"""Where bodies want to be told: adding and removing delivery addresses, for who manages the place."""

from datetime import datetime

from sqlmodel import Session

from service_catalog.access.rights import NotAllowed, Right, may_anywhere
from service_catalog.actors import Actor, Grant, Role
from service_catalog.agencies.places import place_of_grant
from service_catalog.kernel.errors import Invalid, Said
from service_catalog.outbox import addresses
from service_catalog.outbox.addresses import NewAddress, find_address
from service_catalog.outbox.tables import DeliveryAddress, Way
from service_catalog.settings import Settings


class OneRecipientOnly(Invalid):
    """An address belongs to one region's office or to one agency."""

    title = Said("投递地址须属于一个对象", "A delivery address has one owner")


def add_address(
    session: Session,
    settings: Settings,
    *,
    agency_code: str | None,
    region_code: str | None,
    way: Way,
    address: str,
    by: Actor,
    at: datetime,
) -> NewAddress:
    """Add an address; raises what outbox.addresses raises, and OneRecipientOnly, NoSuchRegion, NoSuchAgency."""
    recipient = _recipient(region_code, agency_code)
    return addresses.add_address(
        session, settings, agency_code=agency_code, region_code=region_code, way=way, address=address,
        place=place_of_grant(session, recipient), by=by, at=at,
    )  # fmt: skip


def remove_address(session: Session, number: int, *, by: Actor) -> DeliveryAddress:
    """Remove an address and return what it was; raises NoSuchAddress, NotAllowed."""
    if not may_anywhere(by, Right.MANAGE_DELIVERY):
        raise NotAllowed(
            "您无权管理投递地址", "you may not manage delivery addresses", right=Right.MANAGE_DELIVERY.value
        )
    row = find_address(session, number)
    place = place_of_grant(session, _recipient(row.region_code, row.agency_code))
    addresses.remove_address(session, row, place=place, by=by)
    return row


def _recipient(region_code: str | None, agency_code: str | None) -> Grant:
    """Return whose address it is, as what a grant would be limited to; raises OneRecipientOnly."""
    if (region_code is None) == (agency_code is None):
        raise OneRecipientOnly(
            "须且只能指定一个区划或一个实施主体", "name one region or one agency", element="region_code"
        )
    return Grant(Role.ADMINISTRATOR, region_code, agency_code)
