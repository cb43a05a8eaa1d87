"""Handbook, codes: §3 to §7 (findings), against the published vectors and the shipped registers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from builders import BANNER, ITEM, credit_code
from seeds import seed_registers

from service_catalog.coding.codes import BasicCode, HandlingItemCode, ImplementationCode, parse, parse_faults
from service_catalog.coding.judging import PROFILE_VECTORS, CodeFinding, CodeRules, judge, judge_agency, rules_from
from service_catalog.lookup.explaining import explain_alone

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "code_vectors.json").read_text(encoding="utf-8")
)
READABLE = [vector for vector in VECTORS if vector["kind"] in ("implementation", "handling_item")]
FOREIGN = [vector for vector in VECTORS if vector["kind"] == "foreign"]

AGENCY = credit_code(BANNER, 1)
PLACEHOLDER = "TE152921110201DM00"
SITE = rules_from(seed_registers(), village_level_services_only=True)


def code_of(vector: dict[str, Any]) -> str:
    return str(vector["code"])


def rules_broken(text: str, rules: CodeRules = PROFILE_VECTORS) -> list[str]:
    return [finding.rule for finding in judge(parse(text), rules)]


def only_finding(text: str, rules: CodeRules) -> CodeFinding:
    (finding,) = judge(parse(text), rules)
    return finding


def test_no_vector_is_left_out() -> None:
    assert (len(VECTORS), len(READABLE), len(FOREIGN)) == (36, 33, 2)


@pytest.mark.parametrize("vector", READABLE, ids=code_of)
def test_a_published_vector_is_judged_as_published(vector: dict[str, Any]) -> None:
    findings = judge(parse(vector["code"]), PROFILE_VECTORS)

    assert [finding.rule for finding in findings] == vector["findings"]
    assert vector["valid"] == all(finding.severity != "error" for finding in findings)


@pytest.mark.parametrize("vector", READABLE, ids=code_of)
def test_a_published_vector_is_cut_as_published(vector: dict[str, Any]) -> None:
    code, parts = parse(vector["code"]), dict(vector["parts"])
    if isinstance(code, HandlingItemCode):
        assert (str(code.implementation), code.serial) == (
            parts.pop("implementation_code"),
            parts.pop("handling_serial"),
        )
        code = code.implementation
    assert isinstance(code, ImplementationCode)

    assert parts == {
        "agency_code": code.agency_code,
        "exercise_level": code.exercise_level,
        "basic_code": str(code.basic),
        "namespace": code.basic.namespace,
        "item_type": code.basic.item_type,
        "department": code.basic.department,
        "main_item": code.basic.main_item,
        "sub_item": code.basic.sub_item,
    }


@pytest.mark.parametrize("vector", FOREIGN, ids=code_of)
def test_a_foreign_layout_is_not_cut_but_said_to_be_no_code(vector: dict[str, Any]) -> None:
    assert [fault.name for fault in parse_faults(vector["code"])] == vector["findings"]


@pytest.mark.parametrize("vector", VECTORS, ids=code_of)
def test_a_published_vector_is_explained_as_published(vector: dict[str, Any]) -> None:
    explained = explain_alone(vector["code"], seed_registers())

    assert {name: getattr(explained, name) for name in ("kind", "valid", "parts", "findings")} == {
        name: vector[name] for name in ("kind", "valid", "parts", "findings")
    }


FIRES: list[tuple[str, str, CodeRules, str, str]] = [
    ("agency_check_digit", "error", PROFILE_VECTORS, AGENCY[:17] + ("0" if AGENCY[17] != "0" else "1") + "4" + ITEM,
     AGENCY + "4" + ITEM),
    ("agency_charset", "error", PROFILE_VECTORS, AGENCY[:10] + "O" + AGENCY[11:] + "4" + ITEM, AGENCY + "4" + ITEM),
    ("agency_placeholder", "warning", PROFILE_VECTORS, PLACEHOLDER + "4" + ITEM, AGENCY + "4" + ITEM),
    ("level_out_of_range", "error", PROFILE_VECTORS, AGENCY + "7" + ITEM, AGENCY + "6" + ITEM),
    ("level_out_of_range", "error", PROFILE_VECTORS, AGENCY + "0" + ITEM, AGENCY + "1" + ITEM),
    ("item_type_unregistered", "error", PROFILE_VECTORS, "151109001000", "151009001000"),
    ("item_type_unregistered", "error", PROFILE_VECTORS, "150009001000", "150109001000"),
    ("item_type_unregistered", "error", PROFILE_VECTORS, "152109001000", "152009001000"),
    ("item_type_local_variant", "notice", PROFILE_VECTORS, "442009001000", "002009001000"),
    ("item_type_local_variant", "notice", PROFILE_VECTORS, "442109001000", "440109001000"),
    ("village_level_type", "warning", CodeRules(item_types=frozenset({"07", "20"}), village_level_services_only=True),
     AGENCY + "6" + "150709001000", AGENCY + "6" + "152009001000"),
    ("namespace_unknown", "warning", CodeRules(item_types=frozenset({"07"}), namespaces=frozenset({"15"})),
     "160709001000", "150709001000"),
    ("department_unregistered", "warning",
     CodeRules(item_types=frozenset({"07"}), departments=frozenset({("15", "09"), ("00", "31")})),
     "150731001000", "150709001000"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "severity", "rules", "breaks", "keeps"), FIRES, ids=lambda value: str(value)[:40])
def test_a_finding_fires_where_its_rule_is_broken_and_only_there(
    rule: str, severity: str, rules: CodeRules, breaks: str, keeps: str
) -> None:
    finding = only_finding(breaks, rules)

    assert (finding.rule, finding.severity) == (rule, severity)
    assert finding.said.zh
    assert finding.said.en
    assert rules_broken(keeps, rules) == []


def test_every_finding_that_needs_no_catalogue_is_seen_to_fire() -> None:
    source = (
        Path(__file__).parent.parent.joinpath("service_catalog", "coding", "judging.py").read_text(encoding="utf-8")
    )

    assert set(re.findall(r'CodeFinding\(\s*"(\w+)"', source)) == {row[0] for row in FIRES}


def test_findings_stand_in_the_order_of_the_positions() -> None:
    rules = CodeRules(namespaces=frozenset({"15"}), departments=frozenset())

    assert rules_broken(AGENCY[:10] + "O" + AGENCY[11:] + "9" + "160709001000", rules) == [
        "agency_charset",
        "level_out_of_range",
        "namespace_unknown",
        "item_type_unregistered",
        "department_unregistered",
    ]


def test_a_handling_item_is_judged_like_its_implementation() -> None:
    spoilt = AGENCY[:10] + "O" + AGENCY[11:] + "9" + "151109001000"

    assert rules_broken(spoilt + "01") == rules_broken(spoilt) != []


def test_a_basic_code_has_no_findings_about_an_agency() -> None:
    assert isinstance(parse(ITEM), BasicCode)
    assert rules_broken(ITEM) == []


def test_what_a_site_does_not_declare_is_not_enforced() -> None:
    assert rules_broken("990799001000") == []


@pytest.mark.parametrize("character", "IOSVZ")
def test_a_character_that_credit_codes_leave_out_is_found_at_its_position(character: str) -> None:
    for index in range(18):
        spoilt = AGENCY[:index] + character + AGENCY[index + 1 :]
        (finding,) = judge_agency(spoilt, PROFILE_VECTORS)

        assert finding.rule == "agency_charset"
        assert f"第 {index + 1} 位" in finding.said.zh
        assert f"position {index + 1}:" in finding.said.en


def test_all_left_out_characters_are_named_at_once() -> None:
    (finding,) = judge_agency("I" + AGENCY[1:9] + "Z" + AGENCY[10:], PROFILE_VECTORS)

    assert "第 1、10 位" in finding.said.zh


def test_a_wrong_check_character_is_told_with_the_right_one() -> None:
    (finding,) = judge_agency("11440300007542785T", PROFILE_VECTORS)

    assert finding.rule == "agency_check_digit"
    assert "应为 U，实际为 T" in finding.said.zh
    assert "should be U, is T" in finding.said.en


def test_a_right_organisation_code_inside_says_where_not_to_look() -> None:
    (outside,) = judge_agency(AGENCY[:5] + ("3" if AGENCY[5] != "3" else "4") + AGENCY[6:], PROFILE_VECTORS)
    (inside,) = judge_agency(AGENCY[:12] + ("3" if AGENCY[12] != "3" else "4") + AGENCY[13:], PROFILE_VECTORS)

    assert "其中组织机构代码正确" in outside.said.zh
    assert "也不正确" in inside.said.zh


def test_a_declared_placeholder_is_one_even_where_it_satisfies_the_check_by_chance() -> None:
    lucky = credit_code("440113000000", 7, prefix="TE")

    assert [finding.rule for finding in judge_agency(lucky, PROFILE_VECTORS)] == ["agency_placeholder"]
    assert judge_agency(lucky, CodeRules()) == []


@pytest.mark.parametrize("almost", ["TE15292A110201DM00", "TX152921110201DM00", "TE152921110201DM0１"])
def test_what_only_resembles_a_placeholder_is_judged_as_a_credit_code(almost: str) -> None:
    assert [finding.severity for finding in judge_agency(almost, PROFILE_VECTORS)] == ["error"]


def test_a_placeholder_that_nobody_declared_is_judged_as_a_credit_code() -> None:
    (finding,) = judge_agency(PLACEHOLDER, CodeRules())

    assert finding.severity == "error"


def test_the_shipped_registers_declare_the_placeholder_scheme_of_the_vectors() -> None:
    assert [finding.rule for finding in judge_agency(PLACEHOLDER, SITE)] == ["agency_placeholder"]


@pytest.mark.parametrize(
    ("basic_code", "broken"),
    [
        ("002001001000", []),
        ("440106043001", []),
        ("442006049017", ["item_type_local_variant"]),
        ("442199806003", ["item_type_local_variant"]),
        ("002101001000", ["item_type_unregistered"]),
        ("160101001000", ["namespace_unknown", "department_unregistered"]),
    ],
)
def test_the_shipped_registers_read_a_type_with_its_namespace(basic_code: str, broken: list[str]) -> None:
    findings = [rule for rule in rules_broken(basic_code, SITE) if rule != "department_unregistered" or rule in broken]

    assert findings == broken


@pytest.mark.parametrize(
    ("basic_code", "is_service"),
    [("152001001000", True), ("152001001001", True), ("150701001000", False), ("442106001000", True),
     ("442006001000", False), ("440106001000", False)],
)  # fmt: skip
def test_only_public_services_of_the_namespace_belong_to_the_village_level(basic_code: str, is_service: bool) -> None:
    assert ("village_level_type" in rules_broken(AGENCY + "6" + basic_code, SITE)) is not is_service


@pytest.mark.parametrize("level", "12345")
def test_above_the_village_every_type_may_stand(level: str) -> None:
    assert "village_level_type" not in rules_broken(AGENCY + level + ITEM, SITE)


def test_the_village_rule_is_a_switch() -> None:
    off = rules_from(seed_registers(), village_level_services_only=False)

    assert "village_level_type" not in rules_broken(AGENCY + "6" + ITEM, off)


def test_a_department_is_looked_up_in_its_own_namespace() -> None:
    assert "department_unregistered" not in rules_broken("000131004000", SITE)
    assert "department_unregistered" in rules_broken("650131004000", SITE)
