"""Numbers that lead to a person: telephones, certificates, bank cards, plates, accounts, cases; by shape and by label.

A number after the label of a file (办件编号, 统一社会信用代码) is not one of them. Every repetition is bounded or cannot give
back what it took, so that the time grows with the length of the text only.
"""

import re
from collections.abc import Iterator

from service_catalog.redaction.kinds import GAP, HAN, RedactionKind, Span

D = f"(?:{GAP}[0-9])"
"""One more digit, perhaps after a blank or a dash."""
JOIN = "[ :是为号码]{0,4}"
PUBLIC = r"(?!(?:1[0-2][0-9]|1[02][0-9]{3}|9[56][0-9]{3,4})(?![0-9]))"
"""Not a hotline or an emergency number: 110, 12345, 10086, 95598."""
_MONTH = f"(?:0{GAP}[1-9]|1{GAP}[0-2])"
_DAY = f"(?:0{GAP}[1-9]|[12]{GAP}[0-9]|3{GAP}[01])"
_NO_DATE = r"(?!(?:19|20)[0-9]{2}(?:[-/.][01]?[0-9](?![0-9])|[01][0-9][0-3][0-9](?![0-9])))"
_CERTIFICATES = (
    "(?:身份证|护照|通行证|军官证|士兵证|驾驶证|驾照|残疾人?证|居住证|社保卡|医保卡|低保证|户口[本簿]|学生证|"
    "台胞证|回乡证|证件)(?:号码|编号|号|件)?"
)
_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_CASE_TYPES = "民刑行执赔破财知商劳特司认清诉强协国引移死没请调申"

_FILED = re.compile(
    r"(?<!身份证)(?<!护照)(?<!证件)(?<!行证)(?<!驶证)(?<!疾证)(?<!人证)(?<!社保卡)"
    r"(?:编号|编码|代码|单号|流水号|文号|回执号?|受理号|序列号|批号|条码|事项码)[ :是为]{0,3}[0-9A-Za-z]{1,40}"
)
"""A number after such a label names a file, an item or a body."""

_BY_LABEL: tuple[tuple[RedactionKind, str], ...] = (
    (RedactionKind.CERTIFICATE, rf"{_CERTIFICATES}{JOIN}({_NO_DATE}[A-Za-z]{{0,3}}(?:{D}){{6,20}}(?:{GAP}[Xx])?)"),
    (RedactionKind.BANK_CARD, rf"(?:银行卡|储蓄卡|信用卡|一卡通|卡号|账号|帐号|账户|帐户|存折){JOIN}({_NO_DATE}(?:{D}){{8,25}})"),
    (RedactionKind.PHONE, rf"(?:电话|手机|座机|致电|联系方式|拨打|传真){JOIN}({PUBLIC}{_NO_DATE}[0-9]{D}{{6,11}})(?![0-9])"),
    (RedactionKind.PLATE, r"(?:车牌|车号)[ :是为号码]{0,4}([A-Za-z]{0,2}[ ·-]?(?=[A-Za-z]{0,6}[0-9])[0-9A-Za-z]{4,7})(?![0-9A-Za-z])"),
    (
        RedactionKind.ACCOUNT,
        r"(?i:微信|(?<![a-z])(?:wechat|weixin|vx|wx|qq)|V信|加v|扣扣|企鹅)(?i:群|号码|号|id)?[ :是为]{0,3}"
        r"((?:[A-Za-z][0-9A-Za-z_-]{5,19}|(?!12345(?![0-9]))[0-9]{5,12})(?![0-9A-Za-z_-]))",
    ),
)  # fmt: skip
_BY_SHAPE: tuple[tuple[RedactionKind, str], ...] = (
    (RedactionKind.EMAIL, r"(?<![0-9A-Za-z._%+-])[0-9A-Za-z._%+-]++ ?@ ?[0-9A-Za-z-]{1,63}(?:\.[0-9A-Za-z-]{1,63}){1,4}"),
    (RedactionKind.PHONE, rf"(?<![0-9])(?:\(?(?:\+|00)?86\)?{GAP})?1{GAP}[3-9]{D}{{9}}(?![0-9]|元|万|亿)"),
    (RedactionKind.PHONE, r"(?<![一幺壹二三四五六七八九零〇])[一幺壹][三四五六七八九][一幺二三四五六七八九零〇]{9}(?![一二三四五六七八九零〇幺])"),
    (RedactionKind.PHONE, rf"\+{D}{{8,15}}"),
    (
        RedactionKind.PHONE,
        rf"(?<![0-9])(?<![0-9]\.)\(?0(?:10|2[0-9]|[3-9][0-9]{{2}})\)?{GAP}[2-8]{D}{{6,7}}(?![0-9])"
        r"(?:[ -]?(?:转|-)[0-9]{1,6})?(?:[、/,，或和及][2-8][0-9]{6,7}(?![0-9])){0,5}",
    ),
    (
        RedactionKind.CERTIFICATE,
        rf"(?<![0-9])[1-8]{D}{{5}}{GAP}(?:1{GAP}[89]|2{GAP}0){D}{{2}}{GAP}{_MONTH}{GAP}{_DAY}{D}{{3}}{GAP}[0-9Xx](?![0-9A-Za-z])",
    ),
    (RedactionKind.CERTIFICATE, rf"(?<![0-9A-Za-z])[1-8]{D}{{5}}{D}{{2}}{GAP}{_MONTH}{GAP}{_DAY}{D}{{3}}(?![0-9A-Za-z])"),
    (RedactionKind.CERTIFICATE, r"(?<![0-9A-Za-z])(?:[EeGgCc][0-9]{8}|[Ee][A-Za-z][0-9]{7}|[DSPHdsph][Ee]?[0-9]{7,8}|[HMhm][0-9]{10})(?![0-9A-Za-z])"),
    (RedactionKind.BANK_CARD, rf"(?<![0-9A-Za-z])[3-69]{D}{{15,18}}(?![0-9A-Za-z])"),
    (RedactionKind.PLATE, rf"[{_PROVINCES}] ?[A-Za-z][ ·.-]?(?=[A-Za-z]{{0,5}}[0-9])(?:[0-9A-Za-z]{{5,6}}(?![0-9A-Za-z])|[0-9A-Za-z]{{4}}[挂学警港澳领使])"),
    (
        RedactionKind.CASE,
        rf"[(〔\[【] ?(?:19|20)[0-9]{{2}} ?[)〕\]】] ?[{HAN}]{{1,3}}[0-9]{{0,4}}[{HAN}]{{0,3}}[{_CASE_TYPES}][{HAN}]{{0,5}}第?[0-9]{{1,6}}号(?:之[0-9一二三四五六七八九十]{{1,2}})?",
    ),
    (RedactionKind.CASE, rf"[{HAN}]{{0,4}}仲裁?[案裁]?字?[(〔\[] ?(?:19|20)[0-9]{{2}} ?[)〕\]]第?[0-9]{{1,6}}号"),
)  # fmt: skip
_LABELLED = [(kind, re.compile(pattern)) for kind, pattern in _BY_LABEL]
_SHAPED = [(kind, re.compile(pattern)) for kind, pattern in _BY_SHAPE]
_EVEN_AFTER_A_LABEL = frozenset({RedactionKind.EMAIL, RedactionKind.PLATE, RedactionKind.CASE})


def find(level: str) -> Iterator[Span]:
    """Yield the numbers that lead to a person, in a level text; they may overlap."""
    for kind, pattern in _LABELLED:
        yield from (Span(match.start(1), match.end(1), kind) for match in pattern.finditer(level))
    filed = {place for match in _FILED.finditer(level) for place in range(match.start(), match.end())}
    for kind, pattern in _SHAPED:
        for match in pattern.finditer(level):
            if match.start() not in filed or kind in _EVEN_AFTER_A_LABEL:
                yield Span(match.start(), match.end(), kind)
