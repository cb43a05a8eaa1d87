"""Handbook, inheritance §1 to §4: what an agency may write, for every row of the shipped matrix."""

from typing import Any

import pytest
from builders import IN_FORCE_SINCE, ITEM, item_content, item_plain
from inheriting import (
    DOCUMENT,
    EDITION,
    FROM_THE_CLAIM,
    GIVEN_AT_PUBLICATION,
    LOCAL,
    LOCAL_COLUMNS,
    LOCKED,
    LOOSENED,
    MATRIX,
    OUTSIDE_DRAFTS,
    STANDARD,
    TIGHTENED,
    listed,
    refused,
    standard_with,
    stored,
    tried,
)

from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.limits import TimeLimit
from service_catalog.implementations.inheritance import ELEMENT_OF_COLUMN, ROWS, LocalRefused, Standard, check
from service_catalog.kernel.errors import InvalidRequest

OFFERED = {"availability": {"status": "offered"}}


def of_policy(*policies: str) -> set[str]:
    return {element for element, row in MATRIX.items() if row.policy in policies}


def columns_without_local_value() -> list[tuple[str, str]]:
    """Every column of a row of the standard that the matrix locks, by name or by saying nothing of it."""
    found = []
    for element, key in ROWS.items():
        model: Any = ItemContent.model_fields[element].annotation
        for column in model.__args__[0].model_fields:
            name = ELEMENT_OF_COLUMN.get(f"{element}.{column}", f"{element}.{column}")
            if column != key and (name not in MATRIX or MATRIX[name].policy == "locked"):
                found.append((element, column))
    return found


def test_every_row_of_the_matrix_is_tried() -> None:
    assert set(LOCKED) | set(ROWS) - {"materials", "intermediary_services"} == {
        name for name in of_policy("locked") if "." not in name
    }
    assert {name for name in of_policy("locked") if "." in name} <= {
        f"{element}.{column}" for element, column in columns_without_local_value()
    }
    assert set(TIGHTENED) == of_policy("tighten") - OUTSIDE_DRAFTS
    assert set(LOOSENED) == set(TIGHTENED) - {
        "materials.filling_notes", "materials.sample", "fees.reduction", "results.sample"
    }  # fmt: skip
    assert set(LOCAL) | set(LOCAL_COLUMNS) == of_policy("local") - OUTSIDE_DRAFTS


@pytest.mark.parametrize(("element", "other"), LOCKED.items(), ids=LOCKED.keys())
def test_a_locked_element_is_refused_with_element_rule_standard_value_and_edition(element: str, other: Any) -> None:
    refusal = refused({element: other})

    assert refusal.facts() == {
        "element": element,
        "pointer": f"/{element}",
        "policy": "locked",
        "rule": "element_locked",
        "standard_value": STANDARD.plain[element],
        "local_value": other,
    }
    assert MATRIX[element].zh in refusal.said.zh
    assert f"第 {EDITION} 版" in refusal.said.zh
    assert f"edition {EDITION}" in refusal.said.en


@pytest.mark.parametrize("element", LOCKED)
def test_a_locked_element_equal_to_the_standard_is_accepted_and_not_stored(element: str) -> None:
    assert stored({element: STANDARD.plain[element]}) == {}


@pytest.mark.parametrize("element", sorted(set(LOCKED) & set(item_plain())))
def test_a_locked_element_is_equal_also_where_its_empty_members_are_left_out(element: str) -> None:
    assert stored({element: item_plain()[element]}) == {}


@pytest.mark.parametrize(("element", "column"), columns_without_local_value(), ids="-".join)
def test_a_locked_column_is_refused_and_accepted_like_an_element(element: str, column: str) -> None:
    own = STANDARD.plain[element][0]
    key = {ROWS[element]: own[ROWS[element]]}

    refusal = refused({element: [key | {column: "另行规定"}]})

    assert (refusal.element, refusal.pointer) == (f"{element}.{column}", f"/{element}/0/{column}")
    assert (refusal.policy, refusal.rule) == ("locked", "element_locked")
    assert (refusal.standard_value, refusal.local_value) == (own[column], "另行规定")
    assert f"第 {EDITION} 版" in refusal.said.zh
    assert stored({element: [key | {column: own[column]}]}) == {}


@pytest.mark.parametrize("element", ROWS)
def test_the_rows_of_the_standard_sent_back_unchanged_are_accepted_and_not_stored(element: str) -> None:
    assert stored({element: STANDARD.plain[element]}) == {}


@pytest.mark.parametrize("element", ROWS)
def test_a_row_that_the_standard_does_not_have_is_refused(element: str) -> None:
    key = ROWS[element]
    added = {key: "99" if key == "serial" else "household-register", "name": "户口簿"}

    refusal = refused({element: [added]})

    assert (refusal.element, refusal.pointer, refusal.policy) == (element, f"/{element}/0", MATRIX[element].policy)
    assert refusal.rule == (MATRIX[element].rule or "element_locked")
    assert (refusal.local_value, set(refusal.standard_value)) == (added, {row[key] for row in STANDARD.plain[element]})
    assert "不得新增" in refusal.said.zh


@pytest.mark.parametrize("element", ROWS)
def test_a_row_is_named_once(element: str) -> None:
    key = {ROWS[element]: STANDARD.plain[element][0][ROWS[element]]}

    refusal = refused({element: [key, key]})

    assert (refusal.element, refusal.pointer) == (element, f"/{element}/1")
    assert "出现两次" in refusal.said.zh


@pytest.mark.parametrize("key", [None, 1, ["id-card"], {"key": "id-card"}, "ID-CARD", "id-card "])
def test_a_row_with_no_proper_name_is_no_row_of_the_standard(key: Any) -> None:
    assert refused({"materials": [{"key": key, "dropped": True}]}).element == "materials"


@pytest.mark.parametrize("row", ["id-card", 1, None, ["id-card"]])
def test_a_row_that_is_no_object_is_malformed(row: Any) -> None:
    with pytest.raises(InvalidRequest) as malformed:
        tried({"materials": [{"key": "photo"}, row]})

    assert [fault.pointer for fault in malformed.value.faults] == ["/materials/1"]


@pytest.mark.parametrize(("element", "draft"), listed(TIGHTENED))
def test_what_tightens_the_standard_is_stored_as_it_was_sent(element: str, draft: dict[str, Any]) -> None:
    assert stored(draft) == draft


@pytest.mark.parametrize(("element", "draft"), listed(LOOSENED))
def test_what_loosens_the_standard_is_refused_with_the_rule_of_the_matrix(element: str, draft: dict[str, Any]) -> None:
    refusal = refused(draft)

    assert (refusal.element, refusal.policy, refusal.rule) == (element, "tighten", MATRIX[element].rule)
    assert refusal.pointer.startswith("/" + element.split(".")[0])
    assert refusal.said.zh
    assert refusal.said.en


@pytest.mark.parametrize(
    ("draft", "standard_value", "local_value"),
    [
        (
            {"promised_limit": {"amount": 11, "unit": "working_day"}},
            {"amount": 10, "unit": "working_day"},
            {"amount": 11, "unit": "working_day"},
        ),
        ({"materials": [{"key": "photo", "original_copies": 3}]}, 2, 3),
        ({"channels": ["2"]}, ["1"], ["2"]),
        ({"power_source": "3"}, ["1", "2"], "3"),
        ({"cross_area_scope": "5"}, "4", "5"),
    ],
)
def test_a_refused_loosening_shows_both_values(draft: dict[str, Any], standard_value: Any, local_value: Any) -> None:
    refusal = refused(draft)

    assert (refusal.standard_value, refusal.local_value) == (standard_value, local_value)


@pytest.mark.parametrize(
    ("law", "promise", "sent", "binding", "words"),
    [
        ((30, "calendar_day"), (20, "calendar_day"), (60, "calendar_day"), (20, "calendar_day"), "标准为20个自然日"),
        ((30, "calendar_day"), (20, "calendar_day"), (25, "calendar_day"), (20, "calendar_day"), "标准为20个自然日"),
        ((20, "calendar_day"), (30, "calendar_day"), (60, "calendar_day"), (20, "calendar_day"), "标准为20个自然日"),
        ((20, "calendar_day"), (30, "calendar_day"), (25, "calendar_day"), (20, "calendar_day"), "标准为20个自然日"),
        ((15, "working_day"), (2, "week"), (60, "calendar_day"), (2, "week"), "标准为2周"),
        ((15, "calendar_day"), None, (20, "calendar_day"), (15, "calendar_day"), "标准为15个自然日"),
    ],
)
def test_a_promise_too_long_is_told_the_shortest_bound_in_words_and_as_a_value(
    law: tuple[int, str], promise: tuple[int, str] | None, sent: tuple[int, str], binding: tuple[int, str], words: str
) -> None:
    def limit(said: tuple[int, str] | None) -> dict[str, Any] | None:
        return {"amount": said[0], "unit": said[1]} if said else None

    content = item_content().model_copy(
        update={
            "statutory_limit": TimeLimit.model_validate(limit(law)),
            "promised_limit": TimeLimit.model_validate(limit(promise)) if promise else None,
            "steps": (),
        }
    )
    standard = Standard(ITEM, "07", "150709000000", EDITION, content, IN_FORCE_SINCE, None)

    refusal = refused({"promised_limit": limit(sent)}, standard=standard)

    assert refusal.standard_value == limit(binding)
    assert words in refusal.said.zh
    assert stored({"promised_limit": limit(binding)}, standard=standard) in ({}, {"promised_limit": limit(binding)})


TIGHTENABLE_VALUES = [
    "promised_limit", "case_kind", "on_site_visits", "is_charged", "cross_area_scope", "channels", "online_depth",
    "service_flags", "questions",
]  # fmt: skip


@pytest.mark.parametrize("element", TIGHTENABLE_VALUES)
def test_a_value_equal_to_the_standard_is_accepted_and_not_stored(element: str) -> None:
    assert stored({element: STANDARD.plain[element]}) == {}


def test_of_the_service_flags_only_those_beyond_the_standard_are_stored() -> None:
    sent = {"in_service_hall": True, "online": True, "postal": False}

    assert stored({"service_flags": sent}) == {"service_flags": {"online": True}}
    assert stored({"service_flags": {}}) == {}


@pytest.mark.parametrize("explanation", ["需另行等待上级审批30日", None])
def test_a_promise_of_the_same_length_is_that_of_the_standard_however_it_is_explained(explanation: str | None) -> None:
    same = {"amount": 10, "unit": "working_day", "explanation": explanation}
    step = {"key": "review", "limit": {"amount": 3, "unit": "working_day", "explanation": explanation}}

    assert stored({"promised_limit": same, "steps": [step]}) == {}


def test_words_of_the_standard_are_not_stored_again() -> None:
    standard = standard_with(aliases=["暂住证"])

    assert stored({"on_site_reason": "核对本人"}) == {}
    assert stored({"aliases": ["暂住证", "打工证"]}, standard=standard) == {"aliases": ["打工证"]}
    assert stored({"aliases": ["暂住证"]}, standard=standard) == {}


STANDS_ALONE: dict[str, Any] = {
    "statutory_limit_explanation": "由本旗规定",
    "power_sources_by_level": {"4": ["3"]},
    "punishment_method": "罚款",
    "collect_type": "资源税费",
    "permits_reduction": True,
}
"""Elements of the standard that the matrix does not name, with other values."""


@pytest.mark.parametrize(("element", "other"), STANDS_ALONE.items(), ids=STANDS_ALONE.keys())
def test_what_the_matrix_does_not_name_is_locked_with_what_it_belongs_to(element: str, other: Any) -> None:
    refusal = refused({element: other})

    assert (refusal.element, refusal.policy, refusal.rule) == (element, "locked", "element_locked")
    assert (refusal.standard_value, refusal.local_value) == (STANDARD.plain[element], other)
    assert stored({element: STANDARD.plain[element]}) == {}


@pytest.mark.parametrize("element", sorted(GIVEN_AT_PUBLICATION))
def test_dates_are_given_at_publication_and_not_in_a_draft(element: str) -> None:
    refusal = refused({element: "2026-04-01"})

    assert (refusal.element, refusal.policy, refusal.rule) == (element, "tighten", "within_standard")
    assert refusal.said.en == "given at publication, not in a draft"


@pytest.mark.parametrize("short", ["152921", "152921110", "152921110000"])
def test_an_area_served_may_be_named_by_its_short_code(short: str) -> None:
    assert stored({"service_area": [short]}) == {"service_area": [short.ljust(12, "0")]}


def test_an_intermediary_that_is_not_dropped_is_no_difference() -> None:
    assert stored({"intermediary_services": [{"name": "翻译", "dropped": False}]}) == {}


def test_a_reduction_of_the_standard_is_not_stored_again() -> None:
    reductions = [{"text": "低保对象免收", "basis": "价格文件"}]
    more = {"text": "残疾人免收", "basis": "阿政办发〔2026〕1号"}
    standard = standard_with(fees=[item_plain()["fees"][0] | {"reductions": reductions}])

    assert stored({"fees": [{"key": "card", "reductions": [*reductions, more]}]}, standard=standard) == {
        "fees": [{"key": "card", "reductions": [more]}]
    }


def test_local_filling_notes_follow_those_of_the_standard_and_only_they_are_stored() -> None:
    assert stored({"materials": [{"key": "lease", "filling_notes": "写明门牌"}]}) == {}
    assert stored({"materials": [{"key": "lease", "filling_notes": "写明门牌\n写明嘎查"}]}) == {
        "materials": [{"key": "lease", "filling_notes": "写明嘎查"}]
    }
    assert stored({"materials": [{"key": "lease", "filling_notes": "写明嘎查"}]}) == {
        "materials": [{"key": "lease", "filling_notes": "写明嘎查"}]
    }


def test_shorter_steps_still_have_to_fit_a_shorter_promise() -> None:
    promise = {"promised_limit": {"amount": 4, "unit": "working_day"}}
    too_long = promise | {"steps": [{"key": "review", "limit": {"amount": 2, "unit": "working_day"}}]}
    fitting = promise | {
        "steps": [
            {"key": "review", "limit": {"amount": 2, "unit": "working_day"}},
            {"key": "decide", "limit": {"amount": 1, "unit": "working_day"}},
        ]
    }

    kept, refusals = tried(too_long)

    assert [(refusal.element, refusal.pointer) for refusal in refusals] == [("steps.limit", "/steps")]
    assert kept == promise
    assert stored(fitting) == fitting


def test_a_shorter_promise_has_to_hold_the_steps_of_the_standard_too() -> None:
    _, refusals = tried({"promised_limit": {"amount": 1, "unit": "working_day"}})

    (refusal,) = refusals
    assert (refusal.element, refusal.pointer) == ("steps.limit", "/steps")
    assert refusal.rule == MATRIX["steps.limit"].rule
    assert refusal.standard_value == {"amount": 1, "unit": "working_day"}
    assert [(row["key"], row["limit"]["amount"]) for row in refusal.local_value] == [
        ("receive", 1), ("review", 3), ("decide", 2)
    ]  # fmt: skip
    assert "核查3个工作日" in refusal.said.zh
    assert "承诺时限1个工作日" in refusal.said.zh


def test_a_promise_that_just_holds_the_steps_of_the_standard_is_accepted() -> None:
    promise = {"promised_limit": {"amount": 6, "unit": "working_day"}}

    assert stored(promise) == promise


def test_an_immediate_case_is_promised_on_the_spot() -> None:
    refusal = refused({"case_kind": "1"})

    assert (refusal.element, refusal.pointer) == ("case_kind", "/case_kind")
    assert "当场办结" in refusal.said.zh


@pytest.mark.parametrize(
    ("standard", "draft"),
    [
        (standard_with(case_kind="1", promised_limit={"unit": "immediate", "amount": None}), {"case_kind": "2"}),
        (standard_with(is_charged=False, fees=[]), {"is_charged": True}),
        (standard_with(power_sources_by_level={"4": None}), {"power_source": "1"}),
    ],
    ids=["an immediate case", "an uncharged item", "a level without power sources"],
)
def test_the_other_way_round_nothing_is_open(standard: Standard, draft: dict[str, Any]) -> None:
    assert [refused(draft, standard=standard).element] == list(draft)


@pytest.mark.parametrize("lowered", [{}, {"fees": []}, {"fees": [{"key": "card", "amount": "1.00", **DOCUMENT}]}])
def test_a_waiver_names_every_fee_with_amount_nought_and_a_document(lowered: dict[str, Any]) -> None:
    _, refusals = tried({"is_charged": False} | lowered)

    assert [refusal.element for refusal in refusals] == ["is_charged"]


@pytest.mark.parametrize(("element", "value"), LOCAL.items(), ids=LOCAL.keys())
def test_what_is_local_is_stored_as_it_was_sent(element: str, value: Any) -> None:
    assert stored({element: value}) == {element: value}


@pytest.mark.parametrize(("element", "draft"), LOCAL_COLUMNS.items(), ids=LOCAL_COLUMNS.keys())
def test_who_does_a_step_is_local(element: str, draft: dict[str, Any]) -> None:
    assert stored(draft) == draft


@pytest.mark.parametrize("element", sorted(FROM_THE_CLAIM | {"translations"}))
def test_what_has_no_place_in_a_local_part_is_refused_and_never_ignored(element: str) -> None:
    with pytest.raises(InvalidRequest) as malformed:
        tried({element: "4"})

    assert [fault.pointer for fault in malformed.value.faults] == [f"/{element}"]


@pytest.mark.parametrize(
    ("draft", "element", "pointer"),
    [
        ({"colour": "red"}, "colour", "/colour"),
        ({"colour": None}, "colour", "/colour"),
        ({"Name": "居住证申领"}, "Name", "/Name"),
        ({"a/b~c": 1}, "a/b~c", "/a~1b~0c"),
        ({"materials": [{"key": "photo", "colour": "red"}]}, "materials.colour", "/materials/0/colour"),
        ({"steps": [{"key": "review", "limits": None}]}, "steps.limits", "/steps/0/limits"),
        ({"handling_items": [{"serial": "01", "key": "x"}]}, "handling_items.key", "/handling_items/0/key"),
    ],
)  # fmt: skip
def test_an_unknown_element_is_refused(draft: dict[str, Any], element: str, pointer: str) -> None:
    refusal = refused(draft)

    assert (refusal.element, refusal.policy, refusal.rule) == (element, "unknown", "element_unknown")
    assert refusal.pointer == pointer


@pytest.mark.parametrize("column", ["materials.name", "fees.basis", "steps.review_criteria"])
@pytest.mark.parametrize("value", ["另行规定", None])
def test_a_column_named_without_its_row_is_refused_and_never_ignored(column: str, value: str | None) -> None:
    assert refused({column: value}).element == column


def test_everything_is_reported_at_once_and_nothing_is_half_accepted() -> None:
    draft = OFFERED | {
        "name": "暂住证",
        "colour": "red",
        "promised_limit": {"amount": 20, "unit": "working_day"},
        "materials": [{"key": "id-card", "dropped": True}, {"key": "household-register"}],
        "local_notes": "周一上午人多",
    }
    _, refusals = tried(draft)
    refusal = LocalRefused(refusals, EDITION)

    assert sorted(row["element"] for row in refusal.facts["refusals"]) == [
        "colour", "materials", "materials", "name", "promised_limit"
    ]  # fmt: skip
    assert refusal.facts["standard_edition"] == EDITION
    assert all(row["zh"] and row["en"] for row in refusal.facts["refusals"])
    assert "promised_limit：时限只能缩短" in refusal.said.zh


@pytest.mark.parametrize(
    ("draft", "pointers"),
    [
        ({}, ["/availability"]),
        (OFFERED | {"promised_limit": {"amount": 0, "unit": "working_day"}}, ["/promised_limit/amount"]),
        (OFFERED | {"promised_limit": "8"}, ["/promised_limit"]),
        (OFFERED | {"on_site_visits": -1, "channels": ["7"]}, ["/on_site_visits", "/channels/0"]),
        (OFFERED | {"materials": "none"}, ["/materials"]),
        ({"availability": {"status": "unknown"}}, ["/availability/status"]),
        ({"availability": {"status": "not_offered"}}, ["/availability"]),
        ({"availability": {"status": "offered_by_other", "reason": "由盟局办理"}}, ["/availability"]),
    ],
)
def test_a_malformed_value_is_pointed_at(draft: dict[str, Any], pointers: list[str]) -> None:
    with pytest.raises(InvalidRequest) as malformed:
        check(draft, STANDARD, "4", MATRIX, lambda n: None)

    assert [fault.pointer for fault in malformed.value.faults] == pointers


def test_the_codes_of_the_item_stand_beside_its_content() -> None:
    assert {name: STANDARD.plain[name] for name in ("basic_code", "item_type", "parent_basic_code")} == {
        "basic_code": "150709001000",
        "item_type": "07",
        "parent_basic_code": "150709000000",
    }
    assert set(STANDARD.plain) - {"basic_code", "item_type", "parent_basic_code"} == set(item_content().model_dump())
