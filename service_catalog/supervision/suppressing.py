"""What of a figure may be public: nobody is found by a small number, nor by taking away the others from the sum; pure."""

from collections.abc import Collection, Sequence

LEAST = 3
"""Counts of one and two are not published."""


def is_small(count: int) -> bool:
    """Tell whether a count could point at somebody."""
    return 0 < count < LEAST


def shown(count: int) -> int | None:
    """Return a count that may stand alone."""
    return None if is_small(count) else count


def shown_parts(counts: Sequence[int], also: Collection[int] = ()) -> list[int | None]:
    """Return the parts of a published sum; next to a small one (or one named in `also`) the smallest are left out too.

    What is left out is never one part alone, and together it is never a small number.
    """
    hidden = {place for place, count in enumerate(counts) if is_small(count)} | set(also)
    others = sorted((count, place) for place, count in enumerate(counts) if count >= LEAST and place not in hidden)
    while hidden and others and (len(hidden) < 2 or sum(counts[place] for place in hidden) < LEAST):
        hidden.add(others.pop(0)[1])
    return [None if place in hidden else count for place, count in enumerate(counts)]
