"""PushBatch and PushReceipt: what an office pushed, and what became of each row."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import UtcDateTime, stored


class PushKind(StrEnum):
    """What the rows of a batch are about."""

    IMPLEMENTATIONS = "implementations"
    AGENCIES = "agencies"


class Outcome(StrEnum):
    """What became of a row."""

    DRAFTED = "drafted"
    """Accepted as a draft, which goes the way of all drafts."""
    PUBLISHED = "published"
    """Published under the office's standing right (常设发布权)."""
    UNCHANGED = "unchanged"
    """Says what stands here already."""
    REFUSED = "refused"
    """Breaks a rule; each is named with its element and both values."""
    CONFLICT = "conflict"
    """It changed here since the office last read it, or somebody is at work on it; nothing was overwritten."""
    HELD = "held"
    """Nothing is wrong with it, but it came with rows that were not taken, and all or none was asked for."""


TAKEN = frozenset({Outcome.DRAFTED, Outcome.PUBLISHED, Outcome.UNCHANGED})


class PushBatch(SQLModel, table=True):
    """One push that was carried out; the same again is answered with the very bytes of the first answer."""

    __tablename__ = "push_batch"

    id: str = Field(primary_key=True, max_length=16)
    key: str = Field(max_length=64, unique=True)
    """Digest of the caller and its Idempotency-Key."""
    body: str = Field(max_length=64)
    """Digest of what was asked."""
    kind: PushKind = Field(sa_type=stored(PushKind))
    by: str = Field(max_length=200)
    identity: str = Field(max_length=300)
    """Of whoever pushed."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    taken: bool
    head: str
    """The answer up to its receipts, as text: a JSON column might give it back otherwise than it was written."""


class PushReceipt(SQLModel, table=True):
    """What became of one row (回执)."""

    __tablename__ = "push_receipt"
    __table_args__ = (CheckConstraint("position >= 0", name="counts_from_nought"),)

    batch_id: str = Field(primary_key=True, foreign_key="push_batch.id", max_length=16)
    position: int = Field(primary_key=True)
    record_id: str | None = Field(default=None, max_length=100, index=True)
    """The office's own number of it; none where the row could not be read."""
    outcome: Outcome = Field(sa_type=stored(Outcome))
    region_code: str | None = Field(default=None, foreign_key="region.code", max_length=12)
    agency_code: str | None = Field(default=None, foreign_key="agency.code", max_length=18)
    """Where the row belongs; none where that could not be found out."""
    document: str
    """The receipt as it was answered, as text."""
