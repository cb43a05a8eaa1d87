"""Where attachments lie: a folder of this machine, or a bucket that speaks S3; both behind one interface."""

import logging
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from service_catalog.kernel.errors import NotFound, Said, Unavailable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

log = logging.getLogger("service_catalog")
_KEY = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{38}")
_STAGED = re.compile(r"#[0-9]+")
"""How the library ends the name of a file that it is still writing."""
ANSWERS_WITHIN = timedelta(seconds=10)
"""For one try; a file of 5 MB needs no more on the slowest line between offices."""
GIVES_UP_AFTER = timedelta(seconds=15)
"""No further try is begun later than this, so that nobody waits longer than both together."""


FOLDERS = [f"{number:02x}" for number in range(256)]
"""In which the keys lie."""


class NoSuchAttachment(NotFound):
    """Nothing is stored under this key."""

    title = Said("没有这个附件", "No such attachment")


class StorageAway(Unavailable):
    """The folder cannot be used, or the store does not answer in time."""

    title = Said("附件存储暂时不可用", "The store of attachments does not answer")


def new_key() -> str:
    """Return a key that nobody can guess: 160 random bits, in one of 256 folders."""
    token = secrets.token_hex(20)
    return f"{token[:2]}/{token}"


class Storage:
    """Files under keys. A key is written once, so that a file never changes; whoever stores it keeps the key."""

    def __init__(self, make: Callable[[], LocalStore | S3Store], *, folder: Path | None = None) -> None:
        self._make, self._folder = make, folder

    @cached_property
    def _store(self) -> LocalStore | S3Store:
        return self._make()

    def put(self, key: str, content: bytes) -> None:
        """Store a file whole or not at all; again under the same key is fine. Raises StorageAway."""
        _demand_key(key)
        with _answering():
            obstore.put(self._store, key, content, use_multipart=False)
            if self._folder is not None:
                _make_last(self._folder / key)

    def get(self, key: str) -> bytes:
        """Return a file; raises NoSuchAttachment, StorageAway."""
        if not _KEY.fullmatch(key):
            raise _missing()
        with _answering():
            try:
                return bytes(obstore.get(self._store, key).bytes())
            except FileNotFoundError as error:
                raise _missing() from error

    def delete(self, key: str) -> None:
        """Remove a file, and what a killed process left of it; one that is not there is fine. Raises StorageAway."""
        _demand_key(key)
        with _answering():
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                log.debug("attachment %s was gone already", key)
            for left in self._left_over(key):
                left.unlink(missing_ok=True)

    def keys(self, folder: str | None = None) -> Iterator[tuple[str, datetime]]:
        """Yield every key, or those of a folder, with the moment of its writing, also of files left unfinished by a killed process.

        Whoever cleans deletes those that are old and that nothing refers to. Raises StorageAway.
        """
        with _answering():
            for some in obstore.list(self._store, prefix=folder):
                yield from ((one["path"], one["last_modified"]) for one in some if _KEY.fullmatch(one["path"]))
            for left in self._left_over(f"{folder or '*'}/*"):
                if (written_at := _written_at(left)) is not None:
                    yield _key_of(left), written_at

    def _left_over(self, key: str) -> list[Path]:
        found = self._folder.glob(f"{key}#*") if self._folder is not None else ()
        return [path for path in found if _KEY.fullmatch(_key_of(path))]


def open_storage(url: str, *, endpoint: str | None = None) -> Storage:
    """Return the store that `url` names; nothing is made or asked before the first use.

    `file:///absolute/folder`, `file:folder` below the working directory, or `s3://bucket/prefix`, where `endpoint` is the
    address of a server other than Amazon's. Raises ValueError for any other.
    """
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise ValueError(f"CATALOG_ATTACHMENTS_URL {url!r}: neither ? nor # has a meaning here")
    if parts.scheme == "file" and not parts.netloc and parts.path.strip("/"):
        folder = Path(unquote(parts.path)).absolute()
        return Storage(lambda: _folder_store(folder), folder=folder)
    if parts.scheme == "s3" and parts.netloc:
        return Storage(lambda: _bucket_store(parts, endpoint))
    raise ValueError(
        f"CATALOG_ATTACHMENTS_URL {url!r} is neither file:///absolute/folder nor file:folder nor s3://bucket/prefix"
    )


def _folder_store(folder: Path) -> LocalStore:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # what people send in is nobody else's on this machine
    return LocalStore(folder)


def _bucket_store(parts: SplitResult, endpoint: str | None) -> S3Store:
    """Credentials and region are read from AWS_* by the library itself."""
    unencrypted: ClientConfig = {"allow_http": True} if endpoint and endpoint.startswith("http://") else {}
    elsewhere: S3Config = {"endpoint": endpoint} if endpoint else {}
    return S3Store(
        parts.netloc,
        prefix=unquote(parts.path).strip("/") or None,
        config=elsewhere,
        client_options={"connect_timeout": timedelta(seconds=3), "timeout": ANSWERS_WITHIN, **unencrypted},
        retry_config={"max_retries": 2, "retry_timeout": GIVES_UP_AFTER},
    )


def _make_last(path: Path) -> None:
    """See to it that what is acknowledged is on the disk, and its name in the folder too."""
    for one in (path, path.parent, path.parent.parent):
        opened = os.open(one, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _key_of(left: Path) -> str:
    return f"{left.parent.name}/{_STAGED.sub('', left.name)}"


def _written_at(left: Path) -> datetime | None:
    """Return when an unfinished file was written; None if its writer has finished it meanwhile."""
    try:
        return datetime.fromtimestamp(left.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        # the first line says what and where; what follows it repeats that for programmers
        log.warning("the store of attachments does not answer: %s", str(error).partition("\n")[0])
        raise StorageAway("附件存储暂时不可用，请稍后再试", "the store of attachments does not answer") from error


def _demand_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise ValueError("not a key that new_key() has made")


def _missing() -> NoSuchAttachment:
    return NoSuchAttachment(
        "没有这个附件，可能已按期清除", "there is no such attachment; it may have been removed in time"
    )
