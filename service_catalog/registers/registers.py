"""Registers: everything the registers say, read once per version and kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.kernel.database import what_is_kept_by
from service_catalog.kernel.workdays import Calendar
from service_catalog.registers.tables import (
    CalendarYear,
    CodeEntry,
    InheritanceRule,
    PlaceholderScheme,
    RegisterVersion,
)


class Label(NamedTuple):
    """The name of a code in both languages."""

    zh: str
    en: str


class MatrixRow(NamedTuple):
    """What a local body may do with one element."""

    element: str
    policy: str
    rule: str | None
    reason: str
    zh: str


class Scheme(NamedTuple):
    """A declared way of writing bodies that have no credit code."""

    id: str
    pattern: str


@dataclass(frozen=True)
class Registers:
    """One version of all registers; immutable, shared by all requests."""

    version: int
    changed_at: datetime
    """When any register was last loaded."""
    lists: Mapping[tuple[str, str], Mapping[str, Label]]
    """(list name, namespace or empty) → code → label."""
    schemes: tuple[Scheme, ...]
    matrix: Mapping[str, MatrixRow]
    calendar: Calendar

    def codes(self, list_name: str, namespace: str = "") -> Mapping[str, Label]:
        """Return the values of a list; empty where there is no such list."""
        return self.lists.get((list_name, namespace), {})

    def label(self, list_name: str, code: str, namespace: str = "") -> Label:
        """Return the name of a code; the code itself where the list does not know it."""
        scoped = self.codes(list_name, namespace).get(code) if namespace else None
        return scoped or self.codes(list_name).get(code) or Label(code, code)


T = TypeVar("T")


class Kept(Generic[T]):
    """What was read under one version of the registers.

    A writer also uses what readers keep: only one transaction at a time moves the version, so that nobody else can have
    committed the number that a writer sees of itself. What a writer reads it keeps for itself.
    """

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[object, tuple[int, T]] = WeakKeyDictionary()

    def under(self, session: Session, version: int, read: Callable[[], T]) -> T:
        """Return what is kept under the version that this transaction sees; reads it where nothing is."""
        own, shared = what_is_kept_by(session), session.get_bind().engine.pool
        for keeper in (own, shared):
            kept = self._kept.get(keeper)
            if kept is not None and kept[0] == version:
                return kept[1]
        made = read()
        self._kept[own] = version, made
        return made


_kept = Kept["Registers"]()


def registers_of(session: Session) -> Registers:
    """Return the registers as this transaction sees them; reads them only when their version has moved."""
    version, changed_at = session.execute(_VERSION).one()
    return _kept.under(session, version, lambda: _read(session, version, changed_at))


_VERSION = select(col(RegisterVersion.number), col(RegisterVersion.changed_at))


def _read(session: Session, version: int, changed_at: datetime) -> Registers:
    lists: dict[tuple[str, str], dict[str, Label]] = {}
    for entry in session.scalars(select(CodeEntry).order_by(col(CodeEntry.list_name), col(CodeEntry.position))):
        lists.setdefault((entry.list_name, entry.namespace), {})[entry.code] = Label(entry.zh, entry.en)
    schemes = session.scalars(select(PlaceholderScheme).order_by(col(PlaceholderScheme.id)))
    rules = session.scalars(select(InheritanceRule).order_by(col(InheritanceRule.position)))
    years = session.scalars(select(CalendarYear)).all()
    return Registers(
        version=version,
        changed_at=changed_at,
        lists=lists,
        schemes=tuple(Scheme(scheme.id, scheme.pattern) for scheme in schemes),
        matrix={r.element: MatrixRow(r.element, r.policy, r.rule, r.reason, r.zh) for r in rules},
        calendar=calendar_of(years),
    )


def calendar_of(years: Sequence[CalendarYear]) -> Calendar:
    """Build the calendar that the issued years make; a local day holds over the national one."""
    days = {
        date.fromisoformat(day): bool(working)
        for row in years
        for day, working, *_ in (*row.differences, *(row.local_differences or ()))
    }
    return Calendar(frozenset(row.year for row in years), tuple(sorted(days.items())))
