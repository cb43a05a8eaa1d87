"""Opening appeals: locked to do something to them, or only looked at; several at once without waiting in a ring."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.appeals.case import Case
from service_catalog.appeals.tables import Appeal, AppealEvent
from service_catalog.kernel.errors import Conflict, NotFound, Said
from service_catalog.vault import Vault

_EARLIEST = (col(Appeal.received_at), col(Appeal.number))


class NoSuchAppeal(NotFound):
    """There is no appeal of this number, or the query code is not its own: nobody learns which."""

    title = Said("没有这件诉求，或者查询码不对", "No such appeal, or a wrong query code")

    def __init__(self) -> None:
        super().__init__(
            "没有这个编号的诉求，或者查询码不对", "there is no appeal of this number, or the query code is not its own"
        )


def open_case(session: Session, vault: Vault, number: str) -> Case:
    """Lock an appeal and read its events: whoever comes second waits, and sees what the first has done."""
    session.flush()  # what a step before has done to it in this transaction must not be read over
    row = session.scalars(
        select(Appeal).where(col(Appeal.number) == number).with_for_update().execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NoSuchAppeal
    events = events_of(session, number)
    session.autoflush = False  # a step changes several columns that are right only together
    return Case(session, vault, row, events)


def lock_in_order(session: Session, numbers: Sequence[str]) -> None:
    """Lock several appeals, the earliest first.

    An answer locks the main appeal and then those merged into it, which are later ones: in one order nobody waits for
    somebody who waits for them.
    """
    earliest_first = select(col(Appeal.number)).where(col(Appeal.number).in_(numbers)).order_by(*_EARLIEST)
    for number in session.scalars(earliest_first).all():
        session.execute(select(col(Appeal.number)).where(col(Appeal.number) == number).with_for_update())


def merged_into(session: Session, number: str) -> list[str]:
    """Return the appeals that wait for the answer to this one, the earliest first."""
    query = select(col(Appeal.number)).where(col(Appeal.main_number) == number).order_by(*_EARLIEST)
    return list(session.scalars(query))


def open_free_cases(session: Session, vault: Vault, numbers: Sequence[str]) -> list[Case]:
    """Lock those of these appeals that nobody else holds: whoever takes many waits for none, so nobody waits in a ring."""
    query = select(Appeal).where(col(Appeal.number).in_(numbers)).order_by(col(Appeal.number))
    locked = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    rows = list(session.scalars(locked))
    events: dict[str, list[AppealEvent]] = {row.number: [] for row in rows}
    theirs = select(AppealEvent).where(col(AppealEvent.number).in_(list(events)))
    for event in session.scalars(theirs.order_by(col(AppealEvent.number), col(AppealEvent.sequence))):
        events[event.number].append(event)
    session.autoflush = False
    return [Case(session, vault, row, events[row.number]) for row in rows]


def look_at(session: Session, vault: Vault, number: str) -> Case:
    """Read an appeal without locking it; raises NoSuchAppeal."""
    row = session.get(Appeal, number)
    if row is None:
        raise NoSuchAppeal
    return Case(session, vault, row, events_of(session, number))


def events_of(session: Session, number: str) -> list[AppealEvent]:
    """Return the events of an appeal, in order."""
    query = select(AppealEvent).where(col(AppealEvent.number) == number).order_by(col(AppealEvent.sequence))
    return list(session.scalars(query))


def demand_nobody_waits(case: Case) -> None:
    """Raise OthersWait where it cannot end without an answer, because others were merged into it."""
    others = merged_into(case.session, case.row.number)
    if others:
        raise OthersWait(
            f"有 {len(others)} 件诉求并入此件，须答复后才能结束",
            f"{len(others)} appeals merged into it wait for its answer",
        )


class OthersWait(Conflict):
    """Other appeals were merged into it, and their people are to get its answer."""

    title = Said("还有并入的诉求在等待答复", "Others wait for its answer")
