"""Findings as CSV, written a thousand at a time."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Engine

from service_catalog.actors import Actor
from service_catalog.findings.listing import Wanted, every_finding
from service_catalog.findings.schemas import FindingView
from service_catalog.kernel.database import reading
from service_catalog.kernel.sheets import BOM, csv_of

AT_ONCE = 1_000
HEADER = (
    "编号 id", "规则 rule", "问题 title", "程度 severity", "状态 state", "对象 subject", "编码 code", "区划 region_code",
    "区划名称 region_name", "实施主体 agency_code", "实施主体名称 agency_name", "基本编码 basic_code", "事项名称 item_name",
    "要素 element", "说明 zh", "English en", "标准值 standard_value", "本地值 local_value", "自何时 since", "天数 age_days",
    "发现时间 opened_at", "关闭时间 closed_at", "接受人 accepted_by", "接受理由 reason", "接受至 accepted_until",
)  # fmt: skip
_COLUMNS = (
    "id", "rule", "title_zh", "severity", "state", "subject", "code", "region_code", "region_name", "agency_code",
    "agency_name", "basic_code", "item_name", "element", "zh", "en",
)  # fmt: skip
_SEVERITY_ZH = {"error": "错误", "warning": "警告", "notice": "提示"}
_STATE_ZH = {"open": "未处理", "accepted": "已接受", "closed": "已关闭"}


def csv_parts(engine: Engine, day: date, wanted: Wanted, *, by: Actor) -> Iterator[str]:
    """Yield the file in parts, all from one picture of the database."""
    yield BOM + csv_of([HEADER])
    with reading(engine) as session:
        for views in every_finding(session, day, wanted, by=by, at_once=AT_ONCE):
            yield csv_of(_cells(view) for view in views)


def _cells(view: FindingView) -> list[Any]:
    shown = [getattr(view, column) for column in _COLUMNS]
    shown[3], shown[4], shown[5] = _SEVERITY_ZH[view.severity], _STATE_ZH[view.state], view.subject.value
    acceptance = view.acceptance
    return [
        *shown, _plain(view.standard_value), _plain(view.local_value), view.since, view.age_days, view.opened_at,
        view.closed_at, *((acceptance.by, acceptance.reason, acceptance.until) if acceptance else (None, None, None)),
    ]  # fmt: skip


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
