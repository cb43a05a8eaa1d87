"""GET /v1/guides?basic_code=&region=: the nearest body that does it, and the way to it."""

from datetime import UTC, date, datetime
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
from httpx2 import Response
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.basic_items import editing
from service_catalog.coding import aliases, allocation
from service_catalog.implementations import claiming
from service_catalog.regions.mapping import establish_zone
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel

if TYPE_CHECKING:
    from conftest import Clock

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)
NOT_HERE: dict[str, Any] = {"availability": {"status": "not_offered", "reason": "窗口未进驻"}}
POLICE: dict[str, Any] = {"power_source": "5", "entrusting_agency": "阿拉善左旗公安局"}


def ask(client: TestClient, region: str, basic_code: str = ITEM, **query: str) -> Response:
    return client.get("/v1/guides", params={"basic_code": basic_code, "region": region, **query})


def nearest(client: TestClient, region: str, **query: str) -> dict[str, Any]:
    answer = ask(client, region, **query)
    assert answer.status_code == 200, answer.json()["detail"]
    return answer.json()  # type: ignore[no-any-return]


def outcomes(nearest: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["region"]["code"], step["outcome"]) for step in nearest["walk"]]


def zone_in_banner(session: Session, now: datetime, *, members: list[str]) -> Region:
    return establish_zone(
        session, name="乌兰布和示范区", level=RegionLevel.TOWNSHIP, parent_code=BANNER, members=members,
        document_number="阿署发〔2026〕4号", valid_from=TODAY, by=EDITOR, at=now,
    )  # fmt: skip


def test_each_person_is_answered_by_the_nearest_body(session: Session, client: TestClient) -> None:
    places = {
        LEAGUE: publish_local(session, LEAGUE_BUREAU, "3"),
        BANNER: publish_local(session, BANNER_BUREAU, "4"),
        TOWNSHIP: publish_local(session, TOWNSHIP_STATION, "5"),
        GACHA: publish_local(session, GACHA_COMMITTEE, "6", **POLICE),
    }
    session.commit()

    found = {region: nearest(client, region) for region in places}

    assert {region: guide["implementation_code"] for region, guide in found.items()} == places
    assert [guide["nearest"]["answered_at"]["code"] for guide in found.values()] == list(places)
    assert len({guide["name"] for guide in found.values()}) == 1
    assert nearest(client, OTHER_GACHA)["implementation_code"] == places[TOWNSHIP]


def test_the_way_up_is_told_step_by_step(session: Session, client: TestClient) -> None:
    publish_local(session, GACHA_COMMITTEE, "6", **POLICE, **NOT_HERE)
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    guide = nearest(client, GACHA)
    way = guide["nearest"]

    assert guide["implementation_code"] == code
    assert outcomes(way) == [(GACHA, "not_offered"), (TOWNSHIP, "unclaimed"), (BANNER, "answered")]
    assert way["walk"][0]["reason"] == "窗口未进驻"
    assert way["region"]["code"] == GACHA
    assert (way["answered_at"]["name"], way["answered_at"]["level"]) == ("阿拉善左旗", "banner")
    assert "窗口未进驻" in way["why_zh"]
    assert "由阿拉善左旗的阿拉善左旗公安局办理" in way["why_zh"]
    assert "阿拉善左旗公安局" in way["why_en"]


def test_a_level_that_the_standard_does_not_provide_for_is_not_called_a_gap(
    session: Session, client: TestClient, now: datetime
) -> None:
    publish_local(session, LEAGUE_BUREAU, "3")
    publish_item(session, ITEM, item_content(exercise_levels=["3", "4"]), at=now, effective_from=TODAY)
    session.commit()

    assert outcomes(nearest(client, GACHA)["nearest"]) == [
        (GACHA, "not_at_this_level"),
        (TOWNSHIP, "not_at_this_level"),
        (BANNER, "unclaimed"),
        (LEAGUE, "answered"),
    ]


def test_the_short_forms_of_a_region_code_are_understood(session: Session, client: TestClient) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    for region in ("152921", "152921110", BANNER, TOWNSHIP):
        assert nearest(client, region)["implementation_code"] == code


def test_offered_below_goes_on_upwards_and_says_so(session: Session, client: TestClient) -> None:
    below: dict[str, Any] = {"availability": {"status": "offered_below", "reason": "由苏木镇办理"}}
    publish_local(session, BANNER_BUREAU, "4", **below)
    code = publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()

    guide = nearest(client, BANNER)

    assert guide["implementation_code"] == code
    assert outcomes(guide["nearest"]) == [(BANNER, "offered_below"), (LEAGUE, "answered")]


def test_another_body_named_as_doing_it_answers_instead(session: Session, client: TestClient) -> None:
    hall = add_agency(session, credit_code(BANNER, 900005), BANNER, "阿拉善左旗行政审批局")
    publish_local(
        session,
        TOWNSHIP_STATION,
        "5",
        availability={"status": "offered_by_other", "reason": "划转审批局", "agency_code": hall},
    )
    publish_local(session, BANNER_BUREAU, "4")
    code = publish_local(session, hall, "4")
    session.commit()

    guide = nearest(client, GACHA)

    assert guide["implementation_code"] == code
    assert outcomes(guide["nearest"])[-2:] == [(TOWNSHIP, "offered_by_other"), (BANNER, "redirected")]
    assert guide["nearest"]["walk"][-2]["referred_to"] == hall
    assert guide["agency"]["name"] == "阿拉善左旗行政审批局"


def test_a_referral_to_a_body_that_does_not_do_it_goes_on_upwards(session: Session, client: TestClient) -> None:
    hall = add_agency(session, credit_code(BANNER, 900005), BANNER, "阿拉善左旗行政审批局")
    other = {"status": "offered_by_other", "reason": "划转审批局", "agency_code": hall}
    publish_local(session, TOWNSHIP_STATION, "5", availability=other)
    publish_local(session, hall, "4", **NOT_HERE)
    code = publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()

    assert nearest(client, TOWNSHIP)["implementation_code"] == code


def test_bodies_at_the_same_place_are_all_named(session: Session, client: TestClient) -> None:
    hall = add_agency(session, credit_code(BANNER, 900005), BANNER, "阿拉善左旗行政审批局")
    codes = {publish_local(session, BANNER_BUREAU, "4"), publish_local(session, hall, "4")}
    session.commit()

    guide = nearest(client, BANNER)

    assert {guide["implementation_code"], *guide["nearest"]["also_here"]} == codes
    assert len(guide["nearest"]["also_here"]) == 1


def test_one_who_does_it_comes_before_one_who_does_not_at_the_same_place(session: Session, client: TestClient) -> None:
    hall = add_agency(session, credit_code(BANNER, 900005), BANNER, "阿拉善左旗行政审批局")
    publish_local(session, BANNER_BUREAU, "4", **NOT_HERE)
    code = publish_local(session, hall, "4")
    session.commit()

    assert nearest(client, BANNER)["implementation_code"] == code


def test_where_nobody_does_it_the_way_is_shown(session: Session, client: TestClient) -> None:
    publish_local(session, BANNER_BUREAU, "4", **NOT_HERE)
    session.commit()

    answer = ask(client, TOWNSHIP)

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-body-offers-it")
    assert outcomes(answer.json()) == [(TOWNSHIP, "unclaimed"), (BANNER, "not_offered"), (LEAGUE, "unclaimed")]


def test_a_body_that_has_ended_does_not_answer(session: Session, client: TestClient, now: datetime) -> None:
    gone = publish_local(session, TOWNSHIP_STATION, "5")
    publish_local(session, GACHA_COMMITTEE, "6", **POLICE, effective_until=TODAY)
    code = publish_local(session, BANNER_BUREAU, "4")
    claiming.cancel(session, gone, decision(TODAY), by=REVIEWER, at=now)
    session.commit()

    guide = nearest(client, GACHA)

    assert guide["implementation_code"] == code
    assert [outcome for _, outcome in outcomes(guide["nearest"])] == ["unclaimed", "unclaimed", "answered"]
    assert nearest(client, GACHA, as_of="2026-03-09")["nearest"]["answered_at"]["code"] == GACHA


def test_a_suspended_body_still_answers_and_says_so(session: Session, client: TestClient, now: datetime) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    claiming.suspend(session, code, decision(TODAY), by=REVIEWER, at=now)
    session.commit()

    assert nearest(client, BANNER)["state"]["zh"] == "暂停"


def test_a_body_answers_from_its_first_day_on(
    session: Session, client: TestClient, clock: "Clock", now: datetime
) -> None:
    banner = publish_local(session, BANNER_BUREAU, "4")
    township = publish_local(session, TOWNSHIP_STATION, "5", at=now, effective_from=APRIL)
    session.commit()

    before = nearest(client, GACHA)["implementation_code"]
    clock.at = datetime(2026, 3, 31, 16, tzinfo=UTC)

    assert (before, nearest(client, GACHA)["implementation_code"]) == (banner, township)
    assert nearest(client, GACHA, as_of="2026-03-31")["implementation_code"] == banner


def test_a_zone_answers_the_places_that_lie_in_it_before_their_banner(
    session: Session, client: TestClient, now: datetime
) -> None:
    zone = zone_in_banner(session, now, members=[GACHA])
    committee = add_agency(session, credit_code(BANNER, 900006), zone.code, "乌兰布和管委会")
    banner, inside = publish_local(session, BANNER_BUREAU, "4"), publish_local(session, committee, "4")
    session.commit()

    guide = nearest(client, GACHA)

    assert guide["implementation_code"] == inside
    assert outcomes(guide["nearest"]) == [(GACHA, "unclaimed"), (zone.code, "answered")]
    assert nearest(client, OTHER_GACHA)["implementation_code"] == banner
    assert nearest(client, zone.code)["implementation_code"] == inside
    assert nearest(client, zone.code[:9])["implementation_code"] == inside


def test_a_zone_that_has_nobody_hands_on_to_the_banner(session: Session, client: TestClient, now: datetime) -> None:
    zone = zone_in_banner(session, now, members=[TOWNSHIP])
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    assert outcomes(nearest(client, TOWNSHIP)["nearest"]) == [
        (TOWNSHIP, "unclaimed"),
        (zone.code, "unclaimed"),
        (BANNER, "answered"),
    ]
    assert nearest(client, zone.code)["implementation_code"] == code


def test_a_body_serves_only_the_area_it_names(session: Session, client: TestClient) -> None:
    banner = publish_local(session, BANNER_BUREAU, "4")
    station = publish_local(session, TOWNSHIP_STATION, "5", service_area=[GACHA])
    session.commit()

    assert nearest(client, GACHA)["implementation_code"] == station
    assert nearest(client, OTHER_GACHA)["implementation_code"] == banner


def test_a_body_elsewhere_serves_the_places_it_names(session: Session, client: TestClient) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    far = add_agency(session, credit_code(LEAGUE, 900007), LEAGUE, "盟直属派出所")
    station = publish_local(session, far, "5", service_area=[OTHER_GACHA, LEAGUE])
    neighbour = publish_local(session, GACHA_COMMITTEE, "6", **POLICE, service_area=[OTHER_GACHA])
    session.commit()

    assert nearest(client, OTHER_GACHA)["implementation_code"] == neighbour
    assert nearest(client, LEAGUE)["implementation_code"] == station
    assert nearest(client, GACHA)["nearest"]["answered_at"]["code"] == BANNER, "the committee serves only its neighbour"


def test_whoever_sits_in_a_place_answers_there_before_a_neighbour_who_serves_it(
    session: Session, client: TestClient, now: datetime
) -> None:
    neighbour = publish_local(session, add_agency(session, credit_code(BANNER, 1), OTHER_GACHA, "邻近"), "6", **POLICE,
                              service_area=[GACHA])  # fmt: skip
    own = publish_local(session, GACHA_COMMITTEE, "6", **POLICE)
    session.commit()
    before = nearest(client, GACHA)
    publish_local(session, GACHA_COMMITTEE, "6", at=now, effective_from=TODAY, **POLICE, **NOT_HERE)
    session.commit()

    after = nearest(client, GACHA)

    assert neighbour < own, "by its code the neighbour would come first"
    assert (before["implementation_code"], before["nearest"]["also_here"]) == (own, [neighbour])
    assert after["implementation_code"] == neighbour
    assert outcomes(after["nearest"]) == [(GACHA, "not_offered"), (GACHA, "answered")]


def test_a_replaced_item_is_found_by_its_old_basic_code(session: Session, client: TestClient, now: datetime) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    aliases.replace_code(
        session, "150709009000", [ITEM], act_kind="merge", valid_from=TODAY, document_number="阿署发〔2026〕5号",
        by=EDITOR, at=now,
    )  # fmt: skip
    session.commit()

    guide = nearest(client, BANNER, basic_code="150709009000")

    assert guide["basic_code"] == ITEM
    assert guide["alias"] == {
        "asked_code": "150709009000",
        "current_code": ITEM,
        "valid_from": "2026-03-10",
        "document_number": "阿署发〔2026〕5号",
        "act_kind": "merge",
    }


def test_what_is_asked_wrongly_gets_a_named_error(session: Session, client: TestClient, now: datetime) -> None:
    allocation.register_basic_code(session, "150709008000", document_number="阿署发〔2026〕6号", by=EDITOR, at=now)
    editing.establish(session, "150709008000", parent_basic_code=None, decision=decision(TODAY), by=EDITOR, at=now)
    session.commit()
    expected: dict[tuple[str, str], tuple[int, str]] = {
        (BANNER, "150709777000"): (404, "no-such-item"),
        (BANNER, "150709008000"): (404, "not-in-force-yet"),
        ("152999000000", ITEM): (404, "no-such-region"),
        (BANNER, "15070900100"): (422, "code-unreadable"),
        (BANNER, "15x709001000"): (422, "code-unreadable"),
        (BANNER, "\x00"): (422, "code-unreadable"),
        (BANNER, "1" * 101): (422, "invalid-request"),
        ("15292", ITEM): (422, "invalid-request"),
        ("15292100000\x00", ITEM): (422, "invalid-request"),
        ("阿拉善左旗", ITEM): (422, "invalid-request"),
    }

    answers = {asked: ask(client, *asked) for asked in expected}

    assert {asked: (each.status_code, each.json()["type"]) for asked, each in answers.items()} == {
        asked: (status, f"/problems/{name}") for asked, (status, name) in expected.items()
    }


@pytest.mark.parametrize("missing", ["basic_code", "region"])
def test_a_missing_parameter_is_named(client: TestClient, missing: str) -> None:
    query = {"basic_code": ITEM, "region": BANNER}
    del query[missing]

    answer = client.get("/v1/guides", params=query)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/query/{missing}"]


def test_a_cancelled_item_is_gone_everywhere(session: Session, client: TestClient, now: datetime) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    editing.cancel(session, ITEM, decision(TODAY, reason="国务院决定取消"), by=REVIEWER, at=now)
    session.commit()

    answer = ask(client, BANNER)

    assert (answer.status_code, answer.json()["reason"]) == (410, "国务院决定取消")


def test_the_nearest_guide_says_the_same_as_the_guide_by_its_code(session: Session, client: TestClient) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", on_site_visits=0)
    session.commit()

    by_place, by_code = nearest(client, GACHA), client.get(f"/v1/guides/{code}").json()

    assert {name: value for name, value in by_place.items() if name != "nearest"} == by_code


def test_a_reader_who_has_the_nearest_guide_is_not_sent_it_again(session: Session, client: TestClient) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    first = ask(client, GACHA)

    again = client.get(
        "/v1/guides", params={"basic_code": ITEM, "region": GACHA}, headers={"if-none-match": first.headers["etag"]}
    )
    moved = publish_local(session, TOWNSHIP_STATION, "5")
    session.commit()
    after = client.get(
        "/v1/guides", params={"basic_code": ITEM, "region": GACHA}, headers={"if-none-match": first.headers["etag"]}
    )

    assert again.status_code == 304
    assert after.json()["implementation_code"] == moved


def test_the_nearest_guide_has_no_date_because_another_body_may_take_its_place(
    session: Session, client: TestClient, now: datetime
) -> None:
    banner = publish_local(session, BANNER_BUREAU, "4")
    station = publish_local(session, TOWNSHIP_STATION, "5", at=now, effective_from=TODAY)
    session.commit()
    first = ask(client, GACHA)
    claiming.cancel(session, station, decision(TODAY), by=REVIEWER, at=now)
    session.commit()

    answer = client.get(
        "/v1/guides",
        params={"basic_code": ITEM, "region": GACHA},
        headers={"if-modified-since": "Fri, 31 Dec 2049 00:00:00 GMT"},
    )

    assert "last-modified" not in first.headers
    assert first.json()["implementation_code"] == station
    assert answer.status_code == 200
    assert answer.json()["implementation_code"] == banner
