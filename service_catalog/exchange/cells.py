"""One cell as a value, and one value as a cell: codes by number or name, lists joined by ^, flags, days, hours, contacts; pure.

What is not understood is said, never guessed: a reader raises NotUnderstood with a sentence for the clerk.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from service_catalog.agencies.facts import ContactWay, OpenHours
from service_catalog.basic_items.content import Delivery
from service_catalog.basic_items.limits import TimeUnit
from service_catalog.exchange.names import normalised
from service_catalog.kernel.errors import Said
from service_catalog.regions.tree import CODE, SHORT
from service_catalog.registers.registers import Registers


class NotUnderstood(Exception):
    """A cell that cannot be read as what its column asks for."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.said = Said(zh, en)


class Kind(NamedTuple):
    """How cells of one kind are read and written; `listed` names the code list of the column."""

    read: Callable[[str, Mapping[str, str]], Any]
    write: Callable[[Any, Mapping[str, str]], str]


BLANKS = " \t\r\n\u00a0\u3000"
"""What may stand around a value; not U+202F, which belongs to Mongolian words."""
_JOINT = re.compile(r"(?<!\\)\^")
_BETWEEN_CODES = re.compile(r"[\^、，,;；/|]+")
_YES = frozenset({"1", "是", "有", "√", "y", "yes", "true"})
_NO = frozenset({"0", "否", "无", "×", "n", "no", "false"})
_DAY = re.compile(r"^(\d{4})(?:-|/|\.|年)?(\d{1,2})(?:-|/|\.|月)?(\d{1,2})日?$")
_TELEPHONE = re.compile(r"^[+()0-9\-—－ ]{5,}(?:转[0-9]+)?$")
_CONTACT = re.compile(r"^(?P<way>[^\W\d_]{2,4})(?:咨询|投诉)?[:：\s]\s*(?P<value>.*?)(?:（(?P<notes>[^（）]*)）)?$")
_WAYS = {"窗口": "window", "网络": "web", "网上": "web", "网址": "web", "电话": "telephone", "信件": "letter", "信函": "letter", "邮件": "email", "邮箱": "email"}  # fmt: skip
_WAY_NAMES = {"window": "窗口", "web": "网络", "telephone": "电话", "letter": "信件", "email": "邮件"}
_UNITS = {
    "即时": "immediate", "即时(当场)": "immediate", "当场": "immediate", "小时": "hour", "工作日": "working_day",
    "个工作日": "working_day", "自然日": "calendar_day", "个自然日": "calendar_day", "周": "week", "星期": "week",
    "月": "month", "个月": "month", "年": "year",
}  # fmt: skip
_UNIT_NAMES = {"immediate": "即时", "hour": "小时", "working_day": "工作日", "calendar_day": "自然日", "week": "周", "month": "月", "year": "年"}  # fmt: skip
UNIT_CHOICES = tuple(_UNIT_NAMES.values())
_DELIVERIES = {"窗口领取": "window", "邮寄": "post", "电子": "electronic"}
_DELIVERY_NAMES = {value: name for name, value in _DELIVERIES.items()}
_WEEK = "一二三四五六日"


def split(text: str) -> list[str]:
    r"""Cut a cell at its ^ signs; `\^` is the sign itself."""
    parts = (part.strip(BLANKS).replace("\\^", "^") for part in _JOINT.split(text))
    return [part for part in parts if part]


def join(values: list[str] | tuple[str, ...]) -> str:
    """Put values into one cell."""
    return "^".join(value.replace("^", "\\^") for value in values)


def listed(code: str, codes: Mapping[str, str]) -> str:
    """Write a code as the drop-down lists show it."""
    return f"{code} {codes[code]}" if code in codes else code


def _text(text: str, codes: Mapping[str, str]) -> str:
    return text


def _plainly(value: Any, codes: Mapping[str, str]) -> str:
    return str(value)


def _whole(text: str, codes: Mapping[str, str]) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise NotUnderstood(f"“{text[:40]}”应为整数", f"{text[:40]!r} should be a whole number")
    return int(text)


def _decimal(text: str, codes: Mapping[str, str]) -> str:
    try:
        number = Decimal(text.removesuffix("元"))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise NotUnderstood(f"“{text[:40]}”应为数字", f"{text[:40]!r} should be a number")
    return format(number, "f")


def _degrees(text: str, codes: Mapping[str, str]) -> float:
    return float(_decimal(text, codes))


def _flag(text: str, codes: Mapping[str, str]) -> bool:
    word = text.lower().removesuffix(".0")
    if word in _YES or word.startswith("1 "):
        return True
    if word in _NO or word.startswith("0 "):
        return False
    raise NotUnderstood(f"“{text[:40]}”应为 1（是）或 0（否）", f"{text[:40]!r} should be 1 (yes) or 0 (no)")


def _code(text: str, codes: Mapping[str, str]) -> str:
    if text in codes:
        return text
    head = text.split(" ", 1)[0]
    if head in codes and " " in text and normalised(text[len(head) :]) == normalised(codes[head]):
        return head
    named = [code for code, name in codes.items() if normalised(name) == normalised(text)]
    if len(named) == 1:
        return named[0]
    shown = "、".join(f"{code} {name}" for code, name in list(codes.items())[:12])
    raise NotUnderstood(f"“{text[:40]}”不在代码表内：{shown}", f"{text[:40]!r} is not in the code list")


def _codes(text: str, codes: Mapping[str, str]) -> list[str]:
    return list(
        dict.fromkeys(_code(part.strip(BLANKS), codes) for part in _BETWEEN_CODES.split(text) if part.strip(BLANKS))
    )


def _day(text: str, codes: Mapping[str, str]) -> str:
    found = _DAY.match(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat() if found else _no_day(text)
    except ValueError:
        return _no_day(text)


def _no_day(text: str) -> str:
    raise NotUnderstood(f"“{text[:40]}”应为日期，如 20260131", f"{text[:40]!r} should be a day such as 20260131")


def _unit(text: str, codes: Mapping[str, str]) -> str:
    unit = _UNITS.get(normalised(text)) or (text if text in list(TimeUnit) else None)
    if unit is None:
        shown = "、".join(UNIT_CHOICES)
        raise NotUnderstood(f"“{text[:40]}”不是时限单位：{shown}", f"{text[:40]!r} is no unit of time")
    return unit


def _deliveries(text: str, codes: Mapping[str, str]) -> list[str]:
    found = []
    for part in _BETWEEN_CODES.split(text):
        word = part.strip(BLANKS)
        value = _DELIVERIES.get(word) or (word if word in list(Delivery) else None)
        if word and value is None:
            raise NotUnderstood(
                f"“{word[:40]}”不是送达方式：{'、'.join(_DELIVERIES)}", f"{word[:40]!r} is no way of delivery"
            )
        if value and value not in found:
            found.append(value)
    return found


def _contacts(text: str, codes: Mapping[str, str]) -> list[dict[str, str]]:
    return [_contact(part) for part in split(text)]


def _contact(text: str) -> dict[str, str]:
    found = _CONTACT.match(text)
    if found and found["way"] in _WAYS and found["value"]:
        contact = {"way": _WAYS[found["way"]], "value": found["value"].strip(BLANKS)}
        return contact | ({"notes": found["notes"]} if found["notes"] else {})
    if _TELEPHONE.match(text):
        return {"way": "telephone", "value": text}
    if re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", text):
        return {"way": "email", "value": text}
    if re.match(r"https?://|www\.", text):
        return {"way": "web", "value": text}
    raise NotUnderstood(
        f"“{text[:40]}”看不出是哪种方式；请写如“电话：0483-8300001”，多个用 ^ 分开",
        f"{text[:40]!r}: write e.g. 电话：0483-8300001, several joined by ^",
    )


def _write_contacts(value: Any, codes: Mapping[str, str]) -> str:
    return join([
        f"{_WAY_NAMES[ContactWay(row['way']).value]}：{row['value']}" + (f"（{row['notes']}）" if row.get("notes") else "")
        for row in value
    ])  # fmt: skip


_SPAN = re.compile(
    r"^周(?P<days>[一二三四五六日至、]+)\s*(?P<opens>\d{1,2}:\d{2})\s*[-—－~至]\s*(?P<closes>\d{1,2}:\d{2})(?:（(?P<season>[^（）]+)）)?$"
)
_EXCEPTION = re.compile(r"^(?P<on>\d{4}-\d{2}-\d{2})\s*(?P<closed>休息|照常)\s+(?P<notes>.+)$")


def _hours(text: str, codes: Mapping[str, str]) -> dict[str, Any]:
    """Read 周一至五 09:00-12:00（夏季）^2026-05-01 休息 劳动节^备注：午间不休息; anything else is a note as a whole."""
    hours: dict[str, Any] = {}
    for part in split(text.replace("：00", ":00")):
        if span := _SPAN.match(part):
            row = {"days": _days(span["days"]), "opens": _clock(span["opens"]), "closes": _clock(span["closes"])}
            hours.setdefault("weekly", []).append(row | ({"season": span["season"]} if span["season"] else {}))
        elif exception := _EXCEPTION.match(part):
            closed = exception["closed"] == "休息"
            day = {"on": exception["on"], "closed": closed, "notes": exception["notes"]}
            hours.setdefault("exceptions", []).append(day)
        elif "notes" in hours:
            return {"notes": text}
        else:
            hours["notes"] = part.removeprefix("备注：")
    return hours


def _days(text: str) -> list[int]:
    days: list[int] = []
    for part in text.split("、"):
        first, _, last = part.replace("周", "").partition("至")
        if first not in _WEEK or not first or (last and last not in _WEEK):
            raise NotUnderstood(f"“周{text}”看不懂", f"周{text} is not understood")
        days += range(_WEEK.index(first) + 1, (_WEEK.index(last) if last else _WEEK.index(first)) + 2)
    return days


def _clock(text: str) -> str:
    try:
        return time.fromisoformat(text.rjust(5, "0")).isoformat()
    except ValueError:
        raise NotUnderstood(f"“{text}”不是时间", f"{text!r} is no time of day") from None


def _write_hours(value: Any, codes: Mapping[str, str]) -> str:
    parts = [_span(OpenHours.model_validate(row)) for row in value.get("weekly", ())]
    parts += [
        f"{row['on']} {'休息' if row['closed'] else '照常'} {row['notes']}" for row in value.get("exceptions", ())
    ]
    if value.get("notes"):
        parts.append(f"备注：{value['notes']}")
    return join(parts)


def _span(row: OpenHours) -> str:
    days = list(row.days)
    whole = len(days) > 2 and days == list(range(days[0], days[-1] + 1))
    said = f"{_WEEK[days[0] - 1]}至{_WEEK[days[-1] - 1]}" if whole else "、".join(_WEEK[day - 1] for day in days)
    season = f"（{row.season}）" if row.season else ""
    return f"周{said} {row.opens.isoformat('minutes')}-{row.closes.isoformat('minutes')}{season}"


def _regions(text: str, codes: Mapping[str, str]) -> list[str]:
    found = []
    for part in _BETWEEN_CODES.split(text):
        word = part.strip(BLANKS)
        code = word.ljust(12, "0") if SHORT.fullmatch(word) else word
        if word and not CODE.fullmatch(code):
            raise NotUnderstood(f"“{word[:40]}”不是区划代码", f"{word[:40]!r} is no region code")
        if word:
            found.append(code)
    return found


def _pairs(first: str, second: str) -> Kind:
    """Rows of two members, written as one：two^three：four."""

    def read(text: str, codes: Mapping[str, str]) -> list[dict[str, Any]]:
        rows = []
        for part in split(text):
            one, mark, two = part.partition("：") if "：" in part else part.partition(":")
            if not mark or not one.strip(BLANKS) or not two.strip(BLANKS):
                raise NotUnderstood(f"“{part[:40]}”应写成“甲：乙”", f"{part[:40]!r} should be written as one：two")
            rows.append({first: one.strip(BLANKS), second: two.strip(BLANKS)})
        return rows

    return Kind(read, lambda value, codes: join([f"{row[first]}：{row.get(second) or ''}" for row in value]))


_serials = _pairs("serial", "reason")
_reductions = _pairs("text", "basis")


def _left_out(text: str, codes: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = _serials.read(text, codes)
    return [row | {"offered": False} for row in rows]


KINDS: Mapping[str, Kind] = {
    "text": Kind(_text, _plainly),
    "whole": Kind(_whole, _plainly),
    "decimal": Kind(_decimal, _plainly),
    "degrees": Kind(_degrees, _plainly),
    "flag": Kind(_flag, lambda value, codes: "1" if value else "0"),
    "code": Kind(_code, listed),
    "codes": Kind(_codes, lambda value, codes: join(list(value))),
    "texts": Kind(lambda text, codes: split(text), lambda value, codes: join(value)),
    "day": Kind(_day, lambda value, codes: str(value).replace("-", "")),
    "unit": Kind(_unit, lambda value, codes: _UNIT_NAMES[TimeUnit(value).value]),
    "deliveries": Kind(
        _deliveries, lambda value, codes: "、".join(_DELIVERY_NAMES[Delivery(one).value] for one in value)
    ),
    "contacts": Kind(_contacts, _write_contacts),
    "hours": Kind(_hours, _write_hours),
    "regions": Kind(_regions, lambda value, codes: join(value)),
    "local_codes": _pairs("scheme", "code"),
    "left_out": Kind(_left_out, _serials.write),
    "reductions": _reductions,
    "not_needed": Kind(
        lambda text, codes: [{"name": name, "dropped": True} for name in split(text)],
        lambda value, codes: join([row["name"] for row in value]),
    ),
    "place": Kind(
        lambda text, codes: [{"key": "window-1", "name": "办理地点", "address": text}],
        lambda value, codes: value[0]["address"],
    ),
    "own_code": Kind(
        lambda text, codes: [{"scheme": "地方实施编码", "code": text}], lambda value, codes: value[0]["code"]
    ),
    "laws": Kind(
        lambda text, codes: text, lambda value, codes: join([f"《{row['law']}》{row['article']}" for row in value])
    ),
}
"""By the name that the tables of columns use."""


def codes_of(registers: Registers, list_name: str, namespace: str = "") -> Mapping[str, str]:
    """Return a code list as code → Chinese name."""
    return {code: label.zh for code, label in registers.codes(list_name, namespace).items()} if list_name else {}
