"""The client of a centre: tries again what may be tried again, believes nothing that breaks a promise, loses no row."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pytest
from centre_played import PACK, Cut, PlayedCentre, Spoil, cut_at, on_a_socket, problem, sent, thing, with_headers
from network import Mischief, on_the_way

from service_catalog.sync import asking
from service_catalog.sync.answers import CentreAway, NotAsPromised, Refused, SnapshotNeeded
from service_catalog.sync.client import CatalogClient
from service_catalog.sync.documents import digest_of
from service_catalog.sync.retrying import Retries, retry_after_of

CENTRE = "https://centre.example/catalog"
REGION = "152921000000"


@dataclass
class Time:
    """A clock that only pauses move."""

    at: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds


@pytest.fixture
def centre() -> PlayedCentre:
    return PlayedCentre([thing(number) for number in (3, 5, 8, 13)], head=20)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def client(centre: PlayedCentre, time: Time) -> Iterator[CatalogClient]:
    with speaking_with(centre, time) as made:
        yield made


@contextmanager
def speaking_with(centre: PlayedCentre, time: Time, **options: Any) -> Iterator[CatalogClient]:
    transport = httpx.MockTransport(centre)
    with CatalogClient(
        CENTRE, key="sck_abc.def", transport=transport, sleep=time.sleep, clock=time, random=Random(1), **options
    ) as made:
        yield made


@contextmanager
def over_a_line(address: str, **options: Any) -> Iterator[CatalogClient]:
    """A client on real sockets, which pauses hardly at all."""
    retries = Retries(attempts=100, seconds=60, first=0.001, longest=0.01)
    with CatalogClient(address, timeout=httpx.Timeout(5), retries=retries, **options) as made:
        yield made


def feed(body: dict[str, Any], head: str | None = "20") -> httpx.Response:
    return httpx.Response(200, json=body, headers={} if head is None else {"Change-Number": head})


def numbers(client: CatalogClient, after: int = 0, **asked: Any) -> list[int]:
    return [item.modified for page in client.pages(after, **asked) for item in page.items]


def test_the_client_needs_no_database_and_no_web_framework() -> None:
    question = (
        "import sys, service_catalog.sync.client;"
        "print([name for name in ('sqlalchemy', 'sqlmodel', 'fastapi', 'starlette', 'alembic') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


def test_the_feed_is_walked_to_its_end(client: CatalogClient, centre: PlayedCentre) -> None:
    pages = list(client.pages(0, limit=3))

    assert [[item.modified for item in page.items] for page in pages] == [[3, 5, 8], [13], []]
    assert [page.next_after for page in pages] == [8, 13, 20]
    assert [page.is_last for page in pages] == [False, False, True]
    assert pages[0].items[0].document == {"name": "事项 3"}
    assert pages[-1].change_number == 20
    assert pages[-1].made_at == datetime(2026, 3, 10, 1, tzinfo=UTC)
    assert {str(request.url).partition("?")[0] for request in centre.asked} == {f"{CENTRE}/v1/feed"}


def test_the_key_goes_with_every_request(client: CatalogClient, centre: PlayedCentre) -> None:
    numbers(client)

    assert {request.headers["authorization"] for request in centre.asked} == {"Bearer sck_abc.def"}


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "钥匙"])
def test_a_key_that_no_header_could_carry_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="printable") as refusal:
        CatalogClient(CENTRE, key=key)
    assert not key or key not in str(refusal.value)


@pytest.mark.parametrize(
    "address", ["centre.example", "ftp://centre.example", "https://", "https://a:b@c", "http://a?b"]
)
def test_an_address_is_that_of_a_site(address: str) -> None:
    with pytest.raises(ValueError, match="address of a centre"):
        CatalogClient(address)


@pytest.mark.parametrize("path", ["v1/feed", "//evil.example/v1", "https://evil.example/v1"])
def test_no_path_leads_to_another_host(client: CatalogClient, path: str) -> None:
    with pytest.raises(ValueError, match="path of the centre"):
        client.get(path)


def test_a_scope_is_asked_for_as_it_is_said(client: CatalogClient, centre: PlayedCentre) -> None:
    numbers(client, 13, region=REGION, kinds=("implementation", "agency"), surroundings=True, ended="documents")

    assert dict(centre.asked[0].url.params) == {
        "afterChangeNumber": "13", "limit": "500", "region": REGION, "kinds": "implementation,agency", "surroundings": "true",
        "ended": "documents",
    }  # fmt: skip


def test_a_long_poll_is_given_the_time_that_it_takes(client: CatalogClient, centre: PlayedCentre) -> None:
    numbers(client, 13, wait=50)

    assert centre.asked[0].url.params["wait"] == "50"
    assert centre.asked[0].extensions["timeout"]["read"] == 80
    assert centre.asked[0].extensions["timeout"]["connect"] == 10


def test_only_the_first_page_is_held_back(client: CatalogClient, centre: PlayedCentre) -> None:
    numbers(client, 0, limit=2, wait=50)

    assert [request.url.params.get("wait") for request in centre.asked] == ["50", None, None]
    assert [request.extensions["timeout"]["read"] for request in centre.asked] == [80, 30, 30]


def test_what_the_centre_writes_into_next_is_brought_back(client: CatalogClient, centre: PlayedCentre) -> None:
    def with_more(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        return feed(answer.json() | {"next": answer.json()["next"] + "&began=7"})

    centre.spoils = [with_more]
    assert numbers(client, limit=2) == [3, 5, 8, 13]

    assert [request.url.params.get("began") for request in centre.asked] == [None, "7", "7"]


def test_a_next_that_leads_elsewhere_is_not_followed(client: CatalogClient, centre: PlayedCentre) -> None:
    def elsewhere(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        return feed(answer.json() | {"next": "https://evil.example/v1/feed?afterChangeNumber=5"})

    centre.spoils = [elsewhere]

    assert numbers(client, limit=2) == [3, 5, 8, 13]
    assert {request.url.host for request in centre.asked} == {"centre.example"}


def test_the_age_of_a_cached_page_is_told(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [with_headers(Age="90"), with_headers(Age="5")]

    first, second, third = client.pages(0, limit=3, max_age=8)

    assert [page.age for page in (first, second, third)] == [90, 5, 0]
    assert [page.is_older_than_asked for page in (first, second, third)] == [True, False, False]
    assert centre.asked[0].headers["cache-control"] == "max-age=8"


def test_who_wants_no_cache_says_so(client: CatalogClient, centre: PlayedCentre) -> None:
    numbers(client, 13, max_age=0)
    client.digest()

    assert [request.headers.get("cache-control") for request in centre.asked] == ["no-cache", "no-cache"]


FAILURES: dict[str, Callable[[], Spoil]] = {
    "nobody listens": lambda: httpx.ConnectError("refused"),
    "connecting takes too long": lambda: httpx.ConnectTimeout("slow"),
    "the line breaks": lambda: httpx.ReadError("reset"),
    "the line breaks while sending": lambda: httpx.WriteError("reset"),
    "nothing comes": lambda: httpx.ReadTimeout("silent"),
    "the proxy fails": lambda: httpx.ProxyError("502"),
    "no answer": lambda: httpx.RemoteProtocolError("disconnected"),
    "cut": lambda: cut_at(0.5),
    "JSON ends early": lambda: httpx.Response(200, headers={"content-type": "application/json"}, content=b'{"items": ['),
    "gzip ends early": lambda: httpx.Response(
        200, headers={"content-type": "application/json", "content-encoding": "gzip"},
        stream=httpx.ByteStream(gzip.compress(json.dumps({"items": list(range(5000))}).encode())[:-500]),
    ),
    "gzip is none": lambda: httpx.Response(
        200, headers={"content-type": "application/json", "content-encoding": "gzip"}, stream=httpx.ByteStream(b"{}")
    ),
    "zstd is none": lambda: httpx.Response(
        200, headers={"content-type": "application/json", "content-encoding": "zstd"}, stream=httpx.ByteStream(b"{}")
    ),
    "a sign-in page": lambda: httpx.Response(200, html="<h1>Wi-Fi</h1>"),
    "a problem that is cut": lambda: httpx.Response(404, headers={"content-type": "application/problem+json"}, stream=Cut(b"{")),
    "408": lambda: problem(408, "request-timeout"),
    "429": lambda: problem(429, "too-many"),
    "502": lambda: httpx.Response(502, html="Bad Gateway"),
    "503": lambda: problem(503, "database-unavailable"),
    "504": lambda: httpx.Response(504),
}  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_what_may_pass_is_asked_again(
    client: CatalogClient, centre: PlayedCentre, time: Time, failure: Callable[[], Spoil]
) -> None:
    centre.spoils = [failure()]

    assert numbers(client) == [3, 5, 8, 13]
    assert len(time.pauses) == 1


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_a_post_without_a_key_of_its_own_is_sent_once(
    client: CatalogClient, centre: PlayedCentre, time: Time, failure: Callable[[], Spoil]
) -> None:
    centre.spoils = [failure()]

    with pytest.raises((CentreAway, Refused)):
        client.post("/v1/readers/reports", json={})
    assert (len(centre.asked), time.pauses) == (1, [])


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_a_post_with_a_key_of_its_own_is_the_same_again(
    client: CatalogClient, centre: PlayedCentre, failure: Callable[[], Spoil]
) -> None:
    centre.spoils = [failure()]

    [answer] = client.push("implementations", [{"record_id": "1"}], key="k")

    first, second = centre.asked
    assert answer["receipts"] == [{"record_id": "1", "outcome": "drafted"}]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.content == second.content == b'{"rows":[{"record_id":"1"}]}'


def test_attempts_are_bounded_and_pauses_grow_with_full_jitter(
    client: CatalogClient, centre: PlayedCentre, time: Time
) -> None:
    centre.spoils = [httpx.ConnectError("refused")] * 100

    with pytest.raises(CentreAway, match="6 attempts") as away:
        numbers(client)

    bounds = [0.5, 1, 2, 4, 8]
    assert away.value.attempts == len(centre.asked) == 6
    assert all(0 < pause < bound for pause, bound in zip(time.pauses, bounds, strict=True))


def test_pauses_are_anything_up_to_their_bound() -> None:
    random, retries = Random(7), Retries(first=1, longest=10)

    drawn = [[retries.pause_after(failures, random) for _ in range(1000)] for failures in (1, 3, 900)]

    for pauses, bound in zip(drawn, (1, 4, 10), strict=True):
        assert min(pauses) < bound * 0.02
        assert bound * 0.98 < max(pauses) <= bound


def test_attempts_are_bounded_in_time(centre: PlayedCentre, time: Time) -> None:
    def slowly(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        time.at += 50
        raise httpx.ReadTimeout("silent")

    centre.spoils = [slowly] * 100
    with speaking_with(centre, time, retries=Retries(attempts=99, seconds=120)) as client, pytest.raises(CentreAway):
        numbers(client)

    assert len(centre.asked) == 3


def test_an_answer_that_drips_without_end_is_given_up(centre: PlayedCentre, time: Time) -> None:
    class Dripping(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                time.at += 10
                yield b" "

    headers = {"content-type": "application/json"}
    centre.spoils = [httpx.Response(200, headers=headers, stream=Dripping()) for _ in range(99)]
    with speaking_with(centre, time) as client, pytest.raises(CentreAway, match="did not end"):
        numbers(client)
    assert len(centre.asked) == 9  # 500, 250 … 1 rows


def test_over_a_thin_line_shorter_pages_are_asked_for_until_one_comes_through(centre: PlayedCentre, time: Time) -> None:
    """A page is not resumed: the same one again would break off at the same place for ever."""

    def thin(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        rows = answer.json()["items"]

        class Thin(httpx.SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                for piece in range(0, len(answer.content), 100):
                    time.at += len(rows) * 10 / (len(answer.content) / 100)
                    yield answer.content[piece : piece + 100]

        return httpx.Response(200, headers=answer.headers, stream=Thin())

    centre.things, centre.head = [thing(number) for number in range(1, 101)], 100
    centre.spoils = [thin] * 999
    once = Retries(attempts=3, seconds=120)
    with speaking_with(centre, time, retries=once) as client:
        assert numbers(client) == list(range(1, 101))
        asked = [int(request.url.params["limit"]) for request in centre.asked]
        assert asked[:7] == [500, 250, 125, 62, 31, 15, 7]
        assert all(rows <= 16 for rows in asked[5:])

        centre.spoils = []
        numbers(client)
        grown = int(centre.asked[-1].url.params["limit"])
        assert 16 < grown <= 500


def test_an_answer_without_bounds_is_not_read(
    client: CatalogClient, centre: PlayedCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "BIGGEST_ANSWER", 100)

    with pytest.raises(NotAsPromised, match="more than 100"):
        numbers(client)
    assert len(centre.asked) == 1


def test_no_attempt_is_made_before_the_time_that_the_centre_names(
    client: CatalogClient, centre: PlayedCentre, time: Time
) -> None:
    centre.spoils = [problem(429, "too-many", Retry_After="7"), problem(503, "away", Retry_After="40")]

    assert numbers(client) == [3, 5, 8, 13]
    assert 7 < time.pauses[0] < 7.5
    assert 40 < time.pauses[1] < 41


def test_who_would_have_to_wait_too_long_hears_it_at_once(
    client: CatalogClient, centre: PlayedCentre, time: Time
) -> None:
    centre.spoils = [problem(503, "away", Retry_After="3600")]

    with pytest.raises(CentreAway) as away:
        numbers(client)
    assert (away.value.retry_after, time.pauses) == (3600, [])


def test_a_date_in_retry_after_is_read_by_the_clock_of_the_centre() -> None:
    wrong_clock = datetime(2001, 1, 1, tzinfo=UTC)
    due, date = "Tue, 10 Mar 2026 01:00:30 GMT", "Tue, 10 Mar 2026 01:00:00 GMT"

    assert retry_after_of(due, date, now=wrong_clock) == 30
    assert retry_after_of(date, due, now=wrong_clock) == 0
    assert retry_after_of(due, None, now=datetime(2026, 3, 10, 1, tzinfo=UTC)) == 30
    assert [retry_after_of(value, date, now=wrong_clock) for value in (None, "soon", "-3", "１")] == [None] * 4


def test_a_batch_that_is_being_carried_out_is_waited_for(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [problem(409, "request-running", Retry_After="1")]

    assert len(list(client.push("implementations", [{"record_id": "1"}], key="k"))) == 1


def test_a_refusal_comes_with_its_problem_and_is_not_asked_again(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [problem(409, "idempotency-key-reused")]

    with pytest.raises(Refused, match="不行") as refusal:
        list(client.push("implementations", [{"record_id": "1"}], key="k"))
    assert (refusal.value.status, refusal.value.name) == (409, "idempotency-key-reused")
    assert refusal.value.is_from_catalogue
    assert len(centre.asked) == 1


def test_a_refusal_by_something_on_the_way_is_told_apart(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [httpx.Response(403, html="<h1>Blocked</h1>")]

    with pytest.raises(Refused) as refusal:
        numbers(client)
    assert not refusal.value.is_from_catalogue


def test_an_error_of_the_centre_itself_is_not_asked_again(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [problem(500, "internal-error")]

    with pytest.raises(CentreAway, match="500"):
        numbers(client)
    assert len(centre.asked) == 1


def test_a_redirect_is_not_followed(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [httpx.Response(302, headers={"Location": "https://evil.example/"})]

    with pytest.raises(NotAsPromised, match="302"):
        numbers(client)
    assert len(centre.asked) == 1


def test_a_cursor_that_has_expired_asks_for_a_snapshot(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [problem(410, "feed-cursor-expired")]

    with pytest.raises(SnapshotNeeded):
        numbers(client)


def test_a_410_that_the_catalogue_did_not_say_asks_for_nothing(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [httpx.Response(410, html="gone")]

    with pytest.raises(Refused):
        numbers(client)


def next_of(after: int, more: str = "") -> str:
    return f"{CENTRE}/v1/feed?afterChangeNumber={after}{more}"


DISHONEST: dict[str, dict[str, Any]] = {
    "out of order": {"items": [thing(12), thing(11)], "next": next_of(11)},
    "one number twice": {"items": [thing(12), thing(12)], "next": next_of(12)},
    "what was read already": {"items": [thing(10)], "next": next_of(10)},
    "a gap": {"items": [thing(11)], "next": next_of(15)},
    "a step back": {"items": [thing(11)], "next": next_of(3)},
    "an empty page that moves on": {"items": [], "next": next_of(15)},
    "an empty page that is old": {"items": [], "next": next_of(10), "head": "9"},
    "no next": {"items": [thing(11)]},
    "no items": {"next": next_of(10)},
    "another region": {"items": [thing(11)], "next": next_of(11, f"&region={REGION}")},
    "other surroundings": {"items": [thing(11)], "next": next_of(11, "&surroundings=true")},
    "other tombstones": {"items": [thing(11)], "next": next_of(11, "&ended=documents")},
    "a tombstone with content": {"items": [thing(11) | {"state": "deleted"}], "next": next_of(11)},
    "an update without content": {"items": [thing(11) | {"data": None}], "next": next_of(11)},
    "a number that is none": {"items": [thing(11) | {"modified": "11"}], "next": next_of(11)},
    "no change number": {"items": [thing(11)], "next": next_of(11), "head": None},
}


@pytest.mark.parametrize("page", DISHONEST.values(), ids=DISHONEST.keys())
def test_a_page_that_breaks_a_promise_is_not_used(
    client: CatalogClient, centre: PlayedCentre, page: dict[str, Any]
) -> None:
    centre.spoils = [feed(page, page.get("head", "20"))]

    with pytest.raises(NotAsPromised):
        numbers(client, 10)


@pytest.mark.parametrize("kinds", ["region", "region,agency,code"])
def test_a_page_with_kinds_that_nobody_asked_for_is_not_used(
    client: CatalogClient, centre: PlayedCentre, kinds: str
) -> None:
    centre.spoils = [feed({"items": [thing(11, "region")], "next": next_of(11, f"&kinds={kinds}")})]

    with pytest.raises(NotAsPromised):
        numbers(client, 10, kinds=("region", "agency"))


def test_a_kind_that_nobody_asked_for_is_not_used(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [feed({"items": [thing(11, "code")], "next": next_of(11, "&kinds=agency")})]

    with pytest.raises(NotAsPromised, match="kind"):
        numbers(client, 10, kinds=("agency",))


def digests(centre: PlayedCentre) -> dict[str, dict[str, str]]:
    own: dict[str, dict[str, str]] = {}
    for one in centre.things:
        own.setdefault(one["kind"], {})[one["id"]] = digest_of(one["data"])
    return own


def test_equal_copies_are_known_by_one_question(client: CatalogClient, centre: PlayedCentre) -> None:
    found = client.compare(digests(centre), region=REGION)

    assert (found.differences, found.requests, found.is_steady, found.change_number) == ((), 1, True, 20)
    assert centre.asked[0].url.params["region"] == REGION


def test_what_differs_is_found_in_a_few_questions(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.things = [thing(number) for number in range(1, 400)] + [thing(500, "agency")]
    own = digests(centre)
    own["implementation"]["X00007"] = "0" * 64
    del own["implementation"]["X00300"]
    own["region"] = {"152900000000": "1" * 64}

    found = client.compare(lambda kind: own.get(kind, {}))

    assert [(one.kind, one.id) for one in found.differences] == [
        ("implementation", "X00007"), ("implementation", "X00300"), ("region", "152900000000")
    ]  # fmt: skip
    assert (found.differences[0].mine, found.differences[1].mine, found.differences[2].centre) == ("0" * 64, None, None)
    assert found.requests == 5


def test_a_centre_that_changes_meanwhile_is_told(client: CatalogClient, centre: PlayedCentre) -> None:
    def move(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        centre.head = 21
        return answer

    centre.spoils = [move]

    assert not client.compare({}).is_steady


def rows(count: int) -> list[dict[str, Any]]:
    return [{"record_id": f"r{number}", "local": {"note": "备注"}} for number in range(count)]


def test_a_push_goes_in_batches_and_again_under_the_same_keys(client: CatalogClient, centre: PlayedCentre) -> None:
    first = list(client.push("implementations", rows(2500), key="k"))
    second = list(client.push("implementations", rows(2500), key="k"))

    assert [len(answer["receipts"]) for answer in first] == [1000, 1000, 500]
    assert first == second
    assert len(centre.taken) == 3


def test_another_push_has_other_keys(client: CatalogClient, centre: PlayedCentre) -> None:
    for options in ({}, {"dry_run": True}, {"whole": True}):
        list(client.push("implementations", rows(1), key="k", **options))
    list(client.push("agencies", rows(1), key="k"))
    list(client.push("implementations", rows(1), key="another"))
    list(client.push("implementations", [{"record_id": "r0", "local": {}}], key="k"))
    list(client.push("implementations", rows(1) * 1001, key="k"))

    assert len(centre.taken) == len(centre.asked) == 8
    assert [str(request.url.query, "ascii") for request in centre.asked[:3]] == ["", "dry_run=true", "whole=true"]


def test_all_or_nothing_is_one_batch_and_not_too_long(client: CatalogClient, centre: PlayedCentre) -> None:
    [answer] = client.push("implementations", rows(2500), key="k", whole=True)

    assert len(answer["receipts"]) == 2500
    with pytest.raises(ValueError, match="10,000"):
        next(client.push("implementations", rows(10_001), key="k", whole=True))


def test_receipts_that_came_are_kept_though_the_line_then_breaks(client: CatalogClient, centre: PlayedCentre) -> None:
    answers = client.push("implementations", rows(1500), key="k")
    kept = next(answers)
    centre.spoils = [httpx.ConnectError("refused")] * 6

    with pytest.raises(CentreAway):
        next(answers)
    assert len(kept["receipts"]) == 1000


@pytest.mark.parametrize("receipts", [None, [], [{"record_id": "r1"}, {"record_id": "r0"}], ["r0", "r1"]])
def test_receipts_that_do_not_answer_the_rows_are_not_used(
    client: CatalogClient, centre: PlayedCentre, receipts: Any
) -> None:
    centre.spoils = [httpx.Response(200, json={"receipts": receipts})]

    with pytest.raises(NotAsPromised):
        list(client.push("implementations", rows(2), key="k"))


def test_receipts_can_be_asked_for_again(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [
        httpx.Response(200, json={"items": [{"row": 0}], "next": "/v1/push/b%2F1?limit=1&after=0"}),
        httpx.Response(200, json={"items": [{"row": 1}], "next": None}),
    ]

    assert list(client.receipts("b/1")) == [{"row": 0}, {"row": 1}]
    assert [str(request.url).removeprefix(CENTRE) for request in centre.asked] == [
        "/v1/push/b%2F1", "/v1/push/b%2F1?after=0"
    ]  # fmt: skip


def test_a_list_that_does_not_move_is_not_walked_for_ever(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [httpx.Response(200, json={"items": [], "next": "/v1/push/b?after=0"}) for _ in range(9)]

    with pytest.raises(NotAsPromised):
        list(client.receipts("b"))


def test_a_report_says_how_far_one_is(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [httpx.Response(200, json={"change_number": 20, "behind": 7})]

    answer = client.report(
        "kiosk-1", "kiosk", region=REGION, change_number=13, confirmed_at=datetime(2026, 3, 10, 1, tzinfo=UTC)
    )

    assert answer == {"change_number": 20, "behind": 7}
    assert json.loads(centre.asked[0].content) | {"software": ""} == {
        "reader": "kiosk-1", "kind": "kiosk", "region": REGION, "change_number": 13,
        "confirmed_at": "2026-03-10T01:00:00+00:00", "waiting_appeals": 0, "software": "",
    }  # fmt: skip


def test_a_form_with_files_is_sent_whole_each_time(client: CatalogClient, centre: PlayedCentre) -> None:
    centre.spoils = [httpx.ReadError("reset"), httpx.Response(204)]

    answer = client.post(
        "/v1/appeals/handed-over", fields={"appeal": "{}"}, files=[("attachments", ("a.png", b"\x89PNG", "image/png"))],
        idempotency_key="512600000001",
    )  # fmt: skip

    assert answer == {}
    assert all(b"\x89PNG" in request.content for request in centre.asked)


@pytest.mark.parametrize("named", ["argument", "environment"])
def test_a_proxy_is_used_where_one_is_named(centre: PlayedCentre, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    with on_a_socket(centre) as port:
        proxy = f"http://127.0.0.1:{port}"
        if named == "environment":
            monkeypatch.setenv("HTTP_PROXY", proxy)
        with over_a_line("http://centre.invalid", proxy=proxy if named == "argument" else None) as client:
            assert numbers(client) == [3, 5, 8, 13]

    assert {request.url.host for request in centre.asked} == {"centre.invalid"}


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_packed_answers_are_unpacked(centre: PlayedCentre, coding: str) -> None:
    def as_packed(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        assert coding in request.headers["accept-encoding"]
        headers = {"Change-Number": "20", "Content-Type": "application/json", "Content-Encoding": coding}
        return sent(200, headers, PACK[coding](answer.content))

    centre.spoils = [as_packed] * 2
    with on_a_socket(centre) as port, over_a_line(f"http://127.0.0.1:{port}") as client:
        assert numbers(client) == [3, 5, 8, 13]


@pytest.mark.parametrize("seed", range(8))
def test_over_a_bad_network_no_item_is_missed_and_none_comes_twice(seed: int) -> None:
    centre = PlayedCentre([thing(number) for number in range(1, 200)], head=199)
    with (
        on_a_socket(centre) as port,
        on_the_way(seed, port, Mischief.all_of_it(0.15, longest=0.01)) as network,
        over_a_line(network.address) as client,
    ):
        assert numbers(client, limit=10) == list(range(1, 200))

        assert len(network.log) > 20


@pytest.mark.parametrize("seed", range(8))
def test_over_a_bad_network_a_push_is_taken_once(seed: int) -> None:
    centre = PlayedCentre()
    with (
        on_a_socket(centre) as port,
        on_the_way(seed, port, Mischief.all_of_it(0.2, longest=0.01)) as network,
        over_a_line(network.address) as client,
    ):
        answers = list(client.push("implementations", rows(5000), key=f"seed {seed}"))

    sent_rows = [row["record_id"] for row in rows(5000)]
    assert [receipt["record_id"] for answer in answers for receipt in answer["receipts"]] == sent_rows
    assert len(centre.taken) == 5


def test_a_line_that_comes_back_is_used_at_once(centre: PlayedCentre) -> None:
    with on_a_socket(centre) as port, on_the_way(1, port) as network:
        network.down()
        coming_back = iter([None, None, network.up])

        def pause(seconds: float) -> None:
            if (back := next(coming_back)) is not None:
                back()

        with CatalogClient(network.address, sleep=pause, clock=Time()) as client:
            assert numbers(client) == [3, 5, 8, 13]
