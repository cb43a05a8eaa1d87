"""Sending what waits: claimed on a lease, sent outside any transaction, then written down.

The promise is "at least once, with an id that makes it once": a process that is killed between the receiver's answer and
the note of it leaves a message that another sends again, under the same id.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine

from service_catalog.outbox import leasing
from service_catalog.outbox.leasing import MOST_ATTEMPTS, Claimed
from service_catalog.outbox.letters import Deliver, Destination, NotDelivered
from service_catalog.outbox.tables import Way

Clock = Callable[[], datetime]
Progress = Callable[[str, int, int], None]


class Sent(NamedTuple):
    """What came of a round, in messages."""

    sent: int = 0
    failed: int = 0
    """Will be tried again."""
    given_up: int = 0
    lost: int = 0
    """The lease ended while we were sending; another process goes on."""

    @property
    def tried(self) -> int:
        """Return how many messages were taken up."""
        return sum(self)


def unseen(what: str, done: int, total: int) -> None:
    """Show no progress."""


def send_waiting(
    engine: Engine,
    ways: Mapping[Way, Deliver],
    *,
    clock: Clock,
    most: int = 100,
    progress: Progress = unseen,
) -> Sent:
    """Send what is due, the longest waiting first; any number of processes may do so at once."""
    total = min(most, leasing.count_due(engine, ways, at=clock()))
    counts, silent = Sent(), set[Destination]()
    while counts.tried < most and (claimed := leasing.claim(engine, ways, at=clock())) is not None:
        became = _Sending(engine, ways, clock, silent).send(claimed)
        counts = counts._replace(**{became: getattr(counts, became) + 1})
        progress("发送 sending", counts.tried, max(total, counts.tried))
    return counts


class _Sending:
    """One message on its way to every address that does not have it yet."""

    def __init__(self, engine: Engine, ways: Mapping[Way, Deliver], clock: Clock, silent: set[Destination]) -> None:
        self.engine, self.ways, self.clock = engine, ways, clock
        self.silent = silent
        """Where nobody was there a moment ago: the other messages of this round do not wait for them one by one."""
        self.failures: list[tuple[Destination, NotDelivered]] = []

    def send(self, claimed: Claimed) -> str:
        """Return what became of it: the name of a count."""
        if claimed.attempts > MOST_ATTEMPTS:  # the last attempt has ended its process
            return self._fail(claimed, "no attempt came to an end", for_good=True)
        for place, destination in enumerate(claimed.left):
            if place:
                renewed = leasing.note_progress(self.engine, claimed, at=self.clock())
                if renewed is None:
                    return "lost"
                claimed = renewed
            if self._reaches(claimed, destination):
                claimed = claimed._replace(reached=(*claimed.reached, destination.mark))
        return self._end(claimed)

    def _reaches(self, claimed: Claimed, destination: Destination) -> bool:
        try:
            self._deliver(claimed, destination)
        except NotDelivered as failure:
            self.failures.append((destination, failure))
            if failure.silent:
                self.silent.add(destination)
            return False
        return True

    def _deliver(self, claimed: Claimed, destination: Destination) -> None:
        if destination in self.silent:
            raise NotDelivered("nobody was there a moment ago")
        if destination.way not in self.ways:
            raise NotDelivered("this way of sending is not set up")
        self.ways[destination.way](claimed.letter, destination, at=self.clock())

    def _end(self, claimed: Claimed) -> str:
        if not self.failures:
            return "sent" if leasing.note_sent(self.engine, claimed, at=self.clock()) else "lost"
        said = "; ".join(f"{to.way.value} {to.number}: {failure}" for to, failure in self.failures)
        hopeless = all(failure.for_good for _, failure in self.failures)
        return self._fail(claimed, said, for_good=hopeless or claimed.attempts >= MOST_ATTEMPTS)

    def _fail(self, claimed: Claimed, said: str, *, for_good: bool) -> str:
        if not leasing.note_failure(self.engine, claimed, said, for_good=for_good, at=self.clock()):
            return "lost"
        return "given_up" if for_good else "failed"
