"""What the desk does (分类处置、统一协调): accept, refuse, merge, dispatch, transfer, decide, extend, correct the kind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.places import may_in_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.agencies.tables import Agency
from service_catalog.appeals.case import CALENDAR, Case
from service_catalog.appeals.clock import LimitUnit, Tick, due
from service_catalog.appeals.opening import demand_nobody_waits, lock_in_order, open_case
from service_catalog.appeals.routing import is_or_lies_below
from service_catalog.appeals.stages import WITH_AGENCY, AppealKind, Stage, Step, demand_legal
from service_catalog.appeals.standing import demand_desk, demand_desk_or_lead, demand_league_desk
from service_catalog.appeals.tables import AppealAnswer, JointAgency
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError, Conflict, Fault, InvalidRequest, Said
from service_catalog.vault import Vault


class KindCorrectedAlready(Conflict):
    """The kind is corrected once."""

    title = Said("类型已更正过", "The kind was corrected before")


class BodyComplainedOf(Conflict):
    """The body complained of, and who lies below it, neither leads the complaint nor helps with it."""

    title = Said("被投诉单位不得承办", "Not by the body complained of")


class ExtensionNotPossible(Conflict):
    """An extension is granted before expiry, so often as the limit allows, and never beyond the length it allows."""

    title = Said("不能延期", "It cannot be extended")


class NotToBeMerged(Conflict):
    """An appeal is merged into an earlier one that is still being handled or was answered, and is no main one itself."""

    title = Said("不能并案", "It cannot be merged")


def accept(session: Session, vault: Vault, number: str, *, by: Actor, at: datetime) -> Case:
    """Accept an appeal."""
    case = open_case(session, vault, number)
    demand_desk(case, by)
    case.record(Step.ACCEPT, by=by, at=at, public=True, step_days=case.rulebook.limits.steps.dispatch)
    return case


def refuse(
    session: Session, vault: Vault, number: str, *, code: str, words: str | None, by: Actor, at: datetime
) -> Case:
    """Refuse an appeal that belongs elsewhere; the person reads the reason and where to go. Raises InvalidRequest, OthersWait."""
    case = open_case(session, vault, number)
    demand_desk(case, by)
    demand_nobody_waits(case)
    reason = next((row for row in case.rulebook.elsewhere.elsewhere if row.code == code), None)
    if reason is None:
        known = "、".join(row.code for row in case.rulebook.elsewhere.elsewhere)
        raise InvalidRequest(
            [Fault("/code", Said(f"没有这个理由代码，可选：{known}", f"no such reason; known: {known}"))]
        )
    facts = reason.model_dump(include={"code", "zh", "en", "where_zh", "where_en"})
    demand_legal(Step.REFUSE, case.row.stage)
    case.note_late_end(at)
    case.row.lead_agency = case.row.officer = case.row.officer_name = None
    case.record(Step.REFUSE, by=by, at=at, words=words, facts=facts, ticks=[_end(at)], public=True)
    return case


def correct_kind(
    session: Session, vault: Vault, number: str, *, kind: AppealKind, reason: str, by: Actor, at: datetime
) -> Case:
    """Correct the kind once; the clock is then that of the new kind, from the original receipt, and not extended.

    As at intake, a complaint about a guide is one against the body whose guide it is; nothing else is.
    """
    case = open_case(session, vault, number)
    demand_desk(case, by)
    demand_legal(Step.CORRECT_KIND, case.row.stage)
    row = case.row
    if row.kind_before is not None:
        raise KindCorrectedAlready("诉求类型只能更正一次", "the kind is corrected once")
    if row.kind is kind or (row.is_report and kind is not AppealKind.COMPLAINT):
        said = Said(
            "举报只能按投诉办理" if row.is_report else "就是这个类型", "a report stays a complaint, or the same kind"
        )
        raise InvalidRequest([Fault("/kind", said)])
    limit = case.rulebook.limits.of(kind, row.urgency, civil_day(row.received_at))
    tick = Tick(does="limit", on=civil_day(at), limit=limit.limit)
    facts: dict[str, str | None] = {"from": row.kind.value, "to": kind.value, "limit_source": limit.source}
    of_guide = row.implementation_code[:18] if row.implementation_code else None
    is_of_guide = of_guide is not None and of_guide == row.against_agency and case.last(Step.NAME_ACCUSED) is None
    if row.kind is AppealKind.COMPLAINT and is_of_guide:
        facts["no_longer_against"], row.against_agency = row.against_agency, None
    row.kind_before, row.kind, row.extensions = row.kind, kind, 0
    case.record(Step.CORRECT_KIND, by=by, at=at, words=reason, facts=facts, ticks=[tick], public=True)
    if kind is AppealKind.COMPLAINT and row.against_agency is None and of_guide is not None:
        _accuse(case, _agency(case, of_guide), reason, by, at)
    return case


def dispatch(
    session: Session, vault: Vault, number: str, *, agency_code: str, reason: str, final: bool, by: Actor, at: datetime
) -> Case:
    """Send an appeal to a body. What was returned too often, or is `final`, only the league sends; it then stays there.

    Raises NoSuchAgency, BodyComplainedOf, NotAllowed, MoveNotLegal.
    """
    case = open_case(session, vault, number)
    demand_desk(case, by)
    demand_legal(Step.DISPATCH, case.row.stage)
    must_be_final = case.row.stage is Stage.RETURNED and case.row.returns >= case.rulebook.policy.max_returns
    if must_be_final or final:
        demand_league_desk(case, by)
    _send(case, Step.DISPATCH, agency_code, reason, must_be_final or final, by, at)
    return case


def transfer(
    session: Session, vault: Vault, number: str, *, agency_code: str, reason: str, by: Actor, at: datetime
) -> Case:
    """Take an appeal from one body and send it to another; the clock runs on."""
    case = open_case(session, vault, number)
    demand_desk(case, by)
    demand_legal(Step.TRANSFER, case.row.stage)
    if case.row.decided_by_league:
        demand_league_desk(case, by)
    _send(case, Step.TRANSFER, agency_code, reason, False, by, at)
    return case


def _send(case: Case, step: Step, agency_code: str, reason: str, final: bool, by: Actor, at: datetime) -> None:
    agency = _agency(case, agency_code)
    demand_not_complained_of(case, agency)
    row = case.row
    row.lead_agency, row.officer, row.officer_name = agency.code, None, None
    _drop_proposal(case)
    _end_joint(case, lambda helper: helper == agency.code)
    row.decided_by_league = row.decided_by_league or final
    facts = {"final": final, "by_league": may_in_league(case.session, by, Right.TRIAGE_APPEALS)}
    case.record(
        step, by=by, at=at, words=reason, agency=agency.code, facts=facts, public=True,
        step_days=case.rulebook.limits.steps.sign,
    )  # fmt: skip


def demand_not_complained_of(case: Case, agency: Agency) -> None:
    """Raise BodyComplainedOf where the complaint is against the body, or against one that it lies below."""
    accused = case.session.get(Agency, case.row.against_agency) if case.row.against_agency else None
    if accused is not None and is_or_lies_below(case.session, agency, accused):
        raise BodyComplainedOf(
            f"{accused.name}是被投诉单位，{agency.name}不得承办或者协办",
            f"{accused.code} is complained of: {agency.code} may neither handle it nor help",
        )


def name_accused(
    session: Session, vault: Vault, number: str, *, agency_code: str, reason: str, by: Actor, at: datetime
) -> Case:
    """Name the body complained of: it, and who lies below it, loses the appeal, and the desk dispatches it anew."""
    case = open_case(session, vault, number)
    demand_desk(case, by)
    demand_legal(Step.NAME_ACCUSED, case.row.stage)
    _accuse(case, _agency(case, agency_code), reason, by, at)
    return case


def _accuse(case: Case, accused: Agency, reason: str, by: Actor, at: datetime) -> None:
    row, before = case.row, case.row.lead_agency
    row.against_agency = accused.code
    loses_it = before is not None and _is_under(case, before, accused)
    if loses_it:
        row.lead_agency, row.officer, row.officer_name, row.decided_by_league = None, None, None, False
        _drop_proposal(case)
    returns = loses_it and row.stage in WITH_AGENCY
    joint_ended = _end_joint(case, lambda helper: _is_under(case, helper, accused))
    case.record(
        Step.NAME_ACCUSED, by=by, at=at, to=Stage.RETURNED if returns else None, words=reason, agency=accused.code,
        facts={"lead_taken_from": before if loses_it else None, "joint_ended": joint_ended},
        step_days=case.rulebook.limits.steps.dispatch if returns else None,
    )  # fmt: skip


def _end_joint(case: Case, ends: Callable[[str], bool]) -> list[str]:
    """Let some of the bodies help no more; what they said stays in the events."""
    rows = case.session.scalars(select(JointAgency).where(col(JointAgency.number) == case.row.number)).all()
    ended = [row for row in rows if ends(row.agency_code)]
    for row in ended:
        case.session.delete(row)
    case.wait_for_joint(row for row in rows if row not in ended)
    return [row.agency_code for row in ended]


def _is_under(case: Case, agency_code: str, accused: Agency) -> bool:
    agency = case.session.get(Agency, agency_code)
    return agency is not None and is_or_lies_below(case.session, agency, accused)


def _drop_proposal(case: Case) -> None:
    """What one body has written and nobody has checked is not another body's answer."""
    answer = case.session.get(AppealAnswer, (case.row.number, case.row.round))
    if answer is not None and answer.given_at is None:
        case.session.delete(answer)


def extend(
    session: Session, vault: Vault, number: str, *, amount: int, basis: str, reason: str, by: Actor, at: datetime
) -> Case:
    """Extend the limit before it expires; the person is told the new date, the basis and the reason.

    Raises ExtensionNotPossible: too often, too long, too late, or urgent. The amount counts in the unit of the limit.
    """
    case = open_case(session, vault, number)
    demand_desk(case, by)
    demand_legal(Step.EXTEND, case.row.stage)
    case.recompute(by=CALENDAR, at=at)
    row, clock = case.row, case.clock
    rule = case.rulebook.limits.of(row.kind, row.urgency, civil_day(row.received_at))
    if clock.limit.unit is LimitUnit.SAME_DAY or row.extensions >= rule.max_extensions:
        raise ExtensionNotPossible(
            f"此件最多延期 {rule.max_extensions} 次，已延期 {row.extensions} 次",
            f"at most {rule.max_extensions} extensions, {row.extensions} granted", most=rule.max_extensions,
        )  # fmt: skip
    longest = rule.longest_extension or clock.limit.amount
    if amount > longest:
        raise ExtensionNotPossible(f"一次延长不得超过 {longest}", f"not longer than {longest} at a time", most=longest)
    before = case.due()
    if civil_day(at) > before.not_before:
        raise ExtensionNotPossible(f"已于 {before.not_before} 到期", f"it was due on {before.not_before}")
    row.extensions += 1
    after = due(replace(clock, extended_by=clock.extended_by + amount), case.calendar)
    case.record(
        Step.EXTEND, by=by, at=at, words=f"{reason}\n依据：{basis}", public=True,
        ticks=[Tick(does="extend", on=civil_day(at), amount=amount)],
        facts={"amount": amount, "was_due_on": _day(before.due_on), "due_on": _day(after.due_on)},
    )  # fmt: skip
    return case


def merge(session: Session, vault: Vault, number: str, *, into: str, reason: str, by: Actor, at: datetime) -> Case:
    """Merge an appeal into an earlier one of the same matter; both people get the answer. Raises NotToBeMerged."""
    lock_in_order(session, (number, into))
    case, main = open_case(session, vault, number), open_case(session, vault, into)
    demand_desk(case, by)
    demand_desk_or_lead(main, by)
    demand_legal(Step.MERGE, case.row.stage)
    _demand_mergeable(case, main)
    case.note_late_end(at)
    case.row.main_number = main.row.number
    case.row.lead_agency = case.row.officer = case.row.officer_name = None
    case.record(Step.MERGE, by=by, at=at, words=reason, facts={"into": into}, ticks=[_end(at)], public=True)
    main.record(Step.NOTE, by=by, at=at, facts={"merged": number})
    return case


def _demand_mergeable(case: Case, main: Case) -> None:
    is_later = (case.row.received_at, case.row.number) > (main.row.received_at, main.row.number)
    has_merged = any(event.step is Step.NOTE and "merged" in event.facts for event in case.events)
    if not is_later or has_merged or not (main.row.is_open or main.row.stage is Stage.ANSWERED):
        raise NotToBeMerged(
            "只能并入更早的、正在办理或者已答复的诉求，且自己没有并入的件",
            "only into an earlier appeal that is open or answered, and not when others were merged into it",
        )
    if main.row.stage is Stage.ANSWERED:
        raise NotToBeMerged(
            "主件已答复，请直接用同样的答复办结此件", "the main appeal is answered: answer this one likewise"
        )


def _agency(case: Case, code: str) -> Agency:
    try:
        return find_agency(case.session, code)
    except CatalogError as error:
        raise InvalidRequest([Fault("/agency_code", error.said)]) from error


def _end(at: datetime) -> Tick:
    return Tick(does="end", on=civil_day(at))


def _day(day: object) -> str | None:
    return None if day is None else str(day)
