"""The commands that a standard and a local part share: how an edition moves, and how a thing is suspended or ends."""

from datetime import datetime
from typing import Annotated, Any, Protocol

import typer
from sqlmodel import Session

from service_catalog.actors import Actor
from service_catalog.cli.common import By, Day, actor, day_of, now, out, writing
from service_catalog.kernel.dates import civil_day
from service_catalog.lifecycle.edition import EditionRow
from service_catalog.lifecycle.standing import Decision

Document = Annotated[str, typer.Option(help="文号 Document number.")]
Reason = Annotated[str, typer.Option(help="理由 Reason.")]
IssuingBody = Annotated[str, typer.Option(help="发文机关 Issuing body.")]
Opinion = Annotated[str | None, typer.Option(help="意见 Opinion.")]
LEAGUE_OFFICE = "阿拉善盟行政公署"


class Verbs(Protocol):
    """What `basic_items.editing` and `implementations.claiming` both do."""

    def submit(self, session: Session, code: str, /, *, by: Actor, at: datetime) -> EditionRow: ...
    def take_back(self, session: Session, code: str, /, *, by: Actor, at: datetime) -> EditionRow: ...
    def send_back(self, session: Session, code: str, opinion: str, /, *, by: Actor, at: datetime) -> EditionRow: ...
    def approve(
        self, session: Session, code: str, /, *, by: Actor, at: datetime, opinion: str | None = None
    ) -> EditionRow: ...
    def publish(self, session: Session, code: str, /, **dates: Any) -> EditionRow: ...
    def withdraw(self, session: Session, code: str, /, *, by: Actor, at: datetime) -> EditionRow: ...
    def discard(self, session: Session, code: str, /, *, by: Actor, at: datetime) -> None: ...
    def suspend(self, session: Session, code: str, decision: Decision, /, *, by: Actor, at: datetime) -> None: ...
    def resume(self, session: Session, code: str, decision: Decision, /, *, by: Actor, at: datetime) -> None: ...
    def cancel(self, session: Session, code: str, decision: Decision, /, *, by: Actor, at: datetime) -> None: ...


def add_moves(app: typer.Typer, verbs: Any, code_help: str) -> None:
    """Add to `app` the commands over `verbs`, a module that offers what Verbs names."""
    done: Verbs = verbs
    code_type = Annotated[str, typer.Argument(help=code_help)]
    _add_review(app, done, code_type)
    _add_publication(app, done, code_type)
    _add_decisions(app, done, code_type)


def _add_review(app: typer.Typer, verbs: Verbs, code_type: Any) -> None:
    @app.command()
    def submit(code: code_type, by: By) -> None:
        """提交审核 Hand the draft in for review."""
        with writing() as session:
            verbs.submit(session, code, by=actor(by), at=now())
        out.print(f"{code} 已提交 submitted")

    @app.command("take-back")
    def take_back(code: code_type, by: By) -> None:
        """撤回提交，恢复为草稿 Take a submitted or returned edition back into draft."""
        with writing() as session:
            verbs.take_back(session, code, by=actor(by), at=now())
        out.print(f"{code} 已撤回为草稿 taken back")

    @app.command("send-back")
    def send_back(code: code_type, opinion: str, by: By) -> None:
        """退回并写明意见 Return it with an opinion."""
        with writing() as session:
            verbs.send_back(session, code, opinion, by=actor(by), at=now())
        out.print(f"{code} 已退回 returned")

    @app.command()
    def approve(code: code_type, by: By, opinion: Opinion = None) -> None:
        """审核通过，须另一人 Approve it; by another person than the submitter."""
        with writing() as session:
            verbs.approve(session, code, by=actor(by), at=now(), opinion=opinion)
        out.print(f"{code} 已通过 approved")

    @app.command()
    def discard(code: code_type, by: By) -> None:
        """废弃草稿 Throw the open draft away."""
        with writing() as session:
            verbs.discard(session, code, by=actor(by), at=now())
        out.print(f"{code} 草稿已废弃 discarded")


def _add_publication(app: typer.Typer, verbs: Verbs, code_type: Any) -> None:
    @app.command()
    def publish(code: code_type, by: By, effective_from: Day = None, effective_until: Day = None) -> None:
        """发布，可定生效日 Publish, today or from a later day on."""
        first, end = day_of(effective_from), day_of(effective_until)
        with writing() as session:
            edition = verbs.publish(session, code, effective_from=first, effective_until=end, by=actor(by), at=now())
            number, first = edition.number, edition.effective_from
        out.print(f"{code} 第 {number} 版 自 {first} 起生效 effective from {first}")

    @app.command()
    def withdraw(code: code_type, by: By) -> None:
        """撤回待生效版本 Take an approved or scheduled edition out."""
        with writing() as session:
            verbs.withdraw(session, code, by=actor(by), at=now())
        out.print(f"{code} 已撤回 withdrawn")


def _add_decisions(app: typer.Typer, verbs: Verbs, code_type: Any) -> None:
    @app.command()
    def suspend(
        code: code_type, by: By, document_number: Document, reason: Reason, on: Day = None,
        issuing_body: IssuingBody = LEAGUE_OFFICE,
    ) -> None:  # fmt: skip
        """暂停 Suspend from a day on; the guide stays readable and says so."""
        decision = decision_of(document_number, reason, issuing_body, on)
        with writing() as session:
            verbs.suspend(session, code, decision, by=actor(by), at=now())
        out.print(f"{code} 自 {decision.effective_on} 起暂停 suspended from {decision.effective_on}")

    @app.command()
    def resume(
        code: code_type, by: By, document_number: Document, reason: Reason, on: Day = None,
        issuing_body: IssuingBody = LEAGUE_OFFICE,
    ) -> None:  # fmt: skip
        """恢复 End a suspension from a day on."""
        decision = decision_of(document_number, reason, issuing_body, on)
        with writing() as session:
            verbs.resume(session, code, decision, by=actor(by), at=now())
        out.print(f"{code} 自 {decision.effective_on} 起恢复 resumed from {decision.effective_on}")

    @app.command()
    def cancel(
        code: code_type, by: By, document_number: Document, reason: Reason, on: Day = None,
        issuing_body: IssuingBody = LEAGUE_OFFICE,
    ) -> None:  # fmt: skip
        """取消 Cancel from a day on; the implementations of an item end with it."""
        decision = decision_of(document_number, reason, issuing_body, on)
        with writing() as session:
            verbs.cancel(session, code, decision, by=actor(by), at=now())
        out.print(f"{code} 自 {decision.effective_on} 起取消 cancelled from {decision.effective_on}")


def decision_of(document_number: str, reason: str, issuing_body: str, on: datetime | None) -> Decision:
    """Return the decision that the options of a command describe; today in Alxa where no day is named."""
    return Decision(document_number, reason, issuing_body, day_of(on) or civil_day(now()), reason)
