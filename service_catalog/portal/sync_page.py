"""GET /sync: how many copies of the catalogue are behind, for anybody; GET /sync/readers: which ones, for who may watch them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from service_catalog.access.web import Staff
from service_catalog.changes.log import last_number
from service_catalog.kernel.web import Db, Now
from service_catalog.portal.pages import PageRoute, StaffPageRoute, page
from service_catalog.portal.wording import length_in_words, moment_in_words
from service_catalog.sync.reader_schemas import ReaderView
from service_catalog.sync.reader_views import views_of
from service_catalog.sync.readers import Found, SilentAfter, Wanted, all_readers, readers_in_places
from service_catalog.sync.tables import ReaderKind

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=PageRoute)
staff = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=StaffPageRoute)

MOST = 300
"""Rows of the page; those that are in order come last."""
KIND_NAMES = {ReaderKind.REPLICA: "副本", ReaderKind.OFFICE: "旗县系统", ReaderKind.KIOSK: "自助终端"}


class Line(NamedTuple):
    """One reader as people read it."""

    view: ReaderView
    name: str
    """Without the prefix of its key."""
    kind: str
    unheard: str
    lag: str
    """How long it has not had the first change that it lacks; empty if it has everything."""
    length: float
    """Of its bar, in hundredths of the longest."""


class Totals(NamedTuple):
    """What the page says on top."""

    readers: int
    silent: int
    up_to_date: int
    waiting_appeals: int


@router.get("/sync")
def sync_page(request: Request, db: Db, now: Now, kind: ReaderKind | None = None) -> HTMLResponse:
    """How many are behind."""
    found = all_readers(db, Wanted(kind=kind), at=now, silent_after=_silent_after(request))
    return _shown(request, db, found, now, kind, with_names=False)


@staff.get("/sync/readers")
def readers_page(request: Request, by: Staff, db: Db, now: Now, kind: ReaderKind | None = None) -> HTMLResponse:
    """Who is how far behind, of the readers in the caller's places."""
    found = readers_in_places(db, Wanted(kind=kind), by=by, at=now, silent_after=_silent_after(request))
    answer = _shown(request, db, found, now, kind, with_names=True)
    answer.headers["Cache-Control"] = "no-store"
    return answer


router.include_router(staff)


def _silent_after(request: Request) -> SilentAfter:
    silent_after: SilentAfter = request.app.state.settings.reader_silent_after_minutes
    return silent_after


def _shown(
    request: Request, db: Session, found: Sequence[Found], now: datetime, kind: ReaderKind | None, *, with_names: bool
) -> HTMLResponse:
    silent_after, here = _silent_after(request), request.url.path
    views = views_of(db, found, now, silent_after)
    context = {
        "head": last_number(db),
        "made": moment_in_words(now),
        "totals": totals(views),
        "lines": lines_of(views, now)[:MOST] if with_names else None,
        "left_out": max(0, len(views) - MOST),
        "kinds": [("全部", here, kind is None)]
        + [(name, f"{here}?kind={one.value}", one is kind) for one, name in KIND_NAMES.items()],
        "limits": [
            (KIND_NAMES[one], length_in_words(timedelta(minutes=silent_after[one.value]))) for one in ReaderKind
        ],
    }
    return page(request, "sync.html", context)


def totals(views: Sequence[ReaderView]) -> Totals:
    """Add up the readers; who is silent is not said to be up to date, whatever it had."""
    return Totals(
        readers=len(views),
        silent=sum(view.silent for view in views),
        up_to_date=sum(view.behind == 0 and not view.silent for view in views),
        waiting_appeals=sum(view.waiting_appeals for view in views),
    )


def lines_of(views: Sequence[ReaderView], now: datetime) -> list[Line]:
    """Return the readers: silent ones first, longest unheard of on top; then who is furthest behind."""
    longest = max((_behind_for(view, now) for view in views), default=timedelta())
    return [_line(view, now, longest) for view in sorted(views, key=lambda view: _place(view, now))]


def _place(view: ReaderView, now: datetime) -> tuple[bool, float, int, str]:
    if view.silent:
        return False, view.seen_at.timestamp(), 0, view.name
    return True, -_behind_for(view, now).total_seconds(), -view.behind, view.name


def _behind_for(view: ReaderView, now: datetime) -> timedelta:
    return timedelta() if view.behind_since is None else max(timedelta(), now - view.behind_since)


def _line(view: ReaderView, now: datetime, longest: timedelta) -> Line:
    behind = _behind_for(view, now)
    return Line(
        view=view,
        name=view.name.partition(" (")[0],
        kind=KIND_NAMES[view.kind],
        unheard=length_in_words(now - view.seen_at),
        lag=length_in_words(behind) if view.behind else "",
        length=round(100 * behind / longest, 1) if longest else 0.0,
    )
