"""Publishing question and answer, finding them, and what hangs on an item's guides."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from rapidfuzz import fuzz, utils
from sqlalchemy import or_, select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.kernel.dates import ends_at
from service_catalog.kernel.errors import Fault, InvalidRequest, NotFound, Said
from service_catalog.kernel.paging import Walk
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.regions.mapping import within

COMPARED = 500
LEAST_ALIKE = 45
MOST_ON_A_GUIDE = 20


class NoSuchQuestion(NotFound):
    """There is no published question of this number."""

    title = Said("没有这条公开问答", "No such published question")


class Place(NamedTuple):
    """Where a question hangs."""

    basic_code: str | None
    implementation_code: str | None
    region_code: str
    agency_code: str | None


def publish(
    session: Session, *, appeal_number: str, place: Place, question: str, answer: str, by: Actor, at: datetime
) -> PublishedQuestion:
    """Publish a pair of texts that a person has confirmed; the guides of the item show it from now on."""
    row = PublishedQuestion(
        appeal_number=appeal_number, basic_code=place.basic_code, implementation_code=place.implementation_code,
        region_code=place.region_code, agency_code=place.agency_code, question=question, answer=answer, published_at=at,
        published_by=by.name,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note_change(session, row, by=by, at=at)
    return row


def withdraw(session: Session, row: PublishedQuestion, *, by: Actor, at: datetime) -> None:
    """Take it from the public; it stays stored."""
    row.withdrawn_at, row.withdrawn_by = at, by.name
    session.flush()
    _note_change(session, row, by=by, at=at)


def _note_change(session: Session, row: PublishedQuestion, *, by: Actor, at: datetime) -> None:
    if row.implementation_code is not None:
        log.record(session, Subject.IMPLEMENTATION, row.implementation_code, by=by, at=at)
    elif row.basic_code is not None:
        log.record(session, Subject.BASIC_ITEM, row.basic_code, by=by, at=at)
    else:
        log.record(session, Subject.REGION, row.region_code, by=by, at=at)


def shown_of(session: Session, appeal_number: str) -> PublishedQuestion | None:
    """Return what is published of an appeal."""
    query = select(PublishedQuestion).where(
        col(PublishedQuestion.appeal_number) == appeal_number, col(PublishedQuestion.withdrawn_at).is_(None)
    )
    return session.scalars(query).first()


def find_question(session: Session, number: int) -> PublishedQuestion:
    """Return a question that is published; raises NoSuchQuestion."""
    row = session.get(PublishedQuestion, number)
    if row is None or row.withdrawn_at is not None:
        raise NoSuchQuestion(f"没有编号为 {number} 的公开问答", f"there is no published question {number}")
    return row


def list_questions(
    session: Session, walk: Walk, *, words: str | None, basic_code: str | None, region: str | None
) -> Sequence[PublishedQuestion]:
    """Return published questions, oldest first, one more than asked for; every word must stand in question or answer."""
    query = select(PublishedQuestion).where(col(PublishedQuestion.withdrawn_at).is_(None))
    for word in (words or "").split():
        texts = (col(PublishedQuestion.question), col(PublishedQuestion.answer))
        query = query.where(or_(*(text.contains(word, autoescape=True) for text in texts)))
    if basic_code is not None:
        query = query.where(col(PublishedQuestion.basic_code) == basic_code)
    if region is not None:
        query = query.where(within(col(PublishedQuestion.region_code), region))
    if walk.after:
        query = query.where(col(PublishedQuestion.id) > _number(walk.after))
    return session.scalars(query.order_by(col(PublishedQuestion.id)).limit(walk.limit + 1)).all()


def _number(after: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", after):
        raise InvalidRequest([Fault("/query/after", Said("不是本列表的位置", "no place in this list"))])
    return int(after)


def alike(session: Session, text: str, basic_code: str | None, *, most: int) -> Sequence[PublishedQuestion]:
    """Return the published questions that a text resembles, the likest first; those of the item need less likeness."""
    query = select(PublishedQuestion).where(col(PublishedQuestion.withdrawn_at).is_(None))
    if basic_code is not None:
        query = query.where(col(PublishedQuestion.basic_code) == basic_code)
    rows = session.scalars(query.order_by(col(PublishedQuestion.id).desc()).limit(COMPARED)).all()
    wanted = in_pairs(text)
    scored = sorted(
        ((fuzz.token_set_ratio(wanted, in_pairs(row.question)), -(row.id or 0), row) for row in rows), reverse=True
    )
    least = LEAST_ALIKE // 2 if basic_code else LEAST_ALIKE
    return [row for score, _, row in scored if score >= least][:most]


def in_pairs(text: str) -> str:
    """Write a text as pairs of neighbouring characters, so that Chinese, too, has words to compare."""
    plain = "".join(utils.default_process(text).split())
    return " ".join(plain[start : start + 2] for start in range(len(plain) - 1))


class Asked(NamedTuple):
    """What hangs on a guide."""

    shown: Sequence[PublishedQuestion]
    changed_at: datetime | None
    """When one of them, or one that was withdrawn, last changed."""


def of_guide(session: Session, basic_code: str, implementation_code: str, day: date) -> Asked:
    """Return what hangs on a guide and was published by the end of `day`, newest first.

    What was withdrawn is shown no more, not even of an earlier day: it was withdrawn for somebody's sake.
    """
    column, until = col(PublishedQuestion.implementation_code), ends_at(day)
    query = (
        select(PublishedQuestion)
        .where(
            col(PublishedQuestion.basic_code) == basic_code,
            or_(column.is_(None), column == implementation_code),
            col(PublishedQuestion.published_at) < until,
        )
        .order_by(col(PublishedQuestion.published_at).desc(), col(PublishedQuestion.id).desc())
    )
    rows = session.scalars(query).all()
    moments = [moment for row in rows for moment in (row.published_at, row.withdrawn_at) if moment is not None]
    shown = [row for row in rows if row.withdrawn_at is None][:MOST_ON_A_GUIDE]
    return Asked(shown, max(moments, default=None))
