"""The load client: raw bytes over kept-alive connections, each answer's status and length looked at.

Run as `python -m benchmarks.load`, an Order on standard input, a Tally on standard output. It parses no
more of an answer than it must, so that the server and not the client sets the pace; its own use of the
core stands in the tally, for the reader to judge.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from itertools import cycle
from typing import NamedTuple, cast

import uvloop

from benchmarks.asking import Ask
from benchmarks.processes import cpu_seconds, stay_on

MOST = 2_000_000
"""Requests after which a measurement ends even before its time."""


class Order(NamedTuple):
    """What to ask, for how long."""

    port: int
    server_pid: int
    core: int | None
    connections: int
    warm_up: float
    """Seconds before counting begins."""
    seconds: float
    asks: list[Ask]


class Tally(NamedTuple):
    """What came of it."""

    requests: int
    seconds: float
    server_cpu: float | None
    """Seconds; None where the system does not say."""
    client_cpu: float


class Moment(NamedTuple):
    """The counters at one moment."""

    at: float
    answered: int
    server_cpu: float | None
    client_cpu: float


class Load:
    """What all connections share: the next request, the count, the first wrong answer."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.turn = cycle([(ask.raw(), ask.status, ask.length) for ask in order.asks])
        self.answered = 0
        self.wrong: str | None = None
        self.over = asyncio.Event()

    def stop(self, wrong: str | None = None) -> None:
        self.wrong = self.wrong or wrong
        self.over.set()

    def now(self) -> Moment:
        return Moment(time.perf_counter(), self.answered, cpu_seconds(self.order.server_pid), time.process_time())


class Connection(asyncio.Protocol):
    """One reader: asks, waits for the whole answer, asks again."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.head = b""
        self.left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.load.over.is_set():
            self.load.stop(f"the server closed the connection: {exc}")

    def ask(self) -> None:
        raw, self.status, self.length = next(self.load.turn)
        self.transport.write(raw)

    def data_received(self, data: bytes) -> None:
        if self.left:
            self.left -= len(data)
        elif not self.begin(self.head + data):
            return
        if self.left == 0:
            self.load.answered += 1
            if self.load.answered < MOST:
                self.ask()
            else:
                self.load.stop()
        elif self.left < 0:
            self.load.stop("more bytes than were announced")

    def begin(self, head: bytes) -> bool:
        """Read the head of an answer; tell whether it was whole and right."""
        end = head.find(b"\r\n\r\n")
        if end < 0:
            self.head = head
            return False
        self.head = b""
        status, length = int(head[9:12]), _announced(head, end)
        if status != self.status or length != self.length:
            self.load.stop(f"{status} with {length} bytes, not {self.status} with {self.length}: {head[end + 4 :]!r}")
            return False
        self.left = length - (len(head) - end - 4)
        return True


def _announced(head: bytes, end: int) -> int:
    start = head.find(b"\ncontent-length: ", 0, end)
    return int(head[start + 17 : head.index(b"\r", start)]) if start >= 0 else 0


def read_order(text: str) -> Order:
    """Read an Order that was written as JSON."""
    order = Order(*json.loads(text))
    return order._replace(asks=[Ask(*ask) for ask in order.asks])


async def measure(order: Order) -> Tally:
    """Ask until the time is over; raises RuntimeError at the first wrong answer."""
    load, loop = Load(order), asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: load.stop(f"{context['message']}: {context.get('exception')!r}"))
    pairs = [
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", order.port)
        for _ in range(order.connections)
    ]
    await _until(load, order.warm_up)
    start = load.now()
    await _until(load, order.seconds)
    end = load.now()
    load.stop()
    for transport, _ in pairs:
        transport.abort()
    if load.wrong is not None or end.answered == start.answered:
        raise RuntimeError(load.wrong or "nothing was answered")
    server_cpu = None if end.server_cpu is None or start.server_cpu is None else end.server_cpu - start.server_cpu
    return Tally(
        end.answered - start.answered, end.at - start.at, server_cpu, round(end.client_cpu - start.client_cpu, 3)
    )


async def _until(load: Load, seconds: float) -> None:
    """Wait for the time to pass, or for the end if it comes first."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await load.over.wait()


def main() -> None:
    """Read the order, measure, print the tally."""
    order = read_order(sys.stdin.read())
    stay_on(order.core)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(measure(order))))


if __name__ == "__main__":
    main()
