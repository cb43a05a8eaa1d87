"""Approved editions that wait for their day, and can no longer take effect: silence is the fault to avoid."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, select
from sqlmodel import Session, col

from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.changes.tables import Subject
from service_catalog.findings.knowledge import Knowledge
from service_catalog.findings.rules import Broken
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.inheritance import Standard, weigh
from service_catalog.implementations.tables import ImplementationEdition
from service_catalog.kernel.errors import Said
from service_catalog.lifecycle.standing import standing_on
from service_catalog.lifecycle.states import ItemState, WorkState

_RULE = "scheduled_publication_failed"


def waiting_among(session: Session, codes: Collection[str]) -> dict[str, Row[Any]]:
    """Return the approved editions of local parts; each implementation has one at the most."""
    query = select(
        col(ImplementationEdition.implementation_code),
        col(ImplementationEdition.number),
        col(ImplementationEdition.effective_from),
        col(ImplementationEdition.content),
    ).where(
        col(ImplementationEdition.state) == WorkState.APPROVED,
        col(ImplementationEdition.implementation_code).in_(codes),
    )
    return {row.implementation_code: row for row in session.execute(query)}


def local_edition_can_take_effect(session: Session, known: Knowledge, waiting: Row[Any]) -> Iterator[Broken]:
    """An approved local edition still has its standard on its day, keeps it, and its implementation has not ended."""
    code = waiting.implementation_code
    day = waiting.effective_from or known.day
    standard = _standard_for(session, known, code[19:], waiting.effective_from)
    if standard is None:
        said = Said(f"标准在 {day} 已不在有效期内", f"the standard is not in force on {day}")
    elif standing_on(session, Subject.IMPLEMENTATION, code, day).state is ItemState.CANCELLED:
        said = Said(f"该实施事项在 {day} 已取消", f"the implementation has ended by {day}")
    elif day < known.day:
        return  # it took effect; what is wrong with it now is said of what is in force
    else:
        departing = _departing(known, code, waiting.content, standard)
        if not departing:
            return
        elements = "、".join(departing)
        said = Said(f"届时与标准相抵触的要素：{elements}", f"will contradict the standard in: {', '.join(departing)}")
    yield Broken(_RULE, f"/editions/{waiting.number}", said, standard.edition if standard else None, str(day))


def _standard_for(session: Session, known: Knowledge, basic_code: str, first_day: date | None) -> Standard | None:
    if first_day is not None:
        return known.standard_then(session, basic_code, first_day)
    return known.standard_then(session, basic_code, known.day) or _announced(session, known, basic_code)


def _announced(session: Session, known: Knowledge, basic_code: str) -> Standard | None:
    """Return the standard that is published for a later day, if there is one."""
    query = select(col(BasicItemEdition.effective_from)).where(
        col(BasicItemEdition.basic_code) == basic_code,
        col(BasicItemEdition.effective_from) > known.day,
        col(BasicItemEdition.state) != WorkState.WITHDRAWN,
    )
    days = sorted(day for day in session.scalars(query) if day is not None)
    return known.standard_then(session, basic_code, days[0]) if days else None


def _departing(known: Knowledge, code: str, content: Any, standard: Standard) -> list[str]:
    try:
        local = LocalContent.model_validate(content)
    except ValidationError:
        return ["/"]
    registers = known.registers
    refusals = weigh(local, standard, code[18], registers.matrix, registers.calendar.longest_run)[1]
    levels = [] if code[18] in standard.content.exercise_levels else ["exercise_level"]
    return levels + sorted({refusal.element for refusal in refusals})


def standard_editions_can_take_effect(session: Session, known: Knowledge, basic_code: str) -> Iterator[Broken]:
    """An approved edition of a standard waits for a day on which its item has not been cancelled."""
    edition = STANDARDS.open_of(session, basic_code, known.day)
    if edition is None or edition.state is not WorkState.APPROVED:
        return
    day = edition.effective_from or known.day
    standing = standing_on(session, Subject.BASIC_ITEM, basic_code, day)
    if standing.state is ItemState.CANCELLED:
        said = Said(
            f"事项自 {standing.since} 起取消（{standing.document_number}）",
            f"the item is cancelled from {standing.since} ({standing.document_number})",
        )
        yield Broken(_RULE, f"/editions/{edition.number}", said, None, str(day))
