"""Loading register files: each load replaces one register as a whole, and is a change of its own."""

import csv
import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, SQLModel, col

from service_catalog.actors import Actor
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.kernel.errors import Invalid, Said
from service_catalog.registers.tables import (
    CalendarYear,
    CodeEntry,
    InheritanceRule,
    PlaceholderScheme,
    RegisterVersion,
)

_SCOPED = re.compile(r"^(item_types|departments)_namespace_([0-9]{2})$")


class CalendarUnreadable(Invalid):
    """A calendar file names days outside its year, or the same day twice."""

    title = Said("日历文件有误", "The calendar file is wrong")


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
    """Load or correct one year from a CSV (date,is_working,name) that lists the days unlike Monday to Friday."""
    year = int(path.stem)
    with path.open(encoding="utf-8", newline="") as file:
        rows = [[row["date"], int(row["is_working"]), row["name"]] for row in csv.DictReader(file)]
    days = [date.fromisoformat(str(row[0])) for row in rows]
    if len(set(days)) != len(days) or any(day.year != year for day in days):
        raise CalendarUnreadable(
            f"{path.name} 中有重复的日期或不属于 {year} 年的日期", f"{path.name}: a day twice or outside {year}"
        )
    session.execute(delete(CalendarYear).where(CalendarYear.year == year))  # type: ignore[arg-type]
    session.add(CalendarYear(year=year, document=document, differences=sorted(rows)))
    _moved(session, f"calendar-{year}", by=by, at=at)


def _replace(
    session: Session, table: type[SQLModel], rows: Iterable[SQLModel], name: str, *, by: Actor, at: datetime
) -> None:
    session.execute(delete(table))
    session.add_all(rows)
    _moved(session, name, by=by, at=at)


def _moved(session: Session, name: str, *, by: Actor, at: datetime) -> None:
    session.flush()
    session.execute(update(RegisterVersion).values(number=col(RegisterVersion.number) + 1, changed_at=at))
    log.record(session, Subject.REGISTER, name, by=by, at=at)
