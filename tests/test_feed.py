"""The feed: its shape, its order, each thing once, what is told as gone, and for how long."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    GACHA,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    OTHER_GACHA,
    REVIEWER,
    TOWNSHIP,
    TOWNSHIP_STATION,
    add_agency,
    credit_code,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from feeding import OTHER_BANNER, Walked, add_banner, ask, follow
from sqlalchemy import event
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.basic_items import editing
from service_catalog.implementations import claiming
from service_catalog.regions.mapping import establish_zone
from service_catalog.regions.tree import RegionLevel
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

CODE = BANNER_BUREAU + "4" + ITEM
KINDS = {"region", "agency", "basic_item", "implementation", "code", "register"}


@pytest.fixture
def code(session: Session) -> str:
    made = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    return made


def test_a_page_has_the_shape_of_rpde(client: TestClient, code: str) -> None:
    answer = ask(client)

    page = answer.json()
    assert set(page) == {"next", "items", "license"}
    assert page["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert {item["kind"] for item in page["items"]} == KINDS - {"code"}
    for item in page["items"]:
        assert set(item) == {"state", "kind", "id", "modified", "data"}
        assert (item["state"], type(item["id"]), type(item["modified"])) == ("updated", str, int)
    own = next(item["data"] for item in page["items"] if item["id"] == code)
    assert (own["region_code"], own["editions"][0]["content"]) == (BANNER, {"availability": {"status": "offered"}})


def test_each_thing_stands_once_at_its_last_change_in_order(session: Session, client: TestClient, code: str) -> None:
    before = Walked(client).head
    for day in (10, 11, 12):
        publish_local(session, BANNER_BUREAU, "4", at=datetime(2026, 3, day - 5, tzinfo=UTC), on_site_visits=0,
                      effective_from=date(2026, 3, day - 5))  # fmt: skip
        session.commit()

    walked = Walked(client, limit=3)

    numbers = [item["modified"] for item in walked.items]
    assert numbers == sorted(set(numbers))
    assert [len(page) for page in walked.pages[:-1]] == [3] * (len(walked.pages) - 1)
    assert len(walked.keys) == len(walked.items)
    last = walked.items[-1]
    assert (last["id"], last["modified"], len(last["data"]["editions"])) == (code, before + 3, 4)


def test_the_last_page_points_to_itself_and_says_how_far_the_log_has_come(client: TestClient, code: str) -> None:
    walked = Walked(client, region=TOWNSHIP)

    again = follow(client, walked.last.json()["next"])

    assert str(walked.last.url) == walked.last.json()["next"]
    assert again.json() == walked.last.json()
    assert walked.head == Walked(client).head > walked.items[-1]["modified"]


def test_a_quiet_region_is_one_look_at_the_log_for_each_page(session: Session, client: TestClient, code: str) -> None:
    last = Walked(client, region=TOWNSHIP).last.json()["next"]
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()
    looks: list[str] = []

    def note(*call: Any) -> None:
        looks.extend([call[2]] if "NOT (EXISTS" in call[2] else [])

    engine = client.app.state.engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", note)
    nothing = follow(client, last)
    looks_for_nothing = len(looks)
    something = ask(client, 0, region=TOWNSHIP)
    event.remove(engine, "before_cursor_execute", note)

    assert (nothing.json()["items"], looks_for_nothing) == ([], 1)
    assert (len(something.json()["items"]) > 1, len(looks) - looks_for_nothing) == (True, 1)


def test_a_full_page_may_be_kept_for_an_hour_and_the_last_one_for_seconds(client: TestClient) -> None:
    full, part = ask(client, limit=2), ask(client, limit=1000)
    last = follow(client, part.json()["next"])

    assert full.headers["cache-control"] == "public, max-age=3600"
    assert part.headers["cache-control"] == last.headers["cache-control"] == "public, max-age=8"
    assert full.headers["content-type"] == "application/json"


def test_next_is_absolute_and_keeps_what_was_asked(client: TestClient) -> None:
    page = client.get(
        "/v1/feed", params={"limit": 2, "region": BANNER, "kinds": "region,agency", "ended": "documents"},
        headers={"Host": "catalogue.example.cn"},
    ).json()  # fmt: skip

    assert page["next"].startswith("http://catalogue.example.cn/v1/feed?")
    for part in ("limit=2", f"region={BANNER}", "kinds=region%2Cagency", "ended=documents"):
        assert part in page["next"]
    assert re.search(rf"[?&]afterChangeNumber={page['items'][-1]['modified']}(&|$)", page["next"])


def test_next_stands_below_the_address_under_which_the_site_is_reached(small_url: str, clock: "Clock") -> None:
    app = create_app(Settings(database_url=small_url), clock=clock)
    with TestClient(app, base_url="https://example.cn", root_path="/catalogue") as reached:
        page = reached.get("/catalogue/v1/feed?limit=1").json()

    assert page["next"].startswith("https://example.cn/catalogue/v1/feed?")


def test_what_was_cancelled_today_is_a_tombstone_and_with_ended_documents_its_document(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    head = Walked(client).head
    claiming.cancel(session, code, decision(now.date()), by=REVIEWER, at=now)
    session.commit()

    assert [(item["state"], item["id"], set(item)) for item in Walked(client, head).items] == [
        ("deleted", code, {"state", "kind", "id", "modified"})
    ]
    kept = Walked(client, head, ended="documents").items
    assert [(item["state"], item["data"]["standings"][0]["state"]) for item in kept] == [("updated", "3")]


def test_what_ends_later_is_told_with_its_day_and_gets_its_tombstone_on_the_day_itself(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    head = Walked(client).head
    claiming.cancel(session, code, decision(date(2026, 3, 20)), by=REVIEWER, at=now)
    session.commit()

    announced = Walked(client, head)
    clock.at = datetime(2026, 3, 19, 15, 59, tzinfo=UTC)
    day_before = Walked(client, announced.head)
    clock.at = datetime(2026, 3, 19, 16, 0, tzinfo=UTC)
    on_the_day = Walked(client, announced.head)
    clock.at += timedelta(days=3)

    assert announced.there == {("implementation", code)}
    assert announced.of("implementation")[code]["standings"][0]["from_on"] == "2026-03-20"
    assert day_before.items == []
    assert (on_the_day.gone, on_the_day.there) == ({("implementation", code)}, set())
    assert Walked(client, on_the_day.head).items == [], "noted once"


def test_a_standard_that_ends_by_the_clock_is_a_tombstone_too(
    session: Session, client: TestClient, clock: "Clock", now: datetime
) -> None:
    editing.cancel(session, ITEM, decision(date(2026, 3, 20)), by=REVIEWER, at=now)
    session.commit()
    head = Walked(client).head

    clock.at = datetime(2026, 3, 25, tzinfo=UTC)

    assert Walked(client, head).gone == {("basic_item", ITEM)}
    assert Walked(client, head, ended="documents").there == {("basic_item", ITEM)}


def test_an_announced_edition_that_was_withdrawn_is_taken_back(session: Session, client: TestClient, code: str) -> None:
    at = datetime(2026, 3, 9, tzinfo=UTC)
    publish_local(session, BANNER_BUREAU, "4", at=at, effective_from=date(2026, 5, 1), on_site_visits=0)
    new = publish_local(session, TOWNSHIP_STATION, "5", at=at, effective_from=date(2026, 5, 1))
    session.commit()
    announced = Walked(client)

    for one in (code, new):
        claiming.withdraw(session, one, by=REVIEWER, at=at)
    session.commit()
    after = Walked(client, announced.head)

    assert len(announced.of("implementation")[code]["editions"]) == 2
    assert (after.there, after.gone) == ({("implementation", code)}, {("implementation", new)})
    assert len(after.of("implementation")[code]["editions"]) == 1


def test_only_the_kinds_that_were_asked_for_come(client: TestClient, code: str) -> None:
    walked = Walked(client, kinds="agency, implementation")

    assert {kind for kind, _ in walked.keys} == {"agency", "implementation"}


def test_a_region_is_its_subtree_and_surroundings_are_what_its_guides_need(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    league = publish_local(session, LEAGUE_BUREAU, "3")
    below = publish_local(session, GACHA_COMMITTEE, "6")
    add_banner(session, OTHER_BANNER, "阿拉善右旗", now)
    elsewhere_body = add_agency(session, credit_code(OTHER_BANNER, 900010), OTHER_BANNER, "阿拉善右旗公安局")
    elsewhere = publish_local(session, elsewhere_body, "4")
    zone = establish_zone(
        session, name="高新区", level=RegionLevel.BANNER, parent_code=LEAGUE, members=[TOWNSHIP], document_number="一号",
        valid_from=date(2026, 1, 1), by=EDITOR, at=now,
    )  # fmt: skip
    zone_body = add_agency(session, credit_code(LEAGUE, 900012), zone.code, "高新区管委会")
    of_zone = publish_local(session, zone_body, "4")
    session.commit()

    subtree, whole = Walked(client, region=TOWNSHIP), Walked(client, region=TOWNSHIP, surroundings=True)

    assert set(subtree.of("implementation")) == {below}
    assert set(subtree.of("agency")) == {TOWNSHIP_STATION, GACHA_COMMITTEE}
    assert set(subtree.of("region")) == {TOWNSHIP, GACHA, OTHER_GACHA}
    assert set(whole.of("implementation")) == {below, code, league, of_zone}
    assert elsewhere not in whole.of("implementation")
    assert {elsewhere_body, zone_body, LEAGUE_BUREAU} <= set(whole.of("agency"))
    assert {BANNER, LEAGUE, OTHER_BANNER, zone.code} <= set(whole.of("region"))
    assert set(subtree.of("basic_item")) == set(whole.of("basic_item")) == {ITEM}


def test_a_change_of_a_standard_is_one_item_however_many_bodies_implement_it(
    session: Session, client: TestClient
) -> None:
    for number in range(40):
        body = add_agency(session, credit_code(BANNER, 910000 + number), BANNER, f"第{number}服务中心")
        publish_local(session, body, "4")
    session.commit()
    head = Walked(client).head

    publish_item(session, ITEM, item_content(name="居住证办理"), at=datetime(2026, 3, 9, tzinfo=UTC),
                 effective_from=date(2026, 3, 9))  # fmt: skip
    session.commit()

    assert [(item["kind"], item["id"]) for item in Walked(client, head, region=BANNER).items] == [("basic_item", ITEM)]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a kind there is not": ({"kinds": "agency,x"}, "/query/kinds"),
    "a region that is none": ({"region": "1529"}, "/query/region"),
    "no items": ({"limit": 0}, "/query/limit"),
    "too many items": ({"limit": 5000}, "/query/limit"),
    "a number below nought": ({"afterChangeNumber": -1}, "/query/afterChangeNumber"),
    "a number that is none": ({"afterChangeNumber": "x"}, "/query/afterChangeNumber"),
    "too long a wait": ({"wait": 1000}, "/query/wait"),
    "an end there is not": ({"ended": "x"}, "/query/ended"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_was_asked_wrongly_is_named(client: TestClient, what: str) -> None:
    query, field = WRONG[what]

    answer = client.get("/v1/feed", params=query)

    assert answer.status_code == 422, answer.text
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [field]


def test_a_region_that_is_not_known_is_no_empty_feed(client: TestClient) -> None:
    for path in ("/v1/feed", "/v1/snapshot", "/v1/digest"):
        answer = client.get(path, params={"region": "152999000000"})

        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-such-region")
