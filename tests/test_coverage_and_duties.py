"""The coverage of an item over regions, and an agency's list of powers and duties (权责清单)."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from builders import (
    BANNER,
    BANNER_BUREAU,
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
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.implementations import claiming

if TYPE_CHECKING:
    from conftest import Clock

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)
NOT_HERE: dict[str, Any] = {"availability": {"status": "not_offered", "reason": "未进驻"}}


def coverage(client: TestClient, **query: Any) -> dict[str, str]:
    answer = client.get(f"/v1/basic-items/{ITEM}/coverage", params=query)
    assert answer.status_code == 200, answer.json()
    return {row["region"]["code"]: row["status"] for row in answer.json()["items"]}


def duties(client: TestClient, agency: str = BANNER_BUREAU) -> list[tuple[str, str, str]]:
    rows = client.get(f"/v1/agencies/{agency}/duties").json()["items"]
    return [(row["item_type"], row["basic_code"], row["exercise_level"]) for row in rows]


def test_coverage_shows_each_region_as_offered_not_offered_or_unclaimed(session: Session, client: TestClient) -> None:
    below: dict[str, Any] = {"availability": {"status": "offered_below", "reason": "由旗办理"}}
    other = {"status": "offered_by_other", "reason": "由镇办理", "agency_code": TOWNSHIP_STATION}
    publish_local(session, LEAGUE_BUREAU, "3", **below)
    publish_local(session, BANNER_BUREAU, "4", **NOT_HERE)
    code = publish_local(session, TOWNSHIP_STATION, "5")
    publish_local(
        session, GACHA_COMMITTEE, "6", power_source="5", entrusting_agency="阿拉善左旗公安局", availability=other
    )
    session.commit()

    assert coverage(client) == {
        LEAGUE: "offered_below",
        BANNER: "not_offered",
        TOWNSHIP: "offered",
        GACHA: "offered_by_other",
        OTHER_GACHA: "unclaimed",
    }
    rows = client.get(f"/v1/basic-items/{ITEM}/coverage", params={"region": TOWNSHIP}).json()["items"]
    assert [row["implementation_codes"] for row in rows if row["status"] in ("offered", "unclaimed")] == [[code], []]


def test_coverage_asks_only_the_levels_the_standard_provides_for(
    session: Session, client: TestClient, now: datetime
) -> None:
    publish_item(session, ITEM, item_content(exercise_levels=["4", "5"]), at=now, effective_from=TODAY)
    session.commit()

    assert coverage(client) == {BANNER: "unclaimed", TOWNSHIP: "unclaimed"}
    assert coverage(client, region=TOWNSHIP) == {TOWNSHIP: "unclaimed"}
    assert coverage(client, region=GACHA) == {}


def test_where_two_bodies_sit_the_one_who_does_it_counts(session: Session, client: TestClient) -> None:
    hall = add_agency(session, credit_code(BANNER, 900005), BANNER, "阿拉善左旗行政审批局")
    publish_local(session, BANNER_BUREAU, "4", **NOT_HERE)
    code = publish_local(session, hall, "4")
    session.commit()

    [row] = [
        row for row in client.get(f"/v1/basic-items/{ITEM}/coverage").json()["items"] if row["region"]["code"] == BANNER
    ]
    assert (row["status"], row["implementation_codes"]) == ("offered", [code])


def test_coverage_follows_the_clock_and_what_has_ended(
    session: Session, client: TestClient, clock: "Clock", now: datetime
) -> None:
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=APRIL)
    publish_local(session, LEAGUE_BUREAU, "3", effective_until=APRIL)
    gone = publish_local(session, TOWNSHIP_STATION, "5")
    claiming.cancel(session, gone, decision(APRIL), by=REVIEWER, at=now)
    session.commit()

    before = coverage(client)
    clock.at = datetime(2026, 3, 31, 16, tzinfo=UTC)
    after = coverage(client)

    assert [before[place] for place in (LEAGUE, BANNER, TOWNSHIP)] == ["offered", "unclaimed", "offered"]
    assert [after[place] for place in (LEAGUE, BANNER, TOWNSHIP)] == ["unclaimed", "offered", "unclaimed"]


def test_coverage_of_nothing_is_refused_by_name(client: TestClient) -> None:
    wrong = {
        "/v1/basic-items/150709777000/coverage": (404, "no-such-item"),
        f"/v1/basic-items/{ITEM}/coverage?region=152999": (404, "no-such-region"),
        f"/v1/basic-items/{ITEM}/coverage?region=x": (422, "invalid-request"),
    }

    answers = {url: client.get(url) for url in wrong}

    assert {url: (each.status_code, each.json()["type"]) for url, each in answers.items()} == {
        url: (status, f"/problems/{name}") for url, (status, name) in wrong.items()
    }


def test_an_agency_s_duties_stand_in_order_of_type_item_and_level(session: Session, client: TestClient) -> None:
    licence, service = "150110001000", "002010001000"
    for code in (licence, service):
        publish_item(session, code, item_content())
        publish_local(session, BANNER_BUREAU, "4", basic_code=code)
    publish_local(session, BANNER_BUREAU, "5", basic_code=licence)
    publish_local(session, BANNER_BUREAU, "4", **NOT_HERE)
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()

    assert duties(client) == [("01", licence, "4"), ("01", licence, "5"), ("07", ITEM, "4"), ("20", service, "4")]
    lines = client.get(f"/v1/agencies/{BANNER_BUREAU}/duties").json()["items"]
    assert [line["item_type_zh"] for line in lines] == ["行政许可", "行政许可", "行政确认", "公共服务"]
    assert lines[2]["availability"] == "not_offered"
    assert duties(client, GACHA_COMMITTEE) == []


def test_the_list_of_duties_is_walked_page_by_page(session: Session, client: TestClient) -> None:
    for number in range(1, 6):
        code = f"1501100{number:02}000"
        publish_item(session, code, item_content())
        publish_local(session, BANNER_BUREAU, "4", basic_code=code)
        publish_local(session, BANNER_BUREAU, "3", basic_code=code)
    session.commit()
    url: str | None = f"/v1/agencies/{BANNER_BUREAU}/duties?limit=3"
    met: list[str] = []

    while url is not None:
        page = client.get(url).json()
        met += [row["basic_code"] + row["exercise_level"] for row in page["items"]]
        url = page["next"]

    assert met == [f"1501100{number:02}000{level}" for number in range(1, 6) for level in "34"]
