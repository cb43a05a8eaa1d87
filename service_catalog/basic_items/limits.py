"""Time limits and the one question asked of two of them: is this promise provably not longer?"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from service_catalog.kernel.texts import Document, Text


class TimeUnit(StrEnum):
    """Units a limit may be stated in; a week is exactly seven calendar days."""

    IMMEDIATE = "immediate"
    HOUR = "hour"
    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Verdict(StrEnum):
    """Whether a promise keeps a bound; what cannot be proved either way is undecidable."""

    YES = "yes"
    NO = "no"
    UNDECIDABLE = "undecidable"


class TimeLimit(Document):
    """So many units; an immediate limit has no amount."""

    amount: Annotated[int, Field(ge=1, le=9999)] | None = None
    unit: TimeUnit
    explanation: Text | None = None

    @model_validator(mode="after")
    def _amount_fits_unit(self) -> Self:
        if (self.unit is TimeUnit.IMMEDIATE) != (self.amount is None):
            raise ValueError("an immediate limit has no amount, every other limit has one")
        return self


LongestRun = Callable[[int], int | None]
"""From n working days to the most calendar days they can take, None where no calendar says."""


def is_not_longer(promise: TimeLimit, bound: TimeLimit, worst: LongestRun) -> Verdict:
    """Tell whether `promise` is provably not longer than `bound` (handbook, inheritance §5).

    Weekends and holidays make working days stretch, so some pairs of units cannot be compared
    without knowing the day of application; those are undecidable rather than guessed.
    """
    if promise.unit is TimeUnit.IMMEDIATE:
        return Verdict.YES
    if bound.unit is TimeUnit.IMMEDIATE:
        return Verdict.NO
    n, unit = _in_plain_units(promise)
    m, bound_unit = _in_plain_units(bound)
    if unit is bound_unit:
        return _decide(n <= m, otherwise=Verdict.NO)
    return _ACROSS.get((unit, bound_unit), _never)(n, m, worst)


def together_longer(limits: Iterable[TimeLimit], promise: TimeLimit, worst: LongestRun) -> bool:
    """Tell whether limits that run one after the other provably take longer than `promise`.

    Units are added by what they last at least: a working day at least a calendar day, a month at least 28.
    """
    totals = dict.fromkeys(TimeUnit, 0)
    for limit in limits:
        amount, unit = _in_plain_units(limit)
        totals[unit] += amount
    calendar_days = totals[_C] + 28 * totals[_M] + 365 * totals[_Y]
    hours = totals[_H] + 24 * (calendar_days + totals[_W])
    most, unit = _in_plain_units(promise)
    if unit is _W:
        longest = worst(most)
        working_days = totals[_W] + _working_days_at_least(calendar_days, most, worst)
        return working_days > most or (longest is not None and hours > 24 * longest)
    return hours > most * _HOURS_AT_MOST[unit]


def _working_days_at_least(calendar_days: int, most: int, worst: LongestRun) -> int:
    """Return how many working days (up to one more than `most`) so many calendar days hold wherever they lie."""
    held = 0
    while held <= most and (longest := worst(held + 1)) is not None and longest <= calendar_days:
        held += 1
    return held


def _in_plain_units(limit: TimeLimit) -> tuple[int, TimeUnit]:
    amount = limit.amount or 0
    if limit.unit is TimeUnit.WEEK:
        return 7 * amount, TimeUnit.CALENDAR_DAY
    return amount, limit.unit


def _decide(proven: bool, *, refuted: bool = False, otherwise: Verdict = Verdict.UNDECIDABLE) -> Verdict:
    if proven:
        return Verdict.YES
    return Verdict.NO if refuted else otherwise


def _never(n: int, m: int, worst: LongestRun) -> Verdict:
    return Verdict.UNDECIDABLE


def _working_days_within(days: int, n: int, worst: LongestRun) -> bool:
    longest = worst(n)
    return longest is not None and longest <= days


def _calendar_days_in_working_days(n: int, m: int, worst: LongestRun) -> Verdict:
    longest = worst(m)
    return _decide(n <= m, refuted=longest is not None and n > longest)


_H, _W, _C = TimeUnit.HOUR, TimeUnit.WORKING_DAY, TimeUnit.CALENDAR_DAY
_M, _Y = TimeUnit.MONTH, TimeUnit.YEAR
_HOURS_AT_MOST = {TimeUnit.IMMEDIATE: 0, _H: 1, _C: 24, _M: 31 * 24, _Y: 366 * 24}

# A month has 28 to 31 days, a year 365 or 366: the short end proves, the long end refutes.
_ACROSS: dict[tuple[TimeUnit, TimeUnit], Callable[[int, int, LongestRun], Verdict]] = {
    (_H, _C): lambda n, m, worst: _decide(n <= 24 * m, otherwise=Verdict.NO),
    (_H, _M): lambda n, m, worst: _decide(n <= 672 * m),
    (_H, _Y): lambda n, m, worst: _decide(n <= 8760 * m),
    (_W, _C): lambda n, m, worst: _decide(_working_days_within(m, n, worst), refuted=n > m),
    (_W, _M): lambda n, m, worst: _decide(_working_days_within(28 * m, n, worst), refuted=n > 31 * m),
    (_W, _Y): lambda n, m, worst: _decide(_working_days_within(365 * m, n, worst)),
    (_C, _H): lambda n, m, worst: _decide(24 * n <= m, otherwise=Verdict.NO),
    (_C, _W): _calendar_days_in_working_days,
    (_C, _M): lambda n, m, worst: _decide(n <= 28 * m, refuted=n > 31 * m),
    (_C, _Y): lambda n, m, worst: _decide(n <= 365 * m, refuted=n > 366 * m),
    (_M, _W): lambda n, m, worst: _decide(31 * n <= m),
    (_M, _C): lambda n, m, worst: _decide(31 * n <= m, refuted=28 * n > m),
    (_M, _Y): lambda n, m, worst: _decide(n <= 12 * m, otherwise=Verdict.NO),
    (_Y, _W): lambda n, m, worst: _decide(366 * n <= m),
    (_Y, _C): lambda n, m, worst: _decide(366 * n <= m, refuted=365 * n > m),
    (_Y, _M): lambda n, m, worst: _decide(12 * n <= m, otherwise=Verdict.NO),
}
