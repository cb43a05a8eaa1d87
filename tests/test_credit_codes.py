"""Handbook, codes §5: check characters, with python-stdnum as oracle where it is one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import BANNER, credit_code
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc

from service_catalog.coding.credit_codes import (
    ALPHABET,
    check_character,
    is_right,
    organisation_check_character,
    organisation_part_is_right,
    outside_alphabet,
)
from service_catalog.coding.judging import PROFILE_VECTORS

REAL = sorted(
    {
        vector["parts"]["agency_code"]
        for vector in json.loads((Path(__file__).parent / "data" / "code_vectors.json").read_text(encoding="utf-8"))
        if "agency_code" in vector["parts"] and not PROFILE_VECTORS.schemes[0].match(vector["parts"]["agency_code"])
    }
)
WRONG = "11440300007542785T"

characters = st.sampled_from(ALPHABET)
digits = st.text("0123456789", min_size=8, max_size=8)
first_seventeen = st.builds(lambda head, tail: head + tail, digits, st.text(ALPHABET, min_size=9, max_size=9))
"""Digits in positions 1 to 8, as python-stdnum wants them."""


def by_the_handbook(first: str) -> str:
    total = sum(ALPHABET.index(character) * (3**index % 31) for index, character in enumerate(first))
    return ALPHABET[(31 - total % 31) % 31]


def test_the_alphabet_leaves_out_i_o_s_v_z() -> None:
    assert set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(ALPHABET) == set("IOSVZ")
    assert len(ALPHABET) == 31


def test_the_vectors_hold_enough_real_codes_to_lean_on() -> None:
    assert len(REAL) >= 12
    assert WRONG in REAL


@pytest.mark.parametrize("code", REAL)
def test_a_real_code_is_right_and_so_is_the_organisation_code_inside(code: str) -> None:
    assert is_right(code) is (code != WRONG)
    assert uscc.is_valid(code) is (code != WRONG)
    assert organisation_part_is_right(code)


@settings(deadline=None)
@given(st.text(ALPHABET, min_size=17, max_size=17))
def test_the_check_character_is_the_one_of_the_handbook(first: str) -> None:
    assert check_character(first) == by_the_handbook(first)


@settings(deadline=None)
@given(first_seventeen, characters)
def test_python_stdnum_agrees_on_every_code_of_the_common_form(first: str, last: str) -> None:
    assert is_right(first + last) == uscc.is_valid(first + last)


@settings(deadline=None)
@given(first_seventeen)
def test_exactly_one_last_character_is_right(first: str) -> None:
    assert [last for last in ALPHABET if is_right(first + last)] == [check_character(first)]


@settings(deadline=None)
@given(first_seventeen, st.integers(0, 17), characters)
def test_one_wrong_character_is_always_noticed(first: str, index: int, character: str) -> None:
    code = first + check_character(first)
    assume(code[index] != character)

    assert not is_right(code[:index] + character + code[index + 1 :])


@settings(deadline=None)
@given(first_seventeen, st.integers(0, 15))
def test_two_neighbours_changing_places_are_always_noticed(first: str, index: int) -> None:
    code = first + check_character(first)
    assume(code[index] != code[index + 1])

    assert not is_right(code[:index] + code[index + 1] + code[index] + code[index + 2 :])


@settings(deadline=None)
@given(st.text(max_size=40))
@example("IOSVZ")
@example("a１²٣-\n")
def test_every_character_outside_the_alphabet_is_named_by_its_position(text: str) -> None:
    assert outside_alphabet(text) == [n for n in range(1, len(text) + 1) if text[n - 1] not in set(ALPHABET)]


@pytest.mark.parametrize("spoil", [str.lower, lambda code: f" {code}", lambda code: f"{code[:8]}-{code[8:]}"])
def test_python_stdnum_folds_case_blanks_and_hyphens_and_we_do_not(spoil: Callable[[str], str]) -> None:
    spoilt = spoil("11440113MB2C92966P")

    assert uscc.is_valid(spoilt)
    assert not is_right(spoilt)


@pytest.mark.parametrize("prefix", ["N1", "1A", "NY"])
def test_python_stdnum_wants_digits_in_positions_1_and_2_where_the_standard_allows_letters(prefix: str) -> None:
    code = credit_code(BANNER, 1, prefix)

    assert is_right(code)
    assert not uscc.is_valid(code)


@settings(deadline=None)
@given(first_seventeen, st.sampled_from("IOSVZ"), st.integers(0, 17))
def test_a_code_with_a_left_out_character_is_never_right(first: str, character: str, index: int) -> None:
    code = first + check_character(first)

    assert not is_right(code[:index] + character + code[index + 1 :])


@pytest.mark.parametrize(
    ("eight", "ninth"),
    [("D2143569", "X"), ("12345678", "8"), ("00000000", "0"), ("00000004", "3"), ("00000005", "1"), ("00000006", "X")],
)
def test_the_organisation_code_has_a_check_character_of_its_own(eight: str, ninth: str) -> None:
    assert organisation_check_character(eight) == ninth


@settings(deadline=None)
@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8))
def test_the_organisation_check_character_brings_the_sum_to_a_multiple_of_eleven(eight: str) -> None:
    ninth = organisation_check_character(eight)
    values = [int(character, 36) for character in eight] + [10 if ninth == "X" else int(ninth)]
    weights = (3, 7, 9, 10, 5, 8, 4, 2, 1)

    assert sum(weight * value for weight, value in zip(weights, values, strict=True)) % 11 == 0


@settings(deadline=None)
@given(st.integers(0, 999_999), st.sampled_from(["11", "12", "54", "55", "N1"]))
def test_the_codes_that_tests_and_seeds_make_up_are_right_outside_and_inside(number: int, prefix: str) -> None:
    code = credit_code(BANNER, number, prefix)

    assert is_right(code)
    assert organisation_part_is_right(code)
