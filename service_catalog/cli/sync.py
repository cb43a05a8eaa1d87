"""sync pull, status, verify: a copy of the centre's catalogue, and whether it is one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from typing import Annotated

import httpx
import typer
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from service_catalog.cli.bars import Bars
from service_catalog.cli.common import err, now, out, refusals
from service_catalog.kernel.database import make_engine, reading
from service_catalog.kernel.errors import CatalogError, Fault, InvalidRequest, Said
from service_catalog.kernel.problems import faults_of
from service_catalog.migrations.upgrading import upgrade
from service_catalog.replica.age import age_of, stale_after
from service_catalog.replica.following import Follower, position_of, scope_of
from service_catalog.replica.keeping import open_follower
from service_catalog.settings import Settings
from service_catalog.sync.answers import CentreAway
from service_catalog.sync.client import CatalogClient
from service_catalog.sync.digests import Digests
from service_catalog.sync.scope import Scope

app = typer.Typer(no_args_is_help=True)
DIFFERS, STALE = 3, 11
"""Exit codes besides those of refusals (cli/common.py): the copy differs; its data are older than the site allows."""
MOST_SHOWN = 20

From = Annotated[str | None, typer.Option("--from", help="中心地址 Address of the centre; default CATALOG_REPLICA_OF.")]
Region = Annotated[
    str | None, typer.Option(help="区划代码，含下级 Region with all below it; default CATALOG_REPLICA_REGION.")
]


_OPTIONS = {"replica_of": "--from (serve: --replica-of)", "replica_region": "--region", "replica_name": "--name"}


def copy_settings(centre: str | None, region: str | None, name: str | None = None) -> Settings:
    """Return the settings with what was said on the command line; a copy has a file of its own.

    Raises InvalidRequest, which names the option or the variable that is wrong.
    """
    options = {"replica_of": centre, "replica_region": region, "replica_name": name}
    said = {field: value for field, value in options.items() if value is not None}
    try:
        settings = Settings()
        if "database_url" not in settings.model_fields_set:
            said["database_url"] = "sqlite:///var/replica.db"
        settings = Settings.model_validate({**settings.model_dump(), **said})
    except ValidationError as error:
        faults = faults_of(error.errors(include_input=False), root=())
        raise InvalidRequest([fault._replace(pointer=_said_by(fault.pointer, said)) for fault in faults]) from error
    _refuse_bad_line(settings, said)
    if settings.replica_of is None:
        raise typer.BadParameter("请用 --from 指明中心，或设置 CATALOG_REPLICA_OF  Name the centre")
    if make_url(settings.database_url).get_backend_name() != "sqlite":
        raise typer.BadParameter("副本须用 SQLite 文件 A copy is a SQLite file: CATALOG_DATABASE_URL=sqlite:///…")
    return settings


def _said_by(pointer: str, said: Mapping[str, str]) -> str:
    """Return by which option, else by which variable, a field of the settings was said."""
    field = pointer.split("/")[1]
    return _OPTIONS[field] if field in said and field in _OPTIONS else f"CATALOG_{field.upper()}"


def _refuse_bad_line(settings: Settings, said: Mapping[str, str]) -> None:
    """Refuse an address and a key with which nobody can ask; the key itself is not shown."""
    key = settings.replica_key.get_secret_value() if settings.replica_key else "none"
    if not (key.isascii() and key.isprintable() and key) or " " in key:
        wrong = Said("密钥只能由可见的 ASCII 字符组成，没有空格", "a key is printable ASCII without blanks")
        raise InvalidRequest([Fault("CATALOG_REPLICA_KEY", wrong)])
    if settings.replica_of is not None:
        try:
            CatalogClient(settings.replica_of).close()
        except (ValueError, httpx.InvalidURL) as error:
            wrong = Said(
                "应为 http(s)://主机[:端口][/路径]，不含用户名", "http(s)://host[:port][/path], without a user"
            )
            raise InvalidRequest([Fault(_said_by("/replica_of", said), wrong)]) from error


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Engine, Follower]]:
    engine = make_engine(settings.database_url, checks_references=False)
    upgrade(engine)
    follower = open_follower(settings, engine, clock=now)
    try:
        with follower.client:
            yield engine, follower
    finally:
        engine.dispose()


@app.command()
def pull(centre: From = None, region: Region = None) -> None:
    """取回变更；首次先取快照 Bring the copy up to date; the first time by a snapshot."""
    with refusals(), _opened(copy_settings(centre, region)) as (_, follower), Bars() as bars:
        pulled = follower.pull(progress=lambda what, done, total: bars(what, done, total or done))
    how = "快照 snapshot" if pulled.by_snapshot else "变更 changes"
    out.print(f"变更号 change number {pulled.change_number}；{how}：{pulled.items} 条 items")


@app.command()
def status(centre: From = None, region: Region = None) -> None:
    """副本到了哪里 How far the copy has come, how old its data are, how far the centre has gone on; exit code 11: too old."""
    with refusals():
        settings = copy_settings(centre, region)
    with refusals(), _opened(settings) as (engine, follower):
        with reading(engine) as session:
            state = position_of(session)
        if state is None:
            out.print("尚未取过快照 No snapshot yet.")
            raise typer.Exit(STALE)
        age = age_of(state.confirmed_at, state.confirmed_here_at, now=now())
        told = "本机时钟有误，无法确定 unknown, the clock of this machine is wrong" if age is None else f"{age} s"
        out.print(f"中心 centre {state.centre}；区划 region {state.region_code or '全部 all'}")
        out.print(
            f"变更号 change number {state.change_number}；数据年龄 age {told}（{state.confirmed_at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}）"
        )
        out.print(_how_far_behind(follower.client, state.change_number, region=settings.replica_region))
    if age is None or age > stale_after(settings):
        raise typer.Exit(STALE)


def _how_far_behind(client: CatalogClient, number: int, *, region: str | None) -> str:
    try:
        page = next(client.pages(number, limit=1, max_age=0, **scope_of(region)))
    except CentreAway as error:
        return f"中心未应答 the centre does not answer: {error.said.zh}"
    except CatalogError as error:
        return f"{error.said.zh}  {error.said.en}"
    if page.is_last:
        return "已是最新 Up to date."
    return f"中心变更号 the centre is at {page.change_number}；落后 behind {page.change_number - number}"


@app.command()
def verify(centre: From = None, region: Region = None) -> None:
    """与中心逐级核对摘要 Compare digests with the centre; exit code 3 where something differs."""
    with refusals():
        settings = copy_settings(centre, region)
    with refusals(), _opened(settings) as (engine, follower):
        scope = Scope(settings.replica_region, surroundings=True, ended="documents")
        with reading(engine) as session:
            state = position_of(session)
            told = Digests().told(session, scope, at=now()) if state is not None else None
        if told is None:
            out.print("尚未取过快照 No snapshot yet.")
            raise typer.Exit(DIFFERS)
        mine: dict[str, dict[str, str]] = {
            kind: {line.code: line.digest for line in lines} for kind, lines in told.lines.items()
        }
        found = follower.client.compare(mine, **scope_of(settings.replica_region))
    count = sum(len(lines) for lines in mine.values())
    if not found.differences:
        out.print(
            f"[green]一致[/] {count} 条与中心相同 the same at the centre (change {found.change_number})，{found.requests} 次请求 requests"
        )
        return
    for one in found.differences[:MOST_SHOWN]:
        err.print(f"{one.kind} {one.id}：{_in_words(one.mine, one.centre)}", soft_wrap=True)
    more = len(found.differences) - MOST_SHOWN
    if more > 0:
        err.print(f"…… 另有 {more} 条 more")
    if told.number != found.change_number or not found.is_steady:
        err.print(
            f"副本在 the copy stands at {told.number}，中心在 the centre at {found.change_number}：先 pull 再核对"
        )
    raise typer.Exit(DIFFERS)


def _in_words(mine: str | None, centre: str | None) -> str:
    if mine is None:
        return "副本没有 not in the copy"
    return "中心没有 not at the centre" if centre is None else "内容不同 not the same"
