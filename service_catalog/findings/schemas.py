"""Findings on the wire."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from service_catalog.agencies.facts import RegionCode
from service_catalog.agencies.schemas import AGENCY_CODE
from service_catalog.basic_items.schemas import BASIC_CODE
from service_catalog.changes.tables import Subject
from service_catalog.findings.tables import RunKind, Severity
from service_catalog.kernel.dates import Day
from service_catalog.kernel.texts import Filled

FindingPath = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the finding.")]
RuleFilter = Annotated[str | None, Query(pattern=r"^[a-z_]{1,60}$", description="Name of the rule.")]


class FindingState(StrEnum):
    """Open, accepted by somebody for a time, or closed because the rule holds again."""

    OPEN = "open"
    ACCEPTED = "accepted"
    CLOSED = "closed"


class CountBy(StrEnum):
    """What findings are counted by; a region counts all that lies in it."""

    REGION = "region"
    AGENCY = "agency"
    RULE = "rule"


class AcceptanceView(BaseModel):
    """Who answers for a finding, why, and until when."""

    by: str
    at: datetime
    reason: str
    until: date = Field(description="First day on which the finding counts again.")
    withdrawn_by: str | None
    withdrawn_at: datetime | None


class FindingView(BaseModel):
    """One finding."""

    id: int
    rule: str
    title_zh: str
    title_en: str
    severity: Severity
    state: FindingState
    subject: Subject
    code: str = Field(
        description="Code of the region, agency, basic item or implementation it is about; or the name of a register."
    )
    region_code: str
    region_name: str
    agency_code: str | None
    agency_name: str | None
    basic_code: str | None
    item_name: str | None
    element: str = Field(description="JSON pointer; rows are named by their key.")
    zh: str
    en: str
    standard_value: Any
    local_value: Any
    since: datetime = Field(description="Since when it has been so, where a date says; else when it was first seen.")
    age_days: int
    opened_at: datetime
    closed_at: datetime | None
    acceptance: AcceptanceView | None = Field(description="The last one; it may have ended.")


class CountLine(BaseModel):
    """How many findings there are of one region, agency or rule; accepted ones are counted apart."""

    key: str
    name_zh: str
    name_en: str
    errors: int
    warnings: int
    notices: int
    accepted: int


class AcceptanceDraft(BaseModel):
    """Why a finding may stand, and until when."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Filled, Field(max_length=2000)]
    until: Annotated[Day, Field(description="First day on which the finding counts again.")]


class RunDraft(BaseModel):
    """What is to be judged: one region with all below it, one agency, or one item."""

    model_config = ConfigDict(extra="forbid")

    region: RegionCode | None = None
    agency: Annotated[str, Field(pattern=AGENCY_CODE)] | None = None
    item: Annotated[str, Field(pattern=BASIC_CODE)] | None = None


class RunView(BaseModel):
    """What a run judged, and what came of it."""

    kind: RunKind
    region_code: str | None
    agency_code: str | None
    basic_code: str | None
    by: str
    started_at: datetime
    finished_at: datetime | None
    change_number: int = Field(description="The last change it has seen.")
    implementations: int
    items: int
    agencies: int
    places: int = Field(description="Pairs of an item and a region whose coverage was judged.")
    opened: int
    closed: int
