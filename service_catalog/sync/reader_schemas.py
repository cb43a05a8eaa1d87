"""Readers on the wire."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from service_catalog.agencies.facts import RegionCode
from service_catalog.kernel.texts import PRINTABLE
from service_catalog.sync.tables import ReaderKind

ReaderName = Annotated[str, Field(max_length=100, pattern=r"^[^\s\x00-\x1f\x7f()/\\]+$")]
"""Neither white space nor parentheses: under a name with these stands who walks the feed without reporting."""
ReaderPath = Annotated[str, Path(min_length=1, max_length=200, pattern=PRINTABLE, description="Name of the reader.")]
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)


def _written_as_a_moment(moment: Any) -> Any:
    """Refuse seconds since 1970, which pydantic would take for a moment."""
    if moment is None or (isinstance(moment, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]", moment)):
        return moment
    raise PydanticCustomError("datetime_parsing", "a moment such as 2026-03-10T09:00:00+08:00")


def _in_this_age(moment: datetime) -> datetime:
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError(f"a moment between {_EARLIEST.date()} and {_LATEST.date()}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_this_age)]


class ReportDraft(BaseModel):
    """What a reader says of itself."""

    model_config = ConfigDict(extra="forbid")

    reader: ReaderName = Field(
        description="Its own name, always the same; it belongs to the credential that first reports it."
    )
    kind: ReaderKind
    region: RegionCode | None = Field(default=None, description="Whose subtree it follows; null: everything.")
    change_number: Annotated[int, Field(ge=0)] = Field(description="Up to which change it has applied them.")
    confirmed_at: Annotated[Moment | None, BeforeValidator(_written_as_a_moment)] = Field(
        default=None, description="When it was last sure to have everything."
    )
    waiting_appeals: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=0, description="Appeals taken there that it has not yet handed on."
    )
    software: Annotated[str, Field(min_length=1, max_length=100, pattern=PRINTABLE)] | None = Field(
        default=None, description="Name and version of what reports."
    )


class ReportedView(BaseModel):
    """How far the catalogue is."""

    change_number: int = Field(description="Of the last change.")
    behind: int = Field(description="Changes that the reader has not got.")


class ReaderView(BaseModel):
    """One reader; never its key or its address."""

    name: str
    kind: ReaderKind
    region_code: str | None
    region_name: str | None
    change_number: int
    behind: int = Field(description="Changes that it has not got, those outside of its region counted.")
    behind_since: datetime | None = Field(description="When the first of them was made; null if it has everything.")
    confirmed_at: datetime | None
    seen_at: datetime
    silent: bool = Field(description="Unheard of for longer than its kind may be.")
    waiting_appeals: int
    software: str | None


class ReleasedView(BaseModel):
    """A reader that was forgotten; its name is free."""

    name: str
    kind: ReaderKind
    region_code: str | None
