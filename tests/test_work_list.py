"""The work list: what waits for somebody, and empties by being done."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    ITEM,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP,
    TOWNSHIP_STATION,
    decision,
    item_content,
    item_plain,
    publish_item,
    publish_local,
)
from offices import Office, Offices, name_of, open_offices, paper
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.basic_items import editing
from service_catalog.implementations import claiming

if TYPE_CHECKING:
    from conftest import Clock

CODE = BANNER_BUREAU + "4" + ITEM
DRAFT, LOCAL = f"/v1/basic-items/{ITEM}/draft", f"/v1/implementations/{CODE}/draft"


@pytest.fixture
def offices(session: Session, client: TestClient, now: datetime) -> Offices:
    return open_offices(session, client, now)


def waits(office: Office, kind: str) -> list[str]:
    answer = office("GET", f"/v1/work-list/{kind}")
    assert answer.status_code == 200, answer.text
    return [line["code"] for line in answer.json()["items"]]


def test_a_standard_waits_for_the_one_whose_turn_it_is(offices: Offices) -> None:
    editor, reviewer, publisher = offices.league_editor, offices.league_reviewer, offices.league_publisher
    seen = editor("PUT", DRAFT, item_plain()).headers["etag"]
    editor("POST", f"{DRAFT}/submission")
    to_review = waits(reviewer, "review_standard")
    reviewer("POST", f"{DRAFT}/return", {"opinion": "请补充"})
    to_mend = waits(editor, "mend_standard")
    editor("PUT", DRAFT, item_plain(), seen=editor("GET", DRAFT).headers["etag"])
    editor("POST", f"{DRAFT}/submission")
    reviewer("POST", f"{DRAFT}/approval", {})
    to_publish = waits(publisher, "publish_standard")
    publisher("POST", f"{DRAFT}/publication", {})

    assert (to_review, to_mend, to_publish) == ([ITEM], [ITEM], [ITEM])
    assert seen
    for office, kind in ((reviewer, "review_standard"), (editor, "mend_standard"), (publisher, "publish_standard")):
        assert waits(office, kind) == []


def test_a_local_part_waits_for_the_office_of_its_region_only(
    session: Session, client: TestClient, now: datetime, offices: Offices
) -> None:
    body = {"agency_code": BANNER_BUREAU, "exercise_level": "4", "basic_code": ITEM}
    offices.banner_editor("POST", "/v1/implementations", body)
    offices.banner_editor("PUT", LOCAL, {"availability": {"status": "offered"}})
    offices.banner_editor("POST", f"{LOCAL}/submission")

    assert waits(offices.banner_reviewer, "review_local") == [CODE]
    assert waits(offices.league_reviewer, "review_local") == [CODE]
    assert waits(offices.banner_publisher, "review_local") == []
    assert waits(offices.banner_editor, "review_local") == []
    line = offices.banner_reviewer("GET", "/v1/work-list/review_local").json()["items"][0]
    assert (line["name"], line["agency_code"], line["region_code"]) == ("居住证申领", BANNER_BUREAU, BANNER)


def test_an_agency_takes_note_of_a_standard_that_changes(session: Session, offices: Offices, now: datetime) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()
    before = waits(offices.banner_editor, "acknowledge")
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=date(2026, 4, 9))
    session.commit()

    announced = offices.banner_editor("GET", "/v1/work-list/acknowledge").json()["items"]
    note = {"agency_code": BANNER_BUREAU, "basic_code": ITEM, "edition": 2}
    taken, again = (offices.banner_editor("POST", "/v1/acknowledgements", note) for _ in range(2))

    assert before == []
    assert [(line["code"], line["edition"], line["due_on"]) for line in announced] == [(CODE, 2, "2026-04-09")]
    assert (taken.status_code, name_of(again)) == (201, "already-acknowledged")
    assert waits(offices.banner_editor, "acknowledge") == []
    assert waits(offices.league_editor, "acknowledge") == [LEAGUE_BUREAU + "3" + ITEM]
    other = offices.banner_editor("POST", "/v1/acknowledgements", note | {"agency_code": LEAGUE_BUREAU})
    assert other.status_code == 403
    none = offices.banner_editor("POST", "/v1/acknowledgements", note | {"edition": 9})
    assert name_of(none) == "no-such-published-edition"
    stranger = offices.league_editor("POST", "/v1/acknowledgements", note | {"agency_code": TOWNSHIP_STATION})
    assert name_of(stranger) == "not-implemented-here"


def test_a_local_part_that_was_checked_against_the_new_standard_needs_no_note(
    session: Session, offices: Offices, now: datetime
) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=date(2026, 3, 10))
    claiming.draft(session, CODE, {"availability": {"status": "offered"}}, by=EDITOR, at=now)
    claiming.submit(session, CODE, by=EDITOR, at=now)
    claiming.approve(session, CODE, by=REVIEWER, at=now)
    claiming.publish(session, CODE, by=REVIEWER, at=now)
    session.commit()

    assert waits(offices.banner_editor, "acknowledge") == []


def test_what_was_delegated_waits_until_somebody_takes_it_over(offices: Offices) -> None:
    body = paper("2026-04-01") | {"from_level": "3", "to_level": "4", "regions": [BANNER], "upper_ends": False}
    offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/delegation", body)
    waiting = offices.banner_editor("GET", "/v1/work-list/take_over").json()["items"]
    claim = {"agency_code": BANNER_BUREAU, "exercise_level": "4", "basic_code": ITEM}

    offices.banner_editor("POST", "/v1/take-overs", claim | {"document_number": "阿署发〔2026〕8号"})

    assert [(line["code"], line["region_code"], line["due_on"], line["document_number"]) for line in waiting] == [
        (ITEM, BANNER, "2026-04-01", "阿署发〔2026〕8号")
    ]
    assert waits(offices.banner_editor, "take_over") == []


def test_what_two_papers_delegate_is_walked_without_losing_either(
    session: Session, offices: Offices, now: datetime
) -> None:
    powers = {"3": ["1"], "4": ["1", "2"], "5": ["1", "2"], "6": ["5"]}
    publish_item(session, ITEM, item_content(power_sources_by_level=powers), at=now, effective_from=now.date())
    session.commit()
    for number, level in (("八号", "3"), ("九号", "4")):
        body = paper("2026-04-01", number) | {"to_level": "5", "regions": [TOWNSHIP], "upper_ends": False}
        made = offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/delegation", body | {"from_level": level})
        assert made.status_code == 201, made.text

    seen, address = [], "/v1/work-list/take_over?limit=1"
    while address:
        page = offices.league_editor("GET", address).json()
        seen += [line["document_number"] for line in page["items"]]
        address = page["next"]

    assert seen == ["八号", "九号"]


def test_an_announced_standard_that_was_withdrawn_is_not_taken_note_of(
    session: Session, offices: Offices, now: datetime
) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=date(2026, 4, 9))
    editing.withdraw(session, ITEM, by=REVIEWER, at=now)
    session.commit()

    note = {"agency_code": BANNER_BUREAU, "basic_code": ITEM, "edition": 2}
    refused = offices.banner_editor("POST", "/v1/acknowledgements", note)

    assert (refused.status_code, name_of(refused)) == (404, "no-such-published-edition")


@pytest.mark.parametrize("how", ["the standard ends before", "the item is cancelled", "it is itself cancelled"])
def test_what_can_no_longer_take_effect_is_said_before_the_day(
    session: Session, offices: Offices, now: datetime, how: str
) -> None:
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=date(2026, 5, 1))
    session.commit()
    before = waits(offices.banner_editor, "cannot_take_effect")
    if how == "the item is cancelled":
        editing.cancel(session, ITEM, decision(date(2026, 4, 1)), by=REVIEWER, at=now)
    elif how == "it is itself cancelled":
        claiming.cancel(session, CODE, decision(date(2026, 4, 1)), by=REVIEWER, at=now)
    else:
        content = item_content()
        editing.draft(session, ITEM, content, by=EDITOR, at=now)
        editing.submit(session, ITEM, by=EDITOR, at=now)
        editing.approve(session, ITEM, by=REVIEWER, at=now)
        editing.publish(
            session, ITEM, effective_from=date(2026, 3, 10), effective_until=date(2026, 4, 1), by=REVIEWER, at=now
        )
    session.commit()

    after = waits(offices.banner_editor, "cannot_take_effect")

    assert (before, after) == ([], [CODE])


def test_the_counts_are_those_of_the_lists(session: Session, offices: Offices) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, TOWNSHIP_STATION, "5", power_source="5", entrusting_agency="公安局")
    session.commit()
    offices.league_editor("PUT", DRAFT, item_plain())
    offices.league_editor("POST", f"{DRAFT}/submission")

    counted = {row["kind"]: row["count"] for row in offices.league_reviewer("GET", "/v1/work-list").json()}

    assert counted["review_standard"] == 1
    assert {kind: len(waits(offices.league_reviewer, kind)) for kind in counted} == counted


def test_the_work_list_is_walked_like_every_list(session: Session, offices: Offices, now: datetime) -> None:
    for agency, level in ((BANNER_BUREAU, "4"), (LEAGUE_BUREAU, "3")):
        publish_local(session, agency, level)
    for day in (11, 12):
        publish_item(
            session, ITEM, item_content(), at=datetime(2026, 3, day, tzinfo=UTC), effective_from=date(2026, 3, day)
        )
    session.commit()

    seen, address = [], "/v1/work-list/acknowledge?limit=1"
    while address:
        page = offices.league_editor("GET", address).json()
        seen += [(line["code"], line["edition"]) for line in page["items"]]
        address = page["next"]

    assert len(seen) == len(set(seen)) == 4


def test_nobody_without_a_credential_has_a_work_list(client: TestClient, clock: "Clock") -> None:
    assert client.get("/v1/work-list").status_code == 401
    assert client.get("/v1/work-list/review_local").status_code == 401
