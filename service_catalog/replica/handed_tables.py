"""What a replica knows of the appeals that it takes while the line is down."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import UtcDateTime

_WAITS = text("forwarded_at IS NULL AND refused_at IS NULL")
_NOT_ERASED = text("forwarded_at IS NOT NULL AND erased_at IS NULL")
_NOT_FORGOTTEN = text("erased_at IS NOT NULL AND forgotten_at IS NULL")


class WaitingAppeal(SQLModel, table=True):
    """An appeal that was handed in here: it waits to go on, has gone on, or was refused by the centre and is kept."""

    __tablename__ = "waiting_appeal"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="counts_from_nought"),
        CheckConstraint("forwarded_at IS NULL OR refused_at IS NULL", name="one_end"),
        CheckConstraint("erased_at IS NULL OR forwarded_at IS NOT NULL", name="erased_when_forwarded"),
        CheckConstraint("forgotten_at IS NULL OR erased_at IS NOT NULL", name="forgotten_when_erased"),
        Index(
            "ix_waiting_appeal_waits",
            "attempts",
            "handed_in_at",
            "number",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
        Index("ix_waiting_appeal_to_erase", "number", sqlite_where=_NOT_ERASED, postgresql_where=_NOT_ERASED),
        Index(
            "ix_waiting_appeal_to_forget", "forwarded_at", sqlite_where=_NOT_FORGOTTEN, postgresql_where=_NOT_FORGOTTEN
        ),
    )

    number: str = Field(primary_key=True, foreign_key="appeal.number", max_length=12)
    handed_in_at: datetime = Field(sa_type=UtcDateTime)
    forwarded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the centre had answered that it has it."""
    attempts: int = 0
    """How often it reached the centre without being taken over."""
    last_fault: str | None = Field(default=None, max_length=300)
    """Why it was not taken over: status, name of the problem, places; nothing that a person wrote."""
    refused_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the centre said that it will never take it as it is; somebody has to look."""
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When everything a person wrote was erased here."""
    forgotten_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the query code went, too, and with it what answers a repeated request."""


class HeldRange(SQLModel, table=True):
    """The range of receipt numbers that the centre gave to this replica."""

    __tablename__ = "held_range"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("number BETWEEN 1 AND 99", name="two_digits"),
    )

    id: int = Field(default=1, primary_key=True)
    centre: str = Field(max_length=500)
    reader: str = Field(max_length=60)
    """What the replica called itself when it asked."""
    number: int
    got_at: datetime = Field(sa_type=UtcDateTime)
