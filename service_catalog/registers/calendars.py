"""Reading the calendar of a year: a CSV of the days that differ from Monday to Friday; every fault is named by its line."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from service_catalog.kernel.errors import Conflict, Invalid, Said

COLUMNS = ("date", "is_working", "name")
MOST_BYTES = 100_000
"""A line for every day of a year has some 15,000."""
LONGEST_NAME = 100
FIRST_YEAR, LAST_YEAR = 1950, 2999
_SHOWN = 20


class CalendarUnreadable(Invalid):
    """A calendar file is no CSV of days of its year; the fact `lines` says what is wrong with each line."""

    title = Said("日历文件有误", "The calendar file is wrong")


class NationalCalendarFirst(Conflict):
    """Local days change a calendar that was issued; they issue none."""

    title = Said("须先加载国家日历", "The national calendar comes first")


class _Wrong(NamedTuple):
    line: int
    said: Said


def read_year(content: bytes, year: int) -> list[list[str | int]]:
    """Return [day, 1 working or 0 off, name] in order; raises CalendarUnreadable with every fault, each by its line."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CalendarUnreadable(
            f"年份应在 {FIRST_YEAR} 到 {LAST_YEAR} 之间", f"a year between {FIRST_YEAR} and {LAST_YEAR}", year=year
        )
    reader = csv.DictReader(io.StringIO(_text(content), newline=""), strict=True)
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            listed = ", ".join(missing)
            raise _refused([_Wrong(1, Said(f"缺少列 {listed}", f"lacks the column {listed}"))])
        rows = [(reader.line_num, {name: row[name] or "" for name in COLUMNS}, None in row) for row in reader]
    except csv.Error as error:
        raise _refused([_Wrong(reader.line_num, Said(f"不是 CSV：{error}", f"is no CSV: {error}"))]) from error
    faults = list(_faults(rows, year))
    if faults:
        raise _refused(faults)
    return sorted([row["date"].strip(), int(row["is_working"]), row["name"].strip()] for _, row, _ in rows)


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise CalendarUnreadable(
            f"文件有 {len(content)} 字节，最多 {MOST_BYTES}",
            f"{len(content)} bytes, at most {MOST_BYTES}",
            most=MOST_BYTES,
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused([_Wrong(line, Said("不是 UTF-8 文本", "is not UTF-8"))]) from error


def _faults(rows: list[tuple[int, dict[str, str], bool]], year: int) -> Iterator[_Wrong]:
    seen: dict[date, int] = {}
    for line, row, has_more in rows:
        if has_more:
            yield _Wrong(line, Said("列数过多", "has too many columns"))
        day = _day(row["date"].strip())
        if day is None:
            yield _Wrong(
                line, Said(f"日期“{_cut(row['date'])}”有误", f"{_cut(row['date'])!r} is no day such as 2027-01-31")
            )
        elif day.year != year:
            yield _Wrong(line, Said(f"{day} 不属于 {year} 年", f"{day} is no day of {year}"))
        elif day in seen:
            yield _Wrong(line, Said(f"{day} 与第 {seen[day]} 行重复", f"{day} stands in line {seen[day]} too"))
        else:
            seen[day] = line
        if row["is_working"].strip() not in ("0", "1"):
            said = _cut(row["is_working"])
            yield _Wrong(line, Said(f"is_working 为“{said}”，应为 0 或 1", f"is_working is {said!r}, not 0 or 1"))
        name = row["name"].strip()
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            yield _Wrong(line, Said("名称缺少、过长或有控制字符", "the name is missing, too long or not printable"))


def _day(said: str) -> date | None:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day if day.isoformat() == said else None


def _cut(said: str) -> str:
    return said[:40]


def _refused(faults: list[_Wrong]) -> CalendarUnreadable:
    shown = faults[:_SHOWN]
    zh = "；".join(f"第 {fault.line} 行{fault.said.zh}" for fault in shown)
    en = "; ".join(f"line {fault.line} {fault.said.en}" for fault in shown)
    more = len(faults) - len(shown)
    lines = [{"line": fault.line, "zh": fault.said.zh, "en": fault.said.en} for fault in shown]
    return CalendarUnreadable(
        zh + (f"；还有 {more} 处" if more else ""), en + (f"; and {more} more" if more else ""), lines=lines
    )
