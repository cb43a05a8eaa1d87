"""Files of an appeal: checked and sealed before the transaction begins, hung on the appeal inside it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.appeals.case import Case
from service_catalog.appeals.drafts import AttachmentDraft
from service_catalog.appeals.stages import Step
from service_catalog.appeals.tables import AppealAttachment
from service_catalog.attachments.checking import Checked, check, shown_name
from service_catalog.attachments.storage import Storage, new_key
from service_catalog.kernel.errors import CatalogError, Conflict, Fault, InvalidRequest, NotFound, Said
from service_catalog.vault import Vault

MOST_OF_ONE_APPEAL = 20
ORPHAN_AFTER = timedelta(days=1)


class TooManyAttachments(Conflict):
    """An appeal holds so many files at the most."""

    title = Said("附件太多", "Too many attachments")


class NoSuchFile(NotFound):
    """The appeal has no such file."""

    title = Said("没有这个附件", "No such attachment")


@dataclass(frozen=True)
class Stored:
    """A file that lies sealed in the store, and does not belong to any appeal yet."""

    key: str
    name: str
    media_type: str
    size: int
    digest: str


def store(storage: Storage, vault: Vault, files: Iterable[AttachmentDraft], root: str = "/attachments") -> list[Stored]:
    """Check, seal and store files; raises InvalidRequest naming each that is refused, and then stores none."""
    checked, faults = [], []
    for index, file in enumerate(files):
        try:
            checked.append((file, check(file.content, name=file.name)))
        except CatalogError as error:
            faults.append(Fault(_pointer(root, index, error), error.said))
    if faults:
        raise InvalidRequest(faults)
    return [_store(storage, vault, file, found) for file, found in checked]


def _pointer(root: str, index: int, error: CatalogError) -> str:
    """Say where a file is at fault; one that is the whole body has its name in the query."""
    element = error.facts.get("element", "content")
    if not root:
        return "/header/File-Name" if element == "name" else ""
    return f"{root}/{index}/{element}"


def _store(storage: Storage, vault: Vault, file: AttachmentDraft, found: Checked) -> Stored:
    key = new_key()
    storage.put(key, vault.seal(found.content, f"attachment {key}"))
    digest = hashlib.sha256(file.content).hexdigest()
    return Stored(key, shown_name(file.name, found.extension), found.media_type, len(found.content), digest)


def attach(case: Case, file: Stored, *, by: Actor | None, at: datetime) -> AppealAttachment:
    """Hang a stored file on an appeal; the same file again is the one that is there. Raises TooManyAttachments."""
    there = case.session.scalars(
        select(AppealAttachment).where(
            col(AppealAttachment.number) == case.row.number, col(AppealAttachment.digest) == file.digest
        )
    ).first()
    if there is not None:
        return there
    if _count(case) >= MOST_OF_ONE_APPEAL:
        raise TooManyAttachments(f"一件诉求最多 {MOST_OF_ONE_APPEAL} 个附件", f"at most {MOST_OF_ONE_APPEAL} files")
    name = case.seal(file.name, f"attachment {file.key}")
    assert name is not None
    row = AppealAttachment(
        key=file.key, number=case.row.number, name=name, media_type=file.media_type, size=file.size,
        digest=file.digest, added_at=at,
    )  # fmt: skip
    case.session.add(row)
    case.record(Step.ATTACH, by=by, at=at, facts={"media_type": file.media_type, "size": file.size}, public=True)
    case.session.flush()
    return row


def _count(case: Case) -> int:
    query = select(func.count()).where(col(AppealAttachment.number) == case.row.number)
    count: int = case.session.execute(query).scalar_one()
    return count


def attachments_of(case: Case) -> list[AppealAttachment]:
    """Return the files of an appeal, oldest first."""
    query = select(AppealAttachment).where(col(AppealAttachment.number) == case.row.number)
    return list(case.session.scalars(query.order_by(col(AppealAttachment.added_at), col(AppealAttachment.key))))


def content_of(case: Case, storage: Storage, key: str) -> tuple[AppealAttachment, bytes]:
    """Return a file with its bytes; raises NoSuchFile, StorageAway."""
    row = case.session.get(AppealAttachment, key)
    if row is None or row.number != case.row.number:
        raise NoSuchFile(f"没有附件 {key}", f"there is no attachment {key}")
    return row, case.vault.unseal(storage.get(key), f"attachment {key}")


def sweep(session: Session, storage: Storage, *, at: datetime) -> int:
    """Delete what was stored a day ago and belongs to no appeal: its transaction failed. Returns how many."""
    old = [key for key, stored_at in dict(storage.keys()).items() if stored_at < at - ORPHAN_AFTER]
    known = set(session.scalars(select(col(AppealAttachment.key))))
    orphans = [key for key in old if key not in known]
    for key in orphans:
        storage.delete(key)
    return len(orphans)
