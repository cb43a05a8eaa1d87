"""Rows of the registers. A site changes them by loading files, never by a release."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import Json, UtcDateTime


class RegisterVersion(SQLModel, table=True):
    """Moves whenever any register is loaded, so that a process knows when to read them again."""

    __tablename__ = "register_version"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(primary_key=True)
    number: int
    changed_at: datetime = Field(sa_type=UtcDateTime)


class CodeEntry(SQLModel, table=True):
    """One value of a code list (代码表); `namespace` is empty where the list holds for all."""

    __tablename__ = "code_entry"

    list_name: str = Field(primary_key=True, max_length=60)
    namespace: str = Field(primary_key=True, max_length=2)
    code: str = Field(primary_key=True, max_length=30)
    position: int
    zh: str = Field(max_length=200)
    en: str = Field(max_length=200)
    note: str | None = Field(default=None, max_length=500)


class PlaceholderScheme(SQLModel, table=True):
    """How bodies without a credit code are written in a namespace (无统一社会信用代码主体的占位码)."""

    __tablename__ = "placeholder_scheme"

    id: str = Field(primary_key=True, max_length=20)
    pattern: str = Field(max_length=200)
    valid_from: date | None = None
    valid_until: date | None = None
    document: str | None = Field(default=None, max_length=200)


class InheritanceRule(SQLModel, table=True):
    """One row of the inheritance matrix: what a local body may do with an element."""

    __tablename__ = "inheritance_rule"
    __table_args__ = (CheckConstraint("policy IN ('locked', 'tighten', 'local')", name="policy"),)

    element: str = Field(primary_key=True, max_length=60)
    position: int
    policy: str = Field(max_length=10)
    rule: str | None = Field(default=None, max_length=120)
    reason: str = Field(max_length=500)
    zh: str = Field(max_length=200)
    document: str | None = Field(default=None, max_length=200)


class CalendarYear(SQLModel, table=True):
    """A year whose working-day calendar has been issued: the days that differ from Monday to Friday.

    Days that the place itself sets (地方放假) stand apart, so that loading the State Council's calendar anew keeps them.
    """

    __tablename__ = "calendar_year"

    year: int = Field(primary_key=True)
    document: str = Field(max_length=300)
    differences: list[Any] = Field(sa_type=Json)
    """[["2026-01-01", 0, "元旦"], …]: day, 1 working or 0 off, name."""
    local_document: str | None = Field(default=None, max_length=300)
    local_differences: list[Any] | None = Field(default=None, sa_type=Json)
    """Written alike; they hold over the others."""

    @property
    def documents(self) -> str:
        """The notices that it comes from."""
        return "；".join(filter(None, (self.document, self.local_document)))
