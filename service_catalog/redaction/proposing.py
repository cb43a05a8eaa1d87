"""Proposes what must go from a text before it is published; a person confirms, adds and takes back.

It knows numbers by their shape, and names and addresses by the words they stand beside. A name that stands alone in a
sentence is not found unless it is among the known values: that is why a machine only proposes.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from service_catalog.redaction import names, numbers, places
from service_catalog.redaction.kinds import BARRIER, GAP, RedactionKind, Span, levelled

FEWEST_KNOWN = 2
"""Characters; a known value of one would take every 王 out of the text."""
_NUMBER = re.compile(r"[0-9A-Za-z]*[0-9][0-9A-Za-z]*")
_PLACEHOLDER = re.compile("|".join(re.escape(kind.replacement) for kind in RedactionKind))
_INSIDE_WORDS = "[ \u202f·\u180b-\u180f\u200b-\u200d]{0,3}"
"""What may stand between two letters of a known word: blanks, dots, and the shaping signs of Mongolian."""


class Proposed(NamedTuple):
    """One passage that should go: where it stands in the text as written, what it is, and its own words."""

    start: int
    end: int
    kind: RedactionKind
    text: str


def propose(text: str, *, known: Sequence[str] = ()) -> list[Proposed]:
    """Return the passages that should go, in order and apart from each other.

    `known` are values of the person's own contact data: they are found wherever they stand, numbers also with blanks,
    dashes and full-width digits inside; a value of a single character is not looked for.
    """
    level = _barred(levelled(text), ((match.start(), match.end()) for match in _PLACEHOLDER.finditer(text)))
    patterns = [_pattern_of(value) for value in known]
    sought = [(pattern, _kind_of(value)) for pattern, value in zip(patterns, known, strict=True) if pattern]
    spans: list[Span] = []
    # what is taken out may uncover the next: a number that ran on into another one stands free afterwards
    while found := _merged([*_known(level, sought), *_found(level)]):
        spans += found
        level = _barred(level, ((span.start, span.end) for span in found))
    return [Proposed(*span, text[span.start : span.end]) for span in sorted(spans)]


def redacted(text: str, marks: Iterable[Proposed]) -> str:
    """Return the text with a word of the kind in place of each passage; all else stays as written."""
    parts, done = [], 0
    for mark in sorted(marks):
        parts += [text[done : mark.start], mark.kind.replacement]
        done = mark.end
    return "".join([*parts, text[done:]])


def what_remains(text: str, known: Sequence[str] = ()) -> list[Proposed]:
    """Return what would still have to go from a text that was redacted; nothing, where every proposal was taken."""
    return propose(text, known=known)


def _found(level: str) -> Iterator[Span]:
    for part in (numbers, places, names):
        yield from part.find(level)


def _known(level: str, sought: Iterable[tuple[re.Pattern[str], RedactionKind]]) -> Iterator[Span]:
    for pattern, kind in sought:
        yield from (Span(match.start(), match.end(), kind) for match in pattern.finditer(level))


def _pattern_of(value: str) -> re.Pattern[str] | None:
    bare = re.sub(r"[\s·\-\u180b-\u180f\u200b-\u200d]", "", levelled(value))
    if len(bare) < FEWEST_KNOWN or BARRIER in bare:
        return None
    between = GAP if _NUMBER.fullmatch(bare) else _INSIDE_WORDS + "-?"
    return re.compile(between.join(map(re.escape, bare)), re.IGNORECASE)


def _kind_of(value: str) -> RedactionKind:
    level = levelled(value.strip())
    whole = (span.kind for span in _found(level) if (span.start, span.end) == (0, len(level)))
    return next(whole, RedactionKind.PERSONAL)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Join what overlaps; the whole is of the kind of its longest part."""
    groups: list[list[Span]] = []
    end = 0
    for span in sorted(spans):
        if groups and span.start < end:
            groups[-1].append(span)
        else:
            groups.append([span])
        end = max(end, span.end) if len(groups[-1]) > 1 else span.end
    return [_union(group) for group in groups]


def _union(group: Sequence[Span]) -> Span:
    longest = max(group, key=lambda span: span.end - span.start)
    return Span(group[0].start, max(span.end for span in group), longest.kind)


def _barred(level: str, places: Iterable[tuple[int, int]]) -> str:
    """Put barriers, which no pattern crosses, in place of what is taken out already."""
    parts, done = [], 0
    for start, end in places:
        parts += [level[done:start], BARRIER * (end - start)]
        done = end
    return "".join([*parts, level[done:]])
