"""Editing local parts over HTTP: claiming, the draft, review, publication, acts."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from service_catalog.access.places import demand_at
from service_catalog.access.rights import Right
from service_catalog.access.web import Staff
from service_catalog.actors import Actor
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AGENCY_CODE
from service_catalog.basic_items.editing import NoSuchItem
from service_catalog.basic_items.schemas import BASIC_CODE
from service_catalog.implementations import claiming
from service_catalog.implementations.claiming import (
    AlreadyClaimed,
    ComputedNotTyped,
    DelegatedPowerOnly,
    EntrustingAgencyMissing,
    LevelNotInStandard,
    NoSuchImplementation,
    OutsideStandardDates,
    ServiceAreaElsewhere,
)
from service_catalog.implementations.inheritance import LocalRefused
from service_catalog.implementations.schemas import ImplementationPath
from service_catalog.implementations.standards import StandardNotInForce
from service_catalog.implementations.whole import LocalContentFaulty
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Now, WriteDb
from service_catalog.lifecycle.editing_routes import Rights, add_decisions, add_drafts, add_review
from service_catalog.lifecycle.web import EDITING

router = APIRouter(prefix="/v1/implementations", tags=["local parts, for staff"])


class ClaimDraft(BaseModel):
    """Which agency claims which item at which level."""

    model_config = ConfigDict(extra="forbid")

    agency_code: Annotated[str, Field(pattern=AGENCY_CODE)]
    exercise_level: Annotated[str, Field(pattern=r"^[1-6]$")]
    basic_code: Annotated[str, Field(pattern=BASIC_CODE)]


class ClaimedView(ClaimDraft):
    """The implementation that was claimed; its code is computed."""

    implementation_code: str
    region_code: str


@router.post(
    "",
    status_code=201,
    responses=answers(
        *EDITING[:2], NoSuchAgency, NoSuchItem, AlreadyClaimed, LevelNotInStandard, StandardNotInForce
    ),
)  # fmt: skip
def claim(draft: ClaimDraft, by: Staff, db: WriteDb, now: Now) -> ClaimedView:
    """Claim an item (认领) for an agency at a level that the standard provides for."""
    made = claiming.claim(db, **draft.model_dump(), by=by, at=now)
    return ClaimedView(implementation_code=made.implementation_code, region_code=made.region_code, **draft.model_dump())


def _may_read(session: Session, code: str, by: Actor) -> None:
    made = claiming.find_implementation(session, code)
    demand_at(session, by, Right.READ_DRAFTS, region_code=made.region_code, agency_code=made.agency_code)


RIGHTS = Rights(Right.WRITE_LOCAL, Right.REVIEW_LOCAL, Right.PUBLISH_LOCAL)
add_drafts(
    router, claiming, ImplementationPath, unknown=NoSuchImplementation, rights=RIGHTS, may_read=_may_read,
    refusals=[
        LocalRefused, StandardNotInForce, EntrustingAgencyMissing, ComputedNotTyped, DelegatedPowerOnly, NoSuchAgency,
        ServiceAreaElsewhere,
    ],
    at_submission=[StandardNotInForce, LocalContentFaulty],
    missing=lambda edition: [],
)  # fmt: skip
add_review(
    router, claiming, ImplementationPath, NoSuchImplementation, LocalRefused, StandardNotInForce, OutsideStandardDates,
    ServiceAreaElsewhere, rights=RIGHTS,
)  # fmt: skip
add_decisions(router, claiming, ImplementationPath, NoSuchImplementation)
