"""Registers of a copy."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from service_catalog.appeals.tables import AppealRegister
from service_catalog.registers.tables import CalendarYear, RegisterVersion
from service_catalog.replica.rows import CENTRE, Coming, day, moment, put
from service_catalog.sync.telling_registers import APPEALS, CALENDAR, WHOLE_TABLES

_DAYS = {"valid_from", "valid_until"}


def registers(session: Session, coming: Coming) -> None:
    """Place registers, and let every process read them again."""
    for name, told in coming.documents.items():
        _place(session, name, told)
    loaded: list[datetime] = [at for _, told in coming.there if (at := moment(told["loaded_at"])) is not None]
    before = session.execute(select(col(RegisterVersion.changed_at))).scalar_one()
    session.execute(
        update(RegisterVersion).values(number=col(RegisterVersion.number) + 1, changed_at=max([before, *loaded]))
    )


def _place(session: Session, name: str, told: Mapping[str, Any] | None) -> None:
    content = None if told is None else told["content"]
    if name in WHOLE_TABLES:
        table = WHOLE_TABLES[name][0]
        session.execute(delete(table))
        put(session, table, [_row(line) for line in content or ()])
    elif name.startswith(APPEALS):
        short = name.removeprefix(APPEALS)
        session.execute(delete(AppealRegister).where(col(AppealRegister.name) == short))
        if told is not None:
            row = {"name": short, "document": content, "loaded_by": CENTRE, "loaded_at": moment(told["loaded_at"])}
            put(session, AppealRegister, [row])
    else:
        year = int(name.removeprefix(CALENDAR))
        session.execute(delete(CalendarYear).where(col(CalendarYear.year) == year))
        if content is not None:
            put(session, CalendarYear, [content])


def _row(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: day(value) if name in _DAYS else value for name, value in line.items()}
