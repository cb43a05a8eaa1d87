"""The rules for the registers: what the league has to load before somebody needs it."""

from collections.abc import Iterator
from datetime import date, timedelta

from service_catalog.changes.tables import Subject
from service_catalog.findings.knowledge import Knowledge
from service_catalog.findings.rules import Broken, Found, Thing
from service_catalog.kernel.errors import Said

AHEAD = timedelta(days=60)
"""So long before its first day the calendar of a year should be here: limits are counted some weeks ahead."""


def judge_registers(known: Knowledge) -> Iterator[Found]:
    """Yield what is wrong with the registers; it belongs to the league."""
    for year in range(known.day.year, (known.day + AHEAD).year + 1):
        if year not in known.registers.calendar.years:
            said = Said(
                f"{year} 年工作日历尚未加载，算到该年的期限都定不下来",
                f"the working-day calendar of {year} is not here: no limit that runs into it has a date",
            )
            thing = Thing(Subject.REGISTER, f"calendar-{year}", known.league)
            yield thing, Broken("calendar_missing", "", said, since=date(year, 1, 1) - AHEAD)
