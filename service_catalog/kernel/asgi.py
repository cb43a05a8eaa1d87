"""Small ASGI middleware; nothing here buffers a body or starts a task."""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class AnswersHead:
    """Whatever answers GET answers HEAD too (RFC 9110, section 9.3.2); the server leaves the body away."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = dict(scope) | {"method": "GET"}
        await self.app(scope, receive, send)


class BoundedBody:
    """Refuses to read more of a body than `most` bytes; the refusal (413) leaves in the one error shape.

    `larger` names the paths that take files, whole or as patterns, and how many bytes these may have.
    """

    def __init__(self, app: ASGIApp, *, most: int, larger: Mapping[str | re.Pattern[str], int] | None = None) -> None:
        self.app, self.most = app, most
        self.larger = {path: bound for path, bound in (larger or {}).items() if isinstance(path, str)}
        self.patterns = [(path, bound) for path, bound in (larger or {}).items() if isinstance(path, re.Pattern)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        seen, most = 0, self._most_at(scope["method"], scope["path"])

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(413)  # raised where the body is read, so that the ordinary handler answers
            return message

        await self.app(scope, bounded, send)

    def _most_at(self, method: str, path: str) -> int:
        most = self.larger.get(path)
        if most is None and method in ("POST", "PUT"):
            most = next((bound for pattern, bound in self.patterns if pattern.fullmatch(path)), None)
        return self.most if most is None else most


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Tell whether a reader takes gzip."""
    return accepts(accept_encoding, "gzip")


def accepts(accept_encoding: str | None, wanted: str) -> bool:
    """Tell whether a reader takes a content coding (RFC 9110, section 12.5.3)."""
    for offer in (accept_encoding or "").split(","):
        coding, _, parameters = offer.partition(";")
        if coding.strip().lower() in (wanted, "*"):
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


class PacksAnswers(GZipMiddleware):
    """Packs longer answers for readers who take gzip; the base class also packs for those who say `gzip;q=0`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not accepts_gzip(Headers(scope=scope).get("accept-encoding")):
            scope = dict(scope)
            scope["headers"] = [_without_gzip(name, value) for name, value in scope["headers"]]
        await super().__call__(scope, receive, send)


def _without_gzip(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name != b"accept-encoding":
        return name, value
    return name, b",".join(offer for offer in value.split(b",") if b"gzip" not in offer.lower())
