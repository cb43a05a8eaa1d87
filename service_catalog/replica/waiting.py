"""What has not reached the centre: to be listed, and to be tried again."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import Session, col

from service_catalog.kernel.errors import Conflict, NotFound, Said
from service_catalog.replica.handed_tables import WaitingAppeal


class NotTakenHere(NotFound):
    """No appeal with this number was taken at this replica."""

    title = Said("本机没有受理过这个编号", "Not taken here")


class NotRefused(Conflict):
    """It waits by itself, or has gone on: only what the centre refused is tried again by hand."""

    title = Said("不需要重新移交", "It needs no other try")


def list_waiting(session: Session) -> Sequence[WaitingAppeal]:
    """Return what has not reached the centre, the refused first, then the oldest."""
    row = WaitingAppeal
    query = select(row).where(col(row.forwarded_at).is_(None))
    return session.scalars(query.order_by(col(row.refused_at).is_(None), col(row.handed_in_at), col(row.number))).all()


def count_waiting(session: Session) -> int:
    """Return how many appeals have not reached the centre."""
    query = select(func.count()).where(col(WaitingAppeal.forwarded_at).is_(None))
    counted: int = session.execute(query).scalar_one()
    return counted


def try_again(session: Session, number: str) -> WaitingAppeal:
    """Let what the centre refused be handed over again; raises NotTakenHere, NotRefused."""
    row = session.get(WaitingAppeal, number, with_for_update=True)
    if row is None:
        raise NotTakenHere(f"本机没有受理过编号 {number}", f"no appeal {number} was taken here")
    if row.refused_at is None:
        raise NotRefused(f"{number} 没有被中心拒收", f"{number} was not refused by the centre")
    row.refused_at = None
    return row
