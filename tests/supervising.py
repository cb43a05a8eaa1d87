"""Appeals for the supervision: handed in and moved by the verbs of the product, or written as rows for counting."""

from datetime import datetime
from typing import Any

from builders import BANNER, BANNER_BUREAU, ITEM, TOWNSHIP
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.appeals import afterwards, answering, handling
from service_catalog.appeals.case import Case
from service_catalog.appeals.drafts import AppealDraft
from service_catalog.appeals.intake import take
from service_catalog.appeals.opening import open_case
from service_catalog.appeals.stages import AppealKind, Stage, Urgency
from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.database import reading
from service_catalog.kernel.dates import civil_day
from service_catalog.outbox.tables import OutboxMessage
from service_catalog.settings import Settings
from service_catalog.supervision.tables import AppealSignal
from service_catalog.vault import Vault, open_vault

OFFICER, DESK = Actor("承办甲"), Actor("受理乙")
ANSWER = "您好！经核实，窗口已经改正，不再收取户口本复印件，并已向您道歉。如有问题请再联系我们，谢谢您的监督和支持。"


def vault_of(engine: Engine) -> Vault:
    """Return the keys of personal data that the tests' environment names."""
    return open_vault(Settings(database_url=engine.url.render_as_string(hide_password=False)))


def hand_in(session: Session, vault: Vault, at: datetime, **changes: Any) -> Case:
    """Hand in an appeal about the permit in the township; the banner's bureau has it where it has published its part."""
    draft = {
        "kind": "help",
        "text": "窗口不收我的材料，请帮忙。",
        "channel": "portal",
        "region": TOWNSHIP,
        "item": ITEM,
    }
    return take(session, vault, AppealDraft.model_validate(draft | changes), by=None, at=at).case


def start(session: Session, vault: Vault, number: str, at: datetime) -> None:
    """Sign for an appeal and begin."""
    handling.sign(session, vault, number, by=OFFICER, at=at)
    session.flush()
    handling.start(session, vault, number, by=OFFICER, at=at)
    session.flush()


def answer(session: Session, vault: Vault, number: str, at: datetime) -> None:
    """Answer an appeal that is being handled and needs no second person."""
    answering.propose_answer(session, vault, number, words=ANSWER, by=OFFICER, at=at)
    session.flush()


def rate(session: Session, vault: Vault, number: str, grade: int, at: datetime) -> None:
    """Rate an answer, as the person does."""
    afterwards.rate(open_case(session, vault, number), grade=grade, words=None, at=at)
    session.flush()


def call_back(session: Session, vault: Vault, number: str, at: datetime) -> None:
    """Call the person after a bad rating."""
    afterwards.call_back(session, vault, number, words="已致歉", by=DESK, at=at)
    session.flush()


def reopen(session: Session, vault: Vault, number: str, at: datetime) -> None:
    """Call the person, then have it handled anew."""
    call_back(session, vault, number, at)
    afterwards.reopen(session, vault, number, reason="确有问题", by=DESK, at=at)
    session.flush()


def row(number: str, at: datetime, **columns: Any) -> Appeal:
    """Return an appeal as a row, for counting; nothing of it can be read."""
    plain: dict[str, Any] = {
        "number": number, "kind": AppealKind.HELP, "urgency": Urgency.NORMAL, "channel": "portal", "body": b"",
        "desk_region": BANNER, "query_code": b"", "received_at": at, "received_month": f"{civil_day(at):%Y-%m}",
        "stage": Stage.HANDLING, "stage_since": at, "lead_agency": BANNER_BUREAU,
    }  # fmt: skip
    return Appeal(**plain | columns)


def signals(engine: Engine) -> list[AppealSignal]:
    """Return all signals in the order in which they were raised."""
    with reading(engine) as session:
        rows = list(session.scalars(select(AppealSignal).order_by(col(AppealSignal.id))))
        session.expunge_all()
        return rows


def messages(engine: Engine) -> list[OutboxMessage]:
    """Return all messages in the order in which they were posted."""
    with reading(engine) as session:
        rows = list(session.scalars(select(OutboxMessage).order_by(col(OutboxMessage.id))))
        session.expunge_all()
        return rows
