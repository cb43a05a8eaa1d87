"""Old codes stay resolvable for ever: who was replaced by whom, since when, by which document."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, column, exists, select, table
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.coding.codes import BASIC, IMPLEMENTATION, BasicCode, Code, HandlingItemCode, parse
from service_catalog.coding.tables import CodeAlias, IssuedCode
from service_catalog.kernel.database import add_new
from service_catalog.kernel.dates import civil_day, ends_at, starts_at
from service_catalog.kernel.errors import Conflict, Invalid, Said

LONGEST_CHAIN = 32


class ReplacingAct(StrEnum):
    """The acts that give a thing another code (handbook, codes §10); each is one of the acts of lifecycle/states.py."""

    CHANGE = "change"
    DELEGATE = "delegate"
    TAKE_OVER = "take_over"
    TAKE_BACK = "take_back"
    TRANSFER = "transfer"
    MERGE = "merge"
    SPLIT = "split"


class AliasGoesRound(Conflict):
    """The new code leads back to the old one."""

    title = Said("编码别名成环", "The alias leads back to itself")


class AliasExists(Conflict):
    """The same replacement has been recorded."""

    title = Said("替换已登记", "The replacement is recorded already")


class AliasNeedsDocument(Invalid):
    """A code is replaced only by a numbered document."""

    title = Said("替换编码须有文号", "Replacing a code needs a document number")


class AliasOfAnotherKind(Invalid):
    """A basic code is replaced by a basic code, an implementation code by an implementation code."""

    title = Said("新旧编码种类不同", "Old and new code are of different kinds")


class AliasBackDated(Invalid):
    """A code is replaced from the day of the record on, or later: what was read before must stay true."""

    title = Said("替换的起始日期已过", "The replacement would begin in the past")


class ActReplacesNoCode(Invalid):
    """Only the acts that give a thing another code are recorded with an alias."""

    title = Said("此行为不替换编码", "This act replaces no code")


class SuccessorUnknown(Invalid):
    """A code is replaced by one that exists: a basic code that was issued, an implementation that was claimed."""

    title = Said("新编码不存在", "There is no such new code")


class Replacement(NamedTuple):
    """What stands in place of a code that was replaced: the act that replaced the code itself, and the code in use now."""

    old_code: str
    new_code: str
    """The code in use: where the replacing code was itself replaced, the last one of the chain."""
    valid_from: date
    document_number: str
    act_kind: str
    since: datetime
    """When anything on the way was last recorded or took effect."""


class _Link(NamedTuple):
    """One step of the way, between codes of the kind that was asked for; the alias may be that of a part of them."""

    old_code: str
    new_code: str
    alias: CodeAlias


def replace_code(
    session: Session,
    old_code: str,
    new_codes: Sequence[str],
    *,
    act_kind: str,
    valid_from: date,
    document_number: str,
    by: Actor,
    at: datetime,
) -> None:
    """Record that `old_code` became `new_codes` (several after a split) from `valid_from` on."""
    _refuse_wrong_act(act_kind, valid_from, document_number, civil_day(at))
    for new_code in new_codes:
        if type(parse(old_code)) is not type(new := parse(new_code)):
            raise AliasOfAnotherKind(
                f"{old_code} 与 {new_code} 不是同一种编码", f"{old_code} and {new_code} are not of one kind"
            )
        if old_code == new_code or old_code in {link.new_code for link in _walk(session, new_code, None)}:
            raise AliasGoesRound(f"{new_code} 已指向 {old_code}", f"{new_code} already leads to {old_code}")
        if not _is_known(session, new):
            raise SuccessorUnknown(
                f"{new_code} 未曾赋码或认领", f"{new_code} was never issued or claimed", code=new_code
            )
        alias = CodeAlias(
            old_code=old_code, new_code=new_code, act_kind=str(act_kind), valid_from=valid_from,
            document_number=document_number, by=by.name, at=at,
        )  # fmt: skip
        twice = AliasExists(f"{old_code} 已由 {new_code} 代替", f"{old_code} is replaced by {new_code} already")
        if session.get(CodeAlias, (old_code, new_code)) is not None:
            raise twice
        add_new(session, alias, twice)
    log.record(session, Subject.CODE, old_code, by=by, at=at)


def _refuse_wrong_act(act_kind: str, valid_from: date, document_number: str, today: date) -> None:
    if not document_number.strip():
        raise AliasNeedsDocument("请填写文号", "a document number is required")
    acts = [act.value for act in ReplacingAct]
    if act_kind not in acts:
        raise ActReplacesNoCode(
            f"“{act_kind}”不是替换编码的行为（{'、'.join(acts)}）", f"{act_kind!r} is none of {', '.join(acts)}"
        )
    if valid_from < today:
        raise AliasBackDated(f"起始日期 {valid_from} 已过，不得追溯", f"{valid_from} is past; nothing is back-dated")


_IMPLEMENTATION = table("implementation", column("implementation_code"))
"""Stands on a floor above, so that only its name is known here."""


def _is_known(session: Session, code: Code) -> bool:
    """Tell whether a code may stand in place of another: given out here, or an old code that leads to one that was."""
    if isinstance(code, HandlingItemCode):
        serial = str(code.implementation.basic) + code.serial
        known = _is_known(session, code.implementation) and session.get(IssuedCode, serial) is not None
    elif isinstance(code, BasicCode):
        known = session.get(IssuedCode, str(code)) is not None
    else:
        claimed = exists().select_from(_IMPLEMENTATION).where(_IMPLEMENTATION.c.implementation_code == str(code))
        known = bool(session.execute(select(claimed)).scalar())
    return known or session.scalars(_ALIASES, {"codes": [str(code)]}).first() is not None


def not_replaced(day: date, *codes: Any) -> ColumnElement[bool]:
    """Return the condition that none of some code columns holds a code that is only an alias on `day`.

    Name the code itself and the basic code inside it: where the item has another code, so have its implementations.
    """
    return and_(
        *(
            ~exists().where(
                col(CodeAlias.old_code) == code, col(CodeAlias.valid_from) <= day, col(CodeAlias.at) < ends_at(day)
            )
            for code in codes
        )
    )


def successors_of(session: Session, code: str, day: date) -> list[Replacement]:
    """Return what stands in place of `code` on `day`: one after a move, several after a split, none if it is in use.

    A handling item (33) follows its implementation (31) and keeps its serial; an implementation follows its item (12)
    and keeps agency and level; unless they have an alias of their own.
    """
    links = _walk(session, code, day)
    first: dict[str, CodeAlias] = {}
    for link in links:
        first.setdefault(link.new_code, link.alias if link.old_code == code else first[link.old_code])
    left = {link.old_code for link in links}
    since = max((max(link.alias.at, starts_at(link.alias.valid_from)) for link in links), default=None)
    return [
        Replacement(code, end, alias.valid_from, alias.document_number, alias.act_kind, since)
        for end, alias in first.items()
        if end not in left and since is not None
    ]


_ALIASES = (
    select(CodeAlias)
    .where(col(CodeAlias.old_code).in_(bindparam("codes", expanding=True)))
    .order_by(col(CodeAlias.new_code))
)


def _walk(session: Session, code: str, day: date | None) -> list[_Link]:
    """Walk from a code along the links that hold on `day` (None: on any day), nearest first."""
    found: dict[tuple[str, str], _Link] = {}
    codes = {code}
    for _ in range(LONGEST_CHAIN):
        fresh = [link for link in _links(session, sorted(codes), day) if link[:2] not in found]
        if not fresh:
            break
        found |= {link[:2]: link for link in fresh}
        codes = {link.new_code for link in fresh}
    return list(found.values())


def _links(session: Session, codes: Sequence[str], day: date | None) -> Iterable[_Link]:
    asked = {part for code in codes for part in _parts(code)}
    aliases: dict[str, list[CodeAlias]] = defaultdict(list)
    for alias in session.scalars(_ALIASES, {"codes": sorted(asked)}):
        if day is None or (alias.valid_from <= day and alias.at < ends_at(day)):
            aliases[alias.old_code].append(alias)
    for code in codes:
        own = next((part for part in _parts(code) if part in aliases), None)
        for alias in aliases[own] if own else []:
            yield _Link(code, _put_in(code, alias), alias)


def _put_in(code: str, alias: CodeAlias) -> str:
    """Return `code` with the new code of the alias in place of the old one, be it all of it or a part."""
    start = IMPLEMENTATION - BASIC if len(alias.old_code) == BASIC < len(code) else 0
    return code[:start] + alias.new_code + code[start + len(alias.old_code) :]


def _parts(code: str) -> list[str]:
    """Return the codes whose alias a code follows, nearest first: its own, its implementation's, its item's."""
    inner = [code[:IMPLEMENTATION], code[IMPLEMENTATION - BASIC : IMPLEMENTATION]]
    return [code, *(part for part in inner if BASIC <= len(part) < len(code))]
