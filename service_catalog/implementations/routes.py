"""GET /v1/implementations, an agency's duties, the coverage of an item, and a dry check of a local draft."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request

from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AgencyFilter, AgencyPath
from service_catalog.basic_items.editing import NoSuchItem
from service_catalog.basic_items.schemas import BASIC_CODE, BasicCodePath
from service_catalog.implementations import listing
from service_catalog.implementations.claiming import (
    ComputedNotTyped,
    EntrustingAgencyMissing,
    NoSuchImplementation,
    ServiceAreaElsewhere,
)
from service_catalog.implementations.content import Offer
from service_catalog.implementations.schemas import (
    CheckView,
    CoverageLine,
    DutyLine,
    ImplementationLine,
    ImplementationPath,
    ImplementationView,
)
from service_catalog.implementations.standards import StandardNotInForce
from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.texts import Plain
from service_catalog.kernel.web import AsOf, Db, Today, Walking, Words
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.regions.schemas import RegionFilter

router = APIRouter(prefix="/v1", tags=["implementations"])


@router.get(
    "/implementations",
    response_model=Page[ImplementationLine],
    responses=answers(NoSuchRegion, NoSuchAgency, NoSuchItem),
)
def list_implementations(
    db: Db,
    walk: Walking,
    today: Today,
    region: RegionFilter = None,
    agency: AgencyFilter = None,
    basic_code: Annotated[str | None, Query(pattern=BASIC_CODE)] = None,
    availability: Offer | None = None,
    name: Words = None,
) -> Any:
    """List implementations in force today, by code; `region` means the region and all below it."""
    rows = listing.list_implementations(
        db, walk, today, region=region, agency=agency, basic_code=basic_code, availability=availability, name=name
    )
    lines = partial(listing.implementation_lines, db, day=today)
    return walk.page_of(rows, lambda row: row.implementation_code, lines)


@router.get("/implementations/{code}", responses=answers(NoSuchImplementation))
def read_implementation(code: ImplementationPath, db: Db, today: Today, as_of: AsOf = None) -> ImplementationView:
    """Read what an agency has written of its own: only the differences from the standard, today or on a day."""
    return listing.implementation_view(db, code, as_of or today)


@router.post(
    "/implementations/{code}/check",
    responses=answers(
        NoSuchImplementation,
        StandardNotInForce,
        EntrustingAgencyMissing,
        ComputedNotTyped,
        NoSuchAgency,
        NoSuchRegion,
        ServiceAreaElsewhere,
    ),
)
def check_draft(
    code: ImplementationPath,
    draft: Annotated[Plain, Body(description="Elements of a local draft, as in schemas/local-content.json.")],
    request: Request,
    db: Db,
    today: Today,
) -> CheckView:
    """Tell whether a local draft would be accepted: every refusal with both values, every finding. Writes nothing."""
    site = request.app.state.settings
    return listing.check_draft(db, code, draft, today, severities=site.lint_severities, words=site.lint_words)


@router.get("/agencies/{code}/duties", response_model=Page[DutyLine], responses=answers(NoSuchAgency))
def list_duties(code: AgencyPath, db: Db, walk: Walking, today: Today) -> Any:
    """List an agency's powers and duties (权责清单): all its items, by type."""
    rows = listing.duties_of(db, walk, code, today)
    return walk.page_of(rows, listing.duty_key, each(lambda row: listing.duty_line(db, row)))


@router.get(
    "/basic-items/{basic_code}/coverage",
    response_model=Page[CoverageLine],
    responses=answers(NoSuchItem, NoSuchRegion, StandardNotInForce),
)
def list_coverage(basic_code: BasicCodePath, db: Db, walk: Walking, today: Today, region: RegionFilter = None) -> Any:
    """Show region by region whether the item is offered, not offered or unclaimed, at the levels its standard provides for."""
    regions = listing.regions_to_cover(db, walk, basic_code, region, today)
    lines = listing.coverage_lines(db, basic_code, regions, today)
    return walk.page_of(regions, lambda place: place.code, each(lambda place: lines[place.code]))
