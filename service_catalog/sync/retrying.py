"""Trying again: how often, how long, and when the next attempt is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

from service_catalog.sync.answers import CentreAway, Interrupted


@dataclass(frozen=True)
class Retries:
    """Exponential backoff with full jitter, bounded in number and in time (seconds, pauses included)."""

    attempts: int = 6
    seconds: float = 120.0
    first: float = 0.5
    longest: float = 30.0

    def pause_after(self, failures: int, random: Random) -> float:
        """Return how many seconds to wait after so many failures: anything up to a bound that doubles each time."""
        return random.uniform(0.0, min(self.longest, self.first * 2.0 ** min(failures - 1, 60)))


NEVER_AGAIN = Retries(attempts=1)


class Tries:
    """The attempts of one request; whoever makes progress in between begins to count anew."""

    def __init__(
        self,
        retries: Retries,
        *,
        sleep: Callable[[float], object],
        random: Random,
        clock: Callable[[], float],
        patience: float,
    ) -> None:
        self.retries, self.sleep, self.random, self.clock = retries, sleep, random, clock
        self.seconds = retries.seconds + patience
        self.progressed()

    def progressed(self) -> None:
        """Note that the request has come nearer to its end: the bounds are for standing still."""
        self.failures, self.began = 0, self.clock()

    def pause(self, fault: Interrupted) -> None:
        """Wait until the next attempt is due; raises CentreAway where there is none any more."""
        self.failures += 1
        pause = self.retries.pause_after(self.failures, self.random)
        if fault.retry_after is not None:
            pause += fault.retry_after  # never before the time named, and not all readers in the same moment
        left = self.seconds - (self.clock() - self.began)
        if fault.for_good or self.failures >= self.retries.attempts or pause >= left:
            raise CentreAway(fault.reason, attempts=self.failures, retry_after=fault.retry_after) from fault
        self.sleep(pause)


def retry_after_of(value: str | None, date: str | None, *, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header names, None where it names nothing sensible.

    A date is compared with the answer's own Date: the clock of a kiosk may be wrong.
    """
    if value is None:
        return None
    if value.strip().isdecimal() and value.isascii():
        return float(value)
    due = moment_of(value)
    return None if due is None else max(0.0, (due - (moment_of(date) or now)).total_seconds())


def moment_of(value: str | None) -> datetime | None:
    """Read an HTTP date; None where it is none."""
    try:
        read = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return None if read is None else read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
