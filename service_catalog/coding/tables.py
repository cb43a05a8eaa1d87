"""Issued codes, the series they are counted in, and aliases of codes that were replaced."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import UtcDateTime, stored


class CodeOrigin(StrEnum):
    """Allocated here, or registered as the nation or the region issued it."""

    ALLOCATED = "allocated"
    REGISTERED = "registered"


class CodeSeries(SQLModel, table=True):
    """One counter: main items of a department, sub-items of a main item, handling items of an item."""

    __tablename__ = "code_series"
    __table_args__ = (CheckConstraint("last_number >= 0", name="counts_up"),)

    series: str = Field(primary_key=True, max_length=12)
    last_number: int


class IssuedCode(SQLModel, table=True):
    """A code that has been given out. Rows stay for ever, so that no code is issued twice."""

    __tablename__ = "issued_code"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        CheckConstraint("number IS NULL OR (number BETWEEN 1 AND 999)", name="number_in_range"),
        CheckConstraint("(retired_on IS NULL) = (retired_by_document IS NULL)", name="retired_by_document"),
    )

    code: str = Field(primary_key=True, max_length=14)
    series: str = Field(max_length=12)
    number: int | None
    origin: CodeOrigin = Field(sa_type=stored(CodeOrigin))
    document_number: str | None = Field(default=None, max_length=100)
    by: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)
    retired_on: date | None = None
    retired_by_document: str | None = Field(default=None, max_length=100)


class CodeAlias(SQLModel, table=True):
    """An old code and what stands in its place since a day; a split has several rows."""

    __tablename__ = "code_alias"
    __table_args__ = (CheckConstraint("old_code <> new_code", name="goes_elsewhere"),)

    old_code: str = Field(primary_key=True, max_length=33)
    new_code: str = Field(primary_key=True, max_length=33, index=True)
    act_kind: str = Field(max_length=20)
    valid_from: date
    document_number: str = Field(max_length=100)
    by: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)
