"""What the placing of documents shares: what comes, how values are read back from JSON, how many rows go in at once."""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert
from sqlmodel import Session, SQLModel

from service_catalog.lifecycle.states import WorkState

CENTRE = "centre"
"""Stands where a name stands in the original; names are not in the feed."""
_AT_ONCE = 500


class Coming(NamedTuple):
    """Documents of one kind by code (None: the thing is gone), and when they are applied."""

    documents: Mapping[str, Mapping[str, Any] | None]
    at: datetime

    @property
    def there(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield those that are not gone."""
        return ((code, document) for code, document in self.documents.items() if document is not None)

    @property
    def portions(self) -> Iterator[list[str]]:
        """Yield all codes, some hundred at a time."""
        codes = list(self.documents)
        return (codes[start : start + _AT_ONCE] for start in range(0, len(codes), _AT_ONCE))


def day(written: str | None) -> date | None:
    """Read a day."""
    return None if written is None else date.fromisoformat(written)


def moment(written: str | None) -> datetime | None:
    """Read a moment."""
    return None if written is None else datetime.fromisoformat(written).astimezone(UTC)


def put(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, past the unit of work: there may be a hundred thousand."""
    if rows:
        session.connection().execute(insert(table), list(rows))


def take(session: Session, column: Any, values: Collection[Any]) -> None:
    """Delete the rows in which a column has one of some values."""
    if values:
        session.execute(delete(column.class_).where(column.in_(values)))


def first_fresh_id() -> int:
    """Return where numbers begin that no row of this copy ever had: what was parsed of an edition is kept under its number.

    Counting on from the rows that are there would give the numbers of those that were taken out to others.
    """
    return secrets.randbelow(2**46) << 16


def states_of(editions: Sequence[Mapping[str, Any]], today: date) -> list[WorkState]:
    """Return in which state editions stand that were published in this order: at most one to come, one in force."""
    states = [WorkState.SUPERSEDED] * len(editions)
    last = len(editions) - 1
    if last >= 0 and date.fromisoformat(editions[last]["effective_from"]) > today:
        states[last] = WorkState.APPROVED
        last -= 1
    if last >= 0:
        states[last] = WorkState.PUBLISHED
    return states


def edition_row(edition: Mapping[str, Any], state: WorkState, number: int) -> dict[str, Any]:
    """Return the columns that editions of standards and of local parts share."""
    return {
        "id": number, "number": edition["number"], "state": state, "kind": edition["kind"], "revision": 1,
        "drafted_by": CENTRE, "authors": [], "submitted_by": None, "effective_from": day(edition["effective_from"]),
        "effective_until": day(edition["effective_until"]), "published_at": moment(edition["published_at"]),
        "content": edition["content"],
    }  # fmt: skip
