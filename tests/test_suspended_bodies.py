"""A body that is suspended: lists say so, and people are sent to the next one that is not."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    GACHA,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP,
    TOWNSHIP_STATION,
    add_agency,
    credit_code,
    decision,
    publish_local,
)
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.basic_items import editing
from service_catalog.implementations import claiming

if TYPE_CHECKING:
    from conftest import Clock

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)
HALL = credit_code(BANNER, 900005)


def suspend(session: Session, code: str, at: datetime) -> None:
    claiming.suspend(session, code, decision(TODAY, reason="窗口装修"), by=REVIEWER, at=at)
    claiming.resume(session, code, decision(APRIL, "阿署发〔2026〕2号"), by=REVIEWER, at=at)
    session.commit()


def ask(client: TestClient, region: str = GACHA) -> tuple[str, dict[str, Any]]:
    answer = client.get("/v1/guides", params={"basic_code": ITEM, "region": region})
    assert answer.status_code == 200, answer.text
    return answer.json()["implementation_code"], answer.json()["nearest"]


def outcomes(way: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["region"]["code"], step["outcome"]) for step in way["walk"]]


@pytest.fixture
def station(session: Session, now: datetime) -> str:
    """The township's station, suspended until April."""
    code = publish_local(session, TOWNSHIP_STATION, "5")
    suspend(session, code, now)
    return code


def test_a_suspended_body_is_passed_by_and_the_way_says_why(
    session: Session, client: TestClient, clock: "Clock", station: str
) -> None:
    bureau = publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    code, way = ask(client)
    clock.at = datetime(2026, 3, 31, 16, tzinfo=UTC)

    assert code == bureau
    assert outcomes(way) == [(GACHA, "unclaimed"), (TOWNSHIP, "suspended"), (BANNER, "answered")]
    assert "巴彦浩特镇的巴彦浩特镇派出所暂停办理" in way["why_zh"]
    assert "巴彦浩特镇派出所" in way["why_en"]
    assert "suspended" in way["why_en"]
    assert ask(client)[0] == station, "resumed in April"


def test_a_suspended_body_answers_where_nobody_else_offers_the_item(
    session: Session, client: TestClient, station: str
) -> None:
    not_here = {"status": "not_offered", "reason": "未进驻"}
    publish_local(session, BANNER_BUREAU, "4", availability=not_here)
    session.commit()

    code, way = ask(client)

    assert code == station
    assert outcomes(way)[1:] == [
        (TOWNSHIP, "suspended"),
        (BANNER, "not_offered"),
        (LEAGUE, "unclaimed"),
        (TOWNSHIP, "answered"),
    ]
    assert way["answered_at"]["code"] == TOWNSHIP
    assert "没有其他机构办理，仍由巴彦浩特镇的巴彦浩特镇派出所办理" in way["why_zh"]
    assert "nobody else offers" in way["why_en"]


def test_of_several_suspended_bodies_the_nearest_answers(
    session: Session, client: TestClient, now: datetime, station: str
) -> None:
    suspend(session, publish_local(session, LEAGUE_BUREAU, "3"), now)

    assert ask(client)[0] == station
    assert ask(client, LEAGUE)[0] == LEAGUE_BUREAU + "3" + ITEM


def test_at_the_same_place_the_body_that_is_not_suspended_answers(
    session: Session, client: TestClient, now: datetime
) -> None:
    hall = add_agency(session, HALL, BANNER, "阿拉善左旗行政审批局")
    codes = sorted([publish_local(session, BANNER_BUREAU, "4"), publish_local(session, hall, "4")])
    suspend(session, codes[0], now)

    code, way = ask(client, BANNER)

    assert (code, way["also_here"]) == (codes[1], [])


def test_a_body_named_as_doing_it_instead_is_passed_by_when_it_is_suspended(
    session: Session, client: TestClient, now: datetime
) -> None:
    hall = add_agency(session, HALL, BANNER, "阿拉善左旗行政审批局")
    other = {"status": "offered_by_other", "reason": "划转审批局", "agency_code": hall}
    publish_local(session, TOWNSHIP_STATION, "5", availability=other)
    there = publish_local(session, hall, "4")
    suspend(session, there, now)
    alone, way_alone = ask(client, TOWNSHIP)
    league = publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()

    code, way = ask(client, TOWNSHIP)

    assert (alone, outcomes(way_alone)[-1]) == (there, (BANNER, "redirected"))
    assert code == league
    assert outcomes(way)[:2] == [(TOWNSHIP, "offered_by_other"), (BANNER, "suspended")]


def test_where_the_whole_item_is_suspended_the_nearest_body_answers(
    session: Session, client: TestClient, now: datetime
) -> None:
    code = publish_local(session, TOWNSHIP_STATION, "5")
    publish_local(session, BANNER_BUREAU, "4")
    editing.suspend(session, ITEM, decision(TODAY), by=REVIEWER, at=now)
    session.commit()

    assert ask(client)[0] == code


def lines(client: TestClient) -> dict[str, str]:
    rows = client.get("/v1/implementations").json()["items"]
    return {row["implementation_code"]: row["state"] for row in rows}


def coverage(client: TestClient) -> dict[str, tuple[str, str | None]]:
    rows = client.get(f"/v1/basic-items/{ITEM}/coverage").json()["items"]
    return {row["region"]["code"]: (row["status"], row["state"]) for row in rows}


def test_lists_say_what_is_suspended(
    session: Session, client: TestClient, clock: "Clock", now: datetime, station: str
) -> None:
    bureau = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    before = lines(client), coverage(client), client.get(f"/v1/implementations/{station}").json()["state"]
    editing.suspend(session, ITEM, decision(APRIL), by=REVIEWER, at=now)
    session.commit()

    assert before[0] == {bureau: "1", station: "2"}
    assert before[1][TOWNSHIP] == ("offered", "2")
    assert before[1][BANNER] == ("offered", "1")
    assert before[1][LEAGUE] == ("unclaimed", None)
    assert before[2] == "2"
    clock.at = datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert set(lines(client).values()) == {"2"}, "with their item"
    assert coverage(client)[BANNER] == ("offered", "2")


def test_a_place_where_one_of_two_bodies_is_suspended_is_not_called_suspended(
    session: Session, client: TestClient, now: datetime
) -> None:
    hall = add_agency(session, HALL, BANNER, "阿拉善左旗行政审批局")
    publish_local(session, hall, "4")
    suspend(session, publish_local(session, BANNER_BUREAU, "4"), now)

    assert coverage(client)[BANNER] == ("offered", "1")
