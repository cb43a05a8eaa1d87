"""GET /supervision: how appeals were handled, in charts for people; the public figures and nothing else."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.kernel.web import Db, Today
from service_catalog.portal import charts
from service_catalog.portal.pages import PageRoute, page
from service_catalog.regions.schemas import RegionFilter
from service_catalog.regions.tables import Region
from service_catalog.supervision.public import LEVELS, public_figures, years_of
from service_catalog.supervision.schemas import AppealFiguresView, FinishedYear, PublicFigures, PublicLine

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=PageRoute)


class Order(StrEnum):
    """By what bodies are sorted: most first, quickest first, most satisfied first."""

    RECEIVED = "received"
    OVERDUE = "overdue"
    MEDIAN = "median"
    SATISFACTION = "satisfaction"


ORDER_NAMES = {
    Order.RECEIVED: "收到最多", Order.OVERDUE: "超期最多", Order.MEDIAN: "办得最快", Order.SATISFACTION: "最满意",
}  # fmt: skip


class Link(NamedTuple):
    """A way to another view of the page."""

    words: str
    address: str
    is_here: bool


@router.get("/supervision")
def supervision_page(
    request: Request,
    db: Db,
    today: Today,
    region: RegionFilter = None,
    year: FinishedYear = None,
    order: Order = Order.RECEIVED,
) -> HTMLResponse:
    """Figures of the league or a banner."""
    shown = public_figures(db, region=region, year=year, today=today)
    asked = {"region": region, "year": None if year is None else str(year), "order": order.value}
    context = {
        "shown": shown,
        "today": today,
        "period": f"{_month(shown.first_month)}至{_month(shown.last_month)}" if year is None else f"{year}年",
        "key_figures": key_figures(shown.total),
        "charts": _charts(shown),
        "asked_most": charts.asked("asked", "问得最多的事项", shown.asked_most) if shown.asked_most else None,
        "bodies": sorted_by(order, shown.agencies),
        "longest": max((line.figures.received or 0 for line in shown.agencies), default=0) or 1,
        "regions": [
            Link(place.name, _address(asked, region=place.code), place.code == shown.region_code)
            for place in _places(db)
        ],
        "years": [
            Link("最近十二个月", _address(asked, year=None), year is None),
            *(Link(f"{one}年", _address(asked, year=str(one)), one == year) for one in years_of(db, today)),
        ],
        "orders": [
            Link(words, _address(asked, order=one.value) + "#bodies", one is order)
            for one, words in ORDER_NAMES.items()
        ],
        "size": (charts.WIDTH, charts.THICK),
        "count": charts.count_in_words,
    }  # fmt: skip
    return page(request, "supervision.html", context)


def _charts(shown: AppealFiguresView) -> dict[str, charts.Chart]:
    return {
        "months": charts.handled("months", "各月的收到、按时答复和超期", shown.months),
        "kinds": charts.handled("kinds", "各类诉求的收到、按时答复和超期", shown.kinds),
        "grades": charts.grades("grades", "群众的评价", shown.total),
    }


def _address(asked: dict[str, str | None], **changed: str | None) -> str:
    return "/supervision?" + urlencode({name: value for name, value in (asked | changed).items() if value})


def _month(month: str) -> str:
    return f"{month[:4]}年{int(month[5:])}月"


def _places(session: Session) -> Sequence[Region]:
    """Return the league and its banners."""
    return session.scalars(select(Region).where(col(Region.level).in_(LEVELS)).order_by(col(Region.code))).all()


def key_figures(total: PublicFigures) -> list[tuple[str, str, str]]:
    """Return the figures on top: what, how much, in which unit."""
    in_time = round(100 * total.in_time / total.answered) if total.in_time is not None and total.answered else None
    figures = (
        ("收到", total.received, "件"), ("已答复", total.answered, "件"), ("在办", total.open, "件"),
        ("超期", total.overdue, "件"), ("按时答复", in_time, "%"), ("办理时间中位数", total.median_working_days, "个工作日"),
        ("满意", total.satisfaction, "%"),
    )  # fmt: skip
    return [(name, charts.count_in_words(count), "" if count is None else unit) for name, count, unit in figures]


def sorted_by(order: Order, lines: Sequence[PublicLine]) -> list[PublicLine]:
    """Return the bodies in an order; what is not published comes last."""

    def place(line: PublicLine) -> tuple[bool, float, str]:
        figures = line.figures
        value = {
            Order.RECEIVED: figures.received, Order.OVERDUE: figures.overdue, Order.MEDIAN: figures.median_working_days,
            Order.SATISFACTION: figures.satisfaction,
        }[order]  # fmt: skip
        ahead = 0 if value is None else value if order is Order.MEDIAN else -value
        return value is None, ahead, line.key or "~"

    return sorted(lines, key=place)
