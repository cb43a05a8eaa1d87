"""Publishing question and answer (公开): consented, redacted by proposal, confirmed by a person."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from service_catalog.actors import Actor
from service_catalog.appeals.answering import answer_of
from service_catalog.appeals.case import Case
from service_catalog.appeals.opening import open_case
from service_catalog.appeals.personal import known_values
from service_catalog.appeals.stages import AppealKind, Step, demand_legal
from service_catalog.appeals.standing import demand_desk
from service_catalog.kernel.errors import Conflict, Fault, Forbidden, InvalidRequest, Said
from service_catalog.questions import asking
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.redaction.proposing import Proposed, propose, redacted, what_remains
from service_catalog.vault import Vault


class NotConsented(Forbidden):
    """The person has not agreed to the publication."""

    title = Said("未同意公开", "No consent to publication")


class NotPublishedOneByOne(Conflict):
    """Complaints are not published one by one; figures are."""

    title = Said("投诉不逐件公开", "Complaints are not published one by one")


class NothingToPublish(Conflict):
    """There is no answer yet, or it is published already."""

    title = Said("没有可公开的答复", "Nothing to publish")


class Proposal(NamedTuple):
    """What a machine proposes: the texts with the marks taken out, and what it took for personal."""

    question: str
    answer: str
    marks: list[Proposed]


def proposal_of(case: Case, by: Actor) -> Proposal:
    """Propose redacted texts to the person who will confirm them."""
    demand_desk(case, by)
    question, answer = _texts(case)
    known = known_values(case)
    marks = [propose(text, known=known) for text in (question, answer)]
    return Proposal(redacted(question, marks[0]), redacted(answer, marks[1]), [*marks[0], *marks[1]])


def _texts(case: Case) -> tuple[str, str]:
    row, answer = case.row, answer_of(case)
    if row.kind is AppealKind.COMPLAINT:
        raise NotPublishedOneByOne("投诉不逐件公开，只公布统计", "complaints are not published one by one")
    if not row.consents:
        raise NotConsented("提交人没有同意公开", "the person has not agreed to publication")
    if answer is None or answer.given_at is None or row.erased_at is not None:
        raise NothingToPublish("还没有答复，或者正文已清除", "there is no answer, or the text was erased")
    return case.body, case.unsealed(answer.words, f"answer {row.round}")


def publish(
    session: Session,
    vault: Vault,
    number: str,
    *,
    question: str,
    answer: str,
    everywhere: bool,
    by: Actor,
    at: datetime,
) -> PublishedQuestion:
    """Publish what a person has confirmed; refused as long as something in it still looks personal.

    Raises NotConsented, NotPublishedOneByOne, NothingToPublish, InvalidRequest. `everywhere`: it holds for all guides of the item.
    """
    case = open_case(session, vault, number)
    demand_desk(case, by)
    demand_legal(Step.PUBLISH, case.row.stage)
    _texts(case)
    if asking.shown_of(session, number) is not None:
        raise NothingToPublish("已经公开；修改须先撤下", "it is published already; withdraw it first")
    known = known_values(case)
    faults = [
        Fault(pointer, Said(f"还含有：{_listed(left)}", f"still contains: {_listed(left)}"))
        for pointer, text in (("/question", question), ("/answer", answer))
        if (left := what_remains(text, known))
    ]
    if faults:
        raise InvalidRequest(faults)
    row = case.row
    agency = row.lead_agency
    place = asking.Place(row.basic_code, None if everywhere else row.implementation_code, row.desk_region, agency)
    shown = asking.publish(
        session, appeal_number=number, place=place, question=question, answer=answer, by=by, at=at
    )  # fmt: skip
    case.record(Step.PUBLISH, by=by, at=at, facts={"question": shown.id, "everywhere": everywhere}, public=True)
    return shown


def _listed(left: list[Proposed]) -> str:
    return "、".join(dict.fromkeys(mark.kind.zh for mark in left))


def unpublish(session: Session, vault: Vault, number: str, *, reason: str, by: Actor, at: datetime) -> Case:
    """Take a published question back."""
    case = open_case(session, vault, number)
    demand_desk(case, by)
    shown = asking.shown_of(session, number)
    if shown is None:
        raise NothingToPublish("没有公开", "nothing is published")
    asking.withdraw(session, shown, by=by, at=at)
    case.record(Step.UNPUBLISH, by=by, at=at, words=reason)
    return case
