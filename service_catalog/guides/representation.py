"""A guide as bytes with its validators: ETag, Last-Modified, 304; the same from the ready store and from a route."""

import gzip
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import Request, Response

from service_catalog.guides.schemas import GuideView
from service_catalog.kernel.asgi import accepts_gzip

CACHE_CONTROL = "no-cache"
"""Keep it, but ask each time: a changed standard shows in the very next request, and an unchanged one costs a 304."""


@dataclass(frozen=True)
class Representation:
    """The bytes of one guide and what lets a reader ask whether they have changed."""

    body: bytes
    packed: bytes
    etag: str
    last_modified: datetime | None

    @classmethod
    def of(cls, view: GuideView, *, dated: bool = True) -> "Representation":
        """Make the bytes; `dated` False where another guide may take its place without any date moving."""
        body = view.model_dump_json().encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        return cls(body, gzip.compress(body, 6, mtime=0), etag, view.last_modified if dated else None)

    def is_what_reader_has(self, if_none_match: str | None, if_modified_since: str | None) -> bool:
        """Tell whether a conditional request can be answered with 304 (RFC 9110, section 13.2.2)."""
        if if_none_match is not None:
            named = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
            return self.etag in named or "*" in named
        if if_modified_since is not None and self.last_modified is not None:
            try:
                since = parsedate_to_datetime(if_modified_since)
            except ValueError:
                return False
            since = since if since.tzinfo else since.replace(tzinfo=UTC)
            return self.last_modified <= since
        return False

    def headers(self) -> dict[str, str]:
        """Return the headers that 200 and 304 share."""
        shared = {"etag": self.etag, "cache-control": CACHE_CONTROL, "vary": "Accept-Encoding"}
        if self.last_modified is not None:
            shared["last-modified"] = format_datetime(self.last_modified.astimezone(UTC), usegmt=True)
        return shared


def answer_guide(request: Request, view: GuideView, *, dated: bool = True) -> Response:
    """Answer with a guide, or with 304 where the reader has it."""
    representation = Representation.of(view, dated=dated)
    headers = request.headers
    shared = representation.headers()
    if representation.is_what_reader_has(headers.get("if-none-match"), headers.get("if-modified-since")):
        return Response(status_code=304, headers=shared)
    if accepts_gzip(headers.get("accept-encoding")):
        return Response(
            representation.packed, headers=shared | {"content-encoding": "gzip"}, media_type="application/json"
        )
    return Response(representation.body, headers=shared, media_type="application/json")
