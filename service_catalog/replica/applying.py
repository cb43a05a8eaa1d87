"""Documents of the feed → rows of a copy. Applied twice they leave what they leave once.

A copy checks no foreign keys: things come in the order of their last change, so that a part may come before its whole. The
same telling (sync/telling.py) that made the documents makes them again from these rows; the digests of both must agree.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, text, update
from sqlalchemy.dialects import sqlite
from sqlmodel import Session

from service_catalog.changes.tables import Change, ChangeHead, ChangeKind, Subject
from service_catalog.lifecycle.tables import Act
from service_catalog.replica import placing, placing_items, placing_registers
from service_catalog.replica.rows import CENTRE, Coming
from service_catalog.sync.documents import Kind
from service_catalog.sync.pages import FeedItem

_PLACERS: Mapping[Kind, Callable[[Session, Coming], None]] = {
    "agency": placing.agencies,
    "basic_item": placing_items.basic_items,
    "code": placing.codes,
    "implementation": placing_items.implementations,
    "region": placing.regions,
    "register": placing_registers.registers,
}
"""Each takes away what the copy has of the things that come, and puts in what their documents say."""
KNOWN: Mapping[str, Kind] = {kind: kind for kind in _PLACERS}


def apply(session: Session, items: Collection[FeedItem], *, head: int, at: datetime) -> None:
    """Bring the copy to what `items` say; from then on it stands at `head`."""
    coming: dict[Kind, dict[str, Mapping[str, Any] | None]] = defaultdict(dict)
    for item in items:
        coming[KNOWN[item.kind]][item.id] = item.document
    for kind, documents in coming.items():
        _PLACERS[kind](session, Coming(documents, at))
    _note(session, items, head, at)


def _note(session: Session, items: Iterable[FeedItem], head: int, at: datetime) -> None:
    """Keep the numbers of the centre: what is kept ready of the copy is forgotten by them.

    In place of the digests of the log stands when the copy got it: after a new beginning the same number may mean something else.
    """
    got = uuid4().hex
    rows = [
        {
            "number": item.modified, "subject": Subject(item.kind), "code": item.id, "edition": None, "by": CENTRE,
            "kind": ChangeKind.END if item.is_deleted else ChangeKind.UPSERT, "at": _moment_of(item, at), "digest": got,
        }
        for item in items
    ]  # fmt: skip
    if rows:
        session.execute(sqlite.insert(Change).on_conflict_do_nothing(), rows)
    session.execute(update(ChangeHead).values(number=head, digest=got))


def _moment_of(item: FeedItem, at: datetime) -> datetime:
    loaded = (item.document or {}).get("loaded_at")
    return at if loaded is None else datetime.fromisoformat(loaded)


def empty(session: Session) -> None:
    """Take everything out of a copy that came from its centre, the numbers too; what people handed in here stays."""
    for kind, placer in _PLACERS.items():
        placer(session, Coming(dict.fromkeys(placing.codes_here(session, kind)), datetime.now(UTC)))
    for table in (Act, Change):  # one act stands in several documents, so that no placer may take it out
        session.execute(delete(table))


def prepare_copy(session: Session) -> None:
    """Let the log of a copy be emptied: it follows the log of record, and is none."""
    for verb in ("update", "delete"):
        session.execute(text(f"DROP TRIGGER IF EXISTS change_no_{verb}"))
