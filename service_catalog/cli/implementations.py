"""implementations: claiming an item and the verbs of the local part."""

from pathlib import Path
from typing import Annotated

import typer

from service_catalog.cli.common import By, actor, err, looking, now, out, read_document, writing
from service_catalog.cli.moves import add_moves
from service_catalog.implementations import claiming, listing
from service_catalog.implementations.inheritance import LocalRefused, Refusal
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Said
from service_catalog.settings import Settings

app = typer.Typer(no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="实施编码 Implementation code, 31 characters.")]
File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="本地内容 YAML/JSON (schemas/local-content.json).")
]


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
    site = Settings()
    with looking() as session:
        view = listing.check_draft(
            session, code, read_document(file), civil_day(now()),
            severities=site.lint_severities, words=site.lint_words,
        )  # fmt: skip
        for finding in view.findings:
            err.print(f"{finding.severity} {finding.rule} {finding.pointer} {finding.zh}", markup=False)
        if view.refusals:
            raise LocalRefused(
                [
                    Refusal(r.element, r.pointer, r.policy, r.rule, Said(r.zh, r.en), r.standard_value, r.local_value)
                    for r in view.refusals
                ],
                view.standard_edition,
            )
    if not view.acceptable:
        raise typer.Exit(8)
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


add_moves(app, claiming, "实施编码 Implementation code, 31 characters.")
