"""An outbox over the small catalogue, with addresses and a round of sending."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from builders import BANNER_BUREAU
from callers import OPERATOR
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.outbox.posting import post
from service_catalog.outbox.sending import Sent, send_waiting
from service_catalog.outbox.tables import OutboxMessage, Way
from service_catalog.outbox.ways import ways_of
from service_catalog.outbox.webhook import Webhook
from service_catalog.settings import Settings
from service_catalog.staff.delivery import add_address
from service_catalog.vault import open_vault


def settings_of(engine: Engine, folder: Path, **others: object) -> Settings:
    """Return settings of a site on a closed network, with its keys in `folder`."""
    url = engine.url.render_as_string(hide_password=False)
    own = {"personal_keys_file": folder / "keys", "outbox_insecure_webhooks": True}
    return Settings.model_validate({"database_url": url} | own | others)


def remind(session: Session, at: datetime, once: str = "overdue:1", *, agency: str = BANNER_BUREAU) -> bool:
    """Post a reminder to the banner's bureau."""
    return post(
        session, once=once, kind="appeal.overdue", subject=f"逾期提醒 {once}", body="诉求已逾期，请办理。",
        facts={"rule": "overdue"}, agency_code=agency, at=at,
    )  # fmt: skip


def tell_at(
    engine: Engine,
    settings: Settings,
    address: str,
    at: datetime,
    *,
    way: Way = Way.WEBHOOK,
    agency: str = BANNER_BUREAU,
) -> str | None:
    """Add an address of the banner's bureau; returns the secret of a webhook."""
    with unit_of_work(engine) as session:
        return add_address(
            session, settings, agency_code=agency, region_code=None, way=way, address=address, by=OPERATOR, at=at
        ).secret


def send(engine: Engine, settings: Settings, clock: Callable[[], datetime], *, seconds: float = 15) -> Sent:
    """Send what is due, with so much patience for webhooks."""
    ways = ways_of(settings)
    ways[Way.WEBHOOK] = Webhook(open_vault(settings), insecure=settings.outbox_insecure_webhooks, seconds=seconds)
    return send_waiting(engine, ways, clock=clock, most=10_000)


def messages(engine: Engine) -> list[OutboxMessage]:
    """Return all messages in the order in which they were posted."""
    with reading(engine) as session:
        rows = list(session.scalars(select(OutboxMessage).order_by(col(OutboxMessage.id))))
        session.expunge_all()
        return rows
