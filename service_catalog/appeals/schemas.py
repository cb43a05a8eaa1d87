"""Appeals on the wire: what the person reads. What officers read stands in case_schemas.py."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from service_catalog.appeals.drafts import Words
from service_catalog.appeals.stages import AppealKind, Stage, Urgency
from service_catalog.kernel.texts import Document


class Told(BaseModel):
    """One sentence in both languages."""

    zh: str
    en: str


class DeadlineView(BaseModel):
    """By when it is answered. Without a calendar nothing is guessed: `due_on` is null, and `not_before` the earliest date."""

    state: str = Field(description="running, paused, overdue, ended or calendar_missing.")
    due_on: date | None
    not_before: date | None
    overdue_since: date | None = Field(
        description="The day after the due day, once that has passed; also while the person is asked for more."
    )
    source: str = Field(description="Where the limit comes from.")


class ResponsibleView(BaseModel):
    """Who has it now: a body, or the desk of a region."""

    agency_code: str | None
    agency_name: str | None
    desk_region: str
    desk_name: str


class ElsewhereView(BaseModel):
    """What does not belong here, and where it goes instead."""

    code: str
    name: Told
    where: Told
    is_hinted: bool = Field(description="Words of the text hint at it.")


class QuestionView(BaseModel):
    """A published question and its answer."""

    id: int
    basic_code: str | None
    implementation_code: str | None
    region_code: str
    agency_code: str | None
    question: str
    answer: str
    published_at: datetime


class ReceiptView(BaseModel):
    """The receipt: what to keep, who has it and why, by when."""

    number: str
    number_shown: str
    query_code: str
    kind: AppealKind
    is_report: bool
    received_at: datetime
    responsible: ResponsibleView
    reason: Told = Field(description="Why this body, or this desk.")
    rule: str
    deadline: DeadlineView
    elsewhere: list[ElsewhereView]
    attachments: int


class SimilarView(BaseModel):
    """An open appeal that may be the same matter; the likest stand first. Its text belongs to somebody else."""

    kind: AppealKind
    stage: Stage
    received_on: date
    basic_code: str | None


class PreviewView(BaseModel):
    """What to know before handing in."""

    responsible: ResponsibleView
    reason: Told
    rule: str
    limit: str
    answers: list[QuestionView]
    similar: list[SimilarView]
    elsewhere: list[ElsewhereView]
    is_emergency: bool = Field(description="It has to be confirmed with not_an_emergency.")


class PublicStep(BaseModel):
    """One step as the person reads it."""

    at: datetime
    step: str
    said: Told
    agency_code: str | None
    agency_name: str | None
    text: str | None
    facts: dict[str, Any]


class AnswerView(BaseModel):
    """The answer."""

    text: str
    guide_code: str | None
    answered_at: datetime
    agency_name: str | None
    is_of_main: bool = Field(
        description="It answers an earlier appeal of the same matter, into which this one was merged."
    )


class StatusView(BaseModel):
    """Where one's appeal stands."""

    number: str
    number_shown: str
    kind: AppealKind
    urgency: Urgency
    is_report: bool
    text: str
    received_at: datetime
    stage: Stage
    stage_said: Told
    responsible: ResponsibleView
    deadline: DeadlineView
    question: str | None = Field(description="What is asked of the person, while it waits for them.")
    answer_by: date | None
    steps: list[PublicStep]
    answer: AnswerView | None
    grade: int | None
    may_rate: bool
    attachments: int
    seen: dict[str, Any] | None


class SupplementDraft(Document):
    """What was asked for."""

    text: Words


class RatingDraft(Document):
    """好差评: 1 is 非常满意, 5 is 非常不满意 (GB/T 39046-2020, A.8)."""

    grade: int = Field(ge=1, le=5)
    text: Words | None = None


class WithdrawalDraft(Document):
    """Why it is taken back, if one likes to say."""

    text: Words | None = None
