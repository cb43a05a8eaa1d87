"""Loading register files: each load replaces one register as a whole, and is a change of its own."""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import Session, SQLModel, col

from service_catalog.actors import Actor
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.registers.calendars import NationalCalendarFirst, read_year
from service_catalog.registers.tables import (
    CalendarYear,
    CodeEntry,
    InheritanceRule,
    PlaceholderScheme,
    RegisterVersion,
)

_SCOPED = re.compile(r"^(item_types|departments)_namespace_([0-9]{2})$")


def load_code_lists(session: Session, path: Path, *, by: Actor, at: datetime) -> None:
    """Replace all code lists by those of a JSON file: {list: [{code, zh, en, note?}]}."""
    lists: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    rows: list[SQLModel] = []
    for name, entries in lists.items():
        scoped = _SCOPED.match(name)
        list_name, namespace = (scoped[1], scoped[2]) if scoped else (name, "")
        rows += [CodeEntry(list_name=list_name, namespace=namespace, position=n, **e) for n, e in enumerate(entries)]
    _replace(session, CodeEntry, rows, "code_lists", by=by, at=at)


def load_placeholder_schemes(session: Session, path: Path, *, by: Actor, at: datetime) -> None:
    """Replace the placeholder schemes by those of a JSON file: [{id, pattern, valid_from, document}]."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    for row in rows:
        re.compile(row["pattern"])
        for day in ("valid_from", "valid_until"):
            row[day] = date.fromisoformat(row[day]) if row.get(day) else None
    schemes = [PlaceholderScheme(**row) for row in rows]
    _replace(session, PlaceholderScheme, schemes, "placeholder_schemes", by=by, at=at)


def load_matrix(session: Session, path: Path, *, document: str | None, by: Actor, at: datetime) -> None:
    """Replace the inheritance matrix by that of a JSON file: {element: {policy, rule?, reason, zh}}."""
    elements: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    rules = [
        InheritanceRule(element=element, position=n, document=document, **row)
        for n, (element, row) in enumerate(elements.items())
    ]
    _replace(session, InheritanceRule, rules, "inheritance_matrix", by=by, at=at)


def load_calendar(session: Session, path: Path, *, document: str, by: Actor, at: datetime) -> None:
    """Load or correct one year from a CSV named after it; raises CalendarUnreadable."""
    load_year(session, int(path.stem), path.read_bytes(), document=document, by=by, at=at)


def load_year(session: Session, year: int, content: bytes, *, document: str, by: Actor, at: datetime) -> CalendarYear:
    """Load or correct one year from the bytes of a CSV, and keep its local days; raises CalendarUnreadable."""
    differences = read_year(content, year)
    row = _calendar_row(session, year) or CalendarYear(year=year, document=document, differences=differences)
    row.document, row.differences = document, differences
    session.add(row)
    moved(session, f"calendar-{year}", by=by, at=at)
    return row


def load_local_days(
    session: Session, year: int, content: bytes, *, document: str, by: Actor, at: datetime
) -> CalendarYear:
    """Load or correct the days off and extra workdays that the place itself sets; no line takes them all back.

    Raises CalendarUnreadable, NationalCalendarFirst.
    """
    differences = read_year(content, year)
    row = _calendar_row(session, year)
    if row is None:
        raise NationalCalendarFirst(
            f"{year} 年的国家日历还没有加载", f"the national calendar of {year} is not here yet", year=year
        )
    row.local_document, row.local_differences = document, differences
    moved(session, f"calendar-{year}", by=by, at=at)
    return row


def _calendar_row(session: Session, year: int) -> CalendarYear | None:
    """Return the year and hold it: who loads the other half of it meanwhile waits."""
    query = select(CalendarYear).where(col(CalendarYear.year) == year).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).first()


def _replace(
    session: Session, table: type[SQLModel], rows: Iterable[SQLModel], name: str, *, by: Actor, at: datetime
) -> None:
    session.execute(delete(table))
    session.add_all(rows)
    moved(session, name, by=by, at=at)


def moved(session: Session, name: str, *, by: Actor, at: datetime) -> None:
    """Note that a register was loaded, so that every process reads it again."""
    session.flush()
    session.execute(update(RegisterVersion).values(number=col(RegisterVersion.number) + 1, changed_at=at))
    log.record(session, Subject.REGISTER, name, by=by, at=at)
