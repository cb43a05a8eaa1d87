"""Files that are no list, or that would fill the memory: refused before they can, each with a sentence for the clerk."""

import io
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import xlsxwriter
from county import workbook_of

from service_catalog.exchange.intake import take_in
from service_catalog.exchange.unreadable import ListUnreadable
from service_catalog.exchange.workbook import MAX_BYTES, address, as_text, new_workbook, read_workbook

ROW = {"事项名称": "居住证申领", "基本编码": "150709001000", "办件类型": "2"}
SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def repack(change: Callable[[str, bytes], bytes], content: bytes | None = None) -> bytes:
    """A workbook with some of its parts changed."""
    made = io.BytesIO()
    whole = io.BytesIO(content or workbook_of({"实施清单": [ROW]}))
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return made.getvalue()


def with_sheet(xml: str) -> bytes:
    return repack(lambda name, part: xml.encode() if name == SHEET else part)


def bomb() -> bytes:
    return repack(lambda name, part: part + b" " * 200_000_000 if name == SHEET else part)


def lying_bomb() -> bytes:
    """The directory says that the sheet is small; unpacked it is not."""
    honest = repack(lambda name, part: part + b" " * 80_000_000 if name == SHEET else part)
    size = next(info.file_size for info in zipfile.ZipFile(io.BytesIO(honest)).infolist() if info.filename == SHEET)
    return honest.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def sparse_rows(count: int) -> str:
    rows = "".join(f'<row r="{number}"><c><v>1</v></c></row>' for number in range(1, count + 1))
    return f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"


def shared(rows: int, columns: int) -> bytes:
    """A small file whose cells all hold the same text of nine thousand characters."""
    cell = '<c t="s"><v>0</v></c>'
    cells = f"<row>{cell * columns}</row>" * rows
    sheet = f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>".encode()
    texts = f"<sst {MAIN}><si><t>{'长' * 9_000}</t></si></sst>".encode()
    return repack(
        lambda name, part: sheet if name == SHEET else texts if name.lower().endswith("sharedstrings.xml") else part
    )


def renamed(sheet: str) -> bytes:
    """A workbook whose sheet does not lie where sheets usually lie."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(with_sheet(sheet))) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("workbook.xml.rels"):
                part = part.replace(b"worksheets/sheet1.xml", b"other/list.xml")
            new.writestr("xl/other/list.xml" if name == SHEET else name, part)
    return made.getvalue()


def twice() -> bytes:
    made = io.BytesIO(workbook_of({"实施清单": [ROW]}))
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr(SHEET.upper(), "<a/>")
    return made.getvalue()


def ods(body: str) -> bytes:
    made = io.BytesIO()
    spaces = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>",
        )
    return made.getvalue()


def ods_row(cells: list[str], repeated: int = 1) -> str:
    inner = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inner}</table:table-row>'


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a zip bomb": (bomb, "解压后有"),
    "a zip bomb whose directory lies": (lying_bomb, "工作簿已损坏"),
    "not a workbook": (lambda: b"PK\x03\x04 and nothing more", "工作簿已损坏"),
    "an archive of something else": (
        lambda: repack(lambda name, part: b"<a/>"), "不是能识读的工作簿"),
    "an archive with two parts of one name": (twice, "同名的部分"),
    "an empty file": (lambda: b"", "文件中没有内容"),
    "text of no shape": (lambda: b"\x00\x01\x02\xff\xfe", ""),
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 2000, "请另存为 .xlsx"),
    "a file that is too large": (lambda: b"a" * (MAX_BYTES + 1), "文件超过 10 MB"),
    "a million rows": (lambda: with_sheet(sparse_rows(1_000_000)), "超过 20,000 行"),
    "two cells at the corners of the sheet": (
        lambda: with_sheet(
            f'<worksheet {MAIN}><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576">'
            "<v>1</v></c></row></sheetData></worksheet>"
        ), "超过 20,000 行"),
    "a cell far to the right": (
        lambda: with_sheet(
            f'<worksheet {MAIN}><sheetData><row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row></sheetData>'
            "</worksheet>"
        ), "超过 200 列"),
    "cells that do not say where they stand": (
        lambda: with_sheet(
            f"<worksheet {MAIN}><sheetData><row>{'<c><v>1</v></c>' * 201}</row></sheetData></worksheet>"
        ), "超过 200 列"),
    "one long text that all cells share": (lambda: shared(20_000, 100), "的文字超过"),
    "a sheet under another name": (lambda: renamed(sparse_rows(30_000)), "超过 20,000 行"),
    "an OpenDocument text repeated": (
        lambda: ods(
            '<table:table table:name="实施清单"><table:table-row table:number-rows-repeated="20000"><table:table-cell '
            f'office:value-type="string" table:number-columns-repeated="200"><text:p>{"长" * 9_000}</text:p>'
            "</table:table-cell></table:table-row></table:table>"
        ), "的文字超过"),
    "entities that grow": (
        lambda: with_sheet(
            '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
            f'<worksheet {MAIN}><sheetData><row r="1"><c r="A1" t="str"><v>&c;</v></c></row></sheetData></worksheet>'
        ), "文档类型声明"),
    "broken XML": (lambda: with_sheet("<worksheet"), "已损坏"),
    "an OpenDocument row repeated a million times": (
        lambda: ods(f'<table:table table:name="实施清单">{ods_row(["事项名称"])}{ods_row(["x"], 1_048_576)}</table:table>'),
        "超过 20,000 行"),
    "a workbook with nothing in it": (lambda: workbook_of({"实施清单": []}), "没有内容"),
    "a cell of a novel": (lambda: workbook_of({"实施清单": [ROW | {"备注说明": "长" * 10_001}]}), "过长的单元格"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_file_is_refused_before_it_costs_anything(name: str) -> None:
    make, said = HOSTILE[name]
    content = make()
    started = time.process_time()

    with pytest.raises(ListUnreadable) as refused:
        read_workbook(content)

    assert said in refused.value.said.zh
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ({"花名册": [{"姓名": "张三", "电话": "1"}]}, "没有找到实施清单"),
        ({"材料": [{"序号": 1, "材料名称": "居民身份证"}]}, "没有找到实施清单"),
        ({"实施清单": [ROW], "up_task_general_basic": []}, ""),
    ],
)
def test_sheets_of_wrong_names_are_named(sheets: dict[str, list[dict[str, object]]], said: str) -> None:
    book = read_workbook(workbook_of(sheets))
    if not said:
        assert len(take_in(book).rows) == 1
        return

    with pytest.raises(ListUnreadable) as refused:
        take_in(book)

    assert said in refused.value.said.zh
    assert next(iter(sheets)) in refused.value.said.zh


def test_an_unknown_sheet_beside_the_list_is_reported() -> None:
    intake = take_in(read_workbook(workbook_of({"实施清单": [ROW], "通讯录": [{"姓名": "张三", "电话": "1"}]})))

    assert [(one.sheet, one.filled) for one in intake.not_used] == [("通讯录", 2)]


def test_two_columns_that_say_the_same_are_refused_with_both_places() -> None:
    book = read_workbook(workbook_of({"实施清单": [ROW | {"*名称（必填）": "x"}]}))

    with pytest.raises(ListUnreadable) as refused:
        take_in(book)

    assert "实施清单!A1 和 实施清单!D1" in refused.value.said.zh


def test_merged_cells_are_refused_with_their_range() -> None:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet("实施清单")
    sheet.write_row(0, 0, ["事项名称", "实施主体编码", "办件类型"])
    sheet.write_row(1, 0, ["居住证申领", "", "2"])
    sheet.merge_range(1, 1, 3, 1, "11152921DM9000028D")
    book.close()

    with pytest.raises(ListUnreadable) as refused:
        take_in(read_workbook(made.getvalue()))

    assert "B2:B4" in refused.value.said.zh


def test_a_formula_is_read_as_the_value_it_had() -> None:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet("实施清单")
    sheet.write_row(0, 0, ["事项名称", "到办事现场次数", "备注说明"])
    sheet.write_formula(1, 0, '=HYPERLINK("http://example.cn","居住证申领")', None, "居住证申领")
    sheet.write_formula(1, 1, "=1-1", None, 0)
    sheet.write_datetime(1, 2, datetime(2026, 1, 31), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001
    book.close()

    assert read_workbook(made.getvalue()).sheets[0].rows[0].cells == ["居住证申领", "0", "2026-01-31"]


def test_what_we_write_never_computes() -> None:
    made = io.BytesIO()
    book = new_workbook(made, datetime(2026, 3, 10, tzinfo=UTC))
    sheet = book.add_worksheet("实施清单")
    texts = ['=cmd|" /C calc"!A0', "+1+1", "-2+3", "@SUM(1)", "http://example.cn", "0012", "{=1}"]
    sheet.write_row(0, 0, texts)
    book.close()

    with zipfile.ZipFile(made) as archive:
        xml = archive.read(SHEET)
    assert b"<f>" not in xml
    assert b"hyperlink" not in xml
    assert read_workbook(made.getvalue()).sheets[0].header.cells == texts


def test_an_opendocument_list_is_read_and_its_empty_tail_does_not_matter() -> None:
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    rows = ods_row(["事项名称", "基本编码", "办件类型"]) + ods_row(["居住证申领", "150709001000", "2"]) + empty

    book = read_workbook(ods(f'<table:table table:name="实施清单">{rows}</table:table>'))

    assert [row.cells for row in book.sheets[0].rows] == [["居住证申领", "150709001000", "2"]]


def test_a_list_as_csv_is_read_by_its_headers() -> None:
    content = "事项名称,基本编码,办件类型\n居住证申领,150709001000,2\n".encode("gb18030")

    intake = take_in(read_workbook(content))

    assert intake.rows[0].text("@name") == "居住证申领"
    assert intake.rows[0].cells["case_kind"].where == "csv!C2"


def test_places_and_values_are_written_as_a_spreadsheet_does() -> None:
    assert [address(column, 5) for column in (0, 25, 26, 701, 702)] == ["A5", "Z5", "AA5", "ZZ5", "AAA5"]
    assert [as_text(value) for value in (True, 3.0, 2.5, "x")] == ["1", "3", "2.5", "x"]
