"""The same request again is answered as the first time: a kiosk that retries makes one appeal (Idempotency-Key)."""

import hashlib
from datetime import datetime

from sqlmodel import Session

from service_catalog.actors import Actor
from service_catalog.appeals.drafts import AppealDraft
from service_catalog.appeals.tables import AppealRequest
from service_catalog.kernel.database import add_new
from service_catalog.kernel.errors import Conflict, Invalid, Said


class IdempotencyKeyReused(Invalid):
    """The key was used for another request; a new request needs a key of its own."""

    title = Said("重复提交标识已用于其他内容", "The Idempotency-Key was used for something else")


class RequestRunning(Conflict):
    """The same request is being carried out at this moment."""

    title = Said("同一请求正在处理", "The same request is being carried out")


def key_of(by: Actor | None, key: str) -> str:
    """Return under what a request is remembered: two callers never meet."""
    return _digest(f"{by.identity if by else ''}\n{key}")


def done_before(session: Session, key: str, draft: AppealDraft) -> str | None:
    """Return the number of the appeal that this request made the first time; raises IdempotencyKeyReused."""
    there = session.get(AppealRequest, key)
    if there is None:
        return None
    if there.body != body_of(draft):
        raise IdempotencyKeyReused(
            "这个重复提交标识已经用于另一份内容；提交新的诉求，请换一个标识",
            "this Idempotency-Key was used with another body; a new appeal needs a new key",
            pointer="/header/Idempotency-Key",
        )
    return there.number


def remember(session: Session, key: str, draft: AppealDraft, number: str, *, at: datetime) -> None:
    """Remember what was done; of two at once the second is refused with RequestRunning and comes again."""
    row = AppealRequest(key=key, body=body_of(draft), number=number, made_at=at)
    add_new(session, row, RequestRunning("同一请求正在处理，请稍后再试", "being carried out; try again"))


def body_of(draft: AppealDraft) -> str:
    """Return the digest of a request's body, whatever the order of its members."""
    parts = draft.model_dump_json(exclude={"attachments"}).encode()
    files = b"".join(hashlib.sha256(file.name.encode() + b"\0" + file.content).digest() for file in draft.attachments)
    return hashlib.sha256(parts + files).hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
