"""Giving an implementation to another body (划转): new code, the old one leads to it, the local part goes along."""

from datetime import date, datetime

from sqlmodel import Session

from service_catalog.access.places import demand_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import ReplacingAct, replace_code
from service_catalog.implementations.claiming import (
    SHELF,
    checked,
    enter_claim,
    lock_implementation,
    write_area_served,
)
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.errors import Conflict, Said
from service_catalog.lifecycle import standing
from service_catalog.lifecycle.standing import Decision
from service_catalog.lifecycle.states import ActKind, EditionKind, WorkState


class LaterEditionScheduled(Conflict):
    """An edition that would take effect after the transfer would be lost; it is withdrawn first."""

    title = Said("另有排定的版本，须先撤回", "A later edition is scheduled; withdraw it first")


class NothingToTransfer(Conflict):
    """Only what is in force can go to another body."""

    title = Said("没有可以划转的有效内容", "Nothing in force to transfer")


def transfer(
    session: Session, implementation_code: str, to_agency: str, decision: Decision, *, by: Actor, at: datetime
) -> Implementation:
    """Give an implementation to another body from a day on: new code, the old one leads to it, the local part goes along.

    Raises NotAllowed, ActNeedsDocument, ActBackDated, AlreadyClaimed, AlreadyCancelled, NothingToTransfer,
    LaterEditionScheduled, LocalRefused.
    """
    demand_league(session, by, Right.DECIDE)
    standing.demand_document(decision)
    standing.refuse_back_dated(decision, at)
    old = lock_implementation(session, implementation_code)
    standing.refuse_cancelled(session, [(Subject.IMPLEMENTATION, implementation_code)], decision.effective_on)
    edition = SHELF.on(session, implementation_code, decision.effective_on)
    if edition is None or edition.ends_by(decision.effective_on):
        raise NothingToTransfer(
            f"{implementation_code} 届时没有有效内容", f"{implementation_code} has nothing in force then"
        )
    _refuse_later(session, implementation_code, decision.effective_on)
    act = standing.record_act(
        session, Subject.IMPLEMENTATION, implementation_code, ActKind.TRANSFER, decision, by=by, at=at
    )
    agency = find_agency(session, to_agency)
    new = enter_claim(session, agency, old.exercise_level, old.basic_code, act_id=act.id, by=by, at=at)
    _publish_by_act(session, new, edition.content, decision.effective_on, edition.effective_until, by=by, at=at)
    standing.end_by(session, Subject.IMPLEMENTATION, implementation_code, act, decision.reason, by=by, at=at)
    replace_code(
        session, implementation_code, [new.implementation_code], act_kind=ReplacingAct.TRANSFER,
        valid_from=decision.effective_on, document_number=decision.document_number, by=by, at=at,
    )  # fmt: skip
    return new


def _refuse_later(session: Session, code: str, day: date) -> None:
    for edition in SHELF.all_of(session, code):
        first_day = edition.effective_from
        if edition.state is WorkState.APPROVED and first_day is not None and first_day > day:
            raise LaterEditionScheduled(
                f"{code} 的第 {edition.number} 版排定于 {edition.effective_from} 生效，请先撤回",
                f"edition {edition.number} of {code} is scheduled for {edition.effective_from}; withdraw it first",
                code=code, edition=edition.number,
            )  # fmt: skip


def _publish_by_act(
    session: Session,
    new: Implementation,
    content: dict[str, object],
    first_day: date,
    until: date | None,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """The local part goes along by the act itself: it was reviewed where it comes from, and is checked once more."""
    standard, local = checked(session, new, content, day=first_day)
    edition = SHELF.begin(
        session, new.implementation_code, local.differences(), EditionKind.CHANGE, by=by, at=at,
        availability=local.availability.status, based_on_edition=standard.edition,
    )  # fmt: skip
    edition.submitted_by, edition.state = by.name, WorkState.APPROVED
    session.flush()
    SHELF.publish(
        session, new.implementation_code, effective_from=first_day, effective_until=until, by=by, at=at
    )  # fmt: skip
    write_area_served(session, edition)
