"""Handbook, inheritance §3: the rules, exactly; each passes and each refuses."""

from typing import Any

import pytest
from builders import calendar_days, item_content, workdays
from seeds import seed_calendar, seed_matrix

from service_catalog.basic_items.content import Material, Step
from service_catalog.basic_items.limits import TimeLimit, TimeUnit
from service_catalog.implementations.content import LocalContent, LocalFee, LocalHandlingItem
from service_catalog.implementations.tightening import (
    FORMS_RULE,
    RULES,
    Case,
    in_words,
    obeys,
    says_as_long,
    steps_exceed,
)

WORST = seed_calendar().longest_run
CONTENT = item_content()
LOCAL = LocalContent.model_validate({"availability": {"status": "offered"}})
IMMEDIATE = TimeLimit(unit=TimeUnit.IMMEDIATE)


def case(*, level: str = "4", row: Any = None, **standard: Any) -> Case:
    return Case(item_content(**standard) if standard else CONTENT, LOCAL, level, WORST, row)


def paper(key: str) -> Material:
    return next(row for row in CONTENT.materials if row.key == key)


def passes(rule: str | None, local: Any, standard: Any, at: Case | None = None) -> bool:
    said = obeys(rule, local, standard, at or case())
    assert said is None or (said.zh and said.en)
    return said is None


@pytest.mark.parametrize(
    ("local", "standard", "passed"),
    [(0, 2, True), (1, 2, True), (2, 2, True), (3, 2, False), (0, 0, True), (1, 0, False)],
)
def test_lte_lets_a_number_only_fall(local: int, standard: int, passed: bool) -> None:
    assert passes("lte", local, standard) is passed


def test_lte_takes_what_the_standard_does_not_count_as_none() -> None:
    assert passes("lte", 0, None)
    assert not passes("lte", 1, None)


@pytest.mark.parametrize(
    ("local", "standard", "passed"),
    [("1", "4", True), ("3", "4", True), ("4", "4", True), ("5", "4", False), ("6", "1", False), ("6", None, True)],
)
def test_code_lte_lets_a_scope_only_grow(local: str, standard: str | None, passed: bool) -> None:
    assert passes("code_lte", local, standard) is passed


@pytest.mark.parametrize(
    ("local", "passed"),
    [(("1", "2"), True), (("2", "1", "3"), True), (("1", "2", "3", "4"), True), (("1",), False), (("3", "4"), False), ((), False)],
)  # fmt: skip
def test_superset_keeps_whatever_the_standard_offers(local: tuple[str, ...], passed: bool) -> None:
    assert passes("superset", local, ("1", "2")) is passed


def test_superset_names_what_was_taken_away() -> None:
    said = obeys("superset", ("1",), ("1", "2", "3"), case())

    assert said is not None
    assert "2、3" in said.zh


@pytest.mark.parametrize(
    ("standard", "local", "passed"),
    [("1", "3", True), ("2", "3", True), ("1", "2", False), ("2", "1", False), ("3", "1", False), ("3", "2", False)],
)
def test_forms_accepted_may_only_be_joined_by_the_other_form(standard: str, local: str, passed: bool) -> None:
    assert (FORMS_RULE(local, standard, "", case()) is None) is passed


@pytest.mark.parametrize(
    ("level", "source", "passed"),
    [("4", "1", True), ("4", "2", True), ("4", "3", False), ("5", "5", True), ("6", "1", False), ("2", "1", False)],
)
def test_a_power_source_is_one_that_the_standard_lists_for_the_level(level: str, source: str, passed: bool) -> None:
    assert passes("member_of:power_sources_by_level", source, None, case(level=level)) is passed


def test_an_empty_list_in_the_standard_allows_nothing() -> None:
    public_service = Case(CONTENT.model_copy(update={"power_sources_by_level": {}}), LOCAL, "4", WORST)

    assert not passes("member_of:power_sources_by_level", "1", None, public_service)


@pytest.mark.parametrize(("level", "passed"), [("3", True), ("6", True), ("1", False), ("2", False)])
def test_a_level_is_one_of_the_levels_of_the_standard(level: str, passed: bool) -> None:
    assert passes("member_of:exercise_levels", level, None) is passed


PROMISE = "not_longer_than:statutory_limit,standard.promised_limit"


@pytest.mark.parametrize(
    ("promise", "passed"),
    [
        (workdays(10), True),
        (workdays(1), True),
        (IMMEDIATE, True),
        (calendar_days(10), True),
        (workdays(11), False),
        (workdays(15), False),
        (calendar_days(11), False),
        (calendar_days(60), False),
        (TimeLimit(amount=2, unit=TimeUnit.WEEK), False),
        (TimeLimit(amount=24, unit=TimeUnit.HOUR), False),
    ],
)
def test_a_promise_is_provably_within_the_law_and_within_the_standard(promise: TimeLimit, passed: bool) -> None:
    assert passes(PROMISE, promise, None) is passed


def test_a_promise_within_the_standard_may_still_break_the_law() -> None:
    odd = Case(CONTENT.model_copy(update={"statutory_limit": workdays(5)}), LOCAL, "4", WORST)

    assert not passes(PROMISE, workdays(8), None, odd)
    assert passes(PROMISE, workdays(5), None, odd)


def test_where_the_law_sets_no_limit_only_the_promise_of_the_standard_binds() -> None:
    unlimited = Case(CONTENT.model_copy(update={"statutory_limit": None}), LOCAL, "4", WORST)

    assert passes(PROMISE, workdays(10), None, unlimited)
    assert not passes(PROMISE, workdays(11), None, unlimited)


def test_the_second_bound_can_be_left_out_of_the_matrix() -> None:
    assert passes("not_longer_than:statutory_limit", workdays(15), None)
    assert not passes("not_longer_than:statutory_limit", workdays(16), None)


def test_longer_and_undecidable_are_told_apart() -> None:
    longer = obeys(PROMISE, workdays(16), None, case())
    unclear = obeys(PROMISE, TimeLimit(amount=2, unit=TimeUnit.WEEK), None, case())

    assert longer is not None
    assert unclear is not None
    assert "时限只能缩短：标准为10个工作日，填报为16个工作日" in longer.zh
    assert "请用同一单位表述" in unclear.zh
    assert "one unit" in unclear.en


@pytest.mark.parametrize(
    ("rule", "standard", "local", "passed"),
    [
        ("only_from_2_to_1", "2", "1", True),
        ("only_from_2_to_1", "1", "2", False),
        ("only_from_2_to_1", "9", "1", False),
        ("only_from_2_to_1", "2", "9", False),
        ("only_from_10_to_20", "10", "20", True),
        ("only_from_10_to_20", "20", "10", False),
        ("only_from_10_to_20", "10", "99", False),
        ("only_from_10_to_20", "99", "20", False),
        ("only_from_yes_to_no", True, False, True),
        ("only_from_yes_to_no", False, True, False),
    ],
)
def test_only_one_way_is_open(rule: str, standard: Any, local: Any, passed: bool) -> None:
    assert passes(rule, local, standard) is passed


@pytest.mark.parametrize(
    ("key", "standard", "local", "passed"),
    [
        ("lease", "1", "3", True),
        ("lease", "1", "2", False),
        ("lease", "3", "2", False),
        ("lease", "3", "1", False),
        ("lease", "2", "1", False),
        ("lease", "2", "3", False),
        ("id-card", "1", "3", False),
        ("id-card", "1", "2", False),
        ("id-card", "3", "2", False),
    ],
)
def test_necessity_moves_right_only_and_only_where_the_row_may_be_deferred(
    key: str, standard: str, local: str, passed: bool
) -> None:
    assert passes("order:1>3>2", local, standard, case(row=paper(key))) is passed


@pytest.mark.parametrize("standard", ["1", "3"])
def test_a_paper_is_needed_in_cases_only_where_the_standard_states_the_case(standard: str) -> None:
    stated = paper("lease").model_copy(update={"necessity_case": "系统中没有登记的"})

    assert passes("order:1>3>2", "2", standard, case(row=stated))
    assert not passes("order:1>3>2", "2", standard, case(row=paper("lease")))


@pytest.mark.parametrize(("necessity", "passed"), [("1", False), ("3", False), ("2", True)])
def test_only_a_paper_needed_in_stated_cases_can_be_dropped(necessity: str, passed: bool) -> None:
    row = paper("photo").model_copy(update={"necessity": necessity})

    assert passes("subset_by_standard_row", True, False, case(row=row)) is passed


@pytest.mark.parametrize(
    ("row", "passed"),
    [
        ({"serial": "02", "offered": False, "reason": "制证设备在盟里"}, True),
        ({"serial": "02", "offered": False}, False),
        ({"serial": "02", "offered": True}, True),
    ],
)
def test_a_handling_item_is_left_out_with_a_reason_only(row: dict[str, Any], passed: bool) -> None:
    assert passes("subset_with_reason", LocalHandlingItem.model_validate(row), True) is passed


DOCUMENT = {"document_number": "阿发改〔2026〕3号", "valid_from": "2026-01-01"}


@pytest.mark.parametrize(
    ("fee", "passed"),
    [
        ({"amount": "10.00"} | DOCUMENT, True),
        ({"amount": "0"} | DOCUMENT | {"valid_until": "2026-12-31"}, True),
        ({"amount": "20.00"} | DOCUMENT, True),
        ({"amount": "20.01"} | DOCUMENT, False),
        ({"amount": "10.00"}, False),
        ({"amount": "0", "document_number": "阿发改〔2026〕3号"}, False),
        ({"amount": "0", "valid_from": "2026-01-01"}, False),
        ({"standard": "减半收取", "amount": "10.00"}, False),
        ({"amount": "10.00"} | DOCUMENT | {"document_number": " \u3000"}, False),
        ({"amount": "20.00"} | DOCUMENT | {"document_number": " "}, False),
        ({"amount": "10.00"} | DOCUMENT | {"valid_until": "2026-01-01"}, True),
        ({"amount": "10.00"} | DOCUMENT | {"valid_until": "2025-12-31"}, False),
        ({"reductions": [{"text": "低保对象免收", "basis": "阿发改〔2026〕3号"}]}, True),
    ],
)
def test_a_fee_only_falls_and_only_with_document_and_first_day(fee: dict[str, Any], passed: bool) -> None:
    assert passes("lte_with_document", LocalFee(key="card", **fee), CONTENT.fees[0]) is passed


def test_an_amount_where_the_standard_names_none_is_not_provably_lower() -> None:
    by_tariff = CONTENT.fees[0].model_copy(update={"amount": None})

    assert not passes(
        "lte_with_document", LocalFee.model_validate({"key": "card", "amount": "5"} | DOCUMENT), by_tariff
    )


def test_a_fee_by_tariff_can_be_waived() -> None:
    by_tariff = CONTENT.fees[0].model_copy(update={"amount": None})

    assert passes("lte_with_document", LocalFee.model_validate({"key": "card", "amount": "0"} | DOCUMENT), by_tariff)


def test_an_amount_is_not_raised_by_words() -> None:
    raised = LocalFee.model_validate({"key": "card", "standard": "每证200元"} | DOCUMENT)

    assert not passes("lte_with_document", raised, CONTENT.fees[0])


@pytest.mark.parametrize("same", [{"amount": "20.00"}, {"amount": "20"}, {"standard": "每证20元"}])
def test_a_fee_equal_to_the_standard_needs_no_document(same: dict[str, Any]) -> None:
    assert passes("lte_with_document", LocalFee(key="card", **same), CONTENT.fees[0])


def test_a_flag_that_is_on_stays_on() -> None:
    assert passes("may_switch_on", {"online": True, "postal": True}, None)
    assert passes("may_switch_on", {"online": False}, None)
    assert not passes("may_switch_on", {"online": True, "in_service_hall": False}, None)


@pytest.mark.parametrize(
    ("standard", "local", "passed"),
    [
        (workdays(4), workdays(3), True),
        (workdays(4), workdays(5), False),
        (workdays(4), calendar_days(5), False),
        (None, workdays(5), True),
    ],
)
def test_a_step_may_be_shorter_or_be_given_a_limit(standard: TimeLimit | None, local: TimeLimit, passed: bool) -> None:
    assert passes("lte_and_sum_not_longer_than:promised_limit", local, standard) is passed


def steps(*limits: TimeLimit | None) -> tuple[Step, ...]:
    return tuple(
        CONTENT.steps[0].model_copy(update={"key": f"step-{n}", "limit": limit}) for n, limit in enumerate(limits)
    )


@pytest.mark.parametrize(
    ("limits", "promise", "exceeds"),
    [
        ((workdays(4), workdays(6)), workdays(10), False),
        ((workdays(4), workdays(7)), workdays(10), True),
        ((workdays(4), None, IMMEDIATE), workdays(4), False),
        ((None, None), IMMEDIATE, False),
        ((workdays(1), None), IMMEDIATE, True),
        ((calendar_days(6), calendar_days(6)), workdays(10), False),
        ((calendar_days(11), calendar_days(11)), workdays(10), True),
        ((), workdays(1), False),
    ],
)
def test_all_steps_together_fit_the_promise(
    limits: tuple[TimeLimit | None, ...], promise: TimeLimit, exceeds: bool
) -> None:
    assert (steps_exceed(steps(*limits), promise, WORST) is not None) is exceeds


def test_steps_that_do_not_fit_are_named_together_with_the_promise() -> None:
    said = steps_exceed(CONTENT.steps, workdays(5), WORST)

    assert said is not None
    assert said.zh == "各环节（受理1个工作日、核查3个工作日、签发2个工作日）合计超过承诺时限5个工作日"
    assert said.en.endswith("take longer than the promise of 5 working days")


def test_limits_are_as_long_as_each_other_however_they_are_explained() -> None:
    explained = workdays(5).model_copy(update={"explanation": "自受理之日起"})

    assert says_as_long(explained, workdays(5))
    assert says_as_long(None, None)
    assert not says_as_long(workdays(5), workdays(6))
    assert not says_as_long(workdays(5), calendar_days(5))
    assert not says_as_long(workdays(5), None)


def test_weeks_and_calendar_days_of_steps_are_added_together() -> None:
    one_week = TimeLimit(amount=1, unit=TimeUnit.WEEK)

    assert steps_exceed(steps(one_week, calendar_days(7)), calendar_days(10), WORST) is not None
    assert steps_exceed(steps(one_week, calendar_days(7)), calendar_days(14), WORST) is None


def test_steps_in_different_units_are_added_together() -> None:
    assert steps_exceed(steps(workdays(10), calendar_days(10)), workdays(10), WORST) is not None


def test_what_is_local_passes_as_it_is() -> None:
    assert passes(None, "anything", "something else")


@pytest.mark.parametrize(
    "rule", ["no_such_rule", "no_such_rule:x", "LTE", "lte ", "", "only_from_1_to_2", "superset_of"]
)
def test_a_rule_that_the_matrix_does_not_know_lets_nothing_pass(rule: str) -> None:
    assert not passes(rule, 0, 5)
    assert not passes(rule, 5, 5)


@pytest.mark.parametrize(
    ("rule", "local", "standard"),
    [
        ("member_of:no_such_element", "1", "1"),
        ("member_of", "1", "1"),
        ("not_longer_than:no_such_element", workdays(1), workdays(10)),
        ("not_longer_than", workdays(1), workdays(10)),
        ("order:1>2", "3", "1"),
        ("superset", 1, 2),
    ],
)
def test_a_rule_that_cannot_be_applied_lets_nothing_pass(rule: str, local: Any, standard: Any) -> None:
    assert not passes(rule, local, standard, case(row=paper("lease")))


def test_every_rule_of_the_shipped_matrix_is_known() -> None:
    named = {row.rule.partition(":")[0] for row in seed_matrix().values() if row.rule is not None}

    assert named <= set(RULES)
    assert {name for name, row in seed_matrix().items() if row.policy == "tighten" and row.rule is None} == set()


@pytest.mark.parametrize(
    ("span", "zh", "en"),
    [
        (IMMEDIATE, "当场办结", "on the spot"),
        (workdays(1), "1个工作日", "1 working day"),
        (workdays(10), "10个工作日", "10 working days"),
        (calendar_days(3), "3个自然日", "3 calendar days"),
        (TimeLimit(amount=2, unit=TimeUnit.WEEK), "2周", "2 weeks"),
        (TimeLimit(amount=1, unit=TimeUnit.MONTH), "1个月", "1 month"),
        (TimeLimit(amount=2, unit=TimeUnit.YEAR), "2年", "2 years"),
        (TimeLimit(amount=4, unit=TimeUnit.HOUR), "4小时", "4 hours"),
    ],
)
def test_a_limit_is_said_in_both_languages(span: TimeLimit, zh: str, en: str) -> None:
    assert in_words(span) == (zh, en)
