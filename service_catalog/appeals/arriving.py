"""What is done before an appeal's transaction begins, while others may write: replays, rates, files that are stored."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, NamedTuple, TypeVar

from fastapi import Body, Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from sqlalchemy import Engine
from sqlmodel import Session

from service_catalog.access.web import Caller
from service_catalog.actors import Actor
from service_catalog.appeals.attaching import Stored, digest_of, may_come, on_hand
from service_catalog.appeals.drafts import AppealDraft, AttachmentDraft
from service_catalog.appeals.repeating import done_before, key_of
from service_catalog.appeals.web import Doors, FileName, IdempotencyKey, Outside, OwnAppeal, count
from service_catalog.kernel.database import reading

Seen = TypeVar("Seen")


class Arrived(NamedTuple):
    """What was handed in, counted and with its files in the store."""

    draft: AppealDraft
    key: str | None
    """Under what the request is remembered, where it may be repeated."""
    files: Sequence[Stored]


@asynccontextmanager
async def arriving(
    request: Request, doors: Doors, draft: AppealDraft, *, key: str | None, by: Actor | None
) -> AsyncIterator[Arrived]:
    """Store what comes for the first time; raises IdempotencyKeyReused, RateExceeded, InvalidRequest, StorageAway."""
    if key is not None and await in_turn(request, lambda session: done_before(session, key, draft) is not None):
        yield Arrived(draft, key, [])
        return
    await run_in_threadpool(count, request, doors, by, "appeals")
    async with stored(doors, draft.attachments) as files:
        yield Arrived(draft, key, files)


async def _arrived(
    request: Request, draft: AppealDraft, doors: Outside, by: Caller, idempotency_key: IdempotencyKey = None
) -> AsyncIterator[Arrived]:
    key = None if idempotency_key is None else key_of(by, idempotency_key)
    async with arriving(request, doors, draft, key=key, by=by) as arrived:
        yield arrived


async def _added(
    request: Request,
    own: OwnAppeal,
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
    name: FileName,
) -> AsyncIterator[Sequence[Stored]]:
    """Store a file that may come to one's own appeal; yields none where it is there already."""
    if not await in_turn(request, lambda session: may_come(own.look(session), digest_of(content))):
        yield []
        return
    await run_in_threadpool(count, request, own.doors, own.by, "attachments")
    async with stored(own.doors, [AttachmentDraft.model_construct(name=name, content=content)], root="") as files:
        yield files


async def in_turn(request: Request, look: Callable[[Session], Seen]) -> Seen:
    """Look into the database, and be out of it again before the store is waited for."""
    async with request.app.state.turns.readers:
        return await run_in_threadpool(_looked, request.app.state.engine, look)


def _looked(engine: Engine, look: Callable[[Session], Seen]) -> Seen:
    with reading(engine) as session:
        return look(session)


@asynccontextmanager
async def stored(
    doors: Doors, files: Sequence[AttachmentDraft], root: str = "/attachments"
) -> AsyncIterator[Sequence[Stored]]:
    """Have files in the store for a transaction inside the block."""
    async with AsyncExitStack() as stack:
        kept: Sequence[Stored] = []
        if files:
            async with doors.uploads:
                storing = contextmanager_in_threadpool(on_hand(doors.storage, doors.vault, files, root))
                kept = await stack.enter_async_context(storing)
        yield kept


# function scope, and before the session among a handler's parameters: it begins before, and ends after, the transaction
HandedIn = Annotated[Arrived, Depends(_arrived, scope="function")]
Added = Annotated[Sequence[Stored], Depends(_added, scope="function")]
