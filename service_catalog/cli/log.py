"""verify-log: nobody has edited or dropped a row of the change log."""

from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from service_catalog.changes.chain import Verified, verify
from service_catalog.changes.log import last_number
from service_catalog.cli.common import err, looking, out


def verify_log(
    expect: Annotated[
        str | None, typer.Option(help="另处抄存的摘要 A digest of the head that was written down elsewhere.")
    ] = None,
) -> None:
    """核对变更记录的哈希链 Prove that the change log is what was written; exit code 1 if it is not."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with looking() as session, Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("核对 verifying", total=last_number(session))
        for verdict in verify(session):
            bar.update(task, completed=verdict.rows)
    _say(verdict, expect)


def _say(verdict: Verified, expect: str | None) -> None:
    if verdict.broken is not None:
        err.print(f"变更记录已被改动：{verdict.broken.zh}", style="bold red", markup=False)
        err.print(f"the change log is not what was written: {verdict.broken.en}", style="red", markup=False)
        raise typer.Exit(1)
    if expect is not None and expect != verdict.head:
        err.print("末尾摘要与抄存的不同 the head differs from the digest that was written down", style="bold red")
        raise typer.Exit(1)
    out.print(f"变更记录完整 {verdict.rows} 条 rows, all as written")
    out.print(f"末尾摘要 head: {verdict.head}", markup=False, highlight=False, soft_wrap=True)
