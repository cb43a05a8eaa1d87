"""appeals rules, recompute, follow: what keeps appeals right over time."""

import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import yaml
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from service_catalog.appeals import rulebook
from service_catalog.appeals.recomputing import recompute as recompute_open
from service_catalog.appeals.upkeep import KeptUp, keep_up
from service_catalog.attachments.storage import Storage, open_storage
from service_catalog.cli.bars import Bars
from service_catalog.cli.common import By, actor, connected, err, looking, now, out, read_document, refusals, writing
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Unavailable
from service_catalog.registers.calendars import FIRST_YEAR, LAST_YEAR
from service_catalog.settings import Settings
from service_catalog.vault import Vault, open_vault

app = typer.Typer(no_args_is_help=True)
rules = typer.Typer(no_args_is_help=True)
app.add_typer(rules, name="rules", help="规则 Rules: load, show.")

RuleName = Annotated[str, typer.Argument(help="规则名 One of: " + ", ".join(rulebook.REGISTERS))]


@rules.command()
def load(
    name: RuleName,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="YAML 或 JSON")],
    by: By,
) -> None:
    """整体替换一类规则 Replace one register of the rules as a whole."""
    document = read_document(file)
    with writing() as session:
        rulebook.load_register(session, name, document, by=actor(by), at=now())
    out.print(f"{name} 已加载 loaded")


@rules.command()
def show(name: RuleName) -> None:
    """显示现行规则 Show the rules as they hold now."""
    with looking() as session:
        document = rulebook.find_register(session, name).document
    out.print(
        yaml.safe_dump(document, allow_unicode=True, sort_keys=False), markup=False, highlight=False, soft_wrap=True
    )


@app.command()
def recompute(
    by: By,
    year: Annotated[
        int | None,
        typer.Option(min=FIRST_YEAR, max=LAST_YEAR, help="只算该年日历所涉 Only what this year's calendar touches."),
    ] = None,
) -> None:
    """按现行日历重算在办诉求的时限，可中断后再运行 Recompute the deadlines of open appeals; if stopped, run it again."""
    with refusals(), connected() as database, Bars() as bars:
        done = recompute_open(
            database, open_vault(Settings()), year=year, by=actor(by), clock=now, progress=bars
        )  # fmt: skip
    out.print(f"已查 looked at {done.looked_at}, 时限有变 moved {done.moved}")


@app.command()
def follow(
    every: Annotated[int, typer.Option(min=1, max=86_400, help="间隔秒数 Seconds between two rounds.")] = 300,
    once: Annotated[bool, typer.Option("--once", help="只做一次 Do what is due and end.")] = False,
) -> None:
    """到期办结、到期清除、清理无主附件 Lapse, erase and sweep what is due, until stopped; several may run at once."""
    settings = Settings()
    with refusals(), connected() as database:
        vault = open_vault(settings)
        storage = open_storage(settings.attachments_url, endpoint=settings.attachments_endpoint)
        swept_on: date | None = None
        try:
            while True:
                today = civil_day(now())
                if _round(database, vault, storage, once=once, sweeps=swept_on != today):
                    swept_on = today
                if once:
                    return
                time.sleep(every)
        except KeyboardInterrupt:
            out.print("已停止 stopped")


def _round(database: Engine, vault: Vault, storage: Storage, *, once: bool, sweeps: bool) -> bool:
    """Do one round, and tell whether it went well; a database or store that is away for a while is said and waited for."""
    try:
        with Bars() as bars:
            kept = keep_up(database, vault, storage, clock=now, sweeps=sweeps, progress=bars)
    except (OperationalError, Unavailable) as error:
        if once:
            raise
        reason = error.orig if isinstance(error, OperationalError) else error
        err.print(f"暂时不可用 away for a while: {reason}", style="red", markup=False)
        return False
    if once or any(kept):
        _say(kept)
    return True


def _say(kept: KeptUp) -> None:
    out.print(
        f"逾期未补充办结 lapsed {kept.lapsed}, 评价期满办结 closed {kept.closed}, 清除身份 contacts erased {kept.contacts}, "
        f"清除正文 texts erased {kept.texts}, 清理附件 stray files {kept.stray_files}"
    )
