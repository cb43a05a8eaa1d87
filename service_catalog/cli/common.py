"""What the commands share: the engine, the acting person, reading a file, saying what was refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import yaml
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session

from service_catalog.actors import Actor
from service_catalog.kernel.database import make_engine, reading, unit_of_work
from service_catalog.kernel.errors import (
    CatalogError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    InvalidRequest,
    NotFound,
    Said,
    Stale,
    TooMany,
    Unavailable,
)
from service_catalog.kernel.problems import faults_of, slug
from service_catalog.migrations.upgrading import is_current
from service_catalog.settings import Settings

out, err = Console(), Console(stderr=True)


class CatalogueNotReady(Conflict):
    """There is no catalogue yet, or it is of another version."""

    title = Said("目录数据库尚未就绪", "The catalogue database is not ready")


EXIT_CODES: dict[type[CatalogError], int] = {
    NotFound: 4, Gone: 4, Conflict: 5, Stale: 6, Forbidden: 7, Invalid: 8, Unavailable: 9, TooMany: 10
}  # fmt: skip
"""Exit codes a script can use; 1 is any other failure, 2 a wrong command line."""
BIGGEST_FILE = 5_000_000

By = Annotated[str, typer.Option(help="谁在操作 Who acts; stands in the log.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def engine() -> Engine:
    """Return the engine of the database that the settings name."""
    return make_engine(Settings().database_url)


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def day_of(moment: datetime | None) -> date | None:
    """Return the day that an option names."""
    return moment.date() if moment else None


def actor(name: str) -> Actor:
    """Return the person who acts."""
    return Actor(name)


@contextmanager
def refusals() -> Iterator[None]:
    """Say a refusal in both languages and leave with its exit code; nothing has been written."""
    try:
        yield
    except CatalogError as error:
        _refuse(error, error)
    except ValidationError as error:
        _refuse(InvalidRequest(faults_of(error.errors(), root=())), error)


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction over the configured database, with refusals said kindly."""
    with refusals(), connected() as database, unit_of_work(database) as session:
        yield session


@contextmanager
def looking() -> Iterator[Session]:
    """One reading transaction over the configured database, with refusals said kindly."""
    with refusals(), connected() as database, reading(database) as session:
        yield session


@contextmanager
def connected() -> Iterator[Engine]:
    """Open the configured database; raises CatalogueNotReady where it is not there, or of another version."""
    _refuse_missing_file()
    database = engine()
    try:
        if not is_current(database):
            raise _not_initialised()
        yield database
    except (OperationalError, InterfaceError) as error:
        reason = str(error.orig).partition("\n")[0]
        raise CatalogueNotReady(
            f"数据库不可用，请检查 CATALOG_DATABASE_URL：{reason}",
            f"the database cannot be used; look at CATALOG_DATABASE_URL: {reason}",
        ) from error
    finally:
        database.dispose()


def _refuse_missing_file() -> None:
    """Opening SQLite would make an empty file where somebody only wanted to look."""
    address = make_url(Settings().database_url)
    if address.get_backend_name() == "sqlite" and address.database and not Path(address.database).is_file():
        raise _not_initialised()


def _not_initialised() -> CatalogueNotReady:
    return CatalogueNotReady(
        "目录尚未建立或版本较旧，请先运行 service-catalog init", "run `service-catalog init` first, then try again"
    )


def _refuse(error: CatalogError, raised: Exception) -> NoReturn:
    err.print(f"[bold red]拒绝[/] {error.title.zh} [dim]{slug(type(error))}[/]")
    for place in getattr(raised, "__notes__", ()):
        err.print(place, markup=False)
    err.print(error.said.zh, style="red", markup=False)
    err.print(error.said.en, style="dim", markup=False)
    if isinstance(error, InvalidRequest):
        for fault in error.faults:
            err.print(f"  {fault.pointer or '/'}  {fault.said.zh}", markup=False)
    for refusal in error.facts.get("refusals", ()):
        err.print(f"  {refusal['pointer']}  {refusal['zh']}", markup=False)
        err.print(
            f"    标准 standard: {refusal['standard_value']}   填报 local: {refusal['local_value']}", markup=False
        )
    raise typer.Exit(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1))


def read_document(path: Path) -> dict[str, Any]:
    """Read a YAML or JSON file that holds one object; raises InvalidRequest-like refusals with its place."""
    if path.stat().st_size > BIGGEST_FILE:
        raise typer.BadParameter(f"{path} 超过 {BIGGEST_FILE // 1_000_000} MB")
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} 不能识读：{error}") from error
    if not isinstance(document, dict):
        raise typer.BadParameter(f"{path} 应是一个对象（键: 值）")
    return document
