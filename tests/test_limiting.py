"""How often one may ask: exact under a race, free again in time, and refused when it cannot be counted."""

import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from limits.storage import MemoryStorage
from pydantic import ValidationError
from starlette.testclient import TestClient

from service_catalog.access.limiting import (
    FEWEST_TO_SWEEP,
    CountedHere,
    Limiter,
    RateExceeded,
    RateStorageAway,
    RateStorageUnusable,
    address_of,
)
from service_catalog.kernel import problems
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock


class StoreThatIsDown(MemoryStorage):
    """A store outside that does not answer."""

    STORAGE_SCHEME = ["down"]  # noqa: RUF012 - the library wants a list

    @property
    def base_exceptions(self) -> type[Exception]:
        return ConnectionError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        raise ConnectionError("redis://secret@store")

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        raise ConnectionError("redis://secret@store")


@pytest.fixture
def limiter(clock: "Clock") -> Limiter:
    return Limiter(Settings(), clock=clock)


def passes(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except RateExceeded:
        return False
    return True


def test_a_full_limit_says_when_it_may_be_asked_again(limiter: Limiter, clock: "Clock") -> None:
    limiter.hit("appeals", "2/hour", "10.0.0.1")
    clock.at += timedelta(minutes=20)
    limiter.hit("appeals", "2/hour", "10.0.0.1")
    clock.at += timedelta(minutes=10, milliseconds=300)

    with pytest.raises(RateExceeded) as refused:
        limiter.hit("appeals", "2/hour", "10.0.0.1")

    assert refused.value.facts == {"retry_after": 1800}
    assert refused.value.said.zh == "请求过于频繁，请在 30 分钟后再试"
    clock.at += timedelta(seconds=1798)
    assert not passes(lambda: limiter.hit("appeals", "2/hour", "10.0.0.1"))
    clock.at += timedelta(seconds=2)
    assert passes(lambda: limiter.hit("appeals", "2/hour", "10.0.0.1"))
    assert not passes(lambda: limiter.hit("appeals", "2/hour", "10.0.0.1"))


@given(st.lists(st.integers(0, 900), max_size=60), st.integers(1, 6))
def test_no_hour_ever_has_more_than_the_limit_and_a_promise_to_wait_is_kept(waits: list[int], most: int) -> None:
    moment = datetime.fromisoformat("2026-03-10T01:00:00+00:00")
    limiter = Limiter(Settings(), clock=lambda: moment)
    through: list[datetime] = []
    promised: datetime | None = None
    for wait in waits:
        moment += timedelta(seconds=wait)
        try:
            limiter.hit("appeals", f"{most}/hour", "10.0.0.1")
        except RateExceeded as refused:
            promised = moment + timedelta(seconds=refused.facts["retry_after"])
        else:
            assert promised is None or moment >= promised
            through.append(moment)
            promised = None
        assert sum(at > moment - timedelta(hours=1) for at in through) <= most


def test_what_is_counted_and_for_whom_are_told_apart(limiter: Limiter) -> None:
    limiter.hit("appeals", "1/hour", "a/b", "c")

    for other in (("appeals", "a", "b/c"), ("appeals", "a/b"), ("wrong codes", "a/b", "c")):
        limiter.hit(other[0], "1/hour", *other[1:])
    assert not passes(lambda: limiter.hit("appeals", "1/hour", "a/b", "c"))


def test_checking_refuses_a_full_limit_and_counts_nothing(limiter: Limiter, clock: "Clock") -> None:
    for _ in range(20):
        limiter.check("wrong codes", "5/hour", "260012345678")
    for _ in range(5):
        limiter.hit("wrong codes", "5/hour", "260012345678")

    with pytest.raises(RateExceeded):
        limiter.check("wrong codes", "5/hour", "260012345678")
    limiter.check("wrong codes", "5/hour", "260012345679")
    clock.at += timedelta(hours=1)
    limiter.check("wrong codes", "5/hour", "260012345678")


def test_of_several_rates_all_hold_and_the_longest_wait_is_said(limiter: Limiter, clock: "Clock") -> None:
    rate = "2/minute;3/hour"
    asked = [passes(lambda: limiter.hit("appeals", rate, "x")) for _ in range(3)]
    clock.at += timedelta(minutes=1)
    asked += [passes(lambda: limiter.hit("appeals", rate, "x")) for _ in range(2)]

    with pytest.raises(RateExceeded) as refused:
        limiter.check("appeals", rate, "x")

    assert asked == [True, True, False, True, False]
    assert refused.value.facts == {"retry_after": 3540}


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("rate", ["30/hour", "30/hour;100/day"])
def test_of_two_hundred_at_once_exactly_thirty_get_through(limiter: Limiter, rate: str) -> None:
    start = threading.Barrier(20)
    through: list[bool] = []

    def ask_ten_times() -> None:
        start.wait()
        through.extend(passes(lambda: limiter.hit("appeals", rate, "10.0.0.1")) for _ in range(10))

    threads = [threading.Thread(target=ask_ten_times) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(through), sum(through)) == (200, 30)


def test_callers_who_never_come_again_do_not_fill_the_memory() -> None:
    moment = 0.0
    storage = CountedHere(lambda: moment)
    for caller in range(20 * FEWEST_TO_SWEEP):
        moment += 1
        storage.acquire_entry(str(caller), 1, 60)

    assert storage.reset() <= FEWEST_TO_SWEEP
    assert storage.get_moving_window("0", 1, 60) == (moment, 0)


def test_a_window_takes_no_more_than_its_limit_whoever_looked_before() -> None:
    storage = CountedHere(lambda: 0.0)

    assert [storage.acquire_entry("a", 3, 60) for _ in range(5)] == [True, True, True, False, False]
    assert not storage.acquire_entry("b", 3, 60, amount=4)
    assert storage.acquire_entry("b", 3, 60, amount=3)


def test_a_window_can_be_forgotten() -> None:
    storage = CountedHere(lambda: 0.0)
    storage.acquire_entry("a", 1, 60)

    storage.clear("a")

    assert storage.acquire_entry("a", 1, 60)


def test_a_store_that_does_not_answer_lets_nobody_through_and_shows_no_password(clock: "Clock") -> None:
    limiter = Limiter(Settings(rate_storage="down://"), clock=clock)

    for ask in (limiter.hit, limiter.check):
        with pytest.raises(RateStorageAway) as refused:
            ask("appeals", "30/hour", "10.0.0.1")
        assert "secret" not in str(refused.value.said)


@pytest.mark.parametrize("url", ["nowhere://user:secret@host", "redis://user:secret@host:1", "memcached://host:1"])
def test_a_store_that_cannot_be_used_is_refused_at_the_start(url: str, clock: "Clock") -> None:
    with pytest.raises(RateStorageUnusable, match=url.partition(":")[0]) as refused:
        Limiter(Settings(rate_storage=url), clock=clock)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("rate", ["", "often", "30", "30/fortnight", "-1/hour", "30/hour;often"])
def test_a_rate_that_is_none_is_refused_with_the_settings(rate: str) -> None:
    with pytest.raises(ValidationError, match="no rate such as 30/hour"):
        Settings(appeals_per_address=rate)


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("10.3.0.9", "10.3.0.9"),
        ("::ffff:10.3.0.9", "10.3.0.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_caller_is_an_address_or_an_ipv6_network(host: str, counted: str) -> None:
    scope = {"type": "http", "client": (host, 5000), "headers": [(b"x-forwarded-for", b"1.2.3.4")]}

    assert address_of(Request(scope)) == counted


def test_without_a_client_there_is_one_caller() -> None:
    assert address_of(Request({"type": "http", "client": None, "headers": []})) == ""


def test_the_answer_is_429_and_says_when_to_come_again(limiter: Limiter) -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    def ask(request: Request) -> str:
        limiter.hit("appeals", "1/minute", address_of(request))
        return "taken"

    with TestClient(app) as client:
        answers = [client.get("/") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].headers["Retry-After"] == "60"
    assert answers[1].json()["type"] == "/problems/rate-exceeded"
    assert answers[1].json()["retry_after"] == 60
