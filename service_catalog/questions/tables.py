"""PublishedQuestion: a question and its answer, redacted, confirmed by a person, for everyone to read."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import UtcDateTime

_SHOWN = text("withdrawn_at IS NULL")


class PublishedQuestion(SQLModel, table=True):
    """One question and answer. It hangs on an item, for all its guides or for that of one implementation."""

    __tablename__ = "published_question"
    __table_args__ = (
        CheckConstraint("implementation_code IS NULL OR basic_code IS NOT NULL", name="of_an_item"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"),
        Index(
            "uq_published_question_shown", "appeal_number", unique=True, sqlite_where=_SHOWN, postgresql_where=_SHOWN
        ),
        Index("ix_published_question_basic_code", "basic_code", "published_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appeal_number: str = Field(foreign_key="appeal.number", max_length=12)
    basic_code: str | None = Field(default=None, foreign_key="basic_item.basic_code", max_length=12)
    implementation_code: str | None = Field(
        default=None, foreign_key="implementation.implementation_code", max_length=31
    )
    region_code: str = Field(foreign_key="region.code", index=True, max_length=12)
    """Whose desk it was on."""
    agency_code: str | None = Field(default=None, foreign_key="agency.code", max_length=18)
    """Who answers for it; None: the desk itself."""
    question: str
    answer: str
    published_at: datetime = Field(sa_type=UtcDateTime)
    published_by: str = Field(max_length=200)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: str | None = Field(default=None, max_length=200)
