"""The rules of an audit for codes: what an agency code is, how an item code is cut; no database."""

import pytest
from builders import ITEM, credit_code
from hypothesis import given, settings
from hypothesis import strategies as st

from service_catalog.coding.credit_codes import organisation_check_character
from service_catalog.coding.judging import PROFILE_VECTORS
from service_catalog.exchange.agency_codes import agency_remark, completions, difference, same_body
from service_catalog.exchange.columns import Role
from service_catalog.exchange.item_codes import read_code
from service_catalog.exchange.rules import RULES

AGENCY = credit_code("152921000000", 900002)
credit_codes = st.builds(credit_code, st.sampled_from(["152921000000", "511602000000"]), st.integers(0, 999_999))
anything = st.text(max_size=60) | st.text(alphabet="0123456789ABCXabxu-_１Ａ　 ​I", max_size=40)


@settings(deadline=None)
@given(credit_codes)
def test_nothing_is_said_about_a_right_credit_code(code: str) -> None:
    assert agency_remark(code, PROFILE_VECTORS) is None


@settings(deadline=None)
@given(credit_codes, st.integers(0, 17))
def test_a_credit_code_that_lost_one_character_is_among_those_that_could_be_meant(code: str, place: int) -> None:
    cut = code[:place] + code[place + 1 :]

    assert code in completions(cut)
    assert same_body(cut, code)


@settings(deadline=None)
@given(credit_codes, st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_no_single_wrong_character_of_a_credit_code_goes_unnoticed(code: str, place: int, character: str) -> None:
    wrong = code[:place] + character + code[place + 1 :]

    assert (agency_remark(wrong, PROFILE_VECTORS) is None) == (wrong == code)


@settings(deadline=None)
@given(credit_codes.filter(lambda code: code != code.lower()))
def test_a_code_in_small_letters_is_told_and_its_capitals_only_suggested(code: str) -> None:
    remark = agency_remark(code.lower(), PROFILE_VECTORS)

    assert remark is not None
    assert (remark.rule, remark.suggestion) == ("agency_lower_case", code)


@settings(deadline=None)
@given(credit_codes, st.lists(st.integers(0, 9999), min_size=1, max_size=3))
def test_a_tail_is_told_and_the_code_before_it_suggested(code: str, tails: list[int]) -> None:
    tailed = code + "".join(f"_{tail:04}" for tail in tails)

    remark = agency_remark(tailed, PROFILE_VECTORS)

    assert remark is not None
    assert (remark.rule, remark.suggestion) == ("agency_tail", code)
    assert same_body(tailed, code)


@settings(deadline=None)
@given(st.integers(0, 99_999_999))
def test_an_organisation_code_is_known_by_its_check_with_and_without_its_hyphen(number: int) -> None:
    eight = f"{number:08}"
    check = organisation_check_character(eight)
    wrong = "1" if check == "0" else "0"

    found = [agency_remark(eight + end, PROFILE_VECTORS) for end in (check, f"-{check}", wrong, f"-{wrong}")]

    right, not_right = "agency_organisation_code", "agency_organisation_code_wrong"
    assert [remark and remark.rule for remark in found] == [right, right, not_right, not_right]


@pytest.mark.parametrize(
    ("code", "rule", "suggestion"),
    [
        ("1151130108778239R", "agency_cut_off", "11511301008778239R"),
        ("1151130108778239R_6391", "agency_tail", "11511301008778239R"),
        ("11511301452259996u", "agency_lower_case", "11511301452259996U"),
        ("115113010087783860", "agency_check_digit", None),
        ("11511301008778386I", "agency_charset", None),
        ("TE5116020105116050", "agency_placeholder", None),
        ("3946653276082720768", "agency_internal_number", None),
        ("2222222222222", "agency_internal_number", None),
        ("ABCDEFGHIJ", "agency_length", None),
        ("区公安局", "agency_characters", None),
        ("１１５１１３０１００８７７８３８６Ｂ", "agency_characters", "11511301008778386B"),
    ],
)
def test_real_agency_codes_are_named_for_what_they_are(code: str, rule: str, suggestion: str | None) -> None:
    remark = agency_remark(code, PROFILE_VECTORS)

    assert remark is not None
    assert (remark.rule, remark.suggestion) == (rule, suggestion)


def test_one_digit_repeated_is_called_made_up() -> None:
    remark = agency_remark("2222222222222", PROFILE_VECTORS)

    assert remark is not None
    assert "随手填写" in remark.said.zh


def test_a_cell_full_of_tails_is_read_like_any_other() -> None:
    remark = agency_remark("X" + "_1234" * 1900, PROFILE_VECTORS)

    assert remark is not None
    assert remark.rule == "agency_tail"


@pytest.mark.parametrize(
    ("column", "inside", "rule", "suggestion"),
    [
        (AGENCY, AGENCY, None, None),
        ("68236467-9", "115113016823646795", "agency_same_body", "115113016823646795"),
        ("1151130000877869M", "11511300008778693M", "agency_same_body", "11511300008778693M"),
        ("1151130108778239R_5143", "1151130108778239R", "agency_same_body", None),
        ("00877844X", "1151130100877844X4", "agency_within_code", "1151130100877844X4"),
        ("00877836X", "11511301MB1550442U", "agency_differs", None),
    ],
)
def test_the_same_body_written_otherwise_is_no_other_body_and_another_body_is_never_suggested(
    column: str, inside: str, rule: str | None, suggestion: str | None
) -> None:
    remark = difference(column, inside)

    assert (remark and remark.rule, remark and remark.suggestion) == (rule, suggestion)


@settings(deadline=None)
@given(anything)
def test_whatever_stands_for_an_agency_gets_a_sentence_with_a_known_rule(text: str) -> None:
    remark = agency_remark(text, PROFILE_VECTORS)

    assert remark is None or (remark.rule in RULES and remark.said.zh and remark.said.en)


@settings(deadline=None)
@given(anything, st.sampled_from([Role.BASIC_CODE, Role.IMPLEMENTATION_CODE, Role.LOCAL_CODE]))
def test_whatever_stands_for_an_item_code_is_read_or_refused_with_a_place(text: str, role: Role) -> None:
    reading = read_code(text, role, PROFILE_VECTORS)

    assert {remark.rule for remark in reading.remarks} <= RULES.keys()
    if reading.form == "unreadable":
        assert all(remark.said.zh.startswith("第 ") for remark in reading.remarks)
        assert reading.remarks


def test_a_code_of_sichuan_is_cut_into_its_parts_and_left_as_it_is() -> None:
    reading = read_code("512B0003600031-511602000000-000-11511301008778298W-1-00", Role.LOCAL_CODE, PROFILE_VECTORS)

    (remark,) = reading.remarks
    assert (reading.form, reading.agency, reading.area) == ("foreign", "11511301008778298W", "511602000000")
    assert remark.rule == "code_foreign_layout"
    assert remark.parts is not None
    assert list(remark.parts.values()) == ["512B0003600031", "511602000000", "000", "11511301008778298W", "1", "00"]


def test_a_hyphen_inside_the_agency_of_a_sichuan_code_is_irregular_but_readable() -> None:
    reading = read_code("512C0107400001-511602000000-000-00877868-5-1-00", Role.LOCAL_CODE, PROFILE_VECTORS)

    assert (reading.form, reading.agency) == ("irregular", "00877868-5")
    assert [remark.rule for remark in reading.remarks] == ["code_foreign_layout", "code_layout_irregular"]


def test_a_code_that_fits_nothing_says_where_reading_stopped() -> None:
    reading = read_code("H-000185-001-4444444444", Role.LOCAL_CODE, PROFILE_VECTORS)

    assert [remark.rule for remark in reading.remarks] == ["code_length", "code_charset"]
    assert reading.remarks[1].said.zh.startswith("第 2 位")


@pytest.mark.parametrize("text", ["１５０７０９００１０００", "1507 0900 1000", "150709-001000"])
def test_a_code_that_is_only_written_wrongly_is_refused_with_the_right_one_as_a_suggestion(text: str) -> None:
    reading = read_code(text, Role.BASIC_CODE, PROFILE_VECTORS)

    assert reading.form == "unreadable"
    assert {remark.suggestion for remark in reading.remarks} == {ITEM}


def test_a_basic_code_in_the_column_of_implementation_codes_is_in_the_wrong_column() -> None:
    reading = read_code(ITEM, Role.IMPLEMENTATION_CODE, PROFILE_VECTORS)

    assert [remark.rule for remark in reading.remarks] == ["code_wrong_column"]
