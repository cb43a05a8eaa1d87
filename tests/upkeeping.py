"""Appeals that grow old in tests: handed in, asked about, answered and closed by the verbs of the product."""

from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

from builders import BANNER_BUREAU, ITEM, LEAGUE_BUREAU, TOWNSHIP, publish_local
from sqlalchemy import Engine

from service_catalog.actors import Actor
from service_catalog.appeals import afterwards, answering, handling
from service_catalog.appeals.attaching import attach, attachments_of, store
from service_catalog.appeals.drafts import AppealDraft, AttachmentDraft
from service_catalog.appeals.intake import take
from service_catalog.appeals.opening import look_at, open_case
from service_catalog.appeals.personal import contact_of
from service_catalog.appeals.stages import Step
from service_catalog.appeals.tables import Appeal, AppealAnswer, AppealRating
from service_catalog.appeals.telling import status
from service_catalog.attachments.storage import Storage
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.settings import Settings
from service_catalog.vault import Vault, open_vault

OFFICER, DESK, ADMINISTRATOR = Actor("承办甲"), Actor("受理乙"), Actor("管理丙")
NAME, PHONE = "萨仁高娃", "13904831234"
TEXT = f"我是{NAME}，电话{PHONE}，请问居住证多久能办好？"
ANSWER = "您好！经核实，您的居住证已经办好，请带身份证到窗口领取。如有问题请再联系我们，谢谢您的理解和支持。"


def vault_of(engine: Engine) -> Vault:
    """Return the keys of personal data that the tests' environment names."""
    return open_vault(Settings(database_url=engine.url.render_as_string(hide_password=False)))


def open_offices(engine: Engine) -> None:
    """Let the banner's bureau do the item, so that it gets what is about it."""
    with unit_of_work(engine) as session:
        publish_local(session, BANNER_BUREAU, "4")
        publish_local(session, LEAGUE_BUREAU, "3")


def hand_in(engine: Engine, vault: Vault, at: datetime, **changes: Any) -> str:
    """Hand in a request for help (three working days) with name and telephone; the banner's bureau has it."""
    draft = {
        "kind": "help", "text": TEXT, "channel": "portal", "region": TOWNSHIP, "item": ITEM,
        "contact": {"name": NAME, "phone": PHONE},
    }  # fmt: skip
    with unit_of_work(engine) as session:
        return take(session, vault, AppealDraft.model_validate(draft | changes), by=None, at=at).case.row.number


def begin(engine: Engine, vault: Vault, number: str, at: datetime) -> None:
    """Sign for an appeal and begin."""
    for step in (handling.sign, handling.start):
        with unit_of_work(engine) as session:
            step(session, vault, number, by=OFFICER, at=at)


def ask(engine: Engine, vault: Vault, number: str, at: datetime, *, days: int) -> None:
    """Ask the person for more, to be answered within so many days."""
    with unit_of_work(engine) as session:
        until = (at + timedelta(days=days)).date()
        handling.ask(session, vault, number, question="请说明受理日期。", answer_by=until, by=OFFICER, at=at)


def reply(engine: Engine, vault: Vault, number: str, at: datetime) -> None:
    """Answer the question."""
    with unit_of_work(engine) as session:
        handling.supplement(open_case(session, vault, number), words=f"{NAME}，三月一日。", by=None, at=at)


def answer(engine: Engine, vault: Vault, number: str, at: datetime) -> None:
    """Answer an appeal that is being handled."""
    with unit_of_work(engine) as session:
        answering.propose_answer(session, vault, number, words=ANSWER, by=OFFICER, at=at)


def closed(engine: Engine, vault: Vault, at: datetime, **changes: Any) -> str:
    """An appeal that was handed in, answered, rated with words, and closed, all at one moment."""
    number = hand_in(engine, vault, at, **changes)
    begin(engine, vault, number, at)
    answer(engine, vault, number, at)
    with unit_of_work(engine) as session:
        afterwards.rate(open_case(session, vault, number), grade=1, words=f"谢谢，{NAME}", at=at)
    with unit_of_work(engine) as session:
        afterwards.close(session, vault, number, words=None, by=DESK, at=at)
    return number


def withdrawn(engine: Engine, vault: Vault, at: datetime) -> str:
    """An appeal that was taken back at once."""
    number = hand_in(engine, vault, at)
    with unit_of_work(engine) as session:
        afterwards.withdraw(open_case(session, vault, number), words="不用了", at=at)
    return number


def with_file(engine: Engine, vault: Vault, storage: Storage, number: str, at: datetime, content: str) -> str:
    """Hang a text file on an appeal; returns its key."""
    draft = AttachmentDraft.model_validate({"name": f"{NAME}.txt", "content": b64encode(content.encode()).decode()})
    (stored,) = store(storage, vault, [draft])
    with unit_of_work(engine) as session:
        return attach(open_case(session, vault, number), stored, by=None, at=at).key


def row_of(engine: Engine, vault: Vault, number: str) -> Appeal:
    """Return an appeal as it stands in the database."""
    with reading(engine) as session:
        row = look_at(session, vault, number).row
        session.expunge_all()
        return row


def texts_of(engine: Engine, vault: Vault, number: str) -> str:
    """Return everything of an appeal that its keys open."""
    with reading(engine) as session:
        case = look_at(session, vault, number)
        status(case, civil_day(case.row.received_at))
        words = [case.body, case.unsealed(case.row.query_code, "query code"), *map(case.words_of, case.events)]
        for turn in range(case.row.round + 1):
            for table, what in ((AppealAnswer, "answer"), (AppealRating, "rating")):
                row: Any = session.get(table, (number, turn))
                words.append(case.unsealed(row.words, f"{what} {turn}") if row else "")
        words += [case.unsealed(file.name, f"attachment {file.key}") for file in attachments_of(case)]
        contact = contact_of(case)
        return "\n".join([*words, contact.model_dump_json() if contact else ""])


def records_of(engine: Engine, vault: Vault, number: str, step: Step = Step.RECOMPUTE) -> list[dict[str, Any]]:
    """Return what was written down at each such step."""
    with reading(engine) as session:
        return [event.facts for event in look_at(session, vault, number).events if event.step is step]
