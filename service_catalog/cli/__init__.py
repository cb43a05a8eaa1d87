"""service-catalog: the command line, a few lines over the parts' own verbs."""

import typer

from service_catalog.cli import (
    appeals,
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
    outbox,
    personal_keys,
    pushing,
    registers,
    replica,
    supervision,
    sync,
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
app.add_typer(appeals.app, name="appeals", help="诉求 Appeals: rules, recompute, follow.")
app.add_typer(codes.app, name="codes", help="编码 Codes: explain, allocate, replace.")
app.add_typer(findings.app, name="findings", help="体检 Findings: run, follow.")
app.add_typer(keys.app, name="keys", help="密钥 Keys of machines: create, list, revoke.")
app.add_typer(
    outbox.app, name="outbox", help="发件箱 Outbox: send what waits, list, try again; where bodies want to be told."
)
app.add_typer(replica.app, name="replica", help="副本 Replica: appeals that wait for the centre, again.")
app.add_typer(supervision.app, name="supervision", help="电子监察 Supervision of appeals: watch.")
app.add_typer(personal_keys.app, name="personal-keys", help="个人信息密钥 Keys of personal data: new, rotate, status.")
sync.app.command()(pushing.push)
app.add_typer(sync.app, name="sync", help="同步 Sync: a copy of the centre's catalogue: pull, push, status, verify.")
app.add_typer(registers.app, name="registers", help="登记簿 Registers: the calendar of a year.")
history.add_to(items.app)
app.add_typer(
    items.app, name="items", help="基本目录事项 Basic items: from draft to publication, suspension, cancellation."
)
app.add_typer(
    implementations.app,
    name="implementations",
    help="实施清单 Implementations: claim, check, from draft to publication.",
)
