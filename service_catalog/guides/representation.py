"""A guide as bytes with its validators: ETag, Last-Modified, 304; the same from the ready store and from a route.

Plain and packed bytes are two representations and have an ETag each (RFC 9110, section 8.8.3.3). Dates of HTTP count
whole seconds, in which a guide can change more than once. So Last-Modified is the second after the last change; while
that second has not come, the present second is sent, and whoever holds it is sent the guide again.
"""

import gzip
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
    packed_etag: str
    last_modified: datetime | None
    is_settled: bool
    """The second of its last change is over, so that its date stands for it alone."""

    @classmethod
    def of(cls, view: GuideView, *, made_at: datetime | None = None) -> "Representation":
        """Make the bytes at a moment; None where another guide may take its place without any date moving."""
        body = view.model_dump_json().encode()
        name = hashlib.sha256(body).hexdigest()[:32]
        settles_at = view.last_modified.replace(microsecond=0) + timedelta(seconds=1)
        last_modified = None if made_at is None else min(settles_at, made_at.replace(microsecond=0))
        packed = gzip.compress(body, 6, mtime=0)
        return cls(body, packed, f'"{name}"', f'"{name}-gzip"', last_modified, last_modified == settles_at)

    def named_by(self, if_none_match: str, *, packed: bool) -> str | None:
        """Return the ETag by which a reader says that it has this guide, plain or packed; None if it has not."""
        named = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        asked, other = (self.packed_etag, self.etag) if packed else (self.etag, self.packed_etag)
        return asked if asked in named or "*" in named else other if other in named else None

    def is_as_old_as(self, if_modified_since: str) -> bool:
        """Tell whether the guide has not changed since the date that a reader names."""
        if self.last_modified is None or not self.is_settled:
            return False
        try:
            since = parsedate_to_datetime(if_modified_since)
        except (ValueError, OverflowError):
            return False
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        return self.last_modified <= since

    def etag_of_304(self, if_none_match: str | None, if_modified_since: str | None, *, packed: bool) -> str | None:
        """Return the ETag to answer 304 with; None where the guide is to be sent (RFC 9110, section 13.2.2)."""
        if if_none_match is not None:
            return self.named_by(if_none_match, packed=packed)
        if if_modified_since is not None and self.is_as_old_as(if_modified_since):
            return self.packed_etag if packed else self.etag
        return None

    def headers(self, etag: str) -> dict[str, str]:
        """Return the headers that 200 and 304 share."""
        shared = {"etag": etag, "cache-control": CACHE_CONTROL, "vary": "Accept-Encoding"}
        if self.last_modified is not None:
            shared["last-modified"] = format_datetime(self.last_modified.astimezone(UTC), usegmt=True)
        return shared


def answer_guide(request: Request, view: GuideView, *, made_at: datetime | None) -> Response:
    """Answer with a guide, or with 304 where the reader has it; see Representation.of for `made_at`."""
    representation = Representation.of(view, made_at=made_at)
    headers = request.headers
    packed = accepts_gzip(headers.get("accept-encoding"))
    had = representation.etag_of_304(headers.get("if-none-match"), headers.get("if-modified-since"), packed=packed)
    if had is not None:
        return Response(status_code=304, headers=representation.headers(had))
    if packed:
        shared = representation.headers(representation.packed_etag) | {"content-encoding": "gzip"}
        return Response(representation.packed, headers=shared, media_type="application/json")
    shared = representation.headers(representation.etag)
    return Response(representation.body, headers=shared, media_type="application/json")
