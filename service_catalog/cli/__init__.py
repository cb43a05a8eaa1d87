"""service-catalog: the command line, a few lines over the parts' own verbs."""

import typer

from service_catalog.cli import (
    auditing,
    catalogue,
    codes,
    contract,
    findings,
    history,
    implementations,
    importing,
    items,
    keys,
    log,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="政务服务事项目录 Service-item catalogue",
)
app.command()(catalogue.init)
app.command()(catalogue.serve)
app.command("check-seeds")(catalogue.check_seeds)
app.command()(auditing.audit)
importing.add_to(app)
app.command("verify-log")(log.verify_log)
app.command("export-contract")(contract.export_contract)
app.add_typer(codes.app, name="codes", help="编码 Codes: explain, allocate, replace.")
app.add_typer(findings.app, name="findings", help="体检 Findings: run, follow.")
app.add_typer(keys.app, name="keys", help="密钥 Keys of machines: create, list, revoke.")
history.add_to(items.app)
app.add_typer(
    items.app, name="items", help="基本目录事项 Basic items: from draft to publication, suspension, cancellation."
)
app.add_typer(
    implementations.app,
    name="implementations",
    help="实施清单 Implementations: claim, check, from draft to publication.",
)
