"""Files of an appeal: checked and sealed before the transaction begins, hung on the appeal inside it."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlmodel import col

from service_catalog.actors import Actor
from service_catalog.appeals.case import Case
from service_catalog.appeals.drafts import AttachmentDraft
from service_catalog.appeals.stages import Step, demand_legal
from service_catalog.appeals.tables import AppealAttachment
from service_catalog.attachments.checking import Checked, check, shown_name
from service_catalog.attachments.storage import FOLDERS, Storage, StorageAway, new_key
from service_catalog.kernel.database import reading
from service_catalog.kernel.errors import CatalogError, Conflict, Fault, InvalidRequest, NotFound, Said
from service_catalog.vault import Vault

MOST_OF_ONE_APPEAL = 20
ORPHAN_AFTER = timedelta(days=1)
BATCH = 1_000


class TooManyAttachments(Conflict):
    """An appeal holds so many files at the most."""

    title = Said("附件太多", "Too many attachments")


class NoSuchFile(NotFound):
    """The appeal has no such file."""

    title = Said("没有这个附件", "No such attachment")


@dataclass
class Stored:
    """A file that lies sealed in the store; whether an appeal has it shows when the transaction has ended."""

    key: str
    name: str
    media_type: str
    size: int
    digest: str
    is_attached: bool = False


@contextmanager
def on_hand(
    storage: Storage, vault: Vault, files: Iterable[AttachmentDraft], root: str = "/attachments"
) -> Iterator[list[Stored]]:
    """Store files for a transaction inside the block, and remove what a refusal or a repetition leaves without an appeal.

    After any other error nobody knows whether the transaction has ended well: then `sweep` looks, a day later.
    """
    stored = store(storage, vault, files, root)
    try:
        yield stored
    except CatalogError:
        _remove(storage, stored)
        raise
    _remove(storage, [file for file in stored if not file.is_attached])


def _remove(storage: Storage, files: Iterable[Stored]) -> None:
    with suppress(StorageAway):  # `sweep` comes again
        for file in files:
            storage.delete(file.key)


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
    name = shown_name(file.name, found.extension)
    return Stored(key, name, found.media_type, len(found.content), digest_of(file.content))


def digest_of(content: bytes) -> str:
    """Return by what a file is known again, as it was handed in."""
    return hashlib.sha256(content).hexdigest()


def may_come(case: Case, digest: str) -> bool:
    """Tell whether a file is new to the appeal; raises MoveNotLegal, TooManyAttachments where a new one is not taken."""
    if _same(case, digest) is not None:
        return False
    demand_legal(Step.ATTACH, case.row.stage)
    _demand_room(case)
    return True


def attach(case: Case, file: Stored, *, by: Actor | None, at: datetime) -> AppealAttachment:
    """Hang a stored file on an appeal; the same file again is the one that is there. Raises TooManyAttachments."""
    there = _same(case, file.digest)
    if there is not None:
        return there
    _demand_room(case)
    name = case.seal(file.name, f"attachment {file.key}")
    assert name is not None
    row = AppealAttachment(
        key=file.key, number=case.row.number, name=name, media_type=file.media_type, size=file.size,
        digest=file.digest, added_at=at,
    )  # fmt: skip
    case.session.add(row)
    case.record(Step.ATTACH, by=by, at=at, facts={"media_type": file.media_type, "size": file.size}, public=True)
    case.session.flush()
    file.is_attached = True
    return row


def _same(case: Case, digest: str) -> AppealAttachment | None:
    of_it = (col(AppealAttachment.number) == case.row.number, col(AppealAttachment.digest) == digest)
    return case.session.scalars(select(AppealAttachment).where(*of_it)).first()


def _demand_room(case: Case) -> None:
    query = select(func.count()).where(col(AppealAttachment.number) == case.row.number)
    if case.session.execute(query).scalar_one() >= MOST_OF_ONE_APPEAL:
        raise TooManyAttachments(f"一件诉求最多 {MOST_OF_ONE_APPEAL} 个附件", f"at most {MOST_OF_ONE_APPEAL} files")


def attachments_of(case: Case) -> list[AppealAttachment]:
    """Return the files of an appeal, oldest first."""
    query = select(AppealAttachment).where(col(AppealAttachment.number) == case.row.number)
    return list(case.session.scalars(query.order_by(col(AppealAttachment.added_at), col(AppealAttachment.key))))


def file_of(case: Case, key: str) -> AppealAttachment:
    """Return a file of an appeal; raises NoSuchFile."""
    row = case.session.get(AppealAttachment, key)
    if row is None or row.number != case.row.number:
        raise NoSuchFile(f"没有附件 {key}", f"there is no attachment {key}")
    return row


def content_of(storage: Storage, vault: Vault, key: str) -> bytes:
    """Return the bytes of a file, asked for while no transaction waits; raises NoSuchAttachment, StorageAway."""
    return vault.unseal(storage.get(key), f"attachment {key}")


def sweep(engine: Engine, storage: Storage, *, at: datetime) -> int:
    """Delete what was stored a day ago and belongs to no appeal: its transaction failed. Returns how many.

    It goes folder by folder, so that no list is long, and holds no transaction while the store is asked.
    """
    return sum(_sweep_folder(engine, storage, folder, at - ORPHAN_AFTER) for folder in FOLDERS)


def _sweep_folder(engine: Engine, storage: Storage, folder: str, before: datetime) -> int:
    orphans = {key for key, stored_at in storage.keys(folder) if stored_at < before}
    old = sorted(orphans)
    for start in range(0, len(old), BATCH):
        these = col(AppealAttachment.key).in_(old[start : start + BATCH])
        with reading(engine) as session:
            orphans.difference_update(session.scalars(select(col(AppealAttachment.key)).where(these)))
    for key in orphans:
        storage.delete(key)
    return len(orphans)
