"""/v1/supervision for staff: signals, their settlement, statistics; and the figures for everybody."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from sqlmodel import Session

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AgencyFilter
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.sheets import MEDIA_TYPE
from service_catalog.kernel.web import Db, Now, Today, Walking, WriteDb
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.regions.schemas import RegionFilter
from service_catalog.supervision.asking import asked_most
from service_catalog.supervision.naming import name_of, names, names_of
from service_catalog.supervision.public import public_figures
from service_catalog.supervision.schemas import (
    AppealFiguresView,
    AskedView,
    Compared,
    ElementView,
    FiguresView,
    FinishedYear,
    FirstMonth,
    KeyView,
    LastMonth,
    Settlement,
    SignalPath,
    SignalView,
    StatisticsLine,
    StatisticsView,
)
from service_catalog.supervision.settling import NoSuchSignal, SignalSettled, settle
from service_catalog.supervision.sheet import csv_of_lines
from service_catalog.supervision.statistics import By, Line, TooManyLines, Wanted, count_appeals
from service_catalog.supervision.tables import SignalRule, SignalState
from service_catalog.supervision.worklist import Sought, list_signals, signal_of, signal_view

router = APIRouter(prefix="/v1", tags=["supervision"])
READING = answers(SignInFirst, NotAllowed, NoSuchRegion, NoSuchAgency)


def _wanted(
    region: RegionFilter = None, agency: AgencyFilter = None, first: FirstMonth = None, last: LastMonth = None
) -> Wanted:
    if first and last and first > last:
        said = Said("起始月份晚于截止月份", "the first month comes after the last")
        raise InvalidRequest([Fault("/query/from", said)])
    return Wanted(region, agency, first, last)


Counted = Annotated[Wanted, Depends(_wanted)]


@router.get("/supervision/signals", responses=READING)
def read_signals(
    db: Db,
    by: Staff,
    walk: Walking,
    rule: SignalRule | None = None,
    state: SignalState = SignalState.OPEN,
    region: RegionFilter = None,
    agency: AgencyFilter = None,
) -> Page[SignalView]:
    """List signals of the caller's places as they were raised; `region` with all below it."""
    rows = list_signals(db, walk, Sought(rule, state, region, agency), by=by)
    page = walk.page_of(rows, lambda row: str(row[0].id), each(signal_view))
    return Page[SignalView].model_validate(page)


@router.post(
    "/supervision/signals/{number}/settlement", responses=answers(SignInFirst, NotAllowed, NoSuchSignal, SignalSettled)
)
def settle_signal(number: SignalPath, body: Settlement, by: Staff, db: WriteDb, now: Now) -> SignalView:
    """Say what came of a signal: explained, rectified, or waived; once."""
    signal = settle(db, number, state=SignalState(body.state), reason=body.reason, by=by, at=now)
    return signal_of(db, signal)


@router.get("/supervision/statistics", responses=READING | answers(TooManyLines))
def read_statistics(db: Db, by: Staff, today: Today, wanted: Counted, compared: Compared = []) -> StatisticsView:  # noqa: B006
    """Figures of the caller's places; without `by` one line of all. A region counts all that lies in it."""
    dimensions = list(dict.fromkeys(compared))
    lines = _lines(db, count_appeals(db, wanted, dimensions, today, by=by), dimensions, today)
    return StatisticsView(
        as_of=today, region=wanted.region, agency=wanted.agency, first_month=wanted.first_month,
        last_month=wanted.last_month, lines=lines,
    )  # fmt: skip


@router.get(
    "/supervision/statistics.csv",
    response_class=Response,
    responses=READING
    | answers(TooManyLines)
    | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "CSV, UTF-8."}},
)
def download_statistics(db: Db, by: Staff, today: Today, wanted: Counted, compared: Compared = []) -> Response:  # noqa: B006
    """Download the same figures for a spreadsheet: UTF-8 with its mark, no cell that computes."""
    dimensions = list(dict.fromkeys(compared))
    lines = _lines(db, count_appeals(db, wanted, dimensions, today, by=by), dimensions, today)
    headers = {"Content-Disposition": 'attachment; filename="appeal-statistics.csv"', "Cache-Control": "no-store"}
    return Response(csv_of_lines(dimensions, lines), media_type=MEDIA_TYPE, headers=headers)


def _lines(session: Session, lines: list[Line], dimensions: list[By], today: Any) -> list[StatisticsLine]:
    known = names_of(session, lines, dimensions, today)
    return [
        StatisticsLine(
            keys=[
                KeyView(by=by, key=key, name_zh=(said := name_of(key, by, known[place])).zh, name_en=said.en)
                for place, (by, key) in enumerate(zip(dimensions, keys, strict=True))
            ],
            figures=FiguresView.of(figures),
        )
        for keys, figures in lines
    ]


@router.get("/supervision/asked-most", responses=READING)
def read_asked_most(
    db: Db, by: Staff, today: Today, wanted: Counted, most: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[AskedView]:
    """The items with the most consultations and corrections: their guides may want mending."""
    found = asked_most(db, wanted, most=most, by=by)
    known = names(db, By.ITEM, [one.basic_code for one in found], today)
    return [
        AskedView(
            basic_code=one.basic_code, item_name=name_of(one.basic_code, By.ITEM, known).zh, asked=one.asked,
            consultations=one.consultations, corrections=one.corrections,
            elements=[ElementView(element=element, times=times) for element, times in one.elements],
        )
        for one in found
    ]  # fmt: skip


@router.get("/public/appeal-figures", responses=answers(NoSuchRegion))
def read_public_figures(
    db: Db, today: Today, region: RegionFilter = None, year: FinishedYear = None
) -> AppealFiguresView:
    """How appeals were handled in the league or a banner, by month, kind and body; `year` is one that is over.

    Counts of one and two are null, and so is what would give them away.
    """
    return public_figures(db, region=region, year=year, today=today)
