"""GET /v1/me, /v1/keys, /v1/work-list, and acknowledgements."""

from typing import Any

from fastapi import APIRouter

from service_catalog.access.keys import KeyMalformed, NoSuchKey
from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Now, Today, Walking, WriteDb
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.staff import acknowledging, keyring, work
from service_catalog.staff.acknowledging import AlreadyAcknowledged, NoSuchPublishedEdition, NotImplementedHere
from service_catalog.staff.schemas import (
    AcknowledgementDraft,
    AcknowledgementView,
    ActorView,
    KeyDraft,
    KeyLine,
    NewKeyView,
    PrefixPath,
    WorkCount,
    WorkLine,
)
from service_catalog.staff.work import WorkKind

router = APIRouter(prefix="/v1", tags=["staff"])


@router.get("/me", responses=answers(SignInFirst))
async def who_am_i(by: Staff) -> ActorView:
    """Say who the credential belongs to, and what it may do where."""
    return ActorView.of(by)


@router.get("/keys", response_model=Page[KeyLine], responses=answers(SignInFirst, NotAllowed))
def list_keys(by: Staff, db: Db, walk: Walking) -> Any:
    """List the keys of machines that the caller manages, by prefix; never their secrets."""
    return walk.page_of(keyring.list_keys(db, walk, by=by), lambda key: key.prefix, each(KeyLine.of))


@router.post(
    "/keys", status_code=201, responses=answers(SignInFirst, NotAllowed, KeyMalformed, NoSuchRegion, NoSuchAgency)
)
def create_key(draft: KeyDraft, by: Staff, db: WriteDb, now: Now) -> NewKeyView:
    """Hand out a key for a machine. Its text is in this answer and nowhere else."""
    made = keyring.create_key(db, **draft.model_dump(), by=by, at=now)
    return NewKeyView(**KeyLine.of(made.key).model_dump(), key=made.text)


@router.delete("/keys/{prefix}", responses=answers(SignInFirst, NotAllowed, NoSuchKey))
def revoke_key(prefix: PrefixPath, by: Staff, db: WriteDb, now: Now) -> KeyLine:
    """Take a key back at once; doing it twice changes nothing."""
    return KeyLine.of(keyring.revoke_key(db, prefix, by=by, at=now))


@router.get("/work-list", responses=answers(SignInFirst))
def count_work(by: Staff, db: Db, today: Today) -> list[WorkCount]:
    """Say how much waits for the caller, kind by kind."""
    return [
        WorkCount(kind=kind, zh=work.SAID[kind].zh, en=work.SAID[kind].en, count=count)
        for kind, count in work.counts(db, today, by=by).items()
    ]


@router.get("/work-list/{kind}", response_model=Page[WorkLine], responses=answers(SignInFirst))
def list_work(kind: WorkKind, by: Staff, db: Db, walk: Walking, today: Today) -> Any:
    """List what waits for the caller, of one kind; computed anew each time, so that it empties by being done."""
    rows = work.work_of(db, kind, walk, today, by=by)
    return walk.page_of(rows, lambda row: row.key, each(lambda row: WorkLine.of(kind, row)))


@router.post(
    "/acknowledgements",
    status_code=201,
    responses=answers(
        SignInFirst,
        NotAllowed,
        NoSuchAgency,
        NotImplementedHere,
        NoSuchPublishedEdition,
        AlreadyAcknowledged,
    ),
)
def acknowledge(draft: AcknowledgementDraft, by: Staff, db: WriteDb, now: Now) -> AcknowledgementView:
    """Take note of a new edition of a standard, for an agency that implements it."""
    note = acknowledging.acknowledge(db, **draft.model_dump(), by=by, at=now)
    return AcknowledgementView(**draft.model_dump(), by=note.by, at=note.at)
