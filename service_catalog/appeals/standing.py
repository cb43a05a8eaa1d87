"""Who may do what to an appeal: the desk of its region, the body that leads, those that help, and who only watches."""

from enum import StrEnum

from sqlalchemy import select
from sqlmodel import col

from service_catalog.access.places import demand_league, place_in
from service_catalog.access.rights import NotAllowed, Place, Right, demand, may, may_anywhere
from service_catalog.actors import Actor
from service_catalog.agencies.places import place_of_agency
from service_catalog.agencies.tables import Agency
from service_catalog.appeals.case import Case
from service_catalog.appeals.routing import is_or_lies_below
from service_catalog.appeals.tables import JointAgency
from service_catalog.kernel.errors import Forbidden, Said


class IdentityProtected(Forbidden):
    """Who brought a complaint is not shown to the body complained of, nor to anybody who does not handle it."""

    title = Said("身份信息受保护", "The identity is protected")


class Relation(StrEnum):
    """How somebody stands to an appeal."""

    DESK = "desk"
    LEAD = "lead"
    JOINT = "joint"
    WATCHING = "watching"


def desk_place(case: Case) -> Place:
    """Return the place of the desk; an agency's grant does not reach it."""
    return place_in(case.session, case.row.desk_region)


def demand_desk(case: Case, by: Actor) -> None:
    """Raise NotAllowed unless `by` sits at the desk of the region, or of one above it."""
    demand(by, Right.TRIAGE_APPEALS, desk_place(case))


def demand_league_desk(case: Case, by: Actor) -> None:
    """Raise NotAllowed unless `by` sits at the desk of the league."""
    demand_league(case.session, by, Right.TRIAGE_APPEALS)


def demand_lead(case: Case, by: Actor) -> None:
    """Raise NotAllowed unless `by` handles for the body that leads; without one, for the desk."""
    demand(by, *_leading(case))


def may_lead(case: Case, by: Actor) -> bool:
    """Tell whether `by` handles for the body that leads; without one, for the desk."""
    return may(by, *_leading(case))


def _leading(case: Case) -> tuple[Right, Place]:
    lead = case.row.lead_agency
    if lead is None:
        return Right.TRIAGE_APPEALS, desk_place(case)
    return Right.HANDLE_APPEALS, place_of_agency(case.session, lead)


def demand_desk_or_lead(case: Case, by: Actor) -> None:
    """Raise NotAllowed unless `by` is one of the two."""
    if not may(by, Right.TRIAGE_APPEALS, desk_place(case)):
        demand_lead(case, by)


def relation_of(case: Case, by: Actor) -> Relation:
    """Return how `by` stands to the appeal; raises NotAllowed where it is none of their business."""
    if by.grants is None or may(by, Right.TRIAGE_APPEALS, desk_place(case)):
        return Relation.DESK
    lead = case.row.lead_agency
    if lead is not None and may(by, Right.HANDLE_APPEALS, place_of_agency(case.session, lead)):
        return Relation.LEAD
    if any(may(by, Right.HANDLE_APPEALS, place_of_agency(case.session, code)) for code in joint_codes(case)):
        return Relation.JOINT
    if _may_watch(case, by) and not _acts_for_accused(case, by):
        return Relation.WATCHING
    raise NotAllowed(
        f"您无权查看诉求 {case.row.number}", f"you may not read appeal {case.row.number}",
        right=Right.READ_APPEALS.value, place=case.row.desk_region,
    )  # fmt: skip


def _may_watch(case: Case, by: Actor) -> bool:
    """Tell whether `by` reads appeals of the desk's place or of the lead, or has had this one and returned it."""
    lead = case.row.lead_agency
    places = [desk_place(case)] + ([place_of_agency(case.session, lead)] if lead else [])
    has_had_it = may_anywhere(by, Right.HANDLE_APPEALS) and any(event.actor == by.identity for event in case.events)
    return has_had_it or any(may(by, Right.READ_APPEALS, place) for place in places)


def _acts_for_accused(case: Case, by: Actor) -> bool:
    """Tell whether `by` acts for the body complained of or for one below it, also where that one had it before."""
    session, against = case.session, case.row.against_agency
    accused = session.get(Agency, against) if against else None
    bodies = [session.get(Agency, grant.agency_code) for grant in by.grants or () if grant.agency_code]
    return accused is not None and any(body is not None and is_or_lies_below(session, body, accused) for body in bodies)


def demand_part(case: Case, by: Actor) -> None:
    """Raise NotAllowed unless `by` has a part in it: the desk, the lead, who helps. Who watches writes nothing."""
    if relation_of(case, by) is Relation.WATCHING:
        raise NotAllowed(
            f"诉求 {case.row.number} 您只能查看", f"you only watch appeal {case.row.number}",
            right=Right.HANDLE_APPEALS.value, place=case.row.desk_region,
        )  # fmt: skip


def joint_codes(case: Case) -> list[str]:
    """Return the bodies that help."""
    query = select(col(JointAgency.agency_code)).where(col(JointAgency.number) == case.row.number)
    return list(case.session.scalars(query))


def may_see_person(case: Case, by: Actor) -> bool:
    """Tell whether `by` may learn who it is: the desk and the lead, but nobody who also acts for the body complained of."""
    against = case.row.against_agency
    if by.grants is not None and against and any(grant.agency_code == against for grant in by.grants):
        return False
    return relation_of(case, by) in (Relation.DESK, Relation.LEAD)


def demand_person(case: Case, by: Actor) -> None:
    """Raise IdentityProtected, NotAllowed unless `by` may learn who it is."""
    if not may_see_person(case, by):
        raise IdentityProtected(
            "只有受理台和承办单位可以查看身份信息，被投诉单位不可以",
            "only the desk and the body that handles it may see who it is, never the body complained of",
        )
