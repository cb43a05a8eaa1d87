"""Acts that suspend, resume and cancel; what stands on a day is read from them, no job needs to run."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, exists, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.changes import log
from service_catalog.changes.tables import ChangeKind, Subject
from service_catalog.kernel.dates import civil_day, ends_at, starts_at
from service_catalog.kernel.errors import Conflict, Invalid, Said
from service_catalog.lifecycle.states import ActKind, ItemState
from service_catalog.lifecycle.tables import Act, Standing


class ActNeedsDocument(Invalid):
    """What only a government may decide needs a document number."""

    title = Said("此行为须有文号", "This act needs a document number")


class ActBackDated(Invalid):
    """An act takes effect on the day it is recorded or later."""

    title = Said("生效日期早于登记日期", "The act would take effect in the past")


class AlreadyCancelled(Conflict):
    """A cancelled thing stays cancelled."""

    title = Said("事项已取消", "Already cancelled")


class NotInThatState(Conflict):
    """Only what is in force can be suspended, only what is suspended can be resumed."""

    title = Said("事项状态不允许", "Not possible in the present item state")


class Decision(NamedTuple):
    """The paper behind an act."""

    document_number: str
    title: str
    issuing_body: str
    effective_on: date
    reason: str


class StandingOn(NamedTuple):
    """How a thing stands on a day, since when, by which document."""

    state: ItemState
    since: date | None
    reason: str | None
    document_number: str | None
    changed_at: datetime | None
    """When any decision about it was last recorded or took effect; None if there was none."""


_IN_WORDS = {ItemState.IN_FORCE: "在用", ItemState.SUSPENDED: "暂停", ItemState.CANCELLED: "取消"}
IN_FORCE = StandingOn(ItemState.IN_FORCE, None, None, None, None)
_STATE_AFTER = {
    ActKind.SUSPEND: ItemState.SUSPENDED,
    ActKind.RESUME: ItemState.IN_FORCE,
    ActKind.CANCEL: ItemState.CANCELLED,
}
_STATE_BEFORE = {
    ActKind.SUSPEND: {ItemState.IN_FORCE},
    ActKind.RESUME: {ItemState.SUSPENDED},
    ActKind.CANCEL: {ItemState.IN_FORCE, ItemState.SUSPENDED},
}


def demand_document(decision: Decision) -> None:
    """Raise ActNeedsDocument where the number of the document is blank."""
    if not decision.document_number.strip():
        raise ActNeedsDocument("请填写文号", "a document number is required")


def refuse_back_dated(decision: Decision, at: datetime) -> None:
    """Raise ActBackDated where an act would take effect before the day on which it is recorded."""
    if decision.effective_on < civil_day(at):
        raise ActBackDated(f"生效日期 {decision.effective_on} 已过", f"{decision.effective_on} is past")


def record_act(
    session: Session, subject: Subject, code: str, kind: ActKind, decision: Decision, *, by: Actor, at: datetime
) -> Act:
    """Record a decision; raises ActNeedsDocument."""
    demand_document(decision)
    act = Act(
        kind=kind, subject=subject, code=code, document_number=decision.document_number, title=decision.title,
        issuing_body=decision.issuing_body, effective_on=decision.effective_on, by=by.name, at=at,
    )  # fmt: skip
    session.add(act)
    session.flush()
    return act


def decide(
    session: Session, subject: Subject, code: str, kind: ActKind, decision: Decision, *, by: Actor, at: datetime
) -> Standing:
    """Suspend, resume or cancel a thing from a day on."""
    demand_document(decision)
    refuse_back_dated(decision, at)
    before = standing_on(session, subject, code, decision.effective_on, known_on=civil_day(at))
    if before.state is ItemState.CANCELLED:
        raise AlreadyCancelled(f"{code} 已于 {before.since} 取消", f"{code} was cancelled on {before.since}")
    if before.state not in _STATE_BEFORE[kind]:
        raise NotInThatState(
            f"{code} 届时的状态是“{_IN_WORDS[before.state]}”", f"{code} will be {before.state.name.lower()}"
        )
    act = record_act(session, subject, code, kind, decision, by=by, at=at)
    assert act.id is not None
    standing = Standing(
        subject=subject, code=code, state=_STATE_AFTER[kind], from_on=decision.effective_on, act_id=act.id,
        reason=decision.reason, at=at,
    )  # fmt: skip
    session.add(standing)
    session.flush()
    ends = kind is ActKind.CANCEL and decision.effective_on <= civil_day(at)
    log.record(session, subject, code, kind=ChangeKind.END if ends else ChangeKind.UPSERT, by=by, at=at)
    return standing


def end_by(session: Session, subject: Subject, code: str, act: Act, reason: str, *, by: Actor, at: datetime) -> None:
    """End a thing by an act that was recorded about something else: a delegation, a transfer.

    What ends on a later day is noted in the log as ended when that day has come (sync/tides.py).
    """
    assert act.id is not None
    session.add(
        Standing(
            subject=subject, code=code, state=ItemState.CANCELLED, from_on=act.effective_on, act_id=act.id,
            reason=reason, at=at,
        )
    )  # fmt: skip
    session.flush()
    ends = act.effective_on <= civil_day(at)
    log.record(session, subject, code, kind=ChangeKind.END if ends else ChangeKind.UPSERT, by=by, at=at)


def refuse_cancelled(session: Session, things: Sequence[tuple[Subject, str]], day: date) -> None:
    """Raise AlreadyCancelled where one of the things has ended by `day`: nothing more is written about it."""
    standing = gravest_standing(session, things, day, known_on=date.max - timedelta(days=1))
    if standing.state is ItemState.CANCELLED:
        code = things[0][1]
        raise AlreadyCancelled(f"{code} 已于 {standing.since} 取消", f"{code} was cancelled on {standing.since}")


def standings_on(session: Session, subject: Subject, codes: Collection[str], day: date) -> dict[str, ItemState]:
    """Return how each of many things stands on `day`."""
    query = (
        select(col(Standing.code), col(Standing.state))
        .where(
            col(Standing.subject) == subject,
            col(Standing.code).in_(codes),
            col(Standing.from_on) <= day,
            col(Standing.at) < ends_at(day),
        )
        .order_by(col(Standing.from_on), col(Standing.id))
    )
    decided = _last_word(session.execute(query))
    return {code: decided[code].state if code in decided else ItemState.IN_FORCE for code in codes}


def _last_word(rows: Iterable[Row[Any]]) -> dict[str, Row[Any]]:
    """Return for each thing the decision that holds, of rows in the order of their days; cancelled stays cancelled."""
    latest: dict[str, Row[Any]] = {}
    for row in rows:
        before = latest.get(row.code)
        if before is None or before.state is not ItemState.CANCELLED:
            latest[row.code] = row
    return latest


def not_cancelled(subject: Subject, code: ColumnElement[str] | Mapped[str], day: date) -> ColumnElement[bool]:
    """Return the condition that the thing of a code column has not been cancelled by `day`."""
    cancelled = exists().where(
        col(Standing.subject) == subject,
        col(Standing.code) == code,
        col(Standing.state) == ItemState.CANCELLED,
        col(Standing.from_on) <= day,
        col(Standing.at) < ends_at(day),
    )
    return ~cancelled


def standing_on(
    session: Session, subject: Subject, code: str, day: date, *, known_on: date | None = None
) -> StandingOn:
    """Return how a thing stands on `day`, by what had been recorded by then (or by `known_on`)."""
    return gravest_standing(session, [(subject, code)], day, known_on=known_on)


def gravest_standing(
    session: Session, things: Sequence[tuple[Subject, str]], day: date, *, known_on: date | None = None
) -> StandingOn:
    """Return the gravest standing of several things: an implementation ends with its item, never the other way."""
    # codes of different subjects differ in length, so that the code alone tells them apart here
    query = _DECIDED.where(
        col(Standing.code).in_([code for _, code in things]),
        col(Standing.subject).in_([subject for subject, _ in things]),
        col(Standing.from_on) <= day,
        col(Standing.at) < ends_at(known_on or day),
    )
    rows = session.execute(query).all()
    latest = _last_word(rows)
    if not latest:
        return IN_FORCE
    gravest = max(latest.values(), key=lambda row: row.state.value)
    changed_at = max(moment for row in rows for moment in (row.at, starts_at(row.from_on)))
    return StandingOn(gravest.state, gravest.from_on, gravest.reason, gravest.document_number, changed_at)


_DECIDED = (
    select(
        col(Standing.code),
        col(Standing.state),
        col(Standing.from_on),
        col(Standing.reason),
        col(Act.document_number),
        col(Standing.at),
    )
    .join(Act, col(Act.id) == col(Standing.act_id))
    .order_by(col(Standing.from_on), col(Standing.id))
)
