"""audit: what is wrong with a list that someone else published, and which of its items are ours."""

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from service_catalog.cli.common import connected, err, now, out, refusals
from service_catalog.exchange.audit import Audit, Yardstick
from service_catalog.exchange.columns import Columns, understand
from service_catalog.exchange.known import read_yardstick
from service_catalog.exchange.matching import THRESHOLD
from service_catalog.exchange.reading import MAX_BYTES, Table, read_table
from service_catalog.exchange.report import ReportFiles
from service_catalog.exchange.tally import Tally
from service_catalog.exchange.terminal import print_report, visible
from service_catalog.kernel.database import reading
from service_catalog.kernel.dates import civil_day
from service_catalog.settings import Settings

_STEP = 200
"""Rows between two movements of the progress bar."""


def audit(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV 清单 A list as CSV.")],
    output: Annotated[
        Path, typer.Option(dir_okay=False, help="机器可读报告 Machine-readable report.")
    ] = Path("audit-report.json"),
    csv: Annotated[
        Path | None, typer.Option(dir_okay=False, help="另存问题清单供 Excel 打开 Findings for Excel.")
    ] = None,
    matches: Annotated[
        Path | None, typer.Option(dir_okay=False, help="另存逐行比对结果供 Excel 打开 Rows against items, for Excel.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=50, max=100, help="名称相近的最低分 Lowest score of a name that counts as alike.")
    ] = THRESHOLD,
) -> None:  # fmt: skip
    """审查他人发布的事项清单，只报告不改动 Report on a list that someone else published; changes nothing."""
    started = time.monotonic()
    places = [path for path in (output, csv, matches) if path is not None]
    _refuse_places(file, places)
    with refusals():
        content = _content(file)
        table = read_table(content)
        columns = understand(table.header)
        day = civil_day(now())
        yardstick = _yardstick(day)
        audit_of = Audit(columns, table.rows, yardstick, threshold=threshold)
        head = _head(audit_of, file.name, content, table, day)
        tally = _run(audit_of, head, ReportFiles(output, csv, matches))
    print_report(out, file.name, table, columns, tally, items=len(yardstick.items), threshold=threshold)
    written = "、".join(map(str, places))
    said = f"已写入 written: {written}  用时 {time.monotonic() - started:.1f} s"
    out.print(Text(visible(said)), soft_wrap=True)


def _run(audit_of: Audit, head: Mapping[str, Any], report: ReportFiles) -> Tally:
    tally = Tally()
    try:
        with report as files, _bar() as bar:
            task = bar.add_task("审查 auditing", total=len(audit_of.rows))
            for done, audited in enumerate(audit_of, start=1):
                tally.add(audited)
                files.add(audited)
                if done % _STEP == 0:
                    bar.update(task, completed=done)
            bar.update(task, completed=len(audit_of.rows))
            files.finish({**head, "summary": _summary(tally, audit_of)})
    except OSError as error:
        err.print(f"报告不能写入 the report cannot be written: {error}", style="red", markup=False)
        raise typer.Exit(1) from error
    return tally


def _head(audit_of: Audit, name: str, content: bytes, table: Table, day: date) -> dict[str, Any]:
    decoded = table.decoded
    return {
        "made_at": now().isoformat(timespec="seconds"),
        "file": {
            "name": name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "encoding": decoded.encoding,
            "encoding_said": {"zh": decoded.said.zh, "en": decoded.said.en},
            "columns": _plain_columns(audit_of.columns),
        },
        "catalogue": {
            "items": len(audit_of.yardstick.items),
            "day": day.isoformat(),
            "threshold": audit_of.matcher.threshold,
        },
    }


def _summary(tally: Tally, audit_of: Audit) -> dict[str, Any]:
    return {
        **tally.as_plain(),
        "repeated_names": audit_of.duplicates.repeated_names(),
        "repeated_codes": audit_of.duplicates.repeated_codes(),
    }


def _plain_columns(columns: Columns) -> dict[str, Any]:
    return {
        "used": {role.value: columns.header_of(role) for role in columns.place},
        "not_used": columns.unused,
        "not_in_the_list": [role.value for role in columns.absent],
    }


def _bar() -> Progress:
    """Return a bar on the error stream that vanishes when it is full, so that a report in a pipe stays clean."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        err.print(f"文件不能读取 the file cannot be read: {error}", style="red", markup=False)
        raise typer.Exit(1) from error


def _refuse_places(file: Path, places: Sequence[Path]) -> None:
    """Refuse before the work what would be refused after it, and what a report must not take the place of."""
    for path in places:
        if not path.resolve().parent.is_dir():
            raise typer.BadParameter(f"没有文件夹 {path.parent} There is no such folder")
        if os.path.exists(path) and not os.path.isfile(path):
            raise typer.BadParameter(f"{path} 不是普通文件 It is no ordinary file")
    if len({path.resolve() for path in (file, *places)}) <= len(places):
        raise typer.BadParameter("输入与输出须是不同的文件 Input and outputs must be different files")


def _yardstick(day: date) -> Yardstick:
    with connected() as database, reading(database) as session:
        return read_yardstick(session, day, village_level_services_only=Settings().village_level_services_only)
