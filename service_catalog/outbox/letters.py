"""What travels and where to, as the ways of sending see it; pure."""

import hashlib
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from service_catalog.outbox.tables import DeliveryAddress, OutboxMessage, Way


class Letter(NamedTuple):
    """One message: `id` is the same at every attempt and every address, so that receivers drop doubles by it."""

    id: str
    kind: str
    subject: str
    body: str
    facts: dict[str, Any]
    created_at: datetime

    @classmethod
    def of(cls, message: OutboxMessage) -> "Letter":
        return cls(
            letter_id(message.once), message.kind, message.subject, message.body, message.facts, message.created_at
        )


class Destination(NamedTuple):
    """One address of the recipient."""

    number: int
    way: Way
    address: str
    secret_sealed: bytes | None
    about: str
    """What the secret was sealed for."""

    @classmethod
    def of(cls, row: DeliveryAddress) -> "Destination":
        assert row.id is not None
        return cls(row.id, row.way, row.address, row.secret_sealed, sealed_for(row))

    @property
    def mark(self) -> str:
        """Return what stands in `reached`: another address never has it, whatever numbers the database gives out again."""
        return hashlib.sha256(f"{self.way.value} {self.address}".encode()).hexdigest()[:16]


class NotDelivered(Exception):
    """An address did not take a letter; the reason holds nothing secret.

    `for_good`: it never will. `silent`: nobody is there, which holds for other letters, too.
    """

    def __init__(self, reason: str, *, for_good: bool = False, silent: bool = False) -> None:
        super().__init__(reason)
        self.for_good, self.silent = for_good, silent


class Deliver(Protocol):
    """One way of sending; raises NotDelivered."""

    def __call__(self, letter: Letter, destination: Destination, *, at: datetime) -> None: ...


def letter_id(once: str) -> str:
    """Return the id by which receivers know a message again; it follows from what makes the message one."""
    return f"msg_{hashlib.sha256(once.encode()).hexdigest()[:32]}"


def sealed_for(row: DeliveryAddress) -> str:
    """Return what a secret is bound to: put beside another address it does not open."""
    return f"delivery_address {row.agency_code or row.region_code} {row.way.value} {row.address}"
