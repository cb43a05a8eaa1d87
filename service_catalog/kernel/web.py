"""What a handler may ask FastAPI for: a session, the time, a walk through a list, safe texts."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from sqlmodel import Session

from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import Day, civil_day
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.paging import MOST, Walk
from service_catalog.kernel.problems import pointer_to
from service_catalog.kernel.texts import PRINTABLE


async def _turn_to_read(request: Request) -> AsyncIterator[None]:
    async with request.app.state.turns.readers:
        yield


async def _turn_to_write(request: Request) -> AsyncIterator[None]:
    async with request.app.state.turns.writers:
        yield


def _reading_session(
    request: Request, turn: Annotated[None, Depends(_turn_to_read, scope="function")]
) -> Iterator[Session]:
    with reading(request.app.state.engine) as session:
        yield session


def _writing_session(
    request: Request, turn: Annotated[None, Depends(_turn_to_write, scope="function")]
) -> Iterator[Session]:
    with unit_of_work(request.app.state.engine) as session:
        yield session


def _now(request: Request) -> datetime:
    moment: datetime = request.app.state.clock()
    return moment


def _today(now: Annotated[datetime, Depends(_now)]) -> date:
    return civil_day(now)


def _walk(
    request: Request,
    after: Annotated[
        str | None,
        Query(max_length=100, pattern=r"^[0-9A-Za-z.:_-]+$", description="Key of the last row of the page before."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Walk:
    known = set(_query_names(request.scope["route"].dependant))
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:  # a filter that is spelled wrongly would otherwise list everything
        said = Said("没有这个查询参数", "there is no such query parameter")
        raise InvalidRequest([Fault(pointer_to(("query", name)), said) for name in unknown])
    return Walk(after, limit, request.url)


def _query_names(dependant: Any) -> Iterable[str]:
    """Yield the query parameters of a route, those of what it depends on included."""
    yield from (parameter.alias for parameter in dependant.query_params)
    for below in dependant.dependencies:
        yield from _query_names(below)


def _written_as_a_day(day: Any) -> Any:
    """Refuse seconds since 1970 and moments, which pydantic would take for a day."""
    if isinstance(day, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        raise PydanticCustomError("date_parsing", "a day such as 2026-01-31")
    return day


# function scope: the session closes before the answer leaves, so that a failing end is still an error answer
Db = Annotated[Session, Depends(_reading_session, scope="function")]
WriteDb = Annotated[Session, Depends(_writing_session, scope="function")]
"""One writing transaction: committed before the answer leaves, rolled back by whatever is raised."""
Now = Annotated[datetime, Depends(_now)]
Today = Annotated[date, Depends(_today)]
AsOf = Annotated[
    Day | None,
    Query(description="What was in force, and published by then, on this day; today if left out."),
    BeforeValidator(_written_as_a_day),
]
Walking = Annotated[Walk, Depends(_walk)]
Words = Annotated[str | None, Query(min_length=1, max_length=100, pattern=PRINTABLE)]
"""Free text in a query: bounded and without control characters."""
