"""A body moves to another region: who follows its old region is told that it left, who follows the new one gets it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from builders import BANNER, BANNER_BUREAU, EDITOR, GACHA, ITEM, LEAGUE, REVIEWER, TOWNSHIP, decision, publish_local
from feeding import MOVED, OTHER_BANNER, THIRD_BANNER, Walked, add_moving_body
from offices import Offices, name_of, open_offices, paper
from sqlalchemy import Engine, select, text
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.changes.tables import Change, Departure
from service_catalog.implementations import claiming
from service_catalog.implementations.relocating import relocate_agency
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.lifecycle.tables import Act

pytestmark = pytest.mark.strictest_only

if TYPE_CHECKING:
    from conftest import Clock

CODE = MOVED + "4" + ITEM
THINGS = {("agency", MOVED), ("implementation", CODE)}
TODAY = "2026-03-10"


@pytest.fixture
def offices(session: Session, client: TestClient, now: datetime) -> Offices:
    add_moving_body(session, now)
    assert publish_local(session, MOVED, "4") == CODE
    session.commit()
    return open_offices(session, client, now)


def move(offices: Offices, region: str = OTHER_BANNER, **changes: Any) -> Any:
    body = paper(TODAY) | {"region": region} | changes
    return offices.league_publisher("POST", f"/v1/agencies/{MOVED}/relocation", body)


def test_a_body_moves_with_all_that_it_implements_and_keeps_its_codes(
    session: Session, client: TestClient, offices: Offices
) -> None:
    moved = move(offices)

    assert moved.status_code == 201, moved.text
    assert moved.json() == {
        "code": MOVED, "from_region": BANNER, "region_code": OTHER_BANNER, "document_number": "阿署发〔2026〕8号",
        "implementations": [CODE],
    }  # fmt: skip
    assert client.get(f"/v1/agencies/{MOVED}").json()["region"]["code"] == OTHER_BANNER
    listed = client.get(f"/v1/implementations?region={OTHER_BANNER}").json()["items"]
    assert [line["implementation_code"] for line in listed] == [CODE]
    nearest = client.get(f"/v1/guides?basic_code={ITEM}&region={GACHA}")
    assert (nearest.status_code, nearest.json().get("code")) != (200, CODE)
    act = session.scalars(select(Act).where(col(Act.code) == MOVED)).one()
    assert (act.kind.value, act.subject.value, act.document_number) == ("transfer", "agency", "阿署发〔2026〕8号")


def test_each_reader_is_told_what_the_move_is_to_it(client: TestClient, offices: Offices) -> None:
    head = Walked(client).head
    move(offices)

    old, new = Walked(client, head, region=BANNER), Walked(client, head, region=OTHER_BANNER)
    third, league = Walked(client, head, region=THIRD_BANNER), Walked(client, head, region=LEAGUE)
    around = Walked(client, head, region=BANNER, surroundings=True)

    assert (old.gone, old.there) == (THINGS, set())
    assert (new.gone, new.there) == (set(), THINGS)
    assert third.items == []
    assert (league.gone, league.there) == (set(), THINGS)
    assert (around.gone, around.there) == ({("implementation", CODE)}, {("agency", MOVED)})
    for walked in (old, new, around):
        assert Walked(client, walked.head, region=BANNER).items == [], "nobody is told again"


def test_who_was_between_two_pages_is_told_although_the_thing_changed_again_where_it_is_now(
    session: Session, client: TestClient, offices: Offices, now: datetime
) -> None:
    """What left and changed again stands at its later number; a reader may have passed the number of the departure."""
    head = Walked(client).head
    move(offices)
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=now.date())
    claiming.suspend(session, CODE, decision(now.date()), by=REVIEWER, at=now)
    session.commit()

    walked = Walked(client, head, region=BANNER, limit=1)

    assert [item["id"] for item in walked.items] == [MOVED, BANNER_BUREAU + "4" + ITEM, CODE]
    assert walked.gone == THINGS


def test_who_comes_later_never_hears_of_it(client: TestClient, offices: Offices) -> None:
    move(offices)

    assert THINGS.isdisjoint(Walked(client, region=BANNER).keys)


def test_what_comes_back_is_there_again(client: TestClient, offices: Offices, clock: "Clock") -> None:
    head = Walked(client).head
    move(offices)
    clock.at += timedelta(hours=1)
    move(offices, BANNER)

    assert Walked(client, head, region=BANNER).there == THINGS
    assert Walked(client, head, region=OTHER_BANNER).gone == THINGS


def test_of_what_nobody_has_seen_yet_nothing_is_told(
    session: Session, engine: Engine, client: TestClient, offices: Offices, now: datetime
) -> None:
    standard = session.get(Implementation, CODE)
    assert standard is not None
    claimed = claiming.claim(session, agency_code=MOVED, exercise_level="5", basic_code=ITEM, by=EDITOR, at=now)
    session.commit()
    head = Walked(client).head

    moved = move(offices)

    assert set(moved.json()["implementations"]) == {CODE, claimed.implementation_code}
    assert Walked(client, head).keys == THINGS
    with reading(engine) as read:
        assert read.get_one(Implementation, claimed.implementation_code).region_code == OTHER_BANNER
        left = select(col(Change.code), col(Departure.region_code)).join(
            Departure, col(Departure.number) == col(Change.number)
        )
        assert sorted(map(tuple, read.execute(left))) == sorted([(MOVED, BANNER), (CODE, BANNER)])


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "no document": ({"document_number": " "}, 422, "act-needs-document"),
    "yesterday": ({"effective_on": "2026-03-09"}, 422, "act-back-dated"),
    "tomorrow": ({"effective_on": "2026-03-11"}, 422, "relocation-not-today"),
    "where it is": ({"region": BANNER}, 409, "already-there"),
    "nowhere": ({"region": "152999000000"}, 404, "no-such-region"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_move_that_cannot_be_is_refused(offices: Offices, what: str) -> None:
    changes, status, name = WRONG[what]

    answer = move(offices, **changes)

    assert (answer.status_code, name_of(answer)) == (status, name), answer.text


def test_a_body_that_is_not_there_does_not_move(offices: Offices) -> None:
    body = paper(TODAY) | {"region": TOWNSHIP}

    answer = offices.league_publisher("POST", f"/v1/agencies/{'1' * 18}/relocation", body)

    assert (answer.status_code, name_of(answer)) == (404, "no-such-agency")


def test_what_is_claimed_while_a_body_moves_stands_in_its_new_region(
    engine: Engine, offices: Offices, now: datetime
) -> None:
    with Session(engine.execution_options(catalog_writes=True)) as moving:
        relocate_agency(moving, MOVED, OTHER_BANNER, decision(now.date()), by=REVIEWER, at=now)
        if engine.dialect.name == "postgresql":
            claimed = _claim_meanwhile(engine, moving, now)
        else:
            moving.commit()
            with unit_of_work(engine) as session:
                claimed = _claim(session, now)

    assert claimed == OTHER_BANNER


def _claim(session: Session, now: datetime) -> str:
    return claiming.claim(
        session, agency_code=MOVED, exercise_level="5", basic_code=ITEM, by=EDITOR, at=now
    ).region_code


def _claim_meanwhile(engine: Engine, moving: Session, now: datetime) -> str:
    """Claim in another transaction, and commit the move once that one waits for it."""

    def claim() -> str:
        with unit_of_work(engine) as session:
            return _claim(session, now)

    with ThreadPoolExecutor(1) as pool:
        claimed = pool.submit(claim)
        waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
            while not claimed.done() and not watching.execute(waits).scalar_one():
                pass
        moving.commit()
        return claimed.result(timeout=20)
