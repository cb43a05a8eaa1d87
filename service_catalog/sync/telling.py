"""Rows → documents of the feed, many things in a few questions; what is not published is not in them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import and_, select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency, AgencyFactsEdition
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.regions.tables import Region, ZoneMember
from service_catalog.sync.documents import Kind
from service_catalog.sync.telling_items import tell_implementations, tell_items
from service_catalog.sync.telling_registers import tell_codes, tell_registers
from service_catalog.sync.writing import Document, columns, grouped, questions, written

AT_ONCE = 500
"""Things that are told in one go: bounded for SQLite's number of variables, and for memory."""


def tell(session: Session, kind: Kind, codes: Collection[str]) -> dict[str, Document]:
    """Return the documents of up to AT_ONCE things of one kind, by code; a thing with nothing published is not there."""
    return _TELLERS[kind](session, codes) if codes else {}


def in_portions(codes: Iterable[str]) -> Iterator[list[str]]:
    """Part codes into portions of AT_ONCE."""
    portion: list[str] = []
    for code in codes:
        portion.append(code)
        if len(portion) == AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion


def _regions(session: Session, codes: Collection[str]) -> dict[str, Document]:
    query: Any = select(
        *columns(
            Region, "code", "name", "level", "kind", "parent_code", "statistical_only", "governed_by", "valid_from",
            "document_number",
        )
    ).where(col(Region.code).in_(codes))  # fmt: skip
    members: dict[str, list[str]] = defaultdict(list)
    inside = select(col(ZoneMember.zone_code), col(ZoneMember.region_code)).where(col(ZoneMember.zone_code).in_(codes))
    for zone, member in session.execute(inside.order_by(col(ZoneMember.region_code))):
        members[zone].append(member)
    asked = questions(
        session,
        "region_code",
        and_(col(PublishedQuestion.region_code).in_(codes), col(PublishedQuestion.basic_code).is_(None)),
    )
    return {
        row.code: written(row, without=["code"]) | {"members": members[row.code], "questions": asked[row.code]}
        for row in session.execute(query)
    }


def _agencies(session: Session, codes: Collection[str]) -> dict[str, Document]:
    query: Any = select(
        *columns(Agency, "code", "kind", "nature", "region_code", "parent_code", "demonstration_code", "name")
    ).where(col(Agency.code).in_(codes))
    stated = (
        select(*columns(AgencyFactsEdition, "agency_code", "number", "effective_from", "recorded_at", "content"))
        .where(col(AgencyFactsEdition.agency_code).in_(codes))
        .order_by(col(AgencyFactsEdition.number))
    )
    facts = grouped(session, stated, "agency_code")
    return {
        row.code: written(row, without=["code"]) | {"facts": facts.get(row.code, [])} for row in session.execute(query)
    }


_TELLERS: Mapping[Kind, Callable[[Session, Collection[str]], dict[str, Document]]] = {
    "agency": _agencies,
    "basic_item": tell_items,
    "code": tell_codes,
    "implementation": tell_implementations,
    "region": _regions,
    "register": tell_registers,
}
