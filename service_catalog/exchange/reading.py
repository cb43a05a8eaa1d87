"""Reading a list: bytes into rows, within bounds; what cannot be read is refused with its row and column."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from service_catalog.exchange.unreadable import ListUnreadable
from service_catalog.kernel.errors import Fault, Said

MAX_BYTES, MAX_ROWS, MAX_COLUMNS, MAX_CELL = 20_000_000, 200_000, 200, 10_000
_FAULTS_SHOWN = 10
_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_GUESSED = Said(
    "不是 UTF-8，按 GB18030 识读；这是推断，请看几行文字是否正常",
    "not UTF-8, read as GB18030; this is a guess: look whether the texts make sense",
)


class Decoded(NamedTuple):
    """A text, and in which encoding it was found; `said` is honest about how sure that is."""

    text: str
    encoding: str
    said: Said


class Row(NamedTuple):
    """One row; `number` as a spreadsheet counts, the header being 1."""

    number: int
    cells: list[str]


class Table(NamedTuple):
    """A list as it was published, cell by cell."""

    decoded: Decoded
    header: list[str]
    rows: list[Row]


def read_table(content: bytes) -> Table:
    """Read a CSV file; raises ListUnreadable."""
    _refuse_what_is_no_csv(content)
    decoded = decode(content)
    records = _records(decoded.text)
    header = next(records, None)
    if header is None:
        raise ListUnreadable("文件中没有内容", "the file has no content")
    if not header.cells:
        raise ListUnreadable("第 1 行是空行；表头须在第 1 行", "row 1 is empty; the header must stand in row 1")
    rows = [row for row in records if row.cells]
    _refuse_faults(_faults([header, *rows], header))
    if not rows:
        raise ListUnreadable("只有表头，没有内容行", "there is a header, but no row")
    return Table(decoded, header.cells, rows)


def decode(content: bytes) -> Decoded:
    """Decode strictly: UTF-8 with or without its mark, else GB18030; raises ListUnreadable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decode_guessing(content)
    if content.startswith(codecs.BOM_UTF8):
        return Decoded(text, "utf-8-sig", Said("带标记，逐字节核对无误", "with its mark; every byte fits"))
    return Decoded(text, "utf-8", Said("逐字节核对无误", "every byte fits"))


def _decode_guessing(content: bytes) -> Decoded:
    if _is_damaged_utf8(content):
        raise _undecodable(content, "utf-8")
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        raise _undecodable(content, "gb18030") from None
    return Decoded(text.removeprefix("\ufeff"), "gb18030", _GUESSED)


def _is_damaged_utf8(content: bytes) -> bool:
    """Tell whether nearly all of it is UTF-8: in text of another encoding valid sequences are rare accidents."""
    text = content.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    valid = sum(character > "\x7f" for character in text) - damaged
    return valid > 4 * damaged


def _undecodable(content: bytes, encoding: str) -> ListUnreadable:
    name = "UTF-8" if encoding == "utf-8" else "UTF-8 或 GB18030"
    name_en = "UTF-8" if encoding == "utf-8" else "UTF-8 or GB18030"
    faults = _damaged_cells(content.decode(encoding, errors="replace"))
    return ListUnreadable(
        f"文件中有不属于 {name} 的字节，可能已损坏", f"some bytes are not {name_en}; the file may be damaged", at=faults
    )


def _damaged_cells(text: str) -> list[Fault]:
    header: Row | None = None
    faults: list[Fault] = []
    try:
        for row in _records(text):
            header = header or row
            faults += [
                Fault(_place(row.number, place, header), Said("不能识读的字节", "bytes that cannot be read"))
                for place, cell in enumerate(row.cells)
                if "\ufffd" in cell
            ]
            if len(faults) >= _FAULTS_SHOWN:
                break
    except ListUnreadable:
        pass
    return faults[:_FAULTS_SHOWN]


def _refuse_what_is_no_csv(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise ListUnreadable(f"文件超过 {limit} MB，请分批审查", f"the file is over {limit} MB; split it")
    if content.startswith(_WORKBOOK_MARKS):
        raise ListUnreadable(
            "这是工作簿（Excel）或压缩文件，请另存为“CSV UTF-8（逗号分隔）”",
            "this is an Excel workbook or an archive; save it as “CSV UTF-8”",
        )
    if content.startswith(_WIDE_MARKS):
        raise ListUnreadable(
            "文件是 UTF-16 或 UTF-32，请另存为“CSV UTF-8（逗号分隔）”",
            "the file is UTF-16 or UTF-32; save it as “CSV UTF-8”",
        )


def _records(text: str) -> Iterator[Row]:
    """Yield every record; `strict`, so that a forgotten quotation mark does not swallow the rest in silence."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number, line = 0, 1
    try:
        for number, cells in enumerate(reader, start=1):
            line = reader.line_num + 1
            if number > MAX_ROWS + 1:
                raise ListUnreadable(f"超过 {MAX_ROWS} 行，请分批审查", f"more than {MAX_ROWS} rows; split the file")
            yield Row(number, cells)
    except csv.Error as error:
        too_big = "field larger" in str(error)
        reason = f"单元格过大，超过 {csv.field_size_limit()} 个字符，或引号没有结束" if too_big else "引号不成对或多余"
        raise ListUnreadable(
            f"第 {number + 1} 行不能拆分为列（从文本第 {line} 行开始）：{reason}",
            f"row {number + 1}, from line {line} of the file on, cannot be cut into columns: {error}",
        ) from None


def _faults(rows: Iterable[Row], header: Row) -> Iterator[Fault]:
    width = len(header.cells)
    if width > MAX_COLUMNS:
        yield Fault(
            _place(header.number), Said(f"{width} 列，最多 {MAX_COLUMNS} 列", f"{width} columns, {MAX_COLUMNS} at most")
        )
        return
    for row in rows:
        if len(row.cells) != width:
            counts = len(row.cells), width
            yield Fault(
                _place(row.number),
                Said("有 {} 列，表头有 {} 列".format(*counts), "{} columns, the header has {}".format(*counts)),
            )
        for place, cell in enumerate(row.cells):
            if len(cell) > MAX_CELL:
                said = Said(f"{len(cell)} 个字符，最多 {MAX_CELL}", f"{len(cell)} characters, {MAX_CELL} at most")
                yield Fault(_place(row.number, place, header), said)
            if "\0" in cell:
                said = Said("含空字符（NUL），可能不是文本文件", "a NUL character; perhaps this is no text file")
                yield Fault(_place(row.number, place, header), said)


def _refuse_faults(faults: Iterator[Fault]) -> None:
    found = list(faults)
    if not found:
        return
    first = found[0]
    more_zh = f"；共 {len(found)} 处" if len(found) > 1 else ""
    more_en = f"; {len(found)} faults in all" if len(found) > 1 else ""
    raise ListUnreadable(
        f"{first.pointer}：{first.said.zh}{more_zh}", f"{first.pointer}: {first.said.en}{more_en}",
        at=found[:_FAULTS_SHOWN],
    )  # fmt: skip


def _place(number: int, place: int | None = None, header: Row | None = None) -> str:
    if place is None:
        return f"第 {number} 行 row {number}"
    name = header.cells[place][:40] if header and place < len(header.cells) else ""
    shown = "".join(character for character in name if character.isprintable())
    return f"第 {number} 行第 {place + 1} 列“{shown}” row {number}, column {place + 1}"
