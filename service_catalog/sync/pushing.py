"""Rows to hand in, cut into batches which are the same again when they are sent again. Pure."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from service_catalog.sync.answers import NotAsPromised
from service_catalog.sync.documents import canonical

A_BATCH = 1_000
MOST_AT_ONCE = 10_000
"""What the centre takes in one batch, where all or nothing is asked for."""


@dataclass(frozen=True)
class Batch:
    """Some rows, and the request that carries them: byte for byte the same each time."""

    rows: Sequence[dict[str, Any]]
    content: bytes
    query: dict[str, str]
    idempotency_key: str


def batches_of(kind: str, rows: Sequence[dict[str, Any]], *, key: str, dry_run: bool, whole: bool) -> Iterator[Batch]:
    """Cut rows into batches. Their keys come from `key` and from what is asked, so a push with other rows is another push."""
    if whole and len(rows) > MOST_AT_ONCE:
        raise ValueError(f"all or nothing holds for at most {MOST_AT_ONCE:,} rows, not {len(rows):,}")
    size = MOST_AT_ONCE if whole else A_BATCH
    query = {name: "true" for name, asked in (("dry_run", dry_run), ("whole", whole)) if asked}
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        content = canonical({"rows": list(some)})
        named = canonical([key, kind, query, start]) + content
        yield Batch(some, content, query, hashlib.sha256(named).hexdigest())


def refuse_other_receipts(answer: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Raise NotAsPromised unless there is one receipt for each row, in their order; an unreadable row has one without its id."""
    receipts = answer.get("receipts")
    if (
        not isinstance(receipts, list)
        or len(receipts) != len(rows)
        or not all(_is_of(one, row) for one, row in zip(receipts, rows, strict=True))
    ):
        raise NotAsPromised("回执与所报各行不符", "the receipts do not answer the rows that were sent")


def _is_of(receipt: Any, row: dict[str, Any]) -> bool:
    return isinstance(receipt, dict) and receipt.get("record_id") in (None, row.get("record_id"))
