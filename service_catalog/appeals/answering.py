"""Answering (反馈答复): one answer by the lead, for complaints checked by another person; merged appeals get it too."""

from datetime import datetime

from sqlmodel import Session

from service_catalog.actors import Actor
from service_catalog.appeals.case import CALENDAR, Case
from service_catalog.appeals.clock import Tick, days_used
from service_catalog.appeals.opening import merged_into, open_case
from service_catalog.appeals.personal import known_values
from service_catalog.appeals.quality import judge_answer
from service_catalog.appeals.stages import AppealKind, Stage, Step, demand_legal
from service_catalog.appeals.standing import demand_desk, demand_desk_or_lead, demand_lead
from service_catalog.appeals.tables import AppealAnswer
from service_catalog.guides.finding import guide_by_code
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError, Conflict, Fault, Forbidden, InvalidRequest, Said
from service_catalog.redaction.proposing import what_remains
from service_catalog.vault import Vault


class AnswerNeedsAnother(Forbidden):
    """An answer to a complaint is checked by another person than the one who wrote it."""

    title = Said("须由另一人审核", "Another person has to check it")


class NothingProposed(Conflict):
    """There is no answer to check."""

    title = Said("没有待审核的答复", "No answer was proposed")


def propose_answer(
    session: Session,
    vault: Vault,
    number: str,
    *,
    words: str,
    guide_code: str | None = None,
    no_guide: str | None = None,
    by: Actor,
    at: datetime,
) -> Case:
    """Write the answer. To a complaint it waits for another person; otherwise it is given at once.

    Raises InvalidRequest where it is no answer or names a guide that does not exist.
    """
    case = open_case(session, vault, number)
    demand_desk(case, by) if case.row.stage is Stage.ACCEPTED else demand_lead(case, by)
    demand_legal(Step.PROPOSE_ANSWER, case.row.stage)
    judge_answer(case.rulebook.answers, case.row.kind, words, guide_code=guide_code, no_guide=no_guide)
    if guide_code is not None:
        _demand_guide(session, guide_code, at)
    needs_second = case.row.kind is AppealKind.COMPLAINT
    sealed = case.seal(words, f"answer {case.row.round}")
    assert sealed is not None
    earlier = answer_of(case)
    if earlier is not None:
        session.delete(earlier)
        session.flush()
    answer = AppealAnswer(
        number=number, round=case.row.round, words=sealed, guide_code=guide_code,
        no_guide=case.seal(no_guide, f"no guide {case.row.round}"), needs_second=needs_second, proposed_by=by.identity, proposed_name=by.name, proposed_at=at,
    )  # fmt: skip
    session.add(answer)
    if merged_into(session, number):
        _demand_impersonal(case, answer)
    if needs_second:
        case.record(Step.PROPOSE_ANSWER, by=by, at=at, agency=case.row.lead_agency)
    else:
        _give(case, answer, by, at)
    return case


def check_answer(
    session: Session, vault: Vault, number: str, *, approve: bool, words: str | None, by: Actor, at: datetime
) -> Case:
    """Give the proposed answer, or send it back with a reason; raises AnswerNeedsAnother, NothingProposed."""
    case = open_case(session, vault, number)
    demand_desk_or_lead(case, by)
    demand_legal(Step.ANSWER, case.row.stage)
    answer = answer_of(case)
    if answer is None or answer.given_at is not None:
        raise NothingProposed("没有待审核的答复", "no answer waits to be checked")
    if not approve:
        case.record(Step.REJECT_ANSWER, by=by, at=at, words=words)
        session.delete(answer)
        return case
    if by.identity == answer.proposed_by:
        raise AnswerNeedsAnother("起草答复的人不能审核自己的答复", "whoever wrote the answer does not check it")
    _give(case, answer, by, at)
    return case


def answer_of(case: Case) -> AppealAnswer | None:
    """Return the answer of the present round, given or proposed."""
    return case.session.get(AppealAnswer, (case.row.number, case.row.round))


def last_given(case: Case) -> AppealAnswer | None:
    """Return the last answer that was given; that of an earlier round, while it is being handled anew."""
    rounds = range(case.row.round, -1, -1)
    answers = (case.session.get(AppealAnswer, (case.row.number, turn)) for turn in rounds)
    return next((answer for answer in answers if answer is not None and answer.given_at is not None), None)


def given_through(merged: Case, main: Case) -> AppealAnswer | None:
    """Return the last answer of the main appeal that was given to this one too.

    Those before speak to whoever brought the main one: nobody has looked whether they name them.
    """
    given = merged.last(Step.ANSWER_THROUGH)
    return None if given is None else main.session.get(AppealAnswer, (main.row.number, given.facts["round"]))


def _demand_guide(session: Session, code: str, at: datetime) -> None:
    try:
        guide_by_code(session, code, now=at, as_of=None)
    except CatalogError as error:
        raise InvalidRequest([Fault("/guide_code", error.said)]) from error


def _give(case: Case, answer: AppealAnswer, by: Actor, at: datetime) -> None:
    row, today = case.row, civil_day(at)
    merged = merged_into(case.session, row.number)
    if merged:
        _demand_impersonal(case, answer)
    case.recompute(by=CALENDAR, at=at)
    found, used = case.due(), days_used(case.clock, case.calendar, today)
    answer.given_by, answer.given_at = by.identity, at
    row.answered_at, row.working_days = at, used
    row.in_time = in_time(today <= found.not_before, is_certain=found.due_on is not None)
    case.record(
        Step.ANSWER, by=by, at=at, agency=row.lead_agency, facts={"round": row.round, "in_time": row.in_time}, public=True,
        ticks=[Tick(does="end", on=today)],
    )  # fmt: skip
    for number in merged:
        _give_through(open_case(case.session, case.vault, number), case, at)


def _demand_impersonal(case: Case, answer: AppealAnswer) -> None:
    """What others read too, because their appeals were merged into this one, says nothing of who brought this one."""
    text = case.unsealed(answer.words, f"answer {answer.round}")
    left = what_remains(text, known_values(case))
    if left:
        kinds = "、".join(dict.fromkeys(mark.kind.zh for mark in left))
        said = Said(
            f"有并案的群众也会读到这份答复，不能含有：{kinds}", f"people whose appeals were merged read it too: {kinds}"
        )
        raise InvalidRequest([Fault("/text", said)])


def in_time(early: bool, *, is_certain: bool) -> bool | None:
    """Without a calendar the due day is this one at the earliest: what came by then is in time, the rest is not known."""
    return True if early else (False if is_certain else None)


def _give_through(merged: Case, main: Case, at: datetime) -> None:
    merged.row.answered_at = at
    if merged.row.in_time is not False:  # what was late when it was merged stays late
        merged.row.in_time = main.row.in_time
    merged.record(
        Step.ANSWER_THROUGH, by=None, at=at, facts={"main": main.row.number, "round": main.row.round}, public=True
    )
