"""/v1/readers: how far behind is everyone; GET /metrics says it to a machine that watches."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from service_catalog.access.places import demand_league
from service_catalog.access.rights import NotAllowed, Right
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.kernel.paging import Page
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Now, Walking, WriteDb
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.regions.schemas import RegionFilter
from service_catalog.sync import reader_metrics, readers
from service_catalog.sync.reader_schemas import ReaderPath, ReaderView, ReleasedView, ReportDraft, ReportedView
from service_catalog.sync.reader_views import views_of
from service_catalog.sync.readers import NoSuchReader, ReaderNameTaken, TooManyReaders, Wanted
from service_catalog.sync.tables import ReaderKind

router = APIRouter(tags=["sync"])


@router.post("/v1/readers/reports", responses=answers(SignInFirst, NoSuchRegion, ReaderNameTaken, TooManyReaders))
def report(told: ReportDraft, by: Staff, db: WriteDb, now: Now) -> ReportedView:
    """Say how far one has come; the answer says how far the catalogue is."""
    return ReportedView(**readers.report(db, told, by=by, at=now)._asdict())


def _wanted(kind: ReaderKind | None = None, region: RegionFilter = None, silent: bool | None = None) -> Wanted:
    return Wanted(kind, region, silent)


@router.get("/v1/readers", response_model=Page[ReaderView], responses=answers(SignInFirst, NotAllowed, NoSuchRegion))
def list_readers(
    request: Request, by: Staff, db: Db, walk: Walking, wanted: Annotated[Wanted, Depends(_wanted)], now: Now
) -> Any:
    """List who reads in the caller's places, in the order in which they came; `region` with all below it."""
    silent_after = request.app.state.settings.reader_silent_after_minutes
    rows = readers.list_readers(db, walk, wanted, by=by, at=now, silent_after=silent_after)
    return walk.page_of(rows, lambda row: str(row[0].id), lambda found: views_of(db, found, now, silent_after))


@router.delete("/v1/readers/{name:path}", responses=answers(SignInFirst, NotAllowed, NoSuchReader))
def release_reader(name: ReaderPath, by: Staff, db: WriteDb) -> ReleasedView:
    """Forget a reader, so that another credential may take its name; it comes again with its next report."""
    gone = readers.release(db, name, by=by)
    return ReleasedView(name=gone.name, kind=gone.kind, region_code=gone.region_code)


@router.get(
    "/metrics",
    response_class=Response,
    responses=answers(SignInFirst, NotAllowed)
    | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus' text format."}},
)
def metrics(request: Request, by: Staff, db: Db, now: Now) -> Response:
    """Tell a machine that watches how far everyone is behind."""
    demand_league(db, by, Right.WATCH_READERS)
    written = reader_metrics.metrics(db, now, request.app.state.settings.reader_silent_after_minutes)
    return Response(written, headers={"Content-Type": reader_metrics.MEDIA_TYPE, "Cache-Control": "no-store"})
