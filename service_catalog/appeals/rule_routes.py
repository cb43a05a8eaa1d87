"""Calendars and rules of appeals: for anyone to read, for an administrator of the league to load, without a release."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.appeals import calendars, rulebook
from service_catalog.appeals.calendars import NoSuchCalendar
from service_catalog.appeals.rule_schemas import CalendarView, LoadedCalendarView, RulesView
from service_catalog.appeals.rulebook import NoSuchRules, RulebookIncomplete
from service_catalog.appeals.web import Sealing
from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.texts import PRINTABLE
from service_catalog.kernel.web import Db, Now, Walking, WriteDb
from service_catalog.registers.calendars import FIRST_YEAR, LAST_YEAR, CalendarUnreadable, NationalCalendarFirst

router = APIRouter(tags=["calendars and rules of appeals"])

AT_MOST_HERE = 5_000
"""Open appeals recomputed while somebody waits for the answer: some tens of seconds on two cores."""
_CSV: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "date,is_working,name: the days that differ from Monday to Friday; UTF-8, at most 100 KB.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


async def _body(request: Request) -> bytes:
    return await request.body()


Year = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]
Name = Annotated[str, Path(max_length=20, pattern=r"^[a-z-]+$")]
Notice = Annotated[str, Query(min_length=1, max_length=300, pattern=PRINTABLE, description="The notice it comes from.")]


@router.get("/v1/calendars")
def read_calendars(db: Db, walk: Walking) -> Page[CalendarView]:
    """The years whose calendar is here, each with its notice and the days that differ from Monday to Friday."""
    rows = calendars.list_calendars(db, walk)
    return Page[CalendarView].model_validate(walk.page_of(rows, lambda row: str(row.year), each(CalendarView.of)))


@router.get("/v1/calendars/{year}", responses=answers(NoSuchCalendar))
def read_calendar(db: Db, year: Year) -> CalendarView:
    """One year."""
    return CalendarView.of(calendars.find_calendar(db, year))


@router.put(
    "/v1/calendars/{year}", openapi_extra=_CSV, responses=answers(SignInFirst, NotAllowed, CalendarUnreadable, NationalCalendarFirst)
)  # fmt: skip
def load_calendar(
    year: Year,
    document: Notice,
    content: Annotated[bytes, Depends(_body)],
    request: Request,
    vault: Sealing,
    by: Staff,
    local: Annotated[bool, Query(description="The days that the place itself sets, not the State Council's.")] = False,
) -> LoadedCalendarView:
    """Load a year, or correct it, and recompute the open appeals that it touches: up to 5,000 of them at once.

    With `local` only the local days off and extra workdays of a year that is here; they stay when the year is corrected.

    Where there are more, `recomputed` is null and `command` says what is to be run; whoever opens an appeal before that
    brings it up to date.
    """
    state = request.app.state
    issued = calendars.issue_calendar(
        state.engine,
        vault,
        year,
        content,
        document=document,
        local=local,
        most=AT_MOST_HERE,
        by=by,
        clock=state.clock,
    )
    return LoadedCalendarView.after(issued)


@router.get("/v1/appeal-rules/{name}", responses=answers(NoSuchRules))
def read_rules(db: Db, name: Name) -> RulesView:
    """Limits, policy, channels, elsewhere, routes or answers, as they hold now."""
    return RulesView.of(rulebook.find_register(db, name))


@router.put("/v1/appeal-rules/{name}", responses=answers(SignInFirst, NotAllowed, NoSuchRules, RulebookIncomplete))
def load_rules(
    name: Name, document: Annotated[dict[str, Any], Body()], db: WriteDb, by: Staff, now: Now
) -> RulesView:  # fmt: skip
    """Replace one register as a whole. Limits hold for what comes from then on."""
    return RulesView.of(rulebook.load_register(db, name, document, by=by, at=now))
