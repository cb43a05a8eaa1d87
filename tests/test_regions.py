"""The tree of regions, functional zones, and GET /v1/regions."""

from datetime import date, datetime
from typing import Any

import pytest
from builders import BANNER, EDITOR, GACHA, LEAGUE, OTHER_GACHA, TOWNSHIP
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.kernel.errors import CatalogError, InvalidRequest
from service_catalog.regions import mapping
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel, canonical

TODAY = date(2026, 3, 10)


def add(session: Session, code: str, at: datetime, **changes: Any) -> Region:
    row: dict[str, Any] = {
        "name": "新镇", "level": RegionLevel.TOWNSHIP, "kind": RegionKind.DIVISION, "parent_code": BANNER,
    }  # fmt: skip
    return mapping.add_region(session, Region(code=code, **row | changes), by=EDITOR, at=at)


def zone(session: Session, at: datetime, name: str = "策克口岸", members: tuple[str, ...] = ()) -> Region:
    return mapping.establish_zone(
        session, name=name, level=RegionLevel.TOWNSHIP, parent_code=BANNER, members=members,
        document_number="阿署发〔2026〕4号", valid_from=TODAY, by=EDITOR, at=at,
    )  # fmt: skip


def way(session: Session, place: str, day: date = TODAY) -> list[str]:
    return [region.code for region in mapping.way_up(session, place, day)]


def codes(client: TestClient, **query: Any) -> list[str]:
    answer = client.get("/v1/regions", params=query)
    assert answer.status_code == 200, answer.json()
    return [row["code"] for row in answer.json()["items"]]


def test_a_region_says_what_it_lies_in_and_what_lies_in_it(client: TestClient) -> None:
    township = client.get(f"/v1/regions/{TOWNSHIP}").json()

    assert [region["code"] for region in township["ancestors"]] == [LEAGUE, BANNER]
    assert (township["name"], township["level"], township["exercise_level"]) == ("巴彦浩特镇", "township", "5")
    assert (township["kind"], township["parent_code"], township["children_count"]) == ("division", BANNER, 2)
    assert (township["statistical_only"], township["governed_by"]) == (False, None)
    assert client.get(f"/v1/regions/{LEAGUE}").json()["ancestors"] == []


def test_short_forms_are_accepted_and_twelve_characters_returned(client: TestClient) -> None:
    for asked, code in (("152921", BANNER), ("152921110", TOWNSHIP), (GACHA, GACHA)):
        assert client.get(f"/v1/regions/{asked}").json()["code"] == code
        assert canonical(asked) == code
    assert codes(client, parent="152921") == [TOWNSHIP]


def test_children_are_what_lies_directly_in_a_region(client: TestClient) -> None:
    children = client.get("/v1/regions/152921110/children").json()

    assert [row["code"] for row in children["items"]] == [GACHA, OTHER_GACHA]
    assert client.get(f"/v1/regions/{GACHA}/children").json() == {"items": [], "next": None}


def test_regions_are_filtered_by_level_parent_subtree_and_name(client: TestClient) -> None:
    everything = [LEAGUE, BANNER, TOWNSHIP, GACHA, OTHER_GACHA]

    assert codes(client) == everything
    assert codes(client, level="village") == [GACHA, OTHER_GACHA]
    assert codes(client, parent=LEAGUE) == [BANNER]
    assert codes(client, within=TOWNSHIP) == [TOWNSHIP, GACHA, OTHER_GACHA]
    assert codes(client, within=LEAGUE) == everything
    assert codes(client, name="嘎查") == [GACHA, OTHER_GACHA]
    assert codes(client, name="霍德", level="village", within=BANNER) == [GACHA]
    assert codes(client, name="没有") == []


@pytest.mark.parametrize("name", ["%", "_", "\\", "'", "巴%", "; --"])
def test_a_name_is_looked_for_as_it_stands(client: TestClient, name: str) -> None:
    assert codes(client, name=name) == []


def test_what_is_asked_wrongly_is_named(client: TestClient) -> None:
    wrong = {
        "/v1/regions/152999": (404, "no-such-region"),
        "/v1/regions/152999/children": (404, "no-such-region"),
        "/v1/regions?within=152999": (404, "no-such-region"),
        "/v1/regions?parent=152999": (404, "no-such-region"),
        "/v1/regions/1529": (422, "invalid-request"),
        "/v1/regions/15292100000a": (422, "invalid-request"),
        "/v1/regions/152921%0A": (422, "invalid-request"),
        "/v1/regions?level=street": (422, "invalid-request"),
        "/v1/regions?parent=x": (422, "invalid-request"),
        "/v1/regions?name=%00": (422, "invalid-request"),
        "/v1/regions?name=": (422, "invalid-request"),
        "/v1/regions?name=" + "长" * 101: (422, "invalid-request"),
    }

    answers = {url: client.get(url) for url in wrong}

    assert {url: (each.status_code, each.json()["type"]) for url, each in answers.items()} == {
        url: (status, f"/problems/{name}") for url, (status, name) in wrong.items()
    }


def test_a_region_is_added_below_its_parent(session: Session, now: datetime) -> None:
    add(session, "152921201000", now)

    assert [region.code for region in mapping.ancestors_of(session, "152921201000")] == ["152921201000", BANNER, LEAGUE]


@pytest.mark.parametrize(
    ("code", "changes", "error"),
    [
        (TOWNSHIP, {}, mapping.RegionCodeTaken),
        ("15292120100", {}, mapping.RegionCodeMalformed),
        ("152921201000\n", {}, mapping.RegionCodeMalformed),
        ("15292120100A", {}, mapping.RegionCodeMalformed),
        ("152921Z01000", {}, mapping.RegionCodeMalformed),
        ("152921201000", {"parent_code": "152999000000"}, mapping.NoSuchRegion),
    ],
)
def test_a_region_that_does_not_fit_is_refused_by_name(
    session: Session, now: datetime, code: str, changes: dict[str, Any], error: type[CatalogError]
) -> None:
    with pytest.raises(error):
        add(session, code, now, **changes)


@pytest.mark.parametrize("code", ["1529", "15292", "1529211100", "152921110201\n", "１５２９２１", "", "15292A"])
def test_only_six_nine_or_twelve_digits_are_a_region_code(code: str) -> None:
    with pytest.raises(InvalidRequest):
        canonical(code)


def test_a_zone_that_no_national_list_knows_is_a_region_with_a_code_of_its_own(
    session: Session, client: TestClient, now: datetime
) -> None:
    made = [zone(session, now).code, zone(session, now, "乌兰布和").code]
    session.commit()

    found = client.get(f"/v1/regions/{made[0]}").json()

    assert made == ["152921Z01000", "152921Z02000"]
    assert (found["kind"], found["name"], found["governed_by"]) == ("zone", "策克口岸", BANNER)
    assert [region["code"] for region in found["ancestors"]] == [LEAGUE, BANNER]
    assert client.get("/v1/regions/152921Z02").json()["name"] == "乌兰布和"
    assert made[0] in codes(client, within=BANNER)


def test_the_way_up_goes_through_the_zones_a_place_lies_in(session: Session, now: datetime) -> None:
    code = zone(session, now, members=(GACHA,)).code
    around = zone(session, now, "示范区", members=(TOWNSHIP,)).code

    ways = {place: way(session, place) for place in (GACHA, OTHER_GACHA, code)}

    assert ways == {
        GACHA: [GACHA, code, TOWNSHIP, around, BANNER, LEAGUE],
        OTHER_GACHA: [OTHER_GACHA, TOWNSHIP, around, BANNER, LEAGUE],
        code: [code, BANNER, LEAGUE],
    }


def test_nobody_is_sent_through_a_zone_before_its_first_day(session: Session, now: datetime) -> None:
    code = zone(session, now, members=(GACHA,)).code
    yesterday = date(2026, 3, 9)

    assert way(session, GACHA, TODAY) == [GACHA, code, TOWNSHIP, BANNER, LEAGUE]
    assert way(session, GACHA, yesterday) == [GACHA, TOWNSHIP, BANNER, LEAGUE]
    assert way(session, code, yesterday) == [BANNER, LEAGUE]


def test_a_zone_has_members_that_exist(session: Session, now: datetime) -> None:
    with pytest.raises(mapping.NoSuchRegion):
        zone(session, now, members=("152999000000",))


def test_a_hundredth_zone_of_a_county_is_refused_by_name(session: Session, now: datetime) -> None:
    for number in range(1, 100):
        add(session, f"152921Z{number:02}000", now, kind=RegionKind.ZONE)

    with pytest.raises(CatalogError):
        zone(session, now)
