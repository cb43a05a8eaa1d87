"""Which signals an appeal gives on a day (handbook, appeals, chapter 5); pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from service_catalog.appeals.stages import ANSWERED, WITH_AGENCY, Stage
from service_catalog.appeals.tables import Appeal, JointAgency
from service_catalog.kernel.errors import Said
from service_catalog.supervision.tables import AppealSignal, SignalRule

R = SignalRule
YELLOW = (R.NOT_DISPATCHED, R.NOT_SIGNED, R.OVERDUE, R.NOT_CALLED_BACK)
"""黄牌; a second one on one appeal makes a red card."""
OF_THE_HOLDER = (R.NOT_DISPATCHED, R.NOT_SIGNED, R.OVERDUE)
"""Raised anew for each who gets the appeal."""
ON_THE_DESK = (Stage.REGISTERED, Stage.ACCEPTED, Stage.RETURNED)
"""Where the inner limit is the desk's, for sending it to a body."""
RULE_NAMES: Mapping[SignalRule, Said] = {
    R.DUE_SOON: Said("即将到期提醒", "due soon"),
    R.NOT_DISPATCHED: Said("逾期未派单（黄牌）", "not dispatched in time (yellow card)"),
    R.NOT_SIGNED: Said("逾期未签收（黄牌）", "not signed for in time (yellow card)"),
    R.NOT_HELPED: Said("协办逾期未提意见", "no opinion given in time by a body that helps"),
    R.OVERDUE: Said("超期未办结（黄牌）", "overdue (yellow card)"),
    R.LONG_OVERDUE: Said("严重超期（红牌）", "gravely overdue (red card)"),
    R.NOT_CALLED_BACK: Said("差评逾期未回访（黄牌）", "nobody called after a bad rating (yellow card)"),
    R.BAD_AGAIN: Said("重办后再次差评（红牌）", "rated bad again after it was reopened (red card)"),
}


def signals_of(row: Appeal, today: date, *, is_bad_again: bool = False) -> Iterator[SignalRule]:
    """Yield what is to be raised today; nothing of the deadline while its clock stands (then there is none in the row).

    Where the calendar is missing nobody is late yet: the earliest day on which it can be due is only drawn near to.
    """
    if row.deadline_on is not None:
        if today <= row.deadline_on or not row.deadline_is_certain:
            if row.warn_on is not None and row.warn_on <= today:
                yield R.DUE_SOON
        else:
            yield R.OVERDUE
            if row.grave_on is not None and row.grave_on <= today:
                yield R.LONG_OVERDUE
    if row.step_due_on is not None and row.step_is_certain and row.step_due_on < today:
        if row.stage in ON_THE_DESK:
            yield R.NOT_DISPATCHED
        elif row.stage is Stage.DISPATCHED:
            yield R.NOT_SIGNED
        elif row.stage in ANSWERED:  # there only a bad rating opens a step, and the call ends it
            yield R.NOT_CALLED_BACK
    if is_bad_again and row.stage in ANSWERED:
        yield R.BAD_AGAIN


def responsible(rule: SignalRule, row: Appeal) -> str | None:
    """Return the body that has to put it right; None: the desk, which also calls people back."""
    if rule is R.NOT_CALLED_BACK or row.stage not in WITH_AGENCY | ANSWERED | {Stage.NEED_INFO}:
        return None
    return row.lead_agency


def evidence_of(row: Appeal, today: date) -> dict[str, Any]:
    """Return what was seen; nothing of the person."""
    days = {
        name: day and day.isoformat()
        for name in ("deadline_on", "grave_on", "step_due_on")
        for day in (getattr(row, name),)
    }
    return days | {
        "seen_on": today.isoformat(), "stage": row.stage.value, "deadline_is_certain": row.deadline_is_certain,
        "grade": row.grade, "returns": row.returns, "reopens": row.reopens,
    }  # fmt: skip


def is_late_to_help(body: JointAgency, row: Appeal, today: date) -> bool:
    """Tell whether a body that was asked to help owes the lead its opinion; nothing while the clock stands."""
    is_asked = row.stage in WITH_AGENCY and row.joint_due_on is not None and body.due_on >= row.joint_due_on
    return is_asked and body.opinion_at is None and body.due_on < today


def is_still_owed(signal: AppealSignal, body: JointAgency | None, row: Appeal, today: date) -> bool | None:
    """Tell whether a body still owes its opinion; None: the clock stands, nobody can say."""
    if body is None or body.opinion_at is not None or row.round != int(signal.period.partition(".")[0]):
        return False
    return None if row.stage is Stage.NEED_INFO else is_late_to_help(body, row, today)


def is_still_so(signal: AppealSignal, row: Appeal, today: date) -> bool | None:
    """Tell whether a signal still has its cause, with the same body; None: the clock stands, nobody can say."""
    rule = signal.rule
    if row.round != int(signal.period.partition(".")[0]) or signal.agency_code != responsible(rule, row):
        return False
    if rule is R.BAD_AGAIN:
        return row.stage in ANSWERED
    if row.stage is Stage.NEED_INFO and row.deadline_on is None:
        return None if rule not in (R.NOT_DISPATCHED, R.NOT_SIGNED) else False
    now = set(signals_of(row, today))
    if rule is R.DUE_SOON:
        return R.DUE_SOON in now
    if rule is R.LONG_OVERDUE:  # raised by two yellow cards, too: then it is enough that one of them still holds
        return bool(now & {R.LONG_OVERDUE, *YELLOW})
    return rule in now
