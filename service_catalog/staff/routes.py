"""GET /v1/me and /v1/keys."""

from typing import Any

from fastapi import APIRouter

from service_catalog.access.keys import KeyMalformed, NoSuchKey
from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Now, Walking, WriteDb
from service_catalog.regions.mapping import NoSuchRegion
from service_catalog.staff import keyring
from service_catalog.staff.schemas import ActorView, KeyDraft, KeyLine, NewKeyView, PrefixPath

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
