"""Statistics (数据分析): one grouped statement, whatever is compared; medians from its histogram, alike on both databases.

Of a body, what was returned and what was overdue are two statements more: they are not of who has the appeal now.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, distinct, func, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from service_catalog.access.places import granted
from service_catalog.access.rights import NotAllowed, Right, may_anywhere
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.appeals.stages import BAD, OPEN, AppealKind, Stage, Step
from service_catalog.appeals.tables import Appeal, AppealEvent
from service_catalog.kernel.errors import Invalid, Said
from service_catalog.regions.mapping import find_region, within
from service_catalog.regions.tables import RegionLine
from service_catalog.supervision.figures import GRADES, Figures
from service_catalog.supervision.tables import AppealSignal, SignalRule

MOST_LINES = 10_000
_OF_WHO_HAD_IT = ("returned", "overdue")
PLACE = func.coalesce(col(Appeal.region_code), col(Appeal.desk_region))
"""Where it is; where nobody could say, the desk on which it lies."""


class TooManyLines(Invalid):
    """Two dimensions can make more lines than anybody reads; a filter makes them fewer."""

    title = Said("统计结果过多", "Too many lines")


class By(StrEnum):
    """What is compared; a region counts all that lies in it."""

    REGION = "region"
    AGENCY = "agency"
    KIND = "kind"
    ITEM = "item"
    CHANNEL = "channel"
    MONTH = "month"


@dataclass(frozen=True)
class Wanted:
    """Which appeals are counted: of a region with all below it, of a body, received from one month to another."""

    region: str | None = None
    agency: str | None = None
    first_month: str | None = None
    last_month: str | None = None


Line = tuple[tuple[str | None, ...], Figures]
_MAIN = aliased(Appeal)
LEADS: Any = case(
    (
        col(Appeal.main_number).is_not(None),
        select(col(_MAIN.lead_agency)).where(col(_MAIN.number) == col(Appeal.main_number)).scalar_subquery(),
    ),
    else_=col(Appeal.lead_agency),
)
"""Who has it, or has answered it; of one that was merged who has the main one. None: the desk."""


def conditions(session: Session, wanted: Wanted, by: Actor | None, holder: Any = LEADS) -> list[ColumnElement[bool]]:
    """Return what appeals must be, `holder` being the body that they are counted for; `by` None is the public.

    Raises NotAllowed, NoSuchRegion, NoSuchAgency.
    """
    made: list[ColumnElement[bool]] = []
    if by is not None:
        if not may_anywhere(by, Right.READ_APPEALS):
            raise NotAllowed("您无权查看诉求统计", "you may not read appeals", right=Right.READ_APPEALS.value)
        made.append(granted(by, Right.READ_APPEALS, col(Appeal.desk_region), holder))
    if wanted.region:
        made.append(within(PLACE, find_region(session, wanted.region).code))  # type: ignore[arg-type]
    if wanted.agency:
        made.append(holder == find_agency(session, wanted.agency).code)
    if wanted.first_month:
        made.append(col(Appeal.received_month) >= wanted.first_month)
    if wanted.last_month:
        made.append(col(Appeal.received_month) <= wanted.last_month)
    return made


def count_appeals(
    session: Session, wanted: Wanted, dimensions: Sequence[By], today: date, *, by: Actor | None
) -> list[Line]:
    """Return figures for each value of the dimensions, one for all without any.

    Raises TooManyLines and what `conditions` raises.
    """
    of_bodies = _OF_WHO_HAD_IT if By.AGENCY in dimensions or wanted.agency else ()
    groups: dict[tuple[str | None, ...], Figures] = {} if dimensions else {(): Figures()}
    query, keys = _grouped(dimensions, wanted, by, LEADS)
    counted = query.add_columns(*_measures(today, of_bodies)).where(*conditions(session, wanted, by))
    for row in session.execute(counted.group_by(*keys, col(Appeal.working_days))).mappings():
        groups.setdefault(_key(row, dimensions), Figures()).add(dict(row))
        _demand_few(groups)
    for name in of_bodies:
        for row in session.execute(_of_who_had_it(session, name, wanted, dimensions, today, by)).mappings():
            groups.setdefault(_key(row, dimensions), Figures()).counts[name] += row["times"]
            _demand_few(groups)
    return sorted(groups.items(), key=lambda line: [(key is None, key or "") for key in line[0]])


def _demand_few(groups: Mapping[Any, Figures]) -> None:
    if len(groups) > MOST_LINES:
        raise TooManyLines(
            f"结果超过 {MOST_LINES} 行，请缩小范围", f"more than {MOST_LINES} lines: narrow it down", most=MOST_LINES
        )


def _key(row: RowMapping, dimensions: Sequence[By]) -> tuple[str | None, ...]:
    return tuple(_plain(row[f"key_{place}"]) for place in range(len(dimensions)))


def _of_who_had_it(
    session: Session, name: str, wanted: Wanted, dimensions: Sequence[By], today: date, by: Actor | None
) -> Select[Any]:
    """Return the statement that counts for a body what it returned, or what was overdue when the body had it."""
    first = (
        select(col(AppealSignal.number), func.min(col(AppealSignal.id)).label("id"))
        .where(col(AppealSignal.rule) == SignalRule.OVERDUE)
        .group_by(col(AppealSignal.number))
        .subquery()
    )
    had_it = case((first.c.id.is_not(None), col(AppealSignal.agency_code)), else_=LEADS)
    holder: Any = had_it if name == "overdue" else col(AppealEvent.agency_code)
    query, keys = _grouped(dimensions, wanted, by, holder)
    if name == "overdue":
        main = func.coalesce(col(Appeal.main_number), col(Appeal.number))
        query = query.outerjoin(first, first.c.number == main).outerjoin(
            AppealSignal, col(AppealSignal.id) == first.c.id
        )
        query = query.where(_is_overdue(today))
    else:
        query = query.join(AppealEvent, col(AppealEvent.number) == col(Appeal.number))
        query = query.where(col(Appeal.returns) > 0, col(AppealEvent.step) == Step.RETURN)
    query = query.where(*conditions(session, wanted, by, holder)).group_by(*keys)
    return query.add_columns(func.count(distinct(col(Appeal.number))).label("times"))


def _grouped(dimensions: Sequence[By], wanted: Wanted, by: Actor | None, holder: Any) -> tuple[Select[Any], list[Any]]:
    keys = [holder if dimension is By.AGENCY else _column(dimension) for dimension in dimensions]
    query = select(*(key.label(f"key_{place}") for place, key in enumerate(keys))).select_from(Appeal)
    if By.REGION in dimensions:
        ancestor = col(RegionLine.ancestor)
        query = query.join(RegionLine, col(RegionLine.descendant) == PLACE)
        if by is not None:  # of what lies above the caller's places only a part could be counted
            query = query.where(or_(ancestor == PLACE, granted(by, Right.READ_APPEALS, ancestor, None)))
        if wanted.region:
            query = query.where(within(ancestor, wanted.region))
    return query, keys


def _column(dimension: By) -> Any:
    columns: dict[By, Any] = {
        By.REGION: col(RegionLine.ancestor), By.KIND: col(Appeal.kind),
        By.ITEM: col(Appeal.basic_code), By.CHANNEL: col(Appeal.channel), By.MONTH: col(Appeal.received_month),
    }  # fmt: skip
    return columns[dimension]


def _plain(key: Any) -> str | None:
    return key.value if isinstance(key, AppealKind) else key


def _is_overdue(today: date) -> ColumnElement[bool]:
    late = and_(col(Appeal.stage).in_(OPEN), col(Appeal.deadline_on) < today, col(Appeal.deadline_is_certain).is_(True))
    return or_(late, col(Appeal.in_time).is_(False), and_(col(Appeal.reopens) > 0, _had(Step.ANSWER, False)))


def _measures(today: date, left_out: Collection[str]) -> Iterator[ColumnElement[Any]]:
    yield col(Appeal.working_days).label("working_days")
    yield func.count().label("received")
    for name, condition in (
        ("answered", col(Appeal.answered_at).is_not(None)),
        ("in_time", col(Appeal.in_time).is_(True)),
        ("overdue", _is_overdue(today)),
        ("open", col(Appeal.stage).in_(OPEN)),
        ("returned", col(Appeal.returns) > 0),
        ("reopened", col(Appeal.reopens) > 0),
        ("extended", or_(col(Appeal.extensions) > 0, and_(col(Appeal.reopens) > 0, _had(Step.EXTEND)))),
        ("withdrawn", col(Appeal.stage) == Stage.WITHDRAWN),
        ("refused", col(Appeal.stage) == Stage.REFUSED),
        ("called_back_in_time", and_(col(Appeal.grade).in_(BAD), _had(Step.CALL_BACK, True))),
        *((f"grade_{grade}", col(Appeal.grade) == grade) for grade in GRADES),
    ):
        counted: Any = literal(0) if name in left_out else func.sum(case((condition, 1), else_=0))
        yield counted.label(name)


def _had(step: Step, in_time: bool | None = None) -> ColumnElement[bool]:
    """Return the condition that a step was taken in some round: what is kept with an appeal is of its present one.

    `in_time` is what the step says of itself.
    """
    query = select(col(AppealEvent.number)).where(
        col(AppealEvent.number) == col(Appeal.number), col(AppealEvent.step) == step
    )
    if in_time is not None:
        query = query.where(col(AppealEvent.facts)["in_time"].as_boolean().is_(in_time))
    return query.correlate(Appeal).exists()
