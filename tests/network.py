"""A bad network over real sockets: a proxy that drops, delays, duplicates, reorders and cuts, as its seed says.

What happens to a request is drawn when it arrives, so a client that asks one thing after another meets the same fate each time.
"""

import asyncio
import socket
import struct
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from random import Random
from threading import Thread
from typing import Any

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Mischief:
    """How often what happens, from 0 to 1; and for how many seconds at most something is delayed or held back."""

    drop: float = 0.0
    """The connection ends before the request has gone on."""
    lose: float = 0.0
    """The request is carried out, its answer never comes."""
    late: float = 0.0
    """The connection ends, and the request arrives all the same: after a later one."""
    delay: float = 0.0
    duplicate: float = 0.0
    """The request is carried out twice, at once or one after the other; one of the answers comes."""
    reorder: float = 0.0
    """The answer is held back until a later one has passed, or the longest time has."""
    cut: float = 0.0
    """The answer ends in the middle."""
    trickle: float = 0.0
    """The answer comes in small pieces."""
    longest: float = 0.05

    @classmethod
    def all_of_it(cls, rate: float, *, longest: float = 0.05) -> "Mischief":
        """Everything that can happen, each so often."""
        return cls(**{one.name: rate for one in fields(cls) if one.name != "longest"}, longest=longest)


@dataclass(frozen=True)
class Fate:
    """What happens to one request and its answer."""

    number: int
    happens: frozenset[str]
    longest: float
    delay: float
    at_once: bool
    """The two of a duplicate overlap."""
    first_comes: bool
    cut_at: float
    """Share of the answer that comes through."""
    abruptly: bool
    """The cut is a reset, not an end that looks like a proper one."""

    @classmethod
    def drawn(cls, number: int, random: Random, mischief: Mischief) -> "Fate":
        """Draw the same numbers whatever the rates are: another rate must not change all that follows."""
        rates = [(one.name, getattr(mischief, one.name)) for one in fields(Mischief) if one.name != "longest"]
        happens = frozenset(name for name, rate in rates if random.random() < rate)
        return cls(
            number, happens, mischief.longest, random.uniform(0.0, mischief.longest), random.random() < 0.5,
            random.random() < 0.5, random.random(), random.random() < 0.5,
        )  # fmt: skip


@dataclass(frozen=True)
class Passage:
    """One request that came by: its number, its first line without the version, and what happened."""

    number: int
    request: str
    happened: frozenset[str]


class Network:
    """Stands at `address` between a client and a server on this machine; use `on_the_way` to have one."""

    def __init__(self, seed: int, target_port: int, mischief: Mischief) -> None:
        self.mischief, self.target_port, self.log = mischief, target_port, list[Passage]()
        self.passed: list[int] = []
        """The numbers of the requests whose answers have passed, in that order."""
        self._random = Random(seed)
        self._loop = asyncio.new_event_loop()
        self._holder = socket.socket()  # keeps the port while nothing listens there
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._holder.bind((HOST, 0))
        self.port: int = self._holder.getsockname()[1]
        self.address = f"http://{HOST}:{self.port}"
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        self._one_passed = asyncio.Condition()

    @property
    def seen(self) -> list[str]:
        """The requests that came by, such as `GET /v1/feed`."""
        return [passage.request for passage in self.log]

    def up(self) -> None:
        """Let connections come."""
        self._run(self._listen())

    def down(self) -> None:
        """Refuse connections and break those that are there; what is with the server already is carried out."""
        self._run(self._go_down())

    def run(self) -> None:
        """Work until `close`, in a thread of its own."""
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def close(self) -> None:
        """Go down, and let go what is still under way."""
        self._run(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._holder.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=20)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._come, HOST, self.port, reuse_address=True, backlog=256)

    async def _go_down(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            _reset(writer)

    async def _finish(self) -> None:
        await self._go_down()
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        self._open.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._carry(reader, writer)
        finally:
            self._open.discard(writer)
            await _end(writer)
            self._under_way.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read_request(reader)
        fate = Fate.drawn(len(self.log) + 1, self._random, self.mischief)
        line = request.partition(b"\r\n")[0].decode("latin-1").rpartition(" ")[0]
        self.log.append(Passage(fate.number, line, fate.happens))
        if "delay" in fate.happens:
            await asyncio.sleep(fate.delay)
        if "drop" in fate.happens:
            _reset(writer)
            return
        if "late" in fate.happens:
            _reset(writer)
            await self._a_later_answer(fate)
        answer = await self._ask(request, fate)
        if "reorder" in fate.happens:
            await self._a_later_answer(fate)
        if not fate.happens & {"late", "lose"}:
            await self._pass_on(answer, writer, fate)

    async def _ask(self, request: bytes, fate: Fate) -> bytes:
        if "duplicate" not in fate.happens:
            return await self._exchange(request)
        if fate.at_once:
            first, second = await asyncio.gather(self._exchange(request), self._exchange(request))
        else:
            first, second = await self._exchange(request), await self._exchange(request)
        return first if fate.first_comes else second

    async def _exchange(self, request: bytes) -> bytes:
        """Return what the server answers, or as much of it as came before it died: perhaps nothing."""
        answer = bytearray()
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(HOST, self.target_port)
            try:
                writer.write(request)
                while piece := await reader.read(1 << 16):
                    answer += piece
            finally:
                await _end(writer)
        return bytes(answer)

    async def _pass_on(self, answer: bytes, writer: asyncio.StreamWriter, fate: Fate) -> None:
        is_cut, answer = "cut" in fate.happens, _closing(answer)
        passing = answer[: int(len(answer) * fate.cut_at)] if is_cut else answer
        pieces = 8 if "trickle" in fate.happens else 1
        size = max(1, -(-len(passing) // pieces))
        for start in range(0, len(passing), size):
            writer.write(passing[start : start + size])
            await writer.drain()
            if pieces > 1:
                await asyncio.sleep(fate.delay / pieces)
        if is_cut and fate.abruptly:
            _reset(writer)
        async with self._one_passed:
            self.passed.append(fate.number)
            self._one_passed.notify_all()

    async def _a_later_answer(self, fate: Fate) -> None:
        """Wait until another answer has passed; not for ever, since there may be no other."""
        with suppress(TimeoutError):
            async with asyncio.timeout(fate.longest), self._one_passed:
                await self._one_passed.wait_for(lambda: max(self.passed, default=0) > fate.number)


@contextmanager
def on_the_way(seed: int, target_port: int, mischief: Mischief = Mischief()) -> Iterator[Network]:
    """Yield a network that is up; its seed is printed, for the time when a test fails."""
    print(f"network seed {seed}")  # noqa: T201
    network = Network(seed, target_port, mischief)
    thread = Thread(target=network.run)
    thread.start()
    try:
        network.up()
        yield network
    finally:
        network.close()
        thread.join(timeout=20)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Break a connection so that the other end hears of an error, as when a line is torn, and not of an end."""
    with suppress(OSError):
        line: socket.socket = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    """Read one HTTP/1.1 request whose body has a Content-Length; it asks the server to close, so its answer ends with the line."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    named = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
    if b"transfer-encoding" in named:
        raise OSError("a request in chunks; this network knows Content-Length only")
    body = await reader.readexactly(int(named.get(b"content-length", b"0")))
    return _closing(head + body)


def _closing(message: bytes) -> bytes:
    """Return a request or an answer that says it is the last on its connection."""
    head, blank, body = message.partition(b"\r\n\r\n")
    if not blank:
        return message  # cut within its head
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""]) + body
