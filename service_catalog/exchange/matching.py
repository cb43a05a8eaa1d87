"""Which item of the catalogue a name means: the same, the same after normalisation, or alike with a score; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from rapidfuzz import fuzz, process

from service_catalog.exchange.names import normalised, unqualified
from service_catalog.kernel.errors import Said

MatchKind = Literal["exact", "alias", "normalised", "qualified", "alike", "none"]
MATCH_TITLES: Mapping[MatchKind, Said] = {
    "exact": Said("名称相同", "the same name"),
    "normalised": Said("仅写法不同", "only written otherwise"),
    "alias": Said("与俗称相同", "an everyday name"),
    "qualified": Said("去掉括号内容后相同", "same but for what stands in brackets"),
    "alike": Said("相近", "alike"),
    "none": Said("目录中没有", "not in the catalogue"),
}
"""Written otherwise: brackets, width, blanks. Alike: at or above the threshold."""
THRESHOLD = 75.0
MOST_CANDIDATES = 3


class KnownItem(NamedTuple):
    """What the catalogue says about one item, as far as a comparison needs it."""

    basic_code: str
    name: str
    aliases: tuple[str, ...]
    item_type: str


class Candidate(NamedTuple):
    """An item that a name may mean."""

    item: KnownItem
    score: float


class Match(NamedTuple):
    """How a name was found, and the best candidates, the likeliest first."""

    kind: MatchKind
    candidates: tuple[Candidate, ...] = ()

    @property
    def item(self) -> KnownItem | None:
        """The item, where the name is the very same but for the way it is written."""
        sure = self.kind in ("exact", "normalised") and len(self.candidates) == 1
        return self.candidates[0].item if sure else None


class Matcher:
    """Compares names with the catalogue; a name that recurs is compared once."""

    def __init__(self, items: Sequence[KnownItem], threshold: float = THRESHOLD) -> None:
        self.items, self.threshold = items, threshold
        self._equal: list[tuple[MatchKind, Mapping[str, list[KnownItem]]]] = [
            ("exact", _index((item.name, item) for item in items)),
            ("normalised", _index((normalised(item.name), item) for item in items)),
            ("alias", _index((normalised(alias), item) for item in items for alias in item.aliases)),
            ("qualified", _index((unqualified(normalised(item.name)), item) for item in items)),
        ]
        # Everyday names are short: by likeness 开无欠税证明 would find 开无房证明. They count only when equal.
        self._choices = [(text, item) for item in items for text in _spellings(item.name)]
        self._texts = [text for text, _ in self._choices]
        self._kept: dict[str, Match] = {}

    def match(self, name: str) -> Match:
        """Find what `name` means."""
        if name not in self._kept:
            self._kept[name] = self._equally(name) or self._alike(name)
        return self._kept[name]

    def _equally(self, name: str) -> Match | None:
        normal = normalised(name)
        keys = {"exact": name, "normalised": normal, "alias": normal, "qualified": unqualified(normal)}
        for kind, index in self._equal:
            found = index.get(keys[kind])
            if found and normal:
                return Match(kind, tuple(Candidate(item, 100.0) for item in found[:MOST_CANDIDATES]))
        return None

    def _alike(self, name: str) -> Match:
        best: dict[str, Candidate] = {}
        for spelling in _spellings(name):
            for _, score, place in process.extract(
                spelling, self._texts, scorer=fuzz.ratio, processor=None, score_cutoff=self.threshold, limit=None
            ):
                item = self._choices[place][1]
                if item.basic_code not in best or best[item.basic_code].score < score:
                    best[item.basic_code] = Candidate(item, round(score, 1))
        ordered = sorted(best.values(), key=lambda candidate: (-candidate.score, candidate.item.basic_code))
        return Match("alike" if ordered else "none", tuple(ordered[:MOST_CANDIDATES]))


def _spellings(name: str) -> list[str]:
    normal = normalised(name)
    return list(dict.fromkeys(text for text in (normal, unqualified(normal)) if text))


def _index(pairs: Iterable[tuple[str, KnownItem]]) -> Mapping[str, list[KnownItem]]:
    index: defaultdict[str, list[KnownItem]] = defaultdict(list)
    for key, item in pairs:
        if item not in index[key]:
            index[key].append(item)
    return dict(index)
