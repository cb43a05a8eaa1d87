"""Lists: walked by key, every row exactly once; filters; errors in one shape."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    GACHA,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    SEED_DATA,
    TOWNSHIP,
    TOWNSHIP_STATION,
    item_content,
    publish_item,
    publish_local,
)
from databases import address_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.settings import Settings

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)
LICENCE, WELFARE, SERVICE = "150110001000", "150505002000", "152020003000"


@pytest.fixture
def items(session: Session, now: datetime) -> None:
    """Four items, unlike in type, theme, object, level and department; some claimed."""
    publish_item(
        session,
        LICENCE,
        item_content(
            name="取水许可", exercise_levels=["3", "4"], guiding_department="水务", service_objects=["2", "3"],
            natural_person_themes=[], legal_person_themes=["010"],
        ),
    )  # fmt: skip
    publish_item(
        session,
        WELFARE,
        item_content(name="临时救助100%到位", guiding_department="民政", natural_person_themes=["010", "020"]),
    )
    publish_item(
        session, SERVICE, item_content(name="档案_查阅", service_objects=["1", "9"]), at=now, effective_from=APRIL
    )
    publish_local(session, LEAGUE_BUREAU, "3", basic_code=LICENCE)
    publish_local(session, BANNER_BUREAU, "4", basic_code=LICENCE)
    publish_local(session, TOWNSHIP_STATION, "5", basic_code=WELFARE)
    publish_local(session, TOWNSHIP_STATION, "5", availability={"status": "not_offered", "reason": "未进驻"})
    publish_local(session, GACHA_COMMITTEE, "6", basic_code=WELFARE, power_source="5", entrusting_agency="民政局")
    session.commit()


def rows(client: TestClient, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.json()
    return answer.json()["items"]  # type: ignore[no-any-return]


def item_codes(client: TestClient, **query: Any) -> list[str]:
    return [row["basic_code"] for row in rows(client, "/v1/basic-items", **query)]


def places(client: TestClient, **query: Any) -> list[tuple[str, str]]:
    return [(row["region_code"], row["basic_code"]) for row in rows(client, "/v1/implementations", **query)]


def walk(client: TestClient, url: str) -> Iterator[list[dict[str, Any]]]:
    following: str | None = url
    for turn in count():
        if following is None:
            return
        assert turn < 2000, "a walk that never ends"
        answer = client.get(following)
        assert answer.status_code == 200, answer.json()
        yield answer.json()["items"]
        following = answer.json()["next"]


def test_items_in_force_are_listed_with_what_one_looks_for(client: TestClient, items: None) -> None:
    listed = {row["basic_code"]: row for row in rows(client, "/v1/basic-items")}

    assert list(listed) == sorted([ITEM, LICENCE, WELFARE]), "the scheduled one is not in force yet"
    assert listed[LICENCE] == {
        "basic_code": LICENCE,
        "name": "取水许可",
        "item_type": "01",
        "item_type_zh": "行政许可",
        "item_type_en": listed[LICENCE]["item_type_en"],
        "guiding_department": "水务",
        "exercise_levels": ["3", "4"],
        "service_objects": ["2", "3"],
        "parent_basic_code": None,
        "state": "1",
        "edition": 1,
        "effective_from": "2026-01-01",
    }


def test_items_are_filtered_by_type_theme_object_level_department_and_name(client: TestClient, items: None) -> None:
    assert item_codes(client, item_type="01") == [LICENCE]
    assert item_codes(client, natural_person_theme="020") == [WELFARE]
    assert item_codes(client, natural_person_theme="010") == [WELFARE, ITEM]
    assert item_codes(client, legal_person_theme="010") == [LICENCE]
    assert item_codes(client, theme="010") == [LICENCE, WELFARE, ITEM], "a theme of persons or of legal persons"
    assert item_codes(client, theme="010", natural_person_theme="020") == [WELFARE]
    assert item_codes(client, theme="099") == []
    assert item_codes(client, service_object="3") == [LICENCE]
    assert item_codes(client, service_object="1") == [WELFARE, ITEM]
    assert item_codes(client, level="6") == [WELFARE, ITEM]
    assert item_codes(client, level="3") == [LICENCE, WELFARE, ITEM]
    assert item_codes(client, level="2") == []
    assert item_codes(client, department="民政") == [WELFARE]
    assert item_codes(client, name="许可") == [LICENCE]
    assert item_codes(client, name="证", item_type="07", level="4", department="公安") == [ITEM]
    assert item_codes(client, item_type="99") == []


def test_a_name_filter_takes_every_character_as_it_stands(client: TestClient, items: None) -> None:
    assert item_codes(client, name="100%到") == [WELFARE]
    assert item_codes(client, name="取%可") == []
    assert item_codes(client, name="取_许") == []
    assert [row["basic_code"] for row in rows(client, "/v1/implementations", name="%")] == [WELFARE, WELFARE]


def test_a_filter_looks_at_the_edition_in_force(
    session: Session, client: TestClient, now: datetime, items: None
) -> None:
    publish_item(session, ITEM, item_content(name="居住登记", guiding_department="政法"), at=now, effective_from=TODAY)
    publish_item(session, WELFARE, item_content(name="急难救助"), at=now, effective_from=APRIL)
    session.commit()

    assert item_codes(client, department="公安") == []
    assert item_codes(client, department="政法") == [ITEM]
    assert item_codes(client, name="居住证") == []
    assert item_codes(client, name="临时") == [WELFARE]


def test_one_item_is_read_whole(client: TestClient, items: None) -> None:
    item = client.get(f"/v1/basic-items/{LICENCE}").json()

    assert (item["name"], item["standard"]["name"]) == ("取水许可", "取水许可")
    assert item["standard"]["materials"][0]["key"] == "id-card"
    assert item["published_at"].startswith("2025-12-20T01:00:00")
    assert client.get(f"/v1/basic-items/{SERVICE}").json()["type"] == "/problems/no-such-item"


def test_implementations_are_filtered_by_subtree_agency_item_availability_and_name(
    client: TestClient, items: None
) -> None:
    everything = places(client)

    assert len(everything) == 5
    assert sorted(places(client, region=LEAGUE)) == sorted(everything)
    assert sorted(places(client, region="152921110")) == sorted(
        [(TOWNSHIP, WELFARE), (TOWNSHIP, ITEM), (GACHA, WELFARE)]
    )
    assert places(client, region=GACHA) == [(GACHA, WELFARE)]
    assert sorted(places(client, agency=TOWNSHIP_STATION)) == sorted([(TOWNSHIP, WELFARE), (TOWNSHIP, ITEM)])
    assert sorted(places(client, basic_code=LICENCE)) == sorted([(LEAGUE, LICENCE), (BANNER, LICENCE)])
    assert places(client, availability="not_offered") == [(TOWNSHIP, ITEM)]
    assert places(client, availability="offered", region=BANNER, name="取水") == [(BANNER, LICENCE)]
    assert places(client, availability="offered_below") == []


def test_an_implementation_shows_only_what_the_agency_wrote(session: Session, client: TestClient, items: None) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", on_site_visits=0)
    session.commit()

    shown = client.get(f"/v1/implementations/{code}").json()

    written = {name: value for name, value in shown["local"].items() if value is not None and value != []}
    assert set(written) == {"availability", "on_site_visits"}
    assert (shown["name"], shown["edition"], shown["based_on_edition"]) == ("居住证申领", 1, 1)
    assert (shown["agency_name"], shown["region"]["name"]) == ("阿拉善左旗公安局", "阿拉善左旗")


def test_what_is_asked_wrongly_is_named(client: TestClient, items: None) -> None:
    nobody = "11152921DM9999999X"
    wrong = {
        "/v1/basic-items?item_type=1": (422, "invalid-request"),
        "/v1/basic-items?level=7": (422, "invalid-request"),
        "/v1/basic-items?service_object=x": (422, "invalid-request"),
        "/v1/basic-items?natural_person_theme=1": (422, "invalid-request"),
        "/v1/basic-items?department=%00": (422, "invalid-request"),
        "/v1/basic-items?name=%0B": (422, "invalid-request"),
        "/v1/basic-items?limit=0": (422, "invalid-request"),
        "/v1/basic-items?limit=501": (422, "invalid-request"),
        "/v1/basic-items?limit=many": (422, "invalid-request"),
        "/v1/basic-items?limit=": (422, "invalid-request"),
        "/v1/basic-items?after=%E9%98%BF": (422, "invalid-request"),
        "/v1/basic-items?after=" + "1" * 101: (422, "invalid-request"),
        "/v1/basic-items?after=1%0A": (422, "invalid-request"),
        "/v1/basic-items/1": (422, "invalid-request"),
        "/v1/basic-items/150709777000": (404, "no-such-item"),
        "/v1/implementations?region=152999": (404, "no-such-region"),
        f"/v1/implementations?agency={nobody}": (404, "no-such-agency"),
        "/v1/implementations?basic_code=150709777000": (404, "no-such-item"),
        "/v1/implementations?availability=perhaps": (422, "invalid-request"),
        "/v1/implementations/" + "1" * 30: (422, "invalid-request"),
        f"/v1/implementations/{nobody}4{ITEM}": (404, "no-such-implementation"),
        f"/v1/implementations/{nobody}4{ITEM}/check": (405, "method-not-allowed"),
        "/v1/nothing": (404, "not-found"),
        "/problems/no-such-problem-type": (404, "no-such-problem"),
    }

    answers = {url: client.get(url) for url in wrong}

    assert {url: (each.status_code, each.json()["type"]) for url, each in answers.items()} == {
        url: (status, f"/problems/{name}") for url, (status, name) in wrong.items()
    }
    for answer in answers.values():
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == "zh-CN"
        assert problem["status"] == answer.status_code
        assert problem["title"]
        assert problem["detail"]
        assert (problem["type"] == "/problems/invalid-request") == bool(problem.get("errors"))


@pytest.mark.parametrize("path", [
    "/v1/regions", "/v1/regions/152921/children", "/v1/agencies", f"/v1/agencies/{BANNER_BUREAU}/duties",
    "/v1/basic-items", f"/v1/basic-items/{ITEM}/coverage", "/v1/implementations",
])  # fmt: skip
def test_a_filter_that_does_not_exist_is_refused_by_name(client: TestClient, path: str) -> None:
    answer = client.get(path, params={"limit": "1", "nmae": "证", "a/b": "1"})

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/query/nmae", "/query/a~1b"]
    assert client.get(path, params={"limit": "1"}).status_code == 200


def test_every_fault_of_a_query_is_named_at_once(client: TestClient) -> None:
    answer = client.get("/v1/basic-items", params={"limit": "0", "level": "9", "after": "！"}).json()

    assert {error["pointer"] for error in answer["errors"]} == {"/query/limit", "/query/level", "/query/after"}


def test_an_error_speaks_the_language_of_its_reader(client: TestClient) -> None:
    def told(language: str) -> tuple[str, str]:
        answer = client.get("/v1/regions/152999", headers={"accept-language": language})
        assert "accept-language" in answer.headers["vary"].lower()
        return answer.headers["content-language"], answer.json()["title"]

    chinese, english = ("zh-CN", "没有这个区划"), ("en", "No such region")
    assert told("") == told("zh-CN,zh;q=0.9,en;q=0.8") == told("mn") == told("*") == chinese
    assert told("en") == told("en-GB,en;q=0.9,zh;q=0.5") == told("EN") == english


def test_an_error_minds_how_much_its_reader_likes_a_language(client: TestClient) -> None:
    asked = {"en;q=0.5, zh;q=0.9": "zh-CN", "zh;q=0, en": "en", "en;q=0, zh": "zh-CN", "ven, sl": "zh-CN"}

    told = {language: client.get("/v1/regions/152999", headers={"accept-language": language}) for language in asked}

    assert {language: answer.headers["content-language"] for language, answer in told.items()} == asked


def test_every_problem_type_that_is_answered_is_explained(client: TestClient) -> None:
    for url in ("/v1/regions/152999", "/v1/guides/1", "/v1/basic-items?limit=0", "/v1/agencies/" + "1" * 18):
        problem = client.get(url).json()
        kind = client.get(problem["type"]).json()

        assert (kind["type"], kind["status"], kind["title_zh"]) == (
            problem["type"],
            problem["status"],
            problem["title"],
        )


def test_a_method_that_is_not_there_is_refused_with_those_that_are(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = client.request(method, f"/v1/basic-items/{ITEM}")

        assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")
        assert answer.headers["allow"] == "GET"


def test_a_database_that_is_away_is_said_to_be_away(tmp_path: Path, server: Any) -> None:
    away = f"sqlite:///{tmp_path}/empty.db" if server.kind == "sqlite" else address_of("catalog_nowhere")
    with TestClient(create_app(Settings(database_url=away))) as client:
        for url in ("/v1/regions", "/v1/guides/" + BANNER_BUREAU + "4" + ITEM, "/v1/codes/" + ITEM):
            answer = client.get(url)

            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/database-unavailable")
            assert answer.headers["retry-after"] == "5"


LISTS = (
    ("/v1/regions", "code"),
    ("/v1/regions/152921/children", "code"),
    ("/v1/agencies", "code"),
    ("/v1/basic-items", "basic_code"),
    ("/v1/implementations", "implementation_code"),
    (f"/v1/basic-items/{ITEM}/coverage", "region"),
    ("/v1/agencies/{busiest}/duties", "implementation_code"),
)


def test_every_row_of_every_list_is_met_once_whatever_the_page(seeded: TestClient) -> None:
    busiest = rows(seeded, "/v1/implementations", limit=1)[0]["agency_code"]
    for path, key in LISTS:
        url = path.format(busiest=busiest)
        whole = [row[key] for page in walk(seeded, f"{url}?limit=500") for row in page]
        for limit in (29, max(1, len(whole)), len(whole) + 1):
            if limit <= 500:
                pages = list(walk(seeded, f"{url}?limit={limit}"))
                assert [row[key] for page in pages for row in page] == whole, (url, limit)
                assert all(len(page) == limit for page in pages[:-1])

        named = [str(key) for key in whole]
        assert len(set(named)) == len(named) > 0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 40), level=st.sampled_from(["league", "banner", "township", "village"]))
def test_a_filtered_walk_keeps_its_filter_on_every_page(seeded: TestClient, limit: int, level: str) -> None:
    pages = list(walk(seeded, f"/v1/regions?level={level}&limit={limit}"))

    met = [row["code"] for page in pages for row in page]
    assert {row["level"] for page in pages for row in page} == {level}
    assert len(met) == len(set(met)) == {"league": 1, "banner": 4, "township": 39, "village": 264}[level]


def test_the_next_page_keeps_chinese_filters(client: TestClient) -> None:
    first = client.get("/v1/regions", params={"name": "嘎查", "limit": 1}).json()
    second = client.get(first["next"]).json()

    assert [row["name"] for page in (first, second) for row in page["items"]] == ["巴彦霍德嘎查", "格日勒图嘎查"]
    assert second["next"] is None


def test_a_walk_may_begin_behind_a_key_that_does_not_exist(client: TestClient) -> None:
    assert [row["code"] for row in rows(client, "/v1/regions", after="152921110200")] == [GACHA, "152921110202"]
    assert rows(client, "/v1/regions", after="Z") == []


def test_the_regions_of_the_seeds_are_those_of_the_file(seeded: TestClient) -> None:
    lines = (SEED_DATA / "regions.csv").read_text(encoding="utf-8").splitlines()[1:]

    assert len([row for page in walk(seeded, "/v1/regions?limit=100") for row in page]) == len(lines)
