"""Taking due messages on lease and writing down what became of them; each step is one short transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from secrets import SystemRandom
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, and_, exists, func, or_, select, update
from sqlmodel import Session, col

from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.outbox.letters import Destination, Letter
from service_catalog.outbox.tables import DeliveryAddress, OutboxMessage, Way

LEASE = timedelta(minutes=5)
"""Far longer than one address may take; renewed after each. When a process is killed, another takes over after it."""
MOST_ATTEMPTS = 20
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=12)
"""Twenty attempts take three to four days: a receiver may be away over a long weekend."""
LONGEST_ERROR = 500
_RANDOM = SystemRandom()


class Claimed(NamedTuple):
    """A message that is ours until the lease ends."""

    number: int
    letter: Letter
    attempts: int
    left: tuple[Destination, ...]
    """Addresses that do not have it yet."""
    reached: tuple[str, ...]
    leased_until: datetime


def claim(engine: Engine, ways: Collection[Way], *, at: datetime) -> Claimed | None:
    """Take the message that has been due longest; None where nothing is due. What nobody can be told of is left waiting."""
    with unit_of_work(engine) as session:
        query = select(OutboxMessage).where(is_due(at), has_address(ways)).order_by(*_OLDEST_FIRST).limit(1)
        message = session.scalars(query.with_for_update(skip_locked=True, of=OutboxMessage)).first()
        if message is None:
            return None
        assert message.id is not None
        message.attempts += 1
        message.leased_until = at + LEASE
        destinations = [Destination.of(row) for row in addresses_of(session, message)]
        left = tuple(destination for destination in destinations if destination.mark not in message.reached)
        return Claimed(
            message.id, Letter.of(message), message.attempts, left, tuple(message.reached), message.leased_until
        )


_OLDEST_FIRST = (col(OutboxMessage.not_before), col(OutboxMessage.id))


def count_due(engine: Engine, ways: Collection[Way], *, at: datetime) -> int:
    """Return how many messages could be sent now."""
    with reading(engine) as session:
        query = select(func.count()).select_from(OutboxMessage).where(is_due(at), has_address(ways))
        counted: int = session.execute(query).scalar_one()
        return counted


def waits() -> ColumnElement[bool]:
    """Return the condition that a message is neither sent nor given up."""
    return and_(col(OutboxMessage.sent_at).is_(None), col(OutboxMessage.given_up_at).is_(None))


def is_due(at: datetime) -> ColumnElement[bool]:
    """Return the condition that a message is to be tried now, and is nobody else's."""
    free = or_(col(OutboxMessage.leased_until).is_(None), col(OutboxMessage.leased_until) <= at)
    return and_(waits(), col(OutboxMessage.not_before) <= at, free)


def has_address(ways: Collection[Way] = tuple(Way)) -> ColumnElement[bool]:
    """Return the condition that the recipient can be told in one of these ways."""
    theirs = or_(
        col(DeliveryAddress.agency_code) == col(OutboxMessage.agency_code),
        col(DeliveryAddress.region_code) == col(OutboxMessage.region_code),
    )
    return exists().where(theirs, col(DeliveryAddress.way).in_(sorted(ways)))


def addresses_of(session: Session, message: OutboxMessage) -> Sequence[DeliveryAddress]:
    """Return where the recipient of a message wants to be told, in the order in which it said so."""
    theirs = (
        col(DeliveryAddress.agency_code) == message.agency_code
        if message.agency_code is not None
        else col(DeliveryAddress.region_code) == message.region_code
    )
    return session.scalars(select(DeliveryAddress).where(theirs).order_by(col(DeliveryAddress.id))).all()


def note_progress(engine: Engine, claimed: Claimed, *, at: datetime) -> Claimed | None:
    """Write down which addresses have it, and renew the lease; None where the lease has ended and another goes on."""
    renewed = claimed._replace(leased_until=at + LEASE)
    return renewed if _write(engine, claimed, leased_until=renewed.leased_until) else None


def note_sent(engine: Engine, claimed: Claimed, *, at: datetime) -> bool:
    """Write down that every address has it; False where the lease has ended."""
    return _write(engine, claimed, sent_at=at, last_error=None, leased_until=None)


def note_failure(engine: Engine, claimed: Claimed, error: str, *, for_good: bool, at: datetime) -> bool:
    """Write down that an attempt failed, and when the next one comes, if one does; False where the lease has ended."""
    goes_on: dict[str, Any] = {"given_up_at": at} if for_good else {"not_before": at + pause_after(claimed.attempts)}
    return _write(engine, claimed, last_error=error[:LONGEST_ERROR], leased_until=None, **goes_on)


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait: twice as long each time, and a random half of it, so that not all come back at once."""
    whole = min(FIRST_PAUSE * 2 ** min(attempts - 1, 30), LONGEST_PAUSE)
    return timedelta(seconds=whole.total_seconds() * _RANDOM.uniform(0.5, 1.0))


def _write(engine: Engine, claimed: Claimed, **values: Any) -> bool:
    ours = col(OutboxMessage.id) == claimed.number, col(OutboxMessage.leased_until) == claimed.leased_until
    values["reached"] = list(claimed.reached)
    with unit_of_work(engine) as session:
        written = update(OutboxMessage).where(*ours, waits()).values(**values).returning(col(OutboxMessage.id))
        return session.execute(written).first() is not None
