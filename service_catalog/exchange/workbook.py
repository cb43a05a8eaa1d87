"""Workbooks in and out: bytes into sheets of texts, within bounds; sheets of texts into bytes. Nothing is computed.

A formula is read as the value it last had, and whatever we write is a text: no cell of ours ever begins to compute.
"""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import xlsxwriter
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from service_catalog.exchange import reading
from service_catalog.exchange.archives import MAX_SHEET_COLUMNS, MAX_SHEET_ROWS, repacked
from service_catalog.exchange.unreadable import ListUnreadable
from service_catalog.kernel.errors import Fault, Said

MAX_BYTES, MAX_SHEETS, MAX_CELL = 10_000_000, 40, 10_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OLD_EXCEL, _ARCHIVE = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_FAULTS_SHOWN = 10


class Row(NamedTuple):
    """One row of a sheet; `number` as a spreadsheet counts."""

    number: int
    cells: list[str]


class Sheet(NamedTuple):
    """One sheet: its first filled row is the header."""

    name: str
    header: Row
    rows: list[Row]
    merged: tuple[str, ...] = ()
    """Ranges below the header that were merged over several rows, such as A2:A5."""


class Workbook(NamedTuple):
    """A file as it was handed in, cell by cell."""

    kind: str
    sheets: list[Sheet]


def address(column: int, row: int) -> str:
    """Return a place as a spreadsheet names it: column counted from 0, row from 1."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def read_workbook(content: bytes, *, csv_name: str = "csv", old_excel: bool = False) -> Workbook:
    """Read .xlsx, .ods or CSV (and .xls where `old_excel` allows it); raises ListUnreadable.

    The old format says nothing of its size beforehand, so only whoever sits at the machine may have it read.
    """
    if len(content) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise ListUnreadable(f"文件超过 {limit} MB，请分批上传", f"the file is over {limit} MB; split it")
    if content.startswith(_ARCHIVE):
        return _spreadsheet(repacked(content), "workbook")
    if content.startswith(_OLD_EXCEL):
        if not old_excel:
            raise ListUnreadable(
                "这是旧格式 .xls（或加了密码的工作簿），请另存为 .xlsx",
                "an old .xls, or a protected workbook; save it as .xlsx",
            )
        return _spreadsheet(content, "xls")
    table = reading.read_table(content)
    header = Row(1, [cell.strip("\ufeff") for cell in table.header])
    sheet = Sheet(csv_name, header, [Row(row.number, row.cells) for row in table.rows if any(row.cells)])
    _refuse_too_many([sheet])
    return Workbook("csv", [sheet])


def _spreadsheet(content: bytes, kind: str) -> Workbook:
    try:
        book = CalamineWorkbook.from_object(io.BytesIO(content))
        names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        if len(names) > MAX_SHEETS:
            raise ListUnreadable(
                f"有 {len(names)} 张工作表，最多 {MAX_SHEETS} 张", f"{len(names)} sheets; at most {MAX_SHEETS}"
            )
        read = [_sheet(book.get_sheet_by_name(name)) for name in names]
    except CalamineError as error:
        raise ListUnreadable(
            "不是能识读的工作簿", "this is no workbook that can be read", reason=str(error)[:200]
        ) from error
    sheets = [sheet for sheet in read if sheet is not None]
    if not sheets:
        raise ListUnreadable("工作簿中没有内容", "the workbook has no content")
    _refuse_too_many(sheets)
    return Workbook(kind, sheets)


def _sheet(sheet: CalamineSheet) -> Sheet | None:
    if sheet.total_height > MAX_SHEET_ROWS + 1 or sheet.total_width > MAX_SHEET_COLUMNS:
        raise ListUnreadable(
            f"工作表“{sheet.name}”有 {sheet.total_height} 行 {sheet.total_width} 列，"
            f"最多 {MAX_SHEET_ROWS} 行 {MAX_SHEET_COLUMNS} 列",
            f"sheet {sheet.name!r} is larger than {MAX_SHEET_ROWS} rows and {MAX_SHEET_COLUMNS} columns",
        )
    rows = [
        Row(number, [as_text(cell) for cell in cells])
        for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1)
    ]
    filled = [row for row in rows if any(row.cells)]
    if not filled:
        return None
    header, *body = filled
    width = max((place + 1 for row in filled for place, cell in enumerate(row.cells) if cell), default=0)
    header = Row(header.number, header.cells[:width])
    return Sheet(
        sheet.name, header, [Row(row.number, row.cells[:width]) for row in body], _merged(sheet, header.number)
    )


def _merged(sheet: CalamineSheet, header: int) -> tuple[str, ...]:
    ranges = sheet.merged_cell_ranges or []
    return tuple(
        f"{address(left, top + 1)}:{address(right, bottom + 1)}"
        for (top, left), (bottom, right) in ranges
        if bottom + 1 > header and (bottom > top or right > left)
    )


def as_text(cell: Any) -> str:
    """Write a cell as a person would type it: no point behind whole numbers, days as 2026-01-31, yes and no as 1 and 0."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.isoformat("minutes")
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _refuse_too_many(sheets: Sequence[Sheet]) -> None:
    rows = sum(len(sheet.rows) for sheet in sheets)
    if rows > 2 * MAX_SHEET_ROWS:
        raise ListUnreadable(
            f"共 {rows} 行，最多 {2 * MAX_SHEET_ROWS} 行", f"{rows} rows; at most {2 * MAX_SHEET_ROWS}"
        )
    faults = [
        Fault(
            f"{sheet.name}!{address(place, row.number)}",
            Said(f"{len(cell)} 个字符，最多 {MAX_CELL}", f"{len(cell)} characters; at most {MAX_CELL}"),
        )
        for sheet in sheets
        for row in (sheet.header, *sheet.rows)
        for place, cell in enumerate(row.cells)
        if len(cell) > MAX_CELL
    ]
    if faults:
        raise ListUnreadable("有过长的单元格", "some cells are too long", at=faults[:_FAULTS_SHOWN])


def new_workbook(made: io.BytesIO, at: datetime) -> Any:
    """Return an XlsxWriter workbook that writes texts as texts: no formula, no link, no number is guessed from them."""
    book = xlsxwriter.Workbook(
        made,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"created": at.astimezone(UTC).replace(tzinfo=None)})
    return book
