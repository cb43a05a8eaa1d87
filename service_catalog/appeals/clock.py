"""The clock of an appeal (限时办理): computed from what happened, never kept as a running number; pure.

Day 1 is the first working day after the day of receipt (handbook, appeals, chapter 4). Days from the one on which the
person was asked for more up to the one on which they answered do not count: those before are used up, the rest follows.
The due moment is the end of the due day in Alxa. Where the count runs into a year without calendar nothing is guessed:
`due_on` is None, and `not_before` is the date if every remaining day were a working day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import Field

from service_catalog.kernel.texts import Document
from service_catalog.kernel.workdays import Calendar, CalendarMissing

ONE = timedelta(days=1)


class LimitUnit(StrEnum):
    """In what a limit is counted. `same_day`: by the end of the day of receipt, or of the next working day."""

    SAME_DAY = "same_day"
    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"


class Limit(Document):
    """How long something may take."""

    amount: int = Field(ge=1, le=366)
    unit: LimitUnit


class Tick(Document):
    """What an event does to the clock; `on` is its civil day."""

    does: Literal["start", "limit", "pause", "resume", "extend", "end", "floor"]
    on: date
    limit: Limit | None = None
    in_hours: bool = True
    """Of a start: received on time of day before closing."""
    answer_by: date | None = None
    """Of a pause: it ends by then, answered or not."""
    amount: int = 0
    """Of an extension, in the unit of the limit."""


@dataclass(frozen=True)
class Pause:
    """Days on which the clock stands: from the question to the answer, at the most to the day by which it was asked."""

    since: date
    answer_by: date
    answered_on: date | None = None

    @property
    def last(self) -> date:
        """The last day that does not count."""
        return min(self.answered_on or self.answer_by, self.answer_by)

    def covers(self, day: date) -> bool:
        """Tell whether the clock stands on `day`."""
        return self.since <= day <= self.last


@dataclass(frozen=True)
class Clock:
    """What the ticks say, without any calendar."""

    started_on: date
    in_hours: bool
    limit: Limit
    extended_by: int = 0
    pauses: tuple[Pause, ...] = ()
    floor: date | None = None
    """Nobody is made late in retrospect: a calendar that came later does not put the due day before this one."""
    ended_on: date | None = None

    @property
    def is_paused(self) -> bool:
        """Tell whether the person has been asked and has not answered."""
        return bool(self.pauses) and self.pauses[-1].answered_on is None

    @property
    def amount(self) -> int:
        """Days that must count until it is due."""
        return 1 if self.limit.unit is LimitUnit.SAME_DAY else self.limit.amount + self.extended_by

    def stands_on(self, day: date) -> bool:
        """Tell whether `day` does not count because the person was asked."""
        return any(pause.covers(day) for pause in self.pauses)


@dataclass(frozen=True)
class Due:
    """When it is due, and from when on it is to be watched."""

    due_on: date | None
    """None: the calendar of a year it runs into has not been issued."""
    not_before: date
    """Equal to `due_on` where that is known."""
    warn_on: date
    """From this day on the light is yellow."""
    grave_on: date
    """From this day on it is gravely late."""


@dataclass(frozen=True)
class Thresholds:
    """When a clock is to be watched; data of the site."""

    warn_days: int = 1
    warn_share: float = 0.2
    grave_days: int = 3
    grave_share: float = 0.5


def wind(ticks: Iterable[Tick]) -> Clock:
    """Return the clock that the ticks of an appeal make, in their order; the first one is a start."""
    clock: Clock | None = None
    for tick in ticks:
        if tick.does == "start":
            assert tick.limit is not None
            clock = Clock(tick.on, tick.in_hours, tick.limit)
        else:
            assert clock is not None
            clock = _moved(clock, tick)
    assert clock is not None
    return clock


def _moved(clock: Clock, tick: Tick) -> Clock:
    if tick.does == "limit":
        assert tick.limit is not None
        return replace(clock, limit=tick.limit, extended_by=0)
    if tick.does == "pause":
        assert tick.answer_by is not None
        return replace(clock, pauses=(*clock.pauses, Pause(tick.on, tick.answer_by)))
    if tick.does == "resume":
        *earlier, last = clock.pauses
        return replace(clock, pauses=(*earlier, replace(last, answered_on=tick.on)))
    if tick.does == "extend":
        return replace(clock, extended_by=clock.extended_by + tick.amount)
    if tick.does == "floor":
        return replace(clock, floor=tick.on)
    return replace(clock, ended_on=tick.on)


class _Days:
    """Walks over the days that count; remembers whether a calendar was missing on the way."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar, self.certain = calendar, True

    def works(self, day: date) -> bool:
        try:
            return self.calendar.is_working(day)
        except CalendarMissing:
            self.certain = False
            return True

    def counted(self, clock: Clock) -> Iterator[date]:
        """Yield the days that count, without end."""
        day = clock.started_on
        if clock.limit.unit is not LimitUnit.SAME_DAY or not clock.in_hours:
            day += ONE
        every_day = clock.limit.unit is LimitUnit.CALENDAR_DAY
        while True:
            if not clock.stands_on(day) and (every_day or self.works(day)):
                yield day
            day += ONE

    def from_then_working(self, day: date, clock: Clock) -> date:
        while clock.stands_on(day) or not self.works(day):
            day += ONE
        return day

    def after(self, day: date, working_days: int) -> date:
        while working_days > 0:
            day += ONE
            working_days -= self.works(day)
        return day

    def before(self, day: date, working_days: int, clock: Clock) -> date:
        while working_days > 0 and day > clock.started_on:
            day -= ONE
            working_days -= not clock.stands_on(day) and self.works(day)
        return day


def due(clock: Clock, calendar: Calendar, thresholds: Thresholds | None = None) -> Due:
    """Compute when a clock is due."""
    limits = thresholds or Thresholds()
    days = _Days(calendar)
    counted = days.counted(clock)
    walked = [next(counted) for _ in range(clock.amount)]
    last = walked[-1]
    if clock.limit.unit is LimitUnit.CALENDAR_DAY:
        last = days.from_then_working(last, clock)
    certain = days.certain
    share = int(clock.amount * limits.warn_share)
    warned = walked[-1 - share] if share < len(walked) else clock.started_on
    warned = min(warned, days.before(last, limits.warn_days, clock))
    if clock.floor is not None:
        last = max(last, clock.floor)
    over = min(limits.grave_days, int(clock.amount * limits.grave_share))
    return Due(last if certain else None, last, warned, days.after(last, over + 1))


def days_used(clock: Clock, calendar: Calendar, until: date) -> int | None:
    """Return how many working days have counted up to and with `until`; None without the calendar."""
    days = _Days(calendar)
    total = (until - clock.started_on).days
    walked = (clock.started_on + ONE * n for n in range(1, total + 1))
    used = sum(not clock.stands_on(day) and days.works(day) for day in walked)
    return used if days.certain else None


def due_of_step(started_on: date, working_days: int, calendar: Calendar) -> date:
    """Return the last day of an inner limit (signing, calling back); without a calendar the earliest it can be."""
    return step_end(started_on, working_days, calendar).last_day


class StepEnd(NamedTuple):
    """When an inner limit ends."""

    last_day: date
    is_certain: bool
    """False: the calendar of a year it runs into has not been issued, and it cannot end earlier."""


def step_end(started_on: date, working_days: int, calendar: Calendar) -> StepEnd:
    """Compute when an inner limit ends."""
    days = _Days(calendar)
    return StepEnd(days.after(started_on, working_days), days.certain)


def working_days_between(calendar: Calendar, first: date, last: date) -> int:
    """Count the working days from `first` to `last`, both included; days without a calendar count as working."""
    days = _Days(calendar)
    return sum(days.works(first + ONE * n) for n in range((last - first).days + 1))


@dataclass(frozen=True)
class Moved:
    """A day that the calendar of today moves, or makes certain."""

    told: date
    was_certain: bool
    counted: date
    is_certain: bool
    to: date
    """Later than what is counted where somebody would have been late by it."""

    @classmethod
    def of(cls, told: date, was_certain: bool, counted: date, is_certain: bool, today: date, earliest: date) -> "Moved":
        """Return where it moves: to what is counted, and not before `earliest` where it had not passed by what was told."""
        was_late = was_certain and told < today
        return cls(told, was_certain, counted, is_certain, counted if was_late else max(counted, earliest))

    def facts(self, of: str = "") -> dict[str, str | None]:
        """Return what is written down of it."""
        return {
            f"{of}was_due_on": iso(self.told if self.was_certain else None), f"{of}was_not_before": iso(self.told),
            f"{of}due_on": iso(self.to if self.is_certain else None), f"{of}not_before": iso(self.to),
        }  # fmt: skip


def iso(day: date | None) -> str | None:
    """Return a day as it is written down."""
    return None if day is None else day.isoformat()
