"""The hash chain of the change log: each row's digest covers the row and the digest before it.

Whoever edits a row, drops one or slips one in breaks the chain from there on; whoever cuts off the end disagrees with
the head. Whoever rewrites everything including the head is caught by a digest that was written down elsewhere.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.changes.tables import Change, ChangeHead, ChangeKind, Subject

_AT_ONCE = 5_000


class Break(NamedTuple):
    """The first place where the log is not what was written."""

    number: int
    zh: str
    en: str


class Verified(NamedTuple):
    """What a walk along the chain found."""

    rows: int
    head: str
    broken: Break | None


def chained(
    before: str,
    *,
    number: int,
    subject: Subject,
    code: str,
    kind: ChangeKind,
    edition: int | None,
    by: str,
    at: datetime,
) -> str:
    """Return the digest of a row: SHA-256 in hexadecimal over the digest before it and the row as a JSON array."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    row = [before, number, subject.value, code, kind.value, edition, by, moment]
    return hashlib.sha256(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def verify(session: Session) -> Iterator[Verified]:
    """Walk the whole log; yields after every some thousand rows, last of all the verdict."""
    head = session.execute(select(col(ChangeHead.number), col(ChangeHead.digest))).one()
    digest, rows = "", 0
    while True:
        page = session.scalars(
            select(Change).where(col(Change.number) > rows).order_by(col(Change.number)).limit(_AT_ONCE)
        ).all()
        for change in page:
            broken = _break_at(change, digest, rows + 1)
            if broken is not None:
                yield Verified(rows, digest, broken)
                return
            digest, rows = change.digest, change.number
        session.expunge_all()
        if not page:
            break
        yield Verified(rows, digest, None)
    cut = Break(rows + 1, f"末尾应到第 {head.number} 条", f"the log should go on to {head.number}")
    yield Verified(rows, digest, None if (rows, digest) == (head.number, head.digest) else cut)


def _break_at(change: Change, before: str, expected: int) -> Break | None:
    if change.number != expected:
        return Break(expected, f"缺少第 {expected} 条", f"number {expected} is missing")
    own = change.model_dump(exclude={"digest"})
    if change.digest != chained(before, **own):
        return Break(change.number, f"第 {change.number} 条与摘要不符", f"number {change.number} was edited")
    return None
