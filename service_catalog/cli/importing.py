"""import and template: what counties have, from a spreadsheet into drafts and back."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from service_catalog.cli.bars import Bars
from service_catalog.cli.common import By, actor, err, looking, now, out, refusals, writing
from service_catalog.exchange.annotating import annotated as write_annotated
from service_catalog.exchange.import_schemas import OUTCOME_NAMES, ImportView, Verdict
from service_catalog.exchange.importing import HandIn, apply, dry_run
from service_catalog.exchange.template import empty_template, filled_template
from service_catalog.exchange.terminal import visible
from service_catalog.exchange.workbook import MAX_BYTES, Workbook, read_workbook
from service_catalog.settings import Settings

_BAD = (Verdict.LOOSER, Verdict.REFUSED, Verdict.UNKNOWN)
_LINES_SHOWN = 60
_REFUSED = 8


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="工作簿或 CSV A workbook or CSV.")],
    by: By,
    agency: Annotated[
        str | None, typer.Option(help="行中没有写实施主体时是谁的清单 Whose list it is where its rows do not say.")
    ] = None,
    digest: Annotated[
        str | None, typer.Option("--apply", help="按试查摘要接收 Apply what the dry run with this digest reported.")
    ] = None,
    only_good_rows: Annotated[
        bool, typer.Option("--only-good-rows", help="有问题的行不接收，其余接收 Receive the rows without faults only.")
    ] = False,
    submit: Annotated[bool, typer.Option("--submit", help="同时提交审核 Hand the drafts in for review.")] = False,
    annotated: Annotated[
        Path | None, typer.Option(dir_okay=False, help="把问题写回单元格，另存 A copy with the faults in its cells.")
    ] = None,
    report: Annotated[Path | None, typer.Option(dir_okay=False, help="机器可读报告 Report as JSON.")] = None,
) -> None:  # fmt: skip
    """导入旗县现有清单：先试查，再按摘要接收 Import what a county has: a dry run first, then apply its digest."""
    places = [path for path in (annotated, report) if path is not None]
    if len({path.resolve() for path in (file, *places)}) <= len(places):
        raise typer.BadParameter("输入与输出须是不同的文件 Input and outputs must be different files")
    site = Settings()
    with refusals():
        content = _content(file)
        handed = HandIn(content, read_workbook(content, csv_name=file.stem, old_excel=True), agency)
    with Bars() as tell:
        if digest is None:
            with looking() as session:
                made = dry_run(session, handed, by=actor(by), at=now(), progress=tell)
        else:
            with writing() as session:
                made = apply(
                    session, handed, digest=digest, only_good_rows=only_good_rows, submit=submit,
                    severities=site.lint_severities, words=site.lint_words, by=actor(by), at=now(), progress=tell,
                )  # fmt: skip
    _keep(made, handed.book, annotated, report)
    _print(made)
    if made.bad and not (made.applied and only_good_rows):
        raise typer.Exit(_REFUSED)


def template(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="要写的 .xlsx The workbook to write.")],
    agency: Annotated[str | None, typer.Option(help="实施主体编码 Fill it with what this agency has.")] = None,
    region: Annotated[str | None, typer.Option(help="区划代码 Fill it with what this region has.")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="空模板 Without rows.")] = False,
) -> None:
    """写出填报模板，可带现有内容 Write the template, empty or with what an agency or a region has now."""
    if (agency is not None) + (region is not None) + empty != 1:
        raise typer.BadParameter("--agency、--region、--empty 三选一 one of them")
    with Bars() as tell, looking() as session:
        if empty:
            made = empty_template(session, at=now())
        else:
            made = filled_template(
                session, agency_code=agency, region_code=region, by=actor("命令行"), at=now(), progress=tell
            )
    _write(file, made)
    out.print(f"已写入 written: {visible(str(file))}", markup=False)


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def _keep(made: ImportView, book: Workbook, annotated: Path | None, report: Path | None) -> None:
    if annotated is not None:
        _write(annotated, write_annotated(book, made, at=now()))
    if report is not None:
        text = json.dumps(made.model_dump(mode="json"), ensure_ascii=False, indent=2)
        _write(report, text.encode())


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        err.print(f"不能写入 cannot be written: {error}", style="red", markup=False)
        raise typer.Exit(1) from error


def _print(made: ImportView) -> None:
    table = Table("单元格 cell", "要素 element", "结论 verdict", "说明", box=None)
    lines = [(row, line) for row in made.rows for line in row.elements if line.verdict in _BAD]
    for _, line in lines[:_LINES_SHOWN]:
        table.add_row(visible(line.cell), line.element, line.verdict.value, visible(line.zh))
    if lines:
        out.print(table)
    if len(lines) > _LINES_SHOWN:
        out.print(f"…… 另有 {len(lines) - _LINES_SHOWN} 处，见 --report 或 --annotated")
    for unused in made.not_used:
        where = f"{unused.sheet} {unused.column or ''}".strip()
        out.print(visible(f"未导入 not taken: {where}（{unused.filled}）{unused.zh}"), markup=False, style="dim")
    counts = made.counts.model_dump()
    said = "  ".join(f"{OUTCOME_NAMES[name]} {name} {counts[name.value]}" for name in OUTCOME_NAMES)
    out.print(f"共 {counts['rows']} 行：{said}", markup=False)
    if not made.applied:
        out.print(f"这是试查，没有写入。接收请加 --apply {made.digest}", markup=False)


def add_to(app: typer.Typer) -> None:
    """Add both commands to the command line."""
    app.command("import")(import_file)
    app.command()(template)
