"""items diff, items impact: what two editions differ in, and what the one in work will do."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from service_catalog.actors import Actor
from service_catalog.cli.common import looking, now, out
from service_catalog.history import editions, impact
from service_catalog.history.impact import Impact
from service_catalog.history.schemas import DifferenceView, ImpactLine
from service_catalog.kernel.dates import civil_day

OPERATOR = Actor("命令行")
PAGE = 200
LONGEST = 60
KINDS = {"added": "新增", "removed": "删除", "changed": "修改", "moved": "顺序"}

Code = Annotated[str, typer.Argument(help="基本编码 Basic code, 12 characters.")]


def add_to(items: typer.Typer) -> None:
    """Add the commands to those of basic items."""
    items.command()(diff)
    items.command("impact")(show_impact)


def diff(
    basic_code: Code,
    later: Annotated[int, typer.Option("--to", min=1, help="后一版 The later edition.")],
    earlier: Annotated[
        int | None, typer.Option("--from", min=1, help="前一版，缺省为其前已发布的一版 The earlier one.")
    ] = None,
) -> None:
    """比较两个版本，逐要素列出 Show what two editions of a standard differ in, element by element."""
    with looking() as session:
        view = editions.item_differences(session, basic_code, later, earlier, OPERATOR)
    table = Table("要素 element", "行 row", "", "前 before", "后 after", title=_title(basic_code, view.against, later))
    for difference in view.differences:
        table.add_row(*_cells(difference))
    out.print(table)
    out.print(f"共 {len(view.differences)} 处不同 differences")


def _title(code: str, earlier: int | None, later: int) -> str:
    return f"{code} {'无' if earlier is None else f'第 {earlier} 版'} → 第 {later} 版"


def _cells(difference: DifferenceView) -> list[Text]:
    kind = f"{KINDS[difference.kind.value]} {difference.kind.value}"
    texts = (f"{difference.zh} {difference.element}", difference.row or "", kind)
    return [Text(text) for text in (*texts, _short(difference.before), _short(difference.after))]


def _short(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def show_impact(basic_code: Code) -> None:
    """测算在编版本对实施清单的影响 Tell what the edition in work will do to each implementation."""
    unharmed = 0
    with looking() as session:
        found = impact.impact_of(session, basic_code, civil_day(now()), by=OPERATOR)
        by_region = impact.counted(session, found, None)
        total = sum(count.implementations for count in by_region)
        out.print(
            f"{basic_code} 第 {found.draft.edition} 版，自 {found.day} 起测算 涉及 {total} 个实施事项 implementations"
        )
        for count in by_region:
            out.print(f"  {count.region.name} {count.implementations}")
        for line in _all(session, found):
            unharmed += not line.consequences
            _say(line)
    out.print(f"其中 {unharmed} 个不受影响 remain right as they are")


def _all(session: Session, found: Impact) -> Iterator[ImpactLine]:
    """Walk through all implementations, a page at a time."""
    after: str | None = None
    while rows := impact.touched(session, found, after=after, most=PAGE, region=None):
        yield from map(found.on, rows)
        after = rows[-1].implementation_code


def _say(line: ImpactLine) -> None:
    if not line.consequences:
        return
    out.print(f"{line.implementation_code} {line.agency_name}", markup=False, highlight=False, soft_wrap=True)
    for found in line.consequences:
        already = "（现行版本下已如此 already）" if found.already else ""
        text = f"  {found.pointer} {found.zh}；{found.outcome_zh}{already}"
        out.print(text, markup=False, highlight=False, soft_wrap=True)
