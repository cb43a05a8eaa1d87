"""What a standard must be to hang together: rows, references, cases, bounds."""

from collections.abc import Callable
from typing import Any

import pytest
from builders import item_content, item_plain
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from service_catalog.basic_items.content import Attachment, ItemContent, Material, Theme
from service_catalog.kernel.texts import Line, RowKey, Text


def refusals(document: dict[str, Any]) -> list[tuple[str, str]]:
    """JSON-like place and sentence of everything that is wrong with a document."""
    with pytest.raises(ValidationError) as wrong:
        ItemContent.model_validate(document)
    return [("/".join(map(str, error["loc"])), error["msg"]) for error in wrong.value.errors()]


def only_refusal(document: dict[str, Any]) -> tuple[str, str]:
    (refusal,) = refusals(document)
    return refusal


def twice(element: str) -> dict[str, Any]:
    rows = item_plain()[element]
    return item_plain(**{element: [*rows, rows[0]]})


@pytest.mark.parametrize(
    ("element", "key"),
    [
        ("materials", "id-card"),
        ("steps", "receive"),
        ("fees", "card"),
        ("results", "card"),
        ("handling_items", "01"),
        ("questions", "要本人去吗？"),
        ("exercise_levels", "3"),
        ("service_objects", "1"),
        ("channels", "1"),
        ("online_depth", "1"),
    ],
)
def test_nothing_stands_twice(element: str, key: str) -> None:
    _, said = only_refusal(twice(element))

    assert said.endswith(f"{element}: used twice: {key}")


def test_a_flow_branches_only_to_steps_that_exist() -> None:
    steps = item_plain()["steps"]
    branch = {"when": "材料不全的", "outcome": "一次性告知"}

    item_content(steps=[steps[0] | {"branches": [branch, branch | {"next_step": "review"}]}, *steps[1:]])
    _, said = only_refusal(item_plain(steps=[steps[0] | {"branches": [branch | {"next_step": "inspect"}]}, *steps[1:]]))

    assert said.endswith("steps.branches: no such row: inspect")


def test_a_handling_item_asks_only_for_papers_that_exist() -> None:
    items = item_plain()["handling_items"]

    _, said = only_refusal(item_plain(handling_items=[items[0] | {"materials": ["id-card", "visa", "map"]}]))

    assert said.endswith("handling_items.01.materials: no such row: map, visa")


def test_a_handling_item_may_ask_for_no_paper_at_all() -> None:
    items = item_plain()["handling_items"]

    assert item_content(handling_items=[items[0] | {"materials": []}]).handling_items[0].materials == ()


def test_a_paper_needed_in_stated_cases_states_the_case() -> None:
    paper = item_plain()["materials"][0]

    place, said = only_refusal(item_plain(materials=[paper | {"necessity": "2"}], handling_items=[]))

    assert place == "materials/0"
    assert "necessity_case" in said
    item_content(materials=[paper | {"necessity": "2", "necessity_case": "代办的"}], handling_items=[])


def test_a_sample_is_a_file_or_a_text() -> None:
    with pytest.raises(ValidationError, match="a path or a text"):
        Attachment(name="票面")
    assert Attachment(name="票面", path="card.png").text is None


@pytest.mark.parametrize(
    "element",
    ["name", "legal_basis", "exercise_levels", "guiding_department", "service_objects", "rights_and_duties"],
)
def test_what_every_standard_must_say_is_missed(element: str) -> None:
    assert (element, "Field required") in refusals(item_plain(**{element: None}))


@pytest.mark.parametrize("element", ["legal_basis", "exercise_levels", "service_objects"])
def test_what_must_be_said_is_not_said_by_an_empty_list(element: str) -> None:
    assert element in [place for place, _ in refusals(item_plain(**{element: []}))]


def test_an_item_may_need_no_paper() -> None:
    assert item_content(materials=[], handling_items=[]).materials == ()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"colour": "red"}, "colour"),
        ({"exercise_levels": ["7"]}, "exercise_levels/0"),
        ({"exercise_levels": ["0"]}, "exercise_levels/0"),
        ({"power_sources_by_level": {"4": ["7"]}}, "power_sources_by_level/4/0"),
        ({"service_objects": ["7"]}, "service_objects/0"),
        ({"case_kind": "3"}, "case_kind"),
        ({"channels": ["5"]}, "channels/0"),
        ({"online_depth": ["8"]}, "online_depth/0"),
        ({"cross_area_scope": "7"}, "cross_area_scope"),
        ({"on_site_visits": -1}, "on_site_visits"),
        ({"on_site_visits": 10}, "on_site_visits"),
        ({"natural_person_themes": ["10"]}, "natural_person_themes/0"),
        ({"name": ""}, "name"),
        ({"name": "居" * 1001}, "name"),
        ({"name": "居住证\0申领"}, "name"),
        ({"name": "居住证\x1b[31m"}, "name"),
        ({"handling_items": [{"serial": "1", "name": "首次申领", "kind": "new"}]}, "handling_items/0/serial"),
        ({"handling_items": [{"serial": "٠١", "name": "首次申领", "kind": "new"}]}, "handling_items/0/serial"),
        ({"handling_items": [{"serial": "01\n", "name": "首次申领", "kind": "new"}]}, "handling_items/0/serial"),
        ({"fees": [item_plain()["fees"][0] | {"amount": "-1"}]}, "fees/0/amount"),
        ({"fees": [item_plain()["fees"][0] | {"amount": "0.005"}]}, "fees/0/amount"),
        ({"materials": [item_plain()["materials"][0] | {"original_copies": 100}]}, "materials/0/original_copies"),
        ({"materials": [item_plain()["materials"][0] | {"name": "证" * 201}]}, "materials/0/name"),
        ({"results": [item_plain()["results"][0] | {"delivery": []}]}, "results/0/delivery"),
    ],
)
def test_a_value_outside_its_list_or_bound_is_pointed_at(changes: dict[str, Any], place: str) -> None:
    assert place in [where for where, _ in refusals(item_plain(**changes))]


@pytest.mark.parametrize("name", ["居" * 1000, "ᠮᠣᠩᠭᠣᠯ\u202fᠤᠨ", "居住证（2026年版）", "A类—Ⅱ级"])
def test_a_name_may_be_long_and_in_any_script(name: str) -> None:
    assert item_content(name=name).name == name


@pytest.mark.parametrize("key", ["a", "id-card", "2024-form", "a-b-c"])
def test_a_row_key_is_lower_case_words_joined_by_hyphens(key: str) -> None:
    assert TypeAdapter(RowKey).validate_python(key) == key


@pytest.mark.parametrize("key", ["", "-", "a-", "-a", "a--b", "A", "a b", "a_b", "a\n", "身份证", "１", "²", "a" * 61])
def test_anything_else_is_no_row_key(key: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(RowKey).validate_python(key)


@pytest.mark.parametrize("theme", ["010\n", "０１０", "٠١٠", "01", "0100"])
def test_a_theme_is_three_ascii_digits(theme: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Theme).validate_python(theme)


@settings(deadline=None)
@given(st.text(min_size=1, max_size=20), st.sampled_from([Line, Text]))
@example("\x7f", Line)
@example("~", Text)
@example("\x1b[31m", Text)
@example("一\n二\t三", Text)
def test_a_text_holds_everything_but_control_characters(text: str, kind: Any) -> None:
    control = any((ord(character) < 32 and character not in "\t\n\r") or character == "\x7f" for character in text)

    if control:
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(text)
    else:
        assert TypeAdapter(kind).validate_python(text) == text


def test_a_document_never_changes_once_made() -> None:
    content = item_content()

    with pytest.raises(ValidationError, match="frozen"):
        content.name = "居住证明"  # type: ignore[misc]


def every(plain: dict[str, Any]) -> dict[str, Any]:
    return plain


def without_empty(plain: dict[str, Any]) -> dict[str, Any]:
    return ItemContent.model_validate(plain).model_dump(mode="json", exclude_none=True, exclude_defaults=True)


@pytest.mark.parametrize("written", [every, without_empty])
def test_a_standard_is_read_back_as_it_was_written(written: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    content = item_content()

    assert ItemContent.model_validate(written(content.model_dump(mode="json"))) == content
    assert ItemContent.model_validate_json(content.model_dump_json()) == content


def test_what_a_paper_does_not_say_has_a_plain_meaning() -> None:
    paper = Material.model_validate(
        {"key": "form", "name": "申请表", "type": "2", "forms_accepted": "3", "necessity": "1", "source": "10"}
    )

    assert (paper.original_copies, paper.photo_copies, paper.may_defer, paper.sample) == (0, 0, False, None)
