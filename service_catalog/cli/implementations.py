"""implementations: claiming an item and the verbs of the local part."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from service_catalog.cli.common import By, actor, engine, now, out, read_document, refusals, writing
from service_catalog.implementations import claiming, listing
from service_catalog.implementations.inheritance import LocalRefused, Refusal
from service_catalog.kernel.database import reading
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Said

app = typer.Typer(no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="实施编码 Implementation code, 31 characters.")]
File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="本地内容 YAML/JSON (schemas/local-content.json).")
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@app.command()
def claim(
    agency_code: Annotated[str, typer.Argument(help="实施主体编码 Agency code, 18 characters.")],
    exercise_level: Annotated[str, typer.Argument(help="行使层级 3 盟 4 旗 5 苏木镇 6 嘎查")],
    basic_code: Annotated[str, typer.Argument(help="基本编码 Basic code.")],
    by: By,
) -> None:
    """认领事项 Claim an item for an agency at a level."""
    with writing() as session:
        row = claiming.claim(
            session,
            agency_code=agency_code,
            exercise_level=exercise_level,
            basic_code=basic_code,
            by=actor(by),
            at=now(),
        )
        code = row.implementation_code
    out.print(code)


@app.command()
def check(code: Code, file: File) -> None:
    """试查本地内容，不写入 Hold a local draft against the standard; writes nothing. Exit code 8 if refused."""
    with refusals(), reading(engine()) as session:
        view = listing.check_draft(session, code, read_document(file), civil_day(now()))
        if not view.acceptable:
            raise LocalRefused(
                [
                    Refusal(r.element, r.pointer, r.policy, r.rule, Said(r.zh, r.en), r.standard_value, r.local_value)
                    for r in view.refusals
                ],
                view.standard_edition,
            )
    out.print("符合统一标准 acceptable")
    out.print_json(data=view.would_store)


@app.command()
def draft(code: Code, file: File, by: By) -> None:
    """起草本地内容 Open the next edition of the local part from a file."""
    with writing() as session:
        edition = claiming.draft(session, code, read_document(file), by=actor(by), at=now())
        said = f"{code} 第 {edition.number} 版 草稿 draft"
    out.print(said)


@app.command()
def revise(code: Code, file: File, by: By) -> None:
    """修改草稿 Write the open draft anew."""
    with writing() as session:
        edition = claiming.revise(session, code, read_document(file), by=actor(by), at=now())
        said = f"{code} 第 {edition.number} 版 第 {edition.revision} 稿 revision {edition.revision}"
    out.print(said)


@app.command()
def discard(code: Code) -> None:
    """废弃草稿 Throw the open draft away."""
    with writing() as session:
        claiming.discard(session, code)
    out.print(f"{code} 草稿已废弃 discarded")


@app.command()
def submit(code: Code, by: By) -> None:
    """提交审核 Hand the draft in for review."""
    with writing() as session:
        claiming.submit(session, code, by=actor(by), at=now())
    out.print(f"{code} 已提交 submitted")


@app.command("send-back")
def send_back(code: Code, opinion: str, by: By) -> None:
    """退回并写明意见 Return it with an opinion."""
    with writing() as session:
        claiming.send_back(session, code, opinion, by=actor(by), at=now())
    out.print(f"{code} 已退回 returned")


@app.command()
def approve(code: Code, by: By, opinion: Annotated[str | None, typer.Option(help="意见 Opinion.")] = None) -> None:
    """审核通过，须另一人 Approve it; by another person than the submitter."""
    with writing() as session:
        claiming.approve(session, code, by=actor(by), at=now(), opinion=opinion)
    out.print(f"{code} 已通过 approved")


@app.command()
def publish(code: Code, by: By, effective_from: Day = None, effective_until: Day = None) -> None:
    """发布，可定生效日 Publish, today or from a later day on."""
    with writing() as session:
        edition = claiming.publish(
            session,
            code,
            effective_from=_day(effective_from),
            effective_until=_day(effective_until),
            by=actor(by),
            at=now(),
        )
        said = (
            f"{code} 第 {edition.number} 版 自 {edition.effective_from} 起生效 effective from {edition.effective_from}"
        )
    out.print(said)


@app.command()
def withdraw(code: Code, by: By) -> None:
    """撤回待生效版本 Take an approved or scheduled edition out."""
    with writing() as session:
        claiming.withdraw(session, code, by=actor(by), at=now())
    out.print(f"{code} 已撤回 withdrawn")
