"""Regions, agencies, replaced codes and questions of a copy."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency, AgencyFactsEdition
from service_catalog.changes.tables import Change, Subject
from service_catalog.coding.tables import CodeAlias
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.regions.tables import Region, RegionLine, ZoneMember
from service_catalog.replica.rows import CENTRE, Coming, day, moment, put, take
from service_catalog.sync.documents import Kind


def codes_here(session: Session, kind: Kind) -> list[str]:
    """Return the codes of one kind that ever came to the copy."""
    query = select(col(Change.code)).where(col(Change.subject) == Subject(kind)).distinct()
    return list(session.scalars(query))


def regions(session: Session, coming: Coming) -> None:
    """Place regions, and draw the lines of descent anew: there are some hundred."""
    for codes in coming.portions:
        take(session, col(Region.code), codes)
        take(session, col(ZoneMember.zone_code), codes)
        of_none = col(PublishedQuestion.basic_code).is_(None)
        session.execute(delete(PublishedQuestion).where(col(PublishedQuestion.region_code).in_(codes), of_none))
    plain = ("name", "level", "kind", "parent_code", "statistical_only", "governed_by", "document_number")
    there = list(coming.there)
    put(
        session, Region,
        [
            {"code": code, "valid_from": day(told["valid_from"])} | {name: told[name] for name in plain}
            for code, told in there
        ],
    )  # fmt: skip
    put(
        session, ZoneMember,
        [{"zone_code": code, "region_code": member} for code, told in there for member in told["members"]],
    )  # fmt: skip
    put(session, PublishedQuestion, [row for _, told in there for row in question_rows(told["questions"], None, None)])
    _draw_lines(session)


def _draw_lines(session: Session) -> None:
    query = select(col(Region.code), col(Region.parent_code))
    parents: dict[str, str | None] = {row.code: row.parent_code for row in session.execute(query)}
    rows = []
    for code in parents:
        above: str | None = code
        distance = 0
        while above is not None and above in parents:
            rows.append({"descendant": code, "ancestor": above, "distance": distance})
            above, distance = parents[above], distance + 1
    session.execute(delete(RegionLine))
    put(session, RegionLine, rows)


def agencies(session: Session, coming: Coming) -> None:
    """Place agencies with all their facts."""
    for codes in coming.portions:
        take(session, col(Agency.code), codes)
        take(session, col(AgencyFactsEdition.agency_code), codes)
    plain = ("kind", "nature", "region_code", "parent_code", "demonstration_code", "name")
    there = list(coming.there)
    put(session, Agency, [{"code": code} | {name: told[name] for name in plain} for code, told in there])
    put(
        session, AgencyFactsEdition,
        [
            {
                "agency_code": code, "number": facts["number"], "effective_from": day(facts["effective_from"]),
                "recorded_at": moment(facts["recorded_at"]), "by": CENTRE, "content": facts["content"],
            }
            for code, told in there
            for facts in told["facts"]
        ],
    )  # fmt: skip


def codes(session: Session, coming: Coming) -> None:
    """Place what stands in the place of old codes."""
    for old in coming.portions:
        take(session, col(CodeAlias.old_code), old)
    put(
        session, CodeAlias,
        [
            {
                "old_code": code, "new_code": alias["new_code"], "act_kind": alias["act_kind"],
                "valid_from": day(alias["valid_from"]), "document_number": alias["document_number"], "by": CENTRE,
                "at": moment(alias["at"]),
            }
            for code, told in coming.there
            for alias in told["aliases"]
        ],
    )  # fmt: skip


def question_rows(
    questions: Iterable[Mapping[str, Any]], basic_code: str | None, implementation_code: str | None
) -> Iterable[dict[str, Any]]:
    """Return questions under their numbers; from which appeal they came is not told."""
    for one in questions:
        yield {
            "id": one["number"], "appeal_number": f"{one['number']:012}", "basic_code": basic_code,
            "implementation_code": implementation_code, "region_code": one["region_code"],
            "agency_code": one["agency_code"], "question": one["question"] or "", "answer": one["answer"] or "",
            "published_at": moment(one["published_at"]), "published_by": CENTRE,
            "withdrawn_at": moment(one["withdrawn_at"]), "withdrawn_by": one["withdrawn_at"] and CENTRE,
        }  # fmt: skip
