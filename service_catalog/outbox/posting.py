"""Putting a message into the outbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from service_catalog.kernel.database import TextTooLong
from service_catalog.kernel.errors import NotFound, Said
from service_catalog.outbox.tables import OutboxMessage

MOST_CHARACTERS = {"once": 200, "kind": 40, "subject": 200, "body": 8000}


class NoSuchMessage(NotFound):
    """There is no message of this number that was given up."""

    title = Said("没有这条已放弃的消息", "No such message that was given up")


def post(
    session: Session,
    *,
    once: str,
    kind: str,
    subject: str,
    body: str,
    facts: Mapping[str, Any],
    agency_code: str | None = None,
    region_code: str | None = None,
    at: datetime,
) -> bool:
    """Keep a message for an agency or a region; returns whether it is new. The same `once` is the same message.

    It belongs to the caller's transaction: it exists exactly when what caused it was committed. What is in it leaves the
    catalogue, so the caller never puts personal data into subject, body or facts: they carry the number of the matter, the
    rule, the deadline and a link, and whoever may see more follows the link. Raises TextTooLong.
    """
    texts = {"once": once, "kind": kind, "subject": subject, "body": body}
    _refuse_what_is_too_long(texts)
    table = SQLModel.metadata.tables["outbox_message"]
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row: dict[str, Any] = texts | {
        "facts": dict(facts), "agency_code": agency_code, "region_code": region_code, "created_at": at,
        "not_before": at, "attempts": 0, "reached": [],
    }  # fmt: skip
    made = insert(table).values(row).on_conflict_do_nothing(index_elements=["once"]).returning(table.c.id)
    return session.execute(made).scalar() is not None


def try_again(session: Session, number: int, *, at: datetime) -> None:
    """Let a message that was given up wait again, with all its attempts; raises NoSuchMessage."""
    anew: dict[str, Any] = {"given_up_at": None, "attempts": 0, "not_before": at}
    given_up = col(OutboxMessage.id) == number, col(OutboxMessage.given_up_at).is_not(None)
    if (
        session.execute(update(OutboxMessage).where(*given_up).values(**anew).returning(col(OutboxMessage.id))).first()
        is None
    ):
        raise NoSuchMessage(f"没有编号为 {number} 的已放弃消息", f"no message {number} was given up", number=number)


def _refuse_what_is_too_long(texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        if len(text) > (most := MOST_CHARACTERS[name]):
            raise TextTooLong(
                f"{name} 有 {len(text)} 个字符，最多 {most} 个", f"{name} has {len(text)} characters, at most {most} fit",
                element=name,
            )  # fmt: skip
