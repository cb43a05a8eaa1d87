"""GET /v1/guides/{code}: what a person reads, today and as of a day."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from builders import (
    BANNER_BUREAU,
    EDITOR,
    ITEM,
    REVIEWER,
    TOWNSHIP_STATION,
    agency_facts,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.basic_items import editing
from service_catalog.implementations import claiming

if TYPE_CHECKING:
    from conftest import Clock

TODAY = date(2026, 3, 10)
APRIL = date(2026, 4, 1)
LAST_OF_MARCH = datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC)
FIRST_OF_APRIL = datetime(2026, 3, 31, 16, 0, tzinfo=UTC)


@pytest.fixture
def code(session: Session) -> str:
    """A guide of the banner, in force since the first of January."""
    made = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    return made


def guide(client: TestClient, code: str, **query: str) -> dict[str, Any]:
    answer = client.get(f"/v1/guides/{code}", params=query)
    assert answer.status_code == 200, answer.json().get("detail")
    return answer.json()  # type: ignore[no-any-return]


def problem(client: TestClient, code: str, status: int, **query: str) -> dict[str, Any]:
    answer = client.get(f"/v1/guides/{code}", params=query)
    assert answer.status_code == status, answer.reason_phrase
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()  # type: ignore[no-any-return]


def test_a_guide_is_the_standard_completed_by_local_facts(session: Session, client: TestClient) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", promised_limit={"amount": 8, "unit": "working_day"})
    session.commit()

    guide = client.get(f"/v1/guides/{code}").json()

    assert guide["name"] == "居住证申领"
    assert guide["promised_limit"]["amount"] == 8
    assert guide["promised_limit"]["source"] == "local"
    assert guide["service_locations"][0]["phone"] == "0483-8300001"
    assert guide["basic_code"] == ITEM


def test_what_an_agency_tightens_and_adds_stands_in_its_guide(session: Session, client: TestClient) -> None:
    code = publish_local(
        session,
        BANNER_BUREAU,
        "4",
        power_source="2",
        on_site_visits=0,
        materials=[
            {"key": "photo", "dropped": True},
            {"key": "lease", "necessity": "3", "photo_copies": 1, "filling_notes": "平房写明院号"},
        ],
        steps=[
            {
                "key": "receive",
                "limit": {"unit": "immediate"},
                "responsible_unit": "户籍窗口",
                "responsible_person": "某某",
            }
        ],
        fees=[{"key": "card", "amount": "10.00", "document_number": "阿发改〔2026〕3号", "valid_from": "2026-01-01"}],
        results=[{"key": "card", "delivery": ["window", "post"]}],
        channels=["1", "2"],
        service_flags={"postal": True},
        intermediary_services=[{"name": "翻译", "dropped": True}],
        questions=[{"question": "周末办吗？", "answer": "周六上午办理。"}],
        service_locations=[{"key": "hall-9", "name": "公安分厅", "address": "安德街1号"}],
        consultation_channels=[{"way": "telephone", "value": "0483-8300009"}],
        aliases=["暂住证"],
        local_notes="停车请走北门。",
    )
    session.commit()

    read = guide(client, code)

    papers = {row["key"]: row for row in read["materials"]}
    assert set(papers) == {"id-card", "lease"}
    assert read["materials_waived_here"] == [{"key": "photo", "name": "近期免冠相片"}]
    assert papers["lease"]["necessity"]["code"] == "3"
    assert papers["lease"]["photo_copies"] == 1
    assert (papers["lease"]["filling_notes"], papers["lease"]["local_filling_notes"]) == ("写明门牌", "平房写明院号")
    assert read["steps"][0]["limit"]["unit"] == "immediate"
    assert read["steps"][0]["responsible_unit"] == "户籍窗口"
    assert "某某" not in client.get(f"/v1/guides/{code}").text, "who handles a case is internal"
    assert (read["fees"][0]["amount"], read["fees"][0]["document_number"]) == ("10.00", "阿发改〔2026〕3号")
    assert read["results"][0]["delivery"] == ["window", "post"]
    assert [channel["code"] for channel in read["channels"]] == ["1", "2"]
    assert read["service_flags"]["postal"] is True
    assert read["service_flags"]["in_service_hall"] is True
    assert read["intermediary_services"] == []
    assert [row["question"] for row in read["questions"]] == ["要本人去吗？", "周末办吗？"]
    assert read["service_locations"][0]["name"] == "公安分厅"
    assert read["consultation_channels"][0]["value"] == "0483-8300009"
    assert read["complaint_channels"][0]["value"] == "12345"
    assert (read["name"], read["aliases"]) == ("居住证申领", ["暂住证"])
    assert read["on_site_visits"] == 0
    assert read["on_site_reason"] is None
    assert read["power_source"]["code"] == "2"
    assert read["gave_way"] == []


def test_a_handling_item_has_a_guide_of_its_own(client: TestClient, code: str) -> None:
    read = guide(client, code + "02")

    assert read["code"] == read["handling_item_code"] == code + "02"
    assert read["implementation_code"] == code
    assert (read["name"], read["handling_item_name"]) == ("居住证申领", "签注")
    assert [row["key"] for row in read["materials"]] == ["id-card"]
    assert read["promised_limit"]["unit"] == "immediate"
    assert read["case_kind"]["code"] == "1"
    assert guide(client, code)["case_kind"]["code"] == "2"


def test_a_handling_item_that_is_left_out_here_says_why(session: Session, client: TestClient) -> None:
    code = publish_local(
        session, BANNER_BUREAU, "4", handling_items=[{"serial": "02", "offered": False, "reason": "由派出所办理"}]
    )
    session.commit()

    read = guide(client, code + "02")

    assert (read["availability"]["status"], read["availability"]["reason"]) == ("not_offered", "由派出所办理")
    assert [(row["serial"], row["offered"]) for row in guide(client, code)["handling_items"]] == [
        ("01", True),
        ("02", False),
    ]


def test_a_guide_names_the_editions_it_was_computed_from(session: Session, client: TestClient, code: str) -> None:
    publish_item(
        session, ITEM, item_content(name="居住证办理"), at=datetime(2026, 3, 2, tzinfo=UTC), effective_from=APRIL
    )
    session.commit()

    before, after = guide(client, code), guide(client, code, as_of="2026-04-02")

    assert before["editions"] == {
        "standard": 1,
        "standard_effective_from": "2026-01-01",
        "local": 1,
        "local_effective_from": "2026-01-01",
        "based_on_standard": 1,
        "agency_facts": 1,
    }
    assert (before["effective_from"], before["as_of"]) == ("2026-01-01", None)
    assert (after["editions"]["standard"], after["editions"]["based_on_standard"]) == (2, 1)
    assert (after["effective_from"], after["as_of"]) == ("2026-04-01", "2026-04-02")


def test_equal_digests_mean_equal_content(session: Session, client: TestClient, now: datetime, code: str) -> None:
    first, same = guide(client, code), guide(client, code, as_of="2026-02-01")

    publish_item(session, ITEM, item_content(quantity_limit="每人一证"), at=now, effective_from=TODAY)
    session.commit()

    assert first["digest"] == same["digest"]
    assert guide(client, code)["digest"] != first["digest"]
    assert guide(client, code, as_of="2026-03-09")["digest"] == first["digest"]


def test_a_past_day_shows_what_was_in_force_and_already_published_then(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=TODAY)
    session.commit()

    assert guide(client, code)["name"] == "居住证办理"
    assert guide(client, code, as_of="2026-03-10")["name"] == "居住证办理"
    assert guide(client, code, as_of="2026-03-09")["name"] == "居住证申领"
    assert problem(client, code, 404, as_of="2025-12-31")["type"] == "/problems/not-in-force-yet"


def test_agency_facts_stated_later_do_not_change_what_was_known_before(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    moved = agency_facts(address="新大楼")
    state_facts(session, find_agency(session, BANNER_BUREAU), moved, effective_from=date(2026, 2, 1), by=EDITOR, at=now)
    session.commit()

    assert guide(client, code)["agency"]["address"] == "新大楼"
    assert guide(client, code, as_of="2026-02-15")["agency"]["address"] == "巴彦浩特镇"


def test_a_scheduled_standard_takes_effect_by_the_clock_alone(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=APRIL)
    session.commit()
    names = []

    for clock.at in (now, LAST_OF_MARCH, FIRST_OF_APRIL):
        names.append(guide(client, code)["name"])

    assert names == ["居住证申领", "居住证申领", "居住证办理"]


def test_a_scheduled_local_part_takes_effect_by_the_clock_alone(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=APRIL, on_site_visits=0)
    session.commit()
    visits = []

    for clock.at in (now, LAST_OF_MARCH, FIRST_OF_APRIL):
        visits.append(guide(client, code)["on_site_visits"])

    assert visits == [1, 1, 0]


def test_a_coming_day_shows_what_has_been_announced_for_it(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=APRIL)
    session.commit()

    assert guide(client, code, as_of="2026-03-31")["name"] == "居住证申领"
    assert guide(client, code, as_of="2026-04-01")["name"] == "居住证办理"


def test_a_withdrawn_edition_never_takes_effect(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=APRIL)
    editing.withdraw(session, ITEM, by=REVIEWER, at=now + timedelta(days=1))
    session.commit()

    clock.at = FIRST_OF_APRIL

    assert guide(client, code)["name"] == "居住证申领"


def test_a_local_part_ends_on_its_day(session: Session, client: TestClient, clock: "Clock") -> None:
    code = publish_local(session, BANNER_BUREAU, "4", effective_until=APRIL)
    session.commit()

    clock.at = LAST_OF_MARCH
    assert guide(client, code)["name"] == "居住证申领"

    clock.at = FIRST_OF_APRIL
    ended = problem(client, code, 410)
    assert (ended["type"], ended["since"]) == ("/problems/guide-ended", "2026-04-01")


def test_a_standard_that_ends_ends_its_guides(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    publish_item(session, ITEM, item_content(), at=now, effective_from=TODAY, effective_until=APRIL)
    session.commit()

    clock.at = FIRST_OF_APRIL

    assert problem(client, code, 410)["since"] == "2026-04-01"
    assert guide(client, code, as_of="2026-03-31")["name"] == "居住证申领"


@pytest.mark.parametrize("what", ["item", "implementation"])
def test_a_suspended_item_stays_readable_and_says_so(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str, what: str
) -> None:
    verbs, subject = (editing, ITEM) if what == "item" else (claiming, code)
    verbs.suspend(session, subject, decision(TODAY, reason="系统升级"), by=REVIEWER, at=now)
    verbs.resume(session, subject, decision(APRIL, "阿署发〔2026〕2号"), by=REVIEWER, at=now)
    session.commit()

    suspended = guide(client, code)["state"]
    clock.at = FIRST_OF_APRIL
    resumed = guide(client, code)["state"]

    assert (suspended["code"], suspended["zh"], suspended["since"]) == ("2", "暂停", "2026-03-10")
    assert (suspended["reason"], suspended["document_number"]) == ("系统升级", "阿署发〔2026〕1号")
    assert resumed["code"] == "1"
    assert guide(client, code, as_of="2026-03-09")["state"]["code"] == "1"


def test_a_cancelled_item_ends_all_its_guides_and_names_the_paper(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    below = publish_local(session, TOWNSHIP_STATION, "5", entrusting_agency="阿拉善左旗公安局", power_source="5")
    editing.cancel(session, ITEM, decision(APRIL, "国发〔2026〕7号", "国务院决定取消"), by=REVIEWER, at=now)
    session.commit()
    codes = [code, code + "01", below]
    assert [guide(client, each)["name"] for each in codes] == ["居住证申领"] * 3, "until the day it is in force"

    clock.at = FIRST_OF_APRIL
    ended = [problem(client, each, 410) for each in codes]

    for answer in ended:
        assert answer["type"] == "/problems/guide-ended"
        assert answer["since"] == "2026-04-01"
        assert (answer["reason"], answer["document_number"]) == ("国务院决定取消", "国发〔2026〕7号")
        assert "国务院决定取消" in answer["detail"]
    assert guide(client, code, as_of="2026-03-31")["name"] == "居住证申领"


def test_one_agency_can_end_its_own_implementation(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    other = publish_local(session, TOWNSHIP_STATION, "5")
    claiming.cancel(session, code, decision(TODAY, reason="机构撤销"), by=REVIEWER, at=now)
    session.commit()

    assert problem(client, code, 410)["reason"] == "机构撤销"
    assert guide(client, other)["state"]["code"] == "1"


@pytest.mark.parametrize("later", ["suspend", "resume"])
def test_nothing_decided_for_a_later_day_revives_what_was_cancelled_before_it(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str, later: str
) -> None:
    july = date(2026, 7, 1)
    if later == "resume":
        editing.suspend(session, ITEM, decision(TODAY), by=REVIEWER, at=now)
        editing.resume(session, ITEM, decision(july, "阿署发〔2026〕2号"), by=REVIEWER, at=now)
    else:
        editing.suspend(session, ITEM, decision(july, "阿署发〔2026〕2号"), by=REVIEWER, at=now)
    editing.cancel(session, ITEM, decision(APRIL, "国发〔2026〕7号"), by=REVIEWER, at=now)
    session.commit()

    clock.at = datetime(2026, 7, 2, tzinfo=UTC)

    assert problem(client, code, 410)["since"] == "2026-04-01"


def test_a_local_value_that_no_longer_tightens_gives_way_to_the_standard(
    session: Session, client: TestClient, now: datetime
) -> None:
    code = publish_local(
        session,
        BANNER_BUREAU,
        "4",
        promised_limit={"amount": 8, "unit": "working_day"},
        materials=[{"key": "photo", "dropped": True}],
    )
    faster = item_content(
        promised_limit={"amount": 5, "unit": "working_day"}, steps=item_content().model_dump(mode="json")["steps"][:2]
    )
    publish_item(session, ITEM, faster, at=now, effective_from=TODAY)
    session.commit()

    read = guide(client, code)

    assert (read["promised_limit"]["amount"], read["promised_limit"]["source"]) == (5, "standard")
    assert read["gave_way"] == ["promised_limit"]
    assert [row["key"] for row in read["materials_waived_here"]] == ["photo"]
    assert guide(client, code, as_of="2026-03-09")["gave_way"] == []


def test_a_paper_that_leaves_the_standard_leaves_every_guide(
    session: Session, client: TestClient, now: datetime
) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", materials=[{"key": "lease", "photo_copies": 1}])
    papers = item_content().model_dump(mode="json", exclude_none=True)["materials"]
    publish_item(session, ITEM, item_content(materials=papers[:2]), at=now, effective_from=TODAY)
    session.commit()

    assert [row["key"] for row in guide(client, code)["materials"]] == ["id-card", "photo"]


def test_a_code_without_a_guide_gets_a_named_error(client: TestClient, code: str) -> None:
    expected = {
        code[:18] + "3" + code[19:]: (404, "no-such-implementation"),
        code + "77": (404, "no-such-handling-item"),
        code[19:]: (422, "code-unreadable"),
        code[:-1]: (422, "code-unreadable"),
        code.lower(): (422, "code-unreadable"),
        code + "%0A": (422, "code-unreadable"),
        code + "0１": (422, "code-unreadable"),
        "9" * 300: (422, "invalid-request"),
    }

    answers = {asked: client.get(f"/v1/guides/{asked}") for asked in expected}

    assert {asked: (answer.status_code, answer.json()["type"]) for asked, answer in answers.items()} == {
        asked: (status, f"/problems/{name}") for asked, (status, name) in expected.items()
    }


def test_an_unreadable_code_names_the_fault_and_its_place(client: TestClient, code: str) -> None:
    answer = problem(client, code[:20] + "x" + code[21:], 422)

    assert (answer["parse_error"], answer["position"]) == ("code_charset", 21)


def test_a_draft_is_no_guide(session: Session, client: TestClient, now: datetime) -> None:
    row = claiming.claim(session, agency_code=BANNER_BUREAU, exercise_level="4", basic_code=ITEM, by=EDITOR, at=now)
    claiming.draft(session, row.implementation_code, {"availability": {"status": "offered"}}, by=EDITOR, at=now)
    session.commit()

    assert problem(client, row.implementation_code, 404)["type"] == "/problems/not-in-force-yet"


def test_a_day_outside_the_calendar_is_refused_by_name(client: TestClient, code: str) -> None:
    for day in ("0001-01-01", "1949-09-30", "3000-01-01", "9999-12-31", "2026-02-30", "heute", ""):
        answer = problem(client, code, 422, as_of=day)

        assert answer["type"] == "/problems/invalid-request"
        assert [error["pointer"] for error in answer["errors"]] == ["/query/as_of"]


def test_the_first_and_the_last_day_that_can_be_asked_for_are_answered(client: TestClient, code: str) -> None:
    assert problem(client, code, 404, as_of="1949-10-01")["type"] == "/problems/not-in-force-yet"
    assert guide(client, code, as_of="2999-12-31")["as_of"] == "2999-12-31"
