"""Which header of a foreign list means which column; pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from service_catalog.exchange.unreadable import ListUnreadable
from service_catalog.kernel.errors import Said


class Role(StrEnum):
    """What a column of a list of items can be."""

    NAME = "name"
    ITEM_TYPE = "item_type"
    IMPLEMENTATION_CODE = "implementation_code"
    HANDLING_ITEM_CODE = "handling_item_code"
    BASIC_CODE = "basic_code"
    LOCAL_CODE = "local_code"
    LOCAL_BASIC_CODE = "local_basic_code"
    AGENCY_CODE = "agency_code"
    DEPARTMENT = "department"
    AREA_CODE = "area_code"


LABELS = {
    Role.NAME: "事项名称",
    Role.ITEM_TYPE: "事项类型",
    Role.IMPLEMENTATION_CODE: "实施编码",
    Role.HANDLING_ITEM_CODE: "业务办理项编码",
    Role.BASIC_CODE: "基本编码",
    Role.LOCAL_CODE: "地方编码",
    Role.LOCAL_BASIC_CODE: "地方基本编码",
    Role.AGENCY_CODE: "实施主体编码",
    Role.DEPARTMENT: "实施主体",
    Role.AREA_CODE: "区划代码",
}
CODES = (
    Role.IMPLEMENTATION_CODE, Role.HANDLING_ITEM_CODE, Role.BASIC_CODE, Role.LOCAL_CODE, Role.LOCAL_BASIC_CODE,
)  # fmt: skip
"""Any one of them is enough; a row must have one."""

_SYNONYMS: dict[Role, str] = {
    Role.NAME: "name itemname taskname 事项名称 名称 事项 服务事项名称 办理事项 办理事项名称 项目名称",
    Role.ITEM_TYPE: "itemtype itemtypecode tasktype type 事项类型 事项类型代码 类型 事项类别 权力类型 权力类别",
    Role.IMPLEMENTATION_CODE: "implementationcode taskcode 实施编码 实施清单编码 事项实施编码",
    Role.HANDLING_ITEM_CODE: "handlingitemcode taskhandleitem 业务办理项编码 办理项编码",
    Role.BASIC_CODE: "basiccode catalogcode 基本编码 基本目录编码 目录编码 事项基本编码",
    Role.LOCAL_CODE: "localcode localitemcode localtaskcode itemcode code 事项编码 事项代码 编码 地方编码 地方实施编码 本地编码 权力编码",
    Role.LOCAL_BASIC_CODE: "localbasiccode localcatalogcode 地方基本编码",
    Role.AGENCY_CODE: "agencycode deptcode orgcode 实施主体编码 实施主体代码 部门编码 部门代码 机构编码 机构代码 统一社会信用代码 组织机构代码",
    Role.DEPARTMENT: "department agency agencyname deptname 实施主体 实施主体名称 实施机构 部门 部门名称 所属部门 主管部门 单位 单位名称",
    Role.AREA_CODE: "areacode regioncode 区划 区划代码 区划编码 行政区划 行政区划代码 地区编码 地区代码",
}
_ROLE_OF = {synonym: role for role, synonyms in _SYNONYMS.items() for synonym in synonyms.split()}
_NOT_COUNTED = re.compile(r"[\s_\-*﹡★:]|\([^()]*\)")
"""What headers carry besides their word: stars for mandatory columns, hints in brackets."""


@dataclass(frozen=True)
class Columns:
    """The header of a list, understood."""

    header: tuple[str, ...]
    place: dict[Role, int]

    def __contains__(self, role: Role) -> bool:
        return role in self.place

    def header_of(self, role: Role) -> str:
        """Return the header as it stands in the file."""
        return self.header[self.place[role]]

    def cell(self, cells: Sequence[str], role: Role) -> str:
        """Return the cell of `role`; empty where the list has no such column."""
        place = self.place.get(role)
        return "" if place is None else cells[place]

    @property
    def codes(self) -> list[Role]:
        """The code columns that the list has, the most telling first."""
        return [role for role in CODES if role in self.place]

    @property
    def unused(self) -> list[str]:
        """The headers that nothing is known about."""
        used = set(self.place.values())
        return [header for place, header in enumerate(self.header) if place not in used]

    @property
    def absent(self) -> list[Role]:
        """The columns that the list does not have, so that their rules could not be applied."""
        asked = (Role.ITEM_TYPE, Role.AGENCY_CODE, Role.DEPARTMENT, Role.AREA_CODE)
        return [role for role in asked if role not in self.place]


def role_of(header: str) -> Role | None:
    """Return what a header means, whatever its width, case, underscores, stars and hints in brackets."""
    word = _NOT_COUNTED.sub("", unicodedata.normalize("NFKC", header).casefold())
    return _ROLE_OF.get(word)


def understand(header: Sequence[str]) -> Columns:
    """Find the columns; raises ListUnreadable where name or code is missing or a column stands there twice."""
    roles = [role_of(cell) for cell in header]
    twice = sorted({role for role in roles if role is not None and roles.count(role) > 1})
    if twice:
        _refuse_twice(header, roles, twice[0])
    columns = Columns(tuple(header), {role: place for place, role in enumerate(roles) if role is not None})
    if Role.NAME not in columns or not columns.codes:
        _refuse_missing(columns)
    return columns


def _refuse_twice(header: Sequence[str], roles: Sequence[Role | None], role: Role) -> None:
    same = "、".join(_quoted(cell) for cell, found in zip(header, roles, strict=True) if found is role)
    raise ListUnreadable(
        f"第 1 行（表头）有不止一列是{LABELS[role]}：{same}；请只留一列",
        f"row 1 (header): more than one column means {role.value}: {same}; keep one",
    )


def _refuse_missing(columns: Columns) -> None:
    missing = [] if Role.NAME in columns else [Role.NAME]
    any_code = "" if columns.codes else "/".join(LABELS[role] for role in CODES)
    zh = "、".join([*(LABELS[role] for role in missing), *([f"编码（{any_code}之一）"] if any_code else [])])
    any_code_en = [] if columns.codes else ["a code (one of " + ", ".join(role.value for role in CODES) + ")"]
    en = " and ".join([*(role.value for role in missing), *any_code_en])
    known = "、".join(f"{_quoted(columns.header_of(role))}→{LABELS[role]}" for role in columns.place) or "无"
    unknown = "、".join(map(_quoted, columns.unused)) or "无"
    hint = _hint(columns)
    raise ListUnreadable(
        f"第 1 行（表头）缺少列：{zh}。认出的列：{known}。未认出的列：{unknown}" + hint.zh,
        f"row 1 (header) lacks {en}; recognised: {len(columns.place)}, not recognised: {len(columns.unused)}" + hint.en,
        missing=[role.value for role in missing] + ([] if columns.codes else ["code"]),
        recognised={columns.header_of(role): role.value for role in columns.place},
        unrecognised=columns.unused,
    )


def _hint(columns: Columns) -> Said:
    if len(columns.header) == 1 and re.search(r"[;\t|]", columns.header[0]):
        return Said("。似乎不是用逗号分隔", "; it does not seem to be separated by commas")
    if not columns.place:
        return Said(
            "。若第 1 行是标题，请删去，使表头成为第 1 行", "; if row 1 is a title, delete it: the header must be row 1"
        )
    return Said("", "")


def _quoted(header: str) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in header[:40])
    return f"“{shown}”"
