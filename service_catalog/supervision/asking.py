"""What people ask about most: items with many consultations and corrections, a hint to mend their guide."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, desc, func, or_, select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.appeals.stages import AppealKind
from service_catalog.appeals.tables import Appeal
from service_catalog.supervision.statistics import Wanted, conditions

ELEMENTS = 5


class Asked(NamedTuple):
    """One item: how often it was asked about, and which elements of its guide were said to be wrong."""

    basic_code: str
    asked: int
    consultations: int
    corrections: int
    elements: list[tuple[str, int]]


def asked_most(session: Session, wanted: Wanted, *, most: int, by: Actor | None) -> list[Asked]:
    """Return the items most asked about, most first; raises what `conditions` raises."""
    made = [*conditions(session, wanted, by), *_is_a_question()]
    asked = func.count().label("asked")
    query = (
        select(
            col(Appeal.basic_code),
            asked,
            func.sum(case((col(Appeal.kind) == AppealKind.CONSULTATION, 1), else_=0)),
            func.sum(case((col(Appeal.element).is_not(None), 1), else_=0)),
        )
        .where(*made)
        .group_by(col(Appeal.basic_code))
        .order_by(desc(asked), col(Appeal.basic_code))
        .limit(most)
    )
    rows = session.execute(query).all()
    elements = _elements(session, made, [row[0] for row in rows])
    return [Asked(code, n, consultations, wrong, elements[code]) for code, n, consultations, wrong in rows]


def _is_a_question() -> list[ColumnElement[bool]]:
    return [
        col(Appeal.basic_code).is_not(None),
        or_(col(Appeal.kind) == AppealKind.CONSULTATION, col(Appeal.element).is_not(None)),
    ]


def _elements(
    session: Session, made: Sequence[ColumnElement[bool]], codes: Sequence[str]
) -> dict[str, list[tuple[str, int]]]:
    """Return for each item the elements that were named most."""
    times = func.count()
    query = (
        select(col(Appeal.basic_code), col(Appeal.element), times)
        .where(*made, col(Appeal.basic_code).in_(codes), col(Appeal.element).is_not(None))
        .group_by(col(Appeal.basic_code), col(Appeal.element))
        .order_by(desc(times), col(Appeal.element))
    )
    named: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for code, element, count in session.execute(query):
        if len(named[code]) < ELEMENTS:
            named[code].append((element, count))
    return named
