"""Old codes stay resolvable for ever: who was replaced by whom, since when, by which document."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.coding.codes import HANDLING_ITEM, parse
from service_catalog.coding.tables import CodeAlias
from service_catalog.kernel.database import add_new
from service_catalog.kernel.errors import Conflict, Invalid, Said

LONGEST_CHAIN = 32


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
    """Record that `old_code` became `new_codes` (several after a split)."""
    if not document_number.strip():
        raise AliasNeedsDocument("请填写文号", "a document number is required")
    for new_code in new_codes:
        if type(parse(old_code)) is not type(parse(new_code)):
            raise AliasOfAnotherKind(
                f"{old_code} 与 {new_code} 不是同一种编码", f"{old_code} and {new_code} are not of one kind"
            )
        if old_code == new_code or old_code in {alias.new_code for alias in _all_after(session, new_code)}:
            raise AliasGoesRound(f"{new_code} 已指向 {old_code}", f"{new_code} already leads to {old_code}")
        alias = CodeAlias(
            old_code=old_code, new_code=new_code, act_kind=act_kind, valid_from=valid_from,
            document_number=document_number, by=by.name, at=at,
        )  # fmt: skip
        twice = AliasExists(f"{old_code} 已由 {new_code} 代替", f"{old_code} is replaced by {new_code} already")
        if session.get(CodeAlias, (old_code, new_code)) is not None:
            raise twice
        add_new(session, alias, twice)
    log.record(session, Subject.CODE, old_code, by=by, at=at)


def successors_of(session: Session, code: str, day: date) -> list[CodeAlias]:
    """Return the last aliases reached from `code` on `day`: one after a move, several after a split, none if in use.

    A handling item (33) follows its implementation (31) and keeps its serial, unless it has an alias of its own.
    """
    direct = _last_of(session, code, day)
    if direct or len(code) != HANDLING_ITEM:
        return direct
    return [
        CodeAlias(
            **alias.model_dump() | {"old_code": alias.old_code + code[31:], "new_code": alias.new_code + code[31:]}
        )
        for alias in _last_of(session, code[:31], day)
    ]


_SUCCESSORS = (
    select(CodeAlias)
    .where(col(CodeAlias.old_code).in_(bindparam("codes", expanding=True)))
    .order_by(col(CodeAlias.new_code))
)


def _last_of(session: Session, code: str, day: date) -> list[CodeAlias]:
    reached = _all_after(session, code, day)
    left = {alias.old_code for alias in reached}
    return list({alias.new_code: alias for alias in reached if alias.new_code not in left}.values())


def _all_after(session: Session, code: str, day: date = date.max) -> list[CodeAlias]:
    """Walk from a code along the links that hold on `day`, nearest first."""
    found: dict[tuple[str, str], CodeAlias] = {}
    codes = {code}
    for _ in range(LONGEST_CHAIN):
        rows = session.scalars(_SUCCESSORS, {"codes": list(codes)}).all()
        links = {(alias.old_code, alias.new_code): alias for alias in rows if alias.valid_from <= day}
        fresh = {link: alias for link, alias in links.items() if link not in found}
        if not fresh:
            break
        found |= fresh
        codes = {alias.new_code for alias in fresh.values()}
    return list(found.values())
