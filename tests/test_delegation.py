"""Moving the exercise of an item: delegation to lower regions, taking over, transfer to another body."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
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
    item_content,
    publish_item,
    publish_local,
)
from offices import Offices, name_of, open_offices, paper
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.basic_items import editing
from service_catalog.implementations import claiming
from service_catalog.regions.mapping import add_region
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel

if TYPE_CHECKING:
    from conftest import Clock

UPPER = LEAGUE_BUREAU + "3" + ITEM
LOWER = BANNER_BUREAU + "4" + ITEM
DOCUMENT = "阿署发〔2026〕8号"
OTHER_BANNER = "152922000000"


@pytest.fixture
def offices(session: Session, client: TestClient, now: datetime) -> Offices:
    return open_offices(session, client, now)


def delegation(**changes: Any) -> dict[str, Any]:
    return paper("2026-04-01") | {"from_level": "3", "to_level": "4", "regions": [BANNER], "upper_ends": True} | changes


def delegate(offices: Offices, **changes: Any) -> Any:
    return offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/delegation", delegation(**changes))


def take_over(offices: Offices, **changes: Any) -> Any:
    body = {"agency_code": BANNER_BUREAU, "exercise_level": "4", "basic_code": ITEM, "document_number": DOCUMENT}
    return offices.banner_editor("POST", "/v1/take-overs", body | changes)


def add_banner(session: Session, now: datetime) -> None:
    region = Region(
        code=OTHER_BANNER, name="阿拉善右旗", level=RegionLevel.BANNER, kind=RegionKind.DIVISION, parent_code=LEAGUE
    )
    add_region(session, region, by=EDITOR, at=now)
    session.commit()


def test_what_is_delegated_ends_above_and_goes_on_below_under_a_new_code(
    session: Session, client: TestClient, clock: "Clock", offices: Offices
) -> None:
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()

    made = delegate(offices)

    assert made.status_code == 201, made.text
    assert (made.json()["ends"], made.json()["goes_on"]) == ([UPPER], [])
    taken = take_over(offices)
    assert (taken.status_code, taken.json()["implementation_code"]) == (201, LOWER), taken.text
    draft = f"/v1/implementations/{LOWER}/draft"
    written = offices.banner_editor("PUT", draft, {"availability": {"status": "offered"}})
    assert written.json()["content"]["power_source"] == "2"
    offices.banner_editor("POST", f"{draft}/submission")
    offices.banner_reviewer("POST", f"{draft}/approval", {})
    offices.banner_publisher("POST", f"{draft}/publication", {"effective_from": "2026-04-01"})

    assert client.get(f"/v1/guides/{UPPER}").json()["code"] == UPPER
    clock.at = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    followed = client.get(f"/v1/guides/{UPPER}").json()
    assert (followed["code"], followed["alias"]["document_number"]) == (LOWER, DOCUMENT)
    assert followed["power_source"]["code"] == "2"
    assert client.get(f"/v1/guides?basic_code={ITEM}&region={GACHA}").json()["code"] == LOWER


def test_an_upper_body_goes_on_while_some_region_below_it_was_not_named(
    session: Session, offices: Offices, now: datetime
) -> None:
    add_banner(session, now)
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()

    made = delegate(offices).json()

    assert (made["ends"], made["goes_on"]) == ([], [UPPER])


@pytest.mark.parametrize("later", ["2026-04-01", "2026-03-20"])
def test_two_papers_that_together_name_every_region_end_the_upper_body(
    session: Session, client: TestClient, clock: "Clock", offices: Offices, now: datetime, later: str
) -> None:
    add_banner(session, now)
    second = add_agency(session, credit_code(OTHER_BANNER, 900010), OTHER_BANNER, "阿拉善右旗公安局")
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()
    delegate(offices)
    take_over(offices)

    ended = delegate(offices, regions=[OTHER_BANNER], document_number="九号", effective_on=later)
    body = {"agency_code": second, "exercise_level": "4", "basic_code": ITEM, "document_number": "九号"}
    taken = offices.league_editor("POST", "/v1/take-overs", body)

    assert ended.json()["ends"] == [UPPER], ended.text
    assert taken.status_code == 201
    clock.at = datetime(2026, 3, 31, 1, 0, tzinfo=UTC)
    assert client.get(f"/v1/guides/{UPPER}").status_code == 200, "it goes on until the last of the papers takes effect"
    clock.at = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    assert set(client.get(f"/v1/guides/{UPPER}").json()["successors"]) == {LOWER, f"{second}4{ITEM}"}


def test_a_region_that_took_over_before_counts_when_the_rest_is_named(
    session: Session, offices: Offices, now: datetime
) -> None:
    add_banner(session, now)
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()
    delegate(offices, upper_ends=False)
    take_over(offices)

    made = delegate(offices, regions=[OTHER_BANNER], document_number="九号").json()

    assert made["ends"] == [UPPER]


def test_what_is_delegated_to_a_region_is_not_delegated_to_it_again(
    session: Session, offices: Offices, now: datetime
) -> None:
    add_banner(session, now)
    session.commit()
    delegate(offices)

    again = delegate(offices)
    wider = delegate(offices, regions=[BANNER, OTHER_BANNER], document_number="九号")

    assert [(answer.status_code, name_of(answer)) for answer in (again, wider)] == [(409, "delegated-already")] * 2
    assert wider.json()["regions"] == [BANNER]
    assert delegate(offices, regions=[OTHER_BANNER], document_number="九号").status_code == 201


def test_what_was_taken_over_and_has_ended_may_be_delegated_again(
    session: Session, offices: Offices, now: datetime
) -> None:
    delegate(offices)
    take_over(offices)
    claiming.cancel(session, LOWER, decision(now.date()), by=REVIEWER, at=now)
    session.commit()

    assert delegate(offices, document_number="九号").status_code == 201


def test_the_history_of_an_upper_body_tells_the_delegation_that_ended_it(
    session: Session, client: TestClient, offices: Offices
) -> None:
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()
    delegate(offices)

    acts = [line for line in client.get(f"/v1/implementations/{UPPER}/history").json() if line["what"] == "act"]

    assert [(act["kind"], act["document_number"], act["reason"]) for act in acts] == [
        ("delegate", DOCUMENT, "依法调整")
    ]


def test_an_upper_body_that_is_to_go_on_goes_on(session: Session, offices: Offices) -> None:
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()

    made = delegate(offices, upper_ends=False).json()

    assert (made["ends"], made["goes_on"]) == ([], [])


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no document": ({"document_number": " "}, "act-needs-document"),
    "past": ({"effective_on": "2026-03-09"}, "act-back-dated"),
    "upwards": ({"from_level": "4", "to_level": "3", "regions": [LEAGUE]}, "invalid-request"),
    "a level that the standard does not know": ({"to_level": "6", "regions": [GACHA]}, "level-not-in-standard"),
    "a level without delegated power": ({"to_level": "5", "regions": [TOWNSHIP]}, "delegation-not-in-standard"),
    "a region of another level": ({"regions": [BANNER, TOWNSHIP]}, "invalid-request"),
    "no region": ({"regions": []}, "invalid-request"),
    "an unknown region": ({"regions": ["152999000000"]}, "invalid-request"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_delegation_that_the_law_does_not_carry_is_refused(session: Session, offices: Offices, what: str) -> None:
    content = item_content(
        exercise_levels=["3", "4", "5"], power_sources_by_level={"3": ["1"], "4": ["1", "2"], "5": ["5"]}
    )
    publish_item(session, ITEM, content, at=datetime(2026, 3, 9, tzinfo=UTC), effective_from=date(2026, 3, 9))
    session.commit()
    changes, name = WRONG[what]

    answer = delegate(offices, **changes)

    assert (answer.status_code, name_of(answer)) == (422, name), answer.text


def test_only_the_office_of_the_league_delegates(offices: Offices) -> None:
    for office in (offices.banner_publisher, offices.league_editor, offices.league_reviewer):
        assert office("POST", f"/v1/basic-items/{ITEM}/delegation", delegation()).status_code == 403


def test_what_nobody_delegated_here_cannot_be_taken_over(offices: Offices) -> None:
    before = take_over(offices)
    delegate(offices)

    assert (before.status_code, name_of(before)) == (404, "no-such-delegation")
    assert name_of(take_over(offices, document_number="别的文号")) == "no-such-delegation"
    below = {"agency_code": TOWNSHIP_STATION, "exercise_level": "5", "basic_code": ITEM, "document_number": DOCUMENT}
    assert name_of(offices.league_editor("POST", "/v1/take-overs", below)) == "no-such-delegation"
    assert take_over(offices).status_code == 201
    assert name_of(take_over(offices)) == "already-claimed"


def test_what_was_taken_over_is_delegated_power_and_nothing_else(offices: Offices) -> None:
    delegate(offices)
    take_over(offices)
    own = {"availability": {"status": "offered"}, "power_source": "1"}

    refused = offices.banner_editor("PUT", f"/v1/implementations/{LOWER}/draft", own)

    assert (refused.status_code, name_of(refused)) == (422, "delegated-power-only")


def test_delegated_to_several_banners_the_upper_code_leads_to_all_of_them(
    session: Session, client: TestClient, clock: "Clock", offices: Offices, now: datetime
) -> None:
    add_banner(session, now)
    second = add_agency(session, credit_code(OTHER_BANNER, 900010), OTHER_BANNER, "阿拉善右旗公安局")
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()
    delegate(offices, regions=[BANNER, OTHER_BANNER])
    take_over(offices)
    body = {"agency_code": second, "exercise_level": "4", "basic_code": ITEM, "document_number": DOCUMENT}
    offices.league_editor("POST", "/v1/take-overs", body)

    clock.at = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    answer = client.get(f"/v1/guides/{UPPER}")

    assert answer.status_code == 300
    assert set(answer.json()["successors"]) == {LOWER, f"{second}4{ITEM}"}


def test_a_transfer_gives_the_local_part_to_another_body_under_its_own_code(
    session: Session, client: TestClient, clock: "Clock", offices: Offices
) -> None:
    successor = add_agency(session, credit_code(BANNER, 900011), BANNER, "阿拉善左旗政务服务局")
    old = publish_local(session, BANNER_BUREAU, "4", on_site_visits=0)
    session.commit()
    body = paper("2026-04-01") | {"to_agency": successor}

    moved = offices.league_publisher("POST", f"/v1/implementations/{old}/transfer", body)

    assert moved.status_code == 201, moved.text
    new = moved.json()["implementation_code"]
    assert client.get(f"/v1/guides/{old}").json()["code"] == old
    clock.at = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    guide = client.get(f"/v1/guides/{old}").json()
    assert (guide["code"], guide["on_site_visits"], guide["agency"]["code"]) == (new, 0, successor)
    assert client.get(f"/v1/guides?basic_code={ITEM}&region={GACHA}").json()["code"] == new
    assert "code_retired" in client.get(f"/v1/codes/{old}").json()["findings"]
    again = offices.league_publisher(
        "POST", f"/v1/implementations/{old}/transfer", paper("2026-04-02") | {"to_agency": successor}
    )
    assert name_of(again) == "already-cancelled"


def test_a_transferred_part_serves_the_area_it_served_before(
    session: Session, client: TestClient, clock: "Clock", offices: Offices, now: datetime
) -> None:
    add_banner(session, now)
    successor = add_agency(session, credit_code(OTHER_BANNER, 900011), OTHER_BANNER, "阿拉善右旗政务服务局")
    old = publish_local(session, BANNER_BUREAU, "4", service_area=[GACHA])
    session.commit()
    body = paper("2026-04-01") | {"to_agency": successor}

    moved = offices.league_publisher("POST", f"/v1/implementations/{old}/transfer", body)

    new = moved.json()["implementation_code"]
    clock.at = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    assert client.get(f"/v1/guides?basic_code={ITEM}&region={GACHA}").json()["code"] == new


def test_a_part_with_a_later_edition_on_its_way_is_not_transferred(
    session: Session, offices: Offices, now: datetime
) -> None:
    successor = add_agency(session, credit_code(BANNER, 900011), BANNER, "阿拉善左旗政务服务局")
    old = publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=date(2026, 5, 1), on_site_visits=0)
    session.commit()
    address, body = f"/v1/implementations/{old}/transfer", paper("2026-04-01") | {"to_agency": successor}

    refused = offices.league_publisher("POST", address, body)
    claiming.withdraw(session, old, by=REVIEWER, at=now)
    session.commit()

    assert (refused.status_code, name_of(refused), refused.json()["edition"]) == (409, "later-edition-scheduled", 2)
    assert offices.league_publisher("POST", address, body).status_code == 201


def test_only_what_is_in_force_is_transferred(session: Session, offices: Offices, now: datetime) -> None:
    claiming.claim(session, agency_code=BANNER_BUREAU, exercise_level="4", basic_code=ITEM, by=EDITOR, at=now)
    session.commit()
    address = f"/v1/implementations/{LOWER}/transfer"
    body = paper("2026-04-01") | {"to_agency": LEAGUE_BUREAU}

    assert name_of(offices.league_publisher("POST", address, body)) == "nothing-to-transfer"
    assert offices.banner_publisher("POST", address, body).status_code == 403
    assert name_of(offices.league_publisher("POST", address, body | {"document_number": " "})) == "act-needs-document"


def test_a_transferred_part_is_held_against_the_standard_once_more(
    session: Session, offices: Offices, now: datetime
) -> None:
    old = publish_local(session, BANNER_BUREAU, "4", channels=["1", "2"])
    wider = item_content(channels=["1", "2", "3"])
    editing.draft(session, ITEM, wider, by=EDITOR, at=now)
    editing.submit(session, ITEM, by=EDITOR, at=now)
    editing.approve(session, ITEM, by=REVIEWER, at=now)
    editing.publish(session, ITEM, by=REVIEWER, at=now)
    session.commit()

    refused = offices.league_publisher(
        "POST", f"/v1/implementations/{old}/transfer", paper("2026-04-01") | {"to_agency": LEAGUE_BUREAU}
    )

    assert name_of(refused) == "local-refused"
