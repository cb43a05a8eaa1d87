"""Acts that suspend, resume and cancel: what stands on a day, and what may be decided."""

from datetime import date, datetime, timedelta
from types import ModuleType

import pytest
from builders import BANNER_BUREAU, EDITOR, ITEM, REVIEWER, decision, publish_local
from sqlalchemy import select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.basic_items import editing
from service_catalog.changes.tables import Subject
from service_catalog.coding import allocation
from service_catalog.implementations import claiming
from service_catalog.kernel.dates import civil_day
from service_catalog.lifecycle.standing import (
    ActBackDated,
    ActNeedsDocument,
    AlreadyCancelled,
    NotInThatState,
    standing_on,
    standings_on,
)
from service_catalog.lifecycle.states import ActKind, ItemState
from service_catalog.lifecycle.tables import Act, Standing

TODAY, APRIL, MAY, JUNE = date(2026, 3, 10), date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)


class Thing:
    """An item or an implementation, with the verbs that decide about it."""

    def __init__(self, session: Session, verbs: ModuleType, subject: Subject, code: str, at: datetime) -> None:
        self.session, self.verbs, self.subject, self.code, self.at = session, verbs, subject, code, at

    def decide(self, act: str, on: date, document: str = "阿署发〔2026〕1号") -> None:
        getattr(self.verbs, act)(
            self.session, self.code, decision(on, document, f"{act}的理由"), by=REVIEWER, at=self.at
        )

    def on(self, day: date, known_on: date | None = None) -> ItemState:
        return standing_on(self.session, self.subject, self.code, day, known_on=known_on).state

    def acts(self) -> int:
        return len(self.session.scalars(select(Standing).where(col(Standing.code) == self.code)).all())


@pytest.fixture(params=["item", "implementation"])
def thing(request: pytest.FixtureRequest, session: Session, now: datetime) -> Thing:
    if request.param == "item":
        return Thing(session, editing, Subject.BASIC_ITEM, ITEM, now)
    return Thing(session, claiming, Subject.IMPLEMENTATION, publish_local(session, BANNER_BUREAU, "4"), now)


def test_what_nobody_has_decided_about_is_in_force(thing: Thing) -> None:
    assert thing.on(TODAY) is ItemState.IN_FORCE


def test_a_suspension_lasts_until_it_is_resumed(thing: Thing) -> None:
    thing.decide("suspend", APRIL)
    thing.decide("resume", MAY)

    days = [APRIL - timedelta(days=1), APRIL, MAY - timedelta(days=1), MAY]
    announced = [thing.on(day, known_on=TODAY) for day in days]
    assert announced == [ItemState.IN_FORCE, ItemState.SUSPENDED, ItemState.SUSPENDED, ItemState.IN_FORCE]


def test_a_decision_is_not_known_before_it_is_recorded(thing: Thing) -> None:
    thing.decide("suspend", TODAY)

    assert thing.on(TODAY) is ItemState.SUSPENDED
    assert thing.on(TODAY, known_on=TODAY - timedelta(days=1)) is ItemState.IN_FORCE


def test_what_stands_names_the_paper_behind_it(thing: Thing) -> None:
    thing.decide("suspend", TODAY, "内政发〔2026〕9号")

    standing = standing_on(thing.session, thing.subject, thing.code, TODAY)

    assert (standing.since, standing.document_number, standing.reason) == (TODAY, "内政发〔2026〕9号", "suspend的理由")


@pytest.mark.parametrize("act", ["suspend", "cancel"])
def test_an_act_needs_a_document_number(thing: Thing, act: str) -> None:
    for document in ("", "   "):
        with pytest.raises(ActNeedsDocument):
            thing.decide(act, TODAY, document)

    assert thing.acts() == 0


def test_an_act_is_not_back_dated(thing: Thing) -> None:
    with pytest.raises(ActBackDated):
        thing.decide("cancel", TODAY - timedelta(days=1))

    assert civil_day(thing.at) == TODAY
    assert thing.on(TODAY) is ItemState.IN_FORCE


def test_only_what_is_in_force_is_suspended_and_only_what_is_suspended_resumed(thing: Thing) -> None:
    with pytest.raises(NotInThatState):
        thing.decide("resume", TODAY)
    thing.decide("suspend", TODAY)
    with pytest.raises(NotInThatState):
        thing.decide("suspend", APRIL)
    assert thing.acts() == 1


def test_what_is_cancelled_stays_cancelled(thing: Thing) -> None:
    thing.decide("cancel", APRIL)

    for act in ("suspend", "resume", "cancel"):
        with pytest.raises(AlreadyCancelled):
            thing.decide(act, MAY)
    assert thing.on(JUNE, known_on=TODAY) is ItemState.CANCELLED


def test_what_is_suspended_can_be_cancelled(thing: Thing) -> None:
    thing.decide("suspend", TODAY)
    thing.decide("cancel", APRIL)

    assert thing.on(APRIL, known_on=TODAY) is ItemState.CANCELLED


def test_a_cancellation_can_be_brought_forward(thing: Thing) -> None:
    thing.decide("cancel", MAY)
    thing.decide("cancel", APRIL, "阿署发〔2026〕2号")

    standing = standing_on(thing.session, thing.subject, thing.code, JUNE)
    assert thing.on(APRIL, known_on=TODAY) is ItemState.CANCELLED
    assert standing.state is ItemState.CANCELLED
    assert standing.since == APRIL


def test_nothing_decided_for_later_revives_what_was_cancelled_before(thing: Thing) -> None:
    thing.decide("suspend", MAY)
    thing.decide("resume", JUNE)
    thing.decide("cancel", APRIL)

    for day in (APRIL, MAY, JUNE, date(2027, 1, 1)):
        assert thing.on(day, known_on=TODAY) is ItemState.CANCELLED
        assert standings_on(thing.session, thing.subject, [thing.code], day)[thing.code] is ItemState.CANCELLED


def test_many_things_are_looked_up_at_once(session: Session, now: datetime) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    claiming.suspend(session, code, decision(TODAY), by=REVIEWER, at=now)

    assert standings_on(session, Subject.IMPLEMENTATION, [code, "X" * 31], TODAY) == {
        code: ItemState.SUSPENDED,
        "X" * 31: ItemState.IN_FORCE,
    }


def test_cancelling_an_item_retires_its_code_by_the_same_paper(session: Session, now: datetime) -> None:
    editing.cancel(session, ITEM, decision(APRIL, "国发〔2026〕7号"), by=REVIEWER, at=now)

    issued = allocation.find_issued(session, ITEM)
    assert (issued.retired_on, issued.retired_by_document) == (APRIL, "国发〔2026〕7号")


def test_establishing_an_item_is_an_act_with_its_paper(session: Session, now: datetime) -> None:
    allocation.register_basic_code(session, "150709008000", document_number="一号", by=EDITOR, at=now)
    with pytest.raises(ActNeedsDocument):
        editing.establish(
            session, "150709008000", parent_basic_code=None, decision=decision(TODAY, " "), by=EDITOR, at=now
        )
    editing.establish(
        session, "150709008000", parent_basic_code=ITEM, decision=decision(TODAY, "二号"), by=EDITOR, at=now
    )

    act = session.scalars(select(Act).order_by(col(Act.id).desc())).first()
    assert act is not None
    assert (act.kind, act.document_number, act.effective_on) == (ActKind.ESTABLISH, "二号", TODAY)


def test_an_item_needs_an_issued_code_a_place_and_a_main_item(session: Session, now: datetime) -> None:
    def establish(code: str, parent: str | None = None) -> None:
        editing.establish(session, code, parent_basic_code=parent, decision=decision(TODAY), by=EDITOR, at=now)

    allocation.register_basic_code(session, "150709008000", document_number="一号", by=EDITOR, at=now)

    with pytest.raises(allocation.NoSuchIssuedCode):
        establish("150709007000")
    with pytest.raises(editing.ItemExists):
        establish(ITEM)
    with pytest.raises(editing.ParentMissing):
        establish("150709008000", "150709007000")


def test_what_is_cancelled_leaves_the_lists_on_its_day(session: Session, client: TestClient, now: datetime) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    def listed() -> tuple[int, int, int, str]:
        places = client.get(f"/v1/basic-items/{ITEM}/coverage", params={"region": "152921"})
        status = places.json()["items"][0]["status"] if places.status_code == 200 else str(places.status_code)
        return (
            len(client.get("/v1/basic-items").json()["items"]),
            len(client.get("/v1/implementations").json()["items"]),
            len(client.get(f"/v1/agencies/{BANNER_BUREAU}/duties").json()["items"]),
            status,
        )

    before = listed()
    claiming.cancel(session, code, decision(TODAY), by=REVIEWER, at=now)
    session.commit()
    without_local = listed()
    editing.cancel(session, ITEM, decision(TODAY), by=REVIEWER, at=now)
    session.commit()

    assert before == (1, 1, 1, "offered")
    assert without_local == (1, 0, 0, "unclaimed")
    assert listed() == (0, 0, 0, "409")
    assert client.get(f"/v1/implementations/{code}").status_code == 404
