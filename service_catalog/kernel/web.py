"""What a handler may ask FastAPI for: a session, the time, a walk through a list, safe texts."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlmodel import Session

from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.paging import MOST, Walk
from service_catalog.kernel.texts import PRINTABLE


def _reading_session(request: Request) -> Iterator[Session]:
    with reading(request.app.state.engine) as session:
        yield session


def _writing_session(request: Request) -> Iterator[Session]:
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
    return Walk(after, limit, request.url)


# function scope: the session closes before the answer leaves, so that a failing end is still an error answer
Db = Annotated[Session, Depends(_reading_session, scope="function")]
WriteDb = Annotated[Session, Depends(_writing_session, scope="function")]
"""One writing transaction: committed before the answer leaves, rolled back by whatever is raised."""
Now = Annotated[datetime, Depends(_now)]
Today = Annotated[date, Depends(_today)]
Walking = Annotated[Walk, Depends(_walk)]
Words = Annotated[str | None, Query(min_length=1, max_length=100, pattern=PRINTABLE)]
"""Free text in a query: bounded and without control characters."""
