"""supervision watch: raises signals on appeals that are late or about to be, and reminds who has to act."""

import time
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from service_catalog.cli.bars import Bars
from service_catalog.cli.common import connected, err, now, out, refusals
from service_catalog.supervision.rules import RULE_NAMES
from service_catalog.supervision.watching import Watched, watch

app = typer.Typer(no_args_is_help=True)


@app.callback()
def supervision() -> None:
    """电子监察 Supervision of appeals."""


@app.command("watch")
def watch_appeals(
    every: Annotated[int, typer.Option(min=1, max=86_400, help="间隔秒数 Seconds between two looks.")] = 300,
    once: Annotated[bool, typer.Option("--once", help="只看一次 Look once and end.")] = False,
) -> None:
    """电子监察：预警、黄牌、红牌与督办，可多个进程同时运行 Raise signals and post reminders, until stopped."""
    with refusals(), connected() as database:
        try:
            while True:
                _look(database, once)
                if once:
                    return
                time.sleep(every)
        except KeyboardInterrupt:
            out.print("已停止 stopped")


def _look(database: Engine, once: bool) -> None:
    """Look once; a database that is away for a while is said and waited for."""
    try:
        with Bars() as bars:
            watched = watch(database, clock=now, progress=bars)
    except OperationalError as error:
        if once:
            raise
        err.print(f"数据库暂时不可用 the database is away: {error.orig}", style="red", markup=False)
        return
    if watched.appeals or watched.passed_up or once:
        _say(watched)


def _say(watched: Watched) -> None:
    out.print(f"已查 looked at {watched.appeals}, 上报上级 passed up {watched.passed_up}")
    for rule, count in sorted(watched.raised.items()):
        name = RULE_NAMES[rule]
        out.print(f"  {name.zh} {name.en}: {count}", markup=False)
