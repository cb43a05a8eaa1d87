"""Taking an appeal (登记): from what somebody hands in to a receipt, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from service_catalog.access.places import place_in
from service_catalog.access.rights import Right, demand
from service_catalog.actors import Actor, ActorKind, Role
from service_catalog.appeals.attaching import Stored, attach
from service_catalog.appeals.case import Case
from service_catalog.appeals.clock import LimitUnit, Tick, due, wind
from service_catalog.appeals.drafts import AppealDraft, Wanted
from service_catalog.appeals.elsewhere import hints, refuse_emergency
from service_catalog.appeals.matter import About, find_out
from service_catalog.appeals.numbers import draw_number, draw_query_code
from service_catalog.appeals.routing import Matter, Routed, route
from service_catalog.appeals.rulebook import Rulebook, rulebook_of
from service_catalog.appeals.rules import LimitRow
from service_catalog.appeals.stages import AppealKind, Stage, Step, Urgency
from service_catalog.appeals.tables import Appeal, AppealPerson
from service_catalog.kernel.dates import SHANGHAI, civil_day
from service_catalog.kernel.errors import Fault, Forbidden, InvalidRequest, Said
from service_catalog.vault import Vault

ROUTING = Actor("分类处置规则", ActorKind.SYSTEM, ())
"""Who accepts and dispatches where a rule names the body."""
_TRIES = 20


class KioskKeyNeeded(Forbidden):
    """What comes from a kiosk comes with its key, so that nobody else speaks for it."""

    title = Said("自助终端须出示密钥", "A kiosk shows its key")


@dataclass(frozen=True)
class Taken:
    """An appeal that was taken, and its secret code."""

    case: Case
    query_code: str


def take(
    session: Session,
    vault: Vault,
    draft: AppealDraft,
    *,
    files: Sequence[Stored] = (),
    numbers_of: int = 0,
    by: Actor | None,
    at: datetime,
) -> Taken:
    """Take an appeal; raises InvalidRequest, LooksLikeEmergency, KioskKeyNeeded, NotAllowed. `by` None: the person themselves."""
    rulebook = rulebook_of(session)
    about = find_out(session, draft, at=at)
    demand_channel(session, rulebook, draft, about, by)
    found = hints(rulebook, draft.text)
    is_open = rulebook.channel(draft.channel).open  # otherwise an officer heard the person, and writes it down
    if is_open and not draft.not_an_emergency:
        refuse_emergency(found)
    kind, today = kind_of(draft.kind), civil_day(at)
    routed = route(session, rulebook, matter_of(draft, about), today)
    limit = rulebook.limits.of(kind, draft.urgency, today)
    code = draw_query_code()
    number = _free_number(session, today.year, numbers_of)
    case = write_down(session, vault, draft, about, routed.desk_region, number=number, query_code=code, at=at)
    _register(case, draft, routed, limit, [row.code for row in found], by, at)
    for file in files:
        attach(case, file, by=None, at=at)
    if routed.agency_code is not None:
        dispatch_by_rule(case, routed, at=at)
    session.flush()
    return Taken(case, code)


def kind_of(wanted: Wanted) -> AppealKind:
    """Return the kind under which it is handled."""
    return {Wanted.REPORT: AppealKind.COMPLAINT, Wanted.PRAISE: AppealKind.OPINION}.get(wanted) or AppealKind(wanted)


def demand_channel(session: Session, rulebook: Rulebook, draft: AppealDraft, about: About, by: Actor | None) -> None:
    """Refuse a channel that the caller may not use; urgent is what an officer calls so."""
    channel = rulebook.channel(draft.channel)
    if channel.machine and not _holds_kiosk_key(by):
        raise KioskKeyNeeded(f"渠道“{channel.zh}”须用自助终端的密钥提交", "hand in by kiosk with the kiosk's key")
    if not channel.open:
        if by is None:
            said = Said(f"渠道“{channel.zh}”由受理人员登记", f"officers write down what comes by {channel.en}")
            raise InvalidRequest([Fault("/channel", said)])
        demand(by, Right.TRIAGE_APPEALS, place_in(session, about.region_code))
    if draft.urgency is Urgency.URGENT and channel.open:
        said = Said("是否紧急由受理人员确定", "an officer decides what is urgent")
        raise InvalidRequest([Fault("/urgency", said)])


def demand_repeatable(session: Session, draft: AppealDraft, key: str | None) -> None:
    """Refuse what a machine hands in without an Idempotency-Key: its line fails, and a retry must not make another appeal."""
    if rulebook_of(session).channel(draft.channel).machine and key is None:
        said = Said("自助终端提交须带 Idempotency-Key，断线重试才不会重复", "a kiosk sends an Idempotency-Key")
        raise InvalidRequest([Fault("/header/Idempotency-Key", said)])


def _holds_kiosk_key(by: Actor | None) -> bool:
    return by is not None and (by.grants is None or any(grant.role is Role.KIOSK for grant in by.grants))


def matter_of(draft: AppealDraft, about: About) -> Matter:
    """Return what routing looks at."""
    return Matter(
        kind_of(draft.kind), draft.kind is Wanted.REPORT, draft.text, about.region_code, about.basic_code,
        about.implementation_code, draft.element, draft.theme, about.against_agency,
    )  # fmt: skip


def write_down(
    session: Session, vault: Vault, draft: AppealDraft, about: About, desk: str, *, number: str, query_code: str,
    at: datetime,
) -> Case:  # fmt: skip
    """Write the row of an appeal that was received at `at`, and who brought it; it has no event yet."""
    row = Appeal(
        number=number, kind=kind_of(draft.kind), urgency=draft.urgency,
        is_report=draft.kind is Wanted.REPORT, is_praise=draft.kind is Wanted.PRAISE, channel=draft.channel, body=b"",
        happened_on=draft.happened_on, region_code=about.region_code if about.place_is_known else None,
        desk_region=desk, basic_code=about.basic_code, implementation_code=about.implementation_code,
        seen=about.seen, element=draft.element, theme=draft.theme, against_agency=about.against_agency,
        consents=draft.consents_to_publication, query_code=b"", received_at=at,
        received_month=f"{civil_day(at):%Y-%m}", stage=Stage.REGISTERED, stage_since=at,
    )  # fmt: skip
    case = Case(session, vault, row, [])
    row.body, row.place_said = case.seal(draft.text, "body") or b"", case.seal(draft.place, "place")
    row.query_code = case.seal(query_code, "query code") or b""
    session.autoflush = False  # written once, when it is whole
    session.add(row)
    _keep_contact(case, draft)
    return case


def _free_number(session: Session, year: int, numbers_of: int) -> str:
    """Draw a number that nobody has; should two draw the same at once, the primary key refuses the second."""
    for _ in range(_TRIES):
        number = draw_number(year, numbers_of)
        if session.get(Appeal, number) is None:
            return number
    raise RuntimeError("the range of receipt numbers is full")


def _keep_contact(case: Case, draft: AppealDraft) -> None:
    if draft.contact is not None and draft.contact.values:
        sealed = case.seal(draft.contact.model_dump_json(exclude_none=True), "contact")
        assert sealed is not None
        case.session.add(AppealPerson(number=case.row.number, contact=sealed))


def _register(
    case: Case, draft: AppealDraft, routed: Routed, limit: LimitRow, hinted: list[str], by: Actor | None, at: datetime
) -> None:
    start = start_of(case, limit, at)
    found = due(wind([start]), case.calendar)
    facts = {
        "kind": draft.kind.value, "desk": routed.desk_region, "agency": routed.agency_code, "rule": routed.rule,
        "reason_zh": routed.reason.zh, "reason_en": routed.reason.en, "limit_source": limit.source, "hints": hinted,
        "due_on": found.due_on and found.due_on.isoformat(), "not_before": found.not_before.isoformat(),
        "attachments": len(draft.attachments),
    }  # fmt: skip
    case.record(Step.REGISTER, by=by, at=at, ticks=[start], facts=facts, public=True)
    if routed.agency_code is None:
        await_dispatch(case, at=at)


def start_of(case: Case, limit: LimitRow, at: datetime) -> Tick:
    """Return how the clock of an appeal starts that was received at `at`."""
    return Tick(does="start", on=civil_day(at), limit=limit.limit, in_hours=is_in_hours(case, limit.unit, at))


def await_dispatch(case: Case, *, at: datetime) -> None:
    """Let the desk have it, and its days for sending it on begin."""
    case.begin_step(at, case.rulebook.limits.steps.dispatch)
    case.refresh()


def is_in_hours(case: Case, unit: LimitUnit, at: datetime) -> bool:
    """Tell whether it came before closing; only what is due the same day depends on it."""
    if unit is not LimitUnit.SAME_DAY:
        return True
    return at.astimezone(SHANGHAI).time() < case.rulebook.policy.closing_time


def dispatch_by_rule(case: Case, routed: Routed, *, at: datetime) -> None:
    """Accept it and send it to the body that a rule names."""
    case.record(Step.ACCEPT, by=ROUTING, at=at)
    case.row.lead_agency = routed.agency_code
    case.record(
        Step.DISPATCH, by=ROUTING, at=at, agency=routed.agency_code, public=True,
        step_days=case.rulebook.limits.steps.sign,
        facts={"rule": routed.rule, "reason_zh": routed.reason.zh, "reason_en": routed.reason.en},
    )  # fmt: skip
