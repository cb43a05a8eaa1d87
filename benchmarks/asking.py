"""What is asked of which server, and what must come back."""

from dataclasses import dataclass, field
from typing import NamedTuple

CONNECTIONS = 16
"""Kept alive, one request at a time on each."""


class Ask(NamedTuple):
    """One GET and the answer that counts as right."""

    path: str
    status: int
    length: int
    """Bytes of the body."""
    headers: tuple[tuple[str, str], ...] = ()

    def raw(self) -> bytes:
        """Return the request as it goes over the wire."""
        lines = [f"GET {self.path} HTTP/1.1", "host: 127.0.0.1", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("ascii")


@dataclass(frozen=True)
class Case:
    """One line of the table: a name, the server that answers, and the requests, walked in a circle."""

    name: str
    server: str
    what: tuple[str, str]
    """In Chinese and in English."""
    asks: tuple[Ask, ...] = field(repr=False)
    seconds: float
    """How long a turn counts: the slower the answers, the longer, for they come in bursts, one from each connection."""
    baseline: str | None = None
    """Name of the case that counts as 1.0; None for a baseline itself."""
