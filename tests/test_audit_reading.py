"""Reading a list: every way a file can be no list is refused with its place, and what is readable is read as it is."""

import codecs
import csv
import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_catalog.exchange.columns import Role, understand
from service_catalog.exchange.reading import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, Row, read_table
from service_catalog.exchange.unreadable import ListUnreadable

LIST = "事项名称,事项编码\n食品经营许可,150117001000\n居住证申领,150709001000\n"


def refused(content: bytes) -> ListUnreadable:
    """Return how a content is refused, by its reader or for its header."""
    with pytest.raises(ListUnreadable) as raised:
        understand(read_table(content).header)
    return raised.value


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (LIST.encode(), "utf-8"),
        (codecs.BOM_UTF8 + LIST.encode(), "utf-8-sig"),
        (LIST.encode("gb18030"), "gb18030"),
        (LIST.encode("gbk"), "gb18030"),
        (("\ufeff" + LIST).encode("gb18030"), "gb18030"),
        (LIST.replace("\n", "\r\n").encode(), "utf-8"),
    ],
)
def test_a_list_is_read_the_same_in_every_encoding_that_offices_use(content: bytes, encoding: str) -> None:
    table = read_table(content)

    assert table.decoded.encoding == encoding
    assert table.header == ["事项名称", "事项编码"]
    assert table.rows == [Row(2, ["食品经营许可", "150117001000"]), Row(3, ["居住证申领", "150709001000"])]


def test_a_guessed_encoding_is_called_a_guess() -> None:
    table = read_table(LIST.encode("gb18030"))

    assert "推断" in table.decoded.said.zh


def test_rows_are_counted_as_a_spreadsheet_counts_them_whatever_stands_inside() -> None:
    table = read_table('名称,编码\n"两行的\n名称",1\n\n三,3\n'.encode())

    assert [(row.number, row.cells[0]) for row in table.rows] == [(2, "两行的\n名称"), (4, "三")]


def test_cells_are_read_as_they_stand_blanks_and_quotation_marks_included() -> None:
    table = read_table('名称,编码\n" 许可（""新办""）　",\ufeff01\n'.encode())

    assert table.rows == [Row(2, [' 许可（"新办"）　', "\ufeff01"])]


def workbook() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return content.getvalue()


@pytest.mark.parametrize("content", [workbook(), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512])
def test_a_workbook_is_refused_with_the_way_to_make_a_list_of_it(content: bytes) -> None:
    assert "另存为“CSV UTF-8（逗号分隔）”" in refused(content).said.zh


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_wide_encoding_is_named(encoding: str) -> None:
    assert "UTF-16 或 UTF-32" in refused(LIST.encode(encoding)).said.zh


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "文件中没有内容"),
        (codecs.BOM_UTF8, "文件中没有内容"),
        ("名称,编码\n".encode(), "只有表头，没有内容行"),
        ("名称,编码\n\n\n".encode(), "只有表头，没有内容行"),
        (b"\n" + LIST.encode(), "第 1 行是空行；表头须在第 1 行"),
    ],
)
def test_a_file_without_a_list_says_what_is_not_there(content: bytes, sentence: str) -> None:
    assert refused(content).said.zh == sentence


def test_ragged_rows_are_named_one_by_one_and_counted() -> None:
    error = refused("名称,编码\n一,1\n二\n三,3\n四,4,4\n".encode())

    assert [(fault.pointer, fault.said.zh) for fault in error.faults] == [
        ("第 3 行 row 3", "有 1 列，表头有 2 列"),
        ("第 5 行 row 5", "有 3 列，表头有 2 列"),
    ]
    assert error.said.zh.endswith("共 2 处")


def test_of_a_thousand_ragged_rows_only_some_are_listed_but_all_are_counted() -> None:
    error = refused(("名称,编码\n" + "一\n" * 1000).encode())

    assert len(error.faults) == 10
    assert "共 1000 处" in error.said.zh


@pytest.mark.parametrize(
    ("text", "row", "line"),
    [
        ('名称,编码\n一,1\n"二,2\n三,3\n', 3, 3),
        ('名称,编码\n"两\n行",1\n"二,2\n三,3\n', 3, 4),
        ('名称,编码\n"一"许可,1\n', 2, 2),
        ('"名称,编码\n一,1\n', 1, 1),
    ],
)
def test_a_quotation_mark_that_is_never_closed_is_found_where_its_row_begins(text: str, row: int, line: int) -> None:
    error = refused(text.encode())

    assert error.said.zh == f"第 {row} 行不能拆分为列（从文本第 {line} 行开始）：引号不成对或多余"


def test_a_quotation_mark_that_swallows_the_rest_of_a_long_list_is_found_too() -> None:
    error = refused(('名称,编码\n"一,1\n' + "二,2\n" * 50_000).encode())

    assert error.said.zh.startswith("第 2 行不能拆分为列（从文本第 2 行开始）：单元格过大")


def test_a_nul_is_named_by_row_and_column() -> None:
    error = refused("名称,编码\n一,1\0\n".encode())

    assert error.faults[0].pointer == "第 2 行第 2 列“编码” row 2, column 2"
    assert "NUL" in error.faults[0].said.zh


def test_a_huge_cell_is_named_by_row_and_column() -> None:
    error = refused(("名称,编码\n" + "许" * (MAX_CELL + 1) + ",1\n").encode())

    assert error.faults[0].pointer == "第 2 行第 1 列“名称” row 2, column 1"
    assert f"最多 {MAX_CELL}" in error.faults[0].said.zh


def test_the_largest_cell_allowed_is_read() -> None:
    table = read_table(("名称,编码\n" + "许" * MAX_CELL + ",1\n").encode())

    assert len(table.rows[0].cells[0]) == MAX_CELL


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x" * (MAX_BYTES + 1), "文件超过 20 MB"),
        (b"x,y\n" + b"1,2\n" * (MAX_ROWS + 1), f"超过 {MAX_ROWS} 行"),
        (b"x," * MAX_COLUMNS + b"y\n1\n", f"最多 {MAX_COLUMNS} 列"),
    ],
)
def test_a_list_beyond_the_bounds_is_refused_with_the_bound(content: bytes, words: str) -> None:
    assert words in refused(content).said.zh


def test_damaged_bytes_are_named_by_row_and_column_and_not_taken_for_another_encoding() -> None:
    content = LIST.encode().replace("居住证申领".encode(), "居住证申领".encode()[:-1])

    error = refused(content)

    assert "UTF-8" in error.said.zh
    assert error.faults[0].pointer == "第 3 行第 1 列“事项名称” row 3, column 1"


def test_bytes_of_no_encoding_at_all_are_refused() -> None:
    assert "可能已损坏" in refused(b"\xff\xff\xff,\xff\n\x81\xff,1\n").said.zh


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("部门,备注\n甲,乙\n", "缺少列：事项名称、编码（实施编码/业务办理项编码/基本编码/地方编码/地方基本编码之一）"),
        ("部门,备注\n甲,乙\n", "认出的列：“部门”→实施主体。未认出的列：“备注”"),
        ("名称;编码\n一;1\n", "似乎不是用逗号分隔"),
        ("名称\t编码\n一\t1\n", "似乎不是用逗号分隔"),
        ("某区政务服务事项清单,\n名称,编码\n", "若第 1 行是标题，请删去"),
        ("名称,事项名称,编码\n一,一,1\n", "不止一列是事项名称：“名称”、“事项名称”"),
        ("备\x1b[2J注,编码\n一,1\n", "“备?[2J注”"),
    ],
)
def test_a_header_without_usable_columns_says_what_is_missing_and_what_was_recognised(header: str, words: str) -> None:
    assert words in refused(header.encode()).said.zh


def test_columns_that_nobody_knows_are_set_aside_and_named() -> None:
    columns = understand(["名称", "编码", "网址"])

    assert columns.unused == ["网址"]
    assert columns.absent == [Role.ITEM_TYPE, Role.AGENCY_CODE, Role.DEPARTMENT, Role.AREA_CODE]


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=8), st.booleans())
def test_what_a_spreadsheet_writes_is_read_cell_by_cell(rows: list[tuple[str, str]], has_mark: bool) -> None:
    written = [(name.replace("\0", ""), code.replace("\0", "")) for name, code in rows]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("名称", "编码"), *written])
    content = file.getvalue().encode("utf-8-sig" if has_mark else "utf-8")

    table = read_table(content)

    assert [tuple(row.cells) for row in table.rows] == written


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("gb18030", "replace")))
def test_no_bytes_do_worse_than_be_refused(content: bytes) -> None:
    with suppress(ListUnreadable):
        understand(read_table(content).header)
