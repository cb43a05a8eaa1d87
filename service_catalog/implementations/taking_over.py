"""Taking over what was delegated (承接): the lower body claims by the document, the upper code leads to it."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.places import demand_at
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import ReplacingAct, replace_code
from service_catalog.implementations.claiming import (
    claim,
)
from service_catalog.implementations.delegating import same_levels_as
from service_catalog.implementations.tables import DelegatedRegion, Delegation, Implementation
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import NotFound, Said
from service_catalog.lifecycle.tables import Act, Standing
from service_catalog.regions.mapping import lines_above


class NoSuchDelegation(NotFound):
    """No document delegates this item to the region of the agency at this level."""

    title = Said("没有这项下放", "No such delegation")


def take_over(
    session: Session,
    *,
    agency_code: str,
    exercise_level: str,
    basic_code: str,
    document_number: str,
    by: Actor,
    at: datetime,
) -> Implementation:
    """Claim what was delegated to an agency's region by a document; raises NoSuchDelegation and what claiming raises.

    Where the upper body ends by the same act, its code leads to this one from then on.
    """
    agency = find_agency(session, agency_code)
    demand_at(session, by, Right.WRITE_LOCAL, region_code=agency.region_code, agency_code=agency.code)
    made = _delegation_to(session, basic_code, agency.region_code, exercise_level, document_number)
    implementation = claim(
        session, agency_code=agency_code, exercise_level=exercise_level, basic_code=basic_code, act_id=made.act_id,
        by=by, at=at,
    )  # fmt: skip
    _lead_from_upper(session, made, implementation, document_number, by=by, at=at)
    return implementation


def _delegation_to(session: Session, basic_code: str, region_code: str, level: str, document_number: str) -> Delegation:
    around = [line.ancestor for line in lines_above(session, region_code)]
    query = (
        select(Delegation)
        .join(Act, col(Act.id) == col(Delegation.act_id))
        .join(DelegatedRegion, col(DelegatedRegion.act_id) == col(Delegation.act_id))
        .where(
            col(Delegation.basic_code) == basic_code,
            col(Delegation.to_level) == level,
            col(Act.document_number) == document_number,
            col(DelegatedRegion.region_code).in_(around),
        )
        .order_by(col(Delegation.act_id).desc())
        .limit(1)
    )
    made = session.scalars(query).first()
    if made is None:
        raise NoSuchDelegation(
            f"文号 {document_number} 没有把 {basic_code} 下放到该区划的层级 {level}",
            f"{document_number} does not delegate {basic_code} to this region at level {level}",
            code=basic_code, document_number=document_number,
        )  # fmt: skip
    return made


def _lead_from_upper(
    session: Session, made: Delegation, lower: Implementation, document_number: str, *, by: Actor, at: datetime
) -> None:
    around = [line.ancestor for line in lines_above(session, lower.region_code)]
    query = select(col(Implementation.implementation_code)).where(
        col(Implementation.basic_code) == made.basic_code,
        col(Implementation.exercise_level) == made.from_level,
        col(Implementation.region_code).in_(around),
    )
    ending = (
        select(col(Standing.from_on))
        .join(Delegation, col(Delegation.act_id) == col(Standing.act_id))
        .where(same_levels_as(made), col(Standing.subject) == Subject.IMPLEMENTATION)
    )
    for upper in session.scalars(query).all():
        ended = session.scalars(ending.where(col(Standing.code) == upper)).first()
        if ended is not None:
            replace_code(
                session, upper, [lower.implementation_code], act_kind=ReplacingAct.DELEGATE,
                valid_from=max(ended, made.effective_on, civil_day(at)), document_number=document_number, by=by, at=at,
            )  # fmt: skip
