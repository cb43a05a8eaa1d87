"""Readers as they are shown."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from service_catalog.changes.log import last_number
from service_catalog.sync.reader_schemas import ReaderView
from service_catalog.sync.readers import Found, SilentAfter, lag_of


def views_of(session: Session, found: Sequence[Found], at: datetime, silent_after: SilentAfter) -> list[ReaderView]:
    """Return how far each of the readers has come."""
    head = last_number(session)
    return [_view(row, head, at, silent_after) for row in found]


def _view(row: Found, head: int, at: datetime, silent_after: SilentAfter) -> ReaderView:
    reader, since, region_name = row
    lag = lag_of(reader, head=head, since=since, at=at, silent_after=silent_after)
    return ReaderView(
        region_name=region_name, behind=lag.changes, behind_since=lag.since, silent=lag.silent,
        **reader.model_dump(include=set(ReaderView.model_fields)),
    )  # fmt: skip
