"""Where something is, in people's own words."""

import pytest
from builders import BANNER, EDITOR, GACHA, LEAGUE, TOWNSHIP
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.regions.mapping import add_region
from service_catalog.regions.naming import everyday_names, region_named_in
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("东关村民委员会", "东关村"),
        ("巴兴图嘎查村民委员会", "巴兴图嘎查"),
        ("巴音塔拉嘎查委员会", "巴音塔拉嘎查"),
        ("兰太社区居民委员会", "兰太社区"),
        ("王府街道办事处", "王府街道"),
        ("巴丹吉林镇", "巴丹吉林镇"),
    ],
)
def test_a_region_is_known_by_the_name_that_people_say(name: str, said: str) -> None:
    assert said in everyday_names(name)


def test_a_name_of_two_characters_is_not_looked_for() -> None:
    assert "东关" not in everyday_names("东关村民委员会")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("我家在巴彦浩特镇巴彦霍德嘎查北边", GACHA),
        ("巴彦浩特镇政府对面", TOWNSHIP),
        ("阿拉善左旗", BANNER),
        ("阿拉善盟", LEAGUE),
        ("沙漠边上的水井", None),
        ("", None),
    ],
)
def test_the_deepest_place_that_is_named_counts(session: Session, text: str, code: str | None) -> None:
    assert region_named_in(session, text) == code


def test_two_gachas_of_one_name_are_told_apart_by_their_township_or_not_at_all(session: Session, now: object) -> None:
    for code, name, level, parent in (
        ("152921111000", "吉兰泰镇", RegionLevel.TOWNSHIP, BANNER),
        ("152921111201", "巴彦霍德嘎查", RegionLevel.VILLAGE, "152921111000"),
    ):
        region = Region(code=code, name=name, level=level, kind=RegionKind.DIVISION, parent_code=parent)
        add_region(session, region, by=EDITOR, at=now)  # type: ignore[arg-type]

    assert region_named_in(session, "巴彦霍德嘎查") is None
    assert region_named_in(session, "吉兰泰镇巴彦霍德嘎查") == "152921111201"


def test_a_place_of_the_seeds_is_found_by_its_everyday_name(seeded: TestClient) -> None:
    draft = {"kind": "help", "text": "水井没水了，牲畜喝不上水。", "place": "巴彦浩特镇东关村"}

    answer = seeded.post("/v1/appeals/preview", json=draft)

    assert answer.json()["responsible"]["desk_region"] == "152921000000"
    assert answer.json()["rule"] == "route:livestock"
