"""GET /v1/guides, by code and by place. The hot read by code stands in guides/ready.py, in front of this."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from service_catalog.basic_items.editing import NoSuchItem
from service_catalog.coding.codes import CodeUnreadable
from service_catalog.guides.composing import NoGuideOfThisType
from service_catalog.guides.finding import guide_by_code, guide_by_place
from service_catalog.guides.nearest import NoBodyOffersIt
from service_catalog.guides.reading import (
    CodeSplit,
    GuideEnded,
    NoSuchHandlingItem,
    NotInForceYet,
    SuccessorNotInForce,
)
from service_catalog.guides.representation import answer_guide
from service_catalog.guides.schemas import GuideView, NearestGuideView
from service_catalog.implementations.claiming import NoSuchImplementation
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import AsOf, Db, Now
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.regions.schemas import RegionQuery

router = APIRouter(prefix="/v1/guides", tags=["guides"])

CodePath = Annotated[
    str, Path(max_length=100, description="Implementation code (31) or handling-item code (33); old codes too.")
]
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The reader's copy is still right."}}


@router.get(
    "",
    response_model=NearestGuideView,
    responses=answers(
        NoSuchItem,
        NoSuchRegion,
        NoBodyOffersIt,
        NotInForceYet,
        NoGuideOfThisType,
        SuccessorNotInForce,
        GuideEnded,
        CodeSplit,
        CodeUnreadable,
    )
    | NOT_MODIFIED,
)
def find_guide(
    request: Request,
    db: Db,
    now: Now,
    basic_code: Annotated[str, Query(max_length=100, description="Basic code (12) of the item.")],
    region: RegionQuery,
    as_of: AsOf = None,
) -> Response:
    """Guide of the nearest body that does the item for a person in the region, and why it is that one."""
    return answer_guide(request, guide_by_place(db, basic_code, region, now=now, as_of=as_of), made_at=None)


@router.get(
    "/{code}",
    response_model=GuideView,
    responses=answers(
        NoSuchImplementation,
        NoSuchHandlingItem,
        NotInForceYet,
        NoGuideOfThisType,
        SuccessorNotInForce,
        GuideEnded,
        CodeSplit,
        CodeUnreadable,
    )
    | NOT_MODIFIED,
)
def read_guide(request: Request, code: CodePath, db: Db, now: Now, as_of: AsOf = None) -> Response:
    """Guide of one implementation or handling item, computed from the standard and the local part."""
    guide = guide_by_code(db, code, now=now, as_of=as_of)
    return answer_guide(request, guide, made_at=None if as_of and as_of > civil_day(now) else now)
