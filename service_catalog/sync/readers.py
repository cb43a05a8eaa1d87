"""How far every reader has come: reporting it, giving a name free again, listing, saying who has fallen silent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, delete, literal, not_, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from service_catalog.access.places import demand_at, demand_league, granted, may_in_league
from service_catalog.access.rights import Right, demand_anywhere
from service_catalog.actors import Actor
from service_catalog.changes.log import last_number
from service_catalog.changes.tables import Change
from service_catalog.kernel.errors import Conflict, Fault, InvalidRequest, NotFound, Said
from service_catalog.kernel.paging import Walk
from service_catalog.regions.mapping import find_region, within
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel
from service_catalog.sync.reader_schemas import ReportDraft
from service_catalog.sync.tables import Reader, ReaderKind

MOST_OF_ONE = 100
"""Names under one credential: a banner's office may speak for all its terminals, but the list does not grow without end."""
SilentAfter = Mapping[str, int]
"""Minutes by kind of reader."""


class ReaderNameTaken(Conflict):
    """Another credential reports under this name; an administrator can give the name free."""

    title = Said("同步终端名称已被占用", "The name of the reader is taken")


class TooManyReaders(Conflict):
    """One credential reports for as many readers as it may; an administrator can give names free."""

    title = Said("该凭证的同步终端已达上限", "This credential has as many readers as it may")


class NoSuchReader(NotFound):
    """There is no reader of this name."""

    title = Said("没有这个同步终端", "No such reader")


class Reported(NamedTuple):
    """What a reader is told in return: the number of the last change, and how many it has not got."""

    change_number: int
    behind: int


class Lag(NamedTuple):
    """How far a reader is behind, and whether it is still heard of."""

    changes: int
    since: datetime | None
    """When the first change that it has not got was made; none if it has everything."""
    silent: bool


@dataclass(frozen=True)
class Wanted:
    """Which readers somebody wants to see."""

    kind: ReaderKind | None = None
    region: str | None = None
    silent: bool | None = None


Found = Row[Reader, datetime | None, str | None]
"""A reader, the moment of the first change that it has not got, the name of its region."""


def lag_of(reader: Reader, *, head: int, since: datetime | None, at: datetime, silent_after: SilentAfter) -> Lag:
    """Compare a reader with the head of the log; `since`: the moment of the change after its last one."""
    silent = at - reader.seen_at > timedelta(minutes=silent_after[reader.kind.value])
    behind = max(0, head - reader.change_number)
    return Lag(behind, since if behind else None, silent)


def report(session: Session, told: ReportDraft, *, by: Actor, at: datetime) -> Reported:
    """Note what a reader says of itself; raises ReaderNameTaken, TooManyReaders, NoSuchRegion, InvalidRequest."""
    head = last_number(session)
    if told.change_number > head:
        said = Said(f"本目录的变更只到第 {head} 号", f"the changes of this catalogue go up to {head}")
        raise InvalidRequest([Fault("/change_number", said)])
    if told.region is not None:
        find_region(session, told.region)
    _demand_room(session, told.reader, by)
    row = told.model_dump(exclude={"reader", "region"}) | {
        "name": told.reader, "region_code": told.region, "credential": by.identity, "seen_at": at,
    }  # fmt: skip
    if not put(session, row):
        raise ReaderNameTaken(
            f"名称“{told.reader}”属于另一个凭证，请换一个名称，或请管理员释放",
            f"{told.reader!r} belongs to another credential; take another name, or let an administrator give it free",
            reader=told.reader,
        )
    session.execute(delete(Reader).where(col(Reader.name) == by.identity))  # it speaks for itself from now on
    return Reported(head, head - told.change_number)


def _demand_room(session: Session, name: str, by: Actor) -> None:
    own = session.scalars(select(col(Reader.name)).where(col(Reader.credential) == by.identity)).all()
    if name not in own and len(own) >= MOST_OF_ONE:
        raise TooManyReaders(
            f"一个凭证最多为 {MOST_OF_ONE} 个同步终端报告；请管理员释放不再使用的名称，或另办密钥",
            f"one credential reports for {MOST_OF_ONE} readers at the most; let an administrator give names free",
        )


def put(session: Session, row: dict[str, Any]) -> bool:
    """Insert a reader or bring it up to date; returns whether its name is free or its own, even for two at once."""
    table = SQLModel.metadata.tables["reader"]
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = insert(table).values({"waiting_appeals": 0} | row)
    own = made.on_conflict_do_update(
        index_elements=["name"],
        set_={name: made.excluded[name] for name in row if name not in ("name", "credential")},
        where=table.c.credential == made.excluded.credential,
    )
    return session.execute(own.returning(table.c.id)).scalar() is not None


def release(session: Session, name: str, *, by: Actor) -> Reader:
    """Forget a reader, so that another credential may take its name; raises NoSuchReader, NotAllowed."""
    demand_anywhere(by, Right.MANAGE_KEYS)
    reader = session.scalars(select(Reader).where(col(Reader.name) == name)).one_or_none()
    if reader is None:
        raise NoSuchReader(f"没有名为“{name}”的同步终端", f"there is no reader {name!r}", reader=name)
    if reader.region_code is None:
        demand_league(session, by, Right.MANAGE_KEYS)
    else:
        demand_at(session, by, Right.MANAGE_KEYS, region_code=reader.region_code, agency_code=None)
    session.delete(reader)
    session.flush()
    return reader


def list_readers(
    session: Session, walk: Walk, wanted: Wanted, *, by: Actor, at: datetime, silent_after: SilentAfter
) -> Sequence[Found]:
    """Return readers of the caller's places in the order in which they came, one more than asked for.

    Raises NotAllowed, NoSuchRegion.
    """
    query = _in_places(session, wanted, by, at, silent_after)
    if walk.after:
        query = query.where(col(Reader.id) > _number(walk.after))
    return session.execute(query.order_by(col(Reader.id)).limit(walk.limit + 1)).all()


def all_readers(session: Session, wanted: Wanted, *, at: datetime, silent_after: SilentAfter) -> Sequence[Found]:
    """Return all readers, those longest unheard of first; raises NoSuchRegion."""
    query = _found().where(*_conditions(session, wanted, at, silent_after))
    return session.execute(query.order_by(col(Reader.seen_at), col(Reader.name))).all()


def readers_in_places(
    session: Session, wanted: Wanted, *, by: Actor, at: datetime, silent_after: SilentAfter
) -> Sequence[Found]:
    """Return all readers of the caller's places; raises NotAllowed, NoSuchRegion."""
    return session.execute(_in_places(session, wanted, by, at, silent_after)).all()


def _in_places(session: Session, wanted: Wanted, by: Actor, at: datetime, silent_after: SilentAfter) -> Any:
    demand_anywhere(by, Right.WATCH_READERS)
    return _found().where(_seen_by(session, by), *_conditions(session, wanted, at, silent_after))


def _found() -> Any:
    return (
        select(Reader, col(Change.at), col(Region.name))
        .outerjoin(Change, col(Change.number) == col(Reader.change_number) + 1)
        .outerjoin(Region, col(Region.code) == col(Reader.region_code))
    )


def _seen_by(session: Session, by: Actor) -> ColumnElement[bool]:
    """Cut to the caller's places; who follows everything belongs to the league."""
    placed = granted(by, Right.WATCH_READERS, col(Reader.region_code), literal(""))
    if not may_in_league(session, by, Right.WATCH_READERS):
        return placed
    return or_(placed, col(Reader.region_code).is_(None))


def _conditions(session: Session, wanted: Wanted, at: datetime, silent_after: SilentAfter) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        made.append(col(Reader.kind) == wanted.kind)
    if wanted.region is not None:
        region = find_region(session, wanted.region)
        column: Any = col(Reader.region_code)
        lies_there = within(column, region.code)
        made.append(or_(lies_there, column.is_(None)) if region.level is RegionLevel.LEAGUE else lies_there)
    if wanted.silent is not None:
        silent = _silent(at, silent_after)
        made.append(silent if wanted.silent else not_(silent))
    return made


def _silent(at: datetime, silent_after: SilentAfter) -> ColumnElement[bool]:
    return or_(
        *(
            and_(col(Reader.kind) == kind, col(Reader.seen_at) < at - timedelta(minutes=silent_after[kind.value]))
            for kind in ReaderKind
        )
    )


def _number(after: str) -> int:
    if not after.isascii() or not after.isdigit() or len(after) > 9:
        raise InvalidRequest([Fault("/query/after", Said("应为上一页最后一条的编号", "the number of the last row"))])
    return int(after)
