"""Carrying a push out: judged while others write, written in one transaction with its receipts, answered once and for all.

A batch is all in the database or not at all, and its receipts with it: whatever breaks or is killed in between, the same batch
sent again finds either nothing, and is carried out, or its receipts, and is answered as the first time.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from service_catalog.implementations.gathering import Here, lock_all
from service_catalog.implementations.handing_in import Part, hand_in_all
from service_catalog.kernel.database import is_taken
from service_catalog.push.asked import Push
from service_catalog.push.judged import Judged, Statement
from service_catalog.push.judging import Judge
from service_catalog.push.receipts import Answer, answer_of, keep, kept_answer
from service_catalog.push.rows import Sent
from service_catalog.push.stating import FactsJudge, lock_agencies, state_all
from service_catalog.push.tables import PushKind

_ATTEMPTS = 3
"""Somebody else may claim what is about to be claimed; then what stands here has changed, and the rows are judged anew."""


class _Judge(Protocol):
    def judge(self, sent: Sent[Any], /) -> Judged: ...
    def is_still_so(self, judged: Judged, /) -> bool: ...


def judge_all(session: Session, push: Push) -> list[Judged]:
    """Judge every row, and write nothing."""
    judge = _judge(session, push)
    return [judge.judge(sent) for sent in push.batch.rows]


def dry_answer(push: Push, judged: Sequence[Judged]) -> Answer:
    """Return what a push would be answered; none of it is kept."""
    return answer_of(push, None, _all_or_none(push, judged))


def carry_out(session: Session, push: Push, judged: Sequence[Judged]) -> Answer:
    """Write what was judged, and the receipts, in the caller's transaction; raises RequestRunning.

    What has changed since it was judged is judged anew, under the lock.
    """
    if first := kept_answer(session, push):
        return first
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with session.begin_nested():
                final = _written(session, push, judged)
            break
        except IntegrityError as error:
            if attempt == _ATTEMPTS or not is_taken(error):
                raise
            session.expunge_all()
    return keep(session, push, final)


def _written(session: Session, push: Push, judged: Sequence[Judged]) -> list[Judged]:
    codes = sorted({one.code for one in judged if one.code is not None})
    (lock_all if push.kind is PushKind.IMPLEMENTATIONS else lock_agencies)(session, codes)
    judge = _judge(session, push)
    final = _all_or_none(push, [one if judge.is_still_so(one) else judge.judge(one.sent) for one in judged])
    # in one order, so that two pushes at the same time wait for each other instead of blocking each other
    work = sorted((one for one in final if one.work is not None), key=lambda one: one.code or "")
    if isinstance(judge, Judge):
        parts = [one.work for one in work if isinstance(one.work, Part)]
        hand_in_all(session, parts, _here(judge, parts), by=push.by, at=push.at)
    else:
        statements = [one.work for one in work if isinstance(one.work, Statement)]
        state_all(session, statements, by=push.by, at=push.at)
    return final


def _here(judge: Judge, parts: Sequence[Part]) -> Mapping[str, Here]:
    return {part.code: judge.here(part.code) for part in parts}


def _judge(session: Session, push: Push) -> _Judge:
    if push.kind is PushKind.AGENCIES:
        return FactsJudge(session, push.batch.rows, by=push.by, at=push.at)
    return Judge(session, push.batch.rows, push.site, by=push.by, at=push.at)


def _all_or_none(push: Push, judged: Sequence[Judged]) -> list[Judged]:
    if push.whole and not all(one.is_taken for one in judged):
        return [one.held() if one.is_taken else one for one in judged]
    return list(judged)
