"""GET /v1/feed, /v1/snapshot, /v1/digest: the way down."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Query, Request
from fastapi.responses import FileResponse, Response
from sqlmodel import Session

from service_catalog.access.limiting import RateExceeded
from service_catalog.access.web import Caller
from service_catalog.kernel.asgi import accepts
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Now
from service_catalog.regions.mapping import NoSuchRegion, find_region
from service_catalog.sync.digests import buckets_of
from service_catalog.sync.documents import Kind, bucket_of, digest_of_lines
from service_catalog.sync.feed import BEYOND_ALL, FeedCursorExpired, FeedPage, page_after
from service_catalog.sync.feed_schemas import BucketDigest, DigestView, FeedView, KindDigest, ThingDigest
from service_catalog.sync.making import LineTooLong, Ordering
from service_catalog.sync.reader_walks import note_walk
from service_catalog.sync.scope import Scope
from service_catalog.sync.snapshots import Coding, NoSuchSnapshot, Snapshot
from service_catalog.sync.web import Awaited, Followed, Settled
from service_catalog.sync.writing import as_json

router = APIRouter(prefix="/v1", tags=["sync"])
FULL_PAGE, LAST_PAGE = "public, max-age=3600", "public, max-age=8"
"""RPDE 1.0: a full page may be kept for an hour, since nothing on it is lost later; the last one for some seconds."""
_PACKED: dict[int | str, dict[str, Any]] = {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}}


@router.get("/feed", response_model=FeedView, responses=answers(NoSuchRegion, FeedCursorExpired))
def read_feed(
    request: Request,
    after: Awaited,
    scope: Followed,
    db: Db,
    by: Caller,
    now: Now,
    later: BackgroundTasks,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
    began: Annotated[
        int | None,
        Query(
            ge=0,
            le=BEYOND_ALL,
            description="Written into `next` by the feed itself, while a reader that began at 0 catches up.",
        ),
    ] = None,
) -> Response:
    """Read what changed after a change number, in order (OpenActive RPDE 1.0)."""
    demand_region(db, scope)
    keep_days = request.app.state.settings.feed_tombstone_days
    page = page_after(db, scope, after, began=began, limit=limit, keep_days=keep_days, at=now)
    later.add_task(note_walk, request.app, by, page.reached, now)
    body = {
        "next": _next(request, page), "items": [item.written() for item in page.items],
        "license": request.app.state.settings.feed_license,
    }  # fmt: skip
    caching = FULL_PAGE if len(page.items) == limit else LAST_PAGE
    headers = {"Change-Number": str(page.head), "Cache-Control": caching}
    return Response(as_json(body), media_type="application/json", headers=headers, background=later)


def _next(request: Request, page: FeedPage) -> str:
    if not page.items:
        return str(request.url)
    following = request.url.include_query_params(afterChangeNumber=page.after_next)
    if page.began_next is None:
        return str(following.remove_query_params("began"))
    return str(following.include_query_params(began=page.began_next))


@router.get(
    "/snapshot",
    response_class=FileResponse,
    responses=_PACKED | answers(NoSuchRegion, RateExceeded, LineTooLong),
)
def read_snapshot(
    request: Request, settled: Settled, scope: Followed, order: Ordering, db: Db, now: Now
) -> FileResponse:
    """Read everything that is told, as lines of JSON at one change number; `Content-Location` is where to resume it."""
    demand_region(db, scope)
    coding = _coding(request.headers.get("accept-encoding", ""))
    snapshots = request.app.state.snapshots
    made = snapshots.young_one(db, scope, coding, at=now) or snapshots.make(db, scope, coding, at=now, order=order)
    return _sent(made, "no-cache")


@router.get("/snapshots/{name}", response_class=FileResponse, responses=_PACKED | answers(NoSuchSnapshot))
def read_snapshot_again(request: Request, name: str) -> FileResponse:
    """Go on reading a snapshot that was begun (Range, If-Range); it never changes."""
    return _sent(request.app.state.snapshots.find(name), "public, max-age=31536000, immutable")


def _coding(accepted: str) -> Coding:
    return "zstd" if accepts(accepted, "zstd") else "gzip" if accepts(accepted, "gzip") else "identity"


def _sent(made: Snapshot, caching: str) -> FileResponse:
    digest = base64.b64encode(bytes.fromhex(made.digest)).decode()
    headers = {
        "ETag": f'"{made.digest}"', "Change-Number": str(made.change_number), "Cache-Control": caching,
        "Content-Location": f"/v1/snapshots/{made.path.name}", "Repr-Digest": f"sha-256=:{digest}:",
        "Vary": "Accept-Encoding",
    }  # fmt: skip
    if made.coding != "identity":
        headers["Content-Encoding"] = made.coding
    return FileResponse(made.path, media_type="application/x-ndjson", headers=headers)


@router.get("/digest", responses=answers(NoSuchRegion, RateExceeded, LineTooLong))
def read_digest(
    request: Request,
    settled: Settled,
    scope: Followed,
    order: Ordering,
    db: Db,
    now: Now,
    kind: Annotated[Kind | None, Query(description="The buckets of this kind.")] = None,
    bucket: Annotated[
        str | None, Query(pattern="^[0-9a-f]{2}$", description="With `kind`: the things in this bucket.")
    ] = None,
) -> DigestView:
    """Read digests of what is told, to compare a copy: of all kinds, of a kind's buckets, of the things in a bucket."""
    demand_region(db, scope)
    told = request.app.state.digests.told(db, scope, at=now, order=order)
    kinds = buckets = items = digest = None
    if kind is None:
        found = told.kinds()
        digest = digest_of_lines((name, said) for name, _, said in found)
        kinds = [KindDigest(kind=name, count=count, digest=said) for name, count, said in found]
    elif bucket is None:
        lines = told.lines.get(kind, ())
        buckets = [BucketDigest(bucket=name, count=count, digest=said) for name, count, said in buckets_of(lines)]
    else:
        items = [
            ThingDigest(id=line.code, modified=line.modified, digest=line.digest)
            for line in told.lines.get(kind, ())
            if bucket_of(line.code) == bucket
        ]
    return DigestView(change_number=told.number, digest=digest, kinds=kinds, buckets=buckets, items=items)


def demand_region(session: Session, scope: Scope) -> None:
    """Raise NoSuchRegion where the region of a scope is not known."""
    if scope.region is not None:
        find_region(session, scope.region)
