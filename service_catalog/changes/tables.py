"""Change (变更记录) and the one row that numbers them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import UtcDateTime, stored


class Subject(StrEnum):
    """What a change is about."""

    REGION = "region"
    AGENCY = "agency"
    BASIC_ITEM = "basic_item"
    IMPLEMENTATION = "implementation"
    CODE = "code"
    REGISTER = "register"


class ChangeKind(StrEnum):
    """`upsert`: read it anew. `end`: it is no longer in force."""

    UPSERT = "upsert"
    END = "end"


class ChangeHead(SQLModel, table=True):
    """The last number given out; whoever writes a change holds this row until its commit."""

    __tablename__ = "change_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(primary_key=True)
    number: int
    digest: str = Field(max_length=64)
    """Of the last change; empty before the first one."""


class Change(SQLModel, table=True):
    """One accepted effect. Rows are never edited and never dropped."""

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_subject_code_number", "subject", "code", "number"),)

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    subject: Subject = Field(sa_type=stored(Subject))
    code: str = Field(max_length=50, index=True)
    kind: ChangeKind = Field(sa_type=stored(ChangeKind))
    edition: int | None
    by: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)
    digest: str = Field(max_length=64)
    """SHA-256 over this row and the digest of the one before: no row can be edited or left out unseen."""


class Departure(SQLModel, table=True):
    """With this change its subject left a region (迁出): whoever follows that region alone is told that it is gone."""

    __tablename__ = "departure"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """Of the change. No foreign key: it would hide the trigger that keeps the log from being emptied."""
    region_code: str = Field(max_length=12)
    """Where it was before."""
