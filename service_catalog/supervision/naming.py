"""What the keys of a dimension are called."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency
from service_catalog.appeals.rulebook import rulebook_of
from service_catalog.appeals.stages import KIND_NAMES
from service_catalog.basic_items.editing import SHELF
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.kernel.errors import Said
from service_catalog.regions.tables import Region
from service_catalog.supervision.statistics import By, Line

NOTHING = {
    By.AGENCY: Said("诉求受理台", "the desk"),
    By.ITEM: Said("未指明事项", "no item named"),
}
"""What it means where a key is empty."""


def names_of(session: Session, lines: Sequence[Line], dimensions: Sequence[By], day: date) -> list[dict[str, Said]]:
    """Return, for each dimension, the names of the keys that the lines have; a key without a name stands for itself."""
    columns = [{key for keys, _ in lines if (key := keys[place]) is not None} for place in range(len(dimensions))]
    return [names(session, dimension, keys, day) for dimension, keys in zip(dimensions, columns, strict=True)]


def names(session: Session, dimension: By, keys: Collection[str], day: date) -> dict[str, Said]:
    """Return the names of some keys."""
    if dimension is By.KIND:
        return {kind.value: said for kind, said in KIND_NAMES.items()}
    if dimension is By.CHANNEL:
        return {row.code: Said(row.zh, row.en) for row in rulebook_of(session).channels.channels}
    if dimension is By.MONTH:
        return {key: Said(f"{key[:4]}年{int(key[5:])}月", key) for key in keys}
    query: Any = {
        By.REGION: select(col(Region.code), col(Region.name)).where(col(Region.code).in_(keys)),
        By.AGENCY: select(col(Agency.code), col(Agency.name)).where(col(Agency.code).in_(keys)),
        By.ITEM: select(col(BasicItemEdition.basic_code), col(BasicItemEdition.name)).where(
            col(BasicItemEdition.basic_code).in_(keys), SHELF.current(day)
        ),
    }[dimension]
    return {code: Said(name, name) for code, name in session.execute(query)}


def name_of(key: str | None, dimension: By, known: dict[str, Said]) -> Said:
    """Return what to call a key."""
    if key is None:
        return NOTHING.get(dimension, Said("未指明", "not named"))
    return known.get(key, Said(key, key))
