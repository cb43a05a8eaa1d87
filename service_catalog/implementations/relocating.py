"""Moving a body to another region (迁址、机构划转): its code stays, what it implements goes with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.places import demand_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.agencies.tables import Agency
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Conflict, Invalid, Said
from service_catalog.lifecycle import standing
from service_catalog.lifecycle.standing import Decision
from service_catalog.lifecycle.states import ActKind
from service_catalog.regions.mapping import find_region


class AlreadyThere(Conflict):
    """The body sits in that region already."""

    title = Said("实施主体已在该区划", "The body is there already")


class RelocationNotToday(Invalid):
    """Where a body sits has no dates: it moves on the day on which the move is recorded."""

    title = Said("迁移自登记之日起生效", "A move takes effect on the day it is recorded")


class Relocation(NamedTuple):
    """A body that has moved, and what went with it."""

    agency: Agency
    from_region: str
    implementations: Sequence[str]


def relocate_agency(
    session: Session, agency_code: str, to_region: str, decision: Decision, *, by: Actor, at: datetime
) -> Relocation:
    """Move a body to another region by a document, today; codes, local parts and the areas served stay as they are.

    Raises NotAllowed, NoSuchAgency, NoSuchRegion, ActNeedsDocument, ActBackDated, RelocationNotToday, AlreadyThere.
    """
    demand_league(session, by, Right.DECIDE)
    standing.demand_document(decision)
    standing.refuse_back_dated(decision, at)
    if decision.effective_on > civil_day(at):
        raise RelocationNotToday(
            f"请在 {decision.effective_on} 当天登记", f"record it on {decision.effective_on}, when it takes effect"
        )
    agency = find_agency(session, agency_code)
    session.refresh(agency, with_for_update=True)  # whoever claims something for it meanwhile waits for its new place
    left, new = agency.region_code, find_region(session, to_region).code
    if left == new:
        raise AlreadyThere(f"{agency_code} 已在 {new}", f"{agency_code} is in {new} already", region=new)
    standing.record_act(session, Subject.AGENCY, agency_code, ActKind.TRANSFER, decision, by=by, at=at)
    agency.region_code = new
    log.record(session, Subject.AGENCY, agency_code, by=by, at=at, left=left)
    return Relocation(agency, left, _take_along(session, agency, by=by, at=at))


def _take_along(session: Session, agency: Agency, *, by: Actor, at: datetime) -> list[str]:
    """Move the implementations; of those that nobody outside has ever seen nothing is noted."""
    mine = select(Implementation).where(col(Implementation.agency_code) == agency.code)
    ordered = mine.order_by(col(Implementation.implementation_code)).with_for_update()
    rows = session.scalars(ordered.execution_options(populate_existing=True)).all()
    known = set(
        session.scalars(
            select(col(ImplementationEdition.implementation_code)).where(
                col(ImplementationEdition.implementation_code).in_([row.implementation_code for row in rows]),
                col(ImplementationEdition.published_at).is_not(None),
            )
        )
    )
    for row in rows:
        left, row.region_code = row.region_code, agency.region_code
        if row.implementation_code in known:
            log.record(session, Subject.IMPLEMENTATION, row.implementation_code, by=by, at=at, left=left)
    session.flush()
    return [row.implementation_code for row in rows]
