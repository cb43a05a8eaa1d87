"""The report on a terminal: what was read, what is wrong, what the catalogue knows, who has most to do."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service_catalog.coding.judging import Severity
from service_catalog.exchange.audit import RowAudit
from service_catalog.exchange.columns import LABELS, Columns
from service_catalog.exchange.matching import MATCH_TITLES, THRESHOLD
from service_catalog.exchange.reading import Table as ListTable
from service_catalog.exchange.rules import RULES, Finding
from service_catalog.exchange.tally import SEVERITIES, DepartmentTally, RuleTally, Tally
from service_catalog.kernel.errors import Said

MOST_DEPARTMENTS = 15
_WIDE = 110
"""On a narrower terminal what to do has no column of its own, and less is said about departments."""
_SHOWN, _BEFORE = 24, 6
"""How much of a value is shown, and how much of what stands before a difference."""
_SEVERITY: dict[Severity, tuple[str, str, Said]] = {
    "error": ("错误", "bold red", Said("不能照用", "cannot be used as it is")),
    "warning": ("警告", "yellow", Said("须核对或清理", "to be checked or cleaned")),
    "notice": ("提示", "cyan", Said("供参考", "good to know")),
}
_SPACE_IN_CHINESE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) | (?=[\u3000-\u9fff\uff00-\uffef])")
"""A terminal breaks lines at blanks, so that “17 位” would fall apart."""


def print_report(
    console: Console, file_name: str, table: ListTable, columns: Columns, tally: Tally, *, items: int,
    threshold: float = THRESHOLD,
) -> None:  # fmt: skip
    """Print the whole summary."""
    is_wide = console.width >= _WIDE
    console.print(_heading(file_name, table, columns, tally))
    console.print(_rules_table(tally.by_weight(), is_wide=is_wide))
    console.print(_matches_table(tally, items, threshold))
    console.print(_departments_table(tally.worst_departments(), is_wide=is_wide))


def visible(text: str) -> str:
    """Return a text that cannot steer the terminal: what does not print is shown by its number."""
    return "".join(c if c.isprintable() else f"⟨U+{ord(c):04X}⟩" for c in text)


def _heading(file_name: str, table: ListTable, columns: Columns, tally: Tally) -> Text:
    heading = Text()
    heading.append(f"审查报告 Audit  {visible(file_name)}\n", style="bold")
    decoded = table.decoded
    heading.append(f"文字编码 encoding: {decoded.encoding}  {decoded.said.zh} {decoded.said.en}\n")
    found = "  ".join(f"{visible(columns.header_of(role))}→{LABELS[role]}" for role in columns.place)
    heading.append(f"列 columns: {found}\n")
    if columns.unused:
        heading.append(f"未用的列 not used: {'、'.join(map(visible, columns.unused))}\n", style="dim")
    if columns.absent:
        absent = "、".join(LABELS[role] for role in columns.absent)
        heading.append(
            f"没有这些列，相应规则未检查 no such columns, their rules were not applied: {absent}\n", style="yellow"
        )
    heading.append(f"共 {tally.rows} 行 rows；只报告，未作任何改动 nothing was changed\n")
    for severity in SEVERITIES:
        name, style, meaning = _SEVERITY[severity]
        heading.append(f"  {name} {severity:<8}", style=style)
        heading.append(f"{tally.severities[severity]:>7} 处，在 {tally.rows_with[severity]} 行 rows")
        heading.append(f"  {meaning.zh} {meaning.en}\n", style="dim")
    return heading


def _rules_table(rules: Sequence[RuleTally], *, is_wide: bool) -> Table:
    grid = Table(
        title="发现的问题 Findings",
        title_justify="left",
        show_lines=True,
        caption="行：内容 → 建议？  建议仅供参考 only a suggestion；␣ 空格 blank；种 = 不同内容 different values",
        caption_justify="left",
    )
    grid.add_column("程度")
    grid.add_column("问题 finding", ratio=4, overflow="fold")
    grid.add_column("次数", justify="right")
    grid.add_column("例（行：内容）examples", ratio=5, overflow="fold")
    if is_wide:
        grid.add_column("怎么办 what to do", ratio=3, overflow="fold")
    for one in rules:
        grid.add_row(*_rule_cells(one, is_wide=is_wide))
    return grid


def _rule_cells(one: RuleTally, *, is_wide: bool) -> Iterator[Text]:
    name, style, _ = _SEVERITY[one.severity]
    rule = RULES[one.rule]
    title = Text(f"{rule.title.zh}\n").append(f"{rule.title.en}\n", style="dim")
    title.append(f"列 {visible(one.column)}  {one.rule}", style="italic dim")
    if not is_wide:
        title.append(f"\n办法：{rule.advice.zh}")
    yield Text(f"{name}\n{one.severity}", style=style)
    yield title
    yield Text(f"{one.count}\n").append(f"{len(one.values)} 种", style="dim")
    yield Text("\n".join(_examples(one.examples)))
    if is_wide:
        yield Text(f"{rule.advice.zh}\n").append(rule.advice.en, style="dim")


def _examples(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield rows and value; what is the same in several rows, or has just been explained, is said once."""
    explained = ""
    for shown, group in groupby(findings, key=_example):
        rows = "、".join(str(finding.row) for finding in group)
        value, explanation = shown
        yield f"{rows}：{value}" + (f"（{explanation}）" if explanation and explanation != explained else "")
        explained = explanation


def _example(finding: Finding) -> tuple[str, str]:
    """Return the value with its suggestion, else what is said of it; of long texts the place where the two part."""
    if finding.parts is not None:
        return " | ".join(map(visible, finding.parts.values())), ""
    value, suggestion = _with_ends(visible(finding.value)), visible(finding.suggestion or "")
    if not suggestion:
        return _cut(value), _SPACE_IN_CHINESE.sub("", visible(finding.zh))
    same = _same_start(value, suggestion)
    start = same - _BEFORE if len(value) > _SHOWN and same > _BEFORE else 0
    return f"{_cut(value, start)} → {_cut(suggestion, start)}?", ""


def _with_ends(text: str) -> str:
    """Return the text with the blanks at its ends to be seen."""
    leading, trailing = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    return "␣" * leading + text[leading : len(text) - trailing] + "␣" * trailing if text.strip(" ") else "␣" * leading


def _same_start(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


def _cut(text: str, start: int = 0) -> str:
    shown = text[start : start + _SHOWN]
    return ("…" if start else "") + shown + ("…" if start + _SHOWN < len(text) else "")


def _matches_table(tally: Tally, items: int, threshold: float) -> Table:
    grid = Table(
        title=f"与本目录 {items} 个事项比较 Compared with {items} items", title_justify="left", show_lines=True,
        caption="逐行结果在报告的 matches 中，或用 --matches 另存 every row: `matches` in the report, or --matches",
        caption_justify="left",
    )  # fmt: skip
    grid.add_column("结果 result", ratio=3, overflow="fold")
    grid.add_column("行\nrows", justify="right")
    grid.add_column("%", justify="right")
    grid.add_column("例（行：名称 ≈ 目录事项）examples", ratio=5, overflow="fold")
    for kind, title in MATCH_TITLES.items():
        count = tally.matches[kind]
        least = f"（{threshold:g}分以上）" if kind == "alike" else ""
        cell = Text(f"{title.zh}{least}\n").append(title.en, style="dim")
        examples = "\n".join(map(_match_example, tally.match_examples[kind]))
        grid.add_row(cell, str(count), f"{100 * count / tally.rows:.1f}", Text(examples))
    return grid


def _match_example(audited: RowAudit) -> str:
    kind, candidates = audited.match
    shown = f"{audited.row}：{_cut(visible(audited.name))}"
    if kind in ("exact", "none"):
        return shown
    score = f"（{candidates[0].score:.0f}分）" if kind == "alike" else ""
    return f"{shown} ≈ {_cut(visible(candidates[0].item.name))}{score}"


def _departments_table(departments: Sequence[DepartmentTally], *, is_wide: bool) -> Table:
    shown = departments[:MOST_DEPARTMENTS]
    left = len(departments) - len(shown)
    title = "问题最多的部门 Departments with most to correct" + (f"（另有 {left} 个 more）" if left else "")
    grid = Table(title=title, title_justify="left")
    grid.add_column("部门\ndepartment", overflow="fold")
    headings = ["行\nrows", "须改的行\nto correct", "错误\nerrors", "警告\nwarnings", "提示\nnotices"]
    for heading in [*headings, "目录同名\nin catalogue", "目录相近\nclose to it"] if is_wide else headings:
        grid.add_column(heading, justify="right", no_wrap=True)
    for one in shown:
        counts = [one.rows, one.faulty_rows, *(one.severities[severity] for severity in SEVERITIES)]
        counts += [one.in_catalogue, one.close_to_catalogue] if is_wide else []
        grid.add_row(Text(visible(one.department) or "（未列 none）"), *map(str, counts))
    return grid
