"""Appeals as officers read and move them."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from service_catalog.appeals.drafts import AgencyCode, Contact, Words
from service_catalog.appeals.queues import Light
from service_catalog.appeals.schemas import DeadlineView, QuestionView, ResponsibleView, Told
from service_catalog.appeals.stages import AppealKind, Stage, Urgency
from service_catalog.kernel.dates import Day
from service_catalog.kernel.texts import Document, Filled


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


class WithReason(Document):
    """A step that needs a reason."""

    reason: Words


class WithWords(Document):
    """A step that may have a word with it."""

    text: Words | None = None


class Reopening(WithReason):
    """Why it is handled anew: the code of a reason that the rules know, unless the person has rated the answer bad."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,24}$")] | None = None


class Refusal(Document):
    """Not accepted: the code of the reason, which says where to go."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,24}$")]
    text: Words | None = None


class KindCorrection(Document):
    """Another kind, with the reason."""

    kind: AppealKind
    reason: Words


class Accused(Document):
    """Which body is complained of, and how one knows."""

    agency_code: AgencyCode
    reason: Words


class Dispatch(Document):
    """To which body, and why."""

    agency_code: AgencyCode
    reason: Words
    final: bool = False
    """Decided by the league: it cannot be returned any more."""


class Transfer(Document):
    """To which other body, and why."""

    agency_code: AgencyCode
    reason: Words


class Return(Document):
    """Why the body is not responsible: the rule it relies on, and who it thinks is."""

    rule: Filled
    competent: AgencyCode | None = None
    reason: Words


class Assignment(Document):
    """To whom; left out: to oneself."""

    officer: Annotated[Filled, StringConstraints(max_length=200)] | None = None


class Note(Document):
    """A note, for colleagues or for the person."""

    text: Words
    to_the_person: bool = False


class AskMore(Document):
    """What the person is asked, and by when they answer."""

    question: Words
    answer_by: Day


class AskJoint(Document):
    """Which body helps with what, by when."""

    agency_code: AgencyCode
    due_on: Day
    text: Words


class JointOpinion(Document):
    """What a body that helps has to say."""

    agency_code: AgencyCode
    text: Words


class Extension(Document):
    """By how much, on what basis, why."""

    amount: int = Field(ge=1, le=366)
    basis: Filled
    reason: Words


class Merger(Document):
    """Into which earlier appeal."""

    into: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
    reason: Words


class AnswerDraft(Document):
    """The answer."""

    text: Words
    guide_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{31}([0-9]{2})?$")] | None = None
    no_guide: Annotated[Filled, StringConstraints(max_length=500)] | None = None


class AnswerCheck(Document):
    """The second person's word."""

    approve: bool
    text: Words | None = None


class CallBack(Document):
    """What came of the call."""

    text: Words


class Look(Document):
    """Why somebody looks at who it is."""

    why: Words


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


class Publication(Document):
    """Texts that a person has confirmed."""

    question: Words
    answer: Words
    everywhere: bool = False
    """It holds for all guides of the item, not only for that of the body asked about."""


class CannedDraft(Document):
    """An answer that is often given."""

    agency_code: AgencyCode
    title: Annotated[Filled, StringConstraints(max_length=200)]
    text: Words


class CannedView(BaseModel):
    """A canned answer; those of the rulebook have no number and no body."""

    id: int | None
    agency_code: str | None
    title: str
    text: str
