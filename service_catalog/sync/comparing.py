"""Where two copies differ, found in a few requests: kinds first, then buckets of a kind, then the things in a bucket."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from service_catalog.sync.answers import NotAsPromised
from service_catalog.sync.documents import KINDS, bucket_of, digest_of_lines

Digests = Mapping[str, str]
"""By id, or by bucket, or by kind."""
Mine = Mapping[str, Digests] | Callable[[str], Digests]
"""One's own digests by kind and id, or a function from the kind to those by id."""
Ask = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same here as at the centre; None where it is not there at all."""

    kind: str
    id: str
    mine: str | None
    centre: str | None


@dataclass(frozen=True)
class Comparison:
    """What a comparison found."""

    change_number: int
    """Where the centre stood at the last question."""
    is_steady: bool
    """False where the centre has changed between the questions: what differs may then only be new."""
    differences: tuple[Difference, ...]
    requests: int


def differences(mine: Digests, centre: Digests) -> list[str]:
    """Return, in order, the names whose digests are not the same, or that only one of both has."""
    return sorted(name for name in mine.keys() | centre.keys() if mine.get(name) != centre.get(name))


def compare(ask: Ask, mine: Mine) -> Comparison:
    """Find what differs; `ask` answers with the centre's digests of all kinds, of a `kind`, or of a `bucket` of it."""
    questions = _Questions(ask)
    own_of = mine if callable(mine) else lambda kind: mine.get(kind, {})
    centre = questions.digests("kinds", "kind")
    found: list[Difference] = []
    for kind in sorted({*KINDS, *centre}):
        own = _by_bucket(own_of(kind))
        if _digest_of_kind(own) != centre.get(kind, digest_of_lines([])):
            found += _differences_of_kind(questions, kind, own)
    heads = questions.heads
    return Comparison(heads[-1], len(set(heads)) == 1, tuple(found), len(heads))


def _differences_of_kind(questions: "_Questions", kind: str, own: dict[str, dict[str, str]]) -> list[Difference]:
    centre = questions.digests("buckets", "bucket", kind=kind)
    found = []
    for bucket in differences({name: digest_of_lines(things.items()) for name, things in own.items()}, centre):
        here = own.get(bucket, {})
        there = questions.digests("items", "id", kind=kind, bucket=bucket) if bucket in centre else {}
        found += [Difference(kind, code, here.get(code), there.get(code)) for code in differences(here, there)]
    return sorted(found, key=lambda one: one.id)


def _by_bucket(things: Digests) -> dict[str, dict[str, str]]:
    buckets: dict[str, dict[str, str]] = defaultdict(dict)
    for code, digest in things.items():
        buckets[bucket_of(code)][code] = digest
    return buckets


def _digest_of_kind(buckets: dict[str, dict[str, str]]) -> str:
    return digest_of_lines((name, digest_of_lines(things.items())) for name, things in buckets.items())


class _Questions:
    """Asks for digests and notes where the centre stood each time."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.heads: list[int] = []

    def digests(self, parts: str, name: str, **of: str) -> dict[str, str]:
        answer = self.ask(**of)
        try:
            self.heads.append(int(answer["change_number"]))
            return {str(part[name]): str(part["digest"]) for part in answer[parts]}
        except (KeyError, TypeError, ValueError) as error:
            raise NotAsPromised("摘要的答复形式不符", "digests that do not have the form promised") from error
