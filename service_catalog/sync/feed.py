"""The feed (变更推送): changed things in the order of their last change, each once, however often it changed.

The log is numbered in commit order, so whoever has read up to a number has missed nothing before it. A thing stands at its last
change only; what it says is read in the same transaction. A tombstone says that it is not, or no longer, for this reader.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from service_catalog.changes.log import last_number
from service_catalog.changes.tables import Change, Departure, Subject
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Gone, Said
from service_catalog.lifecycle.states import ItemState
from service_catalog.sync.documents import Kind
from service_catalog.sync.scope import Scope
from service_catalog.sync.telling import tell
from service_catalog.sync.telling_items import in_the_office
from service_catalog.sync.writing import Document

_LATER, _MOVED = aliased(Change), aliased(Change)
BEYOND_ALL = 2**53 - 1
"""RPDE 1.0 asks for what follows this number to see a last page; no log comes so far."""


class FeedCursorExpired(Gone):
    """Tombstones after this number are no longer promised, or the log never came so far; a snapshot is the way on."""

    title = Said("同步位置已失效，请重新下载快照", "The place in the feed has expired")


class Item(NamedTuple):
    """One thing at its last change; `data` None is a tombstone."""

    kind: Kind
    code: str
    modified: int
    data: Document | None

    def written(self) -> dict[str, Any]:
        """Return it in the shape of RPDE."""
        state = {"state": "deleted" if self.data is None else "updated"}
        told = {} if self.data is None else {"data": self.data}
        return state | {"kind": self.kind, "id": self.code, "modified": self.modified} | told


class FeedPage(NamedTuple):
    """Some items, and where the log stood when they were read."""

    items: Sequence[Item]
    head: int
    after: int
    began: int | None
    """Where the log stood when a reader began who has not yet caught up with it; then it needs no older tombstones."""

    @property
    def after_next(self) -> int:
        """Return after which number the next page begins."""
        return self.items[-1].modified if self.items else self.after

    @property
    def reached(self) -> int:
        """Return up to which change who asked has got everything that is told in its scope."""
        return self.after if self.items else max(self.after, self.head)

    @property
    def began_next(self) -> int | None:
        """Return what the next page has to be told of the beginning."""
        return self.began if self.began is not None and self.after_next < self.began else None


def page_after(
    session: Session, scope: Scope, after: int, *, began: int | None, limit: int, keep_days: int, at: datetime
) -> FeedPage:
    """Return up to `limit` items after a change number; raises FeedCursorExpired."""
    head = last_number(session)
    if after == 0:
        began = head
    if after == BEYOND_ALL:
        return FeedPage([], head, after, None)
    reached = max(after, began or 0)
    refuse_ahead(reached, head)
    rows = rows_after(session, scope, after, limit)
    missed = [row for row in rows if row.number > reached]
    if not missed and len(rows) == limit:
        missed = [*rows_after(session, scope, reached, 1)]
    refuse_expired(missed, reached, head, keep_days=keep_days, at=at)
    items: list[Item] = []
    while rows:
        items += (item for item in items_of(session, scope, rows, civil_day(at)) if not _is_old(item, began))
        if len(rows) < limit or len(items) >= limit:
            break
        rows = rows_after(session, scope, rows[-1].number, limit)
    return FeedPage(items[:limit], head, after, began)


def _is_old(item: Item, began: int | None) -> bool:
    """Tell whether it is the tombstone of what this reader never had."""
    return item.data is None and began is not None and item.modified <= began


def refuse_ahead(reached: int, head: int) -> None:
    """Raise FeedCursorExpired for who has read more than there is."""
    if reached > head:
        raise FeedCursorExpired(
            f"位置 {reached} 超过了当前变更号 {head}，数据可能曾从备份恢复，请重新下载快照",
            f"{reached} is beyond the last change {head}; the centre may have been restored: take a snapshot",
            snapshot="/v1/snapshot", change_number=head,
        )  # fmt: skip


def refuse_expired(missed: Sequence[Row[Any]], reached: int, head: int, *, keep_days: int, at: datetime) -> None:
    """Raise FeedCursorExpired for who has missed something of its scope for longer than is kept.

    What changed elsewhere does not make a reader old: the last page of a quiet region points to itself for years.
    """
    if missed and missed[0].at < at - timedelta(days=keep_days):
        raise FeedCursorExpired(
            f"位置 {reached} 之后的变更已超过 {keep_days} 天，请重新下载快照",
            f"what changed after {reached} is older than {keep_days} days: take a snapshot",
            snapshot="/v1/snapshot", change_number=head,
        )  # fmt: skip


def rows_after(session: Session, scope: Scope, after: int, most: int) -> Sequence[Row[Any]]:
    """Return (number, subject, code, at, digest, is_inside) of things by their last change after `after`, in order.

    What is outside is there too, where it was ever taken out of the scope: a thing that left and changed again where it is now
    stands at that later change only, and a reader may have passed the number of its departure without having seen it.
    """
    later = select(1).where(
        col(_LATER.subject) == col(Change.subject),
        col(_LATER.code) == col(Change.code),
        col(_LATER.number) > col(Change.number),
    )
    inside: Any = scope.holds(col(Change.subject), col(Change.code))
    told = inside if scope.region is None else or_(inside, _has_left(scope))
    query: Any = (
        select(col(Change.number), col(Change.subject), col(Change.code), col(Change.at))
        .add_columns(col(Change.digest), (literal(True) if scope.region is None else inside).label("is_inside"))
        .where(col(Change.number) > after, ~later.exists(), told)
        .order_by(col(Change.number))
        .limit(most)
    )
    return session.execute(query).all()


def _has_left(scope: Scope) -> Any:
    """Return the condition that a thing was once taken out of the scope."""
    return (
        select(1)
        .select_from(Departure)
        .join(_MOVED, col(_MOVED.number) == col(Departure.number))
        .where(
            col(Change.subject).in_(scope.subjects),
            col(_MOVED.subject) == col(Change.subject),
            col(_MOVED.code) == col(Change.code),
            col(Departure.region_code).in_(scope.reach()),
        )
        .exists()
    )


def items_of(session: Session, scope: Scope, rows: Iterable[Any], today: date) -> list[Item]:
    """Return the items of rows (number, subject, code, is_inside) in their order."""
    listed = list(rows)
    codes: Mapping[Subject, list[str]] = defaultdict(list)
    for row in listed:
        if row.is_inside:
            codes[row.subject].append(row.code)
    documents = {subject: tell(session, subject.value, asked) for subject, asked in codes.items()}
    untold = {
        subject: in_the_office(session, subject.value, [code for code in asked if code not in documents[subject]])
        for subject, asked in codes.items()
    }
    items = []
    for row in listed:
        if row.is_inside and row.code in untold[row.subject]:
            continue
        document = documents[row.subject].get(row.code) if row.is_inside else None
        if document is not None and scope.ended == "tombstones" and has_ended(document, today):
            document = None
        items.append(Item(row.subject.value, row.code, row.number, document))
    return items


def ended_on(document: Document | None) -> str | None:
    """Return the day from which a thing is cancelled, None where it is not; what is cancelled stays so."""
    standings = (document or {}).get("standings", ())
    return min((line["from_on"] for line in standings if line["state"] == ItemState.CANCELLED.value), default=None)


def has_ended(document: Document, today: date) -> bool:
    """Tell whether a thing was cancelled by `today`."""
    day = ended_on(document)
    return day is not None and day <= today.isoformat()
