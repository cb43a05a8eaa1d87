"""The rules of an audit: names, types, matching, duplicates, rows as a whole; no database."""

import pytest
from builders import ITEM, credit_code
from hypothesis import given, settings
from hypothesis import strategies as st

from service_catalog.coding.judging import PROFILE_VECTORS
from service_catalog.exchange.audit import Audit, RowAudit, Yardstick
from service_catalog.exchange.columns import Role, role_of, understand
from service_catalog.exchange.item_types import ItemTypes, type_remark
from service_catalog.exchange.matching import KnownItem, Matcher
from service_catalog.exchange.names import normalised, unqualified, untidy_cell, untidy_name
from service_catalog.exchange.reading import Row
from service_catalog.exchange.rules import RULES

TYPES = ItemTypes(
    national={"01": "行政许可", "05": "行政给付", "07": "行政确认", "20": "公共服务"},
    letters={"A": "01"},
    extensions=frozenset({"00", "21"}),
)
ITEMS = (
    KnownItem(ITEM, "居住证申领", ("暂住证",), "07"),
    KnownItem("150117001000", "食品经营许可", (), "01"),
    KnownItem("150118001000", "道路货物运输经营许可", (), "01"),
    KnownItem("150118002000", "道路旅客运输经营许可", (), "01"),
)
AGENCY = credit_code("152921000000", 900002)
HEADER = ("名称", "类型", "编码", "区划代码", "实施主体编码", "部门")
anything = st.text(max_size=60)
inconvenient = st.text(alphabet="0123456789ABCXabxu-_１Ａ　 ​I", max_size=40)


def audited(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> list[RowAudit]:
    """Audit rows under a header; the first one stands in row 2."""
    numbered = [Row(number, list(cells)) for number, cells in enumerate(rows, start=2)]
    return list(Audit(understand(header), numbered, Yardstick(ITEMS, TYPES, PROFILE_VECTORS)))


def row(name: str = "某事项", code: str = ITEM, *, item_type: str = "01", agency: str = AGENCY) -> tuple[str, ...]:
    return (name, item_type, code, "152921000000", agency, "某局")


def broken(one: RowAudit) -> set[str]:
    return {found.rule for found in one.findings}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("食品经营许可（新办）", "食品经营许可(新办)"),
        ("食品经营许可【新办】", "食品经营许可 ( 新办 )"),
        ("建设８号", "建设8号"),
        ("食品经营许可［新办］", "食品经营许可(新办)"),
        ("“多证合一”备案", "'多证合一'备案"),
        ("“多证合一”备案", '"多证合一"备案'),
        ("Ａ类许可", "a类许可"),
        ("食品\u200b经营许可", "食品经营许可"),
    ],
)
def test_brackets_width_case_and_blanks_do_not_make_another_name(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@settings(deadline=None)
@given(st.text(alphabet="许可（）()[]［］【】｛｝{}「」｢｣＂＇'‘８8Ａａ \u3000\u200b", max_size=30))
def test_a_normalised_name_stays_as_it_is(name: str) -> None:
    assert normalised(normalised(name)) == normalised(name)


@settings(deadline=None)
@given(st.text(alphabet="食品经营许可（）()[]【】 ８8", max_size=30))
def test_what_stands_in_brackets_may_go_but_a_name_never_becomes_empty_by_it(name: str) -> None:
    normal = normalised(name)

    assert bool(unqualified(normal)) == bool(normal)


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("食品经营许可", set()),
        ("食品经营许可（新办）", set()),
        ("ISO(9001)", set()),
        ("草原等级评定(县级)", {"brackets_half_width"}),
        ("医疗技术备案管理(县级）", {"brackets_mixed"}),
        ("许可（新办)（县级)", {"brackets_mixed"}),
        ("许可（新办", {"brackets_unbalanced"}),
        ("许可新办）", {"brackets_unbalanced"}),
        ("许可（“新办）”", {"brackets_unbalanced"}),
        ("下放成都等８市", {"full_width_form"}),
        ("第349号,部分下放", {"punctuation_half_width"}),
    ],
)
def test_an_untidy_name_is_told_apart_from_a_tidy_one(name: str, rules: set[str]) -> None:
    assert {remark.rule for remark in untidy_name(name)} == rules


@settings(deadline=None)
@given(anything)
def test_what_is_suggested_for_a_name_is_no_longer_untidy_in_that_way(name: str) -> None:
    for remark in untidy_name(name):
        if remark.suggestion is not None:
            assert remark.rule not in {again.rule for again in untidy_name(remark.suggestion)}
            assert normalised(remark.suggestion) == normalised(name)


@pytest.mark.parametrize(
    ("cell", "rules"),
    [
        (" 许可", {"blank_at_ends"}),
        ("许可　", {"blank_at_ends"}),
        ("许\u200b可", {"control_character"}),
        ("许\n可", {"control_character"}),
        ("许\ufffd可", {"damaged_character"}),
        ("许\ue000可", {"damaged_character"}),
        ("ᠮᠣᠩᠭᠣᠯ\u202fᠤᠨ", set()),
        ("\u202fᠤᠨ", set()),
    ],
)
def test_what_nobody_sees_in_a_cell_is_found_but_the_blank_of_mongolian_words_is_none(
    cell: str, rules: set[str]
) -> None:
    assert {remark.rule for remark in untidy_cell(cell)} == rules


@pytest.mark.parametrize(
    ("text", "rule", "suggestion"),
    [
        ("01", None, None),
        ("20", None, None),
        ("1", "item_type_no_leading_zero", "01"),
        ("行政许可", "item_type_written_out", "01 行政许可"),
        ("１", "item_type_written_out", "01 行政许可"),
        ("A", "item_type_local_variant", "01"),
        ("21", "item_type_local_variant", None),
        ("99", "item_type_unknown", None),
        ("许可", "item_type_unknown", None),
    ],
)
def test_a_type_is_national_or_said_to_be_something_else(text: str, rule: str | None, suggestion: str | None) -> None:
    remark = type_remark(text, TYPES)

    assert (remark and remark.rule, remark and remark.suggestion) == (rule, suggestion)


@settings(deadline=None)
@given(anything)
def test_whatever_stands_for_a_type_is_never_taken_for_a_national_one_unless_it_is(text: str) -> None:
    assert (type_remark(text, TYPES) is None) == (text in TYPES.national)


@pytest.mark.parametrize(
    ("name", "kind", "best"),
    [
        ("食品经营许可", "exact", "食品经营许可"),
        ("食品 经营许可", "normalised", "食品经营许可"),
        ("暂住证", "alias", "居住证申领"),
        ("食品经营许可（新办）", "qualified", "食品经营许可"),
        ("道路货运经营许可（注销）", "alike", "道路货物运输经营许可"),
        ("律师信息查询", "none", None),
        ("", "none", None),
        ("（）", "none", None),
    ],
)
def test_a_name_is_found_exactly_nearly_or_not(name: str, kind: str, best: str | None) -> None:
    match = Matcher(ITEMS).match(name)

    assert match.kind == kind
    assert (match.candidates[0].item.name if match.candidates else None) == best


@settings(deadline=None)
@given(st.sampled_from([item.name for item in ITEMS]))
def test_every_name_of_the_catalogue_finds_itself(name: str) -> None:
    match = Matcher(ITEMS).match(name)

    assert match.item is not None
    assert (match.kind, match.item.name) == ("exact", name)


@settings(deadline=None)
@given(st.text(alphabet="道路货物运输经营许可食品居住证", max_size=12), st.floats(50, 100))
def test_candidates_are_never_below_the_threshold_and_the_likeliest_comes_first(name: str, threshold: float) -> None:
    scores = [candidate.score for candidate in Matcher(ITEMS, threshold).match(name).candidates]

    assert scores == sorted(scores, reverse=True)
    assert all(score >= round(threshold, 1) for score in scores)


def test_two_items_of_the_same_name_are_both_named_and_none_is_taken_for_sure() -> None:
    twins = (ITEMS[0], KnownItem("150709002000", ITEMS[0].name, (), "07"))

    match = Matcher(twins).match(ITEMS[0].name)

    assert (match.kind, len(match.candidates), match.item) == ("exact", 2, None)


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("事项名称", Role.NAME),
        ("*事项名称（必填）", Role.NAME),
        ("task_name", Role.NAME),
        ("ＤＥＰＴ＿ＣＯＤＥ", Role.AGENCY_CODE),
        ("实施编码", Role.IMPLEMENTATION_CODE),
        ("备注", None),
    ],
)
def test_a_header_is_known_whatever_surrounds_its_word(header: str, role: Role | None) -> None:
    assert role_of(header) is role


def test_a_row_without_fault_has_no_finding_but_the_item_it_is() -> None:
    (one,) = audited(row("居住证申领", item_type="07"))

    assert (broken(one), one.match.kind) == (set(), "exact")


def test_a_name_that_stands_twice_names_the_other_row_in_both() -> None:
    first, second, third = audited(row("甲许可", ITEM), row("甲许可", "150117001000"), row("甲 许可", "150118001000"))

    assert "第 3 行也有" in [found.zh for found in first.findings if found.rule == "name_duplicate"]
    assert "第 2 行也有" in [found.zh for found in second.findings if found.rule == "name_duplicate"]
    assert "name_duplicate" not in broken(third)
    assert "name_duplicate_normalised" in broken(third)


def test_the_same_name_in_two_regions_is_no_duplicate() -> None:
    first = row("甲许可", ITEM)
    second = (*first[:2], "150117001000", "152922000000", *first[4:])

    assert not any("name_duplicate" in broken(one) for one in audited(first, second))


def test_a_code_that_stands_twice_is_an_error_in_both_rows() -> None:
    code = AGENCY + "4" + ITEM

    for one in audited(row("甲许可", code), row("乙许可", code)):
        assert "code_duplicate" in broken(one)


def test_a_list_of_one_name_a_thousand_times_names_a_handful_of_rows() -> None:
    found = audited(*[row("甲许可", f"X{number}") for number in range(1000)])[-1].findings

    (duplicate,) = [one for one in found if one.rule == "name_duplicate"]
    assert duplicate.zh == "第 2、3、4、5、6 行等也有"


def test_an_empty_cell_is_missed_and_an_empty_row_is_missed_once() -> None:
    no_agency, empty = audited(row(agency=""), ("", " ", "", "", "", ""))

    assert "cell_empty" in broken(no_agency)
    assert [found.rule for found in empty.findings] == ["row_empty"]


def test_a_code_of_ours_under_another_name_is_questioned() -> None:
    (one,) = audited(row("食品经营许可", ITEM))

    assert {"name_differs_for_code", "item_type_differs_in_code"} <= broken(one)


def test_a_basic_code_that_the_catalogue_does_not_have_is_a_notice() -> None:
    (one,) = audited(row("食品经营许可", "150117999000"))

    assert "basic_code_unknown" in broken(one)


def test_another_type_than_the_item_of_that_name_has_is_told() -> None:
    (one,) = audited(row("食品经营许可", "150117001000", item_type="20"))

    assert "item_type_differs_from_catalogue" in broken(one)


def test_the_body_inside_a_code_is_held_against_its_column() -> None:
    other = credit_code("152921000000", 900009)

    (one,) = audited(row(code=other + "4" + ITEM))

    assert "agency_differs" in broken(one)


@settings(deadline=None)
@given(st.lists(st.tuples(*[anything | inconvenient] * len(HEADER)), max_size=5))
def test_no_row_is_too_strange_to_be_audited(rows: list[tuple[str, ...]]) -> None:
    found = audited(*rows)

    assert [one.row for one in found] == list(range(2, len(rows) + 2))
    assert {rule for one in found for rule in broken(one)} <= RULES.keys()
