"""GET /v1/regions."""

from typing import Any

from fastapi import APIRouter

from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Walking, Words
from service_catalog.regions import listing
from service_catalog.regions.mapping import NoSuchRegion, find_region
from service_catalog.regions.schemas import RegionFilter, RegionLine, RegionPath, RegionView
from service_catalog.regions.tree import RegionLevel

router = APIRouter(prefix="/v1/regions", tags=["regions"])


@router.get("", response_model=Page[RegionLine], responses=answers(NoSuchRegion))
def list_regions(
    db: Db,
    walk: Walking,
    level: RegionLevel | None = None,
    parent: RegionFilter = None,
    within: RegionFilter = None,
    name: Words = None,
) -> Any:
    """List regions by code. `parent`: only what lies directly in it; `within`: it and all below; names need not be unique."""
    rows = listing.list_regions(db, walk, level=level, parent=parent, inside=within, name=name)
    return walk.page_of(rows, lambda region: region.code, each(RegionLine.of))


@router.get("/{code}", responses=answers(NoSuchRegion))
def read_region(code: RegionPath, db: Db) -> RegionView:
    """Read one region with everything it lies in."""
    return listing.region_view(db, code)


@router.get("/{code}/children", response_model=Page[RegionLine], responses=answers(NoSuchRegion))
def list_children(code: RegionPath, db: Db, walk: Walking) -> Any:
    """List what lies directly in a region."""
    find_region(db, code)
    rows = listing.list_regions(db, walk, level=None, parent=code, inside=None, name=None)
    return walk.page_of(rows, lambda region: region.code, each(RegionLine.of))
