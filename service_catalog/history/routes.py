"""Editions by number, their differences, the history of a thing, and the impact of a draft."""

from typing import Any

from fastapi import APIRouter

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import Caller, SignInFirst, Staff
from service_catalog.basic_items.editing import NoSuchItem, find_item
from service_catalog.basic_items.schemas import BasicCodePath
from service_catalog.history import chronicle, editions, from_standard, impact
from service_catalog.history.impact import DraftUnfinished
from service_catalog.history.schemas import (
    Against,
    DifferencesView,
    EditionView,
    HistoryLine,
    ImpactPage,
    LocalDifferencesView,
    LocalEditionLine,
    LocalEditionView,
    NumberPath,
)
from service_catalog.implementations.claiming import NoSuchImplementation
from service_catalog.implementations.schemas import ImplementationPath
from service_catalog.implementations.standards import StandardNotInForce
from service_catalog.kernel.paging import each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import AsOf, Db, Today, Walking
from service_catalog.lifecycle.reviewing import NoSuchEdition, NothingOpen
from service_catalog.regions.mapping import NoSuchRegion, find_region
from service_catalog.regions.schemas import RegionFilter

router = APIRouter(prefix="/v1", tags=["history"])


@router.get("/basic-items/{basic_code}/editions/{number}", responses=answers(NoSuchItem, NoSuchEdition))
def read_edition(basic_code: BasicCodePath, number: NumberPath, db: Db, by: Caller) -> EditionView:
    """Read one edition of a standard: a published one, or with the right to read drafts any."""
    return editions.item_edition(db, find_item(db, basic_code), number, by)


@router.get("/basic-items/{basic_code}/editions/{number}/differences", responses=answers(NoSuchItem, NoSuchEdition))
def compare_editions(
    basic_code: BasicCodePath, number: NumberPath, db: Db, by: Caller, against: Against = None
) -> DifferencesView:
    """Show what an edition of a standard says otherwise than an earlier one, element by element."""
    return editions.item_differences(db, basic_code, number, against, by)


@router.get("/basic-items/{basic_code}/history", responses=answers(NoSuchItem))
def read_history(basic_code: BasicCodePath, db: Db, by: Caller) -> list[HistoryLine]:
    """Show what was decided about an item and when; persons and opinions only with the right to read drafts."""
    return chronicle.history_of_item(db, basic_code, by)


@router.get(
    "/basic-items/{basic_code}/draft/impact",
    responses=answers(NoSuchItem, NothingOpen, NoSuchRegion, DraftUnfinished, SignInFirst, NotAllowed),
)
def read_impact(
    basic_code: BasicCodePath, by: Staff, db: Db, today: Today, walk: Walking, region: RegionFilter = None
) -> ImpactPage:
    """Tell what the edition in work will do to each implementation: what becomes illegal there, and what is shown then."""
    found = impact.impact_of(db, basic_code, today, by=by)
    place = find_region(db, region).code if region else None
    rows = impact.touched(db, found, after=walk.after, most=walk.limit + 1, region=place)
    page: dict[str, Any] = walk.page_of(rows, lambda row: row.implementation_code, each(found.on))
    return impact.impact_page(found, impact.counted(db, found, place), page)


@router.get("/implementations/{code}/editions", responses=answers(NoSuchImplementation))
def list_local_editions(code: ImplementationPath, db: Db) -> list[LocalEditionLine]:
    """List the published editions of a local part, scheduled ones included, oldest first."""
    return editions.local_editions(db, code)


@router.get("/implementations/{code}/editions/{number}", responses=answers(NoSuchImplementation, NoSuchEdition))
def read_local_edition(code: ImplementationPath, number: NumberPath, db: Db, by: Caller) -> LocalEditionView:
    """Read one edition of a local part: a published one, or with the right to read drafts there any."""
    return editions.local_edition(db, code, number, by)


@router.get(
    "/implementations/{code}/editions/{number}/differences", responses=answers(NoSuchImplementation, NoSuchEdition)
)
def compare_local_editions(
    code: ImplementationPath, number: NumberPath, db: Db, by: Caller, against: Against = None
) -> DifferencesView:
    """Show what an edition of a local part says otherwise than an earlier one, element by element."""
    return editions.local_differences(db, code, number, against, by)


@router.get("/implementations/{code}/differences", responses=answers(NoSuchImplementation, StandardNotInForce))
def compare_with_standard(code: ImplementationPath, db: Db, today: Today, as_of: AsOf = None) -> LocalDifferencesView:
    """Show what holds here otherwise than in the standard in force, element by element."""
    return from_standard.differences_from_standard(db, code, as_of or today)


@router.get("/implementations/{code}/history", responses=answers(NoSuchImplementation))
def read_local_history(code: ImplementationPath, db: Db, by: Caller) -> list[HistoryLine]:
    """Show what was decided about an implementation and when; persons and opinions only to staff of its place."""
    return chronicle.history_of_implementation(db, code, by)
