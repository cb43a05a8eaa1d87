"""What came of a signal: explained, put right or waived, by a named supervisor, once."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.places import demand_at
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.kernel.errors import Conflict, NotFound, Said
from service_catalog.supervision.tables import AppealSignal, SignalState


class NoSuchSignal(NotFound):
    """There is no signal of this number."""

    title = Said("没有这个监察信号", "No such signal")


class SignalSettled(Conflict):
    """What came of a signal is said once, and stays."""

    title = Said("该监察信号已有结论", "The signal has been settled")


def settle(session: Session, number: int, *, state: SignalState, reason: str, by: Actor, at: datetime) -> AppealSignal:
    """Say what came of a signal; raises NoSuchSignal, NotAllowed, SignalSettled."""
    query = select(AppealSignal).where(col(AppealSignal.id) == number).with_for_update()
    signal = session.scalars(query).first()
    if signal is None:
        raise NoSuchSignal(f"没有编号为 {number} 的监察信号", f"there is no signal {number}", number=number)
    demand_at(
        session, by, Right.SUPERVISE_APPEALS, region_code=signal.region_code, agency_code=signal.agency_code
    )  # fmt: skip
    if signal.state is not SignalState.OPEN:
        raise SignalSettled(
            f"{signal.settled_by}已作结论：{signal.reason}", f"{signal.settled_by} has settled it",
            state=signal.state.value,
        )  # fmt: skip
    signal.state, signal.reason = state, reason
    signal.settled_by, signal.settled_at, signal.superior_on = by.name, at, None
    session.flush()
    return signal
