"""Acts (行为), the standing of things by date, and the kept opinions of review."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from service_catalog.changes.tables import Subject
from service_catalog.kernel.database import UtcDateTime, stored
from service_catalog.lifecycle.states import ActKind, ItemState


class Act(SQLModel, table=True):
    """A recorded decision with its document number."""

    __tablename__ = "act"
    __table_args__ = (CheckConstraint("trim(document_number) <> ''", name="has_document"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: ActKind = Field(sa_type=stored(ActKind))
    subject: Subject = Field(sa_type=stored(Subject))
    code: str = Field(max_length=31, index=True)
    """What it was decided about."""
    document_number: str = Field(max_length=100)
    title: str
    issuing_body: str = Field(max_length=200)
    effective_on: date
    by: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)


class Standing(SQLModel, table=True):
    """From a day on, a thing is in force, suspended or cancelled, by an act."""

    __tablename__ = "standing"
    __table_args__ = (Index("ix_standing_thing", "subject", "code", "from_on"),)

    id: int | None = Field(default=None, primary_key=True)
    subject: Subject = Field(sa_type=stored(Subject))
    code: str = Field(max_length=31)
    state: ItemState = Field(sa_type=stored(ItemState))
    from_on: date
    act_id: int = Field(foreign_key="act.id")
    reason: str
    at: datetime = Field(sa_type=UtcDateTime)


class ReviewStep(StrEnum):
    """What somebody did with an edition."""

    SUBMIT = "submit"
    TAKE_BACK = "take_back"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"


class ReviewNote(SQLModel, table=True):
    """One step of a review: who, when, with which opinion. Kept for ever."""

    __tablename__ = "review_note"
    __table_args__ = (Index("ix_review_note_thing", "subject", "code", "edition"),)

    id: int | None = Field(default=None, primary_key=True)
    subject: Subject = Field(sa_type=stored(Subject))
    code: str = Field(max_length=31)
    edition: int
    step: ReviewStep = Field(sa_type=stored(ReviewStep))
    opinion: str | None = None
    by: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)
