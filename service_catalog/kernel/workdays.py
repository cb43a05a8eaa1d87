"""Working days over calendars that know holidays and make-up workdays (调休)."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache


class CalendarMissing(LookupError):
    """The count runs into a year whose calendar has not been issued or loaded."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no working-day calendar for {year}")
        self.year = year


@dataclass(frozen=True)
class Calendar:
    """The years that have been issued, and the days that differ from Monday to Friday."""

    years: frozenset[int]
    exceptions: tuple[tuple[date, bool], ...]

    @cached_property
    def _differs(self) -> dict[date, bool]:
        return dict(self.exceptions)

    def is_working(self, day: date) -> bool:
        """Tell whether offices work on `day`; raises CalendarMissing rather than guess."""
        if day.year not in self.years:
            raise CalendarMissing(day.year)
        return self._differs.get(day, day.weekday() < 5)

    def due(self, received: date, working_days: int) -> date:
        """Return the last of `working_days`; the day of receipt is not counted."""
        day, left = received, working_days
        while left > 0:
            day += timedelta(days=1)
            left -= self.is_working(day)
        return day

    def longest_run(self, working_days: int) -> int | None:
        """Return the most calendar days that so many working days take, None where no year is long enough."""
        return _longest_run(self, working_days)

    def unbroken_stretches(self) -> list[tuple[date, date]]:
        """Return first and last day of every run of neighbouring issued years."""
        stretches: list[tuple[date, date]] = []
        for year in sorted(self.years):
            first, last = date(year, 1, 1), date(year, 12, 31)
            if stretches and stretches[-1][1] + timedelta(days=1) == first:
                first = stretches.pop()[0]
            stretches.append((first, last))
        return stretches


@lru_cache(maxsize=1024)
def _longest_run(calendar: Calendar, working_days: int) -> int | None:
    longest: int | None = None
    for first, last in calendar.unbroken_stretches():
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        working = [day for day in days if calendar.is_working(day)]
        for start in days:
            end = bisect_right(working, start) + working_days - 1
            if end >= len(working):
                break
            longest = max(longest or 0, (working[end] - start).days)
    return longest
