"""Adding and removing the addresses at which a body wants to be told."""

from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.rights import Place, Right, demand
from service_catalog.actors import Actor
from service_catalog.kernel.database import add_new
from service_catalog.kernel.errors import Conflict, NotFound, Said
from service_catalog.outbox.letters import sealed_for
from service_catalog.outbox.reachable import check_mail, check_webhook
from service_catalog.outbox.tables import DeliveryAddress, Way
from service_catalog.outbox.webhook import new_secret, shown_secret
from service_catalog.settings import Settings
from service_catalog.vault import PersonalKeyMissing, SealBroken, Vault, open_vault


class NoSuchAddress(NotFound):
    """There is no delivery address of this number."""

    title = Said("没有这个投递地址", "No such delivery address")


class AddressTaken(Conflict):
    """The body is told at this address already."""

    title = Said("投递地址已存在", "The delivery address exists")


class MailNotSetUp(Conflict):
    """This site has no mail server, so that nothing would ever reach a mail address."""

    title = Said("未配置邮件服务器", "No mail server is set up")


class NewAddress(NamedTuple):
    """A new address; `secret` signs its webhooks, and is shown now and never again. None for mail."""

    row: DeliveryAddress
    secret: str | None


def add_address(
    session: Session,
    settings: Settings,
    *,
    agency_code: str | None,
    region_code: str | None,
    way: Way,
    address: str,
    place: Place,
    by: Actor,
    at: datetime,
) -> NewAddress:
    """Add an address of the agency or region that lies at `place`; what waits for it is due at once.

    Raises NotAllowed, AddressNotAllowed, AddressTaken, MailNotSetUp, and what opening the vault raises.
    """
    demand(by, Right.MANAGE_DELIVERY, place)
    row = DeliveryAddress(
        agency_code=agency_code, region_code=region_code, way=way, address=address, created_by=by.name, created_at=at
    )
    secret = None if way is Way.MAIL else new_secret()
    if secret is None:
        check_mail(address)
        _demand_mail_server(settings)
    else:
        check_webhook(address, insecure=settings.outbox_insecure_webhooks)
        row.secret_sealed = open_vault(settings).seal(secret, sealed_for(row))
    add_new(session, row, AddressTaken("该投递地址已存在", "the delivery address exists"))
    return NewAddress(row, None if secret is None else shown_secret(secret))


def find_address(session: Session, number: int) -> DeliveryAddress:
    """Return an address; raises NoSuchAddress."""
    row = session.get(DeliveryAddress, number)
    if row is None:
        raise NoSuchAddress(f"没有编号为 {number} 的投递地址", f"there is no delivery address {number}", number=number)
    return row


def remove_address(session: Session, row: DeliveryAddress, *, place: Place, by: Actor) -> None:
    """Send nothing there any more; what waits goes to the other addresses, or waits for one. Raises NotAllowed."""
    demand(by, Right.MANAGE_DELIVERY, place)
    session.delete(row)
    session.flush()


def _demand_mail_server(settings: Settings) -> None:
    if settings.smtp_url is None or settings.smtp_sender is None:
        raise MailNotSetUp(
            "请先配置 CATALOG_SMTP_URL 和 CATALOG_SMTP_SENDER", "set CATALOG_SMTP_URL and CATALOG_SMTP_SENDER"
        )


def reseal_secrets(session: Session, vault: Vault) -> int:
    """Seal every secret that an older key sealed under the newest one, and return how many; what cannot be read stays."""
    count = 0
    sealed = select(DeliveryAddress).where(col(DeliveryAddress.secret_sealed).is_not(None))
    for row in session.scalars(sealed.order_by(col(DeliveryAddress.id)).with_for_update()):
        assert row.secret_sealed is not None
        with suppress(PersonalKeyMissing, SealBroken):
            if not vault.is_current(row.secret_sealed):
                row.secret_sealed = vault.reseal(row.secret_sealed, sealed_for(row))
                count += 1
    session.flush()
    return count
