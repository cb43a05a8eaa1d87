"""Item codes of a foreign list: cut where they can be, named where the layout is known, refused with a place; pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from service_catalog.coding import foreign
from service_catalog.coding.codes import (
    BASIC,
    HANDLING_ITEM,
    IMPLEMENTATION,
    BasicCode,
    Code,
    HandlingItemCode,
    ImplementationCode,
    parse,
    parse_faults,
)
from service_catalog.coding.judging import CodeRules, judge
from service_catalog.exchange.columns import Role
from service_catalog.exchange.rules import Remark
from service_catalog.kernel.errors import Said

Form = Literal["own", "foreign", "irregular", "unreadable"]
_SICHUAN = re.compile(
    r"(?P<item>[0-9A-Za-z-]+)-(?P<area>[0-9]{12})-(?P<zeros>[0-9]{3})"
    r"-(?P<agency>[0-9A-Za-z_]+(?:-[0-9A-Za-z])?)-(?P<level>[0-9])-(?P<serial>[0-9]{2})"
)
"""Like the layout of coding/foreign.py, and also where the agency is an organisation code with its hyphen."""
_LENGTHS = {Role.BASIC_CODE: BASIC, Role.IMPLEMENTATION_CODE: IMPLEMENTATION, Role.HANDLING_ITEM_CODE: HANDLING_ITEM}


@dataclass(frozen=True)
class CodeReading:
    """What one item code says, as far as it can be read."""

    form: Form
    remarks: tuple[Remark, ...]
    agency: str | None = None
    area: str | None = None
    item_type: str | None = None
    basic_code: str | None = None
    layout: str | None = None


def read_code(text: str, role: Role, rules: CodeRules) -> CodeReading:
    """Read a code of the catalogue, else name its foreign layout, else say why it cannot be read."""
    faults = parse_faults(text)
    if not faults:
        return _own(text, role, rules)
    parts = _SICHUAN.fullmatch(text)
    layout = foreign.layout_of(text)
    if parts:
        return _sichuan(parts.groupdict(), is_regular=layout is not None)
    if layout:
        remark = Remark("code_foreign_layout", Said(f"{layout.zh}格式", f"layout: {layout.en}"))
        return CodeReading("foreign", (remark,), layout=layout.name)
    suggestion = _tidied(text)
    remarks = tuple(Remark(fault.name, _placed(fault.position, fault.said), suggestion) for fault in faults)
    return CodeReading("unreadable", remarks)


def _placed(position: int, said: Said) -> Said:
    return Said(f"第 {position} 位：{said.zh}", f"position {position}: {said.en}")


def _own(text: str, role: Role, rules: CodeRules) -> CodeReading:
    code = parse(text)
    basic, agency = _inside(code)
    remarks = [Remark(found.rule, found.said) for found in judge(code, rules)]
    wanted = _LENGTHS.get(role)
    if wanted is not None and len(text) != wanted:
        said = Said(
            f"此列应为 {wanted} 位编码，实际 {len(text)} 位", f"this column is for {wanted} characters, not {len(text)}"
        )
        remarks.insert(0, Remark("code_wrong_column", said))
    return CodeReading("own", tuple(remarks), agency, None, basic.item_type, str(basic))


def _inside(code: Code) -> tuple[BasicCode, str | None]:
    whole = code.implementation if isinstance(code, HandlingItemCode) else code
    if isinstance(whole, ImplementationCode):
        return whole.basic, whole.agency_code
    return whole, None


def _sichuan(parts: Mapping[str, str], *, is_regular: bool) -> CodeReading:
    cut = " | ".join(parts.values())
    said = Said(f"四川省事项编码：{cut}", f"Sichuan layout, item | area | 000 | agency | level | serial: {cut}")
    remarks = [Remark("code_foreign_layout", said, parts=dict(parts))]
    if not is_regular:
        said = Said(f"主体部分带连字符：{parts['agency']}", f"a hyphen inside the agency part: {parts['agency']}")
        remarks.append(Remark("code_layout_irregular", said))
    form: Form = "foreign" if is_regular else "irregular"
    return CodeReading(form, tuple(remarks), parts["agency"], parts["area"], layout="sichuan")


def _tidied(text: str) -> str | None:
    folded = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    return next((candidate for candidate in (folded, folded.replace("-", "")) if not parse_faults(candidate)), None)
