"""Turns: how many requests are in the database at once; the others wait in line, first come first served.

A handler runs in one of a bounded number of threads, and needs another one later to have its answer checked. If all threads
stood waiting for connections or for SQLite's one write lock, whoever holds what they wait for would never get a thread to
let go of it. And SQLite gives its lock to whoever asks at the right moment, not to whoever has waited longest.
"""

from anyio import CapacityLimiter
from sqlalchemy import Engine

READERS, WRITERS, CALLERS = 8, 8, 4
"""Together no more than the connections of an engine, and far fewer than the threads of the server."""


class Turns:
    """The lines of one process: who reads, who writes (on SQLite one at a time), whose key is being looked up."""

    def __init__(self, engine: Engine) -> None:
        self.readers = CapacityLimiter(READERS)
        self.writers = CapacityLimiter(1 if engine.dialect.name == "sqlite" else WRITERS)
        self.callers = CapacityLimiter(CALLERS)
