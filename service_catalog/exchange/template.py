"""The county's own template: a sheet for each kind of row, drop-down lists, notes that say what the standard leaves open.

Filled, it says what an agency or a region has now: the standard where it has nothing of its own. Handed in again as it is, it
changes nothing. Every cell is written as a text: nothing in it computes.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.places import demand_at
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import find_item
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import not_replaced
from service_catalog.exchange import sheets
from service_catalog.exchange.cells import KINDS, UNIT_CHOICES, codes_of, listed
from service_catalog.exchange.sheets import OURS, Column, Form, element_of, policy_of
from service_catalog.exchange.workbook import address, new_workbook
from service_catalog.implementations.claiming import SHELF, weighed
from service_catalog.implementations.inheritance import Standard
from service_catalog.implementations.standards import StandardNotInForce, standard_to_implement
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.dates import civil_day
from service_catalog.lifecycle.standing import not_cancelled
from service_catalog.lifecycle.states import WorkState
from service_catalog.regions.mapping import find_region, within
from service_catalog.registers.registers import Registers, registers_of

Progress = Callable[[str, int, int], None]
ROWS_WITH_LISTS = 2_000
_COLOURS = {"locked": "#D9D9D9", "tighten": "#FFF2CC", "local": "#E2EFDA", "": "#DDEBF7"}
_POLICY_NAMES = {
    "locked": "统一标准规定，不得修改；可以不填。\nFixed by the standard.",
    "tighten": "只可收紧：可以比标准更严、更快、更方便，不得放宽；与标准相同则不保存。\nMay only be tightened.",
    "local": "地方内容，由本单位填写。\nThe agency's own.",
    "": "用于查找。\nFor finding the row.",
}
_INTRODUCTION = (
    "政务服务事项实施清单填报模板",
    "一、灰色列由统一标准规定，不得修改；黄色列只可收紧；绿色列由本单位填写；蓝色列用于查找。列标题上有批注。",
    "二、多个值用 ^ 分开，如 1^2；值中本来有 ^ 的，写成 \\^。日期写 20260131，是否写 1 或 0。",
    "三、空单元格表示“没有本地内容，与标准或本单位基本信息相同”；删去一列表示不动该列。",
    "四、材料、环节等表用“序号”或“实施编码”指明属于哪一项；没有列出的材料、环节保持现状，不需要的材料须在“不需要”列写 1。",
    "五、上报前先试查：service-catalog import 文件；按试查摘要再接收。导入只形成草稿，经审核、发布后才生效。",
)


class Shown(NamedTuple):
    """One implementation as the template shows it."""

    implementation: Implementation
    agency_name: str
    standard: Standard
    local: Mapping[str, Any]
    published: int | None
    """Number of the edition that holds, or last one that is to; by it a push tells what has changed since."""


def empty_template(session: Session, *, at: datetime) -> bytes:
    """Return the template without a row."""
    return _written(registers_of(session), [], at)


def filled_template(
    session: Session,
    *,
    agency_code: str | None = None,
    region_code: str | None = None,
    by: Actor,
    at: datetime,
    progress: Progress = lambda what, done, total: None,
) -> bytes:
    """Return the template with what an agency, or all agencies of a region, have now; raises NotAllowed, NoSuchAgency, NoSuchRegion."""
    day, code, basic_code = civil_day(at), col(Implementation.implementation_code), col(Implementation.basic_code)
    query = (
        select(Implementation, col(Agency.name))
        .join(Agency, col(Agency.code) == col(Implementation.agency_code))
        .where(
            not_cancelled(Subject.IMPLEMENTATION, code, day),
            not_cancelled(Subject.BASIC_ITEM, basic_code, day),
            not_replaced(day, code, basic_code),
        )
        .order_by(code)
    )
    if agency_code is not None:
        agency = find_agency(session, agency_code)
        demand_at(session, by, Right.HAND_IN, region_code=agency.region_code, agency_code=agency.code)
        query = query.where(col(Implementation.agency_code) == agency_code)
    if region_code is not None:
        region = find_region(session, region_code).code
        demand_at(session, by, Right.HAND_IN, region_code=region, agency_code=None)
        query = query.where(within(col(Implementation.region_code), region))
    rows = session.execute(query).all()
    shown = []
    for done, (implementation, name) in enumerate(rows, start=1):
        one = _shown(session, implementation, name, day)
        if one is not None:
            shown.append(one)
        progress("读取 reading", done, len(rows))
    return _written(registers_of(session), shown, at)


def _shown(session: Session, implementation: Implementation, name: str, day: date) -> Shown | None:
    """Return what is to be shown of an implementation: its newest edition over the standard; None where either is missing."""
    try:
        standard = standard_to_implement(session, find_item(session, implementation.basic_code), day)
    except StandardNotInForce:
        return None
    editions = SHELF.all_of(session, implementation.implementation_code)
    kept = [edition for edition in editions if edition.state is not WorkState.WITHDRAWN]
    if not kept:
        return None  # only claimed: handed in again, it would become a draft that nobody wrote
    _, local, _ = weighed(session, implementation, kept[-1].content, day=day)
    published = next((edition.number for edition in reversed(kept) if edition.effective_from is not None), None)
    return Shown(implementation, name, standard, local.differences(), published)


def _written(registers: Registers, shown: Sequence[Shown], at: datetime) -> bytes:
    made = io.BytesIO()
    book = new_workbook(made, at)
    writer = _Writer(book, registers)
    for form in OURS:
        writer.sheet(form, [row for number, one in enumerate(shown, start=1) for row in _rows(form, number, one)])
    writer.lists()
    writer.introduction()
    book.close()
    return made.getvalue()


def _rows(form: Form, number: int, one: Shown) -> Iterator[dict[str, Any]]:
    which = {sheets.ID: str(number), sheets.CODE: one.implementation.implementation_code}
    if form.part == "":
        yield which | _main(form, one)
    elif form.part in ("questions", "service_locations"):
        for row in one.local.get(form.part, ()):
            yield which | {sheets.ROW: row.get("key")} | _flat(form, row, {})
    else:
        mine = {row["key"]: row for row in one.local.get(form.part, ())}
        for row in one.standard.plain[form.part]:
            yield which | {sheets.ROW: row["key"]} | _flat(form, mine.get(row["key"], {}), row)


def _main(form: Form, one: Shown) -> dict[str, Any]:
    found = {
        sheets.BASIC: one.standard.basic_code,
        sheets.NAME: one.standard.content.name,
        sheets.AGENCY: one.implementation.agency_code,
        sheets.AGENCY_NAME: one.agency_name,
        sheets.LEVEL: one.implementation.exercise_level,
    }
    if one.published is not None:
        found[sheets.SEEN] = sheets.seen_text(one.implementation.implementation_code, one.published)
    local = {"availability": {"status": "offered"}} | dict(one.local)
    return found | _flat(form, local, one.standard.plain)


_OWN_ONLY = frozenset({
    "filling_notes", "sample", "reductions", "aliases", "on_site_reason", "handling_items", "intermediary_services",
    "valid_from", "valid_until", "translations",
})  # fmt: skip
"""Columns that show only what the agency has of its own: it stands beside what the standard says, or takes from it."""


def _flat(form: Form, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row by path: the agency's own, else that of the standard."""
    values: dict[str, Any] = {}
    for column in form.columns:
        root, _, inner = column.path.partition(".")
        if root.startswith("@"):
            continue
        own = mine.get(root)
        inherited = None if root in _OWN_ONLY else theirs.get(root)
        if root == "service_flags":
            own = {**(inherited or {}), **(own or {})}
        value = own if own is not None else inherited
        if inner and isinstance(value, Mapping):
            value = value.get(inner)
        elif inner:
            value = None
        values[column.path] = value
    return values


class _Writer:
    """Writes the sheets of one workbook."""

    def __init__(self, book: Any, registers: Registers) -> None:
        self.book, self.registers = book, registers
        self.plain = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self.heads = {
            policy: book.add_format({"bold": True, "bg_color": colour, "border": 1, "text_wrap": True, "valign": "top"})
            for policy, colour in _COLOURS.items()
        }
        self.choices: dict[str, list[str]] = {}

    def sheet(self, form: Form, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write one sheet: its header with notes, its rows, its drop-down lists."""
        sheet = self.book.add_worksheet(form.name)
        sheet.freeze_panes(1, 4 if form.part == "" else 2)
        for place, column in enumerate(form.columns):
            policy = policy_of(form, column, self.registers.matrix)
            sheet.write_string(0, place, column.header, self.heads[policy])
            sheet.write_comment(0, place, self._note(form, column, policy), {"x_scale": 2, "y_scale": 1.4})
            sheet.set_column(place, place, _width(column), self.plain, {"hidden": column.path == sheets.SEEN})
            self._choose(sheet, place, column)
        for number, row in enumerate(rows, start=1):
            for place, column in enumerate(form.columns):
                text = self._text(column, row.get(column.path))
                if text:
                    sheet.write_string(number, place, text, self.plain)

    def _note(self, form: Form, column: Column, policy: str) -> str:
        entry = self.registers.matrix.get(element_of(form, column))
        reason = f"\n理由：{entry.reason}" if entry and policy == "locked" else ""
        hint = f"{column.hint}\n" if column.hint else ""
        codes = codes_of(self.registers, column.codes)
        many = f"\n{'、'.join(listed(code, codes) for code in codes)}" if column.kind == "codes" and codes else ""
        return f"{column.header}：{hint}{_POLICY_NAMES[policy]}{reason}{many}"

    def _text(self, column: Column, value: Any) -> str:
        if value is None or value in ([], {}, ()):
            return ""
        if column.path.startswith("@") and not column.codes:
            return str(value)
        return KINDS[column.kind].write(value, codes_of(self.registers, column.codes))

    def _choose(self, sheet: Any, place: int, column: Column) -> None:
        if column.kind == "unit":
            name, choices = "时限单位", list(UNIT_CHOICES)
        elif column.kind == "flag":
            name, choices = "是否", ["1", "0"]
        elif column.kind == "code":
            codes = codes_of(self.registers, column.codes)
            name, choices = column.codes, [listed(code, codes) for code in codes if code != "unknown"]
        else:
            return
        if not choices:
            return
        self.choices.setdefault(name, choices)
        letter = address(list(self.choices).index(name), 1).rstrip("0123456789")
        sheet.data_validation(
            1, place, ROWS_WITH_LISTS, place,
            {
                "validate": "list", "source": f"='{sheets.LISTS}'!${letter}$2:${letter}${len(choices) + 1}",
                "error_type": "warning", "error_title": "不在代码表内", "error_message": "请从下拉列表中选择。",
            },
        )  # fmt: skip

    def lists(self) -> None:
        """Write the code lists into a sheet that is not shown."""
        sheet = self.book.add_worksheet(sheets.LISTS)
        for place, (name, choices) in enumerate(self.choices.items()):
            for row, text in enumerate([name, *choices]):
                sheet.write_string(row, place, text)
        sheet.hide()

    def introduction(self) -> None:
        """Write how the template is filled in."""
        sheet = self.book.add_worksheet("填写说明")
        wrapped = self.book.add_format({"text_wrap": True, "valign": "top"})
        sheet.set_column(0, 0, 110, wrapped)
        for row, text in enumerate(_INTRODUCTION):
            sheet.write_string(row, 0, text, wrapped)


def _width(column: Column) -> int:
    wide = {"texts": 28, "laws": 28, "hours": 28, "contacts": 28, "text": 18}
    return 34 if column.path == sheets.CODE else wide.get(column.kind, 12)
