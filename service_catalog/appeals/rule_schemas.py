"""Calendars and rules of appeals on the wire."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from service_catalog.appeals.calendars import Issued
from service_catalog.appeals.tables import AppealRegister
from service_catalog.registers.tables import CalendarYear


class DayView(BaseModel):
    """One day that differs from Monday to Friday."""

    date: date
    is_working: bool
    name: str


class CalendarView(BaseModel):
    """The working days of a year: Monday to Friday, but for the differences."""

    year: int
    document: str = Field(description="The notice that it comes from.")
    differences: list[DayView]
    local_document: str | None = Field(description="The notice that the local days come from.")
    local_differences: list[DayView] = Field(description="Days that the place itself sets; they hold over the others.")

    @classmethod
    def of(cls, row: CalendarYear) -> "CalendarView":
        return cls(
            year=row.year, document=row.document, differences=_days(row.differences),
            local_document=row.local_document, local_differences=_days(row.local_differences or ()),
        )  # fmt: skip


def _days(rows: Iterable[Any]) -> list[DayView]:
    return [DayView(date=day, is_working=bool(working), name=name) for day, working, name in rows]


class LoadedCalendarView(CalendarView):
    """A calendar that was loaded, and what that did to open appeals."""

    open_appeals: int = Field(description="Open appeals whose count can touch the year.")
    recomputed: int | None = Field(
        description="Those whose due day is another one now, each with a record; null where there are too many to do it here."
    )
    command: str | None = Field(description="What must be run then.")

    @classmethod
    def after(cls, issued: Issued) -> "LoadedCalendarView":
        """Return what the administrator reads after loading."""
        shown = CalendarView.of(issued.calendar).model_dump()
        command = (
            None if issued.moved is not None else f"service-catalog appeals recompute --year {shown['year']} --by …"
        )
        return cls(**shown, open_appeals=issued.touched, recomputed=issued.moved, command=command)


class RulesView(BaseModel):
    """One register of the rules of appeals; what it holds depends on its name."""

    name: str
    document: dict[str, Any]
    loaded_at: datetime

    @classmethod
    def of(cls, row: AppealRegister) -> "RulesView":
        return cls(name=row.name, document=row.document, loaded_at=row.loaded_at)
