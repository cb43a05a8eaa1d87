"""GET /v1/basic-items."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from service_catalog.basic_items import listing
from service_catalog.basic_items.editing import NoSuchItem
from service_catalog.basic_items.schemas import BasicCodePath, EditionLine, ItemLine, ItemView
from service_catalog.kernel.paging import Page
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import AsOf, Db, Today, Walking, Words

router = APIRouter(prefix="/v1/basic-items", tags=["basic items"])

Theme = Annotated[str | None, Query(pattern=r"^[0-9]{3}$")]


@router.get("", response_model=Page[ItemLine])
def list_items(
    db: Db,
    walk: Walking,
    today: Today,
    item_type: Annotated[str | None, Query(pattern=r"^[0-9]{2}$")] = None,
    theme: Theme = None,
    natural_person_theme: Theme = None,
    legal_person_theme: Theme = None,
    service_object: Annotated[str | None, Query(pattern=r"^[0-9]$")] = None,
    level: Annotated[
        str | None, Query(pattern=r"^[1-6]$", description="Exercise level, 3 league to 6 village.")
    ] = None,
    department: Words = None,
    name: Words = None,
) -> Any:
    """List the items that have a standard in force today, by code; `name` is any part of the name, `theme` of either list."""
    facets: dict[tuple[str, ...], str | None] = {
        ("natural_person_theme", "legal_person_theme"): theme,
        ("natural_person_theme",): natural_person_theme,
        ("legal_person_theme",): legal_person_theme,
        ("service_object",): service_object,
        ("exercise_level",): level,
        ("department",): department,
    }
    rows = listing.list_items(db, walk, today, item_type=item_type, name=name, facets=facets)
    return walk.page_of(rows, lambda row: row.basic_code, lambda shown: listing.item_lines(db, shown, today))


@router.get("/{basic_code}", responses=answers(NoSuchItem))
def read_item(basic_code: BasicCodePath, db: Db, today: Today, as_of: AsOf = None) -> ItemView:
    """Read the standard in force today, or the one that was on a day."""
    return listing.item_view(db, basic_code, as_of or today)


@router.get("/{basic_code}/editions", responses=answers(NoSuchItem))
def list_editions(basic_code: BasicCodePath, db: Db) -> list[EditionLine]:
    """List the published editions of a standard, scheduled ones included, oldest first."""
    return listing.published_editions(db, basic_code)
