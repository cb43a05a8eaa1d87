"""What two local parts say differently, and whether it is the agency's alone to say; pure."""

from collections.abc import Iterator
from typing import Any

from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.refusals import ROWS, Matrix
from service_catalog.implementations.screening import ELEMENT_OF_COLUMN

_SETS = ("channels", "online_depth", "service_area")


def in_one_order(local: LocalContent) -> LocalContent:
    """Return the document with rows and sets in one order, so that writing them otherwise is no difference."""
    update: dict[str, Any] = {
        element: tuple(sorted(getattr(local, element), key=lambda row, name=name: getattr(row, name)))  # type: ignore[misc]
        for element, name in ROWS.items()
    }
    update |= {element: tuple(sorted(getattr(local, element) or ())) for element in _SETS}
    return local.model_copy(update=update)


def touched(before: LocalContent, after: LocalContent) -> list[str]:
    """Return the elements of the matrix in which two local parts differ; of elements made of rows, the columns."""
    old, new = in_one_order(before), in_one_order(after)
    return sorted({element for name in LocalContent.model_fields for element in _touched(name, old, new)})


def _touched(name: str, old: LocalContent, new: LocalContent) -> Iterator[str]:
    one, other = getattr(old, name), getattr(new, name)
    if one == other:
        return
    if name not in ROWS:
        yield name
        return
    key = ROWS[name]
    rows = {getattr(row, key): row for row in one}, {getattr(row, key): row for row in other}
    for row in rows[0].keys() | rows[1].keys():
        first, second = (_said(side.get(row), key) for side in rows)
        for column in first.keys() | second.keys():
            if first.get(column) != second.get(column):
                yield ELEMENT_OF_COLUMN.get(f"{name}.{column}", f"{name}.{column}")


def _said(row: Any, key: str) -> dict[str, Any]:
    said: dict[str, Any] = row.model_dump(exclude_defaults=True, exclude={key}) if row is not None else {}
    return said


def are_local(elements: list[str], matrix: Matrix) -> bool:
    """Tell whether the matrix leaves every one of the elements to the agency."""
    return all(element in matrix and matrix[element].policy == "local" for element in elements)
