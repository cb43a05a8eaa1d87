"""The three nested codes: 基本编码 (12), 实施编码 (31), 业务办理项编码 (33); pure.

A string that cannot be cut into parts is a parse fault with a position. One that can is a Code; what
is wrong with it is said by coding/judging.py. Nothing is upper-cased, trimmed or folded.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from service_catalog.kernel.errors import Invalid, Said

BASIC, IMPLEMENTATION, HANDLING_ITEM = 12, 31, 33
DIGITS = frozenset("0123456789")
LETTERS_AND_DIGITS = DIGITS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

ParseFaultName = Literal["code_length", "code_charset", "code_digits"]


class ParseFault(NamedTuple):
    """Why a string cannot be cut into parts; `position` counts characters from 1."""

    name: ParseFaultName
    position: int
    said: Said


class CodeUnreadable(Invalid):
    """The string is not a code of 12, 31 or 33 characters."""

    title = Said("编码无法识读", "The code cannot be read")

    def __init__(self, text: str, faults: list[ParseFault]) -> None:
        first = faults[0]
        super().__init__(
            f"第 {first.position} 位：{first.said.zh}",
            f"position {first.position}: {first.said.en}",
            parse_error=first.name,
            position=first.position,
        )
        self.text = text
        self.faults = faults


@dataclass(frozen=True)
class BasicCode:
    """基本编码: namespace 2, item type 2, department 2, main item 3, sub-item 3."""

    namespace: str
    item_type: str
    department: str
    main_item: str
    sub_item: str

    def __str__(self) -> str:
        return self.namespace + self.item_type + self.department + self.main_item + self.sub_item

    @property
    def is_main_item(self) -> bool:
        """Sub-item 000: the item is not divided, or is the heading of its sub-items."""
        return self.sub_item == "000"


@dataclass(frozen=True)
class ImplementationCode:
    """实施编码: agency 18, exercise level 1, basic code 12."""

    agency_code: str
    exercise_level: str
    basic: BasicCode

    def __str__(self) -> str:
        return self.agency_code + self.exercise_level + str(self.basic)


@dataclass(frozen=True)
class HandlingItemCode:
    """业务办理项编码: implementation code 31, serial 2."""

    implementation: ImplementationCode
    serial: str

    def __str__(self) -> str:
        return str(self.implementation) + self.serial


Code = BasicCode | ImplementationCode | HandlingItemCode


def parse(text: str) -> Code:
    """Cut a code into its parts; raises CodeUnreadable with every parse fault."""
    faults = parse_faults(text)
    if faults:
        raise CodeUnreadable(text, faults)
    if len(text) == BASIC:
        return _basic(text)
    implementation = ImplementationCode(text[:18], text[18], _basic(text[19:31]))
    return implementation if len(text) == IMPLEMENTATION else HandlingItemCode(implementation, text[31:])


def parse_basic(text: str) -> BasicCode:
    """Read a basic code and nothing else."""
    if len(text) != BASIC:
        said = Said(f"长度为 {len(text)} 位，基本编码为 12 位", f"{len(text)} characters; a basic code has 12")
        fault = ParseFault("code_length", min(len(text), BASIC) + 1, said)
        raise CodeUnreadable(text, [fault, *(fault for fault in parse_faults(text) if fault.name != "code_length")])
    code = parse(text)
    assert isinstance(code, BasicCode)
    return code


def compose(agency_code: str, exercise_level: str, basic_code: str) -> ImplementationCode:
    """Make an implementation code from its three parts; raises CodeUnreadable where one does not fit."""
    text = agency_code + exercise_level + basic_code
    if (len(agency_code), len(exercise_level), len(basic_code)) != (18, 1, BASIC):
        said = Said(
            "实施主体编码 18 位、行使层级 1 位、基本编码 12 位", "agency 18, exercise level 1, basic code 12 characters"
        )
        raise CodeUnreadable(text, [ParseFault("code_length", 1, said)])
    code = parse(text)
    assert isinstance(code, ImplementationCode)
    return code


def _basic(text: str) -> BasicCode:
    return BasicCode(text[0:2], text[2:4], text[4:6], text[6:9], text[9:12])


def parse_faults(text: str) -> list[ParseFault]:
    """Return every reason why `text` cannot be cut; empty where it can."""
    faults = []
    if len(text) not in (BASIC, IMPLEMENTATION, HANDLING_ITEM):
        faults.append(_length_fault(text))
    for position, character in enumerate(text, start=1):
        if character not in LETTERS_AND_DIGITS:
            faults.append(
                ParseFault(
                    "code_charset",
                    position,
                    Said(f"“{_shown(character)}”不是数字或大写字母", f"{_shown(character)} is not 0-9 or A-Z"),
                )
            )
            break
    return faults or _digit_faults(text)


def _length_fault(text: str) -> ParseFault:
    length = len(text)
    where = min(length, HANDLING_ITEM) + 1
    return ParseFault(
        "code_length",
        where,
        Said(f"长度为 {length} 位，应为 12、31 或 33 位", f"{length} characters, not 12, 31 or 33"),
    )


def _digit_faults(text: str) -> list[ParseFault]:
    start = 0 if len(text) == BASIC else 19
    places = [(start, "命名空间", "namespace"), (start + 1, "命名空间", "namespace")]
    places += [(start + 2, "事项类型", "item type"), (start + 3, "事项类型", "item type")]
    if start:
        places.insert(0, (18, "行使层级", "exercise level"))
    if len(text) == HANDLING_ITEM:
        places += [(31, "业务办理项序号", "handling serial"), (32, "业务办理项序号", "handling serial")]
    return [
        ParseFault("code_digits", index + 1, Said(f"{zh}应为数字", f"the {en} must be a digit"))
        for index, zh, en in places
        if text[index] not in DIGITS
    ][:1]


def _shown(character: str) -> str:
    return character if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"
