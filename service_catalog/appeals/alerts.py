"""When somebody has to look at an appeal: supervision on its next day, officers by the day on their list; pure."""

from datetime import date

from service_catalog.appeals.clock import ONE
from service_catalog.appeals.stages import ANSWERED, BAD, WITH_AGENCY, Stage
from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.dates import civil_day

FAR = date(9999, 12, 31)
"""Where what waits without a deadline stands in the officers' list."""


def next_alert(row: Appeal, after: date | None) -> date | None:
    """Return the first day after `after` on which supervision has something to look at."""
    runs_out = row.step_is_certain and row.stage is not Stage.NEED_INFO
    step = row.step_due_on + ONE if row.step_due_on and runs_out else None
    joint = row.joint_due_on + ONE if row.joint_due_on and row.stage in WITH_AGENCY else None
    over = row.deadline_on + ONE if row.deadline_on else None
    again = civil_day(row.answered_at) if row.answered_at and _may_be_bad_again(row) else None
    days = [
        day
        for day in (row.warn_on, over, row.grave_on, step, joint, again)
        if day is not None and (after is None or day > after)
    ]
    return min(days, default=None)


def queue_day(row: Appeal) -> date | None:
    """Return the day by which an appeal stands in the officers' list; None where nobody has to do anything.

    Somebody has to answer, to close, or to call the person after a bad rating.
    """
    if row.is_open:
        return row.deadline_on or FAR
    if row.step_due_on is not None:
        return row.step_due_on
    return FAR if row.stage is Stage.ANSWERED else None


def _may_be_bad_again(row: Appeal) -> bool:
    """Tell whether the last rating, of this answer or of one before, was bad and the appeal was reopened."""
    return row.reopens > 0 and row.grade in BAD and row.stage in ANSWERED
