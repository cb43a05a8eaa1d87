"""Registering agencies, their dated facts, and GET /v1/agencies."""

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
    TOWNSHIP,
    TOWNSHIP_STATION,
    agency_facts,
    credit_code,
    publish_local,
)
from pydantic import ValidationError
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.agencies import register
from service_catalog.agencies.tables import Agency, AgencyKind
from service_catalog.coding.judging import PROFILE_VECTORS
from service_catalog.kernel.errors import CatalogError
from service_catalog.regions.mapping import NoSuchRegion

if TYPE_CHECKING:
    from conftest import Clock

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)
NEW = credit_code(BANNER, 900020)
PLACEHOLDER = "TE152921ABC1234560"


def enrol(session: Session, at: datetime, code: str = NEW, **changes: Any) -> Agency:
    row: dict[str, Any] = {
        "kind": AgencyKind.ORGAN, "nature": "1", "region_code": BANNER, "parent_code": None,
        "facts": agency_facts("阿拉善左旗民政局"), "effective_from": TODAY, "rules": PROFILE_VECTORS,
    }  # fmt: skip
    return register.register_agency(session, code=code, by=EDITOR, at=at, **row | changes)


def state(session: Session, name: str, effective_from: date, at: datetime, **facts: Any) -> None:
    bureau = register.find_agency(session, BANNER_BUREAU)
    said = agency_facts(name, **facts)
    register.state_facts(session, bureau, said, effective_from=effective_from, by=EDITOR, at=at)


def codes(client: TestClient, **query: Any) -> set[str]:
    answer = client.get("/v1/agencies", params=query)
    assert answer.status_code == 200, answer.json()
    return {row["code"] for row in answer.json()["items"]}


def test_an_agency_says_where_it_sits_and_how_to_reach_it(client: TestClient) -> None:
    agency = client.get(f"/v1/agencies/{BANNER_BUREAU}").json()

    assert (agency["name"], agency["kind"], agency["nature"]) == ("阿拉善左旗公安局", "organ", "1")
    assert agency["region"] == {"code": BANNER, "name": "阿拉善左旗", "level": "banner"}
    assert agency["facts"]["service_locations"][0]["phone"] == "0483-8300001"
    assert agency["demonstration_code"] is False


def test_agencies_are_filtered_by_region_level_kind_parent_and_name(
    session: Session, client: TestClient, now: datetime
) -> None:
    enrol(session, now, kind=AgencyKind.INSTITUTION, parent_code=LEAGUE_BUREAU)
    session.commit()
    everybody = {LEAGUE_BUREAU, BANNER_BUREAU, TOWNSHIP_STATION, GACHA_COMMITTEE, NEW}

    assert codes(client) == everybody
    assert codes(client, region=LEAGUE) == everybody
    assert codes(client, region="152921110") == {TOWNSHIP_STATION, GACHA_COMMITTEE}
    assert codes(client, region=TOWNSHIP, level="village") == {GACHA_COMMITTEE}
    assert codes(client, level="banner") == {BANNER_BUREAU, NEW}
    assert codes(client, kind="institution") == {NEW}
    assert codes(client, parent=LEAGUE_BUREAU) == {NEW}
    assert codes(client, name="公安局") == {LEAGUE_BUREAU, BANNER_BUREAU}
    assert codes(client, name="%") == set()
    assert codes(client, kind="zone_committee") == set()


def test_what_is_asked_wrongly_is_named(client: TestClient) -> None:
    wrong = {
        f"/v1/agencies/{NEW}": (404, "no-such-agency"),
        f"/v1/agencies/{NEW}/duties": (404, "no-such-agency"),
        "/v1/agencies/123": (422, "invalid-request"),
        f"/v1/agencies/{NEW.lower()}": (422, "invalid-request"),
        "/v1/agencies?region=152999": (404, "no-such-region"),
        "/v1/agencies?kind=club": (422, "invalid-request"),
        "/v1/agencies?parent=%00": (422, "invalid-request"),
        "/v1/agencies?name=a%07b": (422, "invalid-request"),
    }

    answers = {url: client.get(url) for url in wrong}

    assert {url: (each.status_code, each.json()["type"]) for url, each in answers.items()} == {
        url: (status, f"/problems/{name}") for url, (status, name) in wrong.items()
    }


def test_a_body_without_a_credit_code_is_registered_by_a_declared_placeholder(session: Session, now: datetime) -> None:
    assert enrol(session, now, PLACEHOLDER).code == PLACEHOLDER


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        (NEW[:17] + ("0" if NEW[17] != "0" else "1"), ["agency_check_digit"]),
        (NEW[:16] + "I" + NEW[17], ["agency_charset"]),
        ("ZZ" + PLACEHOLDER[2:], ["agency_charset"]),
        (NEW[:17], None),
        (NEW + "0", None),
        (NEW.lower(), None),
        ("", None),
    ],
    ids=["check digit", "letter I", "undeclared scheme", "short", "long", "lower case", "empty"],
)
def test_a_wrong_code_is_refused_with_what_is_wrong(
    session: Session, now: datetime, code: str, finding: list[str] | None
) -> None:
    with pytest.raises(register.AgencyCodeWrong) as refused:
        enrol(session, now, code)

    assert finding is None or refused.value.facts["findings"] == finding
    assert session.get(Agency, code) is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": BANNER_BUREAU}, register.AgencyCodeTaken),
        ({"region_code": "152999000000"}, NoSuchRegion),
        ({"parent_code": credit_code(BANNER, 900030)}, register.NoSuchAgency),
        ({"parent_code": NEW}, register.NoSuchAgency),
    ],
    ids=["taken", "no region", "no parent", "its own parent"],
)
def test_an_agency_that_does_not_fit_is_refused_by_name(
    session: Session, now: datetime, changes: dict[str, Any], error: type[CatalogError]
) -> None:
    with pytest.raises(error):
        enrol(session, now, **changes)


def test_facts_are_read_as_of_a_day_and_the_list_shows_the_latest(
    session: Session, client: TestClient, now: datetime
) -> None:
    state(session, "阿左旗公安局", TODAY, now)
    state(session, "阿拉善左旗公安局（新）", APRIL, now)
    session.commit()

    on = {day: register.facts_on(session, BANNER_BUREAU, day) for day in (date(2026, 3, 9), TODAY, APRIL)}

    assert [edition.facts.name for edition in on.values() if edition] == [
        "阿拉善左旗公安局",
        "阿左旗公安局",
        "阿拉善左旗公安局（新）",
    ]
    assert client.get(f"/v1/agencies/{BANNER_BUREAU}").json()["facts"]["name"] == "阿左旗公安局"


def test_a_name_that_is_announced_does_not_show_before_its_day(
    session: Session, client: TestClient, now: datetime
) -> None:
    state(session, "阿拉善左旗公安局（新）", APRIL, now)
    session.commit()

    assert client.get(f"/v1/agencies/{BANNER_BUREAU}").json()["name"] == "阿拉善左旗公安局"


def test_a_name_that_was_announced_reaches_every_list_on_its_day(
    session: Session, client: TestClient, clock: "Clock", now: datetime
) -> None:
    new = "阿拉善左旗公安和移民局"
    code = publish_local(session, BANNER_BUREAU, "4")
    state(session, new, APRIL, now)
    session.commit()

    def shown() -> list[str]:
        [agency] = client.get("/v1/agencies?level=banner").json()["items"]
        [line] = client.get("/v1/implementations").json()["items"]
        nearest = client.get("/v1/guides", params={"basic_code": ITEM, "region": BANNER}).json()["nearest"]
        detail = client.get(f"/v1/implementations/{code}").json()
        return [agency["name"], line["agency_name"], detail["agency_name"], nearest["walk"][-1]["agency_name"]]

    before, found_before = shown(), codes(client, name="移民")
    clock.at = datetime(2026, 3, 31, 16, tzinfo=UTC)

    assert (before, found_before) == (["阿拉善左旗公安局"] * 4, set())
    assert (shown(), codes(client, name="移民")) == ([new] * 4, {BANNER_BUREAU})
    assert codes(client, name="左旗公安局") == set(), "its old name is no longer looked for"


def test_facts_of_an_earlier_day_that_are_stated_late_do_not_bring_an_old_name_back(
    session: Session, client: TestClient, now: datetime
) -> None:
    state(session, "阿左旗公安局", TODAY, now)
    state(session, "阿拉善左旗公安处", date(2026, 2, 1), now)
    session.commit()

    assert register.find_agency(session, BANNER_BUREAU).name == "阿左旗公安局"
    assert [row["name"] for row in client.get("/v1/agencies?level=banner").json()["items"]] == ["阿左旗公安局"]


def test_nothing_is_known_of_an_agency_before_its_first_day(session: Session) -> None:
    assert register.facts_on(session, BANNER_BUREAU, date(2025, 12, 19)) is None


def test_complaints_go_elsewhere_than_questions(now: datetime) -> None:
    same = [{"way": "telephone", "value": "12345"}]

    with pytest.raises(ValidationError, match="complaint_channels"):
        agency_facts(consultation_channels=same, complaint_channels=same)


def test_a_committee_sits_in_its_gacha(client: TestClient) -> None:
    assert client.get(f"/v1/agencies/{GACHA_COMMITTEE}").json()["region_code"] == GACHA
