"""Kinds of personal passages, and the level text in which they are looked for; pure."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

HAN = "\u3400-\u4dbf\u4e00-\u9fff〇"
"""Chinese characters, as the inside of a regular expression's class."""
MONGOLIAN = "\u1807\u180a-\u180f\u1820-\u18aa\u200c\u200d"
"""Letters of the Mongolian script and the signs that shape them, as the inside of a class."""
GAP = "[ .-]{0,2}"
"""What may stand between two digits of one number, in a level text."""
BARRIER = "\ufffc"
"""Stands in a level text where something was taken out; no pattern crosses it."""


class RedactionKind(StrEnum):
    """What a passage is."""

    NAME = "name"
    PHONE = "phone"
    CERTIFICATE = "certificate"
    BANK_CARD = "bank_card"
    PLATE = "plate"
    EMAIL = "email"
    ACCOUNT = "account"
    ADDRESS = "address"
    CASE = "case"
    PERSONAL = "personal"
    """A value that is known to be the person's, of a shape that says nothing."""

    @property
    def zh(self) -> str:
        """What people read."""
        return _CHINESE[self]

    @property
    def replacement(self) -> str:
        """What stands in place of the passage."""
        return f"〔{self.zh}〕"


_CHINESE: Mapping[str, str] = {
    "name": "姓名", "phone": "电话", "certificate": "证件号", "bank_card": "银行卡号", "plate": "车牌", "email": "电子邮箱",
    "account": "账号", "address": "住址", "case": "案号", "personal": "个人信息",
}  # fmt: skip


class Span(NamedTuple):
    """Where a passage stands, and what it is."""

    start: int
    end: int
    kind: RedactionKind


class _Level(dict[int, str]):
    """Character by character, so that every place in the level text is the same place in the text as written."""

    def __missing__(self, point: int) -> str:
        self[point] = found = _levelled_one(chr(point))
        return found


def _levelled_one(character: str) -> str:
    if character in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d":
        return "-"
    if character in "\t\u00a0\u2002\u2003\u2009\u3000":
        return " "
    if character in "・•‧∙":
        return "·"
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if "\uff01" <= character <= "\uff5e":
        return unicodedata.normalize("NFKC", character)
    return character


_LEVEL = _Level()


def levelled(text: str) -> str:
    """Return the text with one form for each digit, letter, dash and blank; of the same length, for looking only."""
    return text.translate(_LEVEL)
