"""Digests of what is told (一致性核对): two copies find in a few requests where they differ, without sending what they have."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.changes.log import last_number
from service_catalog.changes.tables import ChangeHead
from service_catalog.kernel.dates import civil_day
from service_catalog.sync.documents import Kind, bucket_of, digest_of, digest_of_lines
from service_catalog.sync.feed import ended_on, rows_after
from service_catalog.sync.scope import Scope
from service_catalog.sync.telling import in_portions, tell

_ALL = 2**31
_KEPT = 8
"""Answers that are kept: readers of one region ask one after the other."""


class Known(NamedTuple):
    """What was found out about a thing at its last change; `digest` None: it has nothing published."""

    came_by: str
    """Digest of that change in the log: a number alone may mean something else after a backup was restored."""
    digest: str | None
    ends_on: str | None


class Line(NamedTuple):
    """One thing that is told, and the digest of its document."""

    code: str
    modified: int
    digest: str


class Told(NamedTuple):
    """Everything that is told in a scope, by kind, as the log stood at `number`."""

    number: int
    lines: Mapping[Kind, Sequence[Line]]

    def kinds(self) -> list[tuple[Kind, int, str]]:
        """Return each kind with how many things it has, and their digest."""
        return [
            (kind, len(lines), digest_of_lines((bucket, digest) for bucket, _, digest in buckets_of(lines)))
            for kind, lines in sorted(self.lines.items())
        ]


def buckets_of(lines: Iterable[Line]) -> list[tuple[str, int, str]]:
    """Return each bucket that has something in it, with how many things, and their digest."""
    buckets: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        buckets[bucket_of(line.code)].append(line)
    return [
        (bucket, len(inside), digest_of_lines((line.code, line.digest) for line in inside))
        for bucket, inside in sorted(buckets.items())
    ]


class Digests:
    """The digests of one database, each made once for each change of its thing."""

    def __init__(self) -> None:
        self._known: dict[tuple[Kind, str], Known] = {}
        self._told: dict[tuple[Scope, str, date], Told] = {}
        self._lock = Lock()

    def told(self, session: Session, scope: Scope, *, at: datetime, order: Callable[[], object] = lambda: None) -> Told:
        """Return what is told in a scope now. The first time everything is read: some thousand things a second.

        `order` is called before something has to be found out, and may refuse it.
        """
        number, today = last_number(session), civil_day(at)
        head = session.execute(select(col(ChangeHead.digest))).scalar_one()
        with self._lock:
            kept = self._told.get((scope, head, today))
            if kept is None:
                order()
                kept = self._told[scope, head, today] = self._find_out(session, scope, number, today)
                while len(self._told) > _KEPT:
                    del self._told[next(iter(self._told))]
        return kept

    def _find_out(self, session: Session, scope: Scope, number: int, today: date) -> Told:
        rows = [row for row in rows_after(session, scope, 0, _ALL) if row.is_inside]
        self._learn(session, rows)
        lines: dict[Kind, list[Line]] = {kind: [] for kind in sorted(scope.kinds)}
        for row in rows:
            known = self._known[row.subject.value, row.code]
            has_ended = known.ends_on is not None and known.ends_on <= today.isoformat()
            if known.digest is not None and not (has_ended and scope.ended == "tombstones"):
                lines[row.subject.value].append(Line(row.code, row.number, known.digest))
        return Told(number, lines)

    def _learn(self, session: Session, rows: Iterable[Any]) -> None:
        unknown: dict[Kind, dict[str, str]] = defaultdict(dict)
        for row in rows:
            known = self._known.get((row.subject.value, row.code))
            if known is None or known.came_by != row.digest:
                unknown[row.subject.value][row.code] = row.digest
        for kind, changes in unknown.items():
            for codes in in_portions(changes):
                documents = tell(session, kind, codes)
                for code in codes:
                    document = documents.get(code)
                    digest = None if document is None else digest_of(document)
                    self._known[kind, code] = Known(changes[code], digest, ended_on(document))
