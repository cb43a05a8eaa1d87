"""What the feed promises over time: how long tombstones are kept, who waits is woken, and what is never told."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Event
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE_BUREAU,
    TOWNSHIP,
    TOWNSHIP_STATION,
    agency_facts,
    decision,
    item_content,
    publish_local,
)
from feeding import Walked, ask, follow
from live import listening
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.app import create_app
from service_catalog.basic_items import editing
from service_catalog.changes.tables import Change, ChangeKind
from service_catalog.implementations import claiming
from service_catalog.kernel.database import make_engine, reading, unit_of_work
from service_catalog.questions import asking
from service_catalog.settings import Settings
from service_catalog.sync.tides import Tides, note_ends

pytestmark = pytest.mark.strictest_only

if TYPE_CHECKING:
    from conftest import Clock

DAYS = Settings().feed_tombstone_days
PERSONS = ("旗里的张三丰", "盟里的李四光", "诉求人王五郎")
WRITER, CHECKER, ASKER = (Actor(name) for name in PERSONS)


def name_of(answer: Any) -> str:
    return str(answer.json().get("type", answer.status_code)).rpartition("/")[2]


@pytest.fixture
def ended(session: Session, now: datetime) -> str:
    """A local part that was published and cancelled."""
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    claiming.cancel(session, code, decision(now.date()), by=CHECKER, at=now)
    session.commit()
    return code


def test_whoever_has_missed_something_for_longer_than_tombstones_are_kept_takes_a_snapshot(
    client: TestClient, clock: "Clock", now: datetime, ended: str
) -> None:
    before = Walked(client).head - 1

    clock.at = now + timedelta(days=DAYS)
    in_time = ask(client, before)
    clock.at += timedelta(seconds=1)
    late = ask(client, before)

    assert in_time.json()["items"][0]["id"] == ended
    assert (late.status_code, name_of(late), late.json()["snapshot"]) == (410, "feed-cursor-expired", "/v1/snapshot")
    assert ask(client, before + 1).json()["items"] == [], "who has everything is never too old"


def test_a_quiet_region_makes_no_reader_old(
    session: Session, client: TestClient, clock: "Clock", now: datetime, ended: str
) -> None:
    """Its last page points to itself for as long as nothing happens there."""
    last = Walked(client, region=TOWNSHIP, kinds="implementation,agency,region").last.json()["next"]
    clock.at = now + timedelta(days=3 * DAYS)
    publish_local(session, LEAGUE_BUREAU, "3", at=clock.at, effective_from=date(2026, 12, 5))
    session.commit()

    quiet = follow(client, last)
    publish_local(session, GACHA_COMMITTEE, "6", at=clock.at, effective_from=date(2026, 12, 5))
    session.commit()

    assert (quiet.status_code, quiet.json()["items"]) == (200, [])
    assert [item["id"] for item in follow(client, last).json()["items"]] == [GACHA_COMMITTEE + "6" + ITEM]


def test_who_begins_at_the_beginning_walks_an_old_log_to_its_end_without_tombstones(
    session: Session, client: TestClient, clock: "Clock", now: datetime, ended: str
) -> None:
    clock.at = now + timedelta(days=4 * DAYS)

    page = ask(client, limit=1).json()
    walked = Walked(client, limit=1)

    assert f"began={walked.head}" in page["next"]
    assert walked.gone == set()
    assert ("implementation", ended) not in walked.keys
    assert ask(client, walked.head).json()["items"] == []
    assert ask(client, walked.pages[3][0]["modified"]).status_code == 410, "without the sign it would be cut off"


def test_what_ends_while_a_reader_catches_up_is_told_it(session: Session, client: TestClient, now: datetime) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    later = publish_local(session, TOWNSHIP_STATION, "5")
    session.commit()
    address, seen = ask(client, limit=1).json()["next"], dict[str, str]()
    while code not in seen:
        page = follow(client, address).json()
        address, seen = page["next"], seen | {item["id"]: item["state"] for item in page["items"]}

    for one in (code, later):
        claiming.cancel(session, one, decision(now.date()), by=CHECKER, at=now)
    session.commit()
    while page["items"]:
        page = follow(client, address).json()
        address, seen = page["next"], seen | {item["id"]: item["state"] for item in page["items"]}

    assert seen[code] == "deleted"


def test_whoever_is_ahead_of_the_log_takes_a_snapshot(client: TestClient) -> None:
    head = Walked(client).head

    answer = ask(client, head + 1)

    assert (answer.status_code, name_of(answer)) == (410, "feed-cursor-expired")
    assert (answer.json()["snapshot"], answer.json()["change_number"]) == ("/v1/snapshot", head)


def test_the_number_beyond_all_shows_a_last_page(client: TestClient) -> None:
    """RPDE 1.0 lets validators ask for it."""
    answer = ask(client, 2**53 - 1)

    assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert answer.json()["next"] == str(answer.url)
    assert answer.headers["cache-control"] == "public, max-age=8"


def test_who_waits_is_answered_when_something_is_published(
    small_url: str, engine: Engine, clock: "Clock", now: datetime
) -> None:
    """On a real socket: the answer is held back until a change is committed, and comes long before the wait is over."""
    app = create_app(Settings(database_url=small_url), clock=clock)
    with listening(app) as (host, port), ThreadPoolExecutor(1) as pool:
        address = f"http://{host}:{port}/v1/feed"
        head = int(httpx.get(address).headers["change-number"])
        asked = Event()

        def wait() -> tuple[Any, float]:
            began = monotonic()
            with httpx.Client(event_hooks={"request": [lambda _: asked.set()]}) as reader:
                page = reader.get(address, params={"afterChangeNumber": head, "wait": 50}, timeout=60).json()
            return page, monotonic() - began

        waiting = pool.submit(wait)
        assert asked.wait(timeout=20)
        nothing = httpx.get(address, params={"afterChangeNumber": head, "wait": 1}, timeout=20).json()
        assert not waiting.done(), "nothing has changed yet"
        with unit_of_work(engine) as session:
            code = publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=now.date())
        page, seconds = waiting.result(timeout=30)

    assert nothing["items"] == []
    assert [item["id"] for item in page["items"]] == [code]
    assert seconds < 30


def test_what_ends_by_the_clock_is_noted_once_by_processes_that_look_at_once(small_url: str, now: datetime) -> None:
    first = make_engine(small_url)
    with unit_of_work(first) as session:
        code = publish_local(session, BANNER_BUREAU, "4")
        claiming.cancel(session, code, decision(date(2026, 3, 20)), by=CHECKER, at=now)
    the_day = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
    engines, start = [make_engine(small_url) for _ in range(4)], Barrier(4)

    def look(engine: Engine) -> None:
        start.wait()
        Tides(engine).settle(the_day)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(look, engine) for engine in engines]:
            done.result()

    with reading(first) as session:
        ends = select(func.count()).where(col(Change.code) == code, col(Change.kind) == ChangeKind.END)
        assert session.execute(ends).scalar_one() == 1
    with unit_of_work(first) as session:
        assert note_ends(session, at=the_day + timedelta(days=1)) == 0
    for engine in (first, *engines):
        engine.dispose()


def _draft(session: Session, now: datetime) -> str:
    editing.draft(session, ITEM, item_content(name="尚未公开的标准"), by=WRITER, at=now)
    return "尚未公开的标准"


def _submitted(session: Session, now: datetime) -> str:
    editing.draft(session, ITEM, item_content(name="送审中的标准"), by=WRITER, at=now)
    editing.submit(session, ITEM, by=WRITER, at=now)
    editing.approve(session, ITEM, by=CHECKER, at=now)
    return "送审中的标准"


def _local_draft(session: Session, now: datetime) -> str:
    offered = {"availability": {"status": "offered"}, "local_notes": "尚未公开的备注"}
    claiming.draft(session, BANNER_BUREAU + "4" + ITEM, offered, by=WRITER, at=now)
    return "尚未公开的备注"


def _claim(session: Session, now: datetime) -> str:
    """Suspended before anything of it was published: the log has it, nobody outside ever had."""
    made = claiming.claim(session, agency_code=TOWNSHIP_STATION, exercise_level="5", basic_code=ITEM, by=WRITER, at=now)
    claiming.suspend(session, made.implementation_code, decision(now.date()), by=WRITER, at=now)
    return made.implementation_code


SECRETS: dict[str, Callable[[Session, datetime], str]] = {
    "a draft of a standard": _draft,
    "an approved standard": _submitted,
    "a draft of a local part": _local_draft,
    "a claim": _claim,
}


@pytest.mark.parametrize("what", SECRETS)
def test_nothing_unpublished_and_nobody_is_ever_told(
    session: Session, small_url: str, clock: "Clock", now: datetime, tmp_path: Any, what: str
) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    app = create_app(Settings(database_url=small_url, snapshots=tmp_path), clock=clock)
    with TestClient(app) as client:
        head = Walked(client).head
        secret = SECRETS[what](session, now)
        state_facts(session, find_agency(session, BANNER_BUREAU), agency_facts("阿拉善左旗公安局"),
                    effective_from=now.date(), by=WRITER, at=now)  # fmt: skip
        claiming.suspend(session, code, decision(now.date()), by=CHECKER, at=now)
        session.commit()
        told = json.dumps([Walked(client, after, ended=how).items for after in (0, head) for how in ("tombstones", "documents")],
                          ensure_ascii=False)  # fmt: skip
        told += client.get("/v1/snapshot", headers={"Accept-Encoding": "identity"}).text
        for kind in ("", *(f"?kind=implementation&bucket={bucket:02x}" for bucket in range(256))):
            told += client.get(f"/v1/digest{kind}").text

    assert code in told
    assert [name for name in (*PERSONS, "编辑甲", "审核乙", secret) if name in told] == []


def test_of_a_question_that_was_withdrawn_the_words_are_told_no_more(
    session: Session, client: TestClient, now: datetime
) -> None:
    draft = {"kind": "consultation", "text": "居住证要带什么？", "region": BANNER, "item": ITEM}
    number = client.post("/v1/appeals", json=draft | {"consents_to_publication": True}).json()["number"]
    place = asking.Place(ITEM, None, BANNER, BANNER_BUREAU)
    words = "撤回前的问题"
    row = asking.publish(session, appeal_number=number, place=place, question=words, answer="答", by=WRITER, at=now)
    session.commit()
    before = Walked(client).of("basic_item")[ITEM]["questions"][0]
    asking.withdraw(session, row, by=CHECKER, at=now)
    session.commit()

    question = Walked(client).of("basic_item")[ITEM]["questions"][0]

    assert (question["question"], question["answer"]) == (None, None)
    assert (before["question"], before["withdrawn_at"], question["withdrawn_at"] is None) == (words, None, False)
    assert words not in json.dumps(Walked(client).items, ensure_ascii=False)
