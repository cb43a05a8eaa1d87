"""How often one may ask: rates counted over a moving window, by address, key, number or whatever a part names."""

import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from urllib.parse import urlsplit

from fastapi import Request
from limits import RateLimitItem, parse_many
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from service_catalog.kernel.errors import Invalid, Said, TooMany, Unavailable
from service_catalog.settings import Settings

NETWORK_OF_ONE_CALLER = 64
"""Bits: a household or a machine has a whole IPv6 network of this size, and with it any number of addresses."""
FEWEST_TO_SWEEP = 1_000
"""Counted callers below which ended windows are not worth looking for."""


class RateExceeded(TooMany):
    """The caller has asked as often as may be in that time; the fact `retry_after` says in how many seconds again."""

    title = Said("请求过于频繁", "Asked too often")


class RateStorageAway(Unavailable):
    """The store that counts the rates does not answer; what is limited is refused rather than let through uncounted."""

    title = Said("频次统计暂时不可用", "Rates cannot be counted for the moment")


class RateStorageUnusable(Invalid):
    """CATALOG_RATE_STORAGE names a store that is unknown, lacks its client, or cannot count a moving window."""

    title = Said("频次统计的存储设置有误", "The store of the rates is not set up rightly")


class CountedHere(MemoryStorage):
    """Moving windows of this process, by a clock passed in; one lock, and a sweep when it has doubled.

    The library's own memory storage reads the system's time and starts a thread for each sweep.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, deque[float]]] = {}
        self._sweep_at = FEWEST_TO_SWEEP

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` now and return True, or return False and count nothing where they would be too many."""
        with self._lock:
            moment = self._clock()
            entries = self._entries(key, expiry, moment)
            if len(entries) + amount > limit:
                return False
            if key not in self._windows:
                self._sweep(moment)
                self._windows[key] = (expiry, entries)
            entries.extend([moment] * amount)
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return since when the window runs (seconds of the clock) and how many are in it."""
        with self._lock:
            moment = self._clock()
            entries = self._entries(key, expiry, moment)
            return (entries[0] if entries else moment), len(entries)

    def clear(self, key: str) -> None:
        """Forget one window."""
        with self._lock:
            self._windows.pop(key, None)

    def reset(self) -> int:
        """Forget everything; return how many windows there were."""
        with self._lock:
            number = len(self._windows)
            self._windows.clear()
            return number

    def _entries(self, key: str, expiry: int, moment: float) -> deque[float]:
        _, entries = self._windows.get(key, (expiry, deque[float]()))
        while entries and entries[0] <= moment - expiry:
            entries.popleft()
        return entries

    def _sweep(self, moment: float) -> None:
        """Drop the windows that have ended, so that callers who never come again do not fill the memory."""
        if len(self._windows) < self._sweep_at:
            return
        self._windows = {
            key: (expiry, entries)
            for key, (expiry, entries) in self._windows.items()
            if entries and entries[-1] > moment - expiry
        }
        self._sweep_at = max(FEWEST_TO_SWEEP, 2 * len(self._windows))


class Limiter:
    """Counts who asks for what; `name` says what is counted, `who` for whom, `rate` how often it may be."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime]) -> None:
        """Open the store that the settings name; raises RateStorageUnusable.

        The clock counts for memory://; a store outside counts by its own.
        """
        self._clock = clock
        self._storage = _storage(settings.rate_storage, self._seconds)
        try:
            self._windows = MovingWindowRateLimiter(self._storage)
        except NotImplementedError as error:
            raise _unusable(settings.rate_storage, "it cannot count a moving window") from error

    def hit(self, name: str, rate: str, *who: str) -> None:
        """Count once; raises RateExceeded, which counts nothing, and RateStorageAway."""
        limits, key = _limits(rate), _key(who)
        with _answering():
            self._refuse_full(limits, name, key)
            for limit in limits:
                if not self._windows.hit(limit, name, key):  # somebody else was faster
                    self._refuse_full(limits, name, key)
                    raise _exceeded(1)

    def check(self, name: str, rate: str, *who: str) -> None:
        """Refuse as `hit` would, without counting; raises RateExceeded, RateStorageAway."""
        with _answering():
            self._refuse_full(_limits(rate), name, _key(who))

    def _seconds(self) -> float:
        return self._clock().timestamp()

    def _refuse_full(self, limits: tuple[RateLimitItem, ...], name: str, key: str) -> None:
        full = [limit for limit in limits if not self._windows.test(limit, name, key)]
        if full:
            free_at = max(self._windows.get_window_stats(limit, name, key).reset_time for limit in full)
            raise _exceeded(max(1, ceil(free_at - self._seconds())))


def address_of(request: Request) -> str:
    """Return whom to count: the IPv4 address, or the /64 network of an IPv6 address.

    The address is that of the connection. Behind a proxy it is the proxy's, unless uvicorn runs with --proxy-headers and
    the proxy is in FORWARDED_ALLOW_IPS: then uvicorn puts the forwarded one in its place. No header is read here, since
    anybody may send one.
    """
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host.partition("%")[0])  # fe80::1%eth0: the name of the interface tells nothing
    except ValueError:
        return host  # a Unix socket
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, NETWORK_OF_ONE_CALLER), strict=False))


def _storage(url: str, seconds: Callable[[], float]) -> Storage:
    if urlsplit(url).scheme == "memory":
        return CountedHere(seconds)
    try:
        storage = storage_from_string(url, wrap_exceptions=True)
    except ConfigurationError as error:
        raise _unusable(url, "unknown, or its client is not installed") from error
    assert isinstance(storage, Storage)
    return storage


@lru_cache(maxsize=100)
def _limits(rate: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse_many(rate))


def _key(who: tuple[str, ...]) -> str:
    """Return a key of fixed length: ("a/b", "c") is not ("a", "b/c"), and no address stands readable in the store."""
    return hashlib.blake2b(json.dumps(who).encode(), digest_size=16).hexdigest()


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        raise RateStorageAway("频次统计暂时不可用，请稍后再试", "rates cannot be counted; try again later") from error


def _exceeded(seconds: int) -> RateExceeded:
    minutes = ceil(seconds / 60)
    zh, en = (f"{seconds} 秒", f"{seconds} s") if seconds < 120 else (f"{minutes} 分钟", f"{minutes} minutes")
    return RateExceeded(f"请求过于频繁，请在 {zh}后再试", f"asked too often; try again in {en}", retry_after=seconds)


def _unusable(url: str, reason: str) -> RateStorageUnusable:
    """Name the scheme only: the rest may hold a password."""
    scheme = urlsplit(url).scheme
    return RateStorageUnusable(
        f"CATALOG_RATE_STORAGE：不能使用“{scheme}”", f"CATALOG_RATE_STORAGE {scheme!r}: {reason}"
    )
