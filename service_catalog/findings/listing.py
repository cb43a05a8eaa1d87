"""Reading findings: lists and counts, cut to the places that the caller may look into."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, not_, or_, select
from sqlmodel import Session, col

from service_catalog.access.places import granted
from service_catalog.access.rights import NotAllowed, Right, may_anywhere
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import SHELF, find_item
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.findings.rules import title_of
from service_catalog.findings.schemas import AcceptanceView, CountBy, CountLine, FindingState, FindingView
from service_catalog.findings.tables import Finding, Severity
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.paging import Walk
from service_catalog.regions.mapping import find_region, within
from service_catalog.regions.tables import Region, RegionLine


@dataclass(frozen=True)
class Wanted:
    """What of the findings somebody wants to see."""

    region: str | None = None
    agency: str | None = None
    basic_code: str | None = None
    rule: str | None = None
    severity: Severity | None = None
    state: FindingState | None = FindingState.OPEN


def conditions(session: Session, wanted: Wanted, day: date, by: Actor) -> list[ColumnElement[bool]]:
    """Return what rows must be; raises NotAllowed, NoSuchRegion, NoSuchAgency, NoSuchItem."""
    if not may_anywhere(by, Right.READ_DRAFTS):
        raise NotAllowed("您无权查看体检发现", "you may not read findings", right=Right.READ_DRAFTS.value)
    made = [granted(by, Right.READ_DRAFTS, col(Finding.region_code), col(Finding.agency_code))]
    if wanted.region:
        made.append(within(col(Finding.region_code), find_region(session, wanted.region).code))
    if wanted.agency:
        made.append(col(Finding.agency_code) == find_agency(session, wanted.agency).code)
    if wanted.basic_code:
        made.append(col(Finding.basic_code) == find_item(session, wanted.basic_code).basic_code)
    if wanted.rule:
        made.append(col(Finding.rule) == wanted.rule)
    if wanted.severity:
        made.append(col(Finding.severity) == wanted.severity)
    if wanted.state:
        made.append(_in_state(wanted.state, day))
    return made


def _in_state(state: FindingState, day: date) -> ColumnElement[bool]:
    is_open = col(Finding.closed_at).is_(None)
    if state is FindingState.CLOSED:
        return not_(is_open)
    accepted = _accepted(day)
    return and_(is_open, accepted if state is FindingState.ACCEPTED else not_(accepted))


def _accepted(day: date) -> ColumnElement[bool]:
    return func.coalesce(col(Finding.accepted_until), date.min) > day


_SHOWN: Any = (
    select(Finding, col(Region.name).label("region_name"), col(Agency.name).label("agency_name"))
    .join(Region, col(Region.code) == col(Finding.region_code))
    .outerjoin(Agency, col(Agency.code) == col(Finding.agency_code))
    .order_by(col(Finding.id))
)


def list_findings(session: Session, walk: Walk, day: date, wanted: Wanted, *, by: Actor) -> Sequence[Row[Any]]:
    """Return one row more than asked for, in the order in which they were opened."""
    query = _SHOWN.where(*conditions(session, wanted, day, by)).limit(walk.limit + 1)
    if walk.after:
        query = query.where(col(Finding.id) > _number(walk.after))
    return session.execute(query).all()


def _number(after: str) -> int:
    if not after.isascii() or not after.isdigit() or len(after) > 9:
        raise InvalidRequest(
            [Fault("/query/after", Said("应为上一页最后一条的编号", "the number of the last finding"))]
        )
    return int(after)


def every_finding(
    session: Session, day: date, wanted: Wanted, *, by: Actor, at_once: int
) -> Iterator[list[FindingView]]:
    """Yield all of them, some at a time."""
    made = conditions(session, wanted, day, by)
    after = 0
    while rows := session.execute(_SHOWN.where(*made, col(Finding.id) > after).limit(at_once)).all():
        yield finding_views(session, rows, day)
        after = rows[-1][0].id
        session.expunge_all()


def finding_views(session: Session, rows: Sequence[Row[Any]], day: date) -> list[FindingView]:
    """Return findings as a list shows them."""
    names = _item_names(session, {row[0].basic_code for row in rows if row[0].basic_code}, day)
    return [_view(row[0], row.region_name, row.agency_name, names.get(row[0].basic_code or ""), day) for row in rows]


def finding_view(session: Session, finding: Finding, day: date) -> FindingView:
    """Return one finding."""
    row = session.execute(_SHOWN.where(col(Finding.id) == finding.id)).one()
    return finding_views(session, [row], day)[0]


def _view(finding: Finding, region_name: str, agency_name: str | None, item_name: str | None, day: date) -> FindingView:
    title = title_of(finding.rule)
    acceptance = None
    if finding.accepted_by is not None:
        acceptance = AcceptanceView.model_validate(
            {"by": finding.accepted_by, "at": finding.accepted_at, "reason": finding.reason,
             "until": finding.accepted_until, "withdrawn_by": finding.withdrawn_by,
             "withdrawn_at": finding.withdrawn_at}
        )  # fmt: skip
    ended = civil_day(finding.closed_at) if finding.closed_at else day
    state = FindingState.ACCEPTED if finding.is_accepted(day) else FindingState.OPEN
    return FindingView(
        **finding.model_dump(include=_COLUMNS), title_zh=title.zh, title_en=title.en, region_name=region_name,
        agency_name=agency_name, item_name=item_name, acceptance=acceptance,
        age_days=(ended - civil_day(finding.since)).days,
        state=FindingState.CLOSED if finding.closed_at else state,
    )  # fmt: skip


_COLUMNS = set(Finding.model_fields) & set(FindingView.model_fields)


def _item_names(session: Session, codes: set[str], day: date) -> dict[str, str]:
    query = select(col(BasicItemEdition.basic_code), col(BasicItemEdition.name)).where(
        col(BasicItemEdition.basic_code).in_(sorted(codes)), SHELF.current(day)
    )
    return {row.basic_code: row.name for row in session.execute(query)}


def count_findings(
    session: Session, walk: Walk, day: date, wanted: Wanted, kind: CountBy, *, by: Actor
) -> list[CountLine]:
    """Return one line more than asked for, by key; open and accepted ones each have their column, so `state` cuts nothing."""
    query, key = _counted(kind, by)
    made = conditions(session, replace(wanted, state=None), day, by)
    query = query.where(*made).group_by(key).order_by(key).limit(walk.limit + 1)
    if walk.after:
        query = query.where(key > walk.after)
    accepted = _accepted(day)
    query = query.add_columns(
        *(
            func.sum(case((and_(not_(accepted), col(Finding.severity) == severity), 1), else_=0))
            for severity in Severity
        ),
        func.sum(case((accepted, 1), else_=0)),
    )
    rows = session.execute(query.where(col(Finding.closed_at).is_(None))).all()
    names = _names(session, kind, [row[0] for row in rows])
    return [
        CountLine(
            key=row[0], name_zh=names[row[0]].zh, name_en=names[row[0]].en, errors=row[1], warnings=row[2],
            notices=row[3], accepted=row[4],
        )
        for row in rows
    ]  # fmt: skip


def _counted(kind: CountBy, by: Actor) -> tuple[Select[Any], Any]:
    """Return what is counted by which column; a region counts what lies in it, and only where the caller sees all of it."""
    if kind is CountBy.AGENCY:
        return select(col(Finding.agency_code)).where(col(Finding.agency_code).is_not(None)), col(Finding.agency_code)
    if kind is CountBy.RULE:
        return select(col(Finding.rule)), col(Finding.rule)
    key = col(RegionLine.ancestor)
    query = select(key).select_from(Finding).join(RegionLine, col(RegionLine.descendant) == col(Finding.region_code))
    return query.where(or_(key == col(Finding.region_code), granted(by, Right.READ_DRAFTS, key, None))), key


def _names(session: Session, kind: CountBy, keys: Sequence[str]) -> dict[str, Said]:
    if kind is CountBy.RULE:
        return {key: title_of(key) for key in keys}
    table: Any = Region if kind is CountBy.REGION else Agency
    query = select(col(table.code), col(table.name)).where(col(table.code).in_(keys))
    return {code: Said(name, name) for code, name in session.execute(query)}
