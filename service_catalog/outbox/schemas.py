"""The outbox on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field

from service_catalog.outbox.letters import letter_id
from service_catalog.outbox.tables import DeliveryAddress, OutboxMessage, Way

AddressPath = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the delivery address.")]
RecipientFilter = Annotated[
    str | None, Query(pattern=r"^[0-9A-Z]{18}$", description="Credit code or declared placeholder.")
]


class MessageState(StrEnum):
    """Waiting for its turn, waiting because nobody said where to, sent to every address, or given up."""

    WAITING = "waiting"
    WAITING_FOR_ADDRESS = "waiting_for_address"
    SENT = "sent"
    GIVEN_UP = "given_up"


class OutboxLine(BaseModel):
    """One message."""

    number: int
    message_id: str = Field(description="What receivers see as Webhook-Id, and in the Message-ID of mails.")
    kind: str
    agency_code: str | None
    region_code: str | None
    subject: str
    body: str
    facts: dict[str, Any]
    state: MessageState
    created_at: datetime
    next_try_at: datetime | None = Field(description="Null where no further attempt comes.")
    attempts: int
    reached: int = Field(description="Addresses that have it.")
    sent_at: datetime | None
    given_up_at: datetime | None
    last_error: str | None

    @classmethod
    def of(cls, message: OutboxMessage, has_address: bool) -> "OutboxLine":
        state = _state(message, has_address)
        assert message.id is not None
        return cls(
            number=message.id, message_id=letter_id(message.once), state=state, reached=len(message.reached),
            next_try_at=message.not_before if state is MessageState.WAITING else None,
            **message.model_dump(include=_COLUMNS),
        )  # fmt: skip


_COLUMNS = (set(OutboxMessage.model_fields) & set(OutboxLine.model_fields)) - {"reached"}


def _state(message: OutboxMessage, has_address: bool) -> MessageState:
    if message.sent_at is not None:
        return MessageState.SENT
    if message.given_up_at is not None:
        return MessageState.GIVEN_UP
    return MessageState.WAITING if has_address else MessageState.WAITING_FOR_ADDRESS


class AddressLine(BaseModel):
    """Where a body is told; never the secret that signs."""

    number: int
    agency_code: str | None
    region_code: str | None
    way: Way
    address: str
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, row: DeliveryAddress) -> "AddressLine":
        return cls(number=row.id, **row.model_dump(include=set(cls.model_fields)))


class NewAddressView(AddressLine):
    """A new address: `secret` is shown this once; the receiver checks signatures with it. Null for mail."""

    secret: str | None
