"""codes explain, allocate, replace."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from service_catalog.cli.common import By, actor, looking, now, out, writing
from service_catalog.coding import aliases, allocation
from service_catalog.kernel.dates import civil_day
from service_catalog.lookup.explaining import explain, explain_alone
from service_catalog.registers.registers import registers_of
from service_catalog.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.command("explain")
def explain_code(
    code: str,
    profile: Annotated[str, typer.Option(help="catalogue 或 vectors")] = "catalogue",
    as_json: Annotated[bool, typer.Option("--json", help="机器可读 Machine-readable.")] = False,
) -> None:
    """逐段解释一个编码 Explain a code part by part; exit code 8 if it is not valid."""
    settings = Settings()
    with looking() as session:
        if profile == "vectors":
            explained = explain_alone(code, registers_of(session))
        else:
            explained = explain(
                session, code, civil_day(now()), village_level_services_only=settings.village_level_services_only
            )
    if as_json:
        typer.echo(explained.model_dump_json(indent=2))
    else:
        table = Table(
            "位 pos",
            "段 part",
            "值 value",
            "含义 meaning",
            title=f"{code}  {explained.kind}  {'有效 valid' if explained.valid else '无效 not valid'}",
        )
        for part in explained.explained_parts:
            table.add_row(
                part.positions,
                f"{part.zh} {part.en}",
                part.value,
                f"{part.meaning_zh or ''} {part.meaning_en or ''}".strip(),
            )
        out.print(table)
        if explained.parse_error:
            fault = explained.parse_error
            out.print(
                f"{fault.name} 第 {fault.position} 位 position {fault.position}: {fault.zh} {fault.en}",
                markup=False,
                style="red",
            )
        for finding in explained.explained_findings:
            out.print(f"{finding.severity} {finding.rule}: {finding.zh} {finding.en}", markup=False)
    if not explained.valid:
        raise typer.Exit(8)


@app.command()
def allocate(
    item_type: Annotated[str, typer.Argument(help="事项类型，两位 Item type.")],
    department: Annotated[str, typer.Argument(help="部门，两位 Department.")],
    by: By,
    document_number: Annotated[str, typer.Option(help="文号 Document number.")],
    namespace: Annotated[str, typer.Option(help="命名空间 Namespace.")] = "15",
) -> None:
    """分配下一个主项编码 Issue the next main-item code of a department."""
    with writing() as session:
        code = allocation.allocate_basic_code(
            session, namespace=namespace, item_type=item_type, department=department,
            allocatable=Settings().allocatable_namespaces, document_number=document_number, by=actor(by), at=now(),
        )  # fmt: skip
    out.print(code)


@app.command()
def replace(
    old_code: str,
    new_codes: list[str],
    by: By,
    document_number: Annotated[str, typer.Option(help="文号 Document number.")],
    valid_from: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="自何日起 First day.")],
    act: Annotated[str, typer.Option(help="transfer, merge, split, delegate …")] = "transfer",
) -> None:
    """登记编码的替换，旧码永久可查 Record that a code was replaced; the old one stays resolvable."""
    with writing() as session:
        aliases.replace_code(
            session, old_code, new_codes, act_kind=act, valid_from=valid_from.date(), document_number=document_number,
            by=actor(by), at=now(),
        )  # fmt: skip
    out.print(f"{old_code} → {'、'.join(new_codes)}")
