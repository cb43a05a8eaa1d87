"""The measure of all things: an ASGI application that only sends bytes it has ready."""

import os
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = "BENCH_BARE_BODIES"
"""Names the folder of the files it answers with, each under its own name."""


def make_app() -> ASGIApp:
    """Read the files once; `GET /{file name}` answers with them."""
    answers = {f"/{path.name}": _messages(path.read_bytes()) for path in Path(os.environ[FOLDER]).iterdir()}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        start, body = answers[scope["path"]]
        await send(start)
        await send(body)

    return app


def _messages(body: bytes) -> tuple[dict[str, object], dict[str, object]]:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return (
        {"type": "http.response.start", "status": 200, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
