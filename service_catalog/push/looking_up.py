"""Asking for receipts again: those of a batch, those of one record of an office."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import Session, col

from service_catalog.access.places import granted
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.kernel.errors import NotFound, Said
from service_catalog.kernel.paging import Walk
from service_catalog.push.tables import PushBatch, PushReceipt


class NoSuchPush(NotFound):
    """There is no batch of this number, or none that the caller may see."""

    title = Said("没有这次推送", "No such push")


def find_batch(session: Session, number: str, by: Actor) -> PushBatch:
    """Return a batch of which the caller may see something; raises NoSuchPush."""
    batch = session.get(PushBatch, number)
    if batch is not None:
        seen = select(col(PushReceipt.position)).join(PushBatch).where(col(PushBatch.id) == number, _visible(by))
        if session.execute(seen.limit(1)).first() is not None:
            return batch
    raise NoSuchPush(f"没有编号为 {number} 的推送", f"there is no push {number}", code=number)


def page_of(session: Session, number: str, by: Actor, walk: Walk) -> dict[str, Any]:
    """Return a batch with a page of its receipts as far as the caller may see them; raises NoSuchPush."""
    batch = find_batch(session, number, by)
    page = walk.page_of(receipts_of(session, batch, by, walk), lambda row: str(row.position), _told)
    return {**json.loads(batch.head), **page}


def _told(rows: Sequence[PushReceipt]) -> list[Any]:
    return [json.loads(row.document) for row in rows]


def receipts_of(session: Session, batch: PushBatch, by: Actor, walk: Walk) -> Sequence[PushReceipt]:
    """Return receipts of a batch in the order of its rows, one more than a page holds."""
    query = select(PushReceipt).join(PushBatch).where(col(PushBatch.id) == batch.id, _visible(by))
    if walk.after is not None:
        query = query.where(col(PushReceipt.position) > _place(walk.after))
    return session.scalars(query.order_by(col(PushReceipt.position)).limit(walk.limit + 1)).all()


def receipts_about(session: Session, record_id: str, by: Actor, most: int) -> list[dict[str, Any]]:
    """Return the receipts of one record of an office, the newest first."""
    query = (
        select(PushBatch, PushReceipt)
        .join(PushReceipt, col(PushReceipt.batch_id) == col(PushBatch.id))
        .where(col(PushReceipt.record_id) == record_id, _visible(by))
        .order_by(col(PushBatch.made_at).desc(), col(PushBatch.id), col(PushReceipt.position))
        .limit(most)
    )
    return [
        {"batch": batch.id, "at": batch.made_at, "receipt": json.loads(receipt.document)}
        for batch, receipt in session.execute(query)
    ]


def _place(after: str) -> int:
    """Return a place in a batch; what is none stands before all."""
    return int(after) if after.isdecimal() and len(after) < 10 else -1


def _visible(by: Actor) -> ColumnElement[bool]:
    """What one pushed oneself, and what others pushed where one may read drafts: keys change, offices stay."""
    there = granted(by, Right.READ_DRAFTS, col(PushReceipt.region_code), col(PushReceipt.agency_code))
    return or_(col(PushBatch.identity) == by.identity, there)
