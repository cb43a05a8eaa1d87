"""The client of a centre: feed, snapshots, digests and the way up, over httpx and without a database.

It needs no more than httpx and pydantic. HTTP/2 is not used: one reader reads one answer after another, so it would gain nothing.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Unpack
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from service_catalog import __version__
from service_catalog.sync.answers import Interrupted, NotAsPromised, Refused, SnapshotNeeded
from service_catalog.sync.asking import Line, is_json
from service_catalog.sync.comparing import Comparison, Mine, compare
from service_catalog.sync.downloading import Download, Progress
from service_catalog.sync.pages import Page, RowsThatFit, ScopeAsked, page_of, query_of
from service_catalog.sync.pushing import batches_of, refuse_other_receipts
from service_catalog.sync.retrying import Retries
from service_catalog.sync.snapshot_files import SnapshotHeader

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
"""Seconds to connect, and between two pieces of an answer; the whole of an answer is bounded by `Retries.seconds`."""
RETRIES = Retries()
ROWS_A_SECOND = 50
"""How slowly a centre may take rows before a push is taken for lost."""
Files = Sequence[tuple[str, tuple[str, bytes, str]]]
"""Attachments: name of the field, then name, content and media type of the file."""


class CatalogClient:
    """Speaks with one centre. Every call raises CentreAway when it gives up, and Refused where asking again would not help."""

    def __init__(
        self, address: str, *, key: str | None = None, timeout: httpx.Timeout | float = TIMEOUT, proxy: str | None = None,
        transport: httpx.BaseTransport | None = None, retries: Retries = RETRIES,
        sleep: Callable[[float], object] = time.sleep, random: Random | None = None, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`address` is http(s)://host[:port][/path]; without `proxy`, HTTPS_PROXY and its like are heeded. Raises ValueError."""
        self._http = httpx.Client(
            base_url=_checked(address), headers=_headers(key), timeout=timeout, proxy=proxy, transport=transport,
            follow_redirects=False,
        )  # fmt: skip
        self._line = Line(self._http, retries, sleep=sleep, random=random, clock=clock)
        self._fitting = RowsThatFit()

    def __enter__(self) -> "CatalogClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def pages(
        self, after: int, *, limit: int = 500, wait: int = 0, max_age: int | None = None, **scope: Unpack[ScopeAsked]
    ) -> Iterator[Page]:
        """Yield the pages of the feed up to the one that is last for now.

        `wait`: seconds that the centre may hold the first page back, if it is empty, until something changes. `max_age`: no
        cache on the way should answer with what is older (seconds); a page that is so all the same says `is_older_than_asked`.
        A page that breaks off is asked for again with half as many rows, which the client remembers for the next time.
        Raises SnapshotNeeded where the feed cannot go on from `after`, and NotAsPromised rather than lose or repeat a row.
        """
        query = query_of(scope)
        headers = {} if max_age is None else {"Cache-Control": f"max-age={max_age}" if max_age else "no-cache"}
        carried: Mapping[str, str] = {}
        while True:
            held = {"wait": str(wait)} if wait else {}
            asked = {**query, **carried, **held}
            page = self._page(after, asked, headers, limit=limit, wait=wait, scope=scope, max_age=max_age)
            yield page
            if page.is_last:
                return
            after, carried, wait = page.next_after, page.carried, 0

    def snapshot(
        self, target: Path, *, progress: Progress | None = None, **scope: Unpack[ScopeAsked]
    ) -> SnapshotHeader:
        """Fetch a snapshot into a file, going on with what an earlier call left in `target`.part; the feed goes on from its number.

        What has come is what was sent; whether its lines are all there, `read_snapshot` tells while they are read.
        """
        return Download(self._line, target, query_of(scope), progress).run()

    def digest(
        self, *, kind: str | None = None, bucket: str | None = None, **scope: Unpack[ScopeAsked]
    ) -> dict[str, Any]:
        """Return the centre's digests: of every kind, of the buckets of a `kind`, or of the things in a `bucket`."""
        return self.get("/v1/digest", **query_of(scope), kind=kind, bucket=bucket)

    def compare(self, mine: Mine, **scope: Unpack[ScopeAsked]) -> Comparison:
        """Find which things are not the same here as at the centre."""
        return compare(lambda **of: self.digest(**of, **scope), mine)

    def push(
        self, kind: str, rows: Sequence[dict[str, Any]], *, key: str, dry_run: bool = False, whole: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Hand in rows of `kind` (implementations, agencies); yields the centre's answer to each batch, with a receipt for each row.

        Nothing is sent before somebody takes the answers. `key` makes it the same push when it is called again with the same
        rows, after whatever happened: what was taken is answered as the first time, and only the rest is done.
        All or nothing (`whole`) holds for one batch, which may then be longer. Raises ValueError where it would be too long.
        """
        for batch in batches_of(kind, rows, key=key, dry_run=dry_run, whole=whole):
            answer = self.post(
                f"/v1/push/{quote(kind, safe='')}", content=batch.content, media_type="application/json",
                query=batch.query, idempotency_key=batch.idempotency_key, patience=len(batch.rows) / ROWS_A_SECOND,
            )  # fmt: skip
            refuse_other_receipts(answer, batch.rows)
            yield answer

    def receipts(self, batch: str) -> Iterator[dict[str, Any]]:
        """Yield the receipts of a batch again, in the order of its rows."""
        return self.walk(f"/v1/push/{quote(batch, safe='')}")

    def report(
        self, reader: str, kind: str, *, region: str | None, change_number: int, confirmed_at: datetime | None,
        waiting_appeals: int = 0,
    ) -> dict[str, Any]:  # fmt: skip
        """Tell the centre how far one has come; it answers where it stands itself. Not tried again: the next report does as well."""
        said = {
            "reader": reader, "kind": kind, "region": region, "change_number": change_number,
            "confirmed_at": confirmed_at.isoformat() if confirmed_at else None, "waiting_appeals": waiting_appeals,
            "software": f"service-catalog/{__version__}",
        }  # fmt: skip
        return self.post("/v1/readers/reports", json=said)

    def get(self, path: str, **query: str | int | bool | None) -> dict[str, Any]:
        """Return the JSON object at a path of the centre, as it is now and not from a cache."""
        asked = {name: value for name, value in query.items() if value is not None}
        headers = {"Cache-Control": "no-cache"}
        return self._line.ask(
            lambda: self._http.build_request("GET", _own(path), params=asked, headers=headers), self._line.json_of
        )

    def post(
        self, path: str, *, json: Any = None, content: bytes | None = None, media_type: str | None = None,
        fields: dict[str, str] | None = None, files: Files = (), query: dict[str, str] | None = None,
        idempotency_key: str | None = None, patience: float = 0.0,
    ) -> dict[str, Any]:  # fmt: skip
        """Post JSON, ready bytes, or a form with files; returns the JSON object of the answer.

        `patience`: seconds more than usual that the centre may need before it answers.
        Only with an Idempotency-Key is it tried again: without one nobody knows whether the lost answer was to something done.
        """
        headers = {"Content-Type": media_type} if media_type else {}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        return self._line.ask(
            lambda: self._http.build_request(
                "POST", _own(path), params=query, headers=headers, json=json, content=content, data=fields, files=list(files),
                timeout=self._line.waiting(patience),
            ),
            self._line.json_of, patience=patience, repeatable=idempotency_key is not None,
        )  # fmt: skip

    def walk(self, path: str, **query: str | int | bool | None) -> Iterator[dict[str, Any]]:
        """Yield what stands in a list of the centre, page after page."""
        while True:
            page = self.get(path, **query)
            if not isinstance(page.get("items"), list):
                raise NotAsPromised("列表的答复形式不符", "a list that does not have the form promised")
            yield from page["items"]
            if not (further := page.get("next")):
                return
            after = parse_qs(urlsplit(str(further)).query).get("after", [""])[-1]
            if not after or after == query.get("after"):
                raise NotAsPromised("列表没有下一页的起点", "a list that does not go on")
            query["after"] = after

    def _page(
        self, after: int, query: dict[str, str], headers: dict[str, str], *, limit: int, wait: int, scope: ScopeAsked,
        max_age: int | None,
    ) -> Page:  # fmt: skip
        rows = limit

        def request() -> httpx.Request:
            nonlocal rows
            rows = min(limit, self._fitting.number)
            params = {"afterChangeNumber": str(after), "limit": str(rows), **query}
            return self._http.build_request(
                "GET", "/v1/feed", params=params, headers=headers, timeout=self._line.waiting(wait)
            )

        def read(answer: httpx.Response) -> Page:
            try:
                content = self._line.json_of(answer)
            except (Interrupted, httpx.TransportError, httpx.DecodingError) as fault:
                if rows == 1 or not is_json(answer):
                    raise
                self._fitting.broke_off(rows)
                raise Interrupted(f"{type(fault).__name__}: {fault}", asks_for_less=True) from fault
            page = page_of(content, answer.headers, after=after, scope=scope, max_age=max_age)
            self._fitting.came(len(page.items))
            return page

        try:
            return self._line.ask(request, read, patience=wait)
        except Refused as refusal:
            if refusal.status == httpx.codes.GONE and refusal.is_from_catalogue:
                raise SnapshotNeeded(refusal.problem) from refusal
            raise


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(f"the address of a centre is http(s)://host[:port][/path], not {address!r}")
    return address.rstrip("/")


def _headers(key: str | None) -> dict[str, str]:
    headers = {"User-Agent": f"service-catalog/{__version__}", "Accept": "application/json"}
    if key is None:
        return headers
    if not (key.isascii() and key.isprintable() and key) or " " in key:
        raise ValueError("a key is printable ASCII without blanks")  # it is not shown: errors are logged
    return headers | {"Authorization": f"Bearer {key}"}


def _own(path: str) -> str:
    """Refuse what would lead, with the key, to somewhere else."""
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"a path of the centre begins with one slash, not {path!r}")
    return path
