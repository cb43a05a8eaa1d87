"""After the answer: 好差评, the call back, closing, reopening; and withdrawing before it."""

from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from service_catalog.actors import Actor
from service_catalog.appeals.answering import in_time
from service_catalog.appeals.case import CALENDAR, Case
from service_catalog.appeals.clock import Tick, due_of_step, step_end
from service_catalog.appeals.handling import supplement
from service_catalog.appeals.intake import is_in_hours
from service_catalog.appeals.opening import demand_nobody_waits, merged_into, open_case
from service_catalog.appeals.stages import BAD, Stage, Step, demand_legal
from service_catalog.appeals.standing import demand_desk
from service_catalog.appeals.tables import AppealAnswer, AppealRating
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Conflict, Fault, InvalidRequest, Said
from service_catalog.vault import Vault


class RatedAlready(Conflict):
    """One rating for one answer (一事一评)."""

    title = Said("已评价过", "It has been rated")


class NothingToRate(Conflict):
    """There is no answer yet."""

    title = Said("尚未答复", "It has not been answered yet")


class CallBackPending(Conflict):
    """A bad rating is followed by a call before anything is closed."""

    title = Said("差评尚未回访", "Nobody has called after the bad rating")


class WaitingForRating(Conflict):
    """The person has some days to rate the answer."""

    title = Said("等待评价", "Waiting for the rating")


class NoBadRating(Conflict):
    """There is nobody to call back."""

    title = Said("没有需要回访的差评", "No bad rating waits for a call")


class NothingToReopen(Conflict):
    """It was never answered."""

    title = Said("没有可重办的答复", "There is no answer to reopen")


class ReopenedTooOften(Conflict):
    """The number of times is capped."""

    title = Said("不能再重办", "It cannot be reopened any more")


class NoReasonToReopen(Conflict):
    """Without a bad rating of the answer it takes a reason that the rules know: a new clock is nothing to be had for the asking."""

    title = Said("没有重办事由", "There is no reason to reopen it")


def rate(case: Case, *, grade: int, words: str | None, at: datetime) -> AppealRating:
    """Rate the answer, once; a bad grade opens a call back with a deadline of its own. Raises RatedAlready, NothingToRate."""
    row = case.row
    if row.answered_at is None or _answered_round(case) is None:
        raise NothingToRate("还没有答复，不能评价", "there is no answer to rate")
    demand_legal(Step.RATE, row.stage)
    if rating_of(case) is not None:
        raise RatedAlready("这次答复已经评价过", "this answer has been rated")
    days = case.rulebook.limits.steps.call_back if grade in BAD else None
    by_day = _called_by(case, at, days)
    sealed = case.seal(words, f"rating {row.round}")
    rating = AppealRating(
        number=row.number, round=row.round, grade=grade, words=sealed, rated_at=at, call_back_by=by_day
    )  # fmt: skip
    case.session.add(rating)
    row.grade = grade
    facts = {"grade": grade, "round": row.round, "call_back_by": by_day and by_day.isoformat()}
    case.record(Step.RATE, by=None, at=at, facts=facts, public=True, step_days=days)
    case.session.flush()
    return rating


def _called_by(case: Case, at: datetime, days: int | None) -> date | None:
    """Return by when the person is called; None where nobody has to, and where the calendar has not been issued."""
    if days is None:
        return None
    end = step_end(civil_day(at), days, case.calendar)
    return end.last_day if end.is_certain else None


def may_rate(case: Case) -> bool:
    """Tell whether the person has an answer that they have not rated."""
    return case.row.answered_at is not None and _answered_round(case) is not None and rating_of(case) is None


def _answered_round(case: Case) -> int | None:
    if case.row.main_number is not None:
        return case.row.round
    answer = case.session.get(AppealAnswer, (case.row.number, case.row.round))
    return answer.round if answer and answer.given_at else None


def rating_of(case: Case) -> AppealRating | None:
    """Return the rating of the present round."""
    return case.session.get(AppealRating, (case.row.number, case.row.round))


def call_back(session: Session, vault: Vault, number: str, *, words: str, by: Actor, at: datetime) -> Case:
    """Write down what came of the call after a bad rating; raises NoBadRating."""
    case = open_case(session, vault, number)
    demand_desk(case, by)
    demand_legal(Step.CALL_BACK, case.row.stage)
    rating = rating_of(case)
    if rating is None or rating.grade not in BAD or rating.called_back_at is not None:
        raise NoBadRating("没有等待回访的差评", "no bad rating waits for a call")
    rating.called_back_at, rating.called_back_by = at, by.name
    case.recompute(by=CALENDAR, at=at)
    due_on, is_certain = case.row.step_due_on, case.row.step_is_certain
    facts = {"in_time": in_time(due_on is None or civil_day(at) <= due_on, is_certain=is_certain)}
    case.end_step()
    case.record(Step.CALL_BACK, by=by, at=at, words=words, facts=facts)
    return case


def close(session: Session, vault: Vault, number: str, *, words: str | None, by: Actor, at: datetime) -> Case:
    """Close an answered appeal: after a good rating, the call after a bad one, or some days without any.

    Raises CallBackPending, WaitingForRating.
    """
    case = open_case(session, vault, number)
    demand_desk(case, by)
    demand_legal(Step.CLOSE, case.row.stage)
    _demand_rated(case, at)
    case.row.closed_at = at
    case.record(Step.CLOSE, by=by, at=at, words=words, public=True)
    return case


def close_of_itself(session: Session, vault: Vault, number: str, *, by: Actor, at: datetime) -> bool:
    """Close what was answered when the days for rating it have passed, unless a bad rating waits; tells whether it did."""
    case = open_case(session, vault, number)
    if case.row.stage is not Stage.ANSWERED or _is_call_pending(case) or civil_day(at) <= _rated_until(case):
        return False
    case.row.closed_at = at
    case.record(Step.CLOSE, by=by, at=at, public=True)
    return True


def _rated_until(case: Case) -> date:
    answered = case.row.answered_at
    assert answered is not None
    return due_of_step(civil_day(answered), case.rulebook.policy.close_after, case.calendar)


def _demand_rated(case: Case, at: datetime) -> None:
    _demand_called_back(case)
    if rating_of(case) is not None:
        return
    until = _rated_until(case)
    if civil_day(at) <= until:
        raise WaitingForRating(f"等待群众评价到 {until}", f"the person may rate it until {until}", until=str(until))


def _is_call_pending(case: Case) -> bool:
    rating = rating_of(case)
    return rating is not None and rating.grade in BAD and rating.called_back_at is None


def _demand_called_back(case: Case) -> None:
    if _is_call_pending(case):
        raise CallBackPending("差评须先回访", "call the person first")


def reopen(
    session: Session, vault: Vault, number: str, *, reason: str, code: str | None = None, by: Actor, at: datetime
) -> Case:
    """Have it handled anew, with a new clock, by the body or the desk that answered; `code` is a reason of the rules.

    Raises CallBackPending, NothingToReopen, ReopenedTooOften, NoReasonToReopen, MoveNotLegal, InvalidRequest.
    """
    case = open_case(session, vault, number)
    demand_desk(case, by)
    demand_legal(Step.REOPEN, case.row.stage)
    row, policy = case.row, case.rulebook.policy
    _demand_called_back(case)
    if row.answered_at is None:
        raise NothingToReopen("没有答复过，不能重办", "what was never answered is not reopened")
    if row.reopens >= policy.max_reopens:
        raise ReopenedTooOften(f"重办最多 {policy.max_reopens} 次", f"at most {policy.max_reopens} times")
    cause = _cause(case, code)
    limit = case.rulebook.limits.of(row.kind, row.urgency, civil_day(at))
    row.reopens, row.extensions = row.reopens + 1, 0
    row.answered_at = row.closed_at = row.in_time = row.working_days = None
    start = Tick(does="start", on=civil_day(at), limit=limit.limit, in_hours=is_in_hours(case, limit.unit, at))
    case.record(
        Step.REOPEN, by=by, at=at, to=Stage.HANDLING if row.lead_agency else Stage.ACCEPTED, words=reason,
        agency=row.lead_agency, facts={"round": row.reopens, **cause}, public=True, ticks=[start],
    )  # fmt: skip
    return case


def _cause(case: Case, code: str | None) -> dict[str, Any]:
    """Return what the record keeps of why it is reopened: how the person rated it, or the reason of the rules."""
    reasons = {reason.code: reason for reason in case.rulebook.policy.reopen_reasons}
    known, rating = "、".join(reasons), rating_of(case)
    if code is not None and code not in reasons:
        raise InvalidRequest(
            [Fault("/code", Said(f"没有这个事由代码，可选：{known}", f"no such reason; known: {known}"))]
        )
    if code is not None:
        return reasons[code].model_dump()
    if rating is None or rating.grade not in BAD:
        raise NoReasonToReopen(
            f"这次答复没有不满意的评价，重办须写明事由代码：{known}",
            f"nobody has rated the answer bad: name a reason, one of {known}",
        )
    return {"grade": rating.grade}


def withdraw(case: Case, *, words: str | None, at: datetime) -> Case:
    """Take one's appeal back while it is open; raises MoveNotLegal, OthersWait."""
    demand_nobody_waits(case)
    demand_legal(Step.WITHDRAW, case.row.stage)
    case.note_late_end(at)
    case.record(Step.WITHDRAW, by=None, at=at, words=words, public=True, ticks=[Tick(does="end", on=civil_day(at))])
    return case


def lapse(session: Session, vault: Vault, number: str, *, by: Actor, at: datetime) -> bool:
    """Close what waited for more beyond the day by which it was asked; tells whether it did.

    Where others were merged into it, it is handled with what is there instead: they are still to be answered.
    """
    case = open_case(session, vault, number)
    row = case.row
    if row.stage is not Stage.NEED_INFO or row.step_due_on is None or civil_day(at) <= row.step_due_on:
        return False
    if merged_into(session, number):
        supplement(case, words=None, by=by, at=at)
        return False
    case.note_late_end(at)
    row.closed_at = at
    case.record(Step.LAPSE, by=by, at=at, public=True, ticks=[Tick(does="end", on=civil_day(at))])
    return True
