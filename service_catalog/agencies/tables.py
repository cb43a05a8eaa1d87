"""Agency, and the dated documents of its facts."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from service_catalog.agencies.facts import AgencyFacts
from service_catalog.kernel.database import Json, UtcDateTime, stored


class AgencyKind(StrEnum):
    """What sort of body: organ 机关, public institution 事业单位, committees of residents, villagers, zones."""

    ORGAN = "organ"
    INSTITUTION = "institution"
    RESIDENTS_COMMITTEE = "residents_committee"
    VILLAGERS_COMMITTEE = "villagers_committee"
    ZONE_COMMITTEE = "zone_committee"


class Agency(SQLModel, table=True):
    """A body that implements items; keyed by its credit code or a declared placeholder."""

    __tablename__ = "agency"
    __table_args__ = (
        CheckConstraint("length(code) = 18", name="eighteen_characters"),
        CheckConstraint("nature IN ('1', '2', '3', '9')", name="nature"),
        CheckConstraint("parent_code IS NULL OR parent_code <> code", name="not_its_own_parent"),
    )

    code: str = Field(primary_key=True, max_length=18)
    kind: AgencyKind = Field(sa_type=stored(AgencyKind))
    nature: str = Field(max_length=1)
    region_code: str = Field(foreign_key="region.code", index=True, max_length=12)
    parent_code: str | None = Field(default=None, foreign_key="agency.code", index=True, max_length=18)
    demonstration_code: bool = False
    """The credit code was made for demonstration; nobody has published the real one."""
    name: str = Field(max_length=1000, index=True)
    """The name that was in force when facts were last stated; who shows it on a day asks for that day's (register.py)."""


class AgencyFactsEdition(SQLModel, table=True):
    """What an agency said of itself from a day on."""

    __tablename__ = "agency_facts"
    __table_args__ = (CheckConstraint("number >= 1", name="counts_from_one"),)

    agency_code: str = Field(primary_key=True, foreign_key="agency.code", max_length=18)
    number: int = Field(primary_key=True)
    effective_from: date
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    by: str = Field(max_length=200)
    content: dict[str, Any] = Field(sa_type=Json)

    @property
    def facts(self) -> AgencyFacts:
        """The document itself."""
        return AgencyFacts.model_validate(self.content)
