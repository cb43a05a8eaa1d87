"""The work list of signals, cut to the caller's places."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session, col

from service_catalog.access.places import granted
from service_catalog.access.rights import NotAllowed, Right, may_anywhere
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.agencies.tables import Agency
from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.paging import Walk
from service_catalog.regions.mapping import find_region, within
from service_catalog.regions.tables import Region
from service_catalog.supervision.rules import RULE_NAMES
from service_catalog.supervision.schemas import SignalView
from service_catalog.supervision.tables import AppealSignal, SignalRule, SignalState

_SHOWN: Any = (
    select(
        AppealSignal, col(Appeal.kind).label("kind"), col(Appeal.stage).label("stage"),
        col(Appeal.deadline_on).label("deadline_on"), col(Region.name).label("region_name"),
        col(Agency.name).label("agency_name"),
    )
    .join(Appeal, col(Appeal.number) == col(AppealSignal.number))
    .join(Region, col(Region.code) == col(AppealSignal.region_code))
    .outerjoin(Agency, col(Agency.code) == col(AppealSignal.agency_code))
    .order_by(col(AppealSignal.id))
)  # fmt: skip


@dataclass(frozen=True)
class Sought:
    """What of the signals somebody wants to see."""

    rule: SignalRule | None = None
    state: SignalState = SignalState.OPEN
    region: str | None = None
    agency: str | None = None


def list_signals(session: Session, walk: Walk, sought: Sought, *, by: Actor) -> Sequence[Row[Any]]:
    """Return one row more than asked for, as they were raised; raises NotAllowed, NoSuchRegion, NoSuchAgency."""
    if not may_anywhere(by, Right.READ_APPEALS):
        raise NotAllowed("您无权查看监察信号", "you may not read signals", right=Right.READ_APPEALS.value)
    signal = AppealSignal
    query = _SHOWN.where(
        granted(by, Right.READ_APPEALS, col(signal.region_code), col(signal.agency_code)),
        col(signal.state) == sought.state,
    )
    if sought.rule:
        query = query.where(col(signal.rule) == sought.rule)
    if sought.region:
        query = query.where(within(col(signal.region_code), find_region(session, sought.region).code))
    if sought.agency:
        query = query.where(col(signal.agency_code) == find_agency(session, sought.agency).code)
    if walk.after:
        query = query.where(col(signal.id) > _number(walk.after))
    return session.execute(query.limit(walk.limit + 1)).all()


def _number(after: str) -> int:
    if not after.isascii() or not after.isdigit() or len(after) > 9:
        said = Said("应为上一页最后一条的编号", "the number of the last signal")
        raise InvalidRequest([Fault("/query/after", said)])
    return int(after)


def signal_of(session: Session, signal: AppealSignal) -> SignalView:
    """Return one signal as the list shows it."""
    return signal_view(session.execute(_SHOWN.where(col(AppealSignal.id) == signal.id)).one())


def signal_view(row: Row[Any]) -> SignalView:
    """Return a signal as the list shows it."""
    signal: AppealSignal = row[0]
    name = RULE_NAMES[signal.rule]
    return SignalView(
        **signal.model_dump(exclude={"superior_on"}), rule_zh=name.zh, rule_en=name.en, kind=row.kind, stage=row.stage,
        deadline_on=row.deadline_on, region_name=row.region_name, agency_name=row.agency_name,
    )  # fmt: skip
