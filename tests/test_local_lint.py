"""Handbook, inheritance §6, over local part and standard merged: hidden demands, phones, visits, unfinished texts."""

from datetime import datetime
from typing import Any

import pytest
from builders import BANNER_BUREAU, EDITOR, FOUNDED, ITEM, agency_facts, decision, item_content, publish_item
from inheriting import ON_THE_SPOT, STANDARD, local_of, standard_with
from offices import open_offices
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.basic_items import editing
from service_catalog.basic_items.findings import LintFinding
from service_catalog.basic_items.wording import HANDBOOK
from service_catalog.coding import allocation
from service_catalog.implementations import claiming
from service_catalog.implementations.inheritance import Standard
from service_catalog.implementations.lint import lint_local
from service_catalog.implementations.whole import LocalContentFaulty
from service_catalog.settings import Settings

FACTS = agency_facts()
OFFERED: dict[str, Any] = {"availability": {"status": "offered"}}
DEMANDS = [
    "申请人须提供无犯罪记录证明，并交纳押金200元",
    "另需提交户口簿原件",
    "需另行等待上级审批30日",
    "办理时请携带结婚证复印件两份",
    "还应提交单位介绍信",
    "每件收取工本费10元",
    "交押金",
    "领证时缴纳20元",
    "须先加入合作社",
    "仅限本旗户籍居民办理",
    "必须是合作社社员",
    "经嘎查书记签字同意方可受理",
    "不用排队但须提供户口本",
    "须 提 供 房产证",
    "须提供免冠照片三张",
    "无需排队，另须提供体检证明",
    "报旗政府批准后办理",
]
HARMLESS = [
    "周一上午人多",
    "无需提供复印件",
    "不需要提交申请表",
    "不收取任何押金",
    "免收工本费",
    "不用另行提交申请",
    "不再要求提供户口簿",
    "材料可以由嘎查代为递交",
    "窗口提供免费复印",
    "测绘费由旗财政统一付，牧户不交",
    "带齐材料当天办完",
    "每年十一月至次年二月集中缴费期，嘎查协办员入户收登记表",
]


def findings(standard: Standard = STANDARD, /, **local: Any) -> list[LintFinding]:
    return lint_local(local_of(**local), standard, FACTS)


def broken(standard: Standard = STANDARD, /, **local: Any) -> list[tuple[int, str, str, str]]:
    return [(found.rule, found.name, found.severity, found.pointer) for found in findings(standard, **local)]


def test_a_local_part_that_says_nothing_breaks_nothing() -> None:
    assert broken() == []


@pytest.mark.parametrize("text", DEMANDS)
def test_a_note_that_asks_for_a_paper_a_fee_a_condition_or_patience_is_found(text: str) -> None:
    assert broken(local_notes=text) == [(14, "hidden_demand", "warning", "/local_notes")]


@pytest.mark.parametrize("text", HARMLESS)
def test_a_note_that_asks_for_nothing_is_left_alone(text: str) -> None:
    assert broken(local_notes=text) == []


PLACES: dict[str, dict[str, Any]] = {
    "/local_notes": {"local_notes": DEMANDS[0]},
    "/materials/0/filling_notes": {"materials": [{"key": "photo", "filling_notes": "另需提交底片"}]},
    "/questions/0/answer": {"questions": [{"question": "周末办吗？", "answer": "办，另需提交加班申请。"}]},
    "/promised_limit/explanation": {
        "promised_limit": {"amount": 8, "unit": "working_day", "explanation": "需另行等待上级审批30日"}
    },
    "/steps/0/limit/explanation": {
        "steps": [
            {"key": "review", "limit": {"amount": 2, "unit": "working_day", "explanation": "等待上级批复的时间除外"}}
        ]
    },
    "/appointment_rule": {"appointment_rule": "预约须交纳押金"},
    "/on_site_reason": {"on_site_reason": "须提供指纹并缴纳10元"},
    "/service_hours/notes": {"service_hours": {"notes": "夜间办理另收加急费"}},
    "/service_locations/0/traffic": {
        "service_locations": [{"key": "w", "name": "窗口", "address": "巴镇", "traffic": "停车请出示结婚证"}]
    },
}


@pytest.mark.parametrize(("pointer", "local"), PLACES.items(), ids=PLACES.keys())
def test_a_demand_is_found_wherever_it_hides(pointer: str, local: dict[str, Any]) -> None:
    assert broken(**local) == [(14, "hidden_demand", "warning", pointer)]


def test_what_a_lower_fee_says_of_money_is_no_hidden_demand() -> None:
    fee = {"key": "card", "standard": "每证收取工本费10元", "amount": "10.00", "document_number": "阿发改〔2026〕3号",
           "valid_from": "2026-01-01"}  # fmt: skip

    assert broken(fees=[fee]) == []


SET: dict[str, tuple[tuple[int, str, str, str], Standard, dict[str, Any]]] = {
    "a reason for visits that nobody makes": (
        (3, "on_site_reason_mismatch", "warning", "/on_site_reason"),
        standard_with(service_flags={"postal": True}),
        {"on_site_visits": 0, "on_site_reason": "领证时核对本人"},
    ),
    "visits without a reason in either": (
        (3, "on_site_reason_mismatch", "warning", "/on_site_reason"), standard_with(on_site_reason=None), {},
    ),
    "no visits, and no other way": (
        (4, "no_way_without_visit", "warning", "/service_flags/postal"), STANDARD, {"on_site_visits": 0},
    ),
    "entirely online here, with the visit of the standard": (
        (5, "visits_although_online", "error", "/online_depth"), STANDARD, {"online_depth": ["1", "4", "5"]},
    ),
    "no phone for questions": (
        (7, "phone_missing", "warning", "/consultation_channels"),
        STANDARD,
        {"consultation_channels": [{"way": "window", "value": "二楼3号窗口"}]},
    ),
    "a phone without its area code": (
        (7, "phone_without_area_code", "warning", "/complaint_channels"),
        STANDARD,
        {"complaint_channels": [{"way": "telephone", "value": "8224713"}]},
    ),
    "a text to be finished": (
        (12, "unfinished_text", "warning", "/local_notes"), STANDARD, {"local_notes": "周[几]上午人多"},
    ),
    "a paper that could be anything": (
        (13, "catch_all_material", "warning", "/local_notes"), STANDARD, {"local_notes": "窗口会列出其他相关材料"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "standard", "local"), SET.values(), ids=SET.keys())
def test_a_rule_is_broken_by_local_part_and_standard_together(
    rule: tuple[int, str, str, str], standard: Standard, local: dict[str, Any]
) -> None:
    assert broken(standard, **local) == [rule]


KEEPS: dict[str, tuple[Standard, dict[str, Any]]] = {
    "a reason of its own for the visit": (standard_with(on_site_reason=None), {"on_site_reason": "领证时核对本人"}),
    "no visit, by post here": (STANDARD, {"on_site_visits": 0, "service_flags": {"postal": True}}),
    "no visit, online in the standard": (standard_with(service_flags={"online": True}), {"on_site_visits": 0}),
    "entirely online without a visit": (
        STANDARD, {"online_depth": ["1", "4", "5"], "on_site_visits": 0, "service_flags": {"online": True}},
    ),
    "hotlines and mobile numbers": (
        STANDARD,
        {
            "consultation_channels": [{"way": "telephone", "value": "13904830000"}],
            "complaint_channels": [{"way": "telephone", "value": number} for number in ("12345", "0483-12345678", "110")],
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("standard", "local"), KEEPS.values(), ids=KEEPS.keys())
def test_what_local_part_and_standard_settle_together_is_left_alone(standard: Standard, local: dict[str, Any]) -> None:
    assert broken(standard, **local) == []


def test_an_item_with_sub_items_is_not_implemented_itself() -> None:
    (finding,) = lint_local(local_of(), STANDARD, FACTS, has_sub_items=True)

    assert (finding.rule, finding.name, finding.pointer) == (16, "main_item_implemented", "")


def test_findings_come_in_the_order_of_the_rules_and_in_both_languages() -> None:
    found = findings(
        on_site_visits=0, local_notes="须提供[材料]", consultation_channels=[{"way": "web", "value": "a.cn"}]
    )

    assert [row.rule for row in found] == [4, 7, 12, 14]
    assert all(row.zh and row.en for row in found)


def test_a_site_says_what_is_an_error_and_what_is_not_looked_for() -> None:
    local = local_of(local_notes="须提供[材料]")

    found = lint_local(local, STANDARD, FACTS, severities={"hidden_demand": "error", "unfinished_text": "off"})

    assert [(row.name, row.severity) for row in found] == [("hidden_demand", "error")]


def test_a_negation_holds_until_the_sentence_turns() -> None:
    assert not HANDBOOK.asks_for_more("不用另外提交材料")
    assert HANDBOOK.asks_for_more("不用预约但要提交材料")
    assert HANDBOOK.asks_for_more("免预约，应提交材料")


@pytest.mark.parametrize("words", [{"hidden_demand": ["("]}, {"hidden_demand": "须提供"}, {"hidden_demand": [1]}])
def test_a_word_list_that_cannot_be_searched_for_is_refused_at_the_start(words: Any) -> None:
    with pytest.raises(ValidationError):
        Settings(lint_words=words)


def claimed(session: Session, at: datetime) -> str:
    made = claiming.claim(session, agency_code=BANNER_BUREAU, exercise_level="4", basic_code=ITEM, by=EDITOR, at=at)
    return made.implementation_code


def test_a_dry_check_shows_the_findings_and_accepts_warnings(
    session: Session, client: TestClient, now: datetime
) -> None:
    code = claimed(session, now)
    session.commit()

    checked = client.post(f"/v1/implementations/{code}/check", json={"local_notes": DEMANDS[0]}).json()

    assert (checked["acceptable"], checked["refusals"]) == (True, [])
    (finding,) = checked["findings"]
    assert (finding["rule"], finding["severity"], finding["pointer"]) == ("hidden_demand", "warning", "/local_notes")
    assert "无犯罪记录证明" in finding["zh"]
    assert finding["en"]


def test_where_the_site_says_so_a_hidden_demand_is_not_acceptable(
    session: Session, small_url: str, now: datetime
) -> None:
    code = claimed(session, now)
    session.commit()
    strict = Settings(
        database_url=small_url,
        lint_severities={"hidden_demand": "error"},
        lint_words={"hidden_demand_local": ["盖指模"]},
    )

    with TestClient(create_app(strict, clock=lambda: now)) as site:
        own_word, handbooks = (
            site.post(f"/v1/implementations/{code}/check", json={"local_notes": text}).json()
            for text in ("到窗口盖指模", "交押金")
        )

    assert (own_word["acceptable"], [row["severity"] for row in own_word["findings"]]) == (False, ["error"])
    assert (handbooks["acceptable"], handbooks["findings"]) == (True, [])


def test_an_error_blocks_the_submission_and_a_warning_does_not(session: Session, now: datetime) -> None:
    code = claimed(session, now)
    claiming.draft(
        session, code, OFFERED | {"online_depth": ["1", "4", "5"], "local_notes": "交押金"}, by=EDITOR, at=now
    )

    with pytest.raises(LocalContentFaulty) as refused:
        claiming.submit(session, code, by=EDITOR, at=now)
    claiming.revise(session, code, OFFERED | {"local_notes": "交押金"}, by=EDITOR, at=now)
    claiming.submit(session, code, by=EDITOR, at=now)

    assert [(row["rule"], row["pointer"]) for row in refused.value.facts["findings"]] == [
        ("visits_although_online", "/online_depth")
    ]


def test_over_http_the_severities_of_the_site_block_a_submission(
    session: Session, small_url: str, now: datetime
) -> None:
    code = claimed(session, now)
    session.commit()
    strict = Settings(database_url=small_url, lint_severities={"hidden_demand": "error"})

    with TestClient(create_app(strict, clock=lambda: now)) as site:
        offices = open_offices(session, site, now)
        draft = f"/v1/implementations/{code}/draft"
        written = offices.banner_editor("PUT", draft, OFFERED | {"local_notes": "交押金"})
        submitted = offices.banner_editor("POST", f"{draft}/submission")

    assert written.status_code == 200
    assert (submitted.status_code, submitted.json()["type"]) == (422, "/problems/local-content-faulty")
    assert [row["pointer"] for row in submitted.json()["findings"]] == ["/local_notes"]


def test_an_immediate_promise_is_no_matter_for_the_lint() -> None:
    assert broken(case_kind="1", **ON_THE_SPOT) == []


def test_a_main_item_is_known_by_its_sub_items(engine: Engine, client: TestClient, now: datetime) -> None:
    sub = "150709001001"
    with Session(engine.execution_options(catalog_writes=True)) as session:
        code = claimed(session, now)
        allocation.register_basic_code(session, sub, document_number="一号", by=EDITOR, at=FOUNDED)
        editing.establish(
            session, sub, parent_basic_code=ITEM, decision=decision(FOUNDED.date()), by=EDITOR, at=FOUNDED
        )
        publish_item(session, sub, item_content(name="居住证补领"))
        session.commit()

    checked = client.post(f"/v1/implementations/{code}/check", json={}).json()

    assert [row["rule"] for row in checked["findings"]] == ["main_item_implemented"]
