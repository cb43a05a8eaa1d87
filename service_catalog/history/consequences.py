"""What another edition of a standard does to one local part; pure."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from service_catalog.basic_items.limits import LongestRun
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.inheritance import ROWS, Matrix, Standard, weigh
from service_catalog.kernel.errors import Said


class Outcome(StrEnum):
    """What will happen to a local value that the new edition does not allow."""

    STANDARD_SHOWN = "standard_shown"
    ROW_BECOMES_HISTORY = "row_becomes_history"
    LEVEL_ENDS = "level_ends"


WORDS = {
    Outcome.STANDARD_SHOWN: Said("届时显示统一标准", "the standard will be shown"),
    Outcome.ROW_BECOMES_HISTORY: Said("本地行成为历史，不再显示", "the local row becomes history and is not shown"),
    Outcome.LEVEL_ENDS: Said("标准不再规定该行使层级", "the level is no longer provided for"),
}


class Consequence(NamedTuple):
    """What happens to one local value, and why; `already` where it is so under the edition in force, too."""

    outcome: Outcome
    element: str
    pointer: str
    rule: str | None
    said: Said
    standard_value: Any
    local_value: Any
    already: bool = False

    @property
    def about(self) -> tuple[Outcome, str, str]:
        """Return what it is about, whichever edition says so."""
        return self.outcome, self.element, self.pointer


class GoneRow(NamedTuple):
    """A local row that points at a row which a standard does not have."""

    element: str
    pointer: str
    name: str


def consequences(
    local: LocalContent, level: str, draft: Standard, in_force: Standard | None, matrix: Matrix, worst: LongestRun
) -> list[Consequence]:
    """Return what `draft` does to a local part, as against the standard in force."""
    before = set()
    if in_force is not None:
        before = {found.about for found in _under(in_force, local, level, matrix, worst)}
    return [found._replace(already=found.about in before) for found in _under(draft, local, level, matrix, worst)]


def gone_rows(local: LocalContent, standard: Standard) -> Iterator[GoneRow]:
    """Yield the local rows whose row is not, or no longer, in the standard."""
    for element, name in ROWS.items():
        known = {row[name] for row in standard.plain[element]}
        for index, row in enumerate(getattr(local, element)):
            if getattr(row, name) not in known:
                yield GoneRow(element, f"/{element}/{index}", getattr(row, name))


def _under(
    standard: Standard, local: LocalContent, level: str, matrix: Matrix, worst: LongestRun
) -> Iterator[Consequence]:
    levels = standard.content.exercise_levels
    if level not in levels:
        said = Said(f"行使层级为 {'、'.join(levels)}，不含 {level}", f"levels {', '.join(levels)}, not {level}")
        yield Consequence(Outcome.LEVEL_ENDS, "exercise_levels", "/exercise_levels", None, said, list(levels), level)
    for gone in gone_rows(local, standard):
        said = Said(f"标准中没有“{gone.name}”这一行", f"the standard has no row {gone.name}")
        row = getattr(local, gone.element)[int(gone.pointer.rpartition("/")[2])]
        plain = row.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        yield Consequence(Outcome.ROW_BECOMES_HISTORY, gone.element, gone.pointer, None, said, None, plain)
    for refusal in weigh(local, standard, level, matrix, worst)[1]:
        yield Consequence(
            Outcome.STANDARD_SHOWN, refusal.element, refusal.pointer, refusal.rule, refusal.said,
            refusal.standard_value, refusal.local_value,
        )  # fmt: skip
