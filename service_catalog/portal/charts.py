"""The charts of the supervision page: rows of bars, longest as wide as the picture; a count that is not published has none; pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from service_catalog.supervision.schemas import PublicAsked, PublicFigures, PublicLine

WIDTH, ROW, THICK, THIN = 320, 50, 14, 6
"""Units of a picture; it is drawn as wide as the page allows."""
UNPUBLISHED = "—"
GRADES = ("非常满意", "满意", "基本满意", "不满意", "非常不满意")
"""1 is the best."""


class Rect(NamedTuple):
    """One bar of a row."""

    kind: str
    """Which colour: whole, offered, late."""
    top: float
    length: float
    thick: float


class Row(NamedTuple):
    """One row: its name on the left, its counts in words on the right, its bars below."""

    label: str
    words: str
    top: int
    rects: list[Rect]


class Chart(NamedTuple):
    """A picture, and what it says to those who cannot see it."""

    id: str
    title: str
    text: str
    height: int
    rows: list[Row]


def count_in_words(count: int | float | None, unit: str = "") -> str:
    """Say a count; a half stays a half."""
    return UNPUBLISHED if count is None else f"{count:,.1f}".removesuffix(".0") + unit


def handled(id_: str, title: str, lines: Sequence[PublicLine]) -> Chart:
    """Draw what was received, answered in time and overdue, a row for each line."""
    longest = _longest(count for line in lines for count in (line.figures.received, line.figures.overdue))
    rows = [_handled_row(line, place * ROW, longest) for place, line in enumerate(lines)]
    said = [
        f"{line.name_zh}收到{count_in_words(line.figures.received)}件，按时答复{count_in_words(line.figures.in_time)}件，"
        f"超期{count_in_words(line.figures.overdue)}件"
        for line in lines
    ]
    return Chart(id_, title, "；".join(said) + "。", len(lines) * ROW, rows)


def _handled_row(line: PublicLine, top: int, longest: int) -> Row:
    figures = line.figures
    rects = [
        Rect("whole", top + 20, _length(figures.received, longest), THICK),
        Rect("offered", top + 20, _length(figures.in_time, longest), THICK),
        Rect("late", top + 20 + THICK, _length(figures.overdue, longest), THIN),
    ]
    shown = (figures.received, figures.in_time, figures.overdue)
    words = " / ".join(count_in_words(count) for count in shown)
    return Row(line.name_zh, words, top, [rect for rect in rects if rect.length])


def grades(id_: str, title: str, figures: PublicFigures) -> Chart:
    """Draw how many gave each grade."""
    return _counts(id_, title, list(zip(GRADES, figures.grades, strict=True)), bad=(3, 4))


def asked(id_: str, title: str, items: Sequence[PublicAsked]) -> Chart:
    """Draw the items that people asked about."""
    return _counts(id_, title, [(item.item_name, item.asked) for item in items])


def _counts(id_: str, title: str, counts: Sequence[tuple[str, int | None]], bad: Sequence[int] = ()) -> Chart:
    longest = _longest(count for _, count in counts)
    rows = [
        Row(
            cut(name), count_in_words(count, " 件"), place * ROW,
            [Rect("late" if place in bad else "offered", place * ROW + 20, _length(count, longest), THICK)] * bool(count),
        )
        for place, (name, count) in enumerate(counts)
    ]  # fmt: skip
    text = "；".join(f"{name}{count_in_words(count)}件" for name, count in counts)
    return Chart(id_, title, f"{text}。", len(counts) * ROW, rows)


def cut(name: str, most: int = 14) -> str:
    """Shorten a name that is wider than its row; the description has it whole."""
    return name if len(name) <= most else name[: most - 1] + "…"


def _longest(counts: Iterable[int | None]) -> int:
    return max((count for count in counts if count is not None), default=0) or 1


def _length(count: int | None, longest: int) -> float:
    return round(WIDTH * min(count or 0, longest) / longest, 1)
