"""What officers read: the queue, the file of a case, who it is, its files; publishing; canned answers. Steps: step_routes.py."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AgencyFilter
from service_catalog.appeals import canned, case_schemas, personal, publicity, step_schemas
from service_catalog.appeals.attaching import NoSuchFile, file_of
from service_catalog.appeals.case_schemas import CaseView, QueueLine
from service_catalog.appeals.case_views import canned_answers, case_view, queue_line
from service_catalog.appeals.desk import ByOfficer, steps
from service_catalog.appeals.fetching import FetchedFile
from service_catalog.appeals.opening import NoSuchAppeal, look_at, open_case
from service_catalog.appeals.queues import Light, key_of, queue
from service_catalog.appeals.schemas import QuestionView
from service_catalog.appeals.stages import AppealKind, Stage, Step
from service_catalog.appeals.standing import IdentityProtected, demand_person
from service_catalog.appeals.telling import question_view
from service_catalog.appeals.web import Number, Sealing
from service_catalog.attachments.storage import NoSuchAttachment, StorageAway
from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Now, Today, Walking, WriteDb
from service_catalog.regions.schemas import RegionFilter

router = APIRouter(tags=["appeals for officers"])


@router.get("/v1/appeal-queue", responses=answers(SignInFirst, NotAllowed))
def read_queue(
    db: Db,
    by: Staff,
    today: Today,
    walk: Walking,
    agency: AgencyFilter = None,
    region: RegionFilter = None,
    kind: AppealKind | None = None,
    stage: Stage | None = None,
    light: Light | None = None,
    mine: Annotated[bool, Query(description="Only what I have taken.")] = False,
) -> Page[QueueLine]:
    """What waits, the earliest deadline first. Without `stage`: everything that is not closed."""
    rows = queue(
        db, walk, agency=agency, region=region, kind=kind, stage=stage, light=light, mine=mine, by=by, today=today
    )
    return Page[QueueLine].model_validate(walk.page_of(rows, key_of, each(lambda row: queue_line(row, today))))


@router.get("/v1/appeals/{number}/case", responses=answers(SignInFirst, NotAllowed, NoSuchAppeal))
def read_case(by: Staff, number: Number, db: Db, vault: Sealing, today: Today) -> CaseView:
    """The file of a case."""
    return case_view(look_at(db, vault, number), by, today)


@router.get(
    "/v1/appeals/{number}/files/{folder}/{name}",
    response_class=Response,
    responses=answers(
        SignInFirst, NotAllowed, NoSuchAppeal, IdentityProtected, NoSuchFile, NoSuchAttachment, StorageAway
    ),
)
def read_file(fetched: FetchedFile, step: ByOfficer) -> Response:
    """One file, for the desk and the lead. A picture can show a person as their name does: this look is an event too."""
    case = open_case(*step.place)
    demand_person(case, step.by)
    file = file_of(case, fetched.key)
    case.record(Step.SEE_IDENTITY, by=step.by, at=step.at, facts={"file": file.key})
    shown = quote(case.unsealed(file.name, f"attachment {file.key}"))
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{shown}", "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; sandbox",
    }  # fmt: skip
    return Response(fetched.content, media_type=file.media_type, headers=headers)


@router.post("/v1/appeals/{number}/identity", responses=steps(IdentityProtected, personal.Anonymous))
def see_identity(step: ByOfficer, body: step_schemas.Look) -> case_schemas.ContactView:
    """Who it is; every look is an event of the case."""
    contact = personal.see_person(*step.place, why=body.why, by=step.by, at=step.at)
    return case_schemas.ContactView(contact=contact)


@router.get(
    "/v1/appeals/{number}/publication",
    responses=answers(
        SignInFirst, NotAllowed, NoSuchAppeal, publicity.NotConsented, publicity.NotPublishedOneByOne,
        publicity.NothingToPublish,
    ),
)  # fmt: skip
def propose_publication(by: Staff, number: Number, db: Db, vault: Sealing) -> case_schemas.ProposalView:
    """Redacted texts, proposed by a machine for a person to confirm."""
    found = publicity.proposal_of(look_at(db, vault, number), by)
    marks = [case_schemas.MarkView(kind=mark.kind.value, zh=mark.kind.zh, text=mark.text) for mark in found.marks]
    return case_schemas.ProposalView(question=found.question, answer=found.answer, marks=marks)


@router.post(
    "/v1/appeals/{number}/publication",
    responses=steps(publicity.NotConsented, publicity.NotPublishedOneByOne, publicity.NothingToPublish),
)
def publish(step: ByOfficer, body: step_schemas.Publication) -> QuestionView:
    """Publish question and answer as a person has confirmed them."""
    shown = publicity.publish(
        *step.place, question=body.question, answer=body.answer, everywhere=body.everywhere, by=step.by, at=step.at
    )
    return question_view(shown)


@router.delete("/v1/appeals/{number}/publication", responses=steps(publicity.NothingToPublish))
def unpublish(step: ByOfficer, body: step_schemas.WithReason) -> CaseView:
    """Take it from the public."""
    return step.view(publicity.unpublish(*step.place, reason=body.reason, by=step.by, at=step.at))


@router.get("/v1/canned-answers", responses=answers(SignInFirst))
def list_canned(db: Db, by: Staff, agency: AgencyFilter = None) -> list[case_schemas.CannedView]:
    """Answers that are often given: those of the rulebook, and those of a body."""
    return canned_answers(db, agency)


@router.post("/v1/canned-answers", status_code=201, responses=answers(SignInFirst, NotAllowed, NoSuchAgency))
def add_canned(body: step_schemas.CannedDraft, db: WriteDb, by: Staff, now: Now) -> case_schemas.CannedView:
    """Add an answer that a body often gives."""
    row = canned.add(db, agency=body.agency_code, title=body.title, text=body.text, by=by, at=now)
    return case_schemas.CannedView.model_validate(row, from_attributes=True)


@router.delete(
    "/v1/canned-answers/{number}",
    status_code=204,
    responses=answers(SignInFirst, NotAllowed, canned.NoSuchCannedAnswer),
)
def retire_canned(
    number: Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the answer.")],
    db: WriteDb,
    by: Staff,
    now: Now,
) -> None:
    """Offer an answer of a body no more."""
    canned.retire(db, number, by=by, at=now)
