"""The picture of the first page: a bar for each level; pure."""

from typing import NamedTuple

from service_catalog.portal.figures import LevelFigures
from service_catalog.portal.wording import LEVELS

WIDTH, ROW, THICK = 320, 52, 16
"""Units of the picture; it is drawn as wide as the page allows."""


class Bar(NamedTuple):
    """One level: a bar of what it offers, lengthened by what it has declared to be done elsewhere."""

    label: str
    implementations: int
    offered: int
    top: int
    length: float
    offered_length: float


def bars(levels: tuple[LevelFigures, ...]) -> list[Bar]:
    """Return the bars from the league down; the longest is as wide as the picture."""
    longest = max((level.implementations for level in levels), default=0) or 1
    return [
        Bar(
            LEVELS[level.level], level.implementations, level.offered, place * ROW,
            round(WIDTH * level.implementations / longest, 1), round(WIDTH * level.offered / longest, 1),
        )
        for place, level in enumerate(levels)
    ]  # fmt: skip
