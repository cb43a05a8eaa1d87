"""How pages say values in Chinese: days, opening hours, copies, money, ways; pure."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from service_catalog.agencies.facts import ContactWay, OpenHours, ServiceHours
from service_catalog.basic_items.content import Delivery, HandlingKind, ServiceFlags
from service_catalog.coding.codes import BASIC, IMPLEMENTATION
from service_catalog.guides.schemas import FeeView, GuideView, MaterialView
from service_catalog.kernel.dates import SHANGHAI
from service_catalog.regions.tree import RegionLevel

LEVELS = {
    RegionLevel.LEAGUE: "盟",
    RegionLevel.BANNER: "旗（区）",
    RegionLevel.TOWNSHIP: "苏木镇（街道）",
    RegionLevel.VILLAGE: "嘎查村（社区）",
}
CONTACT_WAYS = {
    ContactWay.WINDOW: "窗口",
    ContactWay.WEB: "网站",
    ContactWay.TELEPHONE: "电话",
    ContactWay.LETTER: "信函",
    ContactWay.EMAIL: "电子邮件",
}
DELIVERIES = {Delivery.WINDOW: "窗口领取", Delivery.POST: "邮寄", Delivery.ELECTRONIC: "电子送达"}
HANDLING_KINDS = {
    HandlingKind.NEW: "新办",
    HandlingKind.CHANGE: "变更",
    HandlingKind.RENEWAL: "延续",
    HandlingKind.REPLACEMENT: "补换",
    HandlingKind.CANCELLATION: "注销",
    HandlingKind.REVIEW: "复核",
    HandlingKind.OTHER: "其他",
}
_FLAGS = {
    "in_service_hall": "进驻政务服务大厅",
    "online": "可以网上办",
    "online_payment": "可以网上缴费",
    "postal": "可以邮寄",
    "appointment": "可以预约",
    "kiosk": "可以在自助机上办",
}
_WEEKDAYS = "一二三四五六日"
_TELEPHONE = re.compile(r"\+?[0-9][0-9 -]{2,19}")
_MAIL = re.compile(r"[^\s@:?&]+@[^\s@:?&]+")


class OpenTimes(NamedTuple):
    """When a window is open on some days of the week, in one season or all year."""

    days: str
    stretches: list[str]
    season: str | None


def day_in_words(day: date) -> str:
    """Say a day: 2026年1月1日."""
    return f"{day.year}年{day.month}月{day.day}日"


def moment_in_words(at: datetime) -> str:
    """Say a moment by the clock on a wall in Alxa."""
    here = at.astimezone(SHANGHAI)
    return f"{day_in_words(here.date())}{here:%H:%M}"


def length_in_words(length: timedelta) -> str:
    """Say how long something takes, in its largest unit: 3天, 5小时, 12分钟; what is not yet a minute is one."""
    minutes = max(1, int(length.total_seconds() // 60))
    for unit, words in ((24 * 60, "天"), (60, "小时")):
        if minutes >= unit:
            return f"{minutes // unit}{words}"
    return f"{minutes}分钟"


def weekdays_in_words(days: Sequence[int]) -> str:
    """Say weekdays: 周一至周五; Monday is 1."""
    if len(set(days)) == len(_WEEKDAYS):
        return "每天"
    return "、".join(_run_in_words(run) for run in _runs(sorted(set(days))))


def _runs(days: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _run_in_words(run: list[int]) -> str:
    names = [f"周{_WEEKDAYS[day - 1]}" for day in run]
    return f"{names[0]}至{names[-1]}" if len(names) > 2 else "、".join(names)


def open_times(hours: ServiceHours) -> list[OpenTimes]:
    """Return the week in as few lines as it takes: what is true of the same days and season stands together."""
    together: dict[tuple[str, str | None], list[OpenHours]] = {}
    for row in hours.weekly:
        together.setdefault((weekdays_in_words(row.days), row.season), []).append(row)
    return [
        OpenTimes(days, [f"{row.opens:%H:%M}—{row.closes:%H:%M}" for row in rows], season)
        for (days, season), rows in together.items()
    ]


def copies_in_words(paper: MaterialView) -> str:
    """Say how many originals and copies are handed in."""
    counted = (("原件", paper.original_copies), ("复印件", paper.photo_copies))
    return "，".join(f"{name}{count}份" for name, count in counted if count) or "不收原件，不收复印件"


def amount_in_words(fee: FeeView) -> str | None:
    """Say the amount of a fee: 20元/证; None where only its standard says how it is computed."""
    if fee.amount is None:
        return None
    yuan = f"{fee.amount:.2f}".removesuffix(".00")
    return f"{yuan}元/{fee.unit}" if fee.unit else f"{yuan}元"


def charge_in_words(guide: GuideView) -> str | None:
    """Say in a word what it costs; None where the reader must look at the fees themselves."""
    if not guide.is_charged:
        return "不收费"
    return amount_in_words(guide.fees[0]) if len(guide.fees) == 1 else None


def places(guide: GuideView) -> list[tuple[str, str]]:
    """Return the parts of a page that readers look for, by the name of their place."""
    has_forms = any(paper.blank_form or paper.samples for paper in guide.materials) or any(
        result.samples for result in guide.results
    )
    every = (
        ("where", "在哪里办", True),
        ("conditions", "谁可以办", True),
        ("papers", "要带什么", True),
        ("time", "要多长时间", True),
        ("fees", "收不收费", True),
        ("flow", "怎么办", True),
        ("questions", "常见问题", bool(guide.questions)),
        ("rights", "投诉和复议", True),
        ("forms", "表格和样本", has_forms),
    )
    return [(place, words) for place, words, is_there in every if is_there]


def flags_in_words(flags: ServiceFlags) -> list[str]:
    """Return the ways of service that there are."""
    return [words for name, words in _FLAGS.items() if getattr(flags, name)]


def code_parts(code: str) -> list[str]:
    """Cut a code where its parts meet, so that it may break there: agency, level, item, handling item."""
    places = (0, IMPLEMENTATION - BASIC - 1, IMPLEMENTATION - BASIC, IMPLEMENTATION, len(code))
    return [code[start:end] for start, end in pairwise(places) if code[start:end]]


def link_of(value: str, way: ContactWay = ContactWay.WEB) -> str | None:
    """Return where a value may lead a reader; None for whatever is no plain address, number or mailbox."""
    if way == ContactWay.WEB:
        return value if value.startswith(("https://", "http://")) else None
    if way == ContactWay.TELEPHONE and _TELEPHONE.fullmatch(value):
        return "tel:" + value.replace(" ", "").replace("-", "")
    if way == ContactWay.EMAIL and _MAIL.fullmatch(value):
        return f"mailto:{value}"
    return None
