"""An explained code on the wire."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

CodeKind = Literal["basic_item", "implementation", "handling_item", "case_number", "foreign"]


class PartView(BaseModel):
    """One part of a code: where it stands and what it means."""

    name: str
    positions: str = Field(description="Such as 1-18; counted from 1.")
    value: str
    zh: str
    en: str
    meaning_zh: str | None
    meaning_en: str | None


class FindingView(BaseModel):
    """One rule the code breaks, or something to know about it."""

    rule: str
    severity: Literal["error", "warning", "notice"]
    zh: str
    en: str


class ParseErrorView(BaseModel):
    """Why the code cannot be cut into parts."""

    name: str
    position: int
    zh: str
    en: str


class SuccessorView(BaseModel):
    """What stands in place of a code that was replaced."""

    code: str
    valid_from: date
    document_number: str
    act_kind: str


class ExplainedCode(BaseModel):
    """A code part by part, with what is wrong with it. A code that cannot be read is explained too."""

    code: str
    kind: CodeKind = Field(description="foreign: no code of this catalogue; `layout` names a known foreign layout.")
    valid: bool = Field(description="It can be read, and no finding is an error.")
    parts: dict[str, str]
    findings: list[str]
    profile: Literal["catalogue", "vectors"]
    explained_parts: list[PartView]
    explained_findings: list[FindingView]
    parse_error: ParseErrorView | None
    layout: str | None
    name: str | None = Field(description="Name of the item, where the catalogue knows it.")
    successors: list[SuccessorView]
