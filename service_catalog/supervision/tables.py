"""AppealSignal: that an appeal was late, or was about to be; raised once, never deleted (handbook, appeals, chapter 5)."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import Json, UtcDateTime, stored

_TO_BE_TOLD = text("superior_on IS NOT NULL")


class SignalRule(StrEnum):
    """What was seen: 提醒, 黄牌, 红牌."""

    DUE_SOON = "due_soon"
    """提醒: less is left than the thresholds say."""
    NOT_DISPATCHED = "not_dispatched"
    """黄牌: the desk did not send it to a body, nor answer it, within the inner limit."""
    NOT_SIGNED = "not_signed"
    """黄牌: the body did not sign for it within the inner limit."""
    NOT_HELPED = "not_helped"
    """督办: a body that was asked to help gave no opinion by its day; no card, least of all of the body that leads."""
    OVERDUE = "overdue"
    """黄牌: the due moment has passed."""
    LONG_OVERDUE = "long_overdue"
    """红牌: gravely late."""
    NOT_CALLED_BACK = "not_called_back"
    """黄牌: a bad rating, and nobody called."""
    BAD_AGAIN = "bad_again"
    """红牌: rated bad again after it was reopened."""


class SignalState(StrEnum):
    """What came of it."""

    OPEN = "open"
    EXPLAINED = "explained"
    RECTIFIED = "rectified"
    WAIVED = "waived"


class AppealSignal(SQLModel, table=True):
    """One signal (GB/T 39046-2020, table 11): rule, subject, body, time, evidence, by when to put right, what came of it."""

    __tablename__ = "appeal_signal"
    __table_args__ = (
        UniqueConstraint("rule", "number", "period"),
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled_has_a_time"),
        CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (reason IS NULL)",
            name="settled_as_a_whole",
        ),
        Index("ix_appeal_signal_agency", "agency_code", "state"),
        CheckConstraint("state = 'open' OR superior_on IS NULL", name="settled_is_not_passed_up"),
        Index("ix_appeal_signal_region", "region_code", "state"),
        Index(
            "ix_appeal_signal_superior_on", "superior_on", "id", sqlite_where=_TO_BE_TOLD, postgresql_where=_TO_BE_TOLD
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    rule: SignalRule = Field(sa_type=stored(SignalRule))
    number: str = Field(foreign_key="appeal.number", index=True, max_length=12)
    period: str = Field(max_length=40)
    """What it is raised once for: the round, and where it depends on who has it or by when, the step that last changed that."""
    region_code: str = Field(foreign_key="region.code", max_length=12)
    agency_code: str | None = Field(default=None, foreign_key="agency.code", max_length=18)
    """The body responsible at that time; None: the desk."""
    raised_at: datetime = Field(sa_type=UtcDateTime)
    put_right_by: date
    superior_on: date | None = None
    """When the superior is told, should it still be so; None: they were told, or there is nobody above."""
    evidence: dict[str, Any] = Field(sa_type=Json)
    state: SignalState = Field(sa_type=stored(SignalState))
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: str | None = Field(default=None, max_length=200)
    reason: str | None = Field(default=None, max_length=1000)
