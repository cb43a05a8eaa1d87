"""Answers that a body often gives, besides those of the rulebook: added and retired by whoever handles for it."""

from datetime import datetime

from sqlmodel import Session

from service_catalog.access.places import demand_at
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.places import place_of_agency
from service_catalog.appeals.tables import CannedAnswer
from service_catalog.kernel.errors import NotFound, Said


class NoSuchCannedAnswer(NotFound):
    """No body has ever had a canned answer of this number."""

    title = Said("没有这条常用答复", "No such canned answer")


def add(session: Session, *, agency: str, title: str, text: str, by: Actor, at: datetime) -> CannedAnswer:
    """Keep an answer for a body; raises NoSuchAgency, NotAllowed."""
    _demand_handling(session, agency, by)
    row = CannedAnswer(agency_code=agency, title=title, text=text, by=by.name, at=at)
    session.add(row)
    session.flush()
    return row


def retire(session: Session, number: int, *, by: Actor, at: datetime) -> None:
    """Offer it no more; again changes nothing. Raises NoSuchCannedAnswer, NotAllowed."""
    row = session.get(CannedAnswer, number)
    if row is None:
        raise NoSuchCannedAnswer(f"没有编号为 {number} 的常用答复", f"there is no canned answer {number}")
    _demand_handling(session, row.agency_code, by)
    row.retired_at = row.retired_at or at
    session.flush()


def _demand_handling(session: Session, agency: str, by: Actor) -> None:
    place = place_of_agency(session, agency)
    demand_at(session, by, Right.HANDLE_APPEALS, region_code=place.regions[0], agency_code=agency)
