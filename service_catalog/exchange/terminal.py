"""The report on a terminal: what was read, what is wrong, what the catalogue knows, who has most to do."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service_catalog.coding.judging import Severity
from service_catalog.exchange.columns import LABELS, Columns
from service_catalog.exchange.matching import THRESHOLD
from service_catalog.exchange.reading import Table as ListTable
from service_catalog.exchange.rules import RULES, Finding
from service_catalog.exchange.tally import SEVERITIES, DepartmentTally, RuleTally, Tally

MOST_DEPARTMENTS = 15
_WIDE = 110
"""A narrower terminal has no room for what to do; it stands in the files."""
_SHOWN, _BEFORE = 24, 6
"""How much of a value is shown, and how much of what stands before a difference."""
_SEVERITY: dict[Severity, tuple[str, str]] = {
    "error": ("错误", "bold red"),
    "warning": ("警告", "yellow"),
    "notice": ("提示", "cyan"),
}
_MATCHES = {
    "exact": "名称完全相同 the same name",
    "normalised": "仅括号、全半角或空格不同 the same but for brackets, width, blanks",
    "alias": "与俗称相同 an everyday name",
    "qualified": "去掉括号内容后相同 the same without what stands in brackets",
    "alike": "相近，附候选 alike, with candidates",
    "none": "目录中没有 not in the catalogue",
}


def print_report(
    console: Console, file_name: str, table: ListTable, columns: Columns, tally: Tally, *, items: int,
    threshold: float = THRESHOLD,
) -> None:  # fmt: skip
    """Print the whole summary."""
    console.print(_heading(file_name, table, columns, tally))
    console.print(_rules_table(tally.by_weight(), is_wide=console.width >= _WIDE))
    console.print(_matches_table(tally, items, threshold))
    console.print(_departments_table(tally.worst_departments()))


def visible(text: str) -> str:
    """Return a text that cannot steer the terminal: what does not print is shown by its number."""
    return "".join(c if c.isprintable() else f"⟨U+{ord(c):04X}⟩" for c in text)


def _heading(file_name: str, table: ListTable, columns: Columns, tally: Tally) -> Text:
    heading = Text()
    heading.append(f"审查报告 Audit  {visible(file_name)}\n", style="bold")
    decoded = table.decoded
    heading.append(f"编码 encoding: {decoded.encoding}  {decoded.said.zh} {decoded.said.en}\n")
    found = "、".join(f"{visible(columns.header_of(role))}→{LABELS[role]}" for role in columns.place)
    heading.append(f"列 columns: {found}\n")
    if columns.unused:
        heading.append(f"未用的列 not used: {'、'.join(map(visible, columns.unused))}\n", style="dim")
    if columns.absent:
        absent = "、".join(LABELS[role] for role in columns.absent)
        heading.append(
            f"没有这些列，相应规则未检查 no such columns, their rules were not applied: {absent}\n", style="yellow"
        )
    heading.append(f"共 {tally.rows} 行 rows；")
    for severity in SEVERITIES:
        name, style = _SEVERITY[severity]
        heading.append(
            f"{name} {severity} {tally.severities[severity]}（{tally.rows_with[severity]} 行）  ", style=style
        )
    return heading


def _rules_table(rules: Sequence[RuleTally], *, is_wide: bool) -> Table:
    grid = Table(title="发现的问题 Findings", title_justify="left", show_lines=True)
    grid.add_column("程度")
    grid.add_column("问题 finding", ratio=4, overflow="fold")
    grid.add_column("次数", justify="right")
    grid.add_column("例（行：内容）examples", ratio=5, overflow="fold")
    if is_wide:
        grid.add_column("怎么办 what to do", ratio=3, overflow="fold")
    for one in rules:
        cells = _rule_cells(one)
        grid.add_row(*(cells if is_wide else cells[:-1]))
    return grid


def _rule_cells(one: RuleTally) -> tuple[Text, ...]:
    name, style = _SEVERITY[one.severity]
    rule = RULES[one.rule]
    title = Text(f"{rule.title.zh}\n").append(f"{rule.title.en}\n", style="dim")
    title.append(f"列 {visible(one.column)}  {one.rule}", style="italic dim")
    return (
        Text(f"{name}\n{one.severity}", style=style),
        title,
        Text(f"{one.count}\n").append(f"{len(one.values)} 种", style="dim"),
        Text("\n").join(Text(_example(example)) for example in one.examples),
        Text(f"{rule.advice.zh}\n").append(rule.advice.en, style="dim"),
    )


def _example(finding: Finding) -> str:
    """Return row and value with the suggestion; of long texts only the place where the two part."""
    if finding.parts is not None:
        return f"{finding.row}：{' | '.join(map(visible, finding.parts.values()))}"
    value, suggestion = _with_ends(visible(finding.value)), visible(finding.suggestion or "")
    if not suggestion:
        return f"{finding.row}：{_cut(value)}（{visible(finding.zh)}）"
    same = _same_start(value, suggestion)
    start = same - _BEFORE if len(value) > _SHOWN and same > _BEFORE else 0
    return f"{finding.row}：{_cut(value, start)} → {_cut(suggestion, start)}?"


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
    grid = Table(title=f"与本目录 {items} 个事项比较 Compared with {items} items", title_justify="left")
    grid.add_column("结果 result")
    grid.add_column("行 rows", justify="right")
    grid.add_column("%", justify="right")
    for kind, title in _MATCHES.items():
        count = tally.matches[kind]
        shown = f"{title}（≥{threshold:g} 分）" if kind == "alike" else title
        grid.add_row(shown, str(count), f"{100 * count / tally.rows:.1f}")
    return grid


def _departments_table(departments: Sequence[DepartmentTally]) -> Table:
    shown = departments[:MOST_DEPARTMENTS]
    left = len(departments) - len(shown)
    title = "问题最多的部门 Departments with most to correct" + (f"（另有 {left} 个 more）" if left else "")
    grid = Table(title=title, title_justify="left")
    grid.add_column("部门 department")
    for heading in ("行 rows", "须改的行 faulty", "错误 errors", "警告 warnings", "提示 notices", "目录中有 known"):
        grid.add_column(heading, justify="right")
    for one in shown:
        counts = (one.rows, one.faulty_rows, *(one.severities[severity] for severity in SEVERITIES), one.in_catalogue)
        grid.add_row(Text(visible(one.department) or "（未列 none）"), *map(str, counts))
    return grid
