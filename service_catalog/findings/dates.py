"""When a text is due for review; pure."""

from datetime import date, timedelta


def due_on(since: date, months: int) -> date:
    """Return the day so many months after `since`; the first of the next month where that day does not exist."""
    year, month = divmod(since.year * 12 + since.month - 1 + months, 12)
    if since.day <= 28:
        return date(year, month + 1, since.day)
    last = date(year, month + 1, 28)
    day = last + timedelta(days=since.day - 28)
    return day if day.month == last.month else day.replace(day=1)


def written_by(today: date, months: int) -> date:
    """Return the last day of writing that is due for review today: `due_on(day) <= today` exactly up to it."""
    day = due_on(today.replace(day=1), -months)
    day += timedelta(days=today.day - 1)
    while due_on(day, months) > today:
        day -= timedelta(days=1)
    return day
