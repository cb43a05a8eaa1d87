"""What pydantic finds wrong, in the words of our readers; pure."""

from typing import Any

from service_catalog.kernel.errors import Said

_CHINESE = {  # the names in braces are pydantic's own, of what the error is about
    "missing": "缺少必填内容",
    "extra_forbidden": "不认识的字段",
    "string_type": "应为文字",
    "int_parsing": "应为整数",
    "date_from_datetime_parsing": "应为日期，如 2026-01-31",
    "date_parsing": "应为日期，如 2026-01-31",
    "json_invalid": "不是有效的 JSON",
    "enum": "不在允许的取值之内",
    "literal_error": "不在允许的取值之内",
    "string_pattern_mismatch": "格式不正确",
    "blank": "不能只有空格",
    "says_nothing": "请写明具体内容",
    "string_too_long": "过长，最多 {max_length} 个字符",
    "string_too_short": "过短，至少 {min_length} 个字符",
    "greater_than_equal": "过小，应不小于 {ge}",
    "less_than_equal": "过大，应不大于 {le}",
    "greater_than": "过小，应大于 {gt}",
    "less_than": "过大，应小于 {lt}",
    "too_long": "项数过多，最多 {max_length} 项",
    "too_short": "项数过少，至少 {min_length} 项",
    "bytes_too_long": "内容过大，最多 {max_length} 字节",
    "guide_too_large": "内容过多",
    "base64": "不是有效的 base64",
    "receipt_number": "没有这样的受理编号，请核对数字",
    "string_unicode": "含有不完整的字符",
    "date_type": "应为日期，如 2026-01-31",
    "date_from_datetime_inexact": "应为日期，如 2026-01-31",
    "datetime_type": "应为时间，如 2026-01-31T09:00:00+08:00",
    "datetime_parsing": "应为时间，如 2026-01-31T09:00:00+08:00",
    "datetime_from_date_parsing": "应为时间，如 2026-01-31T09:00:00+08:00",
    "timezone_aware": "时间须写明时区，如 +08:00",
    "time_type": "应为时间，如 09:00",
    "time_parsing": "应为时间，如 09:00",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "int_parsing_size": "数值过大",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "bool_type": "应为 true 或者 false",
    "bool_parsing": "应为 true 或者 false",
    "bytes_type": "应为 base64 文字",
    "list_type": "应为数组",
    "tuple_type": "应为数组",
    "dict_type": "应为 JSON 对象",
    "model_type": "应为 JSON 对象",
    "model_attributes_type": "应为 JSON 对象",
}
_CHINESE_VALUES = {
    "a day between": "日期不在允许的范围之内",
    "half of a surrogate pair": "含有不完整的字符",
    "nested more than": "嵌套层数过多",
    "hours, minutes and seconds": "应为时间，如 09:00",
}
"""By how the message of a value_error of kernel/ begins: what bodies of every part can hold."""


def translated(error: dict[str, Any]) -> Said:
    """Return what is wrong in both languages; English only where it is about one part's own rules."""
    english = str(error["msg"]).removeprefix("Value error, ")
    chinese = _CHINESE.get(error["type"]) or next(
        (zh for beginning, zh in _CHINESE_VALUES.items() if english.startswith(beginning)), None
    )
    if chinese is None:
        return Said(f"内容不能接受（{english}）", english)
    return Said(chinese.format(**error.get("ctx", {})), english)
