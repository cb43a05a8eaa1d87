"""POST /v1/appeals and what a person does with their own appeal: look, add, attach, rate, take back."""

from fastapi import APIRouter, Request

from service_catalog.access.limiting import RateExceeded
from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import Caller
from service_catalog.appeals import afterwards, handling
from service_catalog.appeals.arriving import Added, HandedIn
from service_catalog.appeals.attaching import TooManyAttachments, attach
from service_catalog.appeals.drafts import AppealDraft
from service_catalog.appeals.elsewhere import LooksLikeEmergency
from service_catalog.appeals.intake import KioskKeyNeeded, demand_repeatable, take
from service_catalog.appeals.opening import NoSuchAppeal, OthersWait
from service_catalog.appeals.preview import preview
from service_catalog.appeals.repeating import IdempotencyKeyReused, RequestRunning, done_before, remember
from service_catalog.appeals.schemas import (
    PreviewView,
    RatingDraft,
    ReceiptView,
    StatusView,
    SupplementDraft,
    WithdrawalDraft,
)
from service_catalog.appeals.stages import MoveNotLegal
from service_catalog.appeals.telling import preview_view, receipt, receipt_again, status
from service_catalog.appeals.web import Outside, OwnAppeal, Sealing, count
from service_catalog.attachments.storage import StorageAway
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Now, Today, WriteDb

router = APIRouter(prefix="/v1/appeals", tags=["appeals"])
OWN = answers(NoSuchAppeal, RateExceeded)


@router.post("/preview", responses=answers(RateExceeded))
def preview_appeal(
    request: Request, draft: AppealDraft, db: Db, vault: Sealing, doors: Outside, by: Caller, now: Now
) -> PreviewView:
    """What to know before handing in: answers that exist, who would have it, what belongs elsewhere. Writes nothing."""
    count(request, doors, by, "previews")
    return preview_view(db, preview(db, vault, draft, at=now))


@router.post(
    "",
    status_code=201,
    responses=answers(
        LooksLikeEmergency, KioskKeyNeeded, NotAllowed, IdempotencyKeyReused, RequestRunning, RateExceeded, StorageAway
    ),
)
def hand_in(arrived: HandedIn, db: WriteDb, vault: Sealing, by: Caller, now: Now) -> ReceiptView:
    """Take 咨询, 求助, 意见, 建议, 投诉 (举报); the receipt has the number, the secret code, who has it and by when."""
    draft, key, files = arrived
    first = None if key is None else done_before(db, key, draft)
    if first is not None:
        return receipt_again(db, vault, first)
    demand_repeatable(db, draft, key)
    taken = take(db, vault, draft, files=files, by=by, at=now)
    if key is not None:
        remember(db, key, draft, taken.case.row.number, at=now)
    return receipt(taken.case, taken.query_code)


@router.get("/{number}", responses=OWN)
def read_status(own: OwnAppeal, db: Db, today: Today) -> StatusView:
    """Where one's appeal stands, with the secret code of the receipt."""
    return status(own.look(db), today)


@router.post("/{number}/supplement", responses=OWN | answers(MoveNotLegal))
def supplement(own: OwnAppeal, body: SupplementDraft, db: WriteDb, now: Now) -> StatusView:
    """Add what was asked for; the clock runs again."""
    case = own.open(db)
    return status(handling.supplement(case, words=body.text, by=None, at=now), civil_day(now))


@router.post("/{number}/attachments", responses=OWN | answers(MoveNotLegal, TooManyAttachments, StorageAway))
def add_attachment(added: Added, own: OwnAppeal, db: WriteDb, now: Now) -> StatusView:
    """Add a file while the appeal is open; what it is is found out from its content. The same file again changes nothing."""
    case = own.open(db)
    for file in added:
        attach(case, file, by=None, at=now)
    return status(case, civil_day(now))


@router.post("/{number}/rating", responses=OWN | answers(afterwards.RatedAlready, afterwards.NothingToRate))
def rate(own: OwnAppeal, body: RatingDraft, db: WriteDb, now: Now) -> StatusView:
    """Rate the answer, once (好差评); 4 and 5 are followed by a call."""
    case = own.open(db)
    afterwards.rate(case, grade=body.grade, words=body.text, at=now)
    return status(case, civil_day(now))


@router.post("/{number}/withdrawal", responses=OWN | answers(MoveNotLegal, OthersWait))
def withdraw(own: OwnAppeal, body: WithdrawalDraft, db: WriteDb, now: Now) -> StatusView:
    """Take one's appeal back while it is open."""
    case = own.open(db)
    return status(afterwards.withdraw(case, words=body.text, at=now), civil_day(now))
