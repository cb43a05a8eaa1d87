"""Finding (发现), the runs that made them, how far the engine has followed the log, and what it looks up across bodies."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from service_catalog.changes.tables import Subject
from service_catalog.kernel.database import Json, UtcDateTime, stored


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class RunKind(StrEnum):
    """Everything, a region or agency or item, or what has changed since the last time."""

    FULL = "full"
    SCOPED = "scoped"
    FOLLOWING = "following"


_OPEN = text("closed_at IS NULL")


class Finding(SQLModel, table=True):
    """A rule that does not hold for one thing; closed by the engine when it holds again, and kept."""

    __tablename__ = "finding"
    __table_args__ = (
        Index(
            "uq_finding_open", "rule", "subject", "code", "element", unique=True, sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_finding_subject_code", "subject", "code"),
        CheckConstraint(
            "(accepted_by IS NULL) = (accepted_at IS NULL) AND (accepted_by IS NULL) = (reason IS NULL) "
            "AND (accepted_by IS NULL) = (accepted_until IS NULL)",
            name="accepted_as_a_whole",
        ),
        CheckConstraint(
            "(withdrawn_by IS NULL) = (withdrawn_at IS NULL) AND (withdrawn_by IS NULL OR accepted_by IS NOT NULL)",
            name="withdrawn_after_accepted",
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    rule: str = Field(max_length=60, index=True)
    severity: Severity = Field(sa_type=stored(Severity))
    subject: Subject = Field(sa_type=stored(Subject))
    code: str = Field(max_length=31)
    """Of the subject: a region, an agency, a basic item, an implementation; the name of a register."""
    region_code: str = Field(foreign_key="region.code", index=True, max_length=12)
    """Where it belongs; what is about a standard belongs to the league."""
    agency_code: str | None = Field(default=None, foreign_key="agency.code", index=True, max_length=18)
    basic_code: str | None = Field(default=None, foreign_key="basic_item.basic_code", index=True, max_length=12)
    element: str = Field(max_length=200)
    """JSON pointer; rows are named by their key, not by their position."""
    zh: str
    en: str
    standard_value: Any = Field(default=None, sa_type=Json, nullable=True)
    local_value: Any = Field(default=None, sa_type=Json, nullable=True)
    since: datetime = Field(sa_type=UtcDateTime)
    """Since when it has been so, where a date says; else when it was first seen."""
    opened_at: datetime = Field(sa_type=UtcDateTime)
    last_run_id: int = Field(foreign_key="finding_run.id")
    """The run that last saw it."""
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accepted_by: str | None = Field(default=None, max_length=200)
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str | None = None
    accepted_until: date | None = None
    """First day on which it counts again."""
    withdrawn_by: str | None = Field(default=None, max_length=200)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    def is_accepted(self, day: date) -> bool:
        """Tell whether somebody answers for it on `day`."""
        return self.closed_at is None and self.accepted_until is not None and self.accepted_until > day


class FindingRun(SQLModel, table=True):
    """One run of the engine: what for, how much it judged, what came of it."""

    __tablename__ = "finding_run"

    id: int | None = Field(default=None, primary_key=True)
    kind: RunKind = Field(sa_type=stored(RunKind))
    region_code: str | None = Field(default=None, foreign_key="region.code", max_length=12)
    agency_code: str | None = Field(default=None, foreign_key="agency.code", max_length=18)
    basic_code: str | None = Field(default=None, foreign_key="basic_item.basic_code", max_length=12)
    by: str = Field(max_length=200)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """None: still running, or killed."""
    change_number: int
    """The last change it has seen."""
    implementations: int = 0
    items: int = 0
    agencies: int = 0
    places: int = 0
    """Pairs of an item and a region whose coverage was judged."""
    opened: int = 0
    closed: int = 0


class FindingFollower(SQLModel, table=True):
    """How far the engine has followed the log; whoever judges holds this row until what came of it is written."""

    __tablename__ = "finding_follower"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(primary_key=True)
    change_number: int
    day: date | None = None
    """The last calendar day that was judged: dates make findings too. None: never."""
    rules: str = Field(max_length=64)
    """Digest of the rules and severities it was judged by: others make everything new."""


class LocalMark(SQLModel, table=True):
    """What a local part says that may stand elsewhere too: a local code, an everyday name; as a digest, for look-up."""

    __tablename__ = "local_mark"
    __table_args__ = (Index("ix_local_mark_mark", "mark", "basic_code"),)

    implementation_code: str = Field(primary_key=True, foreign_key="implementation.implementation_code", max_length=31)
    mark: str = Field(primary_key=True, max_length=32)
    basic_code: str = Field(max_length=12)
