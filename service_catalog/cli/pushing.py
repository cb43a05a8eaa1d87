"""sync push: what an office has, from NDJSON, the template or the national exchange tables, to the centre; a receipt for each row."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import from_json

from service_catalog.cli.bars import Bars
from service_catalog.cli.common import actor, err, now, out, refusals
from service_catalog.cli.sync import From, copy_settings
from service_catalog.exchange.holding import Held
from service_catalog.exchange.import_schemas import Outcome
from service_catalog.exchange.importing import HandIn, what_rows_say
from service_catalog.exchange.terminal import visible
from service_catalog.exchange.workbook import MAX_BYTES, read_workbook
from service_catalog.kernel.database import make_engine, reading
from service_catalog.kernel.dates import SHANGHAI, civil_day
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.migrations.upgrading import is_current
from service_catalog.push.web import LARGEST
from service_catalog.settings import Settings
from service_catalog.sync.client import CatalogClient
from service_catalog.sync.documents import canonical
from service_catalog.sync.pushing import MOST_AT_ONCE

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
        Path,
        typer.Argument(
            exists=True, dir_okay=False,
            help=".ndjson 每行一条，最大 40 MB；或工作簿（填报模板、国家交换表）One row a line; or a workbook (template, exchange tables).",
        ),
    ],
    centre: From = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只试不写 Write nothing.")] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="全部接收或全部不收，最多 10000 行 All or nothing, 10,000 rows at most.")
    ] = False,
    agency: Annotated[
        str | None, typer.Option(help="工作簿中未写实施主体的行属于哪个机构（18 位编码）Whose list a workbook is where its rows do not say.")
    ] = None,
    as_of_copy: Annotated[
        bool,
        typer.Option(
            "--as-of-copy",
            help="工作簿未说明取出时版本：声明已看过副本的现有内容 For a workbook that does not say what was read: what the copy has now was.",
        ),
    ] = False,
    key: Annotated[
        str | None,
        typer.Option(help="上报标识，默认由文件内容得出；换一个即重新处理 Names this push, by default from the file; another does it anew."),
    ] = None,
    receipts: Annotated[Path | None, typer.Option(dir_okay=False, help="回执另存为 NDJSON 文件 Receipts as NDJSON.")] = None,
) -> None:  # fmt: skip
    """上报并逐行取得回执；断线后再次运行不会重复 Hand in rows; repeated after a broken line it doubles nothing.

    密钥取自 CATALOG_REPLICA_KEY；有未接收的行则退出码为 8 The key is that of CATALOG_REPLICA_KEY; exit code 8: not all taken.
    """
    with refusals(), Bars() as bars:
        settings = copy_settings(centre, None)
        content = _content(file)
        rows, not_sent = rows_of(content, file, kind, agency, settings, bars, as_of_copy=as_of_copy)
        if whole and len(rows) > MOST_AT_ONCE:
            said = Said(f"有 {len(rows)} 行，最多 {MOST_AT_ONCE} 行", f"{len(rows)} rows, at most {MOST_AT_ONCE}")
            raise InvalidRequest([Fault("--whole", said)])
        named = key or hashlib.sha256(content).hexdigest()
        taken, earlier = _send(settings, kind, rows, bars, key=named, dry_run=dry_run, whole=whole)
    if receipts is not None:
        receipts.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in taken), "utf-8")
    _print(taken, not_sent)
    if earlier:
        out.print(_said_of_earlier(min(earlier), sum(earlier.values())))
    if not (as_of_copy or _is_ndjson(file)) and any(_is_unread(one) for one in taken):
        out.print(
            "表中没有说明取出时版本：看过现有内容后，请用 template 重新取表，或加 --as-of-copy"
            "  The sheet does not say what was read: take it anew with `template`, or say --as-of-copy"
        )
    if not_sent or any(one["outcome"] not in _TAKEN for one in taken):
        raise typer.Exit(NOT_ALL_TAKEN)


def _content(file: Path) -> bytes:
    most = LARGEST if _is_ndjson(file) else MAX_BYTES
    with file.open("rb") as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        size, limit = f"{file.stat().st_size / 1e6:.1f} MB", f"{most // 1_000_000} MB"
        raise InvalidRequest(
            [Fault("/file", Said(f"文件有 {size}，最多 {limit}，请分开上报", f"{size}, at most {limit}"))]
        )
    return content


def _is_ndjson(file: Path) -> bool:
    return file.suffix.lower() in (".ndjson", ".jsonl")


def rows_of(
    content: bytes, file: Path, kind: Kind, agency: str | None, settings: Settings, bars: Bars, *, as_of_copy: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows to send, and what of the file cannot be sent; raises InvalidRequest, ListUnreadable."""
    if _is_ndjson(file):
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
    rows = [_row(one, as_of_copy=as_of_copy) for one in held if one.line.outcome is Outcome.ACCEPTABLE]
    return rows, [_why_not(one) for one in held if one.line.outcome not in (Outcome.ACCEPTABLE, Outcome.UNCHANGED)]


def _lines(content: bytes) -> Iterator[dict[str, Any]]:
    for place, line in enumerate(content.splitlines()):
        if not line.strip():
            continue
        try:
            row = from_json(line, allow_inf_nan=False)
            canonical(row)  # what cannot be written down again cannot be sent
        except ValueError as error:
            raise InvalidRequest([Fault(f"/{place}", Said("不是一行 JSON", "no line of JSON"))]) from error
        if not isinstance(row, dict):
            raise InvalidRequest([Fault(f"/{place}", Said("应为 JSON 对象", "a JSON object is needed"))])
        yield row


def _row(held: Held, *, as_of_copy: bool) -> dict[str, Any]:
    """Return a row to send. What the copy has by now is not what its writer read, unless that is said."""
    here = held.line.seen if as_of_copy else None
    seen = held.read or (int(here.partition(".")[0]) if here else None)
    return {
        "record_id": held.line.cell, "implementation_code": held.code, "local": dict(held.content or {}),
        "seen": {"edition": seen},
    }  # fmt: skip


def _why_not(held: Held) -> str:
    bad = [f"{one.cell or held.line.cell} {one.zh}" for one in held.line.elements if one.rule]
    return f"{held.line.cell} {held.line.name}：{'；'.join(bad) or '须人工核对'}"


def _send(
    settings: Settings, kind: Kind, rows: Sequence[dict[str, Any]], bars: Bars, *, key: str, dry_run: bool, whole: bool
) -> tuple[list[dict[str, Any]], dict[datetime, int]]:
    """Return the receipts, and how many of them are from before, by the moment at which they were given."""
    assert settings.replica_of is not None
    secret = settings.replica_key
    taken: list[dict[str, Any]] = []
    earlier: dict[datetime, int] = {}
    begun: datetime | None = None
    with CatalogClient(settings.replica_of, key=secret.get_secret_value() if secret else None) as client:
        for answer in client.push(kind.value, [] if dry_run else rows[:1], key=key, dry_run=True):
            begun = _moment(answer)  # by the centre's clock, which gives the receipts their time, too
        for answer in client.push(kind.value, rows, key=key, dry_run=dry_run, whole=whole):
            taken += answer["receipts"]
            moment = _moment(answer)
            if begun is not None and moment is not None and moment < begun:
                earlier[moment] = earlier.get(moment, 0) + len(answer["receipts"])
            bars("上报 pushing", len(taken), len(rows))
    return taken, earlier


def _moment(answer: Mapping[str, Any]) -> datetime | None:
    at = answer.get("at")
    return datetime.fromisoformat(at) if isinstance(at, str) else None


def _said_of_earlier(moment: datetime, number: int) -> str:
    day, here = civil_day(moment), moment.astimezone(SHANGHAI)
    when = f"今天 {here:%H:%M}" if day == civil_day(now()) else f"{here:%Y-%m-%d %H:%M}"
    return (
        f"以上有 {number} 行是{when}的回执，本次没有重新处理；要重新处理请用 --key 另给标识"
        f"  {number} receipts are of {here:%Y-%m-%d %H:%M}, nothing was done anew; for that give another --key"
    )


def _print(taken: Sequence[Mapping[str, Any]], not_sent: Sequence[str]) -> None:
    counts = Counter(one["outcome"] for one in taken)
    out.print(
        "；".join(f"{_WORDS.get(name, name)} {counts[name]}" for name in _WORDS if counts[name])
        or "没有可上报的行 nothing to send"
    )
    lines = [f"未上报 not sent：{why}" for why in not_sent]
    lines += [_said(one) for one in taken if one["outcome"] not in _TAKEN]
    for line in lines[:MOST_SHOWN]:
        err.print(visible(line), markup=False, soft_wrap=True)
    if len(lines) > MOST_SHOWN:
        err.print(f"…… 另有 {len(lines) - MOST_SHOWN} 行，见 --receipts  more, see --receipts")


def _is_unread(receipt: Mapping[str, Any]) -> bool:
    return any(fault["rule"] == "changed-here" and fault["sent"] is None for fault in receipt["faults"])


def _said(receipt: Mapping[str, Any]) -> str:
    faults = [
        f"{fault['element']} {fault['zh']}（报 {_short(fault['sent'])}，现 {_short(fault['here'])}）"
        for fault in receipt["faults"]
    ]
    return f"{receipt['record_id'] or receipt['row']}：{_WORDS.get(receipt['outcome'], receipt['outcome'])} {'；'.join(faults)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
