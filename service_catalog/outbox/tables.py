"""OutboxMessage, and the addresses at which agencies and regions want to be told."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import Json, UtcDateTime, stored

_WAITS = text("sent_at IS NULL AND given_up_at IS NULL")
_ONE_RECIPIENT = "(agency_code IS NULL) <> (region_code IS NULL)"


class Way(StrEnum):
    """How a message travels: posted to another system, or by mail to people."""

    WEBHOOK = "webhook"
    MAIL = "mail"


class OutboxMessage(SQLModel, table=True):
    """A message to one agency or one region's office, kept until it has reached every address of theirs, and after."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("uq_outbox_message_once", "once", unique=True),
        Index("ix_outbox_message_waits", "not_before", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
        CheckConstraint(_ONE_RECIPIENT, name="one_recipient"),
        CheckConstraint("sent_at IS NULL OR given_up_at IS NULL", name="one_end"),
        CheckConstraint("attempts >= 0", name="attempts_counted"),
    )

    id: int | None = Field(default=None, primary_key=True)
    once: str = Field(max_length=200)
    """What makes it one message: whoever posts the same again posts nothing."""
    kind: str = Field(max_length=40)
    agency_code: str | None = Field(default=None, foreign_key="agency.code", max_length=18, index=True)
    region_code: str | None = Field(default=None, foreign_key="region.code", max_length=12, index=True)
    subject: str
    body: str
    facts: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)
    not_before: datetime = Field(sa_type=UtcDateTime)
    """When it is tried next."""
    attempts: int = 0
    """Counted when an attempt begins, so that one which kills its process is counted too."""
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Until then it belongs to the process that is sending it."""
    reached: list[Any] = Field(default_factory=list, sa_type=Json)
    """Marks of the addresses that have it; a further attempt goes to the others only."""
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    given_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_error: str | None = Field(default=None, max_length=500)


class DeliveryAddress(SQLModel, table=True):
    """Where an agency or a region's office wants to be told."""

    __tablename__ = "delivery_address"
    __table_args__ = (
        Index("uq_delivery_address_agency", "agency_code", "way", "address", unique=True),
        Index("uq_delivery_address_region", "region_code", "way", "address", unique=True),
        CheckConstraint(_ONE_RECIPIENT, name="one_recipient"),
        CheckConstraint("(way = 'webhook') = (secret_sealed IS NOT NULL)", name="webhooks_are_signed"),
    )

    id: int | None = Field(default=None, primary_key=True)
    agency_code: str | None = Field(default=None, foreign_key="agency.code", max_length=18)
    region_code: str | None = Field(default=None, foreign_key="region.code", max_length=12)
    way: Way = Field(sa_type=stored(Way))
    address: str = Field(max_length=500)
    secret_sealed: bytes | None = None
    """What signs webhooks, sealed by the vault; whoever reads the database cannot sign."""
    created_by: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime)
