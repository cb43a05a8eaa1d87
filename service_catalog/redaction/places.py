"""Where a person lives: the part of an address from the road, the estate or the gacha down to the door.

Town, banner and league stay: they say where the matter lies, and not who asks.
"""

import re
from collections.abc import Iterator

from service_catalog.redaction.kinds import HAN, RedactionKind, Span

_NUMBER = "(?:[0-9A-Za-z]{1,5}(?:[-/][0-9A-Za-z]{1,4}){0,3}|[一二三四五六七八九十百零〇甲乙丙丁东西南北]{1,5})"
_UNIT = "(?:号院|号楼|号|幢|栋|座|单元|楼|层|室|户|门|组|队|排|弄|巷|院|#)"
_DOOR = f"第? ?{_NUMBER} ?{_UNIT}"
_DOORS = f"{_DOOR}(?:[ ,]?{_DOOR}){{0,6}}(?: ?[0-9]{{3,4}}(?![0-9年]))?(?:[东西南北]户)?"
_NAME = rf"(?:(?![在住是我的了到从于至镇乡旗县盟省])[{HAN}A-Za-z·]){{1,8}}?"
_ROADS = "(?:大街|街|大道|公路|国道|省道|路|巷|胡同)(?!道)[东西南北中]?(?:段|侧)?"
_ESTATES = "(?:小区|花园|家园|[佳嘉馨]苑|苑|公寓|新村|新城|宿舍|家属[院楼]|大院|社区|平房区?|公馆|华府|广场|移民村)"
_VILLAGES = "(?:嘎查|村|屯|农场|牧场|林场|分场)"
_PUBLIC = "(?<!办理)(?<!办公)(?<!服务)(?<!单位)(?<!窗口)(?<!网络)(?<!IP)(?<!邮箱)(?<!受理)"
_TO_THE_END = "[^，。；！？、,;!?\n\ufffc〔〕]"

_SHAPED = [
    re.compile(pattern)
    for pattern in (
        rf"{_NAME}{_ROADS} ?{_DOORS}",
        rf"{_NAME}{_ESTATES} ?(?:{_DOORS}|[0-9A-Za-z]{{1,3}}(?:[-/][0-9]{{1,4}}){{1,3}})",
        rf"{_NAME}{_VILLAGES} ?{_DOORS}",
        rf"(?:{_NUMBER} ?(?:号楼|栋|幢|座)) ?(?:{_NUMBER} ?(?:单元|门) ?)?[0-9]{{3,4}}(?:室|号|户)?",
        rf"(?:{_NUMBER} ?(?:号楼|栋|幢|座)) ?{_NUMBER} ?(?:单元|门)",
        rf"{_NUMBER} ?单元 ?[0-9]{{3,4}}(?:室|号|户)?",
        rf"门牌号?码? ?:? ?{_NUMBER}号?",
    )
]
_LABELLED = re.compile(
    rf"(?:{_PUBLIC}地址|住址|户籍地|户口所在地|居住地|现住地)(?: ?:|是) ?({_TO_THE_END}{{2,60}})"
)  # fmt: skip
_SAYS_A_PLACE = re.compile(f"[{HAN}]|[0-9]")


def find(level: str) -> Iterator[Span]:
    """Yield the addresses in a level text; they may overlap."""
    for pattern in _SHAPED:
        yield from (Span(match.start(), match.end(), RedactionKind.ADDRESS) for match in pattern.finditer(level))
    for match in _LABELLED.finditer(level):
        if _SAYS_A_PLACE.search(match[1]):
            yield Span(match.start(1), match.end(1), RedactionKind.ADDRESS)
