"""The report of an import: for each row and each element what was found, and what became of it."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field


class Verdict(StrEnum):
    """What one element of a row is, held against the standard."""

    EQUAL = "equal"
    """As the standard says; not stored."""
    TIGHTER = "tighter"
    """Within what the standard lets an agency tighten; taken over as local."""
    LOCAL = "local"
    """The agency's own; taken over."""
    LOOSER = "looser"
    """Asks more of people or promises less than the standard; refused."""
    REFUSED = "refused"
    """Departs from what is locked, or breaks another rule; refused."""
    UNKNOWN = "unknown"
    """Not understood, or not certain; needs a person."""


class Outcome(StrEnum):
    """What becomes of a row."""

    ACCEPTABLE = "acceptable"
    """Would be received; nothing has been written."""
    RECEIVED = "received"
    UNCHANGED = "unchanged"
    """Says what the catalogue says already; nothing to write."""
    REFUSED = "refused"
    NEEDS_A_PERSON = "needs_a_person"


VERDICT_NAMES = {
    Verdict.EQUAL: "与标准相同", Verdict.TIGHTER: "收紧", Verdict.LOCAL: "地方内容", Verdict.LOOSER: "放宽，拒绝",
    Verdict.REFUSED: "拒绝", Verdict.UNKNOWN: "须人工核对",
}  # fmt: skip
OUTCOME_NAMES = {
    Outcome.ACCEPTABLE: "可以接收", Outcome.RECEIVED: "已接收", Outcome.UNCHANGED: "没有变化", Outcome.REFUSED: "拒绝",
    Outcome.NEEDS_A_PERSON: "须人工核对",
}  # fmt: skip


class ElementLine(BaseModel):
    """One element of a row, where there is something to say about it."""

    element: str
    cell: str = Field(description="Where it stands in the file: sheet!column and row.")
    verdict: Verdict
    rule: str | None
    zh: str
    en: str
    standard_value: Any
    local_value: Any
    stored_value: Any = Field(description="What the catalogue has of this agency's own now.")


class Candidate(BaseModel):
    """An item that a name may mean; a person decides."""

    basic_code: str
    name: str
    score: float


class RowLine(BaseModel):
    """One row of the file and what became of it."""

    sheet: str
    row: int
    cell: str
    name: str
    implementation_code: str | None
    matched_by: str | None = Field(description="code, old_code, name; null where nothing was found for certain.")
    candidates: list[Candidate]
    outcome: Outcome
    action: str | None = Field(description="claim, draft, revise: what receiving it does; null where it does nothing.")
    standard_edition: int | None
    seen: str | None = Field(description="State of the newest edition when this was reported.")
    elements: list[ElementLine]
    equal: list[str] = Field(description="Elements that are as the standard says.")


class Counts(BaseModel):
    """Rows by what became of them; they add up to `rows`."""

    rows: int
    acceptable: int
    received: int
    unchanged: int
    refused: int
    needs_a_person: int


class NotUsedLine(BaseModel):
    """A sheet or column that was not taken over, and why."""

    sheet: str
    column: str | None
    filled: int
    zh: str
    en: str


class ImportView(BaseModel):
    """What an import found, and, where it was applied, did."""

    file_sha256: str
    kind: str
    applied: bool
    digest: str = Field(description="Names exactly this report; applying asks for it.")
    counts: Counts
    not_used: list[NotUsedLine]
    rows: list[RowLine]

    @property
    def bad(self) -> list[RowLine]:
        """The rows that are not received: refused, or for a person to decide."""
        return [row for row in self.rows if row.outcome in (Outcome.REFUSED, Outcome.NEEDS_A_PERSON)]
