"""What the handlers of the way down ask for: the scope a reader follows, the page held back until something changes."""

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from service_catalog.changes.watching import HeadUnavailable, head_of
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.web import Now
from service_catalog.regions.schemas import RegionFilter
from service_catalog.settings import Settings
from service_catalog.sync.digests import Digests
from service_catalog.sync.documents import KINDS
from service_catalog.sync.feed import BEYOND_ALL
from service_catalog.sync.making import Workshop
from service_catalog.sync.scope import Ended, Scope, read_kinds
from service_catalog.sync.snapshots import Snapshots
from service_catalog.sync.tides import Tides

LONGEST_WAIT = 55
"""Seconds; proxies give up after a minute."""
MOST_HELD_BACK = 200
"""Pages that one process holds back at once; whoever comes then is answered at once."""
_LOOK_EVERY = 0.2


def install(app: FastAPI, engine: Engine, settings: Settings) -> None:
    """Let `app` tell what it has."""
    app.state.digests, app.state.watched, app.state.held_back = Digests(), head_of(engine), 0
    app.state.workshop = Workshop(settings, clock=app.state.clock)
    app.state.snapshots = Snapshots(
        settings.snapshots, license_address=settings.feed_license, good_for=timedelta(minutes=settings.snapshot_minutes)
    )
    app.state.tides = None if settings.replica_of else Tides(engine)


def _scope(
    region: RegionFilter = None,
    kinds: Annotated[
        str | None,
        Query(
            max_length=100, description=f"Kinds that are told, parted by commas; all by default: {', '.join(KINDS)}."
        ),
    ] = None,
    surroundings: Annotated[
        bool,
        Query(
            description="Also what guides of the region need: all regions and agencies, and the local parts of the regions "
            "it lies in."
        ),
    ] = False,
    ended: Annotated[
        Ended,
        Query(description="How what was cancelled is told: as a tombstone, or as its document with its last day."),
    ] = "tombstones",
) -> Scope:
    try:
        return Scope(region, read_kinds(kinds), surroundings, ended)
    except ValueError as error:
        said = Said(
            f"没有这种内容：{error}；可选 {', '.join(KINDS)}", f"no such kind: {error}; known: {', '.join(KINDS)}"
        )
        raise InvalidRequest([Fault("/query/kinds", said)]) from error


async def _settle(request: Request, now: Now) -> None:
    """Note in the log what ends today."""
    if request.app.state.tides is not None:
        await run_in_threadpool(request.app.state.tides.settle, now)


async def _wait(
    request: Request,
    settled: Annotated[None, Depends(_settle)],
    after: Annotated[
        int,
        Query(
            alias="afterChangeNumber",
            ge=0,
            le=BEYOND_ALL,
            description="Number of the last change the reader has; 0 to begin from the beginning.",
        ),
    ] = 0,
    wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT, description="Seconds for which an empty page is held back.")] = 0,
) -> int:
    """Hold the answer back until the log moves on from where the reader is; return where that is.

    Nobody waits with a connection in hand, and nobody longer than the site allows.
    """
    state = request.app.state
    if wait and state.held_back < MOST_HELD_BACK:
        state.held_back += 1
        try:
            await _until_it_moves(request, after, min(wait, state.settings.feed_longest_wait_seconds))
        finally:
            state.held_back -= 1
    return after


async def _until_it_moves(request: Request, after: int, seconds: int) -> None:
    ends = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < ends and not await request.is_disconnected():
        try:
            if await request.app.state.watched.number() != after:
                break
        except HeadUnavailable:
            break
        await asyncio.sleep(_LOOK_EVERY)


Followed = Annotated[Scope, Depends(_scope)]
Settled = Annotated[None, Depends(_settle)]
Awaited = Annotated[int, Depends(_wait)]
