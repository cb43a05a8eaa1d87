"""Statistics as CSV."""

from collections.abc import Sequence
from typing import Any

from service_catalog.kernel.sheets import BOM, csv_of
from service_catalog.supervision.schemas import FiguresView, StatisticsLine
from service_catalog.supervision.statistics import By

BY_NAMES = {
    By.REGION: "区划 region", By.AGENCY: "办理单位 agency", By.KIND: "类型 kind", By.ITEM: "事项 item",
    By.CHANNEL: "渠道 channel", By.MONTH: "月份 month",
}  # fmt: skip
FIGURES = (
    "收到 received", "已答复 answered", "按时答复 in_time", "超期 overdue", "在办 open", "退回 returned", "重办 reopened",
    "延期 extended", "撤回 withdrawn", "不予受理 refused", "按时回访 called_back_in_time",
    "办理工作日中位数 median_working_days", "非常满意 grade_1",
    "满意 grade_2", "基本满意 grade_3", "不满意 grade_4", "非常不满意 grade_5", "满意率 satisfaction_percent",
)  # fmt: skip


def csv_of_lines(dimensions: Sequence[By], lines: Sequence[StatisticsLine]) -> str:
    """Return the file: for each dimension its key and its name, then the figures."""
    header = [
        column for by in dimensions for column in (f"{BY_NAMES[by]}", f"{BY_NAMES[by].split()[0]}名称 {by.value}_name")
    ]
    return BOM + csv_of([[*header, *FIGURES], *(_cells(line) for line in lines)])


def _cells(line: StatisticsLine) -> list[Any]:
    keys = [cell for key in line.keys for cell in (key.key, key.name_zh)]
    return [*keys, *_figures(line.figures)]


def _figures(view: FiguresView) -> list[Any]:
    plain = view.model_dump()
    grades, satisfaction = plain.pop("grades"), plain.pop("satisfaction")
    return [*plain.values(), *grades, satisfaction]
