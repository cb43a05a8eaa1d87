"""Snapshots (快照): everything that is told in a scope, one consistent file; made once and served to many, resumed by ranges.

One line says what it is, each item is a line as in the feed, the last line has the count and the digest of all lines before.
"""

import gzip
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import IO, Any, Literal, NamedTuple

import zstandard
from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.changes.log import last_number
from service_catalog.changes.tables import Change
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import NotFound, Said
from service_catalog.sync.feed import Item, items_of, rows_after
from service_catalog.sync.scope import Scope
from service_catalog.sync.telling import AT_ONCE
from service_catalog.sync.writing import as_json, plain

Coding = Literal["zstd", "gzip", "identity"]
_ENDINGS: dict[Coding, str] = {"zstd": ".zst", "gzip": ".gz", "identity": ""}
_NAME = re.compile(r"([0-9]+)-([0-9a-f]{16})-([0-9a-f]{64})\.ndjson(\.zst|\.gz)?")
MOST_FILES = 24
"""So many snapshots lie in the folder, all scopes together; beyond that those give way that nobody reads any more."""
MOST_BYTES, READ_WITHIN = 4_000_000_000, 7_200.0
"""What is read is kept for so many seconds: over a thin line it is resumed. Only a full disk makes it give way, too."""
_ALL = 2**31
_UNFINISHED, _LONGEST_MAKING = ".part", 86_400.0
"""How files end that are not whole yet, and after how many seconds nobody writes them any more."""


class NoSuchSnapshot(NotFound):
    """The snapshot has given way to newer ones; ask for the present one and begin anew."""

    title = Said("没有这个快照，请重新获取", "No such snapshot")


class Snapshot(NamedTuple):
    """One file: at which change it stands, how it is packed, the SHA-256 of its bytes."""

    path: Path
    change_number: int
    digest: str
    coding: Coding


class Snapshots:
    """The folder of one site."""

    def __init__(self, folder: Path, *, license_address: str, good_for: timedelta) -> None:
        self._folder, self._license, self._good_for = folder, license_address, good_for
        self._lock = Lock()

    def find(self, name: str) -> Snapshot:
        """Return a snapshot by its name; raises NoSuchSnapshot."""
        path = self._folder / name
        found = read_name(path) if _NAME.fullmatch(name) else None
        if found is None or not path.is_file():
            raise NoSuchSnapshot(f"快照 {name[:100]} 已不存在", f"the snapshot {name[:100]} is no longer there")
        _note_reading(path)
        return found

    def young_one(self, session: Session, scope: Scope, coding: Coding, *, at: datetime) -> Snapshot | None:
        """Return the newest snapshot of a scope, as long as it is good.

        One of a log that has been replaced by a backup since is none, even where the new log has come as far.
        """
        oldest = (at - self._good_for).timestamp()
        mine = [
            (found.change_number, made_at, found)
            for path in self._folder.glob(f"*-*-*.ndjson{_ENDINGS[coding]}")
            if (found := read_name(path)) is not None
            and path.name.startswith(_beginning(session, scope, found.change_number))
            and (made_at := _made_at(path)) > oldest
        ]
        if not mine:
            return None
        newest = max(mine)[2]
        _note_reading(newest.path)
        return newest

    def make(
        self,
        session: Session,
        scope: Scope,
        coding: Coding,
        *,
        at: datetime,
        order: Callable[[], object] = lambda: None,
    ) -> Snapshot:
        """Make one of what this transaction sees, one at a time; who waited takes what was made meanwhile.

        `order` is called before one has to be made, and may refuse it.
        """
        with self._lock:
            found = self.young_one(session, scope, coding, at=at)
            if found is None:
                order()
                self._folder.mkdir(parents=True, exist_ok=True)
                found = self._write(session, scope, coding, at)
                self._put_away(found.path)
        return found

    def _write(self, session: Session, scope: Scope, coding: Coding, at: datetime) -> Snapshot:
        number = last_number(session)
        with ExitStack() as stack:
            lines = stack.enter_context(tempfile.TemporaryFile(dir=self._folder))
            count = 0
            for item in _items(session, scope, at):
                lines.write(_line(item.written()))
                count += 1
            lines.seek(0)
            packed = stack.enter_context(
                tempfile.NamedTemporaryFile(dir=self._folder, suffix=_UNFINISHED, delete=False)
            )
            stack.callback(Path(packed.name).unlink, missing_ok=True)
            about = {
                "changeNumber": number, "made_at": plain(at), "region": scope.region, "kinds": sorted(scope.kinds),
                "surroundings": scope.surroundings, "ended": scope.ended, "items": count, "license": self._license,
            }  # fmt: skip
            digest = _pack(packed, coding, _line(about), lines, count)
            path = self._folder / f"{_beginning(session, scope, number)}{digest}.ndjson{_ENDINGS[coding]}"
            os.utime(packed.name, (time.time(), at.timestamp()))
            Path(packed.name).replace(path)
        return Snapshot(path, number, digest, coding)

    def _put_away(self, new: Path) -> None:
        files = sorted(
            (about.st_atime, about.st_size, path)
            for path in self._folder.glob("*.ndjson*")
            if path != new and (about := _about(path)) is not None
        )
        count, size = len(files) + 1, new.stat().st_size + sum(length for _, length, _ in files)
        in_use = time.time() - READ_WITHIN
        for read_at, length, path in files:
            if size > MOST_BYTES or (count > MOST_FILES and read_at < in_use):
                path.unlink(missing_ok=True)
                count, size = count - 1, size - length
        yesterday = time.time() - _LONGEST_MAKING
        for path in self._folder.glob(f"*{_UNFINISHED}"):  # of a process that was killed
            if _made_at(path) < yesterday:
                path.unlink(missing_ok=True)


def _about(path: Path) -> os.stat_result | None:
    """Return what the file system says; None where another process has put the file away meanwhile."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _made_at(path: Path) -> float:
    about = _about(path)
    return 0.0 if about is None else about.st_mtime


def _note_reading(path: Path) -> None:
    """Write down that a file is read now, by the system's time; file systems do it themselves, but not each time."""
    about = _about(path)
    if about is not None:
        with suppress(FileNotFoundError):
            os.utime(path, ns=(time.time_ns(), about.st_mtime_ns))


def read_name(path: Path) -> Snapshot | None:
    """Return what the name of a file says, None for a stranger."""
    parts = _NAME.fullmatch(path.name)
    if parts is None:
        return None
    coding: Coding = {".zst": "zstd", ".gz": "gzip"}.get(parts[4], "identity")  # type: ignore[assignment]
    return Snapshot(path, int(parts[1]), parts[3], coding)


def _beginning(session: Session, scope: Scope, number: int) -> str:
    """Return how the name of a snapshot begins: the change number, and a short name for the scope and for the log up to there.

    The log's own chain of digests names it; a log that does not come so far, or came there another way, has another name.
    """
    came_by = session.scalars(select(col(Change.digest)).where(col(Change.number) == number)).first()
    said = [scope.region, sorted(scope.kinds), scope.surroundings, scope.ended, came_by]
    return f"{number}-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]}-"


def _items(session: Session, scope: Scope, at: datetime) -> Iterator[Item]:
    rows = [row for row in rows_after(session, scope, 0, _ALL) if row.is_inside]
    for start in range(0, len(rows), AT_ONCE):
        told = items_of(session, scope, rows[start : start + AT_ONCE], civil_day(at))
        yield from (item for item in told if item.data is not None)


def _line(said: Any) -> bytes:
    return as_json(said) + b"\n"


class _Summed:
    """A file that sums up what is written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.sum = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sum.update(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


def _pack(target: Any, coding: Coding, first: bytes, lines: IO[bytes], count: int) -> str:
    """Write the file and return the SHA-256 of its bytes."""
    summed, content = _Summed(target), hashlib.sha256()
    with ExitStack() as stack:
        sink: Any = summed
        if coding == "gzip":
            sink = stack.enter_context(gzip.GzipFile(fileobj=summed, mode="wb", compresslevel=6, mtime=0))
        elif coding == "zstd":
            compressor = zstandard.ZstdCompressor(level=9)
            sink = stack.enter_context(compressor.stream_writer(summed, closefd=False))  # type: ignore[arg-type]
        for chunk in (first, *iter(lambda: lines.read(1 << 20), b"")):
            content.update(chunk)
            sink.write(chunk)
        sink.write(_line({"end": True, "items": count, "digest": content.hexdigest()}))
    target.flush()
    return summed.sum.hexdigest()
