"""Implementations on the wire."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field

from service_catalog.basic_items.findings import Severity
from service_catalog.basic_items.schemas import BasicCodePath as BasicCodePath
from service_catalog.implementations.content import LocalContent, Offer
from service_catalog.regions.schemas import RegionLink

IMPLEMENTATION_CODE = r"^[0-9A-Z]{18}[1-6][0-9]{6}[0-9A-Z]{6}$"
ImplementationPath = Annotated[
    str, Path(pattern=IMPLEMENTATION_CODE, description="Implementation code, 31 characters.")
]


class ImplementationLine(BaseModel):
    """An implementation in a list."""

    implementation_code: str
    basic_code: str
    name: str
    item_type: str
    agency_code: str
    agency_name: str
    region_code: str
    exercise_level: str
    availability: Offer
    state: str = Field(description="1 in force, 2 suspended (it, or the whole item).")
    edition: int
    based_on_edition: int
    effective_from: date


class ImplementationView(ImplementationLine):
    """One implementation: the stored differences, nothing of the standard."""

    region: RegionLink
    published_at: datetime
    local: LocalContent


class RefusalView(BaseModel):
    """One thing that an agency may not write, with both values."""

    element: str
    pointer: str
    policy: str
    rule: str
    zh: str
    en: str
    standard_value: Any
    local_value: Any


class LocalFindingView(BaseModel):
    """A rule of the lint that the local part breaks, as severe as this site takes it."""

    rule: str
    severity: Severity = Field(description="An error refuses the submission; a warning is shown and stays open.")
    pointer: str = Field(description="JSON pointer into `would_store`; empty for the item as a whole.")
    zh: str
    en: str


class CheckView(BaseModel):
    """Whether a local draft would be accepted; nothing is written."""

    acceptable: bool
    standard_edition: int
    refusals: list[RefusalView]
    findings: list[LocalFindingView]
    would_store: dict[str, Any] = Field(description="The differences that would be kept if there were no refusals.")


class CoverageLine(BaseModel):
    """Whether an item is offered in one region."""

    region: RegionLink
    status: str = Field(description="offered, not_offered, offered_below, offered_by_other or unclaimed")
    state: str | None = Field(
        description="1 in force, 2 where all the bodies that stand behind `status` are suspended; null where unclaimed."
    )
    implementation_codes: list[str]


class DutyLine(BaseModel):
    """One item of an agency's list of powers and duties (权责清单)."""

    item_type: str
    item_type_zh: str
    item_type_en: str
    implementation_code: str
    basic_code: str
    name: str
    exercise_level: str
    availability: Offer
