"""GET /v1/agencies."""

from typing import Any

from fastapi import APIRouter

from service_catalog.agencies import listing
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AgencyFilter, AgencyLine, AgencyPath, AgencyView
from service_catalog.agencies.tables import AgencyKind
from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Today, Walking, Words
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.regions.schemas import RegionFilter
from service_catalog.regions.tree import RegionLevel

router = APIRouter(prefix="/v1/agencies", tags=["agencies"])


@router.get("", response_model=Page[AgencyLine], responses=answers(NoSuchRegion))
def list_agencies(
    db: Db,
    walk: Walking,
    today: Today,
    region: RegionFilter = None,
    level: RegionLevel | None = None,
    kind: AgencyKind | None = None,
    parent: AgencyFilter = None,
    name: Words = None,
) -> Any:
    """List agencies by code; `region` means the region and all below it."""
    rows = listing.list_agencies(db, walk, today, region=region, level=level, kind=kind, parent=parent, name=name)
    return walk.page_of(rows, lambda row: row.Agency.code, each(lambda row: AgencyLine.of(row[0], row[1])))


@router.get("/{code}", responses=answers(NoSuchAgency))
def read_agency(code: AgencyPath, db: Db, today: Today) -> AgencyView:
    """Read one agency: windows, hours, ways to ask and to complain."""
    return listing.agency_view(db, code, today)
