"""What must go from a text before it is published, what may stay, and that nothing else is touched."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_catalog.redaction.kinds import RedactionKind
from service_catalog.redaction.proposing import Proposed, propose, redacted, what_remains

MY_NAME = "ᠮᠢᠨᠤ ᠨᠡᠷ\u180eᠡ ᠪᠠᠭᠠᠲᠤᠷ\u202fᠤᠨ"
"""My name, with a vowel separator, and a name with its ending after a narrow no-break space (U+202F)."""


def seen(text: str, *known: str) -> list[tuple[str, str]]:
    return [(mark.kind.value, mark.text) for mark in propose(text, known=known)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("请打13900001111。", "13900001111"),
        ("手机139-0000-1111联系", "139-0000-1111"),
        ("手机 139 0000 1111", "139 0000 1111"),
        ("１３９００００１１１１是我的号", "１３９００００１１１１"),
        ("139—0000—1111", "139—0000—1111"),
        ("1 3 9 0 0 0 0 1 1 1 1", "1 3 9 0 0 0 0 1 1 1 1"),
        ("致电+86 139 0000 1111", "+86 139 0000 1111"),
        ("(+86)13900001111", "(+86)13900001111"),
        ("8613900001111", "8613900001111"),
        ("tel13900001111", "13900001111"),
        ("᠑᠓᠙᠐᠐᠐᠐᠑᠑᠑᠑", "᠑᠓᠙᠐᠐᠐᠐᠑᠑᠑᠑"),
        ("一三九零零零零一一一一", "一三九零零零零一一一一"),
        ("座机0483-8331234", "0483-8331234"),
        ("（0483）8331234转801", "（0483）8331234转801"),
        ("010-66001234", "010-66001234"),
        ("家里电话8331234没人接", "8331234"),
        ("蒙古国号码+976 9911 2233", "+976 9911 2233"),
    ],
)
def test_telephone_numbers_go(text: str, found: str) -> None:
    assert seen(text) == [("phone", found)]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("身份证152922199001011234", "certificate", "152922199001011234"),
        ("152922199001011235", "certificate", "152922199001011235"),
        ("15292219900101123x，", "certificate", "15292219900101123x"),
        ("152922 19900101 123 X", "certificate", "152922 19900101 123 X"),
        ("１５２９２２１９９００１０１１２３Ｘ", "certificate", "１５２９２２１９９００１０１１２３Ｘ"),
        ("老号152922900101123", "certificate", "152922900101123"),
        ("身份证号码：152922199013451234", "certificate", "152922199013451234"),
        ("身份证编号：152922199001011234", "certificate", "152922199001011234"),
        ("护照E12345678丢了", "certificate", "E12345678"),
        ("护照号：EA1234567", "certificate", "EA1234567"),
        ("残疾证号15292219900101123443", "certificate", "15292219900101123443"),
        ("工资卡6222020612345678901没到账", "bank_card", "6222020612345678901"),
        ("6222 0206 1234 5678 901", "bank_card", "6222 0206 1234 5678 901"),
        ("账号：05123401040001234", "bank_card", "05123401040001234"),
        ("车蒙M12345被拖走", "plate", "蒙M12345"),
        ("蒙M·12345", "plate", "蒙M·12345"),
        ("新能源蒙MD12345", "plate", "蒙MD12345"),
        ("蒙ＭＦ００１２３", "plate", "蒙ＭＦ００１２３"),
        ("教练车蒙M1234学", "plate", "蒙M1234学"),
        ("邮箱wang.xm@example.com，", "email", "wang.xm@example.com"),
        ("发到wang＠example．com", "email", "wang＠example．com"),
        ("微信号：nm_tuya88", "account", "nm_tuya88"),
        ("加我VX nm_tuya88", "account", "nm_tuya88"),
        ("QQ：123456789", "account", "123456789"),
        ("见（2026）内29民初123号判决", "case", "（2026）内29民初123号"),
        ("(2025)内2921执恢45号之一", "case", "(2025)内2921执恢45号之一"),
        ("〔2026〕内29行终7号", "case", "〔2026〕内29行终7号"),
        ("住巴彦浩特镇额鲁特西路18号", "address", "额鲁特西路18号"),
        ("我家在安德小区3号楼2单元501室", "address", "安德小区3号楼2单元501室"),
        ("我住图日根嘎查3组12号", "address", "图日根嘎查3组12号"),
        ("御龙苑3-2-501漏水", "address", "御龙苑3-2-501"),
        ("5号楼1单元302没暖气", "address", "5号楼1单元302"),
        ("家庭住址：阿拉善左旗吉兰泰镇盐湖边第二家，", "address", "阿拉善左旗吉兰泰镇盐湖边第二家"),
    ],
)
def test_other_numbers_and_addresses_go(text: str, kind: str, found: str) -> None:
    assert seen(text) == [(kind, found)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我叫王小明，想问社保", ["王小明"]),
        ("我叫王小明想问社保", ["王小明"]),
        ("本人李建国，今年六十岁", ["李建国"]),
        ("姓名：欧阳志远", ["欧阳志远"]),
        ("姓名：王　明　性别：男", ["王　明"]),
        ("联系人王五电话不通", ["王五"]),
        ("房东张三不退押金", ["张三"]),
        ("我母亲王秀英今年80岁", ["王秀英"]),
        ("申请人：赵六 单位：无", ["赵六"]),
        ("姓名：Wang Xiaoming", ["Wang Xiaoming"]),
        ("姓名：Бат-Эрдэнэ", ["Бат-Эрдэнэ"]),
        ("我叫巴特尔，是牧民", ["巴特尔"]),
        ("我叫乌云其木格家住左旗", ["乌云其木格"]),
        ("姓名：阿拉腾·巴特尔", ["阿拉腾·巴特尔"]),
        ("联系人：斯琴高娃 电话：无", ["斯琴高娃"]),
        ("窗口的王女士态度差", ["王"]),
        ("张建军主任和巴特尔书记都知道", ["张建军", "巴特尔"]),
        ("李大夫、乌云其木格大夫", ["李", "乌云其木格"]),
        ("姓名：ᠪᠠᠭᠠᠲᠤᠷ", ["ᠪᠠᠭᠠᠲᠤᠷ"]),
        (MY_NAME, ["ᠪᠠᠭᠠᠲᠤᠷ"]),
    ],
)
def test_names_beside_their_words_go(text: str, found: list[str]) -> None:
    assert seen(text) == [("name", name) for name in found]


@pytest.mark.parametrize(
    "text",
    [
        "根据国务院令第663号办理",
        "内政办发〔2026〕12号文件",
        "国发（2025）第3号",
        "请拨打12345、110、119、120或122",
        "电话12345 110",
        "供电95598，联通10010，12333社保",
        "2026年3月10日14:30，2026-03-10 09:00:00",
        "补贴1,234,567.89元，共13900001111元",
        "办件编号：152900202603100001",
        "受理编号15290020260310000123",
        "基本编码150709001000",
        "150709001000",
        "11152922MB1234567X3150709001000",
        "11152922MB1234567X315070900100001",
        "统一社会信用代码：91152900MA0N1A2B3C",
        "统一社会信用代码111529001990010123",
        "办公室主任不在，副主任也不在，居委会主任说要等",
        "高级工程师、中心主任、公安局局长、卫生局局长",
        "各位女士先生，老同志们",
        "本人认为不合理，本人于昨日提交了材料",
        "本人高度重视此事",
        "申请人应当提交身份证3份",
        "联系人：本人",
        "申请人为法人的，需提供营业执照",
        "户名：阿拉善左旗某某公司",
        "帮父母查老房子的档案",
        "按照《食品安全法》第三十五条，20个工作日",
        "姓名：同上",
        "我是阿拉善左旗牧民",
        "阿拉善盟阿拉善左旗巴彦浩特镇图日根嘎查",
        "办理地址：额鲁特大街政务服务中心3号窗口",
        "第三十八条第二款，第3号窗口，2楼大厅",
        "公交1路车，工作组3人",
        "身份证20260310到期，护照2026-03-10到期",
        "通过微信12345平台，微信公众号，QQ群",
        "巴彦浩特书记信箱",
        "ᠠᠯᠠᠱᠠ ᠠᠶᠢᠮᠠᠭ ᠤᠨ ᠵᠠᠰᠠᠭ ᠤᠨ ᠣᠷᠳᠣᠨ",
        "已有〔姓名〕、〔电话〕和〔住址〕",
    ],
)
def test_what_leads_to_nobody_stays(text: str) -> None:
    assert seen(text) == []


@pytest.mark.parametrize(
    ("text", "known", "kind", "found"),
    [
        ("找一下图雅吧", "图雅", "personal", "图雅"),
        ("图 雅的事", "图雅", "personal", "图 雅"),
        ("号码是９８７６-５４ ３", "9876543", "personal", "９８７６-５４ ３"),
        ("0013900001111999", "13900001111", "phone", "13900001111"),
        ("办件编号：13900001111", "139 0000 1111", "phone", "13900001111"),
        ("Ask WANG@Example.com", "wang@example.com", "email", "WANG@Example.com"),
        ("ᠪᠠᠭᠠᠲᠤᠷ᠋ ᠤᠨ", "ᠪᠠᠭᠠᠲᠤᠷ", "personal", "ᠪᠠᠭᠠᠲᠤᠷ"),
        ("a.b*c(d", "b*c(d", "personal", "b*c(d"),
    ],
)
def test_the_persons_own_values_go_wherever_they_stand(text: str, known: str, kind: str, found: str) -> None:
    assert seen(text, known) == [(kind, found)]


def test_a_known_value_of_one_character_or_of_blanks_is_not_looked_for() -> None:
    assert seen("王法官说，王", "王", "", "  ", "-") == [("name", "王")]


def test_passages_that_overlap_become_one() -> None:
    assert seen("我住图日根嘎查3组12号院", "嘎查3组", "3组12号院里") == [("address", "图日根嘎查3组12号院")]


def test_a_word_of_the_kind_stands_in_place_and_the_rest_as_written() -> None:
    text = "我叫巴特尔，住安德小区3号楼2单元501室，电话１３９ ００００ １１１１，车蒙M12345。"

    assert redacted(text, propose(text)) == "我叫〔姓名〕，住〔住址〕，电话〔电话〕，车〔车牌〕。"


def test_mongolian_keeps_every_sign_of_its_shape() -> None:
    marks = propose(MY_NAME)

    assert redacted(MY_NAME, marks) == "ᠮᠢᠨᠤ ᠨᠡᠷ\u180eᠡ 〔姓名〕\u202fᠤᠨ"
    assert MY_NAME[marks[0].start : marks[0].end] == "ᠪᠠᠭᠠᠲᠤᠷ"


def test_what_is_uncovered_by_a_redaction_goes_as_well() -> None:
    text = "139000011118888888"

    assert seen(text, "8888888") == [("phone", "13900001111"), ("personal", "8888888")]


_PIECES = st.sampled_from(
    ["我叫", "王", "巴特尔", "先生", "本人", "姓名：", "电话", "：", "，", "。", " ", "\u3000", "-", "1", "39", "00001111", "13900001111", "１３９",
     "152922", "19900101", "123X", "0483", "8331234", "6222", "蒙", "M", "12345", "·", "@", "a.com", "微信", "小区", "路", "3", "号", "楼", "单元",
     "嘎查", "组", "（2026）", "内29", "民初", "编号", "住址", "〔姓名〕", "〔", "〕", "\ufffc", "\u202f", "ᠨᠡᠷ᠎ᠡ", "ᠪᠠ", "+86", "主任", "地址："]
)  # fmt: skip
_TEXTS = st.lists(_PIECES | st.characters(exclude_categories=["Cs"]), max_size=30).map("".join)
_KNOWN = st.lists(st.text(alphabet="王明巴特尔0139 -·小区〔姓名", max_size=6), max_size=3)


@settings(max_examples=400)
@given(_TEXTS, _KNOWN)
def test_after_every_proposal_was_taken_nothing_remains(text: str, known: list[str]) -> None:
    once = redacted(text, propose(text, known=known))

    assert what_remains(once, known) == []


@settings(max_examples=300)
@given(_TEXTS, _KNOWN)
def test_passages_stand_apart_in_order_and_nothing_outside_them_changes(text: str, known: list[str]) -> None:
    marks = propose(text, known=known)

    assert all(mark.text == text[mark.start : mark.end] != "" for mark in marks)
    assert all(one.end <= two.start for one, two in pairwise(marks))
    rest, done = redacted(text, marks), 0
    for mark in marks:
        kept = text[done : mark.start]
        assert rest.startswith(kept + mark.kind.replacement)
        rest, done = rest[len(kept) + len(mark.kind.replacement) :], mark.end
    assert rest == text[done:]


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", " ", "-", "—", "\u3000", "."]))
def test_a_mobile_number_is_found_however_it_is_grouped(number: str, gap: str) -> None:
    text = f"请回电{gap.join([number[:3], number[3:7], number[7:]])}谢谢"

    assert [mark.kind for mark in propose(text)] == [RedactionKind.PHONE]


@pytest.mark.parametrize(
    "piece",
    ["1", "1 ", "1-", "王", "王主", "巴", "巴特尔·", "号", "3号", "路", "一路3", "小区3-", "A", "a.", "a@", "a@a.", "（2026）内", "仲", "内", "（",
     "我叫", "姓名：", "姓名：a ", "本人", "电话：", "微信", "编号", "地址：", "地址：a", "13900001111", "13900001111 ", "+", "蒙M", "ᠪ", "ᠨᠡᠷ᠎ᠡ ",
     "单元", "嘎查", "楼3", "152922199001011234", "0483", "、8331234", " ", "\u202f", "〔姓名〕", "身份证"],
)  # fmt: skip
def test_the_longest_text_is_read_in_no_time_whatever_it_repeats(piece: str) -> None:
    text = (piece * 8_000)[:8_000]

    began = time.process_time()
    marks = propose(text, known=["1111111", "王王王", "aaaa"])
    assert what_remains(redacted(text, marks), ["1111111", "王王王", "aaaa"]) == []

    assert time.process_time() - began < 2.0


def test_marks_may_come_in_any_order_and_by_hand() -> None:
    text = "甲乙丙丁"
    marks = [Proposed(2, 3, RedactionKind.NAME, "丙"), Proposed(0, 1, RedactionKind.PERSONAL, "甲")]

    assert redacted(text, marks) == "〔个人信息〕乙〔姓名〕丁"
