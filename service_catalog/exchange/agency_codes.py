"""Agency codes as foreign lists write them: credit codes, cut-offs, tails, organisation codes, internal numbers; pure.

What might have been meant is only suggested, never put in its place.
"""

import re
import unicodedata
from functools import lru_cache

from service_catalog.coding import credit_codes
from service_catalog.coding.codes import LETTERS_AND_DIGITS
from service_catalog.coding.judging import CodeRules, judge_agency
from service_catalog.exchange.rules import Remark
from service_catalog.kernel.errors import Said

CREDIT_CODE = 18
RIGHT = "credit_code"
"""The form of a code that breaks no rule."""
_TAILED = re.compile(r"(?P<head>.+?)(?P<tail>(?:_[0-9]{4})+)", re.DOTALL)
"""One tail or several: all are cut at once, so that a cell full of them costs nothing."""
_ORGANISATION = re.compile(r"([0-9A-Z]{8})-?([0-9X])")
_DIGITS = re.compile(r"[0-9]+")
_MOST_SUGGESTIONS = 3


def agency_remark(text: str, rules: CodeRules) -> Remark | None:
    """Say what is wrong with an agency code; None where it is a right credit code."""
    tailed = _TAILED.fullmatch(text)
    if tailed:
        return _tail(tailed["head"], tailed["tail"], rules)
    if any(character not in LETTERS_AND_DIGITS for character in text):
        return _odd_characters(text, rules)
    if len(text) == CREDIT_CODE:
        return _credit_code(text, rules)
    if len(text) == CREDIT_CODE - 1 and not (_DIGITS.fullmatch(text) and not completions(text)):
        return _cut_off(text)
    if len(text) == len("000000000"):
        return _organisation(text)
    if _DIGITS.fullmatch(text):
        return Remark("agency_internal_number", _number_said(text))
    said = Said(f"{len(text)} 位，应为 18 位", f"{len(text)} characters, not 18")
    return Remark("agency_length", said)


def completions(seventeen: str) -> list[str]:
    """Return the credit codes that one more character makes of `seventeen`, with both check characters right."""
    found = {
        code
        for place in range(CREDIT_CODE)
        for character in credit_codes.ALPHABET
        if _is_right_twice(code := seventeen[:place] + character + seventeen[place:])
    }
    return sorted(found)


def same_body(one: str, other: str) -> bool:
    """Tell whether two texts name the same body: but for case and tail, by organisation code, or one character short."""
    short, whole = sorted((_bare(one), _bare(other)), key=len)
    first, second = organisation_code(one), organisation_code(other)
    return short == whole or (first is not None and first == second) or _lacks_one(short, whole)


def organisation_code(text: str) -> str | None:
    """Return the nine characters of GB 11714 inside a credit code or standing alone, if their check is right."""
    bare = _bare(text)
    nine = bare[8:17] if len(bare) == CREDIT_CODE else bare.replace("-", "")
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", nine) or not _organisation_is_right(nine):
        return None
    return nine


def _bare(text: str) -> str:
    tailed = _TAILED.fullmatch(text)
    return (tailed["head"] if tailed else text).upper()


def _lacks_one(short: str, whole: str) -> bool:
    if len(whole) != CREDIT_CODE or len(short) != CREDIT_CODE - 1:
        return False
    return any(whole[:place] + whole[place + 1 :] == short for place in range(CREDIT_CODE))


def _organisation_is_right(nine: str) -> bool:
    return credit_codes.organisation_check_character(nine[:8]) == nine[8]


def _is_right_twice(code: str) -> bool:
    if credit_codes.outside_alphabet(code) or not _DIGITS.fullmatch(code[2:8]):
        return False
    return _organisation_is_right(code[8:17]) and credit_codes.is_right(code)


def _number_said(digits: str) -> Said:
    length = len(digits)
    if len(set(digits)) == 1 and length > 1:
        return Said(f"{length} 位全是“{digits[0]}”，似为随手填写", f"{length} times {digits[0]}, it seems made up")
    return Said(f"{length} 位数字，似为系统内部编号", f"{length} digits, it seems an internal number")


def _tail(head: str, tail: str, rules: CodeRules) -> Remark:
    inner = agency_remark(head, rules)
    zh, en = ("去掉后是正确的信用代码", "without it a right credit code") if inner is None else inner.said
    said = Said(f"带尾巴“{tail}”；其余部分：{zh}", f"has a tail {tail}; the rest: {en}")
    return Remark("agency_tail", said, head if inner is None else inner.suggestion)


def _odd_characters(text: str, rules: CodeRules) -> Remark:
    organisation = _ORGANISATION.fullmatch(text)
    if organisation:
        return _organisation(text)
    if text.isascii() and text.isalnum():
        return _lower_case(text, rules)
    position = next(place for place, c in enumerate(text, start=1) if c not in LETTERS_AND_DIGITS)
    folded = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    is_right = folded != text and len(folded) == CREDIT_CODE and credit_codes.is_right(folded)
    said = Said(f"第 {position} 位不是数字或大写字母", f"position {position} is not 0-9 or A-Z")
    return Remark("agency_characters", said, folded if is_right else None)


def _lower_case(text: str, rules: CodeRules) -> Remark:
    position = next(place for place, character in enumerate(text, start=1) if character.islower())
    inner = agency_remark(text.upper(), rules)
    zh, en = ("改为大写后校验通过", "in capitals its check is right") if inner is None else inner.said
    said = Said(f"第 {position} 位是小写字母；{zh}", f"position {position} is lower case; {en}")
    return Remark("agency_lower_case", said, text.upper() if inner is None else inner.suggestion)


def _credit_code(text: str, rules: CodeRules) -> Remark | None:
    found = judge_agency(text, rules)
    return Remark(found[0].rule, found[0].said) if found else None


def _cut_off(text: str) -> Remark:
    possible = completions(text)
    zh, en = _offered(possible)
    said = Said(f"只有 17 位，缺一位；{zh}", f"17 characters, one is missing; {en}")
    return Remark("agency_cut_off", said, " 或 ".join(possible) if 0 < len(possible) <= _MOST_SUGGESTIONS else None)


def _offered(possible: list[str]) -> tuple[str, str]:
    if not possible:
        return "补任何一位都不能通过校验", "no single character completes it"
    return f"补一位可得 {len(possible)} 个校验通过的代码", f"one more character makes {len(possible)} right code(s)"


def _organisation(text: str) -> Remark:
    match = _ORGANISATION.fullmatch(text)
    with_hyphen = Said("带连字符", "with its hyphen") if "-" in text else Said("9 位", "nine characters")
    if match and _organisation_is_right("".join(match.groups())):
        said = Said(
            f"组织机构代码（{with_hyphen.zh}），GB 11714 校验通过，不是 18 位信用代码",
            f"an organisation code ({with_hyphen.en}), its GB 11714 check is right; no credit code",
        )
        return Remark("agency_organisation_code", said)
    said = Said(
        f"像组织机构代码（{with_hyphen.zh}），GB 11714 校验不通过",
        f"like an organisation code ({with_hyphen.en}), its GB 11714 check is wrong",
    )
    return Remark("agency_organisation_code_wrong", said)


@lru_cache(maxsize=4096)
def difference(column: str, in_code: str) -> Remark | None:
    """Say how the agency of the column and the agency inside the item code differ, if they do.

    Another body is never suggested: which of the two is meant, only the publisher knows.
    """
    if column == in_code:
        return None
    rule = "agency_within_code" if column in in_code else "agency_differs"
    if rule == "agency_differs" and same_body(column, in_code):
        rule = "agency_same_body"
    is_better = rule != "agency_differs" and _is_credit_code(in_code) and not _is_credit_code(column)
    said = Said(f"编码内为 {in_code}", f"{in_code} inside the code")
    return Remark(rule, said, in_code if is_better else None)


def _is_credit_code(text: str) -> bool:
    return len(text) == CREDIT_CODE and credit_codes.is_right(text)
