"""Supervision on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from service_catalog.appeals.stages import AppealKind, Stage
from service_catalog.kernel.texts import Filled
from service_catalog.supervision.figures import COUNTED, GRADES, Figures
from service_catalog.supervision.statistics import By
from service_catalog.supervision.tables import SignalRule, SignalState

MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
SignalPath = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the signal.")]
FirstMonth = Annotated[str | None, Query(alias="from", pattern=MONTH, description="First month of receipt: 2026-01.")]
FinishedYear = Annotated[
    int | None, Query(ge=2000, le=2099, description="A calendar year that is over; without it the last twelve months.")
]
LastMonth = Annotated[str | None, Query(alias="to", pattern=MONTH, description="Last month of receipt.")]
Compared = Annotated[list[By], Query(alias="by", max_length=2, description="What is compared: one or two of these.")]


class SignalView(BaseModel):
    """One signal of the supervision (监察信号)."""

    id: int
    rule: SignalRule
    rule_zh: str
    rule_en: str
    number: str = Field(description="Receipt number of the appeal.")
    period: str = Field(
        description="What it was raised once for: how often the appeal was reopened, and which step gave it to who has it, moved its deadline, or which body helps."
    )
    kind: AppealKind
    stage: Stage
    deadline_on: date | None
    region_code: str = Field(description="Region of the desk.")
    region_name: str
    agency_code: str | None = Field(description="The body responsible when it was raised; null: the desk.")
    agency_name: str | None
    raised_at: datetime
    put_right_by: date
    evidence: dict[str, Any]
    state: SignalState
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None


class Settlement(BaseModel):
    """What came of a signal."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["explained", "rectified", "waived"]
    reason: Filled


class FiguresView(BaseModel):
    """Counts of some appeals."""

    received: int
    answered: int
    in_time: int
    overdue: int = Field(
        description="Open and past the deadline, or answered after it, now or before it was reopened; of a body, when the body had it."
    )
    open: int
    returned: int = Field(description="Returned at least once; of a body, by it.")
    reopened: int
    extended: int
    withdrawn: int
    refused: int
    called_back_in_time: int = Field(description="Rated 4 or 5, and the person was called within the limit.")
    median_working_days: float | None = Field(description="From receipt, or reopening, to the answer.")
    grades: list[int] = Field(description="How many of each grade, the best (1, 非常满意) first.")
    satisfaction: float | None = Field(description="Percent of the rated that gave grade 1, 2 or 3.")

    @classmethod
    def of(cls, figures: Figures) -> "FiguresView":
        return cls(
            **{name: figures.counts[name] for name in COUNTED}, median_working_days=figures.median_working_days,
            grades=[figures.grades[grade] for grade in GRADES], satisfaction=figures.satisfaction,
        )  # fmt: skip


class KeyView(BaseModel):
    """One value of a dimension."""

    by: By
    key: str | None
    name_zh: str
    name_en: str


class StatisticsLine(BaseModel):
    """Figures of one value of each dimension."""

    keys: list[KeyView]
    figures: FiguresView


class StatisticsView(BaseModel):
    """Statistics of the caller's places."""

    as_of: date
    region: str | None
    agency: str | None
    first_month: str | None
    last_month: str | None
    lines: list[StatisticsLine]


class ElementView(BaseModel):
    """How often an element of a guide was said to be wrong."""

    element: str
    times: int


class AskedView(BaseModel):
    """An item that people ask about."""

    basic_code: str
    item_name: str
    asked: int
    consultations: int
    corrections: int
    elements: list[ElementView]


class PublicFigures(BaseModel):
    """Figures without small counts: null is one or two, or what would give those away."""

    received: int | None
    answered: int | None
    in_time: int | None
    overdue: int | None
    open: int | None
    median_working_days: float | None
    grades: list[int | None] = Field(description="How many of each grade, the best (1, 非常满意) first.")
    satisfaction: float | None


class PublicLine(BaseModel):
    """Public figures of one month, kind or body."""

    key: str | None
    name_zh: str
    name_en: str
    figures: PublicFigures


class PublicAsked(BaseModel):
    """An item that people ask about, and how often."""

    basic_code: str
    item_name: str
    asked: int


class AppealFiguresView(BaseModel):
    """How appeals were handled (诉求办理情况), for everybody."""

    as_of: date
    region_code: str
    region_name: str
    year: int | None = Field(description="Null: the last twelve months.")
    first_month: str
    last_month: str
    total: PublicFigures
    months: list[PublicLine]
    kinds: list[PublicLine]
    agencies: list[PublicLine]
    asked_most: list[PublicAsked]
