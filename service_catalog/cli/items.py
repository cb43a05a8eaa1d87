"""items: the verbs of the standard, from a YAML file to publication."""

from pathlib import Path
from typing import Annotated

import typer

from service_catalog.basic_items import editing
from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.lint import lint
from service_catalog.cli.common import By, actor, err, now, out, read_document, refusals, writing
from service_catalog.cli.moves import LEAGUE_OFFICE, Document, IssuingBody, add_moves
from service_catalog.coding import allocation
from service_catalog.kernel.dates import civil_day
from service_catalog.lifecycle.standing import Decision

app = typer.Typer(no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="基本编码 Basic code, 12 characters.")]
File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="标准内容 YAML/JSON (schemas/item-content.json).")
]


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
    issuing_body: IssuingBody = LEAGUE_OFFICE,
    parent: Annotated[str | None, typer.Option(help="主项 Main item.")] = None,
    register: Annotated[bool, typer.Option(help="同时登记上级发布的编码 Register a code issued above.")] = False,
) -> None:  # fmt: skip
    """新增事项 Add an item under an issued code."""
    at = now()
    with writing() as session:
        if register:
            allocation.register_basic_code(session, basic_code, document_number=document_number, by=actor(by), at=at)
        decision = Decision(document_number, title, issuing_body, civil_day(at), title)
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


add_moves(app, editing, "基本编码 Basic code, 12 characters.")
