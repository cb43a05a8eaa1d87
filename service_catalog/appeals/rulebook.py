"""The rulebook of appeals: limits, policy, channels, routes, what belongs elsewhere, quality of answers; all of it data.

Each is a register of its own that a site replaces by loading a file; a file that cannot be right is refused as a whole.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from sqlalchemy import delete, select
from sqlmodel import Session, col

from service_catalog.access.places import demand_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.appeals.rules import Answers, Channel, Channels, ElsewhereList, Limits, Policy, Routes
from service_catalog.appeals.tables import AppealRegister
from service_catalog.kernel.errors import Fault, Invalid, InvalidRequest, NotFound, Said
from service_catalog.kernel.problems import faults_of
from service_catalog.kernel.texts import Document
from service_catalog.registers import loading
from service_catalog.registers.registers import Kept, registers_of

REGISTERS: dict[str, type[Document]] = {
    "limits": Limits, "policy": Policy, "channels": Channels, "elsewhere": ElsewhereList, "routes": Routes,
    "answers": Answers,
}  # fmt: skip


class Rulebook(Document):
    """One version of all of them."""

    limits: Limits
    policy: Policy
    channels: Channels
    elsewhere: ElsewhereList
    routes: Routes
    answers: Answers

    def channel(self, code: str) -> Channel:
        """Return a channel; raises InvalidRequest."""
        found = next((channel for channel in self.channels.channels if channel.code == code), None)
        if found is None:
            known = "、".join(channel.code for channel in self.channels.channels)
            said = Said(f"没有这个渠道，可选：{known}", f"no such channel; known: {known}")
            raise InvalidRequest([Fault("/channel", said)])
        return found


class RulebookIncomplete(Invalid):
    """A register of appeals has never been loaded, or the file does not hold what it should."""

    title = Said("诉求规则不完整", "The rules of appeals are incomplete")


class NoSuchRules(NotFound):
    """There is no register of appeals under this name, or it has never been loaded."""

    title = Said("没有这类诉求规则", "No such rules of appeals")

    def __init__(self, name: str) -> None:
        known = ", ".join(REGISTERS)
        super().__init__(
            f"没有名为 {name} 的规则，可选：{known}", f"no rules {name}; known: {known}", known=[*REGISTERS]
        )


_kept = Kept[Rulebook]()


def rulebook_of(session: Session) -> Rulebook:
    """Return the rulebook as this transaction sees it; it is read anew only when a register has moved."""
    return _kept.under(session, registers_of(session).version, lambda: _read(session))


def _read(session: Session) -> Rulebook:
    documents = {row.name: row.document for row in session.scalars(select(AppealRegister))}
    missing = REGISTERS.keys() - documents.keys()
    if missing:
        names = ", ".join(sorted(missing))
        raise RulebookIncomplete(f"缺少：{names}", f"missing: {names}", missing=sorted(missing))
    return Rulebook.model_validate(documents)


def load_register(session: Session, name: str, content: Any, *, by: Actor, at: datetime) -> AppealRegister:
    """Replace one register; raises NoSuchRules, RulebookIncomplete with every fault of the file, NotAllowed."""
    kind = REGISTERS.get(name)
    if kind is None:
        raise NoSuchRules(name)
    demand_league(session, by, Right.MANAGE_APPEAL_RULES)
    try:
        document = kind.model_validate(content)
    except ValidationError as error:
        raise _faulty(name, faults_of(error.errors(), root=())) from error
    session.execute(delete(AppealRegister).where(col(AppealRegister.name) == name))
    row = AppealRegister(name=name, document=document.model_dump(mode="json"), loaded_by=by.name, loaded_at=at)
    session.add(row)
    loading.moved(session, f"appeals-{name}", by=by, at=at)
    return row


def _faulty(name: str, faults: Sequence[Fault]) -> RulebookIncomplete:
    places = [{"pointer": fault.pointer, **fault.said._asdict()} for fault in faults]
    zh, en = ("; ".join(f"{place['pointer']} {place[said]}" for place in places) for said in ("zh", "en"))
    return RulebookIncomplete(f"{name}：{zh}", f"{name}: {en}", faults=places)


def find_register(session: Session, name: str) -> AppealRegister:
    """Return a register as it was loaded; raises NoSuchRules."""
    row = session.get(AppealRegister, name)
    if row is None:
        raise NoSuchRules(name)
    return row


def load_folder(session: Session, folder: Path, *, by: Actor, at: datetime, only_missing: bool = False) -> None:
    """Load every register of a folder of YAML files named after them; or only those that were never loaded."""
    there = set(session.scalars(select(col(AppealRegister.name)))) if only_missing else set()
    for name in (name for name in REGISTERS if name not in there):
        content = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
        load_register(session, name, content, by=by, at=at)
