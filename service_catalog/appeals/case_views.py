"""How officers read a case: everything at the desk and the lead, redacted for who helps or watches."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.appeals.afterwards import rating_of
from service_catalog.appeals.answering import answer_of
from service_catalog.appeals.attaching import attachments_of
from service_catalog.appeals.case import Case
from service_catalog.appeals.case_schemas import (
    AttachmentView,
    CannedView,
    CaseView,
    EventView,
    JointView,
    ProposedAnswerView,
    QueueLine,
    RatingView,
)
from service_catalog.appeals.opening import merged_into
from service_catalog.appeals.personal import known_values
from service_catalog.appeals.queues import light_of
from service_catalog.appeals.rulebook import rulebook_of
from service_catalog.appeals.stages import STAGE_NAMES, STEP_NAMES
from service_catalog.appeals.standing import may_see_person, relation_of
from service_catalog.appeals.tables import Appeal, AppealEvent, AppealPerson, CannedAnswer, JointAgency
from service_catalog.appeals.telling import agency_name, deadline, question_view, responsible, told
from service_catalog.questions.asking import shown_of
from service_catalog.redaction.proposing import propose, redacted

Spoken = Callable[[str], str]


def case_view(case: Case, by: Actor, today: date) -> CaseView:
    """Return the file of a case as `by` may read it; raises NotAllowed."""
    relation, row = relation_of(case, by), case.row
    sees_all = may_see_person(case, by)
    spoken = _reader(case, sees_all=sees_all)
    shown = shown_of(case.session, row.number)
    return CaseView(
        number=row.number, relation=relation.value, is_redacted=not sees_all, kind=row.kind,
        kind_before=row.kind_before, urgency=row.urgency, is_report=row.is_report, channel=row.channel,
        text=spoken(case.body), place=spoken(case.unsealed(row.place_said, "place")) or None,
        happened_on=row.happened_on, region_code=row.region_code, basic_code=row.basic_code,
        implementation_code=row.implementation_code, seen=row.seen, element=row.element,
        against_agency=row.against_agency, is_anonymous=case.session.get(AppealPerson, row.number) is None,
        consents_to_publication=row.consents, received_at=row.received_at, stage=row.stage,
        stage_said=told(STAGE_NAMES[row.stage]),
        responsible=responsible(case.session, row.desk_region, row.lead_agency), officer=row.officer_name,
        deadline=deadline(case, today), light=light_of(row, today), step_due_on=row.step_due_on,
        step_is_certain=row.step_is_certain, returns=row.returns,
        reopens=row.reopens, extensions=row.extensions, decided_by_league=row.decided_by_league,
        main_number=row.main_number, merged=merged_into(case.session, row.number), joint=_joint(case),
        attachments=_files(case, sees_all=sees_all), answer=_answer(case, spoken), grade=row.grade, rating=_rating(case, spoken),
        events=[_event(case, event, spoken) for event in case.events],
        published=question_view(shown) if shown else None,
    )  # fmt: skip


def _reader(case: Case, *, sees_all: bool) -> Spoken:
    if sees_all:
        return lambda text: text
    known = known_values(case)
    return lambda text: redacted(text, propose(text, known=known))


def _joint(case: Case) -> list[JointView]:
    rows = case.session.scalars(
        select(JointAgency).where(col(JointAgency.number) == case.row.number).order_by(col(JointAgency.asked_at))
    )
    return [
        JointView(
            agency_code=row.agency_code, agency_name=agency_name(case.session, row.agency_code), due_on=row.due_on,
            asked_at=row.asked_at, opinion_at=row.opinion_at,
        )
        for row in rows
    ]  # fmt: skip


def _files(case: Case, *, sees_all: bool) -> list[AttachmentView]:
    """Return the files; a picture cannot be redacted, so that who may not learn who it is sees only that there are some."""
    return [
        AttachmentView(
            key=file.key if sees_all else "",
            name=case.unsealed(file.name, f"attachment {file.key}") if sees_all else None,
            media_type=file.media_type, size=file.size, added_at=file.added_at,
        )
        for file in attachments_of(case)
    ]  # fmt: skip


def _answer(case: Case, spoken: Spoken) -> ProposedAnswerView | None:
    answer = answer_of(case)
    if answer is None:
        return None
    return ProposedAnswerView(
        text=spoken(case.unsealed(answer.words, f"answer {answer.round}")), guide_code=answer.guide_code,
        no_guide=spoken(case.unsealed(answer.no_guide, f"no guide {answer.round}")) or None, proposed_by=answer.proposed_name, proposed_at=answer.proposed_at,
        given_at=answer.given_at,
    )  # fmt: skip


def _rating(case: Case, spoken: Spoken) -> RatingView | None:
    rating = rating_of(case)
    if rating is None:
        return None
    return RatingView(
        grade=rating.grade, text=spoken(case.unsealed(rating.words, f"rating {rating.round}")) or None,
        rated_at=rating.rated_at, call_back_by=rating.call_back_by, called_back_at=rating.called_back_at,
    )  # fmt: skip


def _event(case: Case, event: AppealEvent, spoken: Spoken) -> EventView:
    return EventView(
        sequence=event.sequence, step=event.step.value, said=told(STEP_NAMES[event.step]), at=event.at, by=event.by,
        from_stage=event.from_stage, to_stage=event.to_stage, agency_code=event.agency_code,
        is_public=event.is_public, text=spoken(case.words_of(event)) or None, facts=event.facts,
    )  # fmt: skip


def queue_line(row: Appeal, today: date) -> QueueLine:
    """Return a row of the list."""
    return QueueLine(
        number=row.number, kind=row.kind, urgency=row.urgency, is_report=row.is_report, channel=row.channel,
        stage=row.stage, stage_said=told(STAGE_NAMES[row.stage]), light=light_of(row, today),
        deadline_on=row.deadline_on, deadline_is_certain=row.deadline_is_certain, step_due_on=row.step_due_on,
        step_is_certain=row.step_is_certain, joint_due_on=row.joint_due_on, received_at=row.received_at,
        desk_region=row.desk_region, lead_agency=row.lead_agency,
        officer=row.officer_name, basic_code=row.basic_code, element=row.element, returns=row.returns,
        reopens=row.reopens,
    )  # fmt: skip


def canned_answers(session: Session, agency: str | None) -> list[CannedView]:
    """Return the answers of the rulebook, and those of a body."""
    found = [
        CannedView(id=None, agency_code=None, title=row.title, text=row.text)
        for row in rulebook_of(session).answers.canned
    ]
    if agency is not None:
        rows = session.scalars(
            select(CannedAnswer)
            .where(col(CannedAnswer.agency_code) == agency, col(CannedAnswer.retired_at).is_(None))
            .order_by(col(CannedAnswer.id))
        )
        found += [CannedView.model_validate(row, from_attributes=True) for row in rows]
    return found
