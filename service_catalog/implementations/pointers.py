"""Where in a local draft something stands, when rows of it were taken out on the way; pure."""

from collections.abc import Mapping
from typing import Any

from service_catalog.implementations.refusals import ROWS


def places_of_rows(kept: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return for each element made of rows where each kept row stood in what was sent."""
    places: dict[str, list[int]] = {}
    for element, name in ROWS.items():
        if isinstance(kept.get(element), list):
            keys = [row.get(name) for row in sent[element]]
            places[element] = [keys.index(row[name]) for row in kept[element]]
    return places


def as_sent(pointer: str, places: Mapping[str, list[int]]) -> str:
    """Return a pointer into what was kept as a pointer into what was sent."""
    parts = pointer.split("/")
    if len(parts) > 2 and parts[1] in places and parts[2].isdecimal() and int(parts[2]) < len(places[parts[1]]):
        parts[2] = str(places[parts[1]][int(parts[2])])
    return "/".join(parts)


def element_at(pointer: str) -> str:
    """Return the element of the matrix that a pointer leads into; `row` where it leads to the whole."""
    parts = [part for part in pointer.split("/") if part and not part.isdecimal()]
    return ".".join(parts[:2]) if parts and parts[0] in ROWS else parts[0] if parts else "row"


def value_at(document: Any, pointer: str) -> Any:
    """Return what stands at a pointer; None where nothing does."""
    value = document
    for part in pointer.split("/")[1:]:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
