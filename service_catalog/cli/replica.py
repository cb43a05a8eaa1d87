"""replica appeals, again: what was taken here and waits for the centre; numbers only, nothing that a person wrote."""

from typing import Annotated

import typer

from service_catalog.cli.common import looking, out, writing
from service_catalog.replica.waiting import list_waiting, try_again

app = typer.Typer(no_args_is_help=True)


@app.command()
def appeals() -> None:
    """列出尚未送达中心的诉求及原因 List the appeals that have not reached the centre, and why."""
    with looking() as session:
        for row in list_waiting(session):
            state = "中心未接收 refused" if row.refused_at else "待送达 waiting"
            line = f"{row.number}  {row.handed_in_at:%Y-%m-%d %H:%M}Z  {state}  {row.attempts}×  {row.last_fault or ''}"
            out.print(line.rstrip(), soft_wrap=True, markup=False, highlight=False)


@app.command()
def again(number: Annotated[str, typer.Argument(help="编号 Number.")]) -> None:
    """重新移交中心未接收的诉求 Let an appeal that the centre refused be handed over again."""
    with writing() as session:
        try_again(session, number)
    out.print(f"{number} 将重新移交 will be handed over again")
