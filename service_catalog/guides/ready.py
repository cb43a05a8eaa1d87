"""ReadyGuides: guides by code, ready as bytes, in front of the ordinary routes.

This is the one hot read of the product and the one place that leaves the ordinary path. A guide that
was read once is kept as bytes. Before each answer the number of the last change is read (one row by
its key), so a changed standard shows in the very next request, whichever process wrote it; the
changes since then say which guides to forget. Guides also change with the civil day, because editions
begin and end by date. Everything else, and every error, takes the ordinary route.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from service_catalog.changes.log import changes_after, last_number
from service_catalog.changes.tables import Subject
from service_catalog.changes.watching import HeadUnavailable, head_of
from service_catalog.guides.finding import guide_by_code
from service_catalog.guides.representation import Representation
from service_catalog.kernel.asgi import accepts_gzip
from service_catalog.kernel.database import reading
from service_catalog.kernel.dates import civil_day, ends_at, starts_at
from service_catalog.kernel.errors import CatalogError

PREFIX = "/v1/guides/"
MOST_CHANGES = 1000
"""After more changes than this it is cheaper to forget everything."""

RawHeaders = list[tuple[bytes, bytes]]
Messages = tuple[dict[str, Any], dict[str, Any]]


class Ready(NamedTuple):
    """One guide ready to send: the ASGI messages of its possible answers."""

    implementation_code: str
    representation: Representation
    plain: Messages
    packed: Messages
    unchanged: dict[bytes, Messages]
    """By the ETag that the reader names: it has the guide plain, or packed."""

    @classmethod
    def of(cls, implementation_code: str, representation: Representation) -> "Ready":
        etag, packed_etag = representation.etag, representation.packed_etag
        shared, shared_packed = (_raw(representation.headers(each)) for each in (etag, packed_etag))
        json, gzip = (b"content-type", b"application/json"), (b"content-encoding", b"gzip")
        body, packed = representation.body, representation.packed
        return cls(
            implementation_code,
            representation,
            _messages(200, [*shared, json, _length(body)], body),
            _messages(200, [*shared_packed, json, gzip, _length(packed)], packed),
            {etag.encode(): _messages(304, shared, b""), packed_etag.encode(): _messages(304, shared_packed, b"")},
        )


class ReadyGuides:
    """ASGI: answers `GET /v1/guides/{code}` from ready bytes where it has them, passes on everything else."""

    def __init__(self, app: ASGIApp, *, engine: Engine, clock: Callable[[], datetime], most: int) -> None:
        self.app, self.engine, self.clock, self.most = app, engine, clock, most
        self.head = head_of(engine)
        self.ready: OrderedDict[str, Ready] = OrderedDict()
        self.number = -1
        self.day_starts = self.day_ends = datetime.min.replace(tzinfo=clock().tzinfo)
        self.following = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["method"] == "GET"
            and not scope["query_string"]
            and scope["path"].startswith(PREFIX)
            and self.most
            and not any(name == b"authorization" for name, _ in scope["headers"])  # a wrong credential is an error
        ):
            ready = await self._find(scope["path"][len(PREFIX) :])
            if ready is not None:
                start, body = _choose(ready, scope["headers"])
                await send(start)
                await send(body)
                return
        elif scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            await self.head.close()

    async def _find(self, code: str) -> Ready | None:
        now = self.clock()
        if not self.day_starts <= now < self.day_ends:
            today = civil_day(now)
            self.day_starts, self.day_ends = starts_at(today), ends_at(today)
            self.ready.clear()
        try:
            number = await self.head.number()
            if number != self.number:
                await self._follow(number)
        except HeadUnavailable:
            return None
        ready = self.ready.get(code)
        return ready if ready is not None else await self._prepare(code, now)

    async def _follow(self, number: int) -> None:
        async with self.following:
            if number > self.number >= 0:
                changes = await run_in_threadpool(self._changes_since, self.number)
                self._forget(changes)
            elif number != self.number:
                self.ready.clear()
            self.number = max(number, self.number) if number > self.number else number

    def _changes_since(self, number: int) -> list[tuple[Subject, str]]:
        with reading(self.engine) as session:
            return [(change.subject, change.code) for change in changes_after(session, number, MOST_CHANGES)]

    def _forget(self, changes: Iterable[tuple[Subject, str]]) -> None:
        rows = list(changes)
        codes = {code for subject, code in rows if subject is Subject.IMPLEMENTATION}
        items = {code for subject, code in rows if subject is Subject.BASIC_ITEM}
        touched = {Subject.IMPLEMENTATION, Subject.BASIC_ITEM}
        if len(rows) >= MOST_CHANGES or any(subject not in touched for subject, _ in rows):
            self.ready.clear()
            return
        for asked, ready in list(self.ready.items()):
            if ready.implementation_code in codes or ready.implementation_code[19:] in items:
                del self.ready[asked]

    async def _prepare(self, code: str, now: datetime) -> Ready | None:
        try:
            seen, ready = await run_in_threadpool(self._load, code, now)
        except CatalogError:
            return None  # the ordinary route says what is wrong
        is_settled = ready.representation.is_settled  # a moment later it will have another date
        if is_settled and seen >= self.number and self.day_starts <= now < self.day_ends:
            self.ready[code] = ready
            if len(self.ready) > self.most:
                self.ready.popitem(last=False)
        return ready

    def _load(self, code: str, now: datetime) -> tuple[int, Ready]:
        with reading(self.engine) as session:
            seen = last_number(session)
            view = guide_by_code(session, code, now=now, as_of=None)
            return seen, Ready.of(view.implementation_code, Representation.of(view, made_at=now))


def _choose(ready: Ready, headers: RawHeaders) -> Messages:
    none_match = modified_since = encoding = None
    for name, value in headers:
        if name == b"if-none-match":
            none_match = value
        elif name == b"accept-encoding":
            encoding = value
        elif name == b"if-modified-since":
            modified_since = value
    if none_match in ready.unchanged:
        return ready.unchanged[none_match]
    packed = encoding is not None and accepts_gzip(_text(encoding))
    if none_match is not None or modified_since is not None:
        asked = _text(none_match), _text(modified_since)
        had = ready.representation.etag_of_304(*asked, packed=packed)
        if had is not None:
            return ready.unchanged[had.encode()]
    return ready.packed if packed else ready.plain


def _raw(headers: dict[str, str]) -> RawHeaders:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _messages(status: int, headers: RawHeaders, body: bytes) -> Messages:
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
