"""The rules that an audit holds a foreign list against: their severity, their titles, and what the office may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from service_catalog.coding.judging import Severity
from service_catalog.kernel.errors import Said


class Rule(NamedTuple):
    """One rule: how bad it is to break it, what it is called, and a piece of advice for the office."""

    severity: Severity
    title: Said
    advice: Said


@dataclass(frozen=True)
class Remark:
    """Something to say about one cell, before it is known in which row the cell stands."""

    rule: str
    said: Said
    suggestion: str | None = None
    """Only a suggestion: nothing is ever repaired."""
    value: str | None = None
    """The piece of the cell that is meant; None means the whole cell."""
    parts: Mapping[str, str] | None = None


class Finding(NamedTuple):
    """One rule that one cell breaks, or something its reader should know."""

    row: int
    """Counted as a spreadsheet does: the header is row 1."""
    column: str
    rule: str
    severity: Severity
    value: str
    zh: str
    en: str
    suggestion: str | None
    parts: Mapping[str, str] | None


def finding(row: int, column: str, value: str, remark: Remark) -> Finding:
    """Put a remark into its row and column."""
    shown = value if remark.value is None else remark.value
    severity = RULES[remark.rule].severity
    said = remark.said
    return Finding(row, column, remark.rule, severity, shown, said.zh, said.en, remark.suggestion, remark.parts)


_ASK = Said("请原发布单位核对后更正", "ask the publisher to check and correct")
_CLEAN = Said("可由原发布单位批量清理", "the publisher can clean all at once")
_MAP = Said("登记为对照编码，不改写", "record as a mapping, never rewrite")
_DECIDE = Said("由目录管理机构判断", "the catalogue office decides")
_FILL = Said("请原发布单位补填", "ask the publisher to fill it in")
_SAME = Said("请核对是否同一事项重复发布", "is it one item, published twice?")
_CREDIT = Said("请补为18位统一社会信用代码", "ask for the credit code of 18 characters")
_TABLE = Said("建立类型对照表后再导入", "map by a table before importing")


def _rule(severity: Severity, zh: str, en: str, advice: Said) -> Rule:
    return Rule(severity, Said(zh, en), advice)


RULES: Mapping[str, Rule] = {
    "row_empty": _rule("warning", "空行", "an empty row", _CLEAN),
    "cell_empty": _rule("error", "必填内容为空", "a mandatory cell is empty", _FILL),
    "control_character": _rule("error", "含控制字符或不可见字符", "a control or invisible character", _CLEAN),
    "damaged_character": _rule("error", "含损坏或自造字符", "a damaged or private-use character", _ASK),
    "blank_at_ends": _rule("warning", "首尾有空格", "blanks at the ends", _CLEAN),
    "full_width_form": _rule("notice", "含全角字母或数字", "full-width letters or digits", _CLEAN),
    "punctuation_half_width": _rule(
        "notice", "汉字间用半角标点", "half-width punctuation between Chinese characters", _CLEAN
    ),
    "brackets_mixed": _rule("warning", "同一名称混用全角、半角括号", "full- and half-width brackets in one name", _CLEAN),
    "brackets_half_width": _rule("notice", "中文名称用半角括号", "half-width brackets in a Chinese name", _CLEAN),
    "brackets_unbalanced": _rule("warning", "括号或引号不成对", "brackets or quotation marks that do not pair", _ASK),
    "name_duplicate": _rule("warning", "名称重复", "the same name again", _SAME),
    "name_duplicate_normalised": _rule(
        "warning", "名称仅括号、全半角或空格不同", "names that differ only in brackets, width or blanks", _SAME
    ),
    "code_duplicate": _rule("error", "编码重复", "the same code again", _ASK),
    "code_length": _rule("error", "编码长度不符", "a code of a wrong length", _ASK),
    "code_charset": _rule("error", "编码含数字、大写字母以外的字符", "a code with a character outside 0-9 A-Z", _ASK),
    "code_digits": _rule("error", "编码中应为数字的位置不是数字", "a code with no digit where one must stand", _ASK),
    "code_wrong_column": _rule("error", "编码与列不符", "a code of another kind than the column says", _ASK),
    "code_foreign_layout": _rule("notice", "其他地区的编码格式", "a code in the layout of another place", _MAP),
    "code_layout_irregular": _rule("warning", "格式可辨认但写法不规范", "a known layout, written irregularly", _ASK),
    "area_differs_in_code": _rule(
        "warning", "编码内区划与区划列不同", "the area inside the code differs from its column", _ASK
    ),
    "item_type_differs_in_code": _rule(
        "warning", "编码内类型与类型列不同", "the type inside the code differs from its column", _ASK
    ),
    "basic_code_unknown": _rule("notice", "本目录没有此基本编码", "a basic code that this catalogue does not have", _DECIDE),
    "name_differs_for_code": _rule("warning", "编码相同而名称不同", "the code of one item with another name", _DECIDE),
    "agency_lower_case": _rule("error", "主体编码含小写字母", "an agency code with lower-case letters", _ASK),
    "agency_tail": _rule("error", "主体编码带“_数字”尾巴", "an agency code with a tail such as _1234", _ASK),
    "agency_cut_off": _rule("error", "统一社会信用代码缺一位", "a credit code of only 17 characters", _ASK),
    "agency_length": _rule("error", "主体编码长度不符", "an agency code of a wrong length", _ASK),
    "agency_characters": _rule("error", "主体编码含不应有的字符", "an agency code with characters it must not have", _ASK),
    "agency_organisation_code": _rule(
        "warning", "只填组织机构代码（校验通过）", "a bare organisation code, check right", _CREDIT
    ),
    "agency_organisation_code_wrong": _rule(
        "error", "像组织机构代码但校验不通过", "like an organisation code, check wrong", _ASK
    ),
    "agency_internal_number": _rule("error", "主体编码是内部编号", "an internal number for an agency code", _ASK),
    "agency_differs": _rule("warning", "编码内主体与主体列不同", "another agency inside the item code", _ASK),
    "agency_same_body": _rule(
        "notice", "编码内主体与主体列写法不同，机构相同", "the same body written in two ways", _CREDIT
    ),
    "agency_within_code": _rule(
        "notice", "主体列只是编码内主体的一段", "the agency column is a piece of the agency in the code",
        _CREDIT,
    ),
    "item_type_no_leading_zero": _rule("warning", "事项类型缺前导零", "an item type without its leading zero", _CLEAN),
    "item_type_written_out": _rule("notice", "事项类型写的是名称", "an item type written out", _CLEAN),
    "item_type_local_variant": _rule(
        "notice", "事项类型为地方变体", "a local variant of the item type", _TABLE
    ),
    "item_type_unknown": _rule("error", "事项类型不存在", "an unknown item type", _ASK),
    "item_type_differs_from_catalogue": _rule(
        "warning", "与目录同名事项的类型不同", "another type than the item of this name has", _DECIDE
    ),
    "name_close_to_catalogue": _rule("notice", "名称与目录事项相近", "a name close to one of the catalogue", _DECIDE),
    "agency_placeholder": _rule("warning", "无信用代码主体的占位码", "a placeholder for a body without a credit code", _DECIDE),
    "agency_charset": _rule("error", "信用代码含不使用的字符", "a credit code with I, O, S, V or Z", _ASK),
    "agency_check_digit": _rule("error", "信用代码校验位不符", "a credit code with a wrong check character", _ASK),
    "level_out_of_range": _rule("error", "行使层级超出范围", "an exercise level outside 1 to 6", _ASK),
    "village_level_type": _rule("warning", "嘎查（村）级办理非公共服务", "no public service, at village level", _DECIDE),
    "namespace_unknown": _rule("warning", "命名空间未登记", "an unregistered namespace", _DECIDE),
    "item_type_unregistered": _rule("error", "编码内事项类型未登记", "an unregistered type inside the code", _ASK),
    "department_unregistered": _rule("warning", "编码内部门未登记", "an unregistered department inside the code", _DECIDE),
}  # fmt: skip
"""The last ones are found by coding/judging.py; here they get their titles."""
