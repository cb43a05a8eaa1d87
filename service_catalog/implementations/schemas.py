"""Implementations on the wire."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field

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


class CheckView(BaseModel):
    """Whether a local draft would be accepted; nothing is written."""

    acceptable: bool
    standard_edition: int
    refusals: list[RefusalView]
    would_store: dict[str, Any] = Field(description="The differences that would be kept if there were no refusals.")


class CoverageLine(BaseModel):
    """Whether an item is offered in one region."""

    region: RegionLink
    status: str = Field(description="offered, not_offered, offered_below, offered_by_other or unclaimed")
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
