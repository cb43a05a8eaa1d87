"""A workbook as implementations handed in: rows of all sheets put together, each cell with its place; pure.

Nothing is judged here, and nothing is lost: a sheet or column that is not understood stands in `not_used`, a row that belongs to
no implementation in `strays`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from service_catalog.exchange.cells import BLANKS
from service_catalog.exchange.national import EXTENDS, NATIONAL, NOT_TAKEN
from service_catalog.exchange.sheets import (
    CODE,
    ID,
    IGNORED,
    NOT_READ,
    OURS,
    RESULT,
    SEEN,
    Column,
    Form,
    folded,
    form_of,
    headers_of,
)
from service_catalog.exchange.unreadable import ListUnreadable
from service_catalog.exchange.workbook import Row, Sheet, Workbook, address
from service_catalog.kernel.errors import Fault, Said

FORMS = (*OURS, *NATIONAL)


class Cell(NamedTuple):
    """One cell: its text, and where it stands, such as 实施清单!K5."""

    text: str
    where: str
    column: Column
    form: Form


@dataclass
class PartRow:
    """One row of a sheet of materials, steps, fees …"""

    sheet: str
    number: int
    form: Form
    cells: dict[str, Cell]

    @property
    def where(self) -> str:
        """The first cell of the row."""
        return f"{self.sheet}!{address(0, self.number)}"

    def text(self, path: str) -> str:
        """Return the text of a column; empty where the sheet has no such column."""
        cell = self.cells.get(path)
        return cell.text if cell else ""


@dataclass
class HandedIn(PartRow):
    """One implementation as it was handed in."""

    parts: dict[str, list[PartRow]] = field(default_factory=dict)
    twice: bool = False
    """Another row has the same number (序号): nobody can tell whose papers are whose."""


class NotUsed(NamedTuple):
    """A sheet, or a column of one, that was not taken; `filled` counts its cells that say something."""

    sheet: str
    column: str | None
    filled: int
    said: Said


@dataclass
class Intake:
    """Everything that a workbook hands in."""

    kind: str
    rows: list[HandedIn]
    strays: list[PartRow]
    not_used: list[NotUsed]
    parts_stated: frozenset[str]
    """Elements made of rows whose own sheet is there in our template, so that having no row says something."""


def take_in(book: Workbook) -> Intake:
    """Put the sheets of a workbook together; raises ListUnreadable where they cannot be."""
    known = [
        (sheet, form_of(sheet.name, sheet.header.cells, FORMS)) for sheet in book.sheets if sheet.name not in NOT_READ
    ]
    used = [(sheet, form) for sheet, form in known if form is not None]
    if not any(form.part == "" for _, form in used):
        raise _no_list(book)
    twice = [form.name for _, form in used]
    if len(twice) != len(set(twice)):
        repeated = "、".join(sorted({name for name in twice if twice.count(name) > 1}))
        raise ListUnreadable(f"有两张“{repeated}”表", f"two sheets are both {repeated}")
    not_used = [_unknown_sheet(sheet) for sheet, form in known if form is None]
    read: list[tuple[Form, list[PartRow]]] = []
    for sheet, form in used:
        columns = _columns(sheet, form)
        _refuse_merged(sheet)
        not_used += _unknown_columns(sheet, form, columns)
        read.append((form, list(_rows(sheet, form, columns))))
    intake = Intake(book.kind, [], [], not_used, frozenset(form.part for _, form in used if form in OURS and form.part))
    _put_together(intake, read)
    if not intake.rows:
        raise ListUnreadable("没有一行实施清单", "there is not one implementation in it")
    return intake


def _no_list(book: Workbook) -> ListUnreadable:
    ours = "、".join(form.name for form in OURS)
    there = "、".join(sheet.name[:40] for sheet in book.sheets[:10])
    return ListUnreadable(
        f"没有找到实施清单：表名应为 {ours}，或国家交换表名（如 up_task_general_basic），"
        f"或表头有事项名称、基本编码、实施编码等至少三列；文件中有：{there}",
        f"no list of implementations: name the sheets as the template does, or as the exchange tables; there are: {there}",
    )


def _columns(sheet: Sheet, form: Form) -> dict[int, Column]:
    finds = headers_of(form)
    columns: dict[int, Column] = {}
    taken: dict[str, int] = {}
    for place, header in enumerate(sheet.header.cells):
        column = finds.get(folded(header)) if header else None
        if column is None:
            continue
        if column.path in taken and column.path != IGNORED:
            where = [f"{sheet.name}!{address(at, sheet.header.number)}" for at in (taken[column.path], place)]
            said = Said(f"与 {where[0]} 说的是同一列", f"says the same as {where[0]}")
            raise ListUnreadable(
                f"{where[0]} 和 {where[1]} 两列重复：{column.header}",
                f"columns {where[0]} and {where[1]} are the same: {column.header}",
                at=[Fault(where[1], said)],
            )
        columns[place] = column
        taken[column.path] = place
    return columns


def _refuse_merged(sheet: Sheet) -> None:
    if sheet.merged:
        shown = "、".join(sheet.merged[:5])
        raise ListUnreadable(
            f"工作表“{sheet.name}”有合并单元格 {shown}；合并后只有左上角有内容，请取消合并并逐行填写",
            f"sheet {sheet.name!r} has merged cells {shown}: only their first cell says something; take them apart",
            at=[Fault(f"{sheet.name}!{place}", Said("合并单元格", "merged cells")) for place in sheet.merged[:10]],
        )


def _unknown_sheet(sheet: Sheet) -> NotUsed:
    filled = sum(1 for row in sheet.rows for cell in row.cells if cell)
    return NotUsed(sheet.name, None, filled, Said("不认识的工作表，没有读取", "an unknown sheet, not read"))


def _unknown_columns(sheet: Sheet, form: Form, columns: Mapping[int, Column]) -> Iterator[NotUsed]:
    for place, header in enumerate(sheet.header.cells):
        column = columns.get(place)
        filled = sum(1 for row in sheet.rows if place < len(row.cells) and row.cells[place])
        if header == RESULT or (column is not None and column.path != IGNORED) or not (header or filled):
            continue
        reason = NOT_TAKEN.get(column.header, "不导入") if column else "不认识的列，没有导入"
        yield NotUsed(
            sheet.name, header or address(place, sheet.header.number), filled,
            Said(reason, "known, not taken over" if column else "an unknown column, not taken over"),
        )  # fmt: skip


def _rows(sheet: Sheet, form: Form, columns: Mapping[int, Column]) -> Iterator[PartRow]:
    for row in sheet.rows:
        cells = {
            column.path: Cell(_text(row, place), f"{sheet.name}!{address(place, row.number)}", column, form)
            for place, column in columns.items()
            if column.path != IGNORED
        }
        if any(cell.text for path, cell in cells.items() if path != SEEN):  # it is hidden: to a clerk the row is empty
            make = HandedIn if form.part == "" else PartRow
            yield make(sheet.name, row.number, form, cells)


def _text(row: Row, place: int) -> str:
    return row.cells[place].strip(BLANKS) if place < len(row.cells) else ""


def _put_together(intake: Intake, read: Sequence[tuple[Form, list[PartRow]]]) -> None:
    for form, rows in read:
        if form.part == "":
            intake.rows += [row for row in rows if isinstance(row, HandedIn)]
    by_id: dict[str, HandedIn] = {}
    for row in intake.rows:
        if number := row.text(ID):
            first = by_id.setdefault(number, row)
            if first is not row:
                first.twice = row.twice = True
    parts = [part for form, rows in read if form.part for part in rows]
    intake.strays = [part for part in parts if not _belongs(part, by_id.get(part.text(ID)) if part.text(ID) else None)]


def _belongs(part: PartRow, owner: HandedIn | None) -> bool:
    if owner is None:
        return False
    if part.form.part == EXTENDS:
        owner.cells = part.cells | owner.cells
    else:
        owner.parts.setdefault(part.form.part, []).append(part)
    return True


def claim_strays(intake: Intake, by_code: Mapping[str, HandedIn]) -> None:
    """Give rows that name no number to the implementation whose code they name."""
    intake.strays = [
        part for part in intake.strays if part.text(ID) or not _belongs(part, by_code.get(part.text(CODE)))
    ]
