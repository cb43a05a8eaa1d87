"""Basic items on the wire."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from service_catalog.basic_items.content import ItemContent
from service_catalog.lifecycle.states import EditionKind, WorkState

BASIC_CODE = r"^[0-9]{6}[0-9A-Z]{6}$"
BasicCodePath = Annotated[str, Path(pattern=BASIC_CODE, description="Basic code, 12 characters.")]


class ItemLine(BaseModel):
    """A basic item in a list."""

    basic_code: str
    name: str
    item_type: str
    item_type_zh: str
    item_type_en: str
    guiding_department: str
    exercise_levels: list[str]
    service_objects: list[str]
    parent_basic_code: str | None
    state: str
    edition: int
    effective_from: date


class ItemView(ItemLine):
    """One basic item: the whole standard in force."""

    effective_until: date | None
    published_at: datetime
    standard: ItemContent


class EditionLine(BaseModel):
    """One published edition of a standard."""

    number: int
    kind: EditionKind
    state: WorkState
    effective_from: date
    effective_until: date | None
    published_at: datetime
