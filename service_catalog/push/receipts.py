"""Receipts (回执): kept with what they are about, and given again in the very bytes of the first time."""

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydantic import BaseModel
from sqlalchemy import insert, select
from sqlmodel import Session, col

from service_catalog.appeals.repeating import IdempotencyKeyReused, RequestRunning
from service_catalog.kernel.database import add_new
from service_catalog.push.asked import Push
from service_catalog.push.judged import Judged
from service_catalog.push.schemas import PushCounts, PushHead
from service_catalog.push.tables import Outcome, PushBatch, PushReceipt

RETRY_AFTER = 5
"""Seconds after which a batch that is being carried out may be asked for again."""


class Answer(NamedTuple):
    """The answer to a push, as it leaves."""

    content: bytes
    taken: bool


def kept_answer(session: Session, push: Push) -> Answer | None:
    """Return how the same push was answered before; raises IdempotencyKeyReused where its key was used for another."""
    batch = session.scalars(select(PushBatch).where(col(PushBatch.key) == push.key)).first()
    if batch is None:
        return None
    if batch.body != push.digest:
        raise IdempotencyKeyReused(
            "这个 Idempotency-Key 已用于另一批内容；新的批次请换一个标识",
            "this Idempotency-Key was used with another batch; a new batch needs a new key",
            pointer="/header/Idempotency-Key",
        )
    documents = select(col(PushReceipt.document)).where(col(PushReceipt.batch_id) == batch.id)
    return Answer(
        _put_together(batch.head, session.scalars(documents.order_by(col(PushReceipt.position)))), batch.taken
    )


def keep(session: Session, push: Push, judged: Sequence[Judged]) -> Answer:
    """Keep the receipts and return the answer that they make; of two at once the second is refused with RequestRunning."""
    number = secrets.token_hex(8)
    head, documents, taken = _told(push, number, judged)
    batch = PushBatch(
        id=number, key=push.key, body=push.digest, kind=push.kind, by=push.by.name, identity=push.by.identity,
        made_at=push.at, taken=taken, head=head,
    )  # fmt: skip
    add_new(session, batch, running())
    rows = [
        {
            "batch_id": number, "position": one.sent.position, "record_id": one.sent.record_id, "outcome": one.outcome,
            "region_code": one.body.region_code if one.body else None,
            "agency_code": one.body.agency_code if one.body else None, "document": document,
        }
        for one, document in zip(judged, documents, strict=True)
    ]  # fmt: skip
    session.execute(insert(PushReceipt), rows)
    return Answer(_put_together(head, documents), taken)


def running() -> RequestRunning:
    """Return the refusal of a batch that is being carried out at this moment."""
    return RequestRunning(
        "同一批次正在处理，请稍后再试", "this batch is being carried out; ask again", retry_after=RETRY_AFTER
    )


def answer_of(push: Push, number: str | None, judged: Sequence[Judged]) -> Answer:
    """Return an answer that is not kept."""
    head, documents, taken = _told(push, number, judged)
    return Answer(_put_together(head, documents), taken)


def _told(push: Push, number: str | None, judged: Sequence[Judged]) -> tuple[str, list[str], bool]:
    counted = Counter(one.outcome.value for one in judged)
    taken = all(one.is_taken for one in judged)
    head = PushHead(
        batch=number, kind=push.kind, dry_run=push.dry_run, whole=push.whole, taken=taken, at=push.at,
        counts=PushCounts(rows=len(judged), **{outcome.value: counted[outcome.value] for outcome in Outcome}),
    )  # fmt: skip
    return _text(head), [_text(one.receipt()) for one in judged], taken


def _text(view: BaseModel) -> str:
    return json.dumps(view.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))


def _put_together(head: str, documents: Iterable[str]) -> bytes:
    return f'{head[:-1]},"receipts":[{",".join(documents)}]}}'.encode()
