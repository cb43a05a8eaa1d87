"""Registers and codes that were replaced → documents; which register is which table."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from service_catalog.appeals.tables import AppealRegister
from service_catalog.changes.tables import Change, Subject
from service_catalog.coding.tables import CodeAlias
from service_catalog.registers.tables import CalendarYear, CodeEntry, InheritanceRule, PlaceholderScheme
from service_catalog.sync.writing import Document, columns, grouped, plain, written

APPEALS, CALENDAR = "appeals-", "calendar-"
"""How the names of registers begin that are one row each."""

WHOLE_TABLES: Mapping[str, tuple[type[SQLModel], tuple[str, ...], tuple[str, ...]]] = {
    "code_lists": (
        CodeEntry,
        ("list_name", "namespace", "code", "position", "zh", "en", "note"),
        ("list_name", "namespace", "position", "code"),
    ),
    "placeholder_schemes": (
        PlaceholderScheme,
        ("id", "pattern", "valid_from", "valid_until", "document"),
        ("id",),
    ),
    "inheritance_matrix": (
        InheritanceRule,
        ("element", "position", "policy", "rule", "reason", "zh", "document"),
        ("position",),
    ),
}
"""Registers that are one table: name → table, columns told, order."""


def tell_codes(session: Session, codes: Collection[str]) -> dict[str, Document]:
    """Return where old codes lead."""
    query = (
        select(*columns(CodeAlias, "old_code", "new_code", "act_kind", "valid_from", "document_number", "at"))
        .where(col(CodeAlias.old_code).in_(codes))
        .order_by(col(CodeAlias.new_code))
    )
    return {code: {"aliases": lines} for code, lines in grouped(session, query, "old_code").items()}


def tell_registers(session: Session, names: Collection[str]) -> dict[str, Document]:
    """Return registers as they were last loaded."""
    last = (
        select(col(Change.code), func.max(col(Change.number)))
        .where(col(Change.subject) == Subject.REGISTER, col(Change.code).in_(names))
        .group_by(col(Change.code))
    )
    numbers = [number for _, number in session.execute(last)]
    loaded = select(col(Change.code), col(Change.at)).where(col(Change.number).in_(numbers))
    found = {}
    for name, at in session.execute(loaded):
        content = _content(session, name)
        if content is not None:
            found[name] = {"loaded_at": plain(at), "content": content}
    return found


def _content(session: Session, name: str) -> Any:
    if name in WHOLE_TABLES:
        table, told, order = WHOLE_TABLES[name]
        rows = session.execute(select(*columns(table, *told)).order_by(*columns(table, *order)))
        return [written(row) for row in rows]
    if name.startswith(APPEALS):
        query = select(col(AppealRegister.document)).where(col(AppealRegister.name) == name.removeprefix(APPEALS))
        return session.scalars(query).first()
    year = select(
        *columns(CalendarYear, "year", "document", "differences", "local_document", "local_differences")
    ).where(col(CalendarYear.year) == int(name.removeprefix(CALENDAR)))
    row = session.execute(year).first()
    return None if row is None else written(row)
