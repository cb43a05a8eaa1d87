"""Judging a batch of implementations: read what is needed in a few questions, apply every rule to each."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Row, select
from sqlmodel import Session, col

from service_catalog.appeals.tables import Appeal
from service_catalog.changes.tables import Subject
from service_catalog.findings import marks
from service_catalog.findings.asked import asked_often
from service_catalog.findings.knowledge import Knowledge
from service_catalog.findings.local_rules import LOCAL_RULES, Case
from service_catalog.findings.rules import Broken, Found, Thing
from service_catalog.findings.scheduled import local_edition_can_take_effect, waiting_among
from service_catalog.implementations.claiming import SHELF
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.kernel.errors import Said
from service_catalog.lifecycle.standing import standings_on
from service_catalog.lifecycle.states import ItemState

IMPLEMENTATIONS = select(
    col(Implementation.implementation_code),
    col(Implementation.agency_code),
    col(Implementation.exercise_level),
    col(Implementation.basic_code),
    col(Implementation.region_code),
).order_by(col(Implementation.implementation_code))


class Read(NamedTuple):
    """An implementation with its edition in force, read."""

    row: Row[Any]
    edition: Row[Any]
    local: LocalContent | None
    """None: what is stored cannot be read."""


def judge_implementations(
    session: Session, known: Knowledge, rows: Sequence[Row[Any]]
) -> tuple[list[Found], dict[str, set[str]]]:
    """Return what is wrong with these implementations, and which marks came or went with them."""
    codes = [row.implementation_code for row in rows]
    read = in_force(session, known, rows)
    own = {one.row.implementation_code: marks.marks_in(one.local) for one in read if one.local is not None}
    moved = marks.rewrite(session, codes, own)
    shared = marks.shared(session, frozenset().union(*own.values()))
    asked = asked_often(session, codes, col(Appeal.implementation_code), known.day)
    found: list[Found] = []
    for one in read:
        thing = thing_of(one.row)
        found += [(thing, broken) for broken in _judge(session, known, one, shared)]
        if thing.code in asked:
            found.append((thing, asked[thing.code]))
    waiting = waiting_among(session, codes)
    for row in rows:
        if row.implementation_code in waiting:
            thing = thing_of(row)
            broken_ones = local_edition_can_take_effect(session, known, waiting[row.implementation_code])
            found += [(thing, broken) for broken in broken_ones]
    return found, moved


def thing_of(row: Row[Any]) -> Thing:
    """Return an implementation as what a finding is about."""
    return Thing(
        Subject.IMPLEMENTATION, row.implementation_code, row.region_code, row.agency_code, row.basic_code
    )  # fmt: skip


def in_force(session: Session, known: Knowledge, rows: Sequence[Row[Any]]) -> list[Read]:
    """Return those that are in force today with their editions: neither ended nor cancelled, under a standard in force."""
    codes = [row.implementation_code for row in rows if row.basic_code in known.items]
    states = standings_on(session, Subject.IMPLEMENTATION, codes, known.day)
    editions = _editions(session, [code for code in codes if states[code] is not ItemState.CANCELLED], known)
    return [
        Read(row, edition, _parsed(edition.content))
        for row in rows
        if (edition := editions.get(row.implementation_code)) is not None
    ]


def _editions(session: Session, codes: Collection[str], known: Knowledge) -> dict[str, Row[Any]]:
    query = select(
        col(ImplementationEdition.implementation_code),
        col(ImplementationEdition.number),
        col(ImplementationEdition.based_on_edition),
        col(ImplementationEdition.effective_from),
        col(ImplementationEdition.content),
    ).where(col(ImplementationEdition.implementation_code).in_(codes), SHELF.current(known.day))
    return {row.implementation_code: row for row in session.execute(query)}


def _parsed(content: Any) -> LocalContent | None:
    try:
        return LocalContent.model_validate(content)
    except ValidationError:
        return None


def _judge(session: Session, known: Knowledge, one: Read, shared: dict[str, frozenset[str]]) -> Iterator[Broken]:
    row, edition = one.row, one.edition
    standard = known.standard(session, row.basic_code)
    if one.local is None or standard is None:
        said = Said("本地内容无法识读，请重新编写", "the local part cannot be read; write it anew")
        yield Broken("local_part_unreadable", f"/editions/{edition.number}", said)
        return
    case = Case(
        row.basic_code, row.exercise_level, row.region_code, edition.number, edition.based_on_edition,
        edition.effective_from, one.local, edition.content, standard, known, shared,
        partial(known.behind, session, row.basic_code),
    )  # fmt: skip
    for rule in LOCAL_RULES:
        yield from rule(case)
