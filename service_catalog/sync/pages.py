"""Pages of the feed as a reader takes them: only after a look at what it must not trust. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypedDict
from urllib.parse import parse_qs, urlsplit

from service_catalog.sync.answers import NotAsPromised
from service_catalog.sync.retrying import moment_of

Ended = Literal["tombstones", "documents"]
MOST_ROWS = 1000
"""Of a page; the centre gives no more."""
_OURS = {"afterChangeNumber", "limit", "wait", "region", "kinds", "surroundings", "ended"}


class ScopeAsked(TypedDict, total=False):
    """Which part of the catalogue a reader wants, as keyword arguments; see docs/api.md."""

    region: str | None
    kinds: tuple[str, ...]
    surroundings: bool
    ended: Ended


class RowsThatFit:
    """How many rows a page may have to come through the line in the time that an answer has; a page is not resumed.

    Halved where a page broke off, and grown slowly where one came: on a thin line each page that is too long costs minutes.
    """

    def __init__(self) -> None:
        self.number = MOST_ROWS

    def broke_off(self, asked: int) -> None:
        """Note that a page of so many rows did not come to its end."""
        self.number = max(1, asked // 2)

    def came(self, rows: int) -> None:
        """Note that so many rows came at once."""
        self.number = min(MOST_ROWS, max(self.number, rows + rows // 8 + 1))


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One thing as it is now; `document` is None where it has left, or ended."""

    kind: str
    id: str
    modified: int
    document: dict[str, Any] | None

    @property
    def is_deleted(self) -> bool:
        return self.document is None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the feed. Who has applied its items may go on after `next_after`."""

    items: tuple[FeedItem, ...]
    change_number: int
    """The head of the log when the page was made."""
    next_after: int
    made_at: datetime | None
    """By the clock of the centre; None where a proxy has dropped the Date."""
    age: int
    """Seconds that the page lay in a cache on the way."""
    is_older_than_asked: bool
    carried: Mapping[str, str]
    """What the centre wants to have back with the question for the next page."""

    @property
    def is_last(self) -> bool:
        """Tell whether the reader has everything up to `change_number`."""
        return not self.items


def query_of(scope: ScopeAsked) -> dict[str, str]:
    """Write a scope as parameters of an address; what is not asked for is left out."""
    query = {}
    if region := scope.get("region"):
        query["region"] = region
    if kinds := scope.get("kinds"):
        query["kinds"] = ",".join(kinds)
    if scope.get("surroundings"):
        query["surroundings"] = "true"
    if ended := scope.get("ended"):
        query["ended"] = ended
    return query


def page_of(
    answer: dict[str, Any], headers: Mapping[str, str], *, after: int, scope: ScopeAsked, max_age: int | None = None
) -> Page:
    """Read one page that was asked for; raises NotAsPromised where it is out of order, of another scope, or leaves a gap."""
    rows = answer.get("items")
    if not isinstance(rows, list):
        raise NotAsPromised("变更记录一页没有 items", "a page of the feed without items")
    items = tuple(item_of(row) for row in rows)
    _refuse_disorder(items, after)
    _refuse_other_kinds(items, scope)
    following = _next_of(answer, scope)
    going_on = _number(following.get("afterChangeNumber"), "next")
    if going_on != (items[-1].modified if items else after):
        raise NotAsPromised("下一页的起点与本页的终点不符", "the next page does not begin where this one ends")
    head = _number(headers.get("change-number"), "Change-Number")
    if not items and head < after:
        raise NotAsPromised("中心的变更编号小于已读编号", "the centre's change number is below what was read")
    age = _age(headers.get("age"))
    return Page(
        items, head, going_on if items else head, moment_of(headers.get("date")), age,
        is_older_than_asked=max_age is not None and age > max_age,
        carried={name: value for name, value in following.items() if name not in _OURS},
    )  # fmt: skip


def item_of(row: Any) -> FeedItem:
    """Read one item of a page, or of a line of a snapshot; raises NotAsPromised where it is none."""
    match row:
        case {
            "state": "updated",
            "kind": str(kind),
            "id": str(code),
            "modified": int(modified),
            "data": dict(document),
        }:
            return FeedItem(kind, code, modified, document)
        case {"state": "deleted", "kind": str(kind), "id": str(code), "modified": int(modified)} if "data" not in row:
            return FeedItem(kind, code, modified, None)
    raise NotAsPromised("变更记录中有一项形式不符", "an item of the feed does not have the form promised")


def _refuse_disorder(items: tuple[FeedItem, ...], after: int) -> None:
    for item in items:
        if item.modified <= after:
            raise NotAsPromised(
                f"变更编号 {item.modified} 未在 {after} 之后", f"change number {item.modified} does not follow {after}"
            )
        after = item.modified


def _refuse_other_kinds(items: tuple[FeedItem, ...], scope: ScopeAsked) -> None:
    kinds = scope.get("kinds")
    for item in items if kinds else ():
        if item.kind not in (kinds or ()):
            raise NotAsPromised(f"未请求的种类 {item.kind}", f"a kind that was not asked for: {item.kind}")


def _next_of(answer: dict[str, Any], scope: ScopeAsked) -> dict[str, str]:
    """Return the parameters of the page's `next`; its host is not looked at, since no reader goes there."""
    query = {name: values[-1] for name, values in parse_qs(urlsplit(str(answer.get("next"))).query).items()}
    if _meant_by(query) != _meant_by(query_of(scope)) or not _are_kinds_of(query, scope):
        raise NotAsPromised("这一页属于另一范围", "the page is of another scope than the one asked for")
    return query


def _meant_by(query: Mapping[str, str]) -> tuple[str, str, str]:
    return query.get("region", ""), query.get("surroundings", "false"), query.get("ended", "tombstones")


def _are_kinds_of(query: Mapping[str, str], scope: ScopeAsked) -> bool:
    kinds = scope.get("kinds")
    return not kinds or set(query.get("kinds", "").split(",")) == set(kinds)


def _number(value: str | None, name: str) -> int:
    if value is None or not (value.isascii() and value.isdecimal()):
        raise NotAsPromised(f"答复缺少 {name}", f"an answer without {name}")
    return int(value)


def _age(value: str | None) -> int:
    return int(value) if value is not None and value.isascii() and value.strip().isdecimal() else 0
