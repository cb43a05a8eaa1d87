"""One line to the centre: requests over httpx, what of an answer is trusted, and which failures are worth another attempt."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

import httpx

from service_catalog.sync.answers import Interrupted, NotAsPromised, Refused
from service_catalog.sync.retrying import NEVER_AGAIN, Retries, Tries, retry_after_of

T = TypeVar("T")
AGAIN = {408, 429, 502, 503, 504}
BIGGEST_ANSWER = 64_000_000
"""Bytes of an answer after decoding; a snapshot is not read into memory and has no such bound."""
BIGGEST_PROBLEM = 1_000_000


class Line:
    """Sends requests to one address only: redirects are not followed, no address is taken from an answer."""

    def __init__(
        self, http: httpx.Client, retries: Retries, *, sleep: Callable[[float], object] = time.sleep,
        random: Random | None = None, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.http, self.retries, self.sleep, self.clock = http, retries, sleep, clock
        self.random = random or Random()  # noqa: S311 - pauses are no secret

    def tries(self, *, patience: float = 0.0, repeatable: bool = True) -> Tries:
        """Begin to count the attempts of a request that the centre may hold back for `patience` seconds."""
        retries = self.retries if repeatable else NEVER_AGAIN
        return Tries(retries, sleep=self.sleep, random=self.random, clock=self.clock, patience=patience)

    def waiting(self, seconds: float) -> httpx.Timeout:
        """Return the usual timeouts, but so many seconds more until something comes."""
        usual = self.http.timeout
        longer = None if usual.read is None else usual.read + seconds
        return httpx.Timeout(connect=usual.connect, read=longer, write=usual.write, pool=usual.pool)

    def ask(
        self, request: Callable[[], httpx.Request], read: Callable[[httpx.Response], T], *,
        patience: float = 0.0, repeatable: bool = True,
    ) -> T:  # fmt: skip
        """Ask until there is an answer that `read` can read; raises CentreAway, Refused or NotAsPromised."""
        tries = self.tries(patience=patience, repeatable=repeatable)
        while True:
            try:
                with self.answer(request()) as answer:
                    return read(answer)
            except Interrupted as fault:
                if fault.refusal is not None and not repeatable:
                    raise fault.refusal from fault
                if fault.asks_for_less:
                    tries.progressed()
                tries.pause(fault)

    @contextmanager
    def answer(self, request: httpx.Request) -> Iterator[httpx.Response]:
        """Send once; yields a successful answer whose content is still to come. Raises Interrupted, Refused, NotAsPromised."""
        try:
            answer = self.http.send(request, stream=True)
            try:
                self._judge(answer)
                yield answer
            finally:
                answer.close()
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Interrupted(f"{type(error).__name__}: {error}") from error

    def json_of(self, answer: httpx.Response) -> dict[str, Any]:
        """Read the JSON object that an answer carries; raises Interrupted where it ends early or is something else."""
        if answer.status_code == httpx.codes.NO_CONTENT:
            return {}
        if not is_json(answer):
            kind = answer.headers.get("content-type", "nothing that has a type")
            raise Interrupted(f"answered with {kind} instead of JSON; something else may be answering for the centre")
        return _parsed(self._content(answer, BIGGEST_ANSWER))

    def _judge(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status < 300:
            return
        if status < 400:
            raise NotAsPromised(
                f"中心答复 {status}，要求改到别处；请核对中心的地址",
                f"answered {status}, elsewhere; look at the address of the centre",
            )
        refusal = Refused(status, self._problem_of(answer))
        after = retry_after_of(
            answer.headers.get("retry-after"), answer.headers.get("date"), now=datetime.now(UTC)
        )  # fmt: skip
        running = status == httpx.codes.CONFLICT and after is not None  # the same request is being carried out
        if status in AGAIN or running:
            raise Interrupted(str(refusal), retry_after=after, refusal=refusal if status < 500 else None)
        if status >= 500:
            raise Interrupted(str(refusal), for_good=True)
        raise refusal

    def _problem_of(self, answer: httpx.Response) -> dict[str, Any]:
        if not is_json(answer):
            return {}
        return _parsed(self._content(answer, BIGGEST_PROBLEM))

    def _content(self, answer: httpx.Response, most: int) -> bytes:
        content, began = bytearray(), self.clock()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > most:
                raise NotAsPromised(f"答复超过 {most:,} 字节", f"an answer of more than {most:,} bytes")
            if self.clock() - began > self.retries.seconds:
                raise Interrupted(f"the answer did not end within {self.retries.seconds:.0f} s")
        return bytes(content)


def is_json(answer: httpx.Response) -> bool:
    """Tell whether an answer says that it is JSON, as everything does that is no snapshot."""
    named: str = answer.headers.get("content-type", "")
    kind = named.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Interrupted(f"JSON that cannot be read to its end: {error}") from error
    if not isinstance(parsed, dict):
        raise NotAsPromised("答复不是一个对象", "the answer is no object")
    return parsed
