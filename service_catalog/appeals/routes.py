"""POST /v1/appeals and what a person does with their own appeal: look, add, attach, rate, take back."""

from typing import Annotated

from fastapi import APIRouter, Body, Request
from sqlmodel import Session

from service_catalog.access.limiting import RateExceeded
from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import Caller
from service_catalog.appeals import afterwards, handling
from service_catalog.appeals.attaching import TooManyAttachments, attach, store
from service_catalog.appeals.case import NoSuchAppeal, OthersWait, look_at
from service_catalog.appeals.drafts import AppealDraft, AttachmentDraft
from service_catalog.appeals.elsewhere import LooksLikeEmergency
from service_catalog.appeals.intake import KioskKeyNeeded, take
from service_catalog.appeals.preview import preview
from service_catalog.appeals.repeating import IdempotencyKeyReused, RequestRunning, done_before, key_of, remember
from service_catalog.appeals.schemas import (
    PreviewView,
    RatingDraft,
    ReceiptView,
    StatusView,
    SupplementDraft,
    WithdrawalDraft,
)
from service_catalog.appeals.stages import MoveNotLegal
from service_catalog.appeals.telling import preview_view, receipt, status
from service_catalog.appeals.web import (
    FileName,
    IdempotencyKey,
    Number,
    Outside,
    QueryCode,
    Sealing,
    count_appeal,
    own_case,
)
from service_catalog.attachments.storage import StorageAway
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Now, WriteDb
from service_catalog.vault import Vault

router = APIRouter(prefix="/v1/appeals", tags=["appeals"])
OWN = answers(NoSuchAppeal, RateExceeded)


@router.post("/preview", responses=answers(RateExceeded))
def preview_appeal(
    request: Request, draft: AppealDraft, db: Db, vault: Sealing, doors: Outside, by: Caller, now: Now
) -> PreviewView:
    """What to know before handing in: answers that exist, who would have it, what belongs elsewhere. Writes nothing."""
    count_appeal(request, doors, by)
    return preview_view(db, preview(db, vault, draft, at=now))


@router.post(
    "",
    status_code=201,
    responses=answers(
        LooksLikeEmergency, KioskKeyNeeded, NotAllowed, IdempotencyKeyReused, RequestRunning, RateExceeded, StorageAway
    ),
)
def hand_in(
    request: Request,
    draft: AppealDraft,
    db: WriteDb,
    doors: Outside,
    by: Caller,
    now: Now,
    idempotency_key: IdempotencyKey = None,
) -> ReceiptView:
    """Take 咨询, 求助, 意见, 建议, 投诉 (举报); the receipt has the number, the secret code, who has it and by when."""
    key = None if idempotency_key is None else key_of(by, idempotency_key)
    first = None if key is None else done_before(db, key, draft)
    if first is not None:
        return _receipt_again(db, doors.vault, first)
    if draft.channel == "kiosk" and key is None:
        said = Said("自助终端提交须带 Idempotency-Key，断线重试才不会重复", "a kiosk sends an Idempotency-Key")
        raise InvalidRequest([Fault("/header/Idempotency-Key", said)])
    count_appeal(request, doors, by)
    files = store(doors.storage, doors.vault, draft.attachments) if draft.attachments else []
    taken = take(db, doors.vault, draft, files=files, by=by, at=now)
    if key is not None:
        remember(db, key, draft, taken.case.row.number, at=now)
    return receipt(taken.case, taken.query_code)


def _receipt_again(session: Session, vault: Vault, number: str) -> ReceiptView:
    case = look_at(session, vault, number)
    return receipt(case, case.unsealed(case.row.query_code, "query code"))


@router.get("/{number}", responses=OWN)
def read_status(request: Request, number: Number, code: QueryCode, db: Db, doors: Outside) -> StatusView:
    """Where one's appeal stands, with the secret code of the receipt."""
    return status(own_case(request, db, doors, number, code, to_write=False))


@router.post("/{number}/supplement", responses=OWN | answers(MoveNotLegal))
def supplement(
    request: Request, number: Number, code: QueryCode, body: SupplementDraft, db: WriteDb, doors: Outside, now: Now
) -> StatusView:
    """Add what was asked for; the clock runs again."""
    case = own_case(request, db, doors, number, code, to_write=True)
    return status(handling.supplement(case, words=body.text, by=None, at=now))


@router.post("/{number}/attachments", responses=OWN | answers(MoveNotLegal, TooManyAttachments, StorageAway))
def add_attachment(
    request: Request,
    number: Number,
    code: QueryCode,
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
    name: FileName,
    db: WriteDb,
    doors: Outside,
    now: Now,
) -> StatusView:
    """Add a file while the appeal is open; what it is is found out from its content. The same file again changes nothing."""
    case = own_case(request, db, doors, number, code, to_write=True)
    [file] = store(doors.storage, doors.vault, [AttachmentDraft.model_construct(name=name, content=content)], root="")
    attach(case, file, by=None, at=now)
    return status(case)


@router.post("/{number}/rating", responses=OWN | answers(afterwards.RatedAlready, afterwards.NothingToRate))
def rate(
    request: Request, number: Number, code: QueryCode, body: RatingDraft, db: WriteDb, doors: Outside, now: Now
) -> StatusView:
    """Rate the answer, once (好差评); 4 and 5 are followed by a call."""
    case = own_case(request, db, doors, number, code, to_write=True)
    afterwards.rate(case, grade=body.grade, words=body.text, at=now)
    return status(case)


@router.post("/{number}/withdrawal", responses=OWN | answers(MoveNotLegal, OthersWait))
def withdraw(
    request: Request, number: Number, code: QueryCode, body: WithdrawalDraft, db: WriteDb, doors: Outside, now: Now
) -> StatusView:
    """Take one's appeal back while it is open."""
    case = own_case(request, db, doors, number, code, to_write=True)
    return status(afterwards.withdraw(case, words=body.text, at=now))
