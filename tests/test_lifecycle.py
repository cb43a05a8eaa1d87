"""How an edition moves from draft to publication, for standards and for local parts alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from builders import BANNER_BUREAU, EDITOR, ITEM, REVIEWER, item_content, publish_item, publish_local
from sqlalchemy import select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.actors import Actor
from service_catalog.basic_items import editing
from service_catalog.basic_items.content import ItemContent
from service_catalog.implementations import claiming
from service_catalog.kernel.errors import CatalogError, InvalidRequest
from service_catalog.lifecycle.edition import (
    ApprovedByAuthor,
    BackDated,
    EditionRow,
    EndsBeforeItBegins,
    OpinionMissing,
    WrongState,
)
from service_catalog.lifecycle.reviewing import NoSuchEdition, NothingOpen, OpenEditionExists, StaleRevision
from service_catalog.lifecycle.states import EditionKind, WorkState
from service_catalog.lifecycle.tables import ReviewNote, ReviewStep
from service_catalog.seeding import settle_all

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)
OFFERED: dict[str, Any] = {"availability": {"status": "offered"}}


@dataclass
class Thing:
    """A standard or a local part with its verbs; one edition of it is in force."""

    session: Session
    verbs: ModuleType
    code: str
    content: Any
    at: datetime

    def draft(self, **more: Any) -> EditionRow:
        made: EditionRow = self.verbs.draft(self.session, self.code, self.content, by=EDITOR, at=self.at, **more)
        return made

    def does(self, verb: str, *words: Any, by: Actor = REVIEWER, **more: Any) -> EditionRow:
        moved: EditionRow = getattr(self.verbs, verb)(self.session, self.code, *words, by=by, at=self.at, **more)
        return moved

    def submitted(self) -> "Thing":
        self.draft()
        self.does("submit", by=EDITOR)
        return self

    def approved(self) -> "Thing":
        self.submitted().does("approve")
        return self

    def editions(self) -> list[EditionRow]:
        shelf = self.verbs.SHELF
        return list(shelf.all_of(self.session, self.code))

    def states(self) -> list[WorkState]:
        return [edition.state for edition in self.editions()]

    def notes(self) -> list[tuple[ReviewStep, str, str | None]]:
        rows = self.session.scalars(
            select(ReviewNote).where(col(ReviewNote.code) == self.code).order_by(col(ReviewNote.id))
        )
        return [(note.step, note.by, note.opinion) for note in rows if note.edition == 2]


@pytest.fixture(params=["standard", "local part"])
def thing(request: pytest.FixtureRequest, session: Session, now: datetime) -> Thing:
    code = publish_local(session, BANNER_BUREAU, "4")
    settle_all(session, TODAY)
    if request.param == "standard":
        return Thing(session, editing, ITEM, item_content(), now)
    return Thing(session, claiming, code, OFFERED, now)


def test_an_edition_goes_from_draft_to_publication_and_the_old_one_makes_way(thing: Thing) -> None:
    states = [thing.draft().state]
    states.append(thing.does("submit", by=EDITOR).state)
    states.append(thing.does("approve", opinion="同意").state)
    published = thing.does("publish")

    assert states == [WorkState.DRAFT, WorkState.SUBMITTED, WorkState.APPROVED]
    assert (published.number, published.effective_from, published.published_at) == (2, TODAY, thing.at)
    assert thing.states() == [WorkState.SUPERSEDED, WorkState.PUBLISHED]


def test_every_step_is_kept_with_who_and_why(thing: Thing) -> None:
    thing.submitted().does("send_back", "请写明依据")
    thing.does("take_back", by=EDITOR)
    thing.does("submit", by=EDITOR)
    thing.does("approve", opinion="同意")
    thing.does("publish")

    assert thing.notes() == [
        (ReviewStep.SUBMIT, EDITOR.name, None),
        (ReviewStep.SEND_BACK, REVIEWER.name, "请写明依据"),
        (ReviewStep.TAKE_BACK, EDITOR.name, None),
        (ReviewStep.SUBMIT, EDITOR.name, None),
        (ReviewStep.APPROVE, REVIEWER.name, "同意"),
        (ReviewStep.PUBLISH, REVIEWER.name, None),
    ]


def test_nobody_approves_what_they_submitted(thing: Thing) -> None:
    thing.submitted()

    with pytest.raises(ApprovedByAuthor):
        thing.does("approve", by=EDITOR)

    assert thing.states()[-1] is WorkState.SUBMITTED


@pytest.mark.parametrize("opinion", ["", "  ", "\n"])
def test_sending_back_needs_an_opinion(thing: Thing, opinion: str) -> None:
    thing.submitted()

    with pytest.raises(OpinionMissing):
        thing.does("send_back", opinion)

    assert thing.states()[-1] is WorkState.SUBMITTED


def test_what_was_sent_back_is_revised_and_handed_in_again(thing: Thing) -> None:
    thing.submitted().does("send_back", "请写明依据")

    revised = thing.does("revise", thing.content, by=EDITOR)

    assert (revised.state, revised.revision) == (WorkState.DRAFT, 2)
    assert thing.does("submit", by=EDITOR).state is WorkState.SUBMITTED


def test_a_returned_edition_can_be_handed_in_as_it_is(thing: Thing) -> None:
    thing.submitted().does("send_back", "请核对")

    assert thing.does("submit", by=EDITOR).state is WorkState.SUBMITTED


def test_only_one_edition_is_in_work(thing: Thing) -> None:
    thing.draft()
    for move in ("submit", "approve"):
        with pytest.raises(OpenEditionExists):
            thing.draft()
        thing.does(move, by=EDITOR if move == "submit" else REVIEWER)
    with pytest.raises(OpenEditionExists):
        thing.draft()


def test_a_scheduled_edition_is_still_in_work_until_its_day(thing: Thing) -> None:
    thing.approved().does("publish", effective_from=APRIL)
    with pytest.raises(OpenEditionExists):
        thing.draft()

    thing.at += timedelta(days=30)
    following = thing.draft()

    assert following.number == 3
    assert thing.states() == [WorkState.SUPERSEDED, WorkState.PUBLISHED, WorkState.DRAFT]


def test_a_draft_can_be_thrown_away_but_not_what_was_handed_in(thing: Thing) -> None:
    thing.draft()
    thing.verbs.discard(thing.session, thing.code, by=EDITOR, at=thing.at)
    assert len(thing.editions()) == 1

    thing.submitted()
    with pytest.raises(WrongState):
        thing.verbs.discard(thing.session, thing.code, by=EDITOR, at=thing.at)


def test_a_stale_write_to_a_draft_is_refused(thing: Thing) -> None:
    thing.draft()
    thing.does("revise", thing.content, by=EDITOR, expected_revision=1)

    with pytest.raises(StaleRevision) as refused:
        thing.does("revise", thing.content, by=EDITOR, expected_revision=1)

    assert refused.value.facts["revision"] == 2


def test_an_edition_is_never_effective_before_its_publication(thing: Thing) -> None:
    thing.approved()

    with pytest.raises(BackDated):
        thing.does("publish", effective_from=TODAY - timedelta(days=1))

    assert thing.does("publish", effective_from=TODAY).effective_from == TODAY


@pytest.mark.parametrize("until", [APRIL, APRIL - timedelta(days=1)])
def test_an_edition_does_not_end_before_it_begins(thing: Thing, until: date) -> None:
    thing.approved()

    with pytest.raises(EndsBeforeItBegins):
        thing.does("publish", effective_from=APRIL, effective_until=until)


def test_an_approved_edition_can_be_withdrawn_and_its_number_is_not_used_again(thing: Thing) -> None:
    thing.approved().does("withdraw")

    assert thing.states()[-1] is WorkState.WITHDRAWN
    assert thing.draft().number == 3


def test_a_scheduled_edition_can_be_withdrawn_until_its_day(thing: Thing) -> None:
    thing.approved().does("publish", effective_from=APRIL)
    assert thing.does("withdraw").state is WorkState.WITHDRAWN

    thing.approved().does("publish", effective_from=APRIL)
    thing.at += timedelta(days=30)
    with pytest.raises(NothingOpen):
        thing.does("withdraw")


def test_an_edition_is_scheduled_once(thing: Thing) -> None:
    thing.approved().does("publish", effective_from=APRIL)

    with pytest.raises(WrongState):
        thing.does("publish", effective_from=APRIL + timedelta(days=1))


def test_moves_out_of_turn_are_refused(thing: Thing) -> None:
    tried: dict[str, Callable[[], object]] = {
        "submit": lambda: thing.does("submit", by=EDITOR),
        "take_back": lambda: thing.does("take_back"),
        "send_back": lambda: thing.does("send_back", "意见"),
        "approve": lambda: thing.does("approve"),
        "publish": lambda: thing.does("publish"),
        "withdraw": lambda: thing.does("withdraw"),
        "revise": lambda: thing.does("revise", thing.content),
        "discard": lambda: thing.verbs.discard(thing.session, thing.code, by=EDITOR, at=thing.at),
    }
    in_turn = {
        "draft": {"submit", "revise", "discard"},
        "submitted": {"take_back", "send_back", "approve"},
        "returned": {"submit", "take_back", "revise"},
        "approved": {"publish", "withdraw"},
    }

    for verb in tried.values():
        with pytest.raises(NothingOpen):
            verb()
    thing.draft()
    for move, state in (("", "draft"), ("submit", "submitted"), ("send_back", "returned")):
        if move:
            tried[move]()
        for name in set(tried) - in_turn[state]:
            with pytest.raises(WrongState):
                tried[name]()
    thing.does("submit", by=EDITOR)
    thing.does("approve")
    for name in set(tried) - in_turn["approved"]:
        with pytest.raises(WrongState):
            tried[name]()


def test_a_refused_move_changes_nothing(thing: Thing) -> None:
    thing.submitted()
    before = (thing.states(), thing.notes())

    with pytest.raises(CatalogError):
        thing.does("publish")

    assert (thing.states(), thing.notes()) == before


def test_an_edition_that_does_not_exist_is_named(thing: Thing) -> None:
    assert thing.verbs.SHELF.find(thing.session, thing.code, 1).number == 1
    with pytest.raises(NoSuchEdition):
        thing.verbs.SHELF.find(thing.session, thing.code, 2)


def test_the_editions_of_a_standard_are_listed_with_the_scheduled_one_and_without_drafts(
    session: Session, client: TestClient, now: datetime
) -> None:
    editing.draft(session, ITEM, item_content(), kind=EditionKind.CORRECTION, by=EDITOR, at=now)
    editing.submit(session, ITEM, by=EDITOR, at=now)
    editing.approve(session, ITEM, by=REVIEWER, at=now)
    editing.publish(session, ITEM, effective_from=APRIL, effective_until=date(2027, 1, 1), by=REVIEWER, at=now)
    session.commit()
    listed = client.get(f"/v1/basic-items/{ITEM}/editions").json()
    editing.withdraw(session, ITEM, by=REVIEWER, at=now)
    editing.draft(session, ITEM, item_content(), by=EDITOR, at=now)
    session.commit()

    assert [(e["number"], e["kind"], e["effective_from"], e["effective_until"]) for e in listed] == [
        (1, "change", "2026-01-01", None),
        (2, "correction", "2026-04-01", "2027-01-01"),
    ]
    assert [e["number"] for e in client.get(f"/v1/basic-items/{ITEM}/editions").json()] == [1]
    assert client.get("/v1/basic-items/150709777000/editions").json()["type"] == "/problems/no-such-item"


def test_an_incomplete_standard_is_not_reviewed_and_every_fault_is_named(session: Session, now: datetime) -> None:
    slow = item_content(promised_limit={"amount": 20, "unit": "working_day"}, fees=[], case_kind="1")
    editing.draft(session, ITEM, slow, by=EDITOR, at=now)

    with pytest.raises(editing.StandardIncomplete) as refused:
        editing.submit(session, ITEM, by=EDITOR, at=now)

    assert {finding["rule"] for finding in refused.value.facts["findings"]} == {
        "case_kind_mismatch",
        "charge_incomplete",
        "promise_not_within_law",
    }
    assert "/fees" in {finding["pointer"] for finding in refused.value.facts["findings"]}


def test_a_theme_that_is_not_in_the_code_list_is_named(session: Session, now: datetime) -> None:
    with pytest.raises(InvalidRequest) as refused:
        editing.draft(session, ITEM, item_content(natural_person_themes=["010", "777"]), by=EDITOR, at=now)

    assert [fault.pointer for fault in refused.value.faults] == ["/natural_person_themes/1"]


def test_a_serial_that_left_the_standard_is_never_given_to_another_handling_item(
    session: Session, now: datetime
) -> None:
    kept = item_content().model_dump(mode="json", exclude_none=True)["handling_items"]
    publish_item(session, ITEM, item_content(handling_items=kept[:1]), at=now, effective_from=TODAY)

    with pytest.raises(editing.SerialRetired) as refused:
        editing.draft(session, ITEM, item_content(), by=EDITOR, at=now)

    assert refused.value.facts["serial"] == "02"


def test_a_withdrawn_edition_retires_no_serial(session: Session, now: datetime) -> None:
    kept = item_content().model_dump(mode="json", exclude_none=True)["handling_items"]
    publish_item(session, ITEM, item_content(handling_items=kept[:1]), at=now, effective_from=APRIL)
    editing.withdraw(session, ITEM, by=REVIEWER, at=now)

    assert editing.draft(session, ITEM, item_content(), by=EDITOR, at=now).number == 3


def test_a_standard_with_the_longest_texts_its_model_takes_can_be_published(session: Session, now: datetime) -> None:
    line = ItemContent.model_fields["guiding_department"]
    longest = next(rule.max_length for rule in line.metadata if hasattr(rule, "max_length"))
    wide = item_content(name="名" * 1000, guiding_department="部" * longest)

    publish_item(session, ITEM, wide, at=now, effective_from=TODAY)

    assert editing.SHELF.find(session, ITEM, 2).state is WorkState.PUBLISHED


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        (lambda s, at: editing.draft(s, "150709777000", item_content(), by=EDITOR, at=at), editing.NoSuchItem),
        (lambda s, at: editing.submit(s, "150709777000", by=EDITOR, at=at), editing.NoSuchItem),
        (lambda s, at: claiming.submit(s, "X" * 31, by=EDITOR, at=at), claiming.NoSuchImplementation),
    ],
    ids=["draft", "submit", "local part"],
)
def test_what_does_not_exist_cannot_be_written(
    session: Session, now: datetime, verb: Callable[[Session, datetime], object], error: type[CatalogError]
) -> None:
    with pytest.raises(error):
        verb(session, now)
