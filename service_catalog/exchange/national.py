"""The national exchange tables as data: which of their fields says which element of ours, and which we do not take.

`up_task_general_*` for powers, `up_task_public_*` for public services; field names of the handbook (elements, sections 1 to 6),
where two vendors differ both spellings. What stands in a table and not here is reported as unknown, never dropped in silence.
"""

from typing import NamedTuple

from service_catalog.exchange.sheets import (
    AGENCY,
    AGENCY_NAME,
    BASIC,
    CODE,
    ID,
    IGNORED,
    LEVEL,
    NAME,
    ROW,
    Column,
    Form,
)

EXTENDS = "+"
"""Part of a form whose rows say more about an implementation that stands in another table."""


class _Field(NamedTuple):
    field: str
    path: str
    kind: str = "text"
    codes: str = ""
    also: tuple[str, ...] = ()


_BASIC = (
    _Field("row_guid", ID),
    _Field("task_code", CODE),
    _Field("catalog_code", BASIC),
    _Field("task_name", NAME),
    _Field("dept_code", AGENCY),
    _Field("dept_name", AGENCY_NAME),
    _Field("use_level", LEVEL, "code", "exercise_levels"),
    _Field("task_type", "item_type", "code", "item_types"),
    _Field("by_law", "legal_basis", "laws"),
    _Field("local_task_code", "local_codes", "own_code"),
    _Field("power_source", "power_source", "code", "power_sources"),
    _Field("dept_type", "agency_nature", "code", "agency_natures"),
    _Field("entrust_name", "entrusting_agency"),
    _Field("other_dept", "joint_agencies", "texts"),
    _Field("server_type", "service_objects", "codes", "service_objects"),
    _Field("accept_condition", "acceptance_conditions", "texts"),
    _Field("anticipate_day", "statutory_limit.amount", "whole"),
    _Field("anticipate_type", "statutory_limit.unit", "unit"),
    _Field("promise_day", "promised_limit.amount", "whole"),
    _Field("promise_type", "promised_limit.unit", "unit"),
    _Field("promise_explain", "promised_limit.explanation"),
    _Field("project_type", "case_kind", "code", "case_kinds"),
    _Field("limit_scene_num", "on_site_visits", "whole"),
    _Field("limit_scene_explain", "on_site_reason"),
    _Field("handle_type", "channels", "codes", "channels"),
    _Field("online_handle_depth", "online_depth", "codes", "online_depths"),
    _Field("handle_area", "cross_area_scope", "code", "cross_area_scopes"),
    _Field("is_fee", "is_charged", "flag", "yes_no"),
    _Field("transact_addr", "service_locations", "place"),
    _Field("transact_time", "service_hours", "hours"),
    _Field("link_way", "consultation_channels", "contacts"),
    _Field("supervise_way", "complaint_channels", "contacts"),
    _Field("link_addr", "online_urls.computer"),
    _Field("mobile_terminal_url", "online_urls.mobile"),
    _Field("is_single_login", "online_urls.single_sign_on", "flag", "yes_no"),
    _Field("user_topic_type", "natural_person_themes", "codes", "natural_person_themes"),
    _Field("corp_topic_type", "legal_person_themes", "codes", "legal_person_themes"),
)  # fmt: skip
_EXTENSION = (
    _Field("task_guid", ID),
    _Field("is_entry_center", "service_flags.in_service_hall", "flag", "yes_no"),
    _Field("is_online", "service_flags.online", "flag", "yes_no"),
    _Field("is_pay_online", "service_flags.online_payment", "flag", "yes_no"),
    _Field("is_express", "service_flags.postal", "flag", "yes_no"),
    _Field("is_schedule", "service_flags.appointment", "flag", "yes_no"),
    _Field("is_service_terminals", "service_flags.kiosk", "flag", "yes_no"),
    _Field("schedule_rule", "appointment_rule"),
    _Field("user_character_topic_type", "local_themes", "texts"),
)
_MATERIAL = (
    _Field("task_guid", ID),
    _Field("catalog_file_id", ROW),
    _Field("material_name", "name"),
    _Field("material_type", "type", "code", "material_types"),
    _Field("material_format", "forms_accepted", "code", "material_forms"),
    _Field("is_need", "necessity", "code", "material_necessity"),
    _Field("source_type", "source", "code", "material_sources"),
    _Field("page_num", "original_copies", "whole", also=("originalnum",)),
    _Field("copiesnum", "photo_copies", "whole"),
    _Field("fill_explain", "filling_notes"),
)
_FEE = (
    _Field("task_guid", ID),
    _Field("fee_name", "name"),
    _Field("fee_stand", "standard"),
)
_QUESTION = (_Field("task_guid", ID), _Field("question", "question"), _Field("answer", "answer"))
_STEP = (
    _Field("task_guid", ID),
    _Field("link_name", "name"),
    _Field("handle_day", "limit.amount", "whole"),
    _Field("handle_type", "limit.unit", "unit"),
    _Field("handle_dept_name", "responsible_unit"),
    _Field("handle_person_name", "responsible_person"),
)

NOT_TAKEN: dict[str, str] = {
    "cd_operation": "同步字段", "cd_time": "同步字段", "cd_batch": "同步字段", "data_source": "同步字段",
    "task_version": "版本由本目录编号", "task_state": "状态由登记的行为决定", "task_handle_item": "由实施编码和业务办理项序号组成",
    "plan_effective_date": "发布时确定", "plan_cancel_date": "发布时确定", "handle_flow": "文字流程不能与标准逐环节比对",
    "anticipate_explain": "由统一标准规定，不逐字比对", "limit_explain": "由统一标准规定，不逐字比对",
    "special_procedure": "由统一标准规定，不逐字比对", "result_type": "由统一标准规定，不逐字比对",
    "result_name": "由统一标准规定，不逐字比对", "result_guid": "附件", "fee_basis": "由统一标准规定，不逐字比对",
    "service_type": "由统一标准规定，不逐字比对", "online_handle_url": "只用于跳转", "app_is_single_login": "只用于跳转",
    "local_catalog_code": "地方基本编码由统一标准登记", "extend_field": "没有约定内容的扩展字段",
    "source_explain": "由统一标准规定，不逐字比对", "page_format": "由统一标准规定，不逐字比对", "form_guid": "附件",
    "example_guid": "附件", "accept_stand": "由统一标准规定，不逐字比对", "order_num": "次序由统一标准规定",
    "remark": "由统一标准规定，不逐字比对", "handle_case": "由统一标准规定，不逐字比对", "is_desc": "没有依据不能作为减免",
    "desc_explain": "没有依据不能作为减免", "corp_character_topic_type": "与 user_character_topic_type 合并填写",
    "schedule_num": "并入预约规则", "is_special": "由统一标准规定，不逐字比对", "special_explain": "由统一标准规定，不逐字比对",
}  # fmt: skip
"""Fields that are known and not taken over, and why; they are listed in the report with their reason."""


def _form(table: str, part: str, fields: tuple[_Field, ...], *more_ignored: str) -> Form:
    taken = tuple(Column(f.field, f.path, f.kind, f.codes, f.also) for f in fields)
    known = {f.field for f in fields}
    ignored = tuple(Column(name, IGNORED) for name in (*more_ignored, *NOT_TAKEN) if name not in known)
    return Form(table, part, taken + ignored)


def _family(kind: str) -> tuple[Form, ...]:
    return (
        _form(f"up_task_{kind}_basic", "", _BASIC, "task_guid"),
        _form(f"up_task_{kind}_extend", EXTENDS, _EXTENSION, "row_guid"),
        _form(f"up_task_{kind}_material", "materials", _MATERIAL, "row_guid", "by_law"),
        _form(f"up_task_{kind}_fee_project", "fees", _FEE, "row_guid", "by_law"),
        _form(f"up_task_{kind}_questions", "questions", _QUESTION, "row_guid"),
        _form(f"up_task_{kind}_process_link", "steps", _STEP, "row_guid"),
    )


NATIONAL: tuple[Form, ...] = (*_family("general"), *_family("public"))
