"""Change (变更记录) and the one row that numbers them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
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

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    subject: Subject = Field(sa_type=stored(Subject))
    code: str = Field(max_length=50, index=True)
    kind: ChangeKind = Field(sa_type=stored(ChangeKind))
    edition: int | None
    by: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)
    digest: str = Field(max_length=64)
    """SHA-256 over this row and the digest of the one before: no row can be edited or left out unseen."""
