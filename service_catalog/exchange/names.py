"""Names as texts: normalisation for comparison only, and what is untidy about the way a cell is written; pure."""

import re
import unicodedata
from collections.abc import Iterator

from service_catalog.exchange.rules import Remark
from service_catalog.kernel.errors import Said
from service_catalog.kernel.names import INVISIBLE
from service_catalog.kernel.names import normalised as normalised

_BLANK = " \u00a0\u2000-\u200a\u3000"
"""Not the narrow no-break space U+202F: it belongs to Mongolian words."""
_DAMAGED = "\ue000-\uf8ff\ufffd\U000f0000-\U0010fffd"
_SUSPECT = re.compile(f"^[{_BLANK}]|[{_BLANK}]$|[{INVISIBLE}{_DAMAGED}]")
_AT_ENDS = re.compile(f"^[{_BLANK}]+|[{_BLANK}]+$")
_INVISIBLE_ONE = re.compile(f"[{INVISIBLE}]")
_DAMAGED_ONE = re.compile(f"[{_DAMAGED}]")
_FULL_WIDTH = re.compile(r"[０-９Ａ-Ｚａ-ｚ]+")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_HALF_PUNCTUATION = re.compile(f"(?:(?<=[{_HAN}])[,;:?!]|[,;:?!](?=[{_HAN}]))")
_HAN_ONE = re.compile(f"[{_HAN}]")
_TO_FULL_WIDTH = str.maketrans("(),;:?!", "（），；：？！")
_QUALIFIER = re.compile(r"\([^()]*\)")
_ROUND_WIDENED = str.maketrans("()", "（）")
_PAIRS = {"）": "（", "]": "[", "］": "［", "】": "【", "〕": "〔", "》": "《", "”": "“"}
_OPENING = frozenset(_PAIRS.values())
_ANY_BRACKET = re.compile("[" + re.escape("()" + "".join(_PAIRS) + "".join(_OPENING)) + "]")


def unqualified(normal: str) -> str:
    """Return a normalised name without what stands in brackets; itself where nothing else is left."""
    core = normal
    for _ in range(3):
        core, cut = _QUALIFIER.subn("", core)
        if not cut:
            break
    return core or normal


def untidy_cell(text: str) -> Iterator[Remark]:
    """Yield what is wrong with any cell, whatever its column: blanks at the ends, characters nobody sees."""
    if not _SUSPECT.search(text):
        return
    if _AT_ENDS.search(text):
        yield Remark("blank_at_ends", Said("首尾有空格", "blanks at the ends"), _AT_ENDS.sub("", text))
    invisible = _INVISIBLE_ONE.search(text)
    if invisible:
        zh, en = _where(text, invisible.start())
        said = Said(f"{zh}是控制字符或不可见字符", f"{en} is a control or invisible character")
        yield Remark("control_character", said, _INVISIBLE_ONE.sub("", text))
    damaged = _DAMAGED_ONE.search(text)
    if damaged:
        zh, en = _where(text, damaged.start())
        yield Remark("damaged_character", Said(f"{zh}已损坏或为自造字符", f"{en} is damaged or private-use"))


def untidy_name(name: str) -> Iterator[Remark]:
    """Yield what is untidy about a name: brackets, width, punctuation."""
    yield from _brackets(name)
    full = _FULL_WIDTH.search(name)
    if full:
        said = Said(f"含全角字符“{full[0]}”", f"full-width {full[0]}")
        folded = _FULL_WIDTH.sub(lambda found: unicodedata.normalize("NFKC", found[0]), name)
        yield Remark("full_width_form", said, folded)
    half = _HALF_PUNCTUATION.search(name)
    if half:
        said = Said(f"汉字间用半角“{half[0]}”", f"half-width {half[0]} beside Chinese characters")
        yield Remark("punctuation_half_width", said, _HALF_PUNCTUATION.sub(_widened, name))


def _brackets(name: str) -> Iterator[Remark]:
    if not _ANY_BRACKET.search(name):
        return
    half, full = "(" in name or ")" in name, "（" in name or "）" in name
    widened = name.translate(_ROUND_WIDENED)
    if half and full:
        yield Remark("brackets_mixed", Said("混用全角、半角括号", "full- and half-width brackets together"), widened)
    elif half and _HAN_ONE.search(name):
        yield Remark("brackets_half_width", Said("用半角括号", "half-width brackets"), widened)
    position = _unpaired(widened)
    if position is not None:
        said = Said(
            f"第 {position + 1} 位的括号或引号不成对",
            f"the bracket or quotation mark at position {position + 1} has no partner",
        )
        yield Remark("brackets_unbalanced", said)


def _unpaired(name: str) -> int | None:
    open_at: list[int] = []
    for position, character in enumerate(name):
        if character in _OPENING:
            open_at.append(position)
        elif character in _PAIRS:
            if not open_at or name[open_at[-1]] != _PAIRS[character]:
                return position
            open_at.pop()
    return open_at[0] if open_at else None


def _widened(found: re.Match[str]) -> str:
    return found[0].translate(_TO_FULL_WIDTH)


def _where(text: str, index: int) -> tuple[str, str]:
    code = f"U+{ord(text[index]):04X}"
    return f"第 {index + 1} 位 {code} ", f"{code} at position {index + 1}"
