"""personal-keys new, rotate, status: the keys under which personal data are sealed."""

import typer
from rich.table import Table

from service_catalog.appeals.rotating import BROKEN, rotate, sealed_by
from service_catalog.attachments.storage import open_storage
from service_catalog.cli.bars import Bars
from service_catalog.cli.common import EXIT_CODES, connected, err, looking, out, refusals
from service_catalog.kernel.errors import Unavailable
from service_catalog.settings import Settings
from service_catalog.vault import new_key, open_vault

app = typer.Typer(no_args_is_help=True)


@app.command()
def new() -> None:
    """新密钥，放在设定的最前面 Print a new key; put it in front of the others."""
    out.print(new_key(), markup=False, highlight=False, soft_wrap=True)


@app.command("rotate")
def rotate_keys() -> None:
    """用最新密钥重新加密全部内容，可中断后再运行 Seal everything anew with the newest key; if stopped, run it again."""
    settings = Settings()
    storage = open_storage(settings.attachments_url, endpoint=settings.attachments_endpoint)
    with refusals(), connected() as database, Bars() as bars:
        done = rotate(database, open_vault(settings), storage, progress=bars)
    out.print(f"已重新加密 sealed anew {done.renewed}")
    if done.unreadable:
        err.print(f"无法读取，保持原样 cannot be read, left as they are {done.unreadable}", style="red")
        raise typer.Exit(EXIT_CODES[Unavailable])


@app.command()
def status() -> None:
    """按密钥统计，为零的旧密钥可以去掉 Count what each key has sealed; an old one at nought is needed no more."""
    table = Table("密钥 key", "密文 sealed values", "")
    with looking() as session:
        vault = open_vault(Settings())
        for key_id, count in sealed_by(session, vault).items():
            table.add_row(key_id, str(count), _said(key_id, count, vault.current_id, vault.key_ids))
    out.print(table)


def _said(key_id: str, count: int, current: str, held: tuple[str, ...]) -> str:
    if key_id == BROKEN:
        return "无法识读 unreadable"
    if key_id == current:
        return "最新 newest"
    if key_id not in held:
        return "本站没有 not held here"
    return "仍需要 needed" if count else "可以去掉 may be removed"
