"""Appeals as officers read them."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from service_catalog.appeals.drafts import Contact
from service_catalog.appeals.queues import Light
from service_catalog.appeals.schemas import DeadlineView, QuestionView, ResponsibleView, Told
from service_catalog.appeals.stages import AppealKind, Stage, Urgency


class QueueLine(BaseModel):
    """An appeal in the officer's list."""

    number: str
    kind: AppealKind
    urgency: Urgency
    is_report: bool
    channel: str
    stage: Stage
    stage_said: Told
    light: Light | None
    deadline_on: date | None = Field(description="Treated as the deadline, also where it is only the earliest date.")
    deadline_is_certain: bool
    step_due_on: date | None
    step_is_certain: bool
    joint_due_on: date | None = Field(description="First day of a body that helps and has not given its opinion.")
    received_at: datetime
    desk_region: str
    lead_agency: str | None
    officer: str | None
    basic_code: str | None
    element: str | None
    returns: int
    reopens: int


class EventView(BaseModel):
    """One step with its actor."""

    sequence: int
    step: str
    said: Told
    at: datetime
    by: str
    from_stage: Stage | None
    to_stage: Stage
    agency_code: str | None
    is_public: bool
    text: str | None
    facts: dict[str, Any]


class JointView(BaseModel):
    """A body that helps."""

    agency_code: str
    agency_name: str | None
    due_on: date
    asked_at: datetime
    opinion_at: datetime | None


class AttachmentView(BaseModel):
    """A file."""

    key: str
    name: str | None
    media_type: str
    size: int
    added_at: datetime


class ProposedAnswerView(BaseModel):
    """An answer, given or waiting for another person."""

    text: str
    guide_code: str | None
    no_guide: str | None
    proposed_by: str
    proposed_at: datetime
    given_at: datetime | None


class RatingView(BaseModel):
    """What the person thinks of the answer, and the call that follows a bad rating."""

    grade: int = Field(description="1 is 非常满意, 5 is 非常不满意.")
    text: str | None
    rated_at: datetime
    call_back_by: date | None
    called_back_at: datetime | None


class CaseView(BaseModel):
    """The file of an appeal. Texts are redacted for those who may not learn who it is."""

    number: str
    relation: str = Field(description="How you stand to it: desk, lead, joint, watching.")
    is_redacted: bool
    kind: AppealKind
    kind_before: AppealKind | None
    urgency: Urgency
    is_report: bool
    channel: str
    text: str
    place: str | None
    happened_on: date | None
    region_code: str | None
    basic_code: str | None
    implementation_code: str | None
    seen: dict[str, Any] | None
    element: str | None
    against_agency: str | None
    is_anonymous: bool
    consents_to_publication: bool
    received_at: datetime
    stage: Stage
    stage_said: Told
    responsible: ResponsibleView
    officer: str | None
    deadline: DeadlineView
    light: Light | None
    step_due_on: date | None
    step_is_certain: bool
    returns: int
    reopens: int
    extensions: int
    decided_by_league: bool
    main_number: str | None
    merged: list[str]
    joint: list[JointView]
    attachments: list[AttachmentView]
    answer: ProposedAnswerView | None
    grade: int | None
    rating: RatingView | None
    events: list[EventView]
    published: QuestionView | None


class ContactView(BaseModel):
    """Who it is."""

    contact: Contact


class MarkView(BaseModel):
    """A passage that a machine takes for personal."""

    kind: str
    zh: str
    text: str


class ProposalView(BaseModel):
    """Redacted texts for a person to confirm."""

    question: str
    answer: str
    marks: list[MarkView]


class CannedView(BaseModel):
    """A canned answer; those of the rulebook have no number and no body."""

    id: int | None
    agency_code: str | None
    title: str
    text: str
