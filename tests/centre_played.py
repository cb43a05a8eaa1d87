"""A centre played in a few lines: what the client speaks with, in memory or on a real socket, with faults as a test wants them."""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

import httpx
import zstandard

from service_catalog.sync.documents import bucket_of, digest_of, digest_of_lines

Spoil = httpx.Response | Exception | Callable[[httpx.Request, httpx.Response], httpx.Response]
"""Instead of the answer: another, none at all, or what is made of it."""
PACK: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": lambda content: gzip.compress(content, mtime=0),
    "zstd": lambda content: zstandard.ZstdCompressor().compress(content),  # a compressor is for one thread only
}


class Cut(httpx.SyncByteStream):
    """An answer that ends in the middle, as httpx hears of it."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


@dataclass
class PlayedCentre:
    """Keeps its word on feed, snapshot, digest and push, unless it is told to spoil the next answers."""

    things: list[dict[str, Any]] = field(default_factory=list)
    head: int = 0
    prefix: str = "/catalog"
    """Where it lies on its host, if the request says so."""
    coding: str = "zstd"
    spoils: list[Spoil] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers to pushes by Idempotency-Key."""
    lock: Lock = field(default_factory=Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.asked.append(request)
            spoil = self.spoils.pop(0) if self.spoils else None
            if isinstance(spoil, Exception):
                raise spoil
            if isinstance(spoil, httpx.Response):
                return spoil
            answer = self._answer(request)
            return answer if spoil is None else spoil(request, answer)

    @property
    def paths(self) -> list[str]:
        return [self._path(request) for request in self.asked]

    def _path(self, request: httpx.Request) -> str:
        return request.url.path.removeprefix(self.prefix)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = self._path(request)
        if path == "/v1/feed":
            return self._feed(request)
        if path == "/v1/digest":
            return httpx.Response(200, json=self._digest(request.url.params))
        if path.startswith("/v1/snapshot"):
            return self._snapshot(request)
        if path.startswith("/v1/push/") and request.method == "POST":
            return httpx.Response(200, json=self._take(request))
        return problem(404, "not-found")

    def _feed(self, request: httpx.Request) -> httpx.Response:
        after, limit = int(request.url.params["afterChangeNumber"]), int(request.url.params.get("limit", 500))
        items = [thing for thing in self.things if thing["modified"] > after][:limit]
        following = items[-1]["modified"] if items else after
        body = {"next": str(request.url.copy_set_param("afterChangeNumber", following)), "items": items, "license": ""}
        return httpx.Response(
            200, json=body, headers={"Change-Number": str(self.head), "Date": "Tue, 10 Mar 2026 01:00:00 GMT"}
        )

    def _digest(self, asked: httpx.QueryParams) -> dict[str, Any]:
        answer: dict[str, Any] = {"change_number": self.head}
        by_kind: dict[str, dict[str, dict[str, str]]] = {}
        for thing in self.things:
            buckets = by_kind.setdefault(thing["kind"], {})
            buckets.setdefault(bucket_of(thing["id"]), {})[thing["id"]] = digest_of(thing["data"])
        if "kind" not in asked:
            kinds = {kind: _of_buckets(buckets) for kind, buckets in by_kind.items()}
            return answer | {"kinds": [{"kind": kind, "digest": digest} for kind, digest in kinds.items()]}
        buckets = by_kind.get(asked["kind"], {})
        if "bucket" not in asked:
            lines = {name: digest_of_lines(things.items()) for name, things in buckets.items()}
            return answer | {"buckets": [{"bucket": name, "digest": digest} for name, digest in lines.items()]}
        things = buckets.get(asked["bucket"], {})
        return answer | {"items": [{"id": code, "digest": digest} for code, digest in things.items()]}

    def snapshot(self, coding: str, **about: Any) -> bytes:
        """Return the bytes of a snapshot as they are sent."""
        first = {"changeNumber": self.head, "made_at": "2026-03-10T01:00:00Z", "region": None, "kinds": [],
                 "items": len(self.things), "license": ""} | about  # fmt: skip
        return PACK[coding](snapshot_lines([first, *self.things]))

    def _snapshot(self, request: httpx.Request) -> httpx.Response:
        accepted = request.headers["accept-encoding"]
        coding = self.coding if self.coding in accepted else "identity"
        content = self.snapshot(coding, region=request.url.params.get("region"))
        digest = hashlib.sha256(content)
        etag, name = f'"{digest.hexdigest()}"', f"{digest.hexdigest()}.{coding}"
        if self._path(request) not in ("/v1/snapshot", f"/v1/snapshots/{name}"):
            return problem(404, "no-such-snapshot")
        headers = {
            "ETag": etag, "Accept-Ranges": "bytes", "Content-Type": "application/x-ndjson",
            "Content-Location": f"/v1/snapshots/{name}",
            "Repr-Digest": f"sha-256=:{base64.b64encode(digest.digest()).decode()}:",
        } | ({} if coding == "identity" else {"Content-Encoding": coding})  # fmt: skip
        if request.headers.get("if-range") != etag:
            return sent(200, headers, content)
        start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
        span = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        return sent(206, headers | span, content[start:])

    def _take(self, request: httpx.Request) -> dict[str, Any]:
        key = request.headers["idempotency-key"]
        rows = json.loads(request.read())["rows"]
        receipts = [{"record_id": row["record_id"], "outcome": "drafted"} for row in rows]
        answer = {"batch": f"b{len(self.taken)}", "taken": True, "receipts": receipts}
        return self.taken.setdefault(key, answer)


def sent(status: int, headers: dict[str, str], content: bytes) -> httpx.Response:
    """An answer whose content is not read yet, as from a socket."""
    return httpx.Response(
        status, headers=headers | {"Content-Length": str(len(content))}, stream=httpx.ByteStream(content)
    )


def packed(answer: httpx.Response) -> bytes:
    """Return the bytes of an answer as they are sent."""
    assert isinstance(answer.stream, httpx.SyncByteStream)
    return b"".join(answer.stream)


def problem(status: int, name: str, **headers: str) -> httpx.Response:
    """A refusal by the catalogue."""
    body = {"type": f"/problems/{name}", "title": name, "status": status, "detail": "不行"}
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return httpx.Response(
        status, headers=named | {"Content-Type": "application/problem+json"}, content=json.dumps(body).encode()
    )


def cut_at(share: float) -> Spoil:
    """Let the next answer end in the middle."""

    def cut(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        content = packed(answer)
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=Cut(content[: int(len(content) * share)])
        )

    return cut


def with_headers(**headers: str) -> Spoil:
    """Let the next answer have other headers."""

    def change(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        for name, value in headers.items():
            answer.headers[name.replace("_", "-")] = value
        return answer

    return change


def thing(number: int, kind: str = "implementation") -> dict[str, Any]:
    """An item of the feed."""
    return {
        "state": "updated",
        "kind": kind,
        "id": f"X{number:05}",
        "modified": number,
        "data": {"name": f"事项 {number}"},
    }


def snapshot_lines(rows: Sequence[dict[str, Any]], **end: Any) -> bytes:
    """The lines of a snapshot whose last one is right, but for what is said otherwise."""
    content = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
    last = {"end": True, "items": len(rows) - 1, "digest": hashlib.sha256(content).hexdigest()} | end
    return content + json.dumps(last).encode() + b"\n"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    centre: PlayedCentre

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        address = self.path if self.path.startswith("http") else f"http://{self.headers['host']}{self.path}"
        answer = self.centre(httpx.Request(self.command, address, headers=dict(self.headers.items()), content=body))
        content = packed(answer)
        self.send_response_only(answer.status_code)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A line that breaks is what these tests are about."""


@contextmanager
def on_a_socket(centre: PlayedCentre) -> Iterator[int]:
    """Let the centre listen; yields its port."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"centre": centre}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join(timeout=20)
        server.server_close()


def _of_buckets(buckets: dict[str, dict[str, str]]) -> str:
    return digest_of_lines((name, digest_of_lines(things.items())) for name, things in buckets.items())
