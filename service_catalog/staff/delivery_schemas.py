"""Delivery addresses as they come in."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service_catalog.agencies.facts import RegionCode
from service_catalog.agencies.schemas import AGENCY_CODE
from service_catalog.kernel.texts import PRINTABLE
from service_catalog.outbox.tables import Way


class AddressDraft(BaseModel):
    """Where one agency, or the office of one region, wants to be told."""

    model_config = ConfigDict(extra="forbid")

    agency_code: Annotated[str, Field(pattern=AGENCY_CODE)] | None = None
    region_code: RegionCode | None = None
    way: Way
    address: Annotated[str, Field(min_length=3, max_length=500, pattern=PRINTABLE)] = Field(
        description="https address, or mail address."
    )
