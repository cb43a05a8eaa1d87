"""How far every reader is behind, in Prometheus' text format."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST as MEDIA_TYPE
from sqlmodel import Session

from service_catalog.changes.log import last_number
from service_catalog.sync.reader_schemas import ReaderView
from service_catalog.sync.reader_views import views_of
from service_catalog.sync.readers import SilentAfter, Wanted, all_readers

__all__ = ["MEDIA_TYPE", "metrics"]

LABELS = ("reader", "kind", "region")
_ABOUT = {
    "catalog_reader_change_number": "Up to which change the reader has applied them.",
    "catalog_reader_behind_changes": "Changes that the reader has not got.",
    "catalog_reader_behind_seconds": "Since when it lacks the first of them; 0 if it has everything.",
    "catalog_reader_seen_seconds": "How long the reader has not been heard of.",
    "catalog_reader_silent": "1 if that is longer than its kind may be.",
    "catalog_reader_waiting_appeals": "Appeals taken there that it has not yet handed on.",
}


def metrics(session: Session, at: datetime, silent_after: SilentAfter) -> bytes:
    """Write the figures of all readers."""
    registry = CollectorRegistry()
    head = Gauge("catalog_change_number", "Number of the last change.", registry=registry)
    head.set(last_number(session))
    gauges = {name: Gauge(name, about, LABELS, registry=registry) for name, about in _ABOUT.items()}
    for view in views_of(session, all_readers(session, Wanted(), at=at, silent_after=silent_after), at, silent_after):
        for gauge, value in zip(gauges.values(), _values(view, at), strict=True):
            gauge.labels(view.name, view.kind.value, view.region_code or "").set(value)
    return generate_latest(registry)


def _values(view: ReaderView, at: datetime) -> tuple[float, ...]:
    behind = (at - view.behind_since).total_seconds() if view.behind_since else 0
    unheard = (at - view.seen_at).total_seconds()
    return (view.change_number, view.behind, max(0, behind), max(0, unheard), view.silent, view.waiting_appeals)
