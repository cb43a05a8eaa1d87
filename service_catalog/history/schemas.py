"""Histories, differences and impacts on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field

from service_catalog.basic_items.schemas import EditionLine
from service_catalog.history.differences import DifferenceKind
from service_catalog.implementations.content import Offer
from service_catalog.implementations.schemas import RefusalView
from service_catalog.kernel.paging import Page
from service_catalog.lifecycle.states import EditionKind, WorkState
from service_catalog.regions.schemas import RegionLink

MOST_EDITIONS = 1_000_000
NumberPath = Annotated[int, Path(ge=1, le=MOST_EDITIONS, description="Number of the edition.")]
Against = Annotated[
    int | None,
    Query(ge=1, le=MOST_EDITIONS, description="The earlier edition; if left out, the published one before it."),
]


class EditionView(BaseModel):
    """One edition of a standard."""

    code: str
    number: int
    kind: EditionKind
    state: WorkState
    effective_from: date | None
    effective_until: date | None
    published_at: datetime | None
    content: dict[str, Any] = Field(description="As in schemas/item-content.json; what is in work may be unfinished.")


class LocalEditionLine(EditionLine):
    """One published edition of a local part."""

    availability: Offer
    based_on_edition: int = Field(description="The edition of the standard it was last checked against.")


class LocalEditionView(EditionView):
    """One edition of a local part."""

    availability: Offer
    based_on_edition: int
    content: dict[str, Any] = Field(description="The stored differences, as in schemas/local-content.json.")


class DifferenceView(BaseModel):
    """One difference."""

    element: str = Field(description="Name of the element, with its column where it is made of rows.")
    zh: str = Field(description="The element in Chinese.")
    row: str | None = Field(description="What names the row, the same in every edition; null where there are no rows.")
    pointer: str = Field(description="Into the earlier document where something was removed, else into the later one.")
    kind: DifferenceKind
    before: Any
    after: Any


class DifferencesView(BaseModel):
    """What one edition says otherwise than an earlier one."""

    code: str
    edition: int
    against: int | None = Field(description="Null where there is no earlier edition: all of it is new.")
    differences: list[DifferenceView]


class HistoryRow(BaseModel):
    """A row of the local part that points at a row which the standard no longer has."""

    element: str
    pointer: str
    name: str = Field(description="What names the row.")


class LocalDifferencesView(BaseModel):
    """What holds here otherwise than in the standard in force."""

    code: str
    basic_code: str
    as_of: date
    edition: int
    standard_edition: int
    differences: list[DifferenceView]
    gave_way: list[RefusalView] = Field(
        description="Local values that no longer tighten the standard; the standard is shown in their place."
    )
    history: list[HistoryRow] = Field(description="Local rows whose row in the standard is gone; they are not shown.")


class HistoryLine(BaseModel):
    """Something that happened to a thing. Persons and opinions are shown to staff of its place only."""

    at: datetime
    code: str = Field(description="What it was about: the thing itself, or the item that binds it.")
    what: Literal["act", "step", "claim"] = Field(description="A recorded decision, a step of a review, or the claim.")
    kind: str = Field(description="Kind of the act, or the step.")
    zh: str
    en: str
    edition: int | None
    document_number: str | None
    title: str | None
    issuing_body: str | None
    effective_on: date | None
    reason: str | None
    by: str | None
    opinion: str | None


class ConsequenceView(BaseModel):
    """What a new edition of a standard does to one local value."""

    outcome: Literal["standard_shown", "row_becomes_history", "level_ends"]
    outcome_zh: str
    outcome_en: str
    element: str
    pointer: str = Field(description="Into the local part; of a level into the standard.")
    rule: str | None
    zh: str = Field(description="Why.")
    en: str
    standard_value: Any
    local_value: Any
    already: bool = Field(description="It is so under the edition in force, too.")


class ImpactLine(BaseModel):
    """One implementation that a new edition touches."""

    implementation_code: str
    agency_code: str
    agency_name: str
    region_code: str
    exercise_level: str
    edition: int
    consequences: list[ConsequenceView] = Field(description="Empty where all it says remains right.")


class RegionCount(BaseModel):
    """How many implementations in one banner or county, or of the league's own bodies."""

    region: RegionLink
    implementations: int


class ImpactPage(Page[ImpactLine]):
    """What the edition in work of a standard will do, page by page."""

    basic_code: str
    edition: int
    state: WorkState
    in_force: int | None = Field(description="The edition in force today that `already` is about.")
    effective_on: date = Field(description="The day it is reckoned for: its first day, today where none is set yet.")
    implementations: int = Field(description="How many it touches, all pages together.")
    by_region: list[RegionCount]
