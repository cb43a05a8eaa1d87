"""Agencies on the wire."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel

from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.tables import Agency, AgencyKind
from service_catalog.regions.schemas import RegionLink

AGENCY_CODE = r"^[0-9A-Z]{18}$"
AgencyPath = Annotated[str, Path(pattern=AGENCY_CODE, description="Credit code or declared placeholder.")]
AgencyFilter = Annotated[str | None, Query(pattern=AGENCY_CODE, description="Credit code or declared placeholder.")]


class AgencyLine(BaseModel):
    """An agency in a list."""

    code: str
    name: str
    kind: AgencyKind
    nature: str
    region_code: str
    parent_code: str | None
    demonstration_code: bool

    @classmethod
    def of(cls, agency: Agency, name: str) -> "AgencyLine":
        return cls(
            code=agency.code,
            name=name,
            kind=agency.kind,
            nature=agency.nature,
            region_code=agency.region_code,
            parent_code=agency.parent_code,
            demonstration_code=agency.demonstration_code,
        )


class AgencyView(AgencyLine):
    """One agency with its facts in force today."""

    region: RegionLink
    facts: AgencyFacts
