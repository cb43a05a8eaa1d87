"""keys create, list, revoke."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select
from sqlmodel import col

from service_catalog.access.tables import AccessKey
from service_catalog.actors import Role
from service_catalog.cli.common import By, actor, err, looking, now, out, writing
from service_catalog.staff import keyring

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="给谁用 Who it is for.")],
    role: Annotated[Role, typer.Argument(help="角色 Role.")],
    by: By,
    region: Annotated[str | None, typer.Option(help="限定区划及其下级 Limited to a region and all below it.")] = None,
    agency: Annotated[str | None, typer.Option(help="限定实施主体 Limited to an agency.")] = None,
    days: Annotated[int, typer.Option(min=1, max=1100, help="有效天数 Days until it ends.")] = 365,
    address: Annotated[list[str] | None, typer.Option(help="只许来自该网络，可重复 Only from this network.")] = None,
) -> None:
    """发放密钥，只显示这一次 Hand out a key; it is shown this once."""
    with writing() as session:
        made = keyring.create_key(
            session, name=name, role=role, region_code=region, agency_code=agency, days=days,
            addresses=address or [], by=actor(by), at=now(),
        )  # fmt: skip
        ends = made.key.expires_at
    out.print(made.text, markup=False, highlight=False, soft_wrap=True)
    err.print(f"请立即保存，以后不能再查看；{ends:%Y-%m-%d} 到期 Keep it now; it ends on {ends:%Y-%m-%d}")


@app.command("list")
def list_keys() -> None:
    """列出密钥，不含秘密部分 List the keys without their secrets."""
    table = Table("前缀 prefix", "用途 name", "角色 role", "限定 limit", "到期 ends", "最近使用 seen", "收回 revoked")
    with looking() as session:
        for key in session.scalars(select(AccessKey).order_by(col(AccessKey.created_at))):
            table.add_row(
                key.prefix, key.name, key.role.value, key.region_code or key.agency_code,
                f"{key.expires_at:%Y-%m-%d}", f"{key.last_seen_at:%Y-%m-%d %H:%M}" if key.last_seen_at else "",
                f"{key.revoked_at:%Y-%m-%d}" if key.revoked_at else "",
            )  # fmt: skip
    out.print(table)


@app.command()
def revoke(prefix: Annotated[str, typer.Argument(help="前缀 Prefix.")], by: By) -> None:
    """收回密钥，立即生效 Take a key back at once."""
    with writing() as session:
        keyring.revoke_key(session, prefix, by=actor(by), at=now())
    out.print(f"{prefix} 已收回 revoked")
