"""Standards and local parts → documents."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlmodel import Session, col

from service_catalog.basic_items.tables import BasicItem, BasicItemEdition
from service_catalog.changes.tables import Subject
from service_catalog.coding.tables import IssuedCode
from service_catalog.implementations.tables import DelegatedRegion, Delegation, Implementation, ImplementationEdition
from service_catalog.lifecycle.edition import EditionRow
from service_catalog.lifecycle.states import WorkState
from service_catalog.lifecycle.tables import Act, Standing
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.sync.documents import Kind
from service_catalog.sync.writing import Document, columns, grouped, plain, questions, written


def tell_items(session: Session, codes: Collection[str]) -> dict[str, Document]:
    """Return the standards that have anything published."""
    editions = _editions(session, BasicItemEdition, "basic_code", codes, "notice_days")
    query: Any = (
        select(
            col(BasicItem.basic_code), col(BasicItem.parent_basic_code), col(BasicItem.at).label("entered_at"),
            col(IssuedCode.retired_on), col(IssuedCode.retired_by_document),
        )
        .outerjoin(IssuedCode, col(IssuedCode.code) == col(BasicItem.basic_code))
        .where(col(BasicItem.basic_code).in_(editions))
    )  # fmt: skip
    standings, delegations = _standings(session, Subject.BASIC_ITEM, editions), _delegations(session, editions)
    acts = _acts(session, Subject.BASIC_ITEM, editions, standings, {})
    asked = questions(
        session, "basic_code",
        and_(col(PublishedQuestion.basic_code).in_(editions), col(PublishedQuestion.implementation_code).is_(None)),
    )  # fmt: skip
    return {
        row.basic_code: written(row, without=["basic_code", "retired_on", "retired_by_document"])
        | {
            "retired": row.retired_on
            and {"retired_on": plain(row.retired_on), "retired_by_document": row.retired_by_document},
            "editions": editions[row.basic_code],
            "acts": acts[row.basic_code],
            "standings": standings[row.basic_code],
            "delegations": delegations[row.basic_code],
            "questions": asked[row.basic_code],
        }
        for row in session.execute(query)
    }


def tell_implementations(session: Session, codes: Collection[str]) -> dict[str, Document]:
    """Return the local parts that have anything published."""
    editions = _editions(session, ImplementationEdition, "implementation_code", codes, "based_on_edition")
    query: Any = select(
        col(Implementation.implementation_code), col(Implementation.region_code), col(Implementation.claimed_at),
        col(Implementation.act_id).label("act"),
    ).where(col(Implementation.implementation_code).in_(editions))  # fmt: skip
    rows = session.execute(query).all()
    standings = _standings(session, Subject.IMPLEMENTATION, editions)
    brought = {row.implementation_code: row.act for row in rows if row.act is not None}
    acts = _acts(session, Subject.IMPLEMENTATION, editions, standings, brought)
    asked = questions(session, "implementation_code", col(PublishedQuestion.implementation_code).in_(editions))
    return {
        row.implementation_code: written(row, without=["implementation_code"])
        | {
            "editions": editions[row.implementation_code],
            "acts": acts[row.implementation_code],
            "standings": standings[row.implementation_code],
            "questions": asked[row.implementation_code],
        }
        for row in rows
    }


def in_the_office(session: Session, kind: Kind, codes: Collection[str]) -> set[str]:
    """Return which things nobody outside has ever been told of: of these there is no tombstone either."""
    if kind not in ("basic_item", "implementation") or not codes:
        return set()
    thing, edition, name = (
        (BasicItem, BasicItemEdition, "basic_code")
        if kind == "basic_item"
        else (Implementation, ImplementationEdition, "implementation_code")
    )
    code: Any = getattr(thing, name)
    published = exists().where(getattr(edition, name) == code, col(edition.published_at).is_not(None))
    return set(session.scalars(select(code).where(code.in_(codes), ~published)))


def _editions(
    session: Session, table: type[EditionRow], owner: str, codes: Collection[str], own: str
) -> dict[str, list[Document]]:
    """Return what was published and not taken out again; a state that the clock moves is not told."""
    query: Any = (
        select(
            *columns(
                table, owner, "number", "kind", "effective_from", "effective_until", "published_at", "content", own
            )
        )
        .where(
            getattr(table, owner).in_(codes),
            col(table.published_at).is_not(None),
            col(table.state) != WorkState.WITHDRAWN,
        )
        .order_by(col(table.number))
    )
    return grouped(session, query, owner)


def _standings(session: Session, subject: Subject, codes: Collection[str]) -> dict[str, list[Document]]:
    query: Any = (
        select(
            col(Standing.code), col(Standing.state), col(Standing.from_on), col(Standing.reason), col(Standing.at),
            col(Standing.act_id).label("act"),
        )
        .where(col(Standing.subject) == subject, col(Standing.code).in_(codes))
        .order_by(col(Standing.from_on), col(Standing.id))
    )  # fmt: skip
    return grouped(session, query, "code")


def _acts(
    session: Session,
    subject: Subject,
    codes: Collection[str],
    standings: Mapping[str, list[Document]],
    brought: Mapping[str, int],
) -> dict[str, list[Document]]:
    """Return the acts about each thing, and those about others by which it stands as it does, or came where it is."""
    named: dict[str, set[int]] = {code: {line["act"] for line in standings.get(code, ())} for code in codes}
    for code, act in brought.items():
        named[code].add(act)
    wanted = set().union(*named.values()) if named else set()
    query: Any = (
        select(
            col(Act.id).label("number"),
            *columns(Act, "subject", "code", "kind", "document_number", "title", "issuing_body", "effective_on", "at"),
        )
        .where(or_(and_(col(Act.subject) == subject, col(Act.code).in_(codes)), col(Act.id).in_(wanted)))
        .order_by(col(Act.id))
    )
    told: dict[str, list[Document]] = defaultdict(list)
    users: dict[int, list[str]] = defaultdict(list)
    for code, numbers in named.items():
        for number in numbers:
            users[number].append(code)
    for row in session.execute(query):
        line = written(row)
        own = [row.code] if row.subject is subject and row.code in named else []
        for code in dict.fromkeys([*own, *users[row.number]]):
            told[code].append(line)
    return told


def _delegations(session: Session, codes: Collection[str]) -> dict[str, list[Document]]:
    regions: dict[int, list[str]] = defaultdict(list)
    named = (
        select(col(DelegatedRegion.act_id), col(DelegatedRegion.region_code))
        .join(Delegation, col(Delegation.act_id) == col(DelegatedRegion.act_id))
        .where(col(Delegation.basic_code).in_(codes))
        .order_by(col(DelegatedRegion.region_code))
    )
    for act, region in session.execute(named):
        regions[act].append(region)
    query: Any = (
        select(
            col(Delegation.act_id).label("act"),
            *columns(Delegation, "basic_code", "from_level", "to_level", "upper_ends", "effective_on"),
        )
        .where(col(Delegation.basic_code).in_(codes))
        .order_by(col(Delegation.act_id))
    )
    found = grouped(session, query, "basic_code")
    for lines in found.values():
        for line in lines:
            line["regions"] = regions[line["act"]]
    return found
