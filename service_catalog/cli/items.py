"""items: the verbs of the standard, from a YAML file to publication."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from service_catalog.basic_items import editing
from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.lint import lint
from service_catalog.cli.common import By, actor, err, now, out, read_document, refusals, writing
from service_catalog.coding import allocation
from service_catalog.lifecycle.standing import Decision

app = typer.Typer(no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="基本编码 Basic code, 12 characters.")]
File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="标准内容 YAML/JSON (schemas/item-content.json).")
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
Document = Annotated[str, typer.Option(help="文号 Document number.")]
Reason = Annotated[str, typer.Option(help="理由 Reason.")]


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@app.command()
def check(files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)]) -> None:
    """检查标准文件，不写入 Check item files against the model and the lint rules; writes nothing."""
    broken = False
    for path in files:
        with refusals():
            document = read_document(path)
            content = ItemContent.model_validate(document.get("content", document))
        for finding in lint(content, str(document.get("basic_code", ""))[2:4]):
            broken |= finding.severity == "error"
            err.print(f"{path.name} {finding.severity} {finding.name} {finding.pointer} {finding.zh}", markup=False)
    if broken:
        raise typer.Exit(8)
    out.print(f"{len(files)} 个文件可以提交 files could be submitted")


@app.command()
def establish(
    basic_code: Code, by: By, document_number: Document, title: Annotated[str, typer.Option(help="文件标题 Title.")],
    issuing_body: Annotated[str, typer.Option(help="发文机关 Issuing body.")] = "阿拉善盟行政公署",
    parent: Annotated[str | None, typer.Option(help="主项 Main item.")] = None,
    register: Annotated[bool, typer.Option(help="同时登记上级发布的编码 Register a code issued above.")] = False,
) -> None:  # fmt: skip
    """新增事项 Add an item under an issued code."""
    at = now()
    with writing() as session:
        if register:
            allocation.register_basic_code(session, basic_code, document_number=document_number, by=actor(by), at=at)
        decision = Decision(document_number, title, issuing_body, at.date(), title)
        editing.establish(session, basic_code, parent_basic_code=parent, decision=decision, by=actor(by), at=at)
    out.print(f"{basic_code} 已列入目录 established")


@app.command()
def draft(basic_code: Code, file: File, by: By) -> None:
    """起草新版本 Open the next edition from a file."""
    with writing() as session:
        document = read_document(file)
        content = ItemContent.model_validate(document.get("content", document))
        edition = editing.draft(session, basic_code, content, by=actor(by), at=now())
        said = f"{basic_code} 第 {edition.number} 版 草稿 draft"
    out.print(said)


@app.command()
def revise(basic_code: Code, file: File, by: By) -> None:
    """修改草稿 Write the open draft anew."""
    with writing() as session:
        document = read_document(file)
        content = ItemContent.model_validate(document.get("content", document))
        edition = editing.revise(session, basic_code, content, by=actor(by), at=now())
        said = f"{basic_code} 第 {edition.number} 版 第 {edition.revision} 稿 revision {edition.revision}"
    out.print(said)


@app.command()
def discard(basic_code: Code) -> None:
    """废弃草稿 Throw the open draft away."""
    with writing() as session:
        editing.discard(session, basic_code)
    out.print(f"{basic_code} 草稿已废弃 discarded")


@app.command()
def submit(basic_code: Code, by: By) -> None:
    """提交审核 Hand the draft in for review."""
    with writing() as session:
        editing.submit(session, basic_code, by=actor(by), at=now())
    out.print(f"{basic_code} 已提交 submitted")


@app.command("send-back")
def send_back(basic_code: Code, opinion: str, by: By) -> None:
    """退回并写明意见 Return it with an opinion."""
    with writing() as session:
        editing.send_back(session, basic_code, opinion, by=actor(by), at=now())
    out.print(f"{basic_code} 已退回 returned")


@app.command()
def approve(
    basic_code: Code, by: By, opinion: Annotated[str | None, typer.Option(help="意见 Opinion.")] = None
) -> None:
    """审核通过，须另一人 Approve it; by another person than the submitter."""
    with writing() as session:
        editing.approve(session, basic_code, by=actor(by), at=now(), opinion=opinion)
    out.print(f"{basic_code} 已通过 approved")


@app.command()
def publish(basic_code: Code, by: By, effective_from: Day = None, effective_until: Day = None) -> None:
    """发布，可定生效日 Publish, today or from a later day on."""
    with writing() as session:
        edition = editing.publish(
            session,
            basic_code,
            effective_from=_day(effective_from),
            effective_until=_day(effective_until),
            by=actor(by),
            at=now(),
        )
        said = f"{basic_code} 第 {edition.number} 版 自 {edition.effective_from} 起生效 effective from {edition.effective_from}"
    out.print(said)


@app.command()
def withdraw(basic_code: Code, by: By) -> None:
    """撤回待生效版本 Take an approved or scheduled edition out."""
    with writing() as session:
        editing.withdraw(session, basic_code, by=actor(by), at=now())
    out.print(f"{basic_code} 已撤回 withdrawn")


def _decision(document_number: str, reason: str, on: datetime | None) -> Decision:
    return Decision(document_number, reason, "阿拉善盟行政公署", (on or now()).date(), reason)


@app.command()
def suspend(basic_code: Code, by: By, document_number: Document, reason: Reason, on: Day = None) -> None:
    """暂停 Suspend an item from a day on."""
    with writing() as session:
        editing.suspend(session, basic_code, _decision(document_number, reason, on), by=actor(by), at=now())
    out.print(f"{basic_code} 暂停 suspended")


@app.command()
def resume(basic_code: Code, by: By, document_number: Document, reason: Reason, on: Day = None) -> None:
    """恢复 End a suspension."""
    with writing() as session:
        editing.resume(session, basic_code, _decision(document_number, reason, on), by=actor(by), at=now())
    out.print(f"{basic_code} 恢复 resumed")


@app.command()
def cancel(basic_code: Code, by: By, document_number: Document, reason: Reason, on: Day = None) -> None:
    """取消 Cancel an item from a day on; its implementations end with it."""
    with writing() as session:
        editing.cancel(session, basic_code, _decision(document_number, reason, on), by=actor(by), at=now())
    out.print(f"{basic_code} 取消 cancelled")
