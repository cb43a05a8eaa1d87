"""Figures: what is counted of appeals, as it leaves SQL, and what follows from it; pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

GRADES = (1, 2, 3, 4, 5)
"""1 is the best (GB/T 39046-2020, A.8)."""
GOOD = (1, 2, 3)
COUNTED = (
    "received", "answered", "in_time", "overdue", "open", "returned", "reopened", "extended", "withdrawn", "refused",
    "called_back_in_time",
)  # fmt: skip


@dataclass
class Figures:
    """Counts of some appeals; a group is the sum of its parts."""

    counts: Counter[str] = field(default_factory=Counter)
    grades: Counter[int] = field(default_factory=Counter)
    days: Counter[int] = field(default_factory=Counter)
    """How many answers took so many working days."""

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row of the statement: appeals that are alike in their keys and their working days."""
        self.counts.update({name: row[name] for name in COUNTED})
        self.grades.update({grade: row[f"grade_{grade}"] for grade in GRADES})
        if row["working_days"] is not None:
            self.days[row["working_days"]] += row["received"]

    @property
    def median_working_days(self) -> float | None:
        """The middle one; between two, half-way."""
        return median_of(self.days)

    @property
    def rated(self) -> int:
        """How many have been rated."""
        return sum(self.grades.values())

    @property
    def good(self) -> int:
        """How many were satisfied: 非常满意, 满意, 基本满意."""
        return sum(self.grades[grade] for grade in GOOD)

    @property
    def satisfaction(self) -> float | None:
        """Percent of the rated that were satisfied (满意率), to one decimal."""
        return round(100 * self.good / self.rated, 1) if self.rated else None


def median_of(histogram: Mapping[int, int]) -> float | None:
    """Return the median of values that come so many times each."""
    values = sorted(value for value, times in histogram.items() if times)
    if not values:
        return None
    until = list(accumulate(histogram[value] for value in values))
    middles = ((until[-1] - 1) // 2, until[-1] // 2)
    low, high = (next(value for value, end in zip(values, until, strict=True) if place < end) for place in middles)
    return (low + high) / 2
