"""The application on a real socket of 127.0.0.1, served as `service-catalog serve` does."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import uvicorn


class Listening(uvicorn.Server):
    """A server that says when it listens, and where."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()
        self.address = ("", 0)

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.address = self.servers[0].sockets[0].getsockname()[:2]
        self.ready.set()


@contextmanager
def listening(app: Any, port: int = 0, *, dates: bool = True) -> Iterator[tuple[str, int]]:
    """Serve `app`, on a free port if none is named; yields host and port.

    Without `dates` no answer says when it was made: a test that moves its clock would be told the real one.
    """
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="critical", access_log=False, server_header=False,
        timeout_graceful_shutdown=5, date_header=dates,
    )  # fmt: skip
    server = Listening(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        assert server.ready.wait(timeout=20)
        yield server.address
    finally:
        server.should_exit = True
        thread.join(timeout=20)
