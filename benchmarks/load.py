"""The load client: raw bytes over kept-alive connections, each answer's status and length looked at.

Run as `python -m benchmarks.load`, an Order on standard input, the tallies on standard output. It asks
several servers in turn, a moment each, so that whatever else the machine does falls on all of them. It
parses no more of an answer than it must, so that the server and not the client sets the pace; its own use
of its core stands in the tallies, for the reader to judge.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from functools import partial
from itertools import cycle
from typing import Any, NamedTuple, cast

import uvloop

from benchmarks.asking import Ask
from benchmarks.processes import Server, cpu_seconds, stay_on

PATIENCE = 15.0
"""Seconds for the last answers of a turn to arrive."""
MOST = 500_000
"""Answers after which a turn ends even before its time."""


class Target(NamedTuple):
    """A server and what to ask of it, in a circle."""

    server: Server
    seconds: float
    """Of a turn, that count."""
    asks: list[Ask]


class Order(NamedTuple):
    """What to ask, how often, for how long."""

    core: int | None
    connections: int
    turns: int
    """How often each server has its turn."""
    warm_up: float
    """Seconds of a turn before counting begins, as a part of those that count."""
    targets: list[Target]


class Tally(NamedTuple):
    """What came of one turn."""

    answers: int
    seconds: float
    server_cpu: float | None
    """Seconds; None where the system does not say."""
    client_cpu: float


class Load:
    """What the connections to one server share: the next request, the count, the first thing that went wrong."""

    def __init__(self, target: Target) -> None:
        self.server, self.seconds = target.server, target.seconds
        self.next = cycle([(ask.raw(), ask.status, ask.length) for ask in target.asks])
        self.connections: list[Connection] = []
        self.answered = self.busy = 0
        self.asking = False
        self.wrong: str | None = None
        self.over = asyncio.Event()

    def begin(self) -> None:
        """Start asking on every connection."""
        self.answered, self.busy, self.asking = 0, len(self.connections), True
        self.over.clear()
        for connection in self.connections:
            connection.ask()

    def came(self, connection: "Connection") -> None:
        """Count an answer, and ask again unless the turn is over."""
        self.answered += 1
        if self.asking and self.answered < MOST:
            connection.ask()
            return
        self.busy -= 1
        if not self.busy:
            self.over.set()

    def fail(self, wrong: str) -> None:
        """Remember what went wrong and end the turn."""
        self.wrong = self.wrong or wrong
        self.over.set()

    def now(self) -> tuple[float, int, float | None, float]:
        """Return the clock, the answers, what the server and what this process have used."""
        return time.perf_counter(), self.answered, cpu_seconds(self.server.pid), time.process_time()


class Connection(asyncio.Protocol):
    """One reader: asks, waits for the whole answer, asks again."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.head = b""
        self.left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self.load.connections.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.load.fail(f"the server closed the connection: {exc}")

    def ask(self) -> None:
        raw, self.status, self.length = next(self.load.next)
        self.transport.write(raw)

    def data_received(self, data: bytes) -> None:
        if self.left:
            self.left -= len(data)
        elif not self.begin(self.head + data):
            return
        if self.left == 0:
            self.load.came(self)
        elif self.left < 0:
            self.load.fail("more bytes than were announced")

    def begin(self, head: bytes) -> bool:
        """Read the head of an answer; tell whether it was whole and right."""
        end = head.find(b"\r\n\r\n")
        if end < 0:
            self.head = head
            return False
        self.head = b""
        status, length = int(head[9:12]), _announced(head, end)
        if status != self.status or length != self.length:
            self.load.fail(
                f"{status} with {length} bytes, not {self.status} with {self.length}: {head[end + 4 : end + 204]!r}"
            )
            return False
        self.left = length - (len(head) - end - 4)
        return True


def _announced(head: bytes, end: int) -> int:
    start = head.find(b"\ncontent-length: ", 0, end)
    return int(head[start + 17 : head.index(b"\r", start)]) if start >= 0 else 0


async def measure(order: Order) -> list[list[Tally]]:
    """Return a row of tallies for each turn; raises RuntimeError at the first wrong answer."""
    loop = asyncio.get_running_loop()
    loads = [Load(target) for target in order.targets]

    def fail(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        for load in loads:
            load.fail(f"{context['message']} {context.get('exception')!r}")

    loop.set_exception_handler(fail)
    for load in loads:
        for _ in range(order.connections):
            await loop.create_connection(partial(Connection, load), "127.0.0.1", load.server.port)
    return [[await _turn(load, order) for load in loads] for _ in range(order.turns)]


async def _turn(load: Load, order: Order) -> Tally:
    load.begin()
    await _wait(load, order.warm_up * load.seconds)
    began, before, server_before, client_before = load.now()
    await _wait(load, load.seconds)
    ended, after, server_after, client_after = load.now()
    load.asking = False
    await _wait(load, PATIENCE)
    if load.wrong is not None or not load.over.is_set() or before == after:
        raise RuntimeError(load.wrong or "answers are missing")
    server_cpu = None if server_before is None or server_after is None else server_after - server_before
    return Tally(after - before, ended - began, server_cpu, client_after - client_before)


async def _wait(load: Load, seconds: float) -> None:
    """Wait for the time to pass, or for the end of the turn if it comes first."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await load.over.wait()


def read_order(text: str) -> Order:
    """Read an Order that was written as JSON."""
    order = Order(*json.loads(text))
    targets = [Target(Server(*server), seconds, [Ask(*ask) for ask in asks]) for server, seconds, asks in order.targets]
    return order._replace(targets=targets)


def main() -> None:
    """Read the order, measure, print the tallies."""
    order = read_order(sys.stdin.read())
    stay_on(order.core)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(measure(order))))


if __name__ == "__main__":
    main()
