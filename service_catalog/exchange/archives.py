"""What may be in a workbook before anybody unpacks it: sizes from the directory, then rows and cells by counting.

A reader of workbooks makes a dense table: two cells at opposite corners of a sheet are enough to fill the memory. So the
directory of the archive is looked at before anything is unpacked, each part is unpacked no further than its directory says,
and rows, columns and the characters that they will hold are counted by a parser that keeps nothing, before the reader sees
the file: one long text that a million cells share is counted a million times, as the reader would store it.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from service_catalog.exchange.unreadable import ListUnreadable

MAX_PARTS, MAX_UNPACKED = 2_000, 60_000_000
"""Parts of an archive, and their bytes in all; 20,000 rows of sixty full columns need some 50 million."""
MAX_SHEET_ROWS, MAX_SHEET_COLUMNS, MAX_TEXT = 20_000, 200, 60_000_000
_READ = re.compile(r"\.(xml|rels|vml)$|^mimetype$")
"""What the reader needs; pictures, fonts and macros stay where they are."""
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LETTERS = re.compile(r"^([A-Z]{1,3})([0-9]{1,7})$")


def repacked(content: bytes) -> bytes:
    """Return the workbook with only the parts that are read, each no larger than its directory says; raises ListUnreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = _wanted(archive)
            made = io.BytesIO()
            counted = _Count()
            with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as bounded:
                for part in sorted(parts, key=lambda part: not _holds_shared(part.filename)):
                    text = archive.read(part)
                    counted.look_into(part.filename, text)
                    bounded.writestr(part.filename, text)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ListUnreadable(
            "工作簿已损坏，不能打开", "the workbook is damaged and cannot be opened", reason=str(error)[:200]
        ) from error
    return made.getvalue()


def _wanted(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > MAX_PARTS:
        raise ListUnreadable(
            f"压缩包内有 {len(entries)} 个部分，最多 {MAX_PARTS} 个", f"{len(entries)} parts; at most {MAX_PARTS}"
        )
    wanted = [entry for entry in entries if _READ.search(entry.filename)]
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise ListUnreadable("压缩包内有同名的部分", "two parts of the archive have one name")
    unpacked = sum(entry.file_size for entry in wanted)
    if unpacked > MAX_UNPACKED:
        raise ListUnreadable(
            f"解压后有 {unpacked:,} 字节，最多 {MAX_UNPACKED:,} 字节",
            f"{unpacked:,} bytes once unpacked; at most {MAX_UNPACKED:,}",
        )
    if any(entry.flag_bits & 1 for entry in wanted):
        raise ListUnreadable("工作簿有密码，请取消密码后再上传", "the workbook has a password; take it off first")
    if any(entry.compress_type not in _PLAIN for entry in wanted):
        raise ListUnreadable("工作簿的压缩方式不常见，请另存后再试", "an unusual compression; save the workbook anew")
    return wanted


def _holds_shared(name: str) -> bool:
    return name.lower().endswith("sharedstrings.xml")


class _Count:
    """What all parts of one workbook come to; the texts that cells share are looked into first."""

    def __init__(self) -> None:
        self.shared: list[int] = []
        self.text = 0

    def look_into(self, name: str, text: bytes) -> None:
        """Count one part. A sheet may have any name, so every part is walked as if it were one."""
        if _holds_shared(name):
            _walk(name, text, _Shared(name, self))
        elif name == "content.xml":
            _walk(name, text, _OpenDocument(name, self))
        elif name.endswith(".xml"):
            _walk(name, text, _Worksheet(name, self))

    def holds(self, name: str, characters: int) -> None:
        """Add what some cells will hold."""
        self.text += characters
        if self.text > MAX_TEXT:
            raise ListUnreadable(
                f"{name} 的文字超过 {MAX_TEXT:,} 个字符，请分批上传",
                f"{name} holds more than {MAX_TEXT:,} characters; split it",
            )


class _Counted:
    """How far the filled cells of a part reach, and what they hold."""

    def __init__(self, name: str, whole: _Count) -> None:
        self.name, self.whole = name, whole
        self.row = self.column = 0

    def reaches(self, row: int, column: int) -> None:
        if row > MAX_SHEET_ROWS:
            raise ListUnreadable(
                f"{self.name} 超过 {MAX_SHEET_ROWS:,} 行，请分批上传；若只是末尾有空行，请删除后再存",
                f"{self.name} has more than {MAX_SHEET_ROWS:,} rows; split it, or delete what stands far below",
            )
        if column > MAX_SHEET_COLUMNS:
            raise ListUnreadable(
                f"{self.name} 超过 {MAX_SHEET_COLUMNS} 列；若右侧远处有内容，请删除后再存",
                f"{self.name} has more than {MAX_SHEET_COLUMNS} columns; delete what stands far to the right",
            )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def end(self, tag: str) -> None:
        """Nothing to do where cells say where they stand."""

    def characters(self, text: str) -> None:
        """Nothing to do where characters are not shared."""


class _Shared(_Counted):
    """The texts of a workbook that its cells share."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "si":
            self.whole.shared.append(0)

    def characters(self, text: str) -> None:
        if self.whole.shared:
            self.whole.shared[-1] += len(text)


class _Worksheet(_Counted):
    """A sheet of SpreadsheetML: rows and cells may say their place, or follow the one before."""

    is_shared = False
    which = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "row":
            said = attributes.get("r", "")
            self.row, self.column = (int(said) if said.isdecimal() and len(said) < 9 else self.row + 1), 0
            self.reaches(self.row, 0)
        elif kind == "c":
            place = _LETTERS.match(attributes.get("r", ""))
            self.column = _number(place[1]) if place else self.column + 1
            self.reaches(int(place[2]) if place else self.row, self.column)
            self.is_shared, self.which = attributes.get("t") == "s", ""

    def characters(self, text: str) -> None:
        if self.is_shared:
            self.which += text

    def end(self, tag: str) -> None:
        if self.is_shared and tag.rpartition(":")[2] == "c":
            self.is_shared, number = False, self.which.strip()
            if number.isdecimal() and len(number) < 9 and int(number) < len(self.whole.shared):
                self.whole.holds(self.name, self.whole.shared[int(number)])


class _OpenDocument(_Counted):
    """The sheets of an OpenDocument file: empty cells and rows may be repeated without end, filled ones may not."""

    filled = repeat = times = said = held = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "table":
            self.row = 0
        elif kind == "table-row":
            self.column = self.filled = self.held = 0
            self.repeat = _times(attributes, "table:number-rows-repeated")
        elif kind in ("table-cell", "covered-table-cell"):
            self.times, self.said = _times(attributes, "table:number-columns-repeated"), 0
            self.column += self.times
            if any(name.rpartition(":")[2] in ("value-type", "formula") for name in attributes):
                self.filled = self.column

    def characters(self, text: str) -> None:
        self.said += len(text)

    def end(self, tag: str) -> None:
        kind = tag.rpartition(":")[2]
        if kind in ("table-cell", "covered-table-cell"):
            self.held += self.said * self.times
        elif kind == "table-row":
            self.row += self.repeat
            if self.filled:
                self.reaches(self.row, self.filled)
                self.whole.holds(self.name, self.held * self.repeat)


def _walk(name: str, text: bytes, counted: _Counted) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = counted.start, counted.end
    parser.CharacterDataHandler = counted.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        for piece in _pieces(text):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ListUnreadable(f"{name} 已损坏，不能识读", f"{name} is damaged: {error}") from error


def _refuse_doctype(*declared: Any) -> None:
    raise ListUnreadable("工作簿中有文档类型声明，拒绝识读", "a workbook with a document type declaration is not read")


def _pieces(text: bytes, size: int = 1 << 20) -> Iterator[bytes]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _times(attributes: dict[str, str], name: str) -> int:
    said = attributes.get(name, "1")
    return int(said) if said.isdecimal() and len(said) < 9 else 1
