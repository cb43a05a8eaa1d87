"""What a body does with an appeal (限时办理): sign for it, return it, start, ask, get help, note."""

import math
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.keys import PREFIX_LENGTH, key_of, name_of_key
from service_catalog.access.rights import Right, demand
from service_catalog.access.tables import AccessKey
from service_catalog.actors import Actor, ActorKind, Grant
from service_catalog.agencies.places import place_of_agency
from service_catalog.agencies.register import find_agency
from service_catalog.agencies.tables import Agency
from service_catalog.appeals.case import Case
from service_catalog.appeals.clock import Tick, working_days_between
from service_catalog.appeals.opening import open_case
from service_catalog.appeals.stages import Stage, Step, demand_legal
from service_catalog.appeals.standing import demand_desk, demand_desk_or_lead, demand_lead, demand_part, may_lead
from service_catalog.appeals.tables import AppealEvent, JointAgency
from service_catalog.appeals.triage import demand_not_complained_of
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError, Conflict, Fault, InvalidRequest, Said
from service_catalog.vault import Vault


class AlreadyTaken(Conflict):
    """Another officer has it."""

    title = Said("已由他人承办", "Somebody else has taken it")


class ReturnsUsedUp(Conflict):
    """The league has decided, or the number of returns is used up."""

    title = Said("不能再退回", "It cannot be returned any more")


class ReturnTooLate(Conflict):
    """Whoever is not responsible says so in the first half of the limit."""

    title = Said("退回已晚", "Too late to return it")


class PauseTooLong(Conflict):
    """All questions together let the clock stand for so many working days at the most."""

    title = Said("补充材料的期限过长", "The person is given too much time")


class JointAlready(Conflict):
    """The body helps already, or leads."""

    title = Said("该单位已在办理", "The body is handling it already")


def sign(session: Session, vault: Vault, number: str, *, by: Actor, at: datetime) -> Case:
    """Sign for an appeal and take it; of two officers the second is refused with AlreadyTaken."""
    case = open_case(session, vault, number)
    demand_lead(case, by)
    row = case.row
    if row.officer is not None and row.stage in (Stage.SIGNED, Stage.HANDLING):
        raise AlreadyTaken(
            f"已由{row.officer_name}签收", f"{row.officer_name} has signed for it", officer=row.officer_name
        )
    demand_legal(Step.SIGN, row.stage)
    row.officer, row.officer_name = by.identity, by.name
    case.record(Step.SIGN, by=by, at=at, agency=row.lead_agency, public=True)
    return case


def start(session: Session, vault: Vault, number: str, *, by: Actor, at: datetime) -> Case:
    """Begin to handle it."""
    case = open_case(session, vault, number)
    demand_lead(case, by)
    case.record(Step.START, by=by, at=at, agency=case.row.lead_agency, public=True)
    return case


def assign(session: Session, vault: Vault, number: str, *, officer: str | None, by: Actor, at: datetime) -> Case:
    """Give it to another officer, or take it over oneself; raises InvalidRequest where nobody is known by that name.

    An officer is named by the prefix of their key, or by the identity under which they have signed for the body before.
    """
    case = open_case(session, vault, number)
    demand_lead(case, by)
    demand_legal(Step.ASSIGN, case.row.stage)
    before = case.row.officer_name
    case.row.officer, case.row.officer_name = _known_officer(case, officer, at) if officer else (by.identity, by.name)
    case.record(Step.ASSIGN, by=by, at=at, facts={"from": before, "to": case.row.officer_name})
    return case


def _known_officer(case: Case, officer: str, at: datetime) -> tuple[str, str]:
    """Return identity and name of an officer who may go on with it."""
    session = case.session
    key = session.get(AccessKey, officer) if len(officer) == PREFIX_LENGTH else key_of(session, officer)
    name = _name_of_signer(case, officer) if key is None else _name_of_holder(case, key, at)
    if name is None:
        said = Said(
            "没有这位可以承办此件的人：请写承办单位有效密钥的前缀，或者为该单位签收过诉求的人的登录身份",
            "nobody by that name may handle it: the prefix of a valid key of the body, or the identity of a person who has"
            " signed for the body before",
        )
        raise InvalidRequest([Fault("/officer", said)])
    return (officer if key is None else name), name


def _name_of_holder(case: Case, key: AccessKey, at: datetime) -> str | None:
    name, grant = name_of_key(key), Grant(key.role, key.region_code, key.agency_code)
    is_valid = key.revoked_at is None and key.expires_at > at
    return name if is_valid and may_lead(case, Actor(name, ActorKind.MACHINE, (grant,))) else None


def _name_of_signer(case: Case, identity: str) -> str | None:
    """Return what a person is called who has signed for the lead; what is granted to them stands in their token alone."""
    signed = select(col(AppealEvent.by)).where(
        col(AppealEvent.actor) == identity, col(AppealEvent.actor_kind) == ActorKind.PERSON,
        col(AppealEvent.step) == Step.SIGN, col(AppealEvent.agency_code) == case.row.lead_agency,
    )  # fmt: skip
    return case.session.scalars(signed.order_by(col(AppealEvent.at).desc()).limit(1)).first()


def return_(
    session: Session,
    vault: Vault,
    number: str,
    *,
    rule: str,
    competent: str | None,
    reason: str,
    by: Actor,
    at: datetime,
) -> Case:
    """Return an appeal with the rule relied on and, where known, the body thought competent; the clock runs on.

    Raises ReturnsUsedUp, ReturnTooLate. After the last return the league's desk decides.
    """
    case = open_case(session, vault, number)
    demand_lead(case, by)
    demand_legal(Step.RETURN, case.row.stage)
    row, policy = case.row, case.rulebook.policy
    if row.decided_by_league or row.returns >= policy.max_returns:
        raise ReturnsUsedUp(
            "已由盟级裁定承办单位，或者退回次数已满", "the league has decided, or it was returned too often"
        )
    _demand_early(case, at)
    if competent is not None:
        _demand_agency(case, "/competent", competent)
    row.returns += 1
    agency, row.lead_agency, row.officer, row.officer_name = row.lead_agency, None, None, None
    facts = {
        "competent": competent,
        "times": row.returns,
        "league_decides": row.returns >= policy.max_returns,
    }
    case.record(
        Step.RETURN, by=by, at=at, words=f"{reason}\n依据：{rule}", agency=agency, facts=facts,
        step_days=case.rulebook.limits.steps.dispatch,
    )  # fmt: skip
    return case


def _demand_early(case: Case, at: datetime) -> None:
    """Whoever got it says so in the first half of what was left of the limit when it came to them."""
    sent = case.last(Step.DISPATCH, Step.TRANSFER)
    assert sent is not None
    came, calendar = civil_day(sent.at) + timedelta(days=1), case.calendar
    left = working_days_between(calendar, came, case.due().not_before)
    most = max(1, math.ceil(left * case.rulebook.policy.return_share))
    used = working_days_between(calendar, came, civil_day(at))
    if used > most:
        raise ReturnTooLate(
            f"须在收到后 {most} 个工作日内退回，现已是第 {used} 个",
            f"it is returned within {most} working days of coming; this is day {used}", most=most, used=used,
        )  # fmt: skip


def ask(
    session: Session, vault: Vault, number: str, *, question: str, answer_by: date, by: Actor, at: datetime
) -> Case:
    """Ask the person for more; the clock stands until they answer, at the most until the day. Raises PauseTooLong."""
    case = open_case(session, vault, number)
    if case.row.stage is Stage.REGISTERED:
        demand_desk(case, by)
    else:
        demand_desk_or_lead(case, by)
    demand_legal(Step.ASK, case.row.stage)
    today = civil_day(at)
    if answer_by <= today:
        raise InvalidRequest([Fault("/answer_by", Said("须在今天之后", "must lie after today"))])
    _demand_pause(case, today, answer_by)
    case.record(
        Step.ASK, by=by, at=at, words=question, facts={"answer_by": answer_by.isoformat()}, public=True,
        ticks=[Tick(does="pause", on=today, answer_by=answer_by)], answer_by=answer_by,
    )  # fmt: skip
    return case


def _demand_pause(case: Case, since: date, until: date) -> None:
    most = case.rulebook.policy.pause_working_days
    clock, calendar = case.clock, case.calendar
    stood = sum(working_days_between(calendar, pause.since, pause.last) for pause in clock.pauses)
    wanted = working_days_between(calendar, since, until)
    if stood + wanted > most:
        raise PauseTooLong(
            f"等待补充累计不得超过 {most} 个工作日，已用 {stood} 个，此次 {wanted} 个",
            f"at most {most} working days in all; {stood} used, {wanted} asked for", most=most, used=stood, asked=wanted,
        )  # fmt: skip


def supplement(case: Case, *, words: str | None, by: Actor | None, at: datetime) -> Case:
    """Add what was asked for; the clock runs again, at the stage at which the question was asked."""
    demand_legal(Step.SUPPLEMENT, case.row.stage)
    asked = case.last(Step.ASK)
    assert asked is not None
    was_taken_away = asked.from_stage is Stage.HANDLING and case.row.lead_agency is None
    before = Stage.RETURNED if was_taken_away else asked.from_stage
    at_the_desk = before in (Stage.REGISTERED, Stage.RETURNED)
    case.record(
        Step.SUPPLEMENT, by=by, at=at, to=before, words=words, public=True,
        ticks=[Tick(does="resume", on=civil_day(at))],
        step_days=case.rulebook.limits.steps.dispatch if at_the_desk else None,
    )  # fmt: skip
    return case


def ask_joint(
    session: Session, vault: Vault, number: str, *, agency_code: str, due_on: date, words: str, by: Actor, at: datetime
) -> Case:
    """Ask another body to help by a day within the deadline, which does not move for it.

    Raises JointAlready, BodyComplainedOf.
    """
    case = open_case(session, vault, number)
    demand_desk_or_lead(case, by)
    demand_legal(Step.ASK_JOINT, case.row.stage)
    demand_not_complained_of(case, _demand_agency(case, "/agency_code", agency_code))
    if agency_code == case.row.lead_agency or case.session.get(JointAgency, (number, agency_code)) is not None:
        raise JointAlready(f"{agency_code} 已在办理此件", f"{agency_code} is handling it already")
    if not civil_day(at) <= due_on <= case.due().not_before:
        said = Said(f"须在今天到 {case.due().not_before} 之间", f"between today and {case.due().not_before}")
        raise InvalidRequest([Fault("/due_on", said)])
    session.add(JointAgency(number=number, agency_code=agency_code, due_on=due_on, asked_at=at))
    case.row.joint_due_on = min(case.row.joint_due_on or due_on, due_on)
    case.record(Step.ASK_JOINT, by=by, at=at, words=words, agency=agency_code, facts={"due_on": due_on.isoformat()})
    return case


def joint_opinion(
    session: Session, vault: Vault, number: str, *, agency_code: str, words: str, by: Actor, at: datetime
) -> Case:
    """Give the lead the opinion of a body that was asked."""
    case = open_case(session, vault, number)
    demand(by, Right.HANDLE_APPEALS, place_of_agency(session, agency_code))
    demand_legal(Step.JOINT_OPINION, case.row.stage)
    rows = session.scalars(select(JointAgency).where(col(JointAgency.number) == number)).all()
    row = next((row for row in rows if row.agency_code == agency_code), None)
    if row is None:
        raise InvalidRequest([Fault("/agency_code", Said("没有请该单位协办", "the body was not asked to help"))])
    row.opinion_at, row.opinion_by = at, by.name
    case.wait_for_joint(rows)
    case.record(Step.JOINT_OPINION, by=by, at=at, words=words, agency=agency_code)
    return case


def note(session: Session, vault: Vault, number: str, *, words: str, public: bool, by: Actor, at: datetime) -> Case:
    """Note something, for colleagues or for the person to read."""
    case = open_case(session, vault, number)
    demand_part(case, by)
    if public:
        demand_desk_or_lead(case, by)
    case.record(Step.NOTE, by=by, at=at, words=words, public=public)
    return case


def _demand_agency(case: Case, pointer: str, code: str) -> Agency:
    try:
        return find_agency(case.session, code)
    except CatalogError as error:
        raise InvalidRequest([Fault(pointer, error.said)]) from error
