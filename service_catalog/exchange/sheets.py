"""The county's own template as data: sheets, columns, and which element of a local part each cell says.

A path is the place of the value in a local part: `promised_limit.amount`; in a sheet of rows it is the column of the row. Paths
with an @ find the thing: they say of which implementation, and of which row, the others speak.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from service_catalog.exchange.names import normalised
from service_catalog.implementations.inheritance import ELEMENT_OF_COLUMN, Matrix


class Column(NamedTuple):
    """One column: its header, what it says, how its cells are read, and other headers it is known by."""

    header: str
    path: str
    kind: str = "text"
    codes: str = ""
    """Name of the code list."""
    also: tuple[str, ...] = ()
    hint: str = ""


class Form(NamedTuple):
    """One sheet: what its rows are (`part` empty: implementations; else rows of that element)."""

    name: str
    part: str
    columns: tuple[Column, ...]


RESULT = "结果"
LISTS = "代码表"
NOT_READ = frozenset({LISTS, "填写说明"})
ID, CODE, BASIC, NAME, AGENCY, AGENCY_NAME, LEVEL, ROW, SEEN, IGNORED = (
    "@id", "@implementation_code", "@basic_code", "@name", "@agency_code", "@agency_name", "@exercise_level", "@row",
    "@seen", "@ignored",
)  # fmt: skip
_WHICH = (
    Column("序号", ID, hint="自编的行号；材料、环节等表用它指明属于哪一项"),
    Column("实施编码", CODE, also=("实施清单编码", "事项实施编码"), hint="31 位，由系统计算；新认领的可不填"),
)
IMPLEMENTATIONS = Form(
    "实施清单", "",
    (
        *_WHICH,
        Column("基本编码", BASIC, also=("基本目录编码", "目录编码", "事项基本编码"), hint="12 位；不知道的可不填，按事项名称对应"),
        Column("事项名称", NAME, also=("名称", "办理事项名称", "服务事项名称")),
        Column("实施主体编码", AGENCY, also=("统一社会信用代码", "部门编码", "实施主体代码"), hint="18 位"),
        Column("实施主体", AGENCY_NAME, also=("实施主体名称", "部门名称", "实施机构")),
        Column("行使层级", LEVEL, "code", "exercise_levels"),
        Column("是否办理", "availability.status", "code", "availability"),
        Column("不办理原因", "availability.reason"),
        Column("由哪个机构办理", "availability.agency_code", hint="该机构的 18 位编码"),
        Column("事项类型", "item_type", "code", "item_types"),
        Column("法定办结时限", "statutory_limit.amount", "whole"),
        Column("法定办结时限单位", "statutory_limit.unit", "unit"),
        Column("承诺办结时限", "promised_limit.amount", "whole", also=("承诺时限",)),
        Column("承诺办结时限单位", "promised_limit.unit", "unit", also=("承诺时限单位",)),
        Column("承诺办结时限说明", "promised_limit.explanation"),
        Column("办件类型", "case_kind", "code", "case_kinds"),
        Column("到办事现场次数", "on_site_visits", "whole"),
        Column("必须现场办理原因", "on_site_reason"),
        Column("办理形式", "channels", "codes", "channels", hint="多个用 ^ 分开，如 1^2"),
        Column("网上办理深度", "online_depth", "codes", "online_depths", hint="多个用 ^ 分开"),
        Column("通办范围", "cross_area_scope", "code", "cross_area_scopes"),
        Column("进驻政务大厅", "service_flags.in_service_hall", "flag", "yes_no"),
        Column("是否网办", "service_flags.online", "flag", "yes_no"),
        Column("网上支付", "service_flags.online_payment", "flag", "yes_no"),
        Column("物流快递", "service_flags.postal", "flag", "yes_no"),
        Column("预约办理", "service_flags.appointment", "flag", "yes_no"),
        Column("自助终端", "service_flags.kiosk", "flag", "yes_no"),
        Column("是否收费", "is_charged", "flag", "yes_no"),
        Column("服务对象", "service_objects", "codes", "service_objects"),
        Column("受理条件", "acceptance_conditions", "texts"),
        Column("设定依据", "legal_basis", "laws"),
        Column("权力来源", "power_source", "code", "power_sources"),
        Column("委托部门", "entrusting_agency"),
        Column("实施主体性质", "agency_nature", "code", "agency_natures"),
        Column("联办机构", "joint_agencies", "texts", hint="多个用 ^ 分开"),
        Column("服务区域", "service_area", "regions", hint="区划代码，多个用 ^ 分开"),
        Column("办理时间", "service_hours", "hours", hint="如 周一至五 09:00-12:00^周一至五 14:30-17:30^备注：午间不休息"),
        Column("咨询方式", "consultation_channels", "contacts", hint="如 电话：0483-8300001^窗口：二楼3号"),
        Column("监督投诉方式", "complaint_channels", "contacts", hint="须与咨询方式不同"),
        Column("行政复议机关", "remedies.review_body"),
        Column("行政复议机关地址", "remedies.review_address"),
        Column("行政复议机关电话", "remedies.review_phone"),
        Column("管辖法院", "remedies.court"),
        Column("管辖法院地址", "remedies.court_address"),
        Column("管辖法院电话", "remedies.court_phone"),
        Column("预约规则", "appointment_rule"),
        Column("计算机端地址", "online_urls.computer"),
        Column("移动端地址", "online_urls.mobile"),
        Column("单点登录", "online_urls.single_sign_on", "flag", "yes_no"),
        Column("地方特色主题", "local_themes", "texts"),
        Column("日常用语", "aliases", "texts"),
        Column("地方编码", "local_codes", "local_codes", hint="如 盟旧系统：ALS-001"),
        Column("不办理的业务办理项", "handling_items", "left_out", hint="如 02：设备在盟里"),
        Column("不需要的中介服务", "intermediary_services", "not_needed", hint="名称，多个用 ^ 分开"),
        Column("备注说明", "local_notes"),
        Column("取出时版本", SEEN, hint="由系统填写，请勿改动：上报时据此核对取出以后是否有变更"),
    ),
)  # fmt: skip
MATERIALS = Form(
    "材料", "materials",
    (
        *_WHICH,
        Column("材料键", ROW, hint="标准中该材料的键；不填则按名称对应"),
        Column("材料名称", "name"),
        Column("不需要", "dropped", "flag", "yes_no", hint="1：本地不要求此材料（只限非必要材料）"),
        Column("材料类型", "type", "code", "material_types"),
        Column("材料必要性", "necessity", "code", "material_necessity"),
        Column("材料形式", "forms_accepted", "code", "material_forms"),
        Column("来源渠道", "source", "code", "material_sources"),
        Column("原件份数", "original_copies", "whole"),
        Column("复印件份数", "photo_copies", "whole"),
        Column("填报须知", "filling_notes", hint="只写本地补充的内容"),
        Column("示例样表名称", "sample.name"),
        Column("示例样表地址", "sample.path"),
        Column("示例样表文字", "sample.text"),
    ),
)  # fmt: skip
STEPS = Form(
    "环节", "steps",
    (
        *_WHICH,
        Column("环节键", ROW, hint="标准中该环节的键；不填则按名称对应"),
        Column("环节名称", "name"),
        Column("办理时限", "limit.amount", "whole"),
        Column("办理时限单位", "limit.unit", "unit"),
        Column("办理时限说明", "limit.explanation"),
        Column("办理处室", "responsible_unit"),
        Column("办理人", "responsible_person", hint="只供内部，不公开"),
    ),
)  # fmt: skip
FEES = Form(
    "收费", "fees",
    (
        *_WHICH,
        Column("收费键", ROW),
        Column("收费项目名称", "name"),
        Column("收费标准", "standard"),
        Column("金额", "amount", "decimal", hint="元"),
        Column("降低或免收的文号", "document_number"),
        Column("自何日起", "valid_from", "day"),
        Column("至何日止", "valid_until", "day"),
        Column("本地减免", "reductions", "reductions", hint="如 低保对象免收：阿政办发〔2026〕1号"),
    ),
)  # fmt: skip
RESULTS = Form(
    "办理结果", "results",
    (
        *_WHICH,
        Column("结果键", ROW),
        Column("结果名称", "name"),
        Column("送达方式", "delivery", "deliveries", hint="窗口领取、邮寄、电子"),
        Column("结果样本名称", "sample.name"),
        Column("结果样本地址", "sample.path"),
        Column("结果样本文字", "sample.text"),
    ),
)  # fmt: skip
QUESTIONS = Form(
    "常见问题", "questions",
    (*_WHICH, Column("问题", "question", hint="只写本地补充的问题"), Column("答案", "answer")),
)  # fmt: skip
WINDOWS = Form(
    "窗口", "service_locations",
    (
        *_WHICH,
        Column("窗口键", ROW, hint="小写字母、数字，如 hall-1；不填则自动编号"),
        Column("窗口名称", "name"),
        Column("大厅", "hall"),
        Column("地址", "address"),
        Column("电话", "phone"),
        Column("交通", "traffic"),
        Column("所在区划", "region_code"),
        Column("经度", "longitude", "degrees"),
        Column("纬度", "latitude", "degrees"),
        Column("窗口办理时间", "hours", "hours"),
    ),
)  # fmt: skip
OURS: tuple[Form, ...] = (IMPLEMENTATIONS, MATERIALS, STEPS, FEES, RESULTS, QUESTIONS, WINDOWS)
_HINTS = re.compile(r"\([^()]*\)|[*_﹡★\s]")


def seen_text(code: str, edition: int) -> str:
    """Write which edition of what a row shows; with the code, so that a copied row says nothing of another."""
    return f"{code}/{edition}"


def seen_edition(text: str, code: str | None) -> int | None:
    """Return the edition that the writer of a row had before him; None where it is not said of this implementation."""
    about, _, number = text.rpartition("/")
    return int(number) if about == code and re.fullmatch("[1-9][0-9]{0,8}", number) else None


def folded(header: str) -> str:
    """Return what of a header counts: no stars, no hints in brackets, no width or case."""
    return _HINTS.sub("", normalised(header))


def headers_of(form: Form) -> Mapping[str, Column]:
    """Return the columns of a form by every header they are known by."""
    return {folded(header): column for column in form.columns for header in (column.header, *column.also)}


def form_of(name: str, header: Sequence[str], forms: Sequence[Form]) -> Form | None:
    """Return what a sheet is: by its name, else by its headers where at least three are known and none fits better."""
    for form in forms:
        if folded(name).removesuffix(".csv") == folded(form.name):
            return form
    cells = {folded(cell) for cell in header if cell}
    known = {form: len(cells & headers_of(form).keys()) for form in forms}
    best = max(known, key=lambda form: known[form])
    ties = [form for form in forms if known[form] == known[best]]
    finds = headers_of(best)
    places = {finds[cell].path for cell in cells if cell in finds}
    one_part = len({form.part for form in ties}) == 1
    enough = known[best] >= 3 and one_part and bool(places & {ID, CODE, BASIC, NAME})
    return best if enough else None


def element_of(form: Form, column: Column) -> str:
    """Return the element of the matrix that a column says."""
    if not form.part:
        return {NAME: "name", BASIC: "basic_code", CODE: "implementation_code", AGENCY: "agency_code",
                LEVEL: "exercise_level"}.get(column.path, column.path.partition(".")[0])  # fmt: skip
    if form.part in ("service_locations", "questions"):
        return form.part
    path = f"{form.part}.{column.path.partition('.')[0]}"
    return ELEMENT_OF_COLUMN.get(path, path)


def policy_of(form: Form, column: Column, matrix: Matrix) -> str:
    """Return what the matrix lets an agency do with a column: locked, tighten or local; empty where it only finds."""
    if column.path in (ID, ROW, AGENCY_NAME, SEEN, IGNORED, CODE):
        return ""
    row = matrix.get(element_of(form, column))
    return row.policy if row else "locked"
