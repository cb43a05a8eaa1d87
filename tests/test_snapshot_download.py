"""Fetching a snapshot: it goes on where it was cut, whatever was killed, and nothing that is not whole is taken for whole."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from random import Random
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from centre_played import PACK, PlayedCentre, Spoil, cut_at, on_a_socket, problem, snapshot_lines, thing, with_headers
from network import Mischief, on_the_way

from service_catalog.sync.answers import CentreAway, NotAsPromised, Refused
from service_catalog.sync.client import CatalogClient
from service_catalog.sync.retrying import Retries
from service_catalog.sync.snapshot_files import read_snapshot

REGION = "152921000000"
NDJSON = {"content-type": "application/x-ndjson"}
CODINGS = ["identity", "gzip", "zstd"]
FETCH = """
import sys
from pathlib import Path
from service_catalog.sync.client import CatalogClient

with CatalogClient(sys.argv[1]) as client:
    client.snapshot(Path(sys.argv[2]), progress=lambda done, total: print(done, flush=True))
"""


def big_centre(**options: Any) -> PlayedCentre:
    """A centre whose snapshot does not pack away to nothing."""
    random = Random(1)
    things = [thing(number) | {"data": {"noise": random.randbytes(300).hex()}} for number in range(1, 500)]
    return PlayedCentre(things, head=600, **options)


@pytest.fixture
def centre() -> PlayedCentre:
    return big_centre()


@pytest.fixture
def client(centre: PlayedCentre) -> Iterator[CatalogClient]:
    with CatalogClient("https://centre.example", transport=httpx.MockTransport(centre), sleep=lambda _: None) as made:
        yield made


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "snapshot"


def numbers(target: Path) -> list[int]:
    _, items = read_snapshot(target)
    return [item.modified for item in items]


def left_beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir() if path != target)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_snapshot_is_fetched_and_read(client: CatalogClient, centre: PlayedCentre, target: Path, coding: str) -> None:
    centre.coding = coding
    told: list[tuple[int, int | None]] = []

    header = client.snapshot(target, progress=lambda done, total: told.append((done, total)))

    assert (header.change_number, header.items, header.region) == (600, 499, None)
    assert numbers(target) == list(range(1, 500))
    assert target.read_bytes() == centre.snapshot(coding)
    assert told[-1] == (target.stat().st_size, target.stat().st_size)
    assert left_beside(target) == []


@pytest.mark.parametrize("coding", CODINGS)
def test_it_goes_on_where_it_was_cut(client: CatalogClient, centre: PlayedCentre, target: Path, coding: str) -> None:
    centre.coding, centre.spoils = coding, [cut_at(0.5), cut_at(0.5), httpx.ConnectError("away")]

    client.snapshot(target)

    name = centre.asked[-1].url.path
    size = target.stat().st_size
    assert numbers(target) == list(range(1, 500))
    assert name.startswith("/v1/snapshots/")
    assert centre.paths == ["/v1/snapshot", name, name, name]
    assert [request.headers.get("range") for request in centre.asked] == [
        None, f"bytes={size // 2}-", *[f"bytes={size // 2 + (size - size // 2) // 2}-"] * 2
    ]  # fmt: skip
    assert {request.headers["accept-encoding"] for request in centre.asked[1:]} == {coding}


def test_the_centre_is_given_time_to_make_it(client: CatalogClient, centre: PlayedCentre, target: Path) -> None:
    centre.spoils = [cut_at(0.5)]

    client.snapshot(target)

    assert [request.extensions["timeout"]["read"] for request in centre.asked] == [150, 30]


def test_a_line_that_is_cut_again_and_again_still_brings_it(
    client: CatalogClient, centre: PlayedCentre, target: Path
) -> None:
    centre.spoils = [cut_at(0.1) for _ in range(40)]

    client.snapshot(target)

    assert numbers(target) == list(range(1, 500))
    assert len(centre.asked) == 41


def test_it_goes_on_in_another_call(client: CatalogClient, centre: PlayedCentre, target: Path) -> None:
    centre.spoils = [cut_at(0.5), *[httpx.ConnectError("away")] * 6]
    with pytest.raises(CentreAway):
        client.snapshot(target)
    assert not target.exists()

    client.snapshot(target)

    assert numbers(target) == list(range(1, 500))
    assert centre.asked[-1].headers["range"]


def test_what_came_whole_before_the_end_is_not_fetched_again(
    client: CatalogClient, centre: PlayedCentre, target: Path
) -> None:
    centre.spoils = [cut_at(1), httpx.ConnectError("away")]

    client.snapshot(target)

    assert numbers(target) == list(range(1, 500))
    assert len(centre.asked) == 1


def test_a_part_of_another_scope_is_not_gone_on_with(client: CatalogClient, centre: PlayedCentre, target: Path) -> None:
    centre.spoils = [cut_at(0.5), *[httpx.ConnectError("away")] * 6]
    with pytest.raises(CentreAway):
        client.snapshot(target, region=REGION)

    client.snapshot(target)

    assert centre.paths[7:] == ["/v1/snapshot"]
    assert read_snapshot(target)[0].region is None


def test_a_part_of_another_centre_is_not_taken_for_whole(
    client: CatalogClient, centre: PlayedCentre, target: Path
) -> None:
    """Killed after the last byte and started again with another centre, a replica would hold the catalogue of the first."""

    def killed(done: int, total: int | None) -> None:
        if done == total:
            raise KeyboardInterrupt

    other = big_centre()
    other.head = 700
    before = CatalogClient("https://other.example", transport=httpx.MockTransport(other))
    with before, pytest.raises(KeyboardInterrupt):
        before.snapshot(target, progress=killed)

    assert client.snapshot(target).change_number == 600
    assert centre.paths == ["/v1/snapshot"]


@pytest.mark.parametrize("notes", ["", "{", "[]", "{}", '{"query": {}}'])
def test_notes_that_cannot_be_read_are_no_notes(client: CatalogClient, target: Path, notes: str) -> None:
    target.with_name("snapshot.part").write_bytes(b"half of it")
    target.with_name("snapshot.part.json").write_text(notes)

    client.snapshot(target)

    assert numbers(target) == list(range(1, 500))
    assert left_beside(target) == []


def made_anew(centre: PlayedCentre) -> Spoil:
    """Cut the answer, and have another snapshot by the next question."""

    def move(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        centre.head = 601
        cut = cut_at(0.5)
        assert callable(cut)
        return cut(request, answer)

    return move


def test_a_snapshot_that_has_given_way_is_begun_anew(client: CatalogClient, centre: PlayedCentre, target: Path) -> None:
    centre.spoils = [made_anew(centre)]

    header = client.snapshot(target)

    assert header.change_number == 601
    assert numbers(target) == list(range(1, 500))
    assert centre.paths[0::2] == ["/v1/snapshot"] * 2


@pytest.mark.parametrize("headers", [{"ETag": 'W/"weak"'}, {"ETag": ""}])
def test_without_a_strong_etag_it_is_begun_anew(
    client: CatalogClient, centre: PlayedCentre, target: Path, headers: dict[str, str]
) -> None:
    def cut_and_named(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        for change in (with_headers(**headers), cut_at(0.5)):
            assert callable(change)
            answer = change(request, answer)
        return answer

    centre.spoils = [cut_and_named]

    client.snapshot(target)

    assert numbers(target) == list(range(1, 500))
    assert centre.paths == ["/v1/snapshot"] * 2


def test_without_a_name_of_its_own_it_is_resumed_where_it_was(
    client: CatalogClient, centre: PlayedCentre, target: Path
) -> None:
    def cut_and_named(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        for change in (with_headers(Content_Location="https://evil.example/x"), cut_at(0.5)):
            assert callable(change)
            answer = change(request, answer)
        return answer

    centre.spoils = [cut_and_named]

    client.snapshot(target, region=REGION)

    assert [str(request.url) for request in centre.asked] == [f"https://centre.example/v1/snapshot?region={REGION}"] * 2
    assert numbers(target) == list(range(1, 500))


@pytest.mark.parametrize("headers", [
    {"Content_Range": "bytes 0-9/10"}, {"Content_Range": "rubbish"}, {"ETag": '"another"'}, {"Content_Encoding": "gzip"}
])  # fmt: skip
def test_a_rest_that_does_not_fit_is_not_put_behind(
    client: CatalogClient, centre: PlayedCentre, target: Path, headers: dict[str, str]
) -> None:
    centre.spoils = [cut_at(0.5), with_headers(**headers)]

    client.snapshot(target)

    assert numbers(target) == list(range(1, 500))
    assert len(centre.asked) == 3


@pytest.mark.parametrize("status", [404, 410, 412, 416])
def test_a_rest_that_is_no_longer_there_is_begun_anew(
    client: CatalogClient, centre: PlayedCentre, target: Path, status: int
) -> None:
    centre.spoils = [cut_at(0.5), problem(status, "no-such-snapshot")]

    client.snapshot(target)

    assert centre.paths[-1] == "/v1/snapshot"
    assert numbers(target) == list(range(1, 500))


SIGN_IN = [lambda: httpx.Response(200, html="<h1>Wi-Fi</h1>"), lambda: httpx.Response(503, html="<h1>Wi-Fi</h1>")]


@pytest.mark.parametrize("page", SIGN_IN)
def test_a_sign_in_page_on_the_way_costs_nothing_of_what_is_there(
    client: CatalogClient, centre: PlayedCentre, target: Path, page: Callable[[], httpx.Response]
) -> None:
    centre.spoils = [cut_at(0.5), page()]

    client.snapshot(target)

    assert centre.asked[-1].headers["range"] == f"bytes={target.stat().st_size // 2}-"
    assert numbers(target) == list(range(1, 500))


def test_a_404_that_the_catalogue_did_not_say_costs_nothing_of_what_is_there(
    client: CatalogClient, centre: PlayedCentre, target: Path
) -> None:
    centre.spoils = [cut_at(0.5), httpx.Response(404, html="<h1>?</h1>")]
    with pytest.raises(Refused):
        client.snapshot(target)

    client.snapshot(target)

    assert centre.asked[-1].headers["range"]


WRONG_DIGEST = with_headers(Repr_Digest=f"sha-256=:{'A' * 43}=:")


def test_bytes_that_are_not_those_that_were_sent_are_fetched_again(
    client: CatalogClient, centre: PlayedCentre, target: Path
) -> None:
    centre.spoils = [WRONG_DIGEST]

    client.snapshot(target)

    assert numbers(target) == list(range(1, 500))
    assert len(centre.asked) == 2


def test_beginning_anew_has_an_end(client: CatalogClient, centre: PlayedCentre, target: Path) -> None:
    centre.spoils = [WRONG_DIGEST] * 100

    with pytest.raises(CentreAway, match="Repr-Digest"):
        client.snapshot(target)
    assert len(centre.asked) == 6
    assert left_beside(target) == []
    assert not target.exists()


def test_a_digest_among_others_is_found(client: CatalogClient, centre: PlayedCentre, target: Path) -> None:
    centre.spoils = [with_headers(Repr_Digest=f"sha-512=:AAAA:, sha-256=:{'A' * 43}=:")]

    client.snapshot(target)

    assert len(centre.asked) == 2


def test_a_snapshot_of_another_region_is_not_used(client: CatalogClient, centre: PlayedCentre, target: Path) -> None:
    other = {"content-type": "application/x-ndjson"}
    centre.spoils = [
        httpx.Response(200, headers=other, stream=httpx.ByteStream(centre.snapshot("gzip", region=REGION)))
    ]

    with pytest.raises(NotAsPromised, match="scope"):
        client.snapshot(target)
    assert left_beside(target) == []
    assert not target.exists()


@pytest.mark.parametrize("about", [{"surroundings": True}, {"ended": "documents"}])
def test_a_snapshot_that_says_another_scope_is_not_used(
    client: CatalogClient, centre: PlayedCentre, target: Path, about: dict[str, Any]
) -> None:
    centre.spoils = [httpx.Response(200, headers=NDJSON, stream=httpx.ByteStream(centre.snapshot("identity", **about)))]

    with pytest.raises(NotAsPromised, match="scope"):
        client.snapshot(target)


@pytest.mark.parametrize("answer", [
    lambda: httpx.Response(206, stream=httpx.ByteStream(b"")),
    lambda: httpx.Response(200, headers=NDJSON | {"content-encoding": "br"}, stream=httpx.ByteStream(b"")),
    lambda: httpx.Response(302, headers={"location": "https://evil.example"}),
    lambda: httpx.Response(200, headers=NDJSON, stream=httpx.ByteStream(b"<h1>Wi-Fi</h1>")),
])  # fmt: skip
def test_an_answer_that_is_no_snapshot_is_not_used(
    client: CatalogClient, centre: PlayedCentre, target: Path, answer: Callable[[], httpx.Response]
) -> None:
    centre.spoils = [answer()]

    with pytest.raises(NotAsPromised):
        client.snapshot(target)
    assert not target.exists()


def rows(count: int = 3) -> list[dict[str, Any]]:
    return [{"changeNumber": 9, "items": count}, *[thing(number) for number in range(1, count + 1)]]


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("lost", [1, 5, 40, 200, 10_000])
def test_a_file_that_ends_early_is_not_taken_for_whole(target: Path, coding: str, lost: int) -> None:
    random = Random(1)
    things = [thing(number) | {"data": {"noise": random.randbytes(300).hex()}} for number in range(1, 200)]
    content = PACK[coding](snapshot_lines([{"changeNumber": 999, "items": 199}, *things]))
    target.write_bytes(content[:-lost])

    with pytest.raises(NotAsPromised):
        numbers(target)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_packed_file_with_a_wrong_byte_is_not_taken_for_right(target: Path, coding: str) -> None:
    content = bytearray(PACK[coding](snapshot_lines(rows(50))))
    for place in range(len(content) // 4, len(content), 7):
        spoilt = content.copy()
        spoilt[place] ^= 0x20
        target.write_bytes(spoilt)

        try:
            found = numbers(target)
        except NotAsPromised:
            continue
        assert found == list(range(1, 51))  # a byte that says nothing of the content


SPOILT: dict[str, bytes] = {
    "empty": b"",
    "no header": snapshot_lines([thing(1)]),
    "no JSON": b"hello\n",
    "a wrong digest": snapshot_lines(rows(), digest="0" * 64),
    "a wrong count": snapshot_lines(rows(), items=4),
    "fewer lines than the header says": snapshot_lines(rows()[:-1]),
    "a line changed": snapshot_lines(rows())
    .replace("事项 2".encode(), "事项 X".encode())
    .replace(b"\\u4e8b\\u9879 2", b"X"),
    "a line twice": snapshot_lines(rows()).replace(json.dumps(thing(2), ensure_ascii=False).encode() + b"\n", b"", 1),
    "more after the end": snapshot_lines(rows()) + b"{}\n",
    "a change that came later": snapshot_lines([{"changeNumber": 2, "items": 3}, *rows()[1:]]),
    "an item that is none": snapshot_lines([*rows(1)[:1], {"kind": "x"}]),
    "a line that is a list": snapshot_lines(rows()).replace(b'{"state"', b'[{"state"', 1),
    "no line end": snapshot_lines(rows())[:-1],
    "deep nesting": b"[" * 100_000 + b"\n",
}


@pytest.mark.parametrize("content", SPOILT.values(), ids=SPOILT.keys())
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_snapshot_that_is_not_as_it_was_written_is_refused(
    target: Path, content: bytes, pack: Callable[[bytes], bytes]
) -> None:
    target.write_bytes(pack(content))

    with pytest.raises(NotAsPromised):
        numbers(target)


def test_a_snapshot_of_nothing_is_one(target: Path) -> None:
    target.write_bytes(snapshot_lines([{"changeNumber": 0, "items": 0}]))

    assert numbers(target) == []


class _Stalling(BaseHTTPRequestHandler):
    """Sends half of what is left, and then nothing, until it is let go."""

    protocol_version = "HTTP/1.1"
    centre: PlayedCentre
    let_go: Event
    ranges: "SimpleQueue[str | None]"

    def do_GET(self) -> None:
        self.ranges.put(self.headers.get("range"))
        answer = self.centre(httpx.Request("GET", f"http://centre{self.path}", headers=dict(self.headers.items())))
        content = b"".join(answer.iter_raw())
        self.send_response_only(answer.status_code)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        half = len(content) // 2
        self.wfile.write(content[:half])
        self.let_go.wait(30)
        self.wfile.write(content[half:])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients are killed here."""


def test_a_client_that_is_killed_goes_on_where_its_file_ends(target: Path, centre: PlayedCentre) -> None:
    let_go, ranges = Event(), SimpleQueue[str | None]()
    handler = type("Handler", (_Stalling,), {"centre": centre, "let_go": let_go, "ranges": ranges})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            for _ in range(2):
                _fetch_and_be_killed(address, target, centre)
            let_go.set()
            with CatalogClient(address) as client:
                client.snapshot(target)
        finally:
            let_go.set()
            server.shutdown()
            thread.join(timeout=20)

    begun = [int(re.sub(r"\D", "", asked or "0")) for asked in (ranges.get(), ranges.get(), ranges.get())]
    assert numbers(target) == list(range(1, 500))
    assert 0 == begun[0] < begun[1] < begun[2]
    assert left_beside(target) == []


def _fetch_and_be_killed(address: str, target: Path, centre: PlayedCentre) -> None:
    part = target.with_name("snapshot.part")
    there = part.stat().st_size if part.exists() else 0
    half = there + (len(centre.snapshot("zstd")) - there) // 2
    command = [sys.executable, "-c", FETCH, address, str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while int(process.stdout.readline()) < half:
            pass
        process.kill()


@pytest.mark.parametrize("seed", range(8))
def test_over_a_bad_network_every_byte_comes(seed: int, target: Path, centre: PlayedCentre) -> None:
    mischief = Mischief(drop=0.2, lose=0.2, late=0.2, delay=0.2, duplicate=0.2, cut=0.6, trickle=0.2, longest=0.01)
    retries = Retries(attempts=50, seconds=60, first=0.001, longest=0.01)
    with (
        on_a_socket(centre) as port,
        on_the_way(seed, port, mischief) as network,
        CatalogClient(network.address, timeout=5, retries=retries) as client,
    ):
        client.snapshot(target)

    assert target.read_bytes() == centre.snapshot("zstd")
    assert numbers(target) == list(range(1, 500))
