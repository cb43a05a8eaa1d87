"""Civil days of Alxa: Beijing time, whatever the machine thinks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def civil_day(at: datetime) -> date:
    """Return the day that the calendar on a wall in Alxa shows at the moment `at`."""
    return at.astimezone(SHANGHAI).date()


def starts_at(day: date) -> datetime:
    """Return the first moment of `day` in Alxa, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def ends_at(day: date) -> datetime:
    """Return the first moment after `day` in Alxa, in UTC."""
    return starts_at(day + timedelta(days=1))
