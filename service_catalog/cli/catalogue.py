"""init, serve, check-seeds."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from service_catalog import seeding
from service_catalog.cli import copying
from service_catalog.cli.bars import Bars
from service_catalog.cli.common import engine, now, out, refusals
from service_catalog.kernel.database import make_engine
from service_catalog.migrations.upgrading import upgrade
from service_catalog.settings import Settings


def init() -> None:
    """建立或升级数据库，空库则装入 seed_data Make or upgrade the database; fill it if it is empty."""
    database = engine()
    upgrade(database)
    if seeding.is_empty(database):
        with refusals(), Bars(stays=True) as bars:
            seeding.seed(database, Settings().seed_data, now=now(), progress=bars)
        out.print("[green]目录已建立[/] The catalogue is ready.")
    with refusals():
        seeding.complete(database, Settings().seed_data, now=now())
    database.dispose()


def serve(
    host: Annotated[str, typer.Option(help="监听地址 Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="端口 Port.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="进程数 Worker processes.")] = 1,
    replica_of: Annotated[
        str | None, typer.Option(help="作为只读副本：中心地址 Serve as a read-only copy of the centre at this address.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="副本的区划，含下级 Region of the copy, with all below it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="副本名称 What the centre calls this copy.")] = None,
) -> None:
    """启动服务，首次运行自动建库 Serve the catalogue; makes and fills the database on the first run."""
    settings = Settings()
    if replica_of or settings.replica_of:
        copying.prepare(replica_of, region, name)
    else:
        init()
    out.print(f"http://{host}:{port}  （文档 docs: /docs）")
    uvicorn.run(
        "service_catalog.serving:make_app", factory=True, host=host, port=port, workers=workers,
        log_level="info", access_log=False, server_header=False, timeout_graceful_shutdown=10,
    )  # fmt: skip


def check_seeds(
    folder: Annotated[Path | None, typer.Argument(help="seed_data 文件夹 Folder; default: the configured one.")] = None,
) -> None:
    """试装 seed_data，报告第一个被拒绝的内容 Load the seed files into a throw-away catalogue and say what is refused."""
    with tempfile.TemporaryDirectory() as scratch:
        database = make_engine(f"sqlite:///{scratch}/check.db")
        upgrade(database)
        try:
            with refusals(), Bars(stays=True) as bars:
                seeding.seed(database, folder or Settings().seed_data, now=now(), progress=bars)
        finally:
            database.dispose()
    out.print("[green]seed_data 全部通过[/] All seeds obey the rules.")
