"""Handbook, inheritance §6: each rule fires where it is broken, and only there."""

import re
from pathlib import Path
from typing import Any

import pytest
from builders import item_content, item_plain
from seeds import seed_calendar

from service_catalog.basic_items import lint as lint_module
from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.lint import LintFinding, lint, walk_texts
from service_catalog.basic_items.wording import wording_of

WORST = seed_calendar().longest_run
FIVE_STEPS = [
    item_plain()["steps"][0] | {"key": kind, "kind": kind, "limit": {"amount": 1, "unit": "working_day"}}
    for kind in ("receive", "review", "decide", "close", "deliver")
]
ON_THE_SPOT = {"promised_limit": {"unit": "immediate", "amount": None}, "steps": [FIVE_STEPS[0] | {"limit": None}]}
RESULT, PAPER = item_plain()["results"][0], item_plain()["materials"][0]


def findings(item_type: str = "07", **changes: Any) -> list[LintFinding]:
    return lint(item_content(**changes), item_type, WORST)


def broken(item_type: str = "07", **changes: Any) -> list[tuple[int, str]]:
    return [(finding.rule, finding.name) for finding in findings(item_type, **changes)]


def flags(**on: bool) -> dict[str, Any]:
    return {"service_flags": on}


def result(**changes: Any) -> dict[str, Any]:
    return {"results": [RESULT | changes]}


def materials(**changes: Any) -> dict[str, Any]:
    return {"materials": [PAPER | changes], "handling_items": []}


def test_the_small_standard_of_the_tests_breaks_nothing() -> None:
    assert broken() == []


CASE_KIND = (1, "case_kind_mismatch", "error", "/case_kind")
RESULT_KIND = (2, "result_kind_mismatch", "warning", "/results/0/kind")
REASON = (3, "on_site_reason_mismatch", "warning", "/on_site_reason")
NO_WAY = (4, "no_way_without_visit", "warning", "/service_flags/postal")
ONLINE = (5, "visits_although_online", "error", "/on_site_visits")
CHARGE = (6, "charge_incomplete", "error", "/fees")
PERSONS = (8, "themes_mismatch", "warning", "/natural_person_themes")
BODIES = (8, "themes_mismatch", "warning", "/legal_person_themes")
SAMPLE = (10, "result_without_sample", "warning", "/results/0/sample")
LAW = (11, "promise_not_within_law", "error", "/promised_limit")
LAW_OF_ITEM = (11, "promise_not_within_law", "error", "/handling_items/0/promised_limit")
CATCH_ALL = (13, "catch_all_material", "warning", "/materials/0/name")
DEMAND = (14, "hidden_demand", "warning", "/materials/0/filling_notes")
STEPS = (16, "steps_exceed_promise", "warning", "/steps")


def unfinished(pointer: str) -> tuple[int, str, str, str]:
    return (12, "unfinished_text", "warning", pointer)


def handling_item(**limits: Any) -> dict[str, Any]:
    return {"handling_items": [{"serial": "01", "name": "首次申领", "kind": "new"} | limits]}


def steps_of(*limits: tuple[int, str]) -> list[dict[str, Any]]:
    return [
        step | {"limit": {"amount": amount, "unit": unit}}
        for step, (amount, unit) in zip(FIVE_STEPS, limits, strict=False)
    ]


BREAKS: dict[str, tuple[tuple[int, str, str, str], dict[str, Any]]] = {
    "immediate, but a promised case": (CASE_KIND, ON_THE_SPOT),
    "promised, but an immediate case": (CASE_KIND, {"case_kind": "1"}),
    "promised, but another kind of case": (CASE_KIND, {"case_kind": "9"}),
    "a 证 that is no licence": (RESULT_KIND, result(kind="20")),
    "a 批复 that is no approval": (RESULT_KIND, result(name="用地批复", kind="10")),
    "a 文 that is no approval": (RESULT_KIND, result(name="批准文", kind="30")),
    "visits without a reason": (REASON, {"on_site_reason": None}),
    "a reason without visits": (REASON, {"on_site_visits": 0} | flags(postal=True)),
    "no visits, not online, no post": (NO_WAY, {"on_site_visits": 0, "on_site_reason": None}),
    "entirely online, with a visit": (ONLINE, {"online_depth": ["1", "4", "5"]}),
    "charged without a fee": (CHARGE, {"fees": []}),
    "not charged with a fee": (CHARGE, {"is_charged": False}),
    "not charged, paid online": (CHARGE, {"is_charged": False, "fees": []} | flags(online_payment=True)),
    "persons without a theme": (PERSONS, {"natural_person_themes": []}),
    "a person's theme without persons": (PERSONS, {"service_objects": ["2"], "legal_person_themes": ["010"]}),
    "bodies without a theme": (BODIES, {"service_objects": ["1", "2"]}),
    "a body's theme without bodies": (BODIES, {"legal_person_themes": ["010"]}),
    "a result without a sample": (SAMPLE, result(sample=None)),
    "longer than the law": (LAW, {"promised_limit": {"amount": 16}, "handling_items": []}),
    "not provably within the law": (LAW, {"statutory_limit": {"unit": "calendar_day"}, "handling_items": []}),
    "a handling item beyond the law": (
        LAW_OF_ITEM,
        handling_item(promised_limit={"amount": 20, "unit": "working_day"}),
    ),
    "a handling item with a stricter law": (
        LAW_OF_ITEM,
        handling_item(statutory_limit={"amount": 5, "unit": "working_day"}),
    ),
    "an open bracket": (unfinished("/guiding_department"), {"guiding_department": "[部门]"}),
    "XX": (unfinished("/acceptance_conditions/0"), {"acceptance_conditions": ["在XX居住半年以上。"]}),
    "待补充": (unfinished("/questions/0/answer"), {"questions": [{"question": "要去吗？", "answer": "待补充"}]}),
    "an untouched template": (unfinished("/materials/0/filling_notes"), materials(filling_notes="此处填写说明")),
    "其他材料": (CATCH_ALL, materials(name="其他材料")),
    "其他相关证明": (CATCH_ALL, materials(name="登记机关要求的其他相关证明")),
    "法律法规规定的其他": (CATCH_ALL, materials(name="法律、法规规定的其他申请书")),
    "须提供": (DEMAND, materials(filling_notes="须提供户口簿")),
    "另需": (DEMAND, materials(filling_notes="另需单位证明")),
    "还应提交": (DEMAND, materials(filling_notes="委托他人的还应提交委托书")),
    "steps longer than the promise": (STEPS, {"promised_limit": {"amount": 5}}),
    "a week and seven days in ten days": (
        STEPS,
        {"promised_limit": {"unit": "calendar_day"}, "steps": steps_of((1, "week"), (7, "calendar_day"))},
    ),
}


@pytest.mark.parametrize(("broken_rule", "changes"), BREAKS.values(), ids=BREAKS.keys())
def test_a_broken_rule_is_found_where_it_is_broken_and_no_other(
    broken_rule: tuple[int, str, str, str], changes: dict[str, Any]
) -> None:
    (finding,) = findings(**changes)

    assert (finding.rule, finding.name, finding.severity, finding.pointer) == broken_rule
    assert finding.zh
    assert finding.en


KEEPS: dict[str, dict[str, Any]] = {
    "immediate and an immediate case": ON_THE_SPOT | {"case_kind": "1"},
    "a licence named 证": result(kind="10"),
    "an approval named 批复": result(name="用地批复", kind="20"),
    "a result of another name": result(name="登记结果告知单", kind="30"),
    "no visits, by post": {"on_site_visits": 0, "on_site_reason": None} | flags(postal=True),
    "accepted online, decided with a visit": {"online_depth": ["1", "4", "6"]},
    "a note that asks for nothing": materials(filling_notes="无需提供复印件，也不另需照片"),
    "no visits, online": {"on_site_visits": 0, "on_site_reason": None} | flags(online=True),
    "not charged": {"is_charged": False, "fees": []},
    "charged and payable online": flags(online_payment=True),
    "persons and bodies, both with themes": {"service_objects": ["1", "3"], "legal_person_themes": ["010"]},
    "bodies only": {"service_objects": ["2", "9"], "legal_person_themes": ["010"], "natural_person_themes": []},
    "no result, no sample": result(name="无", kind="40", sample=None),
    "a promise as long as the law": {"promised_limit": {"amount": 15}},
    "no limit in law": {"statutory_limit": None, "statutory_limit_explanation": "法律未规定"},
    "days within working days": {"promised_limit": {"unit": "calendar_day"}},
    "Chinese brackets": {"guiding_department": "公安（户政）【治安】"},
    "a single X": {"guiding_department": "X光机管理"},
    "a named other certificate": materials(name="其他国家或者地区的护照"),
    "notes that ask for nothing": materials(filling_notes="提供复印件的，由窗口核对原件"),
    "steps exactly as long as the promise": {"steps": steps_of((4, "working_day"), (6, "working_day"))},
    "steps without limits": {"steps": [step | {"limit": None} for step in FIVE_STEPS]},
}


@pytest.mark.parametrize("changes", KEEPS.values(), ids=KEEPS.keys())
def test_a_kept_rule_is_not_found(changes: dict[str, Any]) -> None:
    assert broken(**changes) == []


def test_a_licence_has_five_steps_and_a_question() -> None:
    assert broken("01") == [(9, "licence_flow_incomplete")]
    assert broken("01", steps=FIVE_STEPS) == []
    assert broken("01", steps=FIVE_STEPS, questions=[]) == [(9, "licence_without_question")]
    assert broken("01", steps=FIVE_STEPS[:4]) == [(9, "licence_flow_incomplete")]


@pytest.mark.parametrize("item_type", ["05", "07", "10", "20"])
def test_only_a_licence_needs_five_steps_and_a_question(item_type: str) -> None:
    assert broken(item_type, questions=[]) == []


def test_a_missing_step_of_a_licence_is_named() -> None:
    (finding,) = findings("01")

    assert finding.pointer == "/steps"
    assert finding.en.endswith("close, deliver")


def test_without_a_calendar_a_promise_in_the_unit_of_the_law_is_still_decided() -> None:
    assert lint(item_content(), "07") == []
    assert 11 in [finding.rule for finding in lint(item_content(promised_limit={"amount": 16}), "07")]


def test_a_promise_that_breaks_the_law_is_reported_once() -> None:
    assert broken(promised_limit={"amount": 16}) == [(11, "promise_not_within_law")]


def test_findings_stand_in_the_order_of_the_rules() -> None:
    many = findings(
        "01",
        case_kind="1",
        on_site_reason=None,
        fees=[],
        questions=[],
        promised_limit={"amount": 16},
        guiding_department="XX局",
        results=[RESULT | {"kind": "20", "sample": None}],
    )
    rules = [finding.rule for finding in many]

    assert rules == sorted(rules)
    assert set(rules) == {1, 2, 3, 6, 9, 10, 11, 12}


def test_every_rule_of_the_linter_is_seen_to_fire() -> None:
    source = Path(lint_module.__file__).read_text(encoding="utf-8")

    assert set(re.findall(r'\d+, "(\w+)", "(?:error|warning)"', source)) == {row[1] for row, _ in BREAKS.values()} | {
        "licence_flow_incomplete",
        "licence_without_question",
    }


def test_a_site_puts_its_own_words_in_place_of_the_handbooks() -> None:
    notes = item_content(**materials(filling_notes="须提供户口簿，并盖指模"))
    words = wording_of({"hidden_demand": ["盖指模"]})

    assert [finding.name for finding in lint(notes, "07", WORST)] == ["hidden_demand"]
    assert [finding.name for finding in lint(notes, "07", WORST, wording=words)] == ["hidden_demand"]
    assert lint(item_content(**materials(filling_notes="须提供户口簿")), "07", WORST, wording=words) == []
    assert lint(notes, "07", WORST, wording=wording_of({"hidden_demand": []})) == []


@pytest.mark.parametrize("item_type", ["02", "03", "04", "06"])
def test_of_what_nobody_applies_for_only_the_texts_are_looked_at(item_type: str) -> None:
    bare = ItemContent.model_validate(
        item_plain(promised_limit=None, case_kind=None, results=[], steps=[], channels=[], materials=[], fees=[],
                   handling_items=[], guiding_department="XX局")
    )  # fmt: skip

    assert [(finding.name, finding.pointer) for finding in lint(bare, item_type, WORST)] == [
        ("unfinished_text", "/guiding_department")
    ]


def test_what_a_clerk_reads_has_full_width_punctuation() -> None:
    sentences = [finding.zh for _, changes in BREAKS.values() for finding in findings(**changes)]

    assert [sentence for sentence in sentences if re.search(r"[一-鿿][,:;!?]", sentence)] == []


def test_every_text_of_a_document_is_walked_with_its_place() -> None:
    document = {"a": "1", "b": ["2", {"c": "3", "d": 4}], "e": None, "f": True, "g": []}

    assert list(walk_texts(document)) == [("/a", "1"), ("/b/0", "2"), ("/b/1/c", "3")]
