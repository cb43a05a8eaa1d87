"""The bad network itself: each mischief does what it says, a seed decides, and without mischief nothing happens."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Barrier, Thread
from typing import Any

import httpx
import pytest
from network import Mischief, Network, on_the_way

WORDS = b"the answer to " * 1000


@dataclass
class Far:
    """A server on the other side, which keeps what it was asked."""

    port: int = 0
    asked: "SimpleQueue[str]" = field(default_factory=SimpleQueue)

    def took(self, count: int) -> list[str]:
        return [self.asked.get(timeout=20) for _ in range(count)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    far: Far

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.far.asked.put(f"{self.command} {self.path} {body.decode()}".strip())
        answer = WORDS + body
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def far_away() -> Iterator[Far]:
    far = Far()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"far": far}))
    far.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield far
    finally:
        server.shutdown()
        thread.join(timeout=20)
        server.server_close()


@pytest.fixture
def far() -> Iterator[Far]:
    with far_away() as made:
        yield made


@pytest.fixture
def network(far: Far) -> Iterator[Network]:
    with on_the_way(1, far.port) as made:
        yield made


def ask(network: Network, path: str, **more: Any) -> bytes:
    with httpx.Client(trust_env=False, timeout=20) as client:
        answer = client.request(more.pop("method", "GET"), network.address + path, **more)
        return answer.content


def test_without_mischief_everything_comes_through_once(far: Far, network: Network) -> None:
    assert ask(network, "/a") == WORDS
    assert ask(network, "/b", method="POST", content=b"\r\n\r\nbody") == WORDS + b"\r\n\r\nbody"

    assert far.took(2) == ["GET /a", "POST /b \r\n\r\nbody"]
    assert network.seen == ["GET /a", "POST /b"]
    assert far.asked.empty()


def test_one_client_asks_again_and_again(network: Network) -> None:
    with httpx.Client(trust_env=False, timeout=20) as client:
        assert [client.get(f"{network.address}/{n}").status_code for n in range(5)] == [200] * 5


def test_what_is_dropped_never_arrives(far: Far, network: Network) -> None:
    network.mischief = Mischief(drop=1)

    with pytest.raises(httpx.TransportError):
        ask(network, "/a")
    assert far.asked.empty()


def test_what_is_lost_was_carried_out(far: Far, network: Network) -> None:
    network.mischief = Mischief(lose=1)

    with pytest.raises(httpx.TransportError):
        ask(network, "/a")
    assert far.took(1) == ["GET /a"]


def test_what_comes_late_comes_after_a_later_one(far: Far, network: Network) -> None:
    network.mischief = Mischief(late=1, longest=20)
    with pytest.raises(httpx.TransportError):
        ask(network, "/first")
    network.mischief = Mischief()

    ask(network, "/second")

    assert far.took(2) == ["GET /second", "GET /first"]


def test_a_duplicate_is_carried_out_twice_and_answered_once(far: Far, network: Network) -> None:
    network.mischief = Mischief(duplicate=1)

    for n in range(6):  # some overlap, some follow each other
        assert ask(network, "/a", method="POST", content=str(n).encode()) == WORDS + str(n).encode()
        assert far.took(2) == [f"POST /a {n}"] * 2


def test_an_answer_that_is_held_back_comes_after_a_later_one(far: Far, network: Network) -> None:
    network.mischief = Mischief(reorder=1, longest=20)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(ask, network, "/first")
        assert far.took(1) == ["GET /first"]
        network.mischief = Mischief()
        assert ask(network, "/second") == WORDS
        assert first.result(timeout=20) == WORDS

    assert network.passed == [2, 1]


def test_what_is_held_back_comes_though_nothing_follows(network: Network) -> None:
    network.mischief = Mischief(reorder=1, longest=0.05)

    assert ask(network, "/a") == WORDS


def test_a_cut_answer_is_seen_as_cut(far: Far, network: Network) -> None:
    network.mischief = Mischief(cut=1)

    for _ in range(8):  # some end like a proper one, some are reset
        with pytest.raises(httpx.TransportError):
            ask(network, "/a")
    assert len(far.took(8)) == 8


def test_a_slow_answer_is_whole(network: Network) -> None:
    network.mischief = Mischief(trickle=1, delay=1, longest=0.02)

    assert ask(network, "/a") == WORDS


def test_down_it_refuses_and_up_it_is_where_it_was(far: Far, network: Network) -> None:
    network.down()

    with pytest.raises(httpx.ConnectError):
        ask(network, "/a")
    network.up()
    assert ask(network, "/b") == WORDS
    assert far.took(1) == ["GET /b"]


def test_going_down_breaks_the_connections_that_are_there(network: Network) -> None:
    with socket.create_connection(("127.0.0.1", network.port), timeout=20) as waiting:
        waiting.sendall(b"GET /a HTTP/1.1\r\n")
        ask(network, "/b")  # by now the first connection has been taken as well
        network.down()

        with pytest.raises(ConnectionResetError):
            waiting.recv(1)


def test_a_server_that_is_not_there_is_a_broken_connection(far: Far) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with on_the_way(1, nobody.getsockname()[1]) as network, pytest.raises(httpx.RemoteProtocolError):
            ask(network, "/a")


def test_a_seed_decides_what_happens(far: Far) -> None:
    def fates(seed: int) -> list[frozenset[str]]:
        mischief = Mischief.all_of_it(0.3, longest=0.001)
        with on_the_way(seed, far.port, mischief) as network, httpx.Client(trust_env=False, timeout=20) as client:
            for n in range(20):
                with suppress(httpx.TransportError):
                    client.get(f"{network.address}/{n}")
            return [passage.happened for passage in network.log]

    assert fates(7) == fates(7) != fates(8)
    assert len(frozenset().union(*fates(7))) == 8


def test_many_clients_at_once_all_get_their_own_answer(network: Network) -> None:
    network.mischief = Mischief(delay=0.5, duplicate=0.5, reorder=0.5, trickle=0.5, longest=0.01)
    together = Barrier(16)

    def asking(n: int) -> bytes:
        together.wait(timeout=20)
        return ask(network, "/a", method="POST", content=str(n).encode())

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(asking, range(16))) == [WORDS + str(n).encode() for n in range(16)]
