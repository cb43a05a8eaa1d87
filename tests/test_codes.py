"""Handbook, codes: §1 and §2 (layout), §7 (parse faults)."""

import pytest
from builders import BANNER, ITEM, credit_code
from hypothesis import given, settings
from hypothesis import strategies as st

from service_catalog.coding.codes import (
    BasicCode,
    CodeUnreadable,
    HandlingItemCode,
    ImplementationCode,
    compose,
    parse,
    parse_basic,
    parse_faults,
)

AGENCY = credit_code(BANNER, 1)
IMPLEMENTATION = AGENCY + "4" + ITEM
HANDLING = IMPLEMENTATION + "01"
BASIC_SHAPE = r"[0-9]{4}[0-9A-Z]{8}"
IMPLEMENTATION_SHAPE = r"[0-9A-Z]{18}[0-9]{5}[0-9A-Z]{8}"
READABLE = rf"{BASIC_SHAPE}|{IMPLEMENTATION_SHAPE}|{IMPLEMENTATION_SHAPE}[0-9]{{2}}"


def faults(text: str) -> list[tuple[str, int]]:
    return [(fault.name, fault.position) for fault in parse_faults(text)]


def test_the_example_of_the_handbook_is_cut_where_the_handbook_cuts_it() -> None:
    code = parse("11440100007483172Q3440106043001")

    assert code == ImplementationCode("11440100007483172Q", "3", BasicCode("44", "01", "06", "043", "001"))


def test_a_basic_code_is_cut_into_five_parts() -> None:
    assert parse("150709001000") == BasicCode("15", "07", "09", "001", "000")


def test_a_handling_item_code_is_an_implementation_code_and_a_serial() -> None:
    assert parse(HANDLING) == HandlingItemCode(
        ImplementationCode(AGENCY, "4", BasicCode("15", "07", "09", "001", "000")), "01"
    )


@settings(deadline=None)
@given(st.from_regex(READABLE, fullmatch=True).filter(str.isascii))
def test_a_readable_code_is_written_as_it_was_read(text: str) -> None:
    assert str(parse(text)) == text


@settings(deadline=None)
@given(st.text(max_size=40) | st.text("0123456789ABCabc \n-²٣１", min_size=11, max_size=34))
def test_any_string_is_either_cut_or_refused_with_a_position(text: str) -> None:
    if not parse_faults(text):
        assert str(parse(text)) == text
        assert text.isascii()
        assert text == text.upper()
        return
    with pytest.raises(CodeUnreadable) as refused:
        parse(text)

    first, said = refused.value.faults[0], refused.value.said
    assert 1 <= first.position <= len(text) + 1
    assert refused.value.facts == {"parse_error": first.name, "position": first.position}
    assert f"第 {first.position} 位" in said.zh
    assert f"position {first.position}" in said.en


@pytest.mark.parametrize("main_item", ["0A0", "11E", "ZZZ"])
def test_a_main_item_may_have_letters(main_item: str) -> None:
    assert parse_basic(f"001502{main_item}000").main_item == main_item


def test_a_department_and_a_sub_item_may_have_letters() -> None:
    assert parse_basic("0015A200100B") == BasicCode("00", "15", "A2", "001", "00B")


def test_sub_item_000_is_the_main_item_itself() -> None:
    assert parse_basic("150709001000").is_main_item
    assert not parse_basic("150709001001").is_main_item


@pytest.mark.parametrize("level", "0789")
def test_a_level_outside_1_to_6_can_still_be_read(level: str) -> None:
    assert faults(AGENCY + level + ITEM) == []


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 1),
        ("1", 2),
        (ITEM[:11], 12),
        (ITEM + "0", 14),
        (AGENCY, 19),
        (IMPLEMENTATION[:30], 31),
        (IMPLEMENTATION + "0", 33),
        (HANDLING + "0", 34),
        (IMPLEMENTATION + "202603100001", 34),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, str) else None,
)
def test_a_wrong_length_is_pointed_at_where_the_text_stops_or_goes_on(text: str, position: int) -> None:
    assert faults(text) == [("code_length", position)]


@pytest.mark.parametrize("code", [ITEM, IMPLEMENTATION, HANDLING], ids=len)
def test_a_line_end_behind_a_code_is_refused(code: str) -> None:
    assert ("code_charset", len(code) + 1) in faults(code + "\n")
    assert faults(code + "\n")[0][0] == "code_length"
    assert faults(code[:-1] + "\n") == [("code_charset", len(code))]


def test_a_line_end_does_not_fill_a_short_code_up_to_33_characters() -> None:
    assert faults(IMPLEMENTATION + "0\n") == [("code_charset", 33)]


STRANGE = {
    "lower case": "a",
    "full-width digit": "１",
    "full-width letter": "Ａ",
    "superscript": "²",
    "Arabic digit": "٣",
    "Mongolian digit": "᠔",
    "Roman numeral": "Ⅳ",
    "Cyrillic А": "А",
    "hyphen": "-",
    "blank": " ",
    "no-break blank": "\u00a0",
    "narrow no-break blank": "\u202f",
    "zero-width blank": "\u200b",
    "tab": "\t",
    "carriage return": "\r",
    "NUL": "\0",
    "half of a surrogate pair": "\ud800",
}


@pytest.mark.parametrize("character", STRANGE.values(), ids=STRANGE.keys())
@pytest.mark.parametrize("code", [ITEM, IMPLEMENTATION, HANDLING], ids=len)
def test_a_strange_character_is_refused_at_every_position(code: str, character: str) -> None:
    for index in range(len(code)):
        spoilt = code[:index] + character + code[index + 1 :]

        assert faults(spoilt) == [("code_charset", index + 1)]


@pytest.mark.parametrize(
    ("character", "shown"), [("\n", "U+000A"), (" ", "U+0020"), ("\u202f", "U+202F"), ("\u200b", "U+200B"), ("a", "a")]
)
def test_a_strange_character_is_named_so_that_a_clerk_can_see_it(character: str, shown: str) -> None:
    (fault,) = parse_faults(ITEM[:5] + character + ITEM[6:])

    assert f"“{shown}”" in fault.said.zh
    assert shown in fault.said.en


def test_the_first_of_several_strange_characters_is_named() -> None:
    assert faults("15070a001b00") == [("code_charset", 6)]


def test_a_code_can_be_too_long_and_hold_a_strange_character() -> None:
    assert faults(HANDLING + "-1") == [("code_length", 34), ("code_charset", 34)]


@pytest.mark.parametrize(
    ("code", "positions"),
    [
        (ITEM, [1, 2, 3, 4]),
        (IMPLEMENTATION, [19, 20, 21, 22, 23]),
        (HANDLING, [19, 20, 21, 22, 23, 32, 33]),
    ],
    ids=["basic", "implementation", "handling item"],
)
def test_letters_are_refused_where_only_digits_may_stand(code: str, positions: list[int]) -> None:
    letter_at = {n: faults(code[: n - 1] + "A" + code[n:]) for n in range(1, len(code) + 1)}

    assert letter_at == {n: [("code_digits", n)] if n in positions else [] for n in range(1, len(code) + 1)}


@pytest.mark.parametrize(
    ("position", "name"),
    [(19, "行使层级"), (20, "命名空间"), (21, "命名空间"), (22, "事项类型"), (23, "事项类型"), (33, "序号")],
)
def test_a_letter_in_a_digit_place_is_explained_by_the_name_of_the_place(position: int, name: str) -> None:
    (fault,) = parse_faults(HANDLING[: position - 1] + "A" + HANDLING[position:])

    assert name in fault.said.zh


def test_the_first_letter_in_a_digit_place_is_named() -> None:
    assert faults("A5B709001000") == [("code_digits", 1)]


@pytest.mark.parametrize(
    "spoilt",
    [IMPLEMENTATION.lower(), f" {IMPLEMENTATION}", f"{IMPLEMENTATION} ", "１" + ITEM[1:], f"{AGENCY}-4-{ITEM}"],
    ids=["lower case", "leading blank", "trailing blank", "full width", "hyphens"],
)
def test_nothing_is_repaired_silently(spoilt: str) -> None:
    with pytest.raises(CodeUnreadable):
        parse(spoilt)


@pytest.mark.parametrize("text", [IMPLEMENTATION, HANDLING, "", ITEM[:11], ITEM[:11] + "a"])
def test_where_a_basic_code_is_asked_for_nothing_else_is_taken(text: str) -> None:
    with pytest.raises(CodeUnreadable):
        parse_basic(text)


def test_an_implementation_code_where_a_basic_code_is_asked_for_is_not_called_too_short_for_itself() -> None:
    with pytest.raises(CodeUnreadable) as refused:
        parse_basic(IMPLEMENTATION)

    assert "31 位，应为 12、31" not in refused.value.said.zh
    assert "31 characters, not 12, 31" not in refused.value.said.en


def test_an_implementation_code_is_composed_of_agency_level_and_basic_code() -> None:
    assert str(compose(AGENCY, "4", ITEM)) == IMPLEMENTATION


@pytest.mark.parametrize(
    ("agency_code", "level", "basic_code"),
    [
        (AGENCY[:17], "44", ITEM),
        (AGENCY[:17], "4", ITEM),
        (AGENCY + "4", "", ITEM),
        (AGENCY, "", "4" + ITEM),
        (AGENCY, "4" + ITEM[0], ITEM[1:]),
        (AGENCY, "4", ITEM[:11]),
        (AGENCY, "4", ITEM + "01"),
        (AGENCY, "a", ITEM),
    ],
)
def test_parts_that_do_not_fit_are_not_composed(agency_code: str, level: str, basic_code: str) -> None:
    with pytest.raises(CodeUnreadable):
        compose(agency_code, level, basic_code)
