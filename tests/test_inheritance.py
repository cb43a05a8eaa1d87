"""Handbook, inheritance §1 to §4: what an agency may write, for every row of the shipped matrix."""

from typing import Any

import pytest
from builders import item_content, item_plain
from inheriting import DOCUMENT, EDITION, MATRIX, STANDARD, local_of, refused, shown, standard_with, stored, tried
from seeds import matrix_with

from service_catalog.basic_items.content import ItemContent
from service_catalog.implementations.inheritance import ELEMENT_OF_COLUMN, ROWS, LocalRefused, Matrix, Standard, check
from service_catalog.kernel.errors import InvalidRequest

OFFERED = {"availability": {"status": "offered"}}
OUTSIDE_DRAFTS = {
    "agency_code",
    "implementation_code",
    "exercise_level",
    "effective_from",
    "effective_until",
    "translations",
}
"""Elements that follow from the claim, are said at publication, or have no place in a local part yet."""

LOCKED: dict[str, Any] = {
    "name": "居住证明",
    "basic_code": "150709001001",
    "item_type": "01",
    "parent_basic_code": None,
    "legal_basis": [],
    "exercise_levels": ["4"],
    "guiding_department": "民政",
    "service_objects": ["1", "2"],
    "acceptance_conditions": ["在居住地居住半年以上。", "在本旗有房产。"],
    "quantity_limit": "每年一百件",
    "statutory_limit": {"amount": 30, "unit": "working_day"},
    "special_procedures": [{"kind": "2", "name": "听证", "explanation": "依申请"}],
    "natural_person_themes": ["020"],
    "legal_person_themes": ["010"],
    "rights_and_duties": None,
}
"""Every locked element that is not made of rows, with a value that the standard does not have."""

TIGHTENED: dict[str, list[dict[str, Any]]] = {
    "handling_items.offered": [{"handling_items": [{"serial": "02", "offered": False, "reason": "设备在盟里"}]}],
    "power_source": [{"power_source": "1"}, {"power_source": "2"}],
    "promised_limit": [
        {"promised_limit": {"amount": 8, "unit": "working_day"}},
        {"promised_limit": {"amount": 7, "unit": "calendar_day"}},
        {"promised_limit": {"amount": 1, "unit": "week"}},
        {"promised_limit": {"unit": "immediate"}},
    ],
    "case_kind": [{"case_kind": "1"}],
    "on_site_visits": [{"on_site_visits": 0}],
    "materials": [{"materials": [{"key": "photo", "dropped": True}]}],
    "materials.necessity": [{"materials": [{"key": "lease", "necessity": "3"}]}],
    "materials.original_copies": [{"materials": [{"key": "photo", "original_copies": 1}]}],
    "materials.photo_copies": [{"materials": [{"key": "id-card", "photo_copies": 0}]}],
    "materials.forms_accepted": [{"materials": [{"key": "id-card", "forms_accepted": "3"}]}],
    "materials.source": [{"materials": [{"key": "lease", "source": "20"}]}],
    "materials.filling_notes": [{"materials": [{"key": "photo", "filling_notes": "白底彩色"}]}],
    "materials.sample": [{"materials": [{"key": "photo", "sample": {"name": "样照", "path": "photo.png"}}]}],
    "steps.limit": [{"steps": [{"key": "review", "limit": {"amount": 2, "unit": "working_day"}}]}],
    "is_charged": [{"is_charged": False, "fees": [{"key": "card", "amount": "0", **DOCUMENT}]}],
    "fees.standard": [
        {"fees": [{"key": "card", "standard": "每证10元", "amount": "10.00", **DOCUMENT}]},
        {"fees": [{"key": "card", "amount": "19.99", "valid_until": "2026-12-31", **DOCUMENT}]},
    ],
    "fees.reduction": [{"fees": [{"key": "card", "reductions": [{"text": "低保对象免收", "basis": "阿政办发〔2026〕1号"}]}]}],
    "results.sample": [{"results": [{"key": "card", "sample": {"name": "本旗票面", "path": "card.png"}}]}],
    "results.delivery": [{"results": [{"key": "card", "delivery": ["window", "post"]}]}],
    "channels": [{"channels": ["1", "2"]}, {"channels": ["2", "1", "4"]}],
    "online_depth": [{"online_depth": ["1", "2"]}],
    "cross_area_scope": [{"cross_area_scope": "3"}, {"cross_area_scope": "1"}],
    "service_flags": [{"service_flags": {"online": True}}, {"service_flags": {"kiosk": True, "postal": True}}],
    "intermediary_services": [{"intermediary_services": [{"name": "翻译", "dropped": True}]}],
    "questions": [{"questions": [{"question": "周末办吗？", "answer": "周六上午办。"}]}],
}  # fmt: skip
"""Every element that may be tightened, with drafts that tighten it."""

LOOSENED: dict[str, list[dict[str, Any]]] = {
    "handling_items.offered": [{"handling_items": [{"serial": "02", "offered": False}]}],
    "power_source": [{"power_source": "3"}, {"power_source": "5"}],
    "promised_limit": [
        {"promised_limit": {"amount": 11, "unit": "working_day"}},
        {"promised_limit": {"amount": 16, "unit": "working_day"}},
        {"promised_limit": {"amount": 2, "unit": "week"}},
        {"promised_limit": {"amount": 1, "unit": "hour"}},
    ],
    "case_kind": [{"case_kind": "9"}],
    "on_site_visits": [{"on_site_visits": 2}],
    "materials": [
        {"materials": [{"key": "id-card", "dropped": True}]},
        {"materials": [{"key": "lease", "dropped": True}]},
    ],
    "materials.necessity": [
        {"materials": [{"key": "photo", "necessity": "1"}]},
        {"materials": [{"key": "id-card", "necessity": "3"}]},
    ],
    "materials.original_copies": [{"materials": [{"key": "photo", "original_copies": 3}]}],
    "materials.photo_copies": [{"materials": [{"key": "photo", "photo_copies": 1}]}],
    "materials.forms_accepted": [
        {"materials": [{"key": "lease", "forms_accepted": "1"}]},
        {"materials": [{"key": "id-card", "forms_accepted": "2"}]},
    ],
    "materials.source": [{"materials": [{"key": "id-card", "source": "10"}]}],
    "steps.limit": [{"steps": [{"key": "review", "limit": {"amount": 5, "unit": "working_day"}}]}],
    "is_charged": [{"is_charged": False}],
    "fees.standard": [
        {"fees": [{"key": "card", "amount": "25.00", **DOCUMENT}]},
        {"fees": [{"key": "card", "amount": "10.00"}]},
    ],
    "results.delivery": [{"results": [{"key": "card", "delivery": ["post"]}]}],
    "channels": [{"channels": ["2"]}],
    "online_depth": [{"online_depth": ["2"]}],
    "cross_area_scope": [{"cross_area_scope": "5"}],
    "service_flags": [{"service_flags": {"in_service_hall": False}}],
    "intermediary_services": [{"intermediary_services": [{"name": "评估", "dropped": True}]}],
    "questions": [{"questions": [{"question": "要本人去吗？", "answer": "每次都要。"}]}],
}
"""Drafts that loosen the standard; what can only be added has none."""

LOCAL: dict[str, Any] = {
    "availability": {"status": "offered_below", "reason": "由苏木镇受理"},
    "on_site_reason": "领证时核对本人",
    "agency_nature": "1",
    "entrusting_agency": "阿拉善盟公安局",
    "joint_agencies": ["巴彦浩特镇人民政府"],
    "local_codes": [{"scheme": "盟旧系统", "code": "ALS-001"}],
    "service_area": ["152921110000"],
    "service_locations": [{"key": "hall-2", "name": "二楼3号窗口", "address": "巴彦浩特镇"}],
    "service_hours": {"weekly": [{"days": [6], "opens": "09:00:00", "closes": "12:00:00"}]},
    "consultation_channels": [{"way": "telephone", "value": "0483-8300009"}],
    "complaint_channels": [{"way": "telephone", "value": "12345"}],
    "remedies": {"review_body": "阿拉善左旗人民政府", "court": "阿拉善左旗人民法院"},
    "appointment_rule": "每日二十个号",
    "online_urls": {"computer": "https://zwfw.example.cn/1"},
    "local_themes": ["牧区"],
    "aliases": ["暂住证"],
    "local_notes": "周一上午人多",
}
LOCAL_COLUMNS = {
    "steps.responsible_unit": {"steps": [{"key": "review", "responsible_unit": "治安大队"}]},
    "steps.responsible_person": {"steps": [{"key": "review", "responsible_person": "巴图"}]},
}


def of_policy(*policies: str) -> set[str]:
    return {element for element, row in MATRIX.items() if row.policy in policies}


def listed(table: dict[str, list[dict[str, Any]]]) -> list[Any]:
    return [
        pytest.param(element, draft, id=f"{element}-{n}") for element in table for n, draft in enumerate(table[element])
    ]


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
    assert set(LOCKED) | set(ROWS) - {"materials"} == {name for name in of_policy("locked") if "." not in name}
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
    promise = {"promised_limit": {"amount": 6, "unit": "working_day"}}
    too_long = promise | {"steps": [{"key": "review", "limit": {"amount": 3, "unit": "working_day"}}]}
    fitting = promise | {
        "steps": [
            {"key": "review", "limit": {"amount": 2, "unit": "working_day"}},
            {"key": "decide", "limit": {"amount": 3, "unit": "working_day"}},
        ]
    }

    kept, refusals = tried(too_long)

    assert [(refusal.element, refusal.pointer) for refusal in refusals] == [("steps.limit", "/steps")]
    assert kept == promise
    assert stored(fitting) == fitting


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


@pytest.mark.parametrize("element", sorted(OUTSIDE_DRAFTS))
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
        ({"power_sources_by_level": {}}, "power_sources_by_level", "/power_sources_by_level"),
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


def moved_to_locked(element: str) -> Matrix:
    return matrix_with(**{element.replace(".", "__"): "locked"})


@pytest.mark.parametrize(("element", "draft"), listed(TIGHTENED))
def test_an_element_that_an_act_has_locked_can_no_longer_be_tightened(element: str, draft: dict[str, Any]) -> None:
    _, refusals = tried(draft, matrix=moved_to_locked(element))

    assert {refusal.policy for refusal in refusals} == {"locked"}
    assert all(refusal.element == element or refusal.pointer.split("/")[1] in draft for refusal in refusals)


@pytest.mark.parametrize("element", sorted(set(LOCAL) - {"availability"}))
def test_a_local_element_that_an_act_has_locked_is_no_longer_local(element: str) -> None:
    assert refused({element: LOCAL[element]}, matrix=moved_to_locked(element)).rule == "element_locked"


@pytest.mark.parametrize(("element", "draft"), listed(TIGHTENED))
def test_what_was_stored_before_an_act_locked_it_gives_way_to_the_standard(element: str, draft: dict[str, Any]) -> None:
    kept, refusals = shown(local_of(**draft), matrix=moved_to_locked(element))

    assert element.split(".")[0] not in kept
    assert element in {refusal.element for refusal in refusals}


def test_an_element_that_an_act_has_made_local_is_free() -> None:
    free = dict(MATRIX) | {"promised_limit": MATRIX["promised_limit"]._replace(policy="local", rule=None)}
    longer = {"promised_limit": {"amount": 15, "unit": "working_day"}}

    assert stored(longer, matrix=free) == longer


@pytest.mark.parametrize(("element", "draft"), listed(TIGHTENED))
def test_a_rule_that_the_matrix_misspells_lets_nothing_pass(element: str, draft: dict[str, Any]) -> None:
    misspelt = dict(MATRIX) | {element: MATRIX[element]._replace(rule="no_such_rule")}

    _, refusals = tried(draft, matrix=misspelt)

    assert element in {refusal.element for refusal in refusals}


@pytest.mark.parametrize("element", sorted(set(LOCAL) - {"availability"} | {"promised_limit", "channels", "name"}))
def test_an_element_that_the_matrix_forgets_is_unknown(element: str) -> None:
    forgetful = {name: row for name, row in MATRIX.items() if name != element}

    _, refusals = tried({element: LOCAL.get(element, "居住证明")}, matrix=forgetful)

    assert [(refusal.element, refusal.rule) for refusal in refusals] == [(element, "element_unknown")]


def test_the_codes_of_the_item_stand_beside_its_content() -> None:
    assert {name: STANDARD.plain[name] for name in ("basic_code", "item_type", "parent_basic_code")} == {
        "basic_code": "150709001000",
        "item_type": "07",
        "parent_basic_code": "150709000000",
    }
    assert set(STANDARD.plain) - {"basic_code", "item_type", "parent_basic_code"} == set(item_content().model_dump())
