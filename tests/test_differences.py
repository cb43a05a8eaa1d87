"""Two documents compared: rows by what names them, nothing lost, nothing invented."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from builders import ITEM, item_content, item_plain
from hypothesis import given
from hypothesis import strategies as st
from inheriting import MATRIX, STANDARD, TIGHTENED, WORST, listed, local_of, standard_with

from service_catalog.history.consequences import gone_rows
from service_catalog.history.differences import NAMED_BY, Difference, DifferenceKind, differences_between, labelled
from service_catalog.history.documents import plain_item, plain_local
from service_catalog.history.here import beside_each_other
from service_catalog.implementations.inheritance import weigh

DAY = date(2026, 3, 10)
WHOLE = plain_item(item_plain())
EMPTIED = plain_item({})
MONGOLIAN = "ᠬᠠᠭᠤᠷᠮᠠᠭ"


def found(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str | None, str]]:
    """What, where, in which row, and what happened to it."""
    return [(d.element, d.pointer, d.row, d.kind.value) for d in differences_between(before, after)]


def with_rows(element: str, change: Callable[[list[Any]], list[Any]]) -> dict[str, Any]:
    return WHOLE | {element: change(deepcopy(WHOLE[element]))}


def parts_of(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def step(container: Any, part: str) -> Any:
    return container[int(part)] if isinstance(container, list) else container[part]


def applied(document: dict[str, Any], differences: list[Difference]) -> dict[str, Any]:
    """Make the later document by doing what the differences say, knowing nothing but them."""
    result: dict[str, Any] = json.loads(json.dumps(document))  # equal rows are no longer one object
    gone = [parts_of(d.pointer) for d in differences if d.kind is DifferenceKind.REMOVED]
    for *above, last in sorted(gone, key=in_document_order, reverse=True):
        container = reached(result, above)
        container.pop(int(last) if isinstance(container, list) else last)
    rest = [d for d in differences if d.kind is not DifferenceKind.REMOVED]
    for difference in sorted(rest, key=outermost_first):
        *above, last = parts_of(difference.pointer)
        container = reached(result, above)
        if difference.kind is DifferenceKind.MOVED:
            container = step(container, last)
            container[:] = in_order(difference.element, container, difference.after)
        elif difference.kind is DifferenceKind.ADDED and isinstance(container, list):
            container.insert(int(last), difference.after)
        elif isinstance(container, list):
            container[int(last)] = difference.after
        else:
            container[last] = difference.after
    return result


def reached(document: Any, parts: list[str]) -> Any:
    for part in parts:
        document = step(document, part)
    return document


def in_document_order(parts: list[str]) -> list[tuple[int, int, str]]:
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


def outermost_first(difference: Difference) -> tuple[int, bool, list[tuple[int, int, str]]]:
    parts, moved = parts_of(difference.pointer), difference.kind is DifferenceKind.MOVED
    return len(parts) - (not moved), not moved, in_document_order(parts)


def in_order(element: str, rows: list[Any], names: list[Any]) -> list[Any]:
    places = labelled(element, rows)
    wanted = labelled("names", names)
    return [rows[places[label]] for label in sorted(wanted, key=wanted.__getitem__)]


def rows_of(element: str) -> st.SearchStrategy[list[Any]]:
    """Some of the rows that a document could have, in any order, some of them reworded."""
    columns = NAMED_BY.get(element)
    rows: list[Any] = WHOLE[element] or [dict.fromkeys(columns, name) if columns else name for name in "甲乙丙"]
    more = [row | {"notes": "另注"} if isinstance(row, dict) else f"{row}…" for row in rows]
    named = [row | dict.fromkeys(columns, "new") for row in rows[:1]] if columns else []
    return st.lists(st.sampled_from([*rows, *more, *named]), max_size=6)


LISTS = [name for name, value in WHOLE.items() if isinstance(value, list)]
MEMBERS = st.fixed_dictionaries(
    {},
    optional={name: rows_of(name) for name in LISTS}
    | {
        "name": st.sampled_from(["居住证申领", "居住证办理"]),
        "on_site_visits": st.integers(0, 3),
        "promised_limit": st.sampled_from([{"amount": 5, "unit": "working_day"}, {"unit": "immediate"}]),
        "quantity_limit": st.text(max_size=4),
        "service_flags": st.dictionaries(st.sampled_from(["online", "postal"]), st.booleans()),
        "power_sources_by_level": st.dictionaries(
            st.sampled_from(["3", "4"]), st.lists(st.sampled_from(["1", "2"]), max_size=3)
        ),
        "rights_and_duties": st.dictionaries(
            st.sampled_from(["rights", "duties", "a/b~c"]), st.lists(st.sampled_from(["一", "二"]), max_size=4)
        ),
    },
)


@given(MEMBERS)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert differences_between(document, deepcopy(document)) == []


@given(MEMBERS, MEMBERS)
def test_the_differences_make_the_later_document_out_of_the_earlier_one(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    differences = differences_between(before, after)

    assert applied(before, differences) == after
    assert (differences == []) == (before == after)


@given(st.data(), st.sampled_from(["materials", "steps", "handling_items", "acceptance_conditions", "channels"]))
def test_order_alone_is_moved_and_never_removed_and_added(data: st.DataObject, element: str) -> None:
    rows = WHOLE[element] if len(WHOLE[element]) > 1 else ["甲", "乙", "丙", "甲"]
    turned = data.draw(st.permutations(rows))

    kinds = [d.kind for d in differences_between({element: rows}, {element: turned})]

    assert kinds == ([] if turned == rows else [DifferenceKind.MOVED])


def test_a_paper_put_in_front_is_one_paper_added() -> None:
    new = WHOLE["materials"][0] | {"key": "form", "name": "申请表"}

    assert found(WHOLE, with_rows("materials", lambda rows: [new, *rows])) == [
        ("materials", "/materials/0", "form", "added")
    ]


def test_a_changed_column_of_a_row_that_moved_is_found_where_the_row_stands_now() -> None:
    def turned(rows: list[Any]) -> list[Any]:
        rows[0]["original_copies"] = 3
        return rows[::-1]

    moved, changed = differences_between(WHOLE, with_rows("materials", turned))

    assert (moved.kind, moved.pointer, moved.before, moved.after) == (
        DifferenceKind.MOVED, "/materials", ["id-card", "photo", "lease"], ["lease", "photo", "id-card"],
    )  # fmt: skip
    assert (changed.element, changed.pointer, changed.row) == (
        "materials.original_copies", "/materials/2/original_copies", "id-card",
    )  # fmt: skip
    assert (changed.before, changed.after) == (1, 3)


@pytest.mark.parametrize(
    ("element", "column", "value", "row"),
    [
        ("materials", "necessity", "3", "id-card"),
        ("steps", "outcome", "不予受理通知", "receive"),
        ("fees", "amount", "10.00", "card"),
        ("results", "name", "居住证（电子）", "card"),
        ("handling_items", "name", "首次", "01"),
        ("intermediary_services", "paid_by", "行政机关", "翻译"),
        ("questions", "answer", "不必。", "要本人去吗？"),
        ("legal_basis", "text", "应当提交材料。", "居住证暂行条例 第九条"),
    ],
)
def test_rows_are_matched_by_what_names_them(element: str, column: str, value: Any, row: str) -> None:
    changed = with_rows(element, lambda rows: [rows[0] | {column: value}, *rows[1:]])

    [difference] = differences_between(WHOLE, changed)

    assert (difference.element, difference.row, difference.kind) == (f"{element}.{column}", row, "changed")
    assert (difference.before, difference.after) == (WHOLE[element][0][column], value)


def test_what_has_no_name_is_compared_by_value() -> None:
    reworded = with_rows("acceptance_conditions", lambda rows: ["年满十六周岁。", *rows])

    assert found(WHOLE, reworded) == [("acceptance_conditions", "/acceptance_conditions/0", None, "added")]
    assert found(reworded, WHOLE) == [("acceptance_conditions", "/acceptance_conditions/0", None, "removed")]


def test_a_limit_is_one_value_and_the_flags_are_several() -> None:
    after = item_plain(promised_limit={"amount": 5}, service_flags={"online": True, "postal": True})

    assert found(WHOLE, plain_item(after)) == [
        ("promised_limit", "/promised_limit", None, "changed"),
        ("service_flags.online", "/service_flags/online", None, "changed"),
        ("service_flags.postal", "/service_flags/postal", None, "changed"),
    ]


def test_what_a_draft_does_not_say_yet_is_missing_and_defaults_are_no_changes() -> None:
    unfinished = item_plain(rights_and_duties=None)

    assert found(WHOLE, plain_item(unfinished)) == [("rights_and_duties", "/rights_and_duties", None, "removed")]
    assert found(EMPTIED, plain_item({"name": "居住证"})) == [("name", "/name", None, "added")]


def test_a_translation_nobody_has_checked_is_compared_for_staff_only() -> None:
    draft = {"path": "/name", "text": MONGOLIAN, "state": "draft", "translator": "译者"}
    translated = item_plain(translations=[draft])

    assert found(WHOLE, plain_item(translated)) == [("translations", "/translations/0", "/name", "added")]
    assert found(WHOLE, plain_item(translated, reads_all=False)) == []


def test_two_local_parts_are_compared_by_their_rows() -> None:
    before = local_of(materials=[{"key": "photo", "dropped": True}], local_notes="周一上午人多")
    after = local_of(materials=[{"key": "lease", "necessity": "3"}, {"key": "photo", "dropped": True}])

    assert found(plain_local(before), plain_local(after)) == [
        ("materials", "/materials/0", "lease", "added"),
        ("local_notes", "/local_notes", None, "removed"),
    ]


def laid_beside(**elements: Any) -> list[Difference]:
    """What holds here otherwise than in the small standard."""
    local, _ = weigh(local_of(**elements), STANDARD, "4", MATRIX, WORST)
    return differences_between(*beside_each_other(STANDARD.content, local, DAY, WORST))


def test_a_body_that_only_offers_an_item_does_nothing_otherwise() -> None:
    assert laid_beside() == []


@pytest.mark.parametrize(
    ("element", "draft"), listed({name: drafts for name, drafts in TIGHTENED.items() if name != "case_kind"})
)
def test_whatever_is_tightened_here_is_found_under_its_element(element: str, draft: dict[str, Any]) -> None:
    named = {d.element for d in laid_beside(**draft)}

    aliases = {"fees.standard": "fees.amount", "fees.reduction": "fees.reductions"}
    wanted = aliases.get(element, element)
    assert any(name == wanted or name.startswith(f"{wanted}.") for name in named), named


def test_what_stands_beside_the_standards_words_is_added_and_replaces_nothing() -> None:
    notes = laid_beside(materials=[{"key": "lease", "filling_notes": "写到户"}])
    sample = laid_beside(results=[{"key": "card", "sample": {"name": "本旗票面", "path": "card.png"}}])

    assert [(d.element, d.kind, d.before, d.after) for d in notes] == [
        ("materials.filling_notes", "added", None, "写到户")
    ]
    assert [(d.element, d.kind, d.row) for d in sample] == [("results.sample", "added", "card")]


def test_a_dropped_paper_is_removed_and_what_only_a_body_says_is_added() -> None:
    differences = laid_beside(materials=[{"key": "photo", "dropped": True}], local_notes="周一上午人多")

    assert [(d.element, d.row, d.kind) for d in differences] == [
        ("materials", "photo", "removed"), ("local_notes", None, "added"),
    ]  # fmt: skip


def test_a_faster_promise_shortens_the_limits_of_handling_items_and_on_the_spot_makes_an_immediate_case() -> None:
    slower = {"serial": "02", "name": "签注", "kind": "renewal", "promised_limit": {"amount": 8, "unit": "working_day"}}
    standard = standard_with(handling_items=[slower])
    local, _ = weigh(local_of(promised_limit={"unit": "immediate"}), standard, "4", MATRIX, WORST)

    differences = differences_between(*beside_each_other(standard.content, local, DAY, WORST))

    assert {(d.element, d.row) for d in differences} == {
        ("promised_limit", None), ("case_kind", None), ("handling_items.promised_limit", "02"),
    }  # fmt: skip


def test_a_lower_fee_differs_only_while_it_holds() -> None:
    paper = {"document_number": "阿发改〔2026〕3号", "valid_from": "2026-04-01"}
    fees = [{"key": "card", "amount": "0", **paper}]
    local, _ = weigh(local_of(fees=fees, is_charged=False), STANDARD, "4", MATRIX, WORST)

    sides = [beside_each_other(STANDARD.content, local, day, WORST) for day in (DAY, date(2026, 4, 1))]

    before, then = (differences_between(*pair) for pair in sides)
    assert before == []
    assert {d.element for d in then} >= {"is_charged", "fees.amount"}


def test_laying_a_local_part_beside_a_standard_leaves_the_standard_alone() -> None:
    untouched = json.dumps(STANDARD.content.model_dump(mode="json"), ensure_ascii=False)

    laid_beside(materials=[{"key": "photo", "dropped": True}], channels=["1", "2"])

    assert json.dumps(STANDARD.content.model_dump(mode="json"), ensure_ascii=False) == untouched


def test_local_rows_whose_row_has_gone_are_found_in_every_element() -> None:
    bare = standard_with(
        materials=WHOLE["materials"][:1], steps=WHOLE["steps"][:1], fees=[], intermediary_services=[],
        handling_items=[], results=[WHOLE["results"][0] | {"key": "licence"}],
    )  # fmt: skip
    local = local_of(
        materials=[{"key": "id-card", "photo_copies": 0}, {"key": "photo", "dropped": True}],
        steps=[{"key": "review", "responsible_unit": "治安大队"}],
        fees=[{"key": "card", "reductions": [{"text": "低保免收", "basis": "文件"}]}],
        results=[{"key": "card", "delivery": ["window", "post"]}],
        handling_items=[{"serial": "02", "offered": False, "reason": "设备在盟里"}],
        intermediary_services=[{"name": "翻译", "dropped": True}],
    )

    assert [(gone.pointer, gone.name) for gone in gone_rows(local, bare)] == [
        ("/materials/1", "photo"), ("/steps/0", "review"), ("/fees/0", "card"), ("/results/0", "card"),
        ("/handling_items/0", "02"), ("/intermediary_services/0", "翻译"),
    ]  # fmt: skip


def test_the_standard_held_against_is_whole() -> None:
    assert STANDARD.basic_code == ITEM
    assert plain_item(item_content().model_dump(mode="json", exclude_none=True)) == WHOLE
