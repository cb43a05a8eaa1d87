"""Who decided what, when, and with which opinion: acts and steps of review, in the order they happened."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.editing import find_item
from service_catalog.changes.tables import Subject
from service_catalog.history.editions import is_public, reads_local_parts_in_work, reads_standards_in_work
from service_catalog.history.schemas import HistoryLine
from service_catalog.implementations.claiming import SHELF as LOCALS
from service_catalog.implementations.claiming import find_implementation
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.errors import Said
from service_catalog.lifecycle.reviewing import Shelf
from service_catalog.lifecycle.states import ActKind
from service_catalog.lifecycle.tables import Act, ReviewNote, ReviewStep, Standing
from service_catalog.registers.registers import Registers, registers_of

STEPS = {
    ReviewStep.SUBMIT: Said("提交审核", "handed in for review"),
    ReviewStep.TAKE_BACK: Said("撤回为草稿", "taken back into draft"),
    ReviewStep.SEND_BACK: Said("退回", "sent back"),
    ReviewStep.APPROVE: Said("审核通过", "approved"),
    ReviewStep.PUBLISH: Said("发布", "published"),
    ReviewStep.WITHDRAW: Said("撤回待生效版本", "withdrawn before it took effect"),
}
CLAIM = Said("认领", "claimed")
_ENDING = (ActKind.SUSPEND, ActKind.RESUME, ActKind.CANCEL)
_NOTHING = dict.fromkeys(set(HistoryLine.model_fields) - {"at", "code", "what", "kind", "zh", "en"})


def history_of_item(session: Session, basic_code: str, by: Actor | None) -> list[HistoryLine]:
    """Return what happened to an item; raises NoSuchItem. Whoever may not read drafts sees acts and publications."""
    find_item(session, basic_code)
    acts = _acts(session, and_(col(Act.subject) == Subject.BASIC_ITEM, col(Act.code) == basic_code))
    inside = reads_standards_in_work(session, by)
    told = _told(acts, registers_of(session), {Subject.BASIC_ITEM} if inside else set())
    return _in_order([*told, *_steps(session, STANDARDS, basic_code, inside)])


def history_of_implementation(session: Session, code: str, by: Actor | None) -> list[HistoryLine]:
    """Return what happened to an implementation: its own acts, that by which it came here, those that ended it."""
    made = find_implementation(session, code)
    about = or_(
        and_(col(Act.subject) == Subject.IMPLEMENTATION, col(Act.code) == code),
        and_(
            col(Act.subject) == Subject.BASIC_ITEM, col(Act.code) == made.basic_code, col(Act.kind).in_(_ENDING)
        ),
        col(Act.id) == made.act_id,
        col(Act.id).in_(
            select(col(Standing.act_id)).where(
                col(Standing.subject) == Subject.IMPLEMENTATION, col(Standing.code) == code
            )
        ),
    )  # fmt: skip
    inside = reads_local_parts_in_work(session, by, made)
    known = {Subject.IMPLEMENTATION} if inside else set()
    known |= {Subject.BASIC_ITEM} if reads_standards_in_work(session, by) else set()
    lines = [*_told(_acts(session, about, code), registers_of(session), known), *_steps(session, LOCALS, code, inside)]
    return _in_order([_claim(made), *lines] if inside else lines)


def _in_order(lines: list[HistoryLine]) -> list[HistoryLine]:
    return sorted(lines, key=lambda line: line.at)


def _acts(session: Session, about: ColumnElement[bool], code: str | None = None) -> Sequence[tuple[Act, str | None]]:
    """Return acts with their reasons; `code` is what an act may have ended, though it was decided about something else."""
    touched = or_(col(Standing.code) == col(Act.code), col(Standing.code) == code)
    query = (
        select(Act, col(Standing.reason))
        .outerjoin(Standing, and_(col(Standing.act_id) == col(Act.id), touched))
        .where(about)
        .order_by(col(Act.id))
    )
    return [(act, reason) for act, reason in session.execute(query)]


def _told(acts: Sequence[tuple[Act, str | None]], registers: Registers, known: set[Subject]) -> Iterator[HistoryLine]:
    """Yield what was decided; by whom it was recorded only of subjects that the reader is known for."""
    for act, reason in acts:
        label = registers.label("act_kinds", act.kind.value)
        told = {
            "at": act.at, "code": act.code, "what": "act", "kind": act.kind.value, "zh": label.zh, "en": label.en,
            "document_number": act.document_number, "title": act.title, "issuing_body": act.issuing_body,
            "effective_on": act.effective_on, "reason": reason, "by": act.by if act.subject in known else None,
        }  # fmt: skip
        yield HistoryLine(**_NOTHING | told)


def _steps(session: Session, shelf: Shelf[Any], code: str, inside: bool) -> Iterator[HistoryLine]:
    """Yield the steps of review; of what is public only that it was published to those outside."""
    notes = select(ReviewNote).where(col(ReviewNote.subject) == shelf.subject, col(ReviewNote.code) == code)
    public = {edition.number: edition.effective_from for edition in shelf.all_of(session, code) if is_public(edition)}
    for note in session.scalars(notes.order_by(col(ReviewNote.id))):
        published = note.step is ReviewStep.PUBLISH
        if not inside and not (published and note.edition in public):
            continue
        said = STEPS[note.step]
        told = {
            "at": note.at, "code": note.code, "what": "step", "kind": note.step.value, "zh": said.zh, "en": said.en,
            "edition": note.edition, "effective_on": public.get(note.edition) if published else None,
        }  # fmt: skip
        inner = {"by": note.by, "opinion": note.opinion} if inside else {}
        yield HistoryLine(**_NOTHING | told | inner)


def _claim(made: Implementation) -> HistoryLine:
    told = {"at": made.claimed_at, "code": made.implementation_code, "what": "claim", "kind": "claim"}
    return HistoryLine(**_NOTHING | told | {"zh": CLAIM.zh, "en": CLAIM.en, "by": made.claimed_by})
