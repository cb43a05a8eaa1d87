"""Strings that are no code of ours but have a known layout: case numbers, other provinces' codes; pure.

Foreign layouts are recognised and named so that they can be mapped; they are never repaired. Each is
known from one source only and is therefore data.
"""

import re
from datetime import date
from typing import NamedTuple


class Layout(NamedTuple):
    """One recognised layout."""

    name: str
    zh: str
    en: str
    pattern: re.Pattern[str]


LAYOUTS = (
    Layout(
        "sichuan",
        "四川省事项编码",
        "Sichuan item code",
        re.compile(r"[0-9A-Za-z-]+-[0-9]{12}-[0-9]{3}-[0-9A-Za-z_]+-[0-9]-[0-9]{2}"),
    ),
    Layout("zhejiang", "浙江省事项编码", "Zhejiang item code", re.compile(r"[0-9a-f]{32}[0-9]+")),
    Layout("fujian", "福建省事项编码", "Fujian item code", re.compile(r"[0-9A-Z]{18}[A-Z]{2}[0-9]{6}")),
    Layout(
        "guizhou",
        "贵州省权力编码（DB52/T 1264-2018）",
        "Guizhou code (DB52/T 1264-2018)",
        re.compile(r"[A-Z]{2}[0-9]{8}"),
    ),
)
CASE_NUMBER = re.compile(r"(?P<implementation_code>[0-9A-Z]{31})(?P<date>[0-9]{8})(?P<serial>[0-9]{4})")
"""办件编号: implementation code, day, four digits; seen in one system."""


def layout_of(text: str) -> Layout | None:
    """Return the foreign layout that `text` has, if it is a known one."""
    return next((layout for layout in LAYOUTS if layout.pattern.fullmatch(text)), None)


def case_number_parts(text: str) -> dict[str, str] | None:
    """Cut a case number (办件编号, 43 characters); None where it is none."""
    match = CASE_NUMBER.fullmatch(text)
    return match.groupdict() if match else None


def is_a_day(text: str) -> bool:
    """Tell whether eight digits are a day of the calendar."""
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True
