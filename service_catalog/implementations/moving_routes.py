"""Moving the exercise of an item, or a whole body, over HTTP: delegation, taking over, transfer, relocation."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.agencies.facts import RegionCode
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AGENCY_CODE, AgencyPath
from service_catalog.basic_items.editing import NoSuchItem
from service_catalog.basic_items.schemas import BasicCodePath
from service_catalog.implementations import delegating, relocating, taking_over, transferring
from service_catalog.implementations.claiming import (
    AlreadyClaimed,
    LevelNotInStandard,
    NoSuchImplementation,
)
from service_catalog.implementations.delegating import DelegatedAlready, DelegationNotInStandard
from service_catalog.implementations.inheritance import LocalRefused
from service_catalog.implementations.relocating import AlreadyThere, RelocationNotToday
from service_catalog.implementations.schemas import ImplementationPath
from service_catalog.implementations.staff_routes import ClaimDraft, ClaimedView
from service_catalog.implementations.standards import StandardNotInForce
from service_catalog.implementations.taking_over import NoSuchDelegation
from service_catalog.implementations.transferring import LaterEditionScheduled, NothingToTransfer
from service_catalog.kernel.problems import answers
from service_catalog.kernel.texts import PRINTABLE
from service_catalog.kernel.web import Now, WriteDb
from service_catalog.lifecycle.standing import ActBackDated, ActNeedsDocument, AlreadyCancelled
from service_catalog.lifecycle.web import DecisionDraft
from service_catalog.regions.mapping import NoSuchRegion

router = APIRouter(prefix="/v1", tags=["moving items, for staff"])

LevelOfLeague = Annotated[str, Field(pattern=r"^[3-6]$", description="3 league, 4 banner, 5 township, 6 village.")]
REFUSALS = (SignInFirst, NotAllowed, ActNeedsDocument, ActBackDated, AlreadyCancelled, StandardNotInForce)


class DelegationDraft(DecisionDraft):
    """From which level to which regions an item goes down, by which paper."""

    from_level: LevelOfLeague
    to_level: LevelOfLeague
    regions: Annotated[list[RegionCode], Field(min_length=1, max_length=500)]
    upper_ends: bool = Field(description="Whether upper bodies cease to do it once all regions below them were named.")


class DelegationView(BaseModel):
    """A delegation, and what it does to the upper bodies."""

    basic_code: str
    document_number: str
    effective_on: date
    from_level: str
    to_level: str
    regions: list[str]
    ends: list[str] = Field(description="Upper implementations that end on the day.")
    goes_on: list[str] = Field(description="Upper implementations that go on: some region below them was not named.")


@router.post(
    "/basic-items/{basic_code}/delegation",
    status_code=201,
    responses=answers(NoSuchItem, *REFUSALS, LevelNotInStandard, DelegationNotInStandard, DelegatedAlready),
)
def delegate(basic_code: BasicCodePath, draft: DelegationDraft, by: Staff, db: WriteDb, now: Now) -> DelegationView:
    """Delegate an item to lower regions (下放), by a document; each of them is then to take it over or to say no."""
    made = delegating.delegate(
        db, basic_code, draft.decision(), from_level=draft.from_level, to_level=draft.to_level, regions=draft.regions,
        upper_ends=draft.upper_ends, by=by, at=now,
    )  # fmt: skip
    return DelegationView(
        basic_code=basic_code, document_number=draft.document_number, effective_on=draft.effective_on,
        from_level=draft.from_level, to_level=draft.to_level, regions=list(dict.fromkeys(draft.regions)),
        ends=list(made.ends), goes_on=list(made.goes_on),
    )  # fmt: skip


class TakeOverDraft(ClaimDraft):
    """What is taken over, and the document that delegated it."""

    document_number: Annotated[str, Field(min_length=1, max_length=100, pattern=PRINTABLE)]


@router.post(
    "/take-overs",
    status_code=201,
    responses=answers(
        SignInFirst, NotAllowed, NoSuchAgency, NoSuchItem, NoSuchDelegation, AlreadyClaimed, LevelNotInStandard,
        StandardNotInForce,
    ),
)  # fmt: skip
def take_over(draft: TakeOverDraft, by: Staff, db: WriteDb, now: Now) -> ClaimedView:
    """Take over (承接) what a document delegated to the agency's region; then write and publish the local part."""
    made = taking_over.take_over(db, **draft.model_dump(), by=by, at=now)
    return ClaimedView(
        implementation_code=made.implementation_code, region_code=made.region_code,
        **draft.model_dump(exclude={"document_number"}),
    )  # fmt: skip


class TransferDraft(DecisionDraft):
    """To which body an implementation goes, by which paper."""

    model_config = ConfigDict(extra="forbid")

    to_agency: Annotated[str, Field(pattern=AGENCY_CODE)]


class TransferView(BaseModel):
    """An implementation under its new body; the old code leads to it from the day on."""

    old_code: str
    implementation_code: str
    effective_on: date
    document_number: str


@router.post(
    "/implementations/{code}/transfer",
    status_code=201,
    responses=answers(
        NoSuchImplementation, *REFUSALS, NoSuchAgency, AlreadyClaimed, NothingToTransfer,
        LaterEditionScheduled, LocalRefused, LevelNotInStandard,
    ),
)  # fmt: skip
def transfer(code: ImplementationPath, draft: TransferDraft, by: Staff, db: WriteDb, now: Now) -> TransferView:
    """Give an implementation to another body (划转), by a document; its local part goes along, its old code leads on."""
    made = transferring.transfer(db, code, draft.to_agency, draft.decision(), by=by, at=now)
    return TransferView(
        old_code=code, implementation_code=made.implementation_code, effective_on=draft.effective_on,
        document_number=draft.document_number,
    )  # fmt: skip


class RelocationDraft(DecisionDraft):
    """To which region a body goes, by which paper."""

    model_config = ConfigDict(extra="forbid")

    region: RegionCode


class RelocationView(BaseModel):
    """A body in its new region."""

    code: str
    from_region: str
    region_code: str
    document_number: str
    implementations: list[str] = Field(description="What went with it, by code.")


@router.post(
    "/agencies/{code}/relocation",
    status_code=201,
    responses=answers(
        SignInFirst, NotAllowed, NoSuchAgency, NoSuchRegion, ActNeedsDocument, ActBackDated, RelocationNotToday,
        AlreadyThere,
    ),
)  # fmt: skip
def relocate(code: AgencyPath, draft: RelocationDraft, by: Staff, db: WriteDb, now: Now) -> RelocationView:
    """Move a body to another region (迁址、机构划转), by a document, with all that it implements; codes stay."""
    made = relocating.relocate_agency(db, code, draft.region, draft.decision(), by=by, at=now)
    return RelocationView(
        code=code, from_region=made.from_region, region_code=made.agency.region_code,
        document_number=draft.document_number, implementations=list(made.implementations),
    )  # fmt: skip
