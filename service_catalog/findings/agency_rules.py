"""The rules for one implementing body: its code, and the links it gives the public."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency, AgencyFactsEdition
from service_catalog.changes.tables import Subject
from service_catalog.coding.judging import judge_agency
from service_catalog.findings.knowledge import Knowledge
from service_catalog.findings.local_rules import wrong_link
from service_catalog.findings.rules import Broken, Found, Thing
from service_catalog.kernel.dates import ends_at
from service_catalog.kernel.problems import pointer_to


def judge_agencies(session: Session, known: Knowledge, rows: Sequence[Row[Any]]) -> Iterator[Found]:
    """Yield what is wrong with these bodies; each row has code and region_code."""
    facts = _facts(session, [row.code for row in rows], known.day)
    for row in rows:
        thing = Thing(Subject.AGENCY, row.code, row.region_code, agency_code=row.code)
        for broken in (*code_is_right(row.code, known), *links_look_right(facts.get(row.code, {}))):
            yield thing, broken


def code_is_right(code: str, known: Knowledge) -> Iterator[Broken]:
    """The code is a right credit code; a declared placeholder is said to be one."""
    for finding in judge_agency(code, known.code_rules):
        yield Broken(finding.rule, "/code", finding.said, None, code)


def links_look_right(facts: dict[str, Any]) -> Iterator[Broken]:
    """Web addresses for asking and complaining can be followed, by their looks."""
    for element in ("consultation_channels", "complaint_channels"):
        for contact in facts.get(element, ()):
            if contact["way"] == "web":
                yield from wrong_link(pointer_to((element, contact["value"])), contact["value"])


def _facts(session: Session, codes: Sequence[str], day: date) -> dict[str, dict[str, Any]]:
    query = (
        select(col(AgencyFactsEdition.agency_code), col(AgencyFactsEdition.content))
        .where(
            col(AgencyFactsEdition.agency_code).in_(codes),
            col(AgencyFactsEdition.effective_from) <= day,
            col(AgencyFactsEdition.recorded_at) < ends_at(day),
        )
        .order_by(col(AgencyFactsEdition.effective_from), col(AgencyFactsEdition.number))
    )
    return {row.agency_code: row.content for row in session.execute(query)}


def agencies() -> Any:
    """Select what the rules look at."""
    return select(col(Agency.code), col(Agency.region_code)).order_by(col(Agency.code))
