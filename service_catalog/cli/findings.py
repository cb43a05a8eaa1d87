"""findings run, follow: the consistency engine from the command line."""

import time
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from service_catalog.actors import Actor, ActorKind
from service_catalog.cli.bars import Bars
from service_catalog.cli.common import engine, err, now, out, refusals
from service_catalog.findings import following, runs
from service_catalog.findings.rules import Strictness
from service_catalog.findings.scope import scope_of
from service_catalog.findings.tables import FindingRun
from service_catalog.kernel.database import reading
from service_catalog.settings import Settings

app = typer.Typer(no_args_is_help=True)
ENGINE = Actor("体检", ActorKind.SYSTEM)


@app.command()
def run(
    region: Annotated[str | None, typer.Option(help="只查该区划及其下级 This region and all below it.")] = None,
    agency: Annotated[str | None, typer.Option(help="只查该实施主体 This agency.")] = None,
    item: Annotated[str | None, typer.Option(help="只查该事项 This item.")] = None,
) -> None:
    """体检：全部，或一个区划、实施主体、事项 Judge everything, or one region, agency or item."""
    database = engine()
    try:
        with refusals(), Bars() as bars:
            with reading(database) as session:
                scope = scope_of(session, region=region, agency=agency, item=item)
            record = runs.run(database, _strictness(), scope, by=ENGINE, clock=now, progress=bars)
        _say(record)
    finally:
        database.dispose()


@app.command()
def follow(
    every: Annotated[int, typer.Option(min=1, max=86_400, help="间隔秒数 Seconds between two looks.")] = 60,
    once: Annotated[bool, typer.Option("--once", help="只看一次 Look once and end.")] = False,
) -> None:
    """持续体检：只查变更所及 Follow the change log and judge what the changes touch, until stopped."""
    database = engine()
    try:
        while True:
            _look(database, _strictness(), once)
            if once:
                return
            time.sleep(every)
    except KeyboardInterrupt:
        out.print("已停止 stopped")
    finally:
        database.dispose()


def _look(database: Engine, strictness: Strictness, once: bool) -> None:
    """Look once; a database that is away for a while is said and waited for."""
    try:
        record = following.follow(database, strictness, by=ENGINE, clock=now)
    except OperationalError as error:
        if once:
            raise
        err.print(f"数据库暂时不可用 the database is away: {error.orig}", style="red", markup=False)
        return
    if record is not None:
        _say(record)


def _strictness() -> Strictness:
    try:
        return Strictness.of(Settings())
    except ValueError as error:
        raise typer.BadParameter(f"CATALOG_FINDING_SEVERITIES: {error}") from error


def _say(record: FindingRun) -> None:
    out.print(
        f"已查 judged: 实施清单 implementations {record.implementations}, 事项 items {record.items}, "
        f"主体 agencies {record.agencies}, 覆盖 places {record.places}"
    )
    out.print(f"新发现 opened {record.opened}, 已消除 closed {record.closed}")
