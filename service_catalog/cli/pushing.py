"""sync push: what an office has, from NDJSON, the template or the national exchange tables, to the centre; a receipt for each row."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from service_catalog.cli.bars import Bars
from service_catalog.cli.common import actor, err, now, out, refusals
from service_catalog.cli.sync import From, copy_settings
from service_catalog.exchange.holding import Held
from service_catalog.exchange.import_schemas import Outcome
from service_catalog.exchange.importing import HandIn, what_rows_say
from service_catalog.exchange.terminal import visible
from service_catalog.exchange.workbook import MAX_BYTES, read_workbook
from service_catalog.kernel.database import make_engine, reading
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.migrations.upgrading import is_current
from service_catalog.settings import Settings
from service_catalog.sync.client import CatalogClient

NOT_ALL_TAKEN = 8
MOST_SHOWN = 40
_WORDS = {
    "drafted": "已成草稿 drafted", "published": "已发布 published", "unchanged": "无变化 unchanged", "held": "未写入 held",
    "refused": "拒绝 refused", "conflict": "冲突 conflict",
}  # fmt: skip
_TAKEN = {"drafted", "published", "unchanged"}


class Kind(StrEnum):
    """What is pushed."""

    IMPLEMENTATIONS = "implementations"
    AGENCIES = "agencies"


def push(
    kind: Annotated[Kind, typer.Argument(help="implementations 实施清单，agencies 实施主体信息")],
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help=".ndjson，或工作簿 or a workbook (template, exchange tables).")
    ],
    centre: From = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只试不写 Write nothing.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="全部接收或全部不收 All or nothing.")] = False,
    agency: Annotated[str | None, typer.Option(help="行中没有写实施主体时是谁的 Whose list it is where its rows do not say.")] = None,
    key: Annotated[
        str | None, typer.Option(help="同一次上报的标识；默认由文件内容和日期得出 Names this push; by default from file and day.")
    ] = None,
    receipts: Annotated[Path | None, typer.Option(dir_okay=False, help="回执另存 Receipts as NDJSON.")] = None,
) -> None:  # fmt: skip
    """上报，逐行取得回执；断线后重来不会重复 Hand in rows; repeated after a broken line it doubles nothing. Exit code 8: not all taken."""
    settings = copy_settings(centre, None)
    with refusals(), Bars() as bars:
        content = _content(file)
        rows, not_sent = rows_of(content, file, kind, agency, settings, bars)
        named = key or f"{hashlib.sha256(content).hexdigest()[:40]}-{civil_day(now())}"
        taken = _send(settings, kind, rows, bars, key=named, dry_run=dry_run, whole=whole)
    if receipts is not None:
        receipts.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in taken), "utf-8")
    _print(taken, not_sent)
    if not_sent or any(one["outcome"] not in _TAKEN for one in taken):
        raise typer.Exit(NOT_ALL_TAKEN)


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def rows_of(
    content: bytes, file: Path, kind: Kind, agency: str | None, settings: Settings, bars: Bars
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows to send, and what of the file cannot be sent; raises InvalidRequest, ListUnreadable."""
    if file.suffix.lower() in (".ndjson", ".jsonl"):
        return list(_lines(content)), []
    if kind is not Kind.IMPLEMENTATIONS:
        raise InvalidRequest([Fault("/file", Said("实施主体信息请用 .ndjson", "agencies come as .ndjson"))])
    handed = HandIn(content, read_workbook(content, csv_name=file.stem, old_excel=True), agency)
    engine = make_engine(settings.database_url)
    if not is_current(engine):
        said = Said("请先用 sync pull 建立副本，工作簿要与它比对", "a workbook is held against a copy: sync pull first")
        raise InvalidRequest([Fault("/file", said)])
    with reading(engine) as session:
        held = what_rows_say(session, handed, by=actor("命令行"), at=now(), progress=bars)
    engine.dispose()
    rows = [_row(one) for one in held if one.line.outcome is Outcome.ACCEPTABLE]
    return rows, [_why_not(one) for one in held if one.line.outcome not in (Outcome.ACCEPTABLE, Outcome.UNCHANGED)]


def _lines(content: bytes) -> Iterator[dict[str, Any]]:
    for place, line in enumerate(content.splitlines()):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InvalidRequest([Fault(f"/{place}", Said("不是一行 JSON", "no line of JSON"))]) from error
        if not isinstance(row, dict):
            raise InvalidRequest([Fault(f"/{place}", Said("应为 JSON 对象", "a JSON object is needed"))])
        yield row


def _row(held: Held) -> dict[str, Any]:
    seen = held.line.seen
    return {
        "record_id": held.line.cell, "implementation_code": held.code, "local": dict(held.content or {}),
        "seen": {"edition": int(seen.partition(".")[0]) if seen else None},
    }  # fmt: skip


def _why_not(held: Held) -> str:
    bad = [f"{one.cell or held.line.cell} {one.zh}" for one in held.line.elements if one.rule]
    return f"{held.line.cell} {held.line.name}：{'；'.join(bad) or '须人工核对'}"


def _send(
    settings: Settings, kind: Kind, rows: Sequence[dict[str, Any]], bars: Bars, *, key: str, dry_run: bool, whole: bool
) -> list[dict[str, Any]]:
    assert settings.replica_of is not None
    secret = settings.replica_key
    taken: list[dict[str, Any]] = []
    with CatalogClient(settings.replica_of, key=secret.get_secret_value() if secret else None) as client:
        for answer in client.push(kind.value, rows, key=key, dry_run=dry_run, whole=whole):
            taken += answer["receipts"]
            bars("上报 pushing", len(taken), len(rows))
    return taken


def _print(taken: Sequence[Mapping[str, Any]], not_sent: Sequence[str]) -> None:
    counts = Counter(one["outcome"] for one in taken)
    out.print(
        "；".join(f"{_WORDS.get(name, name)} {counts[name]}" for name in _WORDS if counts[name])
        or "没有可上报的行 nothing to send"
    )
    lines = [f"未上报 not sent：{why}" for why in not_sent]
    lines += [_said(one) for one in taken if one["outcome"] not in _TAKEN]
    for line in lines[:MOST_SHOWN]:
        err.print(visible(line), markup=False)
    if len(lines) > MOST_SHOWN:
        err.print(f"…… 另有 {len(lines) - MOST_SHOWN} 行，见 --receipts  more, see --receipts")


def _said(receipt: Mapping[str, Any]) -> str:
    faults = [
        f"{fault['element']} {fault['zh']}（报 {_short(fault['sent'])}，现 {_short(fault['here'])}）"
        for fault in receipt["faults"]
    ]
    here = receipt.get("here")
    if here is not None:
        faults.append(f"上次读取后已变为第 {here['edition']} 版 changed here since it was read")
    return f"{receipt['record_id'] or receipt['row']}：{_WORDS.get(receipt['outcome'], receipt['outcome'])} {'；'.join(faults)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
