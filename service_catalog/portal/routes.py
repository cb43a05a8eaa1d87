"""GET / and /guides/{code}: pages for people."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.guides.finding import guide_by_code
from service_catalog.guides.reading import read_day
from service_catalog.guides.routes import CodePath
from service_catalog.kernel.web import AsOf, Db, Now, Today
from service_catalog.portal.examples import examples, question_about
from service_catalog.portal.figures import figures_on
from service_catalog.portal.instead import MOST, instead_of
from service_catalog.portal.pages import PageRoute, page
from service_catalog.portal.picture import ROW, THICK, WIDTH, bars
from service_catalog.regions.tables import Region
from service_catalog.registers.registers import Registers, registers_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=PageRoute)


@router.get("/")
def home(request: Request, db: Db, today: Today) -> HTMLResponse:
    """What runs here: figures, three guides to look at, the documentation."""
    figures, shown = figures_on(db, today), examples(db, today)
    context = {
        "today": today,
        "figures": figures,
        "bars": bars(figures.levels),
        "size": (WIDTH, ROW, THICK),
        "examples": shown,
        "question": question_about(db, shown),
    }
    return page(request, "home.html", context)


@router.get("/guides/{code}")
def guide_page(request: Request, code: CodePath, db: Db, now: Now, as_of: AsOf = None) -> HTMLResponse:
    """One guide to read or to print."""
    guide, day = guide_by_code(db, code, now=now, as_of=as_of), read_day(now, as_of)
    instead = instead_of(db, guide, day)
    context = {
        "guide": guide,
        "day": day,
        "on_day": f"?as_of={as_of}" if as_of else "",
        "instead": instead[:MOST],
        "more_instead": len(instead) > MOST,
        "served": _names_of(db, guide.service_area),
        "gave_way": [_element_in_words(registers_of(db), element) for element in guide.gave_way],
    }
    return page(request, "guide.html", context)


def _names_of(session: Session, codes: list[str]) -> list[str]:
    query = select(col(Region.name)).where(col(Region.code).in_(codes)).order_by(col(Region.code))
    return list(session.scalars(query))


def _element_in_words(registers: Registers, element: str) -> str:
    row = registers.matrix.get(element) or registers.matrix.get(element.partition(".")[0])
    return row.zh if row else element
