"""Keeping findings: what is found anew opens, what is no longer found closes, what somebody accepted stays accepted."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

from pydantic_core import to_jsonable_python
from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlmodel import Session, col

from service_catalog.changes.tables import Subject
from service_catalog.findings.rules import Found, Strictness
from service_catalog.findings.tables import Finding
from service_catalog.kernel.dates import starts_at

T = TypeVar("T")
AT_ONCE = 1_000
LONGEST_ELEMENT = 200
_VALUES = ("standard_value", "local_value")
_SHOWN = ("severity", "zh", "en", *_VALUES)
_OPEN = select(
    col(Finding.id), col(Finding.rule), col(Finding.subject), col(Finding.code), col(Finding.element),
    col(Finding.severity), col(Finding.zh), col(Finding.en), col(Finding.standard_value), col(Finding.local_value),
    col(Finding.since), col(Finding.accepted_by),
).where(col(Finding.closed_at).is_(None))  # fmt: skip

Key = tuple[str, Subject, str, str]


class Moved(NamedTuple):
    """What a batch changed."""

    opened: int
    closed: int


def keep(
    session: Session,
    judged: ColumnElement[bool],
    found: Iterable[Found],
    strictness: Strictness,
    *,
    run_id: int,
    at: datetime,
) -> Moved:
    """Make the open findings of what was judged those that were found.

    Values that change in place keep the finding; where somebody had accepted the old values, that finding closes with its
    acceptance and a new one opens, so that nobody has accepted what nobody has seen.
    """
    now = dict(_rows(found, strictness, at))
    stays: list[int] = []
    closes: list[int] = []
    for row in session.execute(_OPEN.where(judged)):
        fresh = now.get((row.rule, row.subject, row.code, row.element))
        if fresh is None or (row.accepted_by is not None and _differs(row, fresh, _VALUES)):
            closes.append(row.id)
            continue
        stays.append(row.id)
        del now[row.rule, row.subject, row.code, row.element]
        since = row.since if fresh["since"] == at else fresh["since"]
        if _differs(row, fresh, _SHOWN) or since != row.since:
            shown = {name: fresh[name] for name in _SHOWN} | {"since": since}
            session.execute(update(Finding).where(col(Finding.id) == row.id).values(**shown))
    for some in _some(closes):
        session.execute(update(Finding).where(col(Finding.id).in_(some)).values(closed_at=at))
    for some in _some(stays):
        session.execute(update(Finding).where(col(Finding.id).in_(some)).values(last_run_id=run_id))
    for rows in _some(list(now.values())):
        session.execute(insert(Finding), [row | {"last_run_id": run_id} for row in rows])
    return Moved(len(now), len(closes))


def _rows(found: Iterable[Found], strictness: Strictness, at: datetime) -> Iterator[tuple[Key, dict[str, Any]]]:
    for thing, broken in found:
        severity = strictness.severity_of(broken)
        if severity is None:
            continue
        element = _fitting(broken.element)
        yield (broken.rule, thing.subject, thing.code, element), {
            **thing._asdict(), "rule": broken.rule, "element": element, "severity": severity,
            "zh": broken.said.zh, "en": broken.said.en,
            "standard_value": to_jsonable_python(broken.standard_value),
            "local_value": to_jsonable_python(broken.local_value),
            "since": starts_at(broken.since) if broken.since else at, "opened_at": at,
        }  # fmt: skip


def _differs(row: Row[Any], fresh: dict[str, Any], names: Sequence[str]) -> bool:
    return any(getattr(row, name) != fresh[name] for name in names)


def _fitting(element: str) -> str:
    """Return a pointer that fits its column, and is still told from others like it."""
    if len(element) <= LONGEST_ELEMENT:
        return element
    return element[: LONGEST_ELEMENT - 17] + "~" + blake2b(element.encode(), digest_size=8).hexdigest()


def _some(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
