"""Registering agencies and stating their facts."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.tables import Agency, AgencyFactsEdition, AgencyKind
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.coding.judging import CodeRules, judge_agency
from service_catalog.kernel.database import add_new
from service_catalog.kernel.dates import civil_day, ends_at
from service_catalog.kernel.errors import Conflict, Invalid, NotFound, Said
from service_catalog.regions.mapping import find_region


class NoSuchAgency(NotFound):
    """There is no agency of this code."""

    title = Said("没有这个实施主体", "No such agency")


class AgencyCodeTaken(Conflict):
    """An agency of this code is registered."""

    title = Said("实施主体编码已登记", "The agency code is taken")


class AgencyCodeWrong(Invalid):
    """The code is neither a right credit code nor a declared placeholder."""

    title = Said("实施主体编码不正确", "The agency code is wrong")


def register_agency(
    session: Session,
    *,
    code: str,
    kind: AgencyKind,
    nature: str,
    region_code: str,
    parent_code: str | None,
    facts: AgencyFacts,
    effective_from: date,
    rules: CodeRules,
    demonstration_code: bool = False,
    by: Actor,
    at: datetime,
) -> Agency:
    """Register a body with its first facts; raises AgencyCodeWrong, AgencyCodeTaken, NoSuchRegion, NoSuchAgency."""
    if len(code) != 18:
        raise AgencyCodeWrong(f"{code}：应为 18 位", f"{code}: 18 characters", code=code, findings=["code_length"])
    wrong = [finding for finding in judge_agency(code, rules) if finding.severity == "error"]
    if wrong:
        said = wrong[0].said
        raise AgencyCodeWrong(f"{code}：{said.zh}", f"{code}: {said.en}", code=code, findings=[f.rule for f in wrong])
    taken = AgencyCodeTaken(f"实施主体 {code} 已登记", f"agency {code} is registered", code=code)
    if session.get(Agency, code) is not None:
        raise taken
    find_region(session, region_code)
    if parent_code is not None:
        find_agency(session, parent_code)
    agency = Agency(
        code=code, kind=kind, nature=nature, region_code=region_code, parent_code=parent_code,
        demonstration_code=demonstration_code, name=facts.name,
    )  # fmt: skip
    add_new(session, agency, taken)
    state_facts(session, agency, facts, effective_from=effective_from, by=by, at=at)
    return agency


def state_facts(
    session: Session, agency: Agency, facts: AgencyFacts, *, effective_from: date, by: Actor, at: datetime
) -> AgencyFactsEdition:
    """State the facts of an agency from a day on; earlier facts stay readable."""
    session.execute(select(col(Agency.code)).where(col(Agency.code) == agency.code).with_for_update())
    last = session.execute(
        select(func.max(AgencyFactsEdition.number)).where(col(AgencyFactsEdition.agency_code) == agency.code)
    ).scalar_one()
    edition = AgencyFactsEdition(
        agency_code=agency.code, number=(last or 0) + 1, effective_from=effective_from, recorded_at=at, by=by.name,
        content=facts.model_dump(mode="json", exclude_defaults=True, exclude_none=True),
    )  # fmt: skip
    session.add(edition)
    session.flush()
    today = facts_on(session, agency.code, civil_day(at))
    if today is not None:
        agency.name = today.facts.name
    log.record(session, Subject.AGENCY, agency.code, edition=edition.number, by=by, at=at)
    return edition


def find_agency(session: Session, code: str) -> Agency:
    """Return the agency of a code; raises NoSuchAgency."""
    agency = session.get(Agency, code)
    if agency is None:
        raise NoSuchAgency(f"没有编码为 {code} 的实施主体", f"there is no agency {code}", code=code)
    return agency


def facts_on(session: Session, code: str, day: date) -> AgencyFactsEdition | None:
    """Return what an agency said of itself on `day`: in force by then, and recorded by then."""
    query = _latest(select(AgencyFactsEdition), day).where(col(AgencyFactsEdition.agency_code) == code)
    return session.scalars(query).first()


@lru_cache(maxsize=16)  # making a statement costs more than running it
def name_on(day: date) -> ColumnElement[str]:
    """Return the name that the Agency of a row bears on `day`, for lists: one look by key for each row that is shown."""
    name = col(AgencyFactsEdition.content)["name"].as_string()
    stated = _latest(select(name), day).where(col(AgencyFactsEdition.agency_code) == col(Agency.code))
    return func.coalesce(stated.correlate(Agency).scalar_subquery(), col(Agency.name))


def _latest(query: Select[Any], day: date) -> Select[Any]:
    """Narrow a question about facts down to the latest that were in force by `day`, and recorded by it."""
    in_force = and_(col(AgencyFactsEdition.effective_from) <= day, col(AgencyFactsEdition.recorded_at) < ends_at(day))
    newest = (col(AgencyFactsEdition.effective_from).desc(), col(AgencyFactsEdition.number).desc())
    return query.where(in_force).order_by(*newest).limit(1)
