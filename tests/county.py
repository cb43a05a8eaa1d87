"""What a county hands in: forty agencies, five items, and a workbook of 200 implementations of which 30 have a fault each."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter
from builders import (
    BANNER,
    ITEM,
    LEAGUE_BUREAU,
    add_agency,
    credit_code,
    found_small_catalogue,
    item_content,
    publish_item,
)
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from service_catalog.exchange.workbook import address
from service_catalog.implementations.tables import ImplementationEdition
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.migrations.upgrading import upgrade

NAMES = {
    ITEM: "居住证申领",
    "150709002000": "户口迁移登记（市内）",
    "150709003000": "临时身份证办理",
    "150709004000": "无犯罪记录证明",
    "150709005000": "犬只登记",
}
AGENCIES = [credit_code(BANNER, 910000 + number) for number in range(1, 41)]
Sheets = Mapping[str, Sequence[Mapping[str, Any]]]
OFFERED = {"availability": {"status": "offered"}}


def agency_name(number: int) -> str:
    return f"阿拉善左旗第{number}服务中心"


def found_county(engine: Engine) -> None:
    """The small catalogue with forty more agencies in the banner and four more items."""
    upgrade(engine)
    with unit_of_work(engine) as session:
        found_small_catalogue(session)
        for number, code in enumerate(AGENCIES, start=1):
            add_agency(session, code, BANNER, agency_name(number))
        for code, name in NAMES.items():
            if code != ITEM:
                publish_item(session, code, item_content(name=name))


def workbook_of(sheets: Sheets) -> bytes:
    """A workbook as a clerk would make it: sheets of rows, the header being every column that a row names."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        header = headers_of(rows)
        for place, title in enumerate(header):
            sheet.write_string(0, place, title)
        for number, row in enumerate(rows, start=1):
            for place, title in enumerate(header):
                value = row.get(title)
                if isinstance(value, int):
                    sheet.write_number(number, place, value)
                elif value:
                    sheet.write_string(number, place, value)
    book.close()
    return made.getvalue()


def headers_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(title for row in rows for title in row))


def cell_of(sheets: Sheets, sheet: str, title: str, index: int) -> str:
    """The place of a cell: `index` counts the rows below the header from 0."""
    return f"{sheet}!{address(headers_of(sheets[sheet]).index(title), index + 2)}"


def editions(engine: Engine) -> dict[str, list[tuple[int, str, dict[str, Any]]]]:
    """Every edition of every local part: number, state, content."""
    with reading(engine) as session:
        query = select(ImplementationEdition).order_by(
            col(ImplementationEdition.implementation_code), col(ImplementationEdition.number)
        )
        found: dict[str, list[tuple[int, str, dict[str, Any]]]] = {}
        for edition in session.scalars(query):
            found.setdefault(edition.implementation_code, []).append(
                (edition.number, edition.state.value, edition.content)
            )
        return found


def good_row(number: int) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]], dict[str, Any]]:
    """One implementation without a fault: its row, its rows in other sheets, and what is to be stored of it."""
    agency, (basic, name) = AGENCIES[number % 40], list(NAMES.items())[number // 40]
    row: dict[str, Any] = {
        "序号": number + 1,
        "基本编码": basic if number % 3 else "",
        "事项名称": name if number % 2 else name.replace("（", " (").replace("）", ") "),
        "实施主体编码": agency,
        "实施主体": agency_name(number % 40 + 1),
        "行使层级": "4 县级",
        "事项类型": "行政确认",
        "法定办结时限": 15,
        "法定办结时限单位": "工作日",
        "承诺办结时限": 10 - number % 5,
        "承诺办结时限单位": "个工作日",
        "办件类型": "承诺件",
        "到办事现场次数": 1 if number % 4 else 0,
        "必须现场办理原因": "",
        "办理形式": "1^2" if number % 6 == 0 else "窗口办理",
        "通办范围": "4 全县",
        "网上支付": "否",
        "进驻政务大厅": "是",
        "权力来源": "1",
        "委托部门": "",
        "咨询方式": f"电话：0483-83{number:05}",
        "监督投诉方式": "12345",
        "备注": "本县自用",
    }
    stored: dict[str, Any] = {
        **OFFERED,
        "power_source": "1",
        "consultation_channels": [{"way": "telephone", "value": f"0483-83{number:05}"}],
        "complaint_channels": [{"way": "telephone", "value": "12345"}],
    }
    if number % 5:
        stored["promised_limit"] = {"amount": 10 - number % 5, "unit": "working_day"}
    if number % 4 == 0:
        stored["on_site_visits"] = 0
    if number % 6 == 0:
        stored["channels"] = ["1", "2"]
    parts: dict[str, list[dict[str, Any]]] = {}
    if number % 10 == 0:
        parts["材料"] = [
            {"序号": number + 1, "材料名称": "居民身份证", "材料必要性": "必要", "原件份数": 1, "复印件份数": 0},
            {"序号": number + 1, "材料名称": "近期免冠相片", "材料必要性": "2", "原件份数": 2, "不需要": "是"},
        ]
        stored["materials"] = [{"key": "id-card", "photo_copies": 0}, {"key": "photo", "dropped": True}]
    if number % 10 == 1:
        parts["环节"] = [
            {"序号": number + 1, "环节名称": "核查", "办理时限": 2, "办理时限单位": "工作日", "办理处室": "户政科"},
            {"序号": number + 1, "环节名称": "受理", "办理时限": 1, "办理时限单位": "工作日"},
        ]
        limit = {"amount": 2, "unit": "working_day"}
        stored["steps"] = [{"key": "review", "limit": limit, "responsible_unit": "户政科"}]
    if number % 10 == 2:
        parts["窗口"] = [
            {"序号": number + 1, "窗口名称": "一楼2号窗", "地址": "巴彦浩特镇", "窗口办理时间": "周一至五 09:00-12:00"}
        ]
        hours = {"weekly": [{"days": [1, 2, 3, 4, 5], "opens": "09:00:00", "closes": "12:00:00"}]}
        stored["service_locations"] = [
            {"key": "window-1", "name": "一楼2号窗", "address": "巴彦浩特镇", "hours": hours}
        ]
    if number % 10 == 3:
        parts["收费"] = [
            {
                "序号": number + 1,
                "收费项目名称": "工本费",
                "金额": 10,
                "降低或免收的文号": "阿发改〔2026〕3号",
                "自何日起": "20260101",
            }
        ]
        stored["fees"] = [
            {"key": "card", "amount": "10", "document_number": "阿发改〔2026〕3号", "valid_from": "2026-01-01"}
        ]
    if number % 10 == 4:
        parts["常见问题"] = [{"序号": number + 1, "问题": "周末办吗？", "答案": "周六上午办。"}]
        stored["questions"] = [{"question": "周末办吗？", "answer": "周六上午办。"}]
    return row, parts, stored


FAULTS: list[tuple[str, str, str, str, dict[str, Any]]] = [
    # what is wrong, verdict, sheet, column at fault, cells
    ("a longer limit", "looser", "实施清单", "承诺办结时限", {"承诺办结时限": 11, "承诺办结时限单位": "工作日"}),
    ("a limit in another unit", "looser", "实施清单", "承诺办结时限", {"承诺办结时限": 2, "承诺办结时限单位": "周"}),
    ("a limit that is no number", "unknown", "实施清单", "承诺办结时限", {"承诺办结时限": "十天左右"}),
    ("an unknown unit", "unknown", "实施清单", "承诺办结时限单位", {"承诺办结时限单位": "天天"}),
    ("another name", "refused", "实施清单", "事项名称", {"基本编码": ITEM, "事项名称": "居住证明"}),
    ("a name that is only alike", "unknown", "实施清单", "事项名称", {"基本编码": "", "事项名称": "居住证申领登记"}),
    ("a name nobody knows", "unknown", "实施清单", "事项名称", {"基本编码": "", "事项名称": "矿泉水检测服务"}),
    ("another type", "refused", "实施清单", "事项类型", {"事项类型": "行政许可"}),
    ("another statutory limit", "refused", "实施清单", "法定办结时限", {"法定办结时限": 30}),
    ("an agency nobody knows", "unknown", "实施清单", "实施主体编码", {"实施主体编码": credit_code(BANNER, 990001), "实施主体": ""}),
    ("another agency's name", "unknown", "实施清单", "实施主体", {"实施主体": "阿拉善盟公安局"}),
    ("a code that is not the computed one", "refused", "实施清单", "实施编码", {"实施编码": LEAGUE_BUREAU + "3" + ITEM}),
    ("a level the standard does not have", "refused", "实施清单", "行使层级", {"行使层级": "2"}),
    ("a level that is none", "unknown", "实施清单", "行使层级", {"行使层级": "八级"}),
    ("more visits", "looser", "实施清单", "到办事现场次数", {"到办事现场次数": 3}),
    ("another case kind", "looser", "实施清单", "办件类型", {"办件类型": "9 其他"}),
    ("fewer channels", "looser", "实施清单", "办理形式", {"办理形式": "2"}),
    ("a channel that is none", "unknown", "实施清单", "办理形式", {"办理形式": "1^飞鸽"}),
    ("a narrower area", "looser", "实施清单", "通办范围", {"通办范围": "5"}),
    ("a service switched off", "looser", "实施清单", "进驻政务大厅", {"进驻政务大厅": "否"}),
    ("a power the level does not have", "looser", "实施清单", "权力来源", {"权力来源": "3"}),
    ("complaints to whom one asks", "unknown", "实施清单", "监督投诉方式", {"咨询方式": "12345", "监督投诉方式": "12345"}),
    ("a contact nobody can read", "unknown", "实施清单", "咨询方式", {"咨询方式": "见公告栏"}),
    ("more copies", "looser", "材料", "复印件份数", {"材料名称": "居民身份证", "材料必要性": "1", "原件份数": 1, "复印件份数": 3}),
    ("one paper more", "looser", "材料", "材料名称", {"材料名称": "无违法记录承诺保证书原件"}),
    ("a paper that is only alike", "unknown", "材料", "材料名称", {"材料名称": "住址证明书"}),
    ("an essential paper called needless", "looser", "材料", "不需要", {"材料名称": "居民身份证", "不需要": "1"}),
    ("a longer step", "looser", "环节", "办理时限", {"环节名称": "核查", "办理时限": 6, "办理时限单位": "工作日"}),
    ("a higher fee", "looser", "收费", "收费项目名称", {"收费项目名称": "工本费", "金额": 25}),
    ("an answer rewritten", "looser", "常见问题", "答案", {"问题": "要本人去吗？", "答案": "每次都要。"}),
]  # fmt: skip


def handed_in() -> tuple[dict[str, list[dict[str, Any]]], dict[str, dict[str, Any]], list[tuple[str, str]]]:
    """The sheets, what is to be stored by implementation code, and the cell and verdict of each fault."""
    rows: list[dict[str, Any]] = []
    sheets: dict[str, list[dict[str, Any]]] = {
        "实施清单": rows,
        "材料": [],
        "环节": [],
        "收费": [],
        "常见问题": [],
        "窗口": [],
    }
    stored: dict[str, dict[str, Any]] = {}
    planted: list[tuple[str, str, str, int]] = []
    for number in range(200):
        row, parts, kept = good_row(number)
        which, left = divmod(number, 7)
        if (left == 3 and which < 28) or number in (198, 199):
            fault = FAULTS[which if left == 3 and which < 28 else number - 170]
            _, verdict, sheet, title, cells = fault
            parts = {}
            if sheet == "实施清单":
                row |= {"实施编码": ""} | cells
                planted.append((verdict, sheet, title, number))
            else:
                parts = {sheet: [{"序号": number + 1} | cells]}
                planted.append((verdict, sheet, title, len(sheets[sheet])))
        else:
            stored[AGENCIES[number % 40] + "4" + list(NAMES)[number // 40]] = kept
        rows.append(row)
        for sheet, more in parts.items():
            sheets[sheet] += more
    faults = [(cell_of(sheets, sheet, title, index), verdict) for verdict, sheet, title, index in planted]
    return sheets, stored, faults


def session_of(engine: Engine) -> Session:
    """A session that writes."""
    return Session(engine.execution_options(catalog_writes=True), expire_on_commit=False)
