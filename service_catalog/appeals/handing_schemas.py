"""Appeals handed over by replicas, on the wire."""

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from service_catalog.appeals.drafts import AgencyCode, AppealDraft, RegionCode
from service_catalog.appeals.numbers import QUERY_CODES, read_number
from service_catalog.kernel.dates import Day
from service_catalog.kernel.errors import InvalidRequest
from service_catalog.kernel.texts import Document, Line, Plain

MOST_SEEN = 4_000
"""Characters; what a guide says of its editions has some two hundred."""


def _is_a_number(number: str) -> str:
    try:
        return read_number(number)
    except InvalidRequest as error:
        raise PydanticCustomError("receipt_number", "no receipt number: look for a wrong digit") from error


def _is_short(seen: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(seen)) > MOST_SEEN:
        raise PydanticCustomError("guide_too_large", "more than a guide says of itself")
    return seen


ReaderName = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{1,60}$")]
ReceiptNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$"), AfterValidator(_is_a_number)]


class RangeDraft(Document):
    """Who asks for a range."""

    reader: ReaderName


class RangeView(BaseModel):
    """The range of a reader."""

    reader: str
    number: int = Field(description="Third and fourth digit of every receipt number it gives.")
    given_at: datetime


class Promise(Document):
    """What the receipt said."""

    desk: RegionCode
    agency: AgencyCode | None
    rule: Line
    reason_zh: Line
    reason_en: Line
    limit_source: Line
    due_on: Day | None
    not_before: Day


class HandedOver(Document):
    """One appeal as a replica has taken it, with the receipt that the person holds."""

    number: ReceiptNumber
    query_code: Annotated[str, StringConstraints(pattern=QUERY_CODES)]
    received_at: AwareDatetime
    draft: AppealDraft
    receipt: Promise
    seen: Annotated[Plain, AfterValidator(_is_short)] | None = None
    """The guide that the person had before them."""


class TakenOverView(BaseModel):
    """That the centre has it, and what it has made of it; the same each time the same is handed over."""

    number: str
    received_at: datetime
    taken_over_at: datetime
    desk: str
    agency: str | None
    rule: str
    deadline_kept: bool = Field(description="By its rules it was due later, and is due as the receipt said.")
    routed_as_told: bool = Field(description="Whoever the receipt named has it.")
    dropped: list[str] = Field(description="What it named and is there no more, as JSON pointers into the draft.")
