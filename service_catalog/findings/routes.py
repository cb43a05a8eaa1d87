"""/v1/findings for staff: lists, counts, CSV, acceptance, and runs on demand."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AgencyFilter
from service_catalog.basic_items.editing import NoSuchItem
from service_catalog.basic_items.schemas import BASIC_CODE
from service_catalog.findings import accepting, listing
from service_catalog.findings.accepting import AcceptanceEnded, FindingClosed, NoSuchFinding
from service_catalog.findings.demanding import RunTooLarge, run_on_demand
from service_catalog.findings.listing import Wanted
from service_catalog.findings.rules import Strictness
from service_catalog.findings.schemas import (
    AcceptanceDraft,
    CountBy,
    CountLine,
    FindingPath,
    FindingState,
    FindingView,
    RuleFilter,
    RunDraft,
    RunView,
)
from service_catalog.findings.scope import OneScopeOnly
from service_catalog.findings.sheet import csv_parts
from service_catalog.findings.tables import Severity
from service_catalog.kernel.paging import Page
from service_catalog.kernel.problems import answers
from service_catalog.kernel.sheets import MEDIA_TYPE
from service_catalog.kernel.web import Db, Now, Today, Walking, WriteDb
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.regions.schemas import RegionFilter

router = APIRouter(prefix="/v1", tags=["findings, for staff"])
READING = answers(SignInFirst, NotAllowed, NoSuchRegion, NoSuchAgency, NoSuchItem)


def _wanted(
    region: RegionFilter = None,
    agency: AgencyFilter = None,
    basic_code: Annotated[str | None, Query(pattern=BASIC_CODE)] = None,
    rule: RuleFilter = None,
    severity: Severity | None = None,
    state: FindingState = FindingState.OPEN,
) -> Wanted:
    return Wanted(region, agency, basic_code, rule, severity, state)


Asked = Annotated[Wanted, Depends(_wanted)]


@router.get("/findings", response_model=Page[FindingView], responses=READING)
def list_findings(db: Db, walk: Walking, today: Today, wanted: Asked, by: Staff) -> Any:
    """List findings of the caller's places, in the order in which they were opened; `region` with all below it."""
    rows = listing.list_findings(db, walk, today, wanted, by=by)
    return walk.page_of(rows, lambda row: str(row[0].id), partial(listing.finding_views, db, day=today))


@router.get("/findings/counts", response_model=Page[CountLine], responses=READING)
def count_findings(
    db: Db, walk: Walking, today: Today, wanted: Asked, by: Staff, counted: Annotated[CountBy, Query(alias="by")]
) -> Any:
    """Count findings that are not closed by region (with all that lies in it), agency or rule; accepted ones apart."""
    lines = listing.count_findings(db, walk, today, wanted, counted, by=by)
    return walk.page_of(lines, lambda line: line.key, list)


@router.get(
    "/findings.csv",
    response_class=StreamingResponse,
    responses=READING | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "CSV, UTF-8."}},
)
def download_findings(request: Request, db: Db, today: Today, wanted: Asked, by: Staff) -> StreamingResponse:
    """Download the same findings as CSV for a spreadsheet: UTF-8 with its mark, no cell that computes."""
    listing.conditions(db, wanted, today, by)  # what is to be refused is refused before the first byte
    parts = csv_parts(request.app.state.engine, today, wanted, by=by)
    headers = {"Content-Disposition": 'attachment; filename="findings.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(parts, media_type=MEDIA_TYPE, headers=headers)


ACCEPTING = answers(SignInFirst, NotAllowed, NoSuchFinding, FindingClosed)


@router.post("/findings/{number}/acceptance", responses=ACCEPTING | answers(AcceptanceEnded))
def accept_finding(
    number: FindingPath, draft: AcceptanceDraft, by: Staff, db: WriteDb, now: Now, today: Today
) -> FindingView:
    """Accept a finding with a reason, until a day; it counts again when its values change."""
    finding = accepting.accept(db, number, reason=draft.reason, until=draft.until, by=by, at=now)
    return listing.finding_view(db, finding, today)


@router.delete("/findings/{number}/acceptance", responses=ACCEPTING)
def withdraw_acceptance(number: FindingPath, by: Staff, db: WriteDb, now: Now, today: Today) -> FindingView:
    """Let a finding count again from today; doing it twice changes nothing."""
    return listing.finding_view(db, accepting.withdraw_acceptance(db, number, by=by, at=now), today)


@router.post(
    "/findings/runs",
    responses=answers(SignInFirst, NotAllowed, NoSuchRegion, NoSuchAgency, NoSuchItem, OneScopeOnly, RunTooLarge),
)
def run_findings(request: Request, draft: RunDraft, by: Staff) -> RunView:
    """Judge one region, agency or item now, and say what came of it. Each batch is a transaction of its own."""
    state = request.app.state
    record = run_on_demand(
        state.engine, Strictness.of(state.settings), **draft.model_dump(), by=by, clock=state.clock
    )  # fmt: skip
    return RunView.model_validate(record, from_attributes=True)
