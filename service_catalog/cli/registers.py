"""registers calendar: loading the working days of a year."""

from pathlib import Path
from typing import Annotated

import typer

from service_catalog.appeals.calendars import issue_calendar
from service_catalog.cli.bars import Bars
from service_catalog.cli.common import By, actor, connected, now, out, refusals
from service_catalog.registers.calendars import FIRST_YEAR, LAST_YEAR, MOST_BYTES
from service_catalog.settings import Settings
from service_catalog.vault import open_vault

app = typer.Typer(no_args_is_help=True)


@app.callback()
def registers() -> None:
    """登记簿 Registers that a site loads without a release."""


@app.command()
def calendar(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="2027.csv: date,is_working,name")
    ],
    document: Annotated[str, typer.Option(help="依据的通知 The notice it comes from.")],
    by: By,
    year: Annotated[
        int | None,
        typer.Option(
            min=FIRST_YEAR, max=LAST_YEAR, help="年份，默认取自文件名 The year, where the file is not named after it."
        ),
    ] = None,
    local: Annotated[
        bool,
        typer.Option(
            "--local",
            help="地方放假、调休，叠加在国家日历之上 Days that the place itself sets; of local-2027.csv always.",
        ),
    ] = False,
) -> None:
    """加载或更正一年的工作日历，并重算所涉诉求 Load or correct the working days of a year; recompute the open appeals it touches."""
    local = local or file.stem.startswith("local-")
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    with refusals(), connected() as database, Bars() as bars:
        issued = issue_calendar(
            database, open_vault(Settings()), year or _year_of(file), content, document=document, local=local,
            by=actor(by), clock=now, progress=bars,
        )  # fmt: skip
    days = len((issued.calendar.local_differences if local else issued.calendar.differences) or ())
    out.print(f"{issued.calendar.year} 年日历已加载 loaded: {days} 天与平日不同 days unlike Monday to Friday")
    out.print(f"在办诉求 open appeals touched {issued.touched}, 时限有变 moved {issued.moved}")


def _year_of(file: Path) -> int:
    said = file.stem.removeprefix("local-")
    if not (said.isascii() and said.isdigit() and FIRST_YEAR <= int(said) <= LAST_YEAR):
        raise typer.BadParameter(f"{file.name} 不是年份，请用 --year: not named after a year, use --year")
    return int(said)
