"""outbox send, list, again, address: messages that must go out, and where to."""

import time
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from starlette.datastructures import URL

from service_catalog.actors import Actor, ActorKind
from service_catalog.cli.bars import Bars
from service_catalog.cli.common import By, actor, connected, err, looking, now, out, refusals, writing
from service_catalog.kernel.paging import MOST, Walk
from service_catalog.outbox import listing
from service_catalog.outbox.letters import Deliver
from service_catalog.outbox.listing import Wanted
from service_catalog.outbox.posting import try_again
from service_catalog.outbox.schemas import MessageState, OutboxLine
from service_catalog.outbox.sending import Sent, send_waiting
from service_catalog.outbox.tables import Way
from service_catalog.outbox.ways import ways_of
from service_catalog.settings import Settings
from service_catalog.staff import delivery

app = typer.Typer(no_args_is_help=True)
addresses = typer.Typer(no_args_is_help=True)
app.add_typer(addresses, name="address", help="投递地址 Delivery addresses: add, list, remove.")
AT_ONCE = 10_000
"""Messages of one look; what is left comes with the next."""
READER = Actor("命令行", ActorKind.SYSTEM)


@app.command()
def send(
    every: Annotated[int, typer.Option(min=1, max=86_400, help="间隔秒数 Seconds between two looks.")] = 30,
    once: Annotated[bool, typer.Option("--once", help="只发送一次 Send what is due and end.")] = False,
) -> None:
    """发送待发消息，可多个进程同时运行 Send what waits, until stopped; several processes may do so at once."""
    with refusals(), connected() as database:
        ways = _ways()
        try:
            while True:
                _look(database, ways, once)
                if once:
                    return
                time.sleep(every)
        except KeyboardInterrupt:
            out.print("已停止 stopped")


def _look(database: Engine, ways: dict[Way, Deliver], once: bool) -> None:
    """Look once; a database that is away for a while is said and waited for."""
    try:
        with Bars() as bar:
            sent = send_waiting(database, ways, clock=now, most=AT_ONCE, progress=bar)
    except OperationalError as error:
        if once:
            raise
        err.print(f"数据库暂时不可用 the database is away: {error.orig}", style="red", markup=False)
        return
    if sent.tried or once:
        _say(sent)


def _ways() -> dict[Way, Deliver]:
    try:
        return ways_of(Settings())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _say(sent: Sent) -> None:
    out.print(f"已发送 sent {sent.sent}, 待重试 to try again {sent.failed}, 已放弃 given up {sent.given_up}")
    if sent.lost:
        out.print(f"由其他进程继续 gone on by another process {sent.lost}")


@app.command("list")
def list_messages(
    state: Annotated[MessageState | None, typer.Option(help="只列该状态 Of this state only.")] = None,
    after: Annotated[int, typer.Option(min=0, help="从该编号之后 After this number.")] = 0,
) -> None:
    """列出消息：等待、缺少地址、已发送、已放弃 List messages: what waits, for what, and what was given up."""
    table = Table(
        "编号 number", "类别 kind", "对象 to", "标题 subject", "状态 state", "次数 tries", "最近错误 last error"
    )
    with looking() as session:
        for message, has_address in listing.list_messages(session, _walk(after), Wanted(state=state), by=READER)[:MOST]:
            line = OutboxLine.of(message, has_address)
            table.add_row(
                str(line.number), line.kind, line.agency_code or line.region_code, line.subject, line.state.value,
                str(line.attempts), line.last_error or "",
            )  # fmt: skip
    out.print(table)


@app.command()
def again(number: Annotated[int, typer.Argument(help="编号 Number.")]) -> None:
    """重新发送已放弃的消息 Let a message that was given up be tried again."""
    with writing() as session:
        try_again(session, number, at=now())
    out.print(f"{number} 将重新发送 will be tried again")


@addresses.command("add")
def add_address(
    way: Annotated[Way, typer.Argument(help="方式 Way.")],
    address: Annotated[str, typer.Argument(help="https 网址或邮箱 An https address, or a mail address.")],
    by: By,
    region: Annotated[str | None, typer.Option(help="区划 The office of this region.")] = None,
    agency: Annotated[str | None, typer.Option(help="实施主体 This agency.")] = None,
) -> None:
    """添加投递地址；签名密钥只显示这一次 Add a delivery address; the secret that signs is shown this once."""
    with writing() as session:
        made = delivery.add_address(
            session, Settings(), agency_code=agency, region_code=region, way=way, address=address, by=actor(by),
            at=now(),
        )  # fmt: skip
        number = made.row.id
    out.print(f"已添加 added {number}")
    if made.secret:
        out.print(made.secret, markup=False, highlight=False, soft_wrap=True)
        err.print("请立即交给接收方，以后不能再查看 Give it to the receiver now; it cannot be seen again")


@addresses.command("list")
def list_addresses(after: Annotated[int, typer.Option(min=0, help="从该编号之后 After this number.")] = 0) -> None:
    """列出投递地址 List the delivery addresses."""
    table = Table("编号 number", "对象 of", "方式 way", "地址 address", "添加人 by")
    with looking() as session:
        for row in listing.list_addresses(session, _walk(after), region=None, agency=None, by=READER)[:MOST]:
            table.add_row(str(row.id), row.agency_code or row.region_code, row.way.value, row.address, row.created_by)
    out.print(table)


@addresses.command("remove")
def remove_address(number: Annotated[int, typer.Argument(help="编号 Number.")], by: By) -> None:
    """删除投递地址 Send nothing there any more."""
    with writing() as session:
        delivery.remove_address(session, number, by=actor(by))
    out.print(f"{number} 已删除 removed")


def _walk(after: int) -> Walk:
    return Walk(str(after) if after else None, MOST, URL())
