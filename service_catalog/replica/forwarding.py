"""Handing appeals over to the centre, exactly once: sent until it has answered, known there by their numbers.

Whoever is killed after sending and before noting the answer sends again, and the centre answers the same. Nothing is locked
while the line is used; two processes that send the same at once do no harm.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlmodel import col

from service_catalog.attachments.storage import NoSuchAttachment, Storage, StorageAway
from service_catalog.kernel.database import forget_erased, reading, unit_of_work
from service_catalog.replica.centre import Answered, Centre, CentreAway
from service_catalog.replica.erasing import erase_forwarded, forget_repeats
from service_catalog.replica.handed_tables import WaitingAppeal
from service_catalog.replica.letters import letter
from service_catalog.vault import PersonalKeyMissing, SealBroken, Vault

log = logging.getLogger("service_catalog")

ADDRESS = "/v1/appeals/handed-over"
AT_ONCE = 1_000
"""Appeals of one round; what is left comes with the next."""
FAILURES_THAT_END_A_ROUND = 3
"""In a row: then it is the line or the centre, and not this appeal."""
_REFUSALS = frozenset({409, 413, 422})
_MAY_COME_AGAIN = frozenset({"not-yet-received", "request-running"})


class Outcome(StrEnum):
    """What came of one letter."""

    FORWARDED = "forwarded"
    REFUSED = "refused"
    """As it is, the centre will never take it: somebody has to look."""
    FAILED = "failed"
    """It waits on."""


class Forwarded(NamedTuple):
    """What came of a round, in appeals."""

    forwarded: int = 0
    refused: int = 0
    failed: int = 0
    erased: int = 0


def forward_waiting(
    engine: Engine, vault: Vault, storage: Storage, centre: Centre, *, clock: Callable[[], datetime]
) -> Forwarded:
    """Hand over what waits, the oldest first, and erase here what people wrote in what has gone on.

    What failed before comes after what did not, so that one that always fails keeps nobody from going on.
    """
    counts = dict.fromkeys(Outcome, 0)
    in_a_row = 0
    for number in _waiting(engine):
        try:
            outcome = _forward(engine, vault, storage, centre, number, clock)
        except CentreAway:  # nobody is there: it has nothing to do with this appeal
            break
        if outcome is None:
            continue
        counts[outcome] += 1
        in_a_row = in_a_row + 1 if outcome is Outcome.FAILED else 0
        if in_a_row == FAILURES_THAT_END_A_ROUND:
            break
    erased = erase_forwarded(engine, storage, at=clock())
    forget_repeats(engine, at=clock())
    forget_erased(engine)  # always: the last time somebody may have been reading
    return Forwarded(counts[Outcome.FORWARDED], counts[Outcome.REFUSED], counts[Outcome.FAILED], erased)


def _waiting(engine: Engine) -> list[str]:
    row = WaitingAppeal
    query = select(col(row.number)).where(col(row.forwarded_at).is_(None), col(row.refused_at).is_(None))
    with reading(engine) as session:
        ordered = query.order_by(col(row.attempts), col(row.handed_in_at), col(row.number))
        return list(session.scalars(ordered.limit(AT_ONCE)))


def _forward(
    engine: Engine, vault: Vault, storage: Storage, centre: Centre, number: str, clock: Callable[[], datetime]
) -> Outcome | None:
    """Hand one over and note what came of it; None where another process has done it meanwhile."""
    try:
        body = letter(engine, vault, storage, number)
        if body is None:
            return None
        answered = centre.post(ADDRESS, body, headers={"Content-Type": "application/json"})
    except CentreAway as error:
        if not error.reached:
            raise
        outcome, fault = Outcome.FAILED, "no answer"
    except (PersonalKeyMissing, SealBroken, NoSuchAttachment, StorageAway) as error:
        outcome, fault = Outcome.FAILED, type(error).__name__
    else:
        outcome, fault = judge(answered, number)
    return _note(engine, number, outcome, fault, clock())


def judge(answered: Answered, number: str) -> tuple[Outcome, str]:
    """Say what an answer means, and in a few words without anything personal why.

    Only what comes from the product itself counts: a page that some gateway puts in its place is no answer.
    """
    told = answered.document or {}
    if answered.status in (200, 201) and told.get("number") == number:
        return Outcome.FORWARDED, ""
    name = str(told.get("type", "")).rpartition("/")[2]
    places = [str(fault.get("pointer")) for fault in told.get("errors", [])] if name == "invalid-request" else []
    fault = " ".join([str(answered.status), name or "not from the centre", *places])[:300]
    is_final = answered.status in _REFUSALS and name and name not in _MAY_COME_AGAIN
    return (Outcome.REFUSED if is_final else Outcome.FAILED), fault


def _note(engine: Engine, number: str, outcome: Outcome, fault: str, at: datetime) -> Outcome | None:
    with unit_of_work(engine) as session:
        row = session.get(WaitingAppeal, number)
        assert row is not None
        if row.forwarded_at is not None:
            return None
        if outcome is Outcome.FORWARDED:
            row.forwarded_at, row.refused_at, row.last_fault = at, None, None
            return outcome
        row.attempts, row.last_fault = row.attempts + 1, fault
        if outcome is Outcome.REFUSED:
            row.refused_at = at
    log.warning("appeal %s was not taken over: %s", number, fault)
    return outcome
