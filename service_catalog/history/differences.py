"""Two documents of one kind, compared element by element; pure.

Rows are matched by what names them, never by their position: a row put in front of others is one row
added, not all of them changed. Lists without names are compared by value. Only the order differing is
"moved". Whoever has the earlier document and the differences can make the later one.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from service_catalog.kernel.problems import pointer_to

NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "legal_basis": ("law", "article"),
    "special_procedures": ("name",),
    "materials": ("key",),
    "steps": ("key",),
    "fees": ("key",),
    "results": ("key",),
    "intermediary_services": ("name",),
    "questions": ("question",),
    "handling_items": ("serial",),
    "service_locations": ("key",),
    "local_codes": ("scheme",),
    "translations": ("path",),
}
"""Elements made of rows, and the columns that name a row."""
LOOKED_INTO = frozenset({"power_sources_by_level", "service_flags", "rights_and_duties"})
"""Objects whose members are elements of their own; any other object, a limit say, is one value."""

Path = tuple[str | int, ...]
Label = tuple[str, int]
"""What names a row, and the how manieth of that name it is."""


class DifferenceKind(StrEnum):
    """What happened to an element, a row, or the order of rows."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class Difference(NamedTuple):
    """One difference.

    `pointer` leads into the earlier document where something was removed, else into the later one. Where rows were
    moved it leads to their list, and both values are the names of the rows that both documents have, in order.
    """

    element: str
    row: str | None
    pointer: str
    kind: DifferenceKind
    before: Any
    after: Any


def differences_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what has to be done to `before` so that it says what `after` says; both plain and without nulls."""
    return list(_members(_Place("", None, (), ()), before, after))


@dataclass(frozen=True)
class _Place:
    """Where the comparison stands in both documents."""

    element: str
    row: str | None
    before: Path
    after: Path

    def member(self, name: str) -> "_Place":
        element = f"{self.element}.{name}" if self.element else name
        return _Place(element, self.row, (*self.before, name), (*self.after, name))

    def at(self, label: Label, before: int, after: int) -> "_Place":
        row = label[0] if self.element in NAMED_BY else self.row
        return _Place(self.element, row, (*self.before, before), (*self.after, after))

    def found(self, kind: DifferenceKind, before: Any, after: Any) -> Difference:
        path = self.before if kind is DifferenceKind.REMOVED else self.after
        return Difference(self.element, self.row, pointer_to(path, root=()), kind, before, after)


def _members(place: _Place, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        yield from _values(place.member(name), before.get(name), after.get(name))


def _values(place: _Place, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    if before is None:
        yield place.found(DifferenceKind.ADDED, None, after)
    elif after is None:
        yield place.found(DifferenceKind.REMOVED, before, None)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(place, before, after)
    elif place.element in LOOKED_INTO and isinstance(before, dict) and isinstance(after, dict):
        yield from _members(place, before, after)
    else:
        yield place.found(DifferenceKind.CHANGED, before, after)


def _lists(place: _Place, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Difference]:
    old, new = labelled(place.element, before), labelled(place.element, after)
    for label, index in old.items():
        if label not in new:
            yield place.at(label, index, index).found(DifferenceKind.REMOVED, before[index], None)
    kept, now = [label for label in old if label in new], [label for label in new if label in old]
    if kept != now:
        yield place.found(
            DifferenceKind.MOVED,
            [name_of_row(place.element, before[old[label]]) for label in kept],
            [name_of_row(place.element, after[new[label]]) for label in now],
        )
    for label, index in new.items():
        if label not in old:
            yield place.at(label, index, index).found(DifferenceKind.ADDED, None, after[index])
        elif place.element in NAMED_BY:
            yield from _members(place.at(label, old[label], index), before[old[label]], after[index])


def labelled(element: str, rows: Sequence[Any]) -> dict[Label, int]:
    """Return where each row of a list stands, by what names it; a name that stands twice is counted."""
    places: dict[Label, int] = {}
    seen: Counter[str] = Counter()
    for index, row in enumerate(rows):
        name = name_of_row(element, row)
        text = name if isinstance(name, str) else json.dumps(name, ensure_ascii=False, sort_keys=True)
        places[text, seen[text]] = index
        seen[text] += 1
    return places


def name_of_row(element: str, row: Any) -> Any:
    """Return what names a row: its naming columns, or itself where it has none."""
    columns = NAMED_BY.get(element)
    return " ".join(str(row.get(column, "")) for column in columns) if columns else row
