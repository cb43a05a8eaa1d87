"""How a case is told: the receipt, the state as the person reads it, hints and names."""

from collections.abc import Collection
from datetime import date

from sqlmodel import Session

from service_catalog.agencies.tables import Agency
from service_catalog.appeals.afterwards import may_rate
from service_catalog.appeals.answering import given_through, last_given
from service_catalog.appeals.attaching import attachments_of
from service_catalog.appeals.case import Case
from service_catalog.appeals.clock import ONE, LimitUnit
from service_catalog.appeals.numbers import shown
from service_catalog.appeals.opening import look_at
from service_catalog.appeals.preview import Previewed
from service_catalog.appeals.rulebook import Rulebook, rulebook_of
from service_catalog.appeals.rules import LimitRow
from service_catalog.appeals.schemas import (
    AnswerView,
    DeadlineView,
    ElsewhereView,
    PreviewView,
    PublicStep,
    QuestionView,
    ReceiptView,
    ResponsibleView,
    SimilarView,
    StatusView,
    Told,
)
from service_catalog.appeals.stages import STAGE_NAMES, STEP_NAMES, Stage, Step
from service_catalog.appeals.tables import AppealEvent
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Said
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.regions.tables import Region
from service_catalog.vault import Vault

_UNITS = {LimitUnit.SAME_DAY: "当日", LimitUnit.WORKING_DAY: "个工作日", LimitUnit.CALENDAR_DAY: "日（自然日）"}
_INNER = {"step_was_due_on", "step_was_not_before", "step_due_on", "step_not_before"}
_NOT_TOLD = frozenset({"into", "main", "league_decides", "by_league"} | _INNER)


def told(said: Said) -> Told:
    """Return a sentence for the wire."""
    return Told(zh=said.zh, en=said.en)


def agency_name(session: Session, code: str | None) -> str | None:
    """Return what a body is called."""
    agency = session.get(Agency, code) if code else None
    return agency.name if agency else None


def responsible(session: Session, desk: str, agency: str | None) -> ResponsibleView:
    """Return who has it."""
    region = session.get(Region, desk)
    assert region is not None
    return ResponsibleView(
        agency_code=agency, agency_name=agency_name(session, agency), desk_region=desk,
        desk_name=f"{region.name}诉求受理台",
    )  # fmt: skip


def elsewhere(rulebook: Rulebook, hinted: Collection[str]) -> list[ElsewhereView]:
    """Return what does not belong here and where it goes; what the words hint at stands first."""
    rows = sorted(rulebook.elsewhere.elsewhere, key=lambda row: row.code not in hinted)
    return [
        ElsewhereView(
            code=row.code, name=Told(zh=row.zh, en=row.en), where=Told(zh=row.where_zh, en=row.where_en),
            is_hinted=row.code in hinted,
        )
        for row in rows
    ]  # fmt: skip


def limit_in_words(limit: LimitRow) -> str:
    """Say a limit in Chinese."""
    return _UNITS[limit.unit] if limit.unit is LimitUnit.SAME_DAY else f"{limit.amount}{_UNITS[limit.unit]}"


def receipt(case: Case, query_code: str) -> ReceiptView:
    """Return the receipt as it was given the first time, whatever has happened since."""
    row, registered = case.row, case.events[0]
    facts = registered.facts
    due_on = facts["due_on"] and date.fromisoformat(facts["due_on"])
    return ReceiptView(
        number=row.number, number_shown=shown(row.number), query_code=query_code, kind=row.kind_before or row.kind,
        is_report=row.is_report, received_at=row.received_at,
        responsible=responsible(case.session, facts["desk"], facts["agency"]),
        reason=Told(zh=facts["reason_zh"], en=facts["reason_en"]), rule=facts["rule"],
        deadline=DeadlineView(
            state="running" if due_on else "calendar_missing", due_on=due_on or None,
            not_before=date.fromisoformat(facts["not_before"]), overdue_since=None, source=facts["limit_source"],
        ),
        elsewhere=elsewhere(case.rulebook, facts["hints"]), attachments=facts.get("attachments", 0),
    )  # fmt: skip


def receipt_again(session: Session, vault: Vault, number: str) -> ReceiptView:
    """Return the receipt of an appeal for a request that comes again."""
    case = look_at(session, vault, number)
    return receipt(case, case.unsealed(case.row.query_code, "query code"))


def deadline(case: Case, today: date) -> DeadlineView:
    """Return by when it is answered, as things stand; what was overdue when the person was asked is so, not paused."""
    row, source = case.row, case.events[0].facts.get("limit_source", "")
    corrected = case.last(Step.CORRECT_KIND)
    if corrected is not None:
        source = corrected.facts["limit_source"]
    if not row.is_open:
        return DeadlineView(state="ended", due_on=None, not_before=None, overdue_since=None, source=source)
    found = case.due()
    since = found.due_on + ONE if found.due_on and found.due_on < today and case.is_late(today) else None
    paused, certain = row.stage is Stage.NEED_INFO, found.due_on is not None
    state = "overdue" if since else "paused" if paused else "running" if certain else "calendar_missing"
    return DeadlineView(
        state=state, due_on=found.due_on, not_before=found.not_before, overdue_since=since, source=source
    )  # fmt: skip


def status(case: Case, today: date) -> StatusView:
    """Return what the person reads."""
    row = case.row
    asked = case.last(Step.ASK) if row.stage is Stage.NEED_INFO else None
    answer = _answer(case)
    return StatusView(
        number=row.number, number_shown=shown(row.number), kind=row.kind, urgency=row.urgency, is_report=row.is_report,
        text=case.body, received_at=row.received_at, stage=row.stage, stage_said=told(STAGE_NAMES[row.stage]),
        responsible=responsible(case.session, row.desk_region, row.lead_agency), deadline=deadline(case, today),
        question=case.words_of(asked) if asked else None, answer_by=row.step_due_on if asked else None,
        steps=[step_view(case, event) for event in case.events if event.is_public], answer=answer, grade=row.grade,
        may_rate=may_rate(case), attachments=len(attachments_of(case)), seen=row.seen,
    )  # fmt: skip


def _answer(case: Case) -> AnswerView | None:
    through = case.row.main_number
    source = case if through is None else look_at(case.session, case.vault, through)
    answer = last_given(case) if through is None else given_through(case, source)
    if answer is None or answer.given_at is None:
        return None
    return AnswerView(
        text=source.unsealed(answer.words, f"answer {answer.round}"), guide_code=answer.guide_code,
        answered_at=answer.given_at, agency_name=agency_name(case.session, source.row.lead_agency),
        is_of_main=through is not None,
    )  # fmt: skip


def step_view(case: Case, event: AppealEvent) -> PublicStep:
    """Return one step; who of the officers did it is not told."""
    facts = {name: value for name, value in event.facts.items() if name not in _NOT_TOLD}
    return PublicStep(
        at=event.at, step=event.step.value, said=told(STEP_NAMES[event.step]), agency_code=event.agency_code,
        agency_name=agency_name(case.session, event.agency_code), text=case.words_of(event) or None, facts=facts,
    )  # fmt: skip


def question_view(row: PublishedQuestion) -> QuestionView:
    """Return a published question for the wire."""
    return QuestionView.model_validate(row, from_attributes=True)


def preview_view(session: Session, found: Previewed) -> PreviewView:
    """Return a preview for the wire."""
    return PreviewView(
        responsible=responsible(session, found.routed.desk_region, found.routed.agency_code),
        reason=told(found.routed.reason), rule=found.routed.rule, limit=limit_in_words(found.limit),
        answers=[question_view(row) for row in found.answers],
        similar=[
            SimilarView(
                kind=row.kind, stage=row.stage, received_on=civil_day(row.received_at), basic_code=row.basic_code
            )
            for row in found.similar
        ],
        elsewhere=elsewhere(rulebook_of(session), [row.code for row in found.elsewhere]),
        is_emergency=any(row.emergency for row in found.elsewhere),
    )  # fmt: skip
