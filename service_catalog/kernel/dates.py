"""Civil days of Alxa: Beijing time, whatever the machine thinks."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, WithJsonSchema

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _as_a_clock_shows(at: time) -> time:
    if at.tzinfo is not None or at.microsecond:
        raise ValueError("hours, minutes and seconds as a clock in Alxa shows them")
    return at


ClockTime = Annotated[
    time,
    AfterValidator(_as_a_clock_shows),
    WithJsonSchema({"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}),
]
"""A time of day in Alxa. JSON Schema's own format `time` would promise an offset from UTC (RFC 3339)."""


EARLIEST, LATEST = date(1949, 10, 1), date(2999, 12, 31)


def _in_this_state(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"a day between {EARLIEST} and {LATEST}")
    return day


Day = Annotated[date, AfterValidator(_in_this_state)]
"""A day that comes in: far ones would leave the calendar as soon as one counts from them."""


def civil_day(at: datetime) -> date:
    """Return the day that the calendar on a wall in Alxa shows at the moment `at`."""
    return at.astimezone(SHANGHAI).date()


def starts_at(day: date) -> datetime:
    """Return the first moment of `day` in Alxa, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def ends_at(day: date) -> datetime:
    """Return the first moment after `day` in Alxa, in UTC."""
    return starts_at(day + timedelta(days=1))
