"""POST /v1/imports and its template."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from service_catalog.access.rights import NotAllowed, Right, demand_anywhere
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AgencyFilter
from service_catalog.exchange import importing
from service_catalog.exchange.annotating import annotated
from service_catalog.exchange.import_schemas import ImportView
from service_catalog.exchange.importing import HandIn, ReportNotSeen, RowsRefused
from service_catalog.exchange.template import empty_template, filled_template
from service_catalog.exchange.unreadable import ListUnreadable
from service_catalog.exchange.workbook import XLSX, read_workbook
from service_catalog.implementations.claiming import AlreadyClaimed
from service_catalog.implementations.whole import LocalContentFaulty
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Now
from service_catalog.lifecycle.reviewing import OpenEditionExists, StaleRevision
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.regions.schemas import RegionFilter

router = APIRouter(prefix="/v1/imports", tags=["imports, for staff"])

ODS, CSV = "application/vnd.oasis.opendocument.spreadsheet", "text/csv"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, at most 10 MB.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (XLSX, ODS, CSV)},
    }
}
_REFUSALS = (
    SignInFirst, NotAllowed, ListUnreadable, ReportNotSeen, RowsRefused, AlreadyClaimed, OpenEditionExists,
    StaleRevision, LocalContentFaulty,
)  # fmt: skip


async def _upload(request: Request) -> bytes:
    """Return the body. What kind of file it is shows in its bytes, whatever its sender calls it."""
    return await request.body()


Upload = Annotated[bytes, Depends(_upload)]
Digest = Annotated[
    str | None, Query(pattern=r"^[0-9a-f]{64}$", description="Digest of the dry run that is to be applied.")
]


def _demand_hand_in(by: Staff) -> Staff:
    demand_anywhere(by, Right.HAND_IN)
    return by


HandsIn = Annotated[Any, Depends(_demand_hand_in)]


@router.post(
    "", response_model=ImportView, openapi_extra=_BODY,
    responses=answers(*_REFUSALS) | {200: {"content": {XLSX: {}}}},
)  # fmt: skip
def hand_in(
    by: HandsIn,
    content: Upload,
    request: Request,
    now: Now,
    digest: Digest = None,
    agency: AgencyFilter = None,
    dry_run: Annotated[bool, Query(description="Report and write nothing; applying needs `digest` as well.")] = True,
    only_good_rows: Annotated[
        bool, Query(description="Receive the rows without faults; the others are reported.")
    ] = False,
    submit: Annotated[bool, Query(description="Hand the drafts in for review at once.")] = False,
    workbook: Annotated[bool, Query(description="Answer with the file itself, the report in its cells.")] = False,
) -> Any:
    """Hand in a list of implementations: a dry run by default; applied with its digest, in one transaction, as drafts."""
    handed = HandIn(content, read_workbook(content), agency)
    engine, site = request.app.state.engine, request.app.state.settings
    if dry_run:
        with reading(engine) as session:
            report = importing.dry_run(session, handed, by=by, at=now)
    else:
        with unit_of_work(engine) as session:
            report = importing.apply(
                session, handed, digest=digest, only_good_rows=only_good_rows, submit=submit,
                severities=site.lint_severities, words=site.lint_words, by=by, at=now,
            )  # fmt: skip
    return Response(annotated(handed.book, report, at=now), media_type=XLSX) if workbook else report


@router.get(
    "/template.xlsx", response_class=Response,
    responses=answers(SignInFirst, NotAllowed, NoSuchAgency, NoSuchRegion) | {200: {"content": {XLSX: {}}}},
)  # fmt: skip
def read_template(by: HandsIn, db: Db, now: Now, agency: AgencyFilter = None, region: RegionFilter = None) -> Response:
    """Return the template: empty, or with what an agency or a region has now; handed in as it is, it changes nothing."""
    if agency is None and region is None:
        made = empty_template(db, at=now)
    else:
        made = filled_template(db, agency_code=agency, region_code=region, by=by, at=now)
    return Response(made, media_type=XLSX)
