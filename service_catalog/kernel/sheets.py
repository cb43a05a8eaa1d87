"""Files that a spreadsheet opens as what they are: CSV with a mark of its encoding, Excel; no cell begins to compute."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

import xlsxwriter

from service_catalog.kernel.dates import SHANGHAI

MEDIA_TYPE = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"
"""Without it Excel reads UTF-8 as the code page of the machine."""
FORMULA_STARTS = tuple("=+-@＝＋－＠\t\r\n")
"""Full-width ones too: an Excel that is set up for Chinese reads them as formulas."""


def cell(value: Any) -> str:
    """Return a value as a text that no spreadsheet takes for a formula; moments as a clock in Alxa shows them."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    text = value.isoformat() if isinstance(value, date) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def csv_of(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV (RFC 4180)."""
    out = StringIO()
    csv.writer(out).writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def xlsx_of(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return one sheet as Excel: a header that stays in sight and filters; texts are texts, whatever they look like."""
    out = BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(title[:31])
        head = book.add_format({"bold": True, "bg_color": "#DDE8E3", "text_wrap": True, "valign": "top"})
        text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        sheet.set_column(0, max(len(header) - 1, 0), 22)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, header, head)
        last = 0
        for last, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                if isinstance(value, date) and not isinstance(value, datetime):
                    sheet.write_datetime(last, place, value, day)
                elif isinstance(value, int):
                    sheet.write_number(last, place, value)
                elif value is not None:
                    sheet.write_string(last, place, str(value), text)
        sheet.autofilter(0, 0, last, max(len(header) - 1, 0))
    return out.getvalue()
