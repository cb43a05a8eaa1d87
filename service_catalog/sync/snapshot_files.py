"""A snapshot as a file: plain, gzip or zstd NDJSON whose last line says how many lines there were, and their digest."""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import zstandard

from service_catalog.sync.answers import NotAsPromised
from service_catalog.sync.pages import FeedItem, item_of

LONGEST_LINE = 16_000_000
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class SnapshotHeader:
    """The first line: at which change number the snapshot stands, and of which scope it is. The feed goes on from there."""

    change_number: int
    made_at: str
    region: str | None
    kinds: tuple[str, ...]
    items: int
    whole: dict[str, Any]
    """The line as it is, with what else it says."""


def read_snapshot(path: Path) -> tuple[SnapshotHeader, Iterator[FeedItem]]:
    """Return the header and the items of a snapshot.

    Whoever takes the items must take them to the end, in one transaction: only there it shows whether all of them are there, as
    the centre wrote them. Raises NotAsPromised there, or where the file is damaged.
    """
    with _lines(path) as lines:
        header = _header_of(next(lines, b""))
    return header, _items(path, header)


def _items(path: Path, header: SnapshotHeader) -> Iterator[FeedItem]:
    with _lines(path) as lines:
        digest = hashlib.sha256(next(lines))
        for items, line in enumerate(lines):
            row = _object(line)
            if "end" in row:
                _refuse_difference(row, header, items, digest.hexdigest())
                if next(lines, None) is not None:
                    raise NotAsPromised("快照在末行之后还有内容", "there is more after the last line of the snapshot")
                return
            digest.update(line)
            yield _item(row, header)
    raise NotAsPromised("快照不完整，没有末行", "the snapshot ends early, without its last line")


def _item(row: dict[str, Any], header: SnapshotHeader) -> FeedItem:
    item = item_of(row)
    if item.modified > header.change_number:
        raise NotAsPromised("快照中有其后的变更", "the snapshot holds a change that came after it")
    return item


def _refuse_difference(end: dict[str, Any], header: SnapshotHeader, items: int, digest: str) -> None:
    if not end.get("items") == items == header.items:
        raise NotAsPromised(
            f"快照应有 {header.items} 项，实有 {items} 项",
            f"the snapshot should hold {header.items} items, it holds {items}",
        )
    if end.get("digest") != digest:
        raise NotAsPromised("快照的摘要不符", "the digest of the snapshot does not fit")


def _header_of(line: bytes) -> SnapshotHeader:
    match row := _object(line):
        case {"changeNumber": int(number), "items": int(items)}:
            kinds = tuple(row.get("kinds") or ())
            return SnapshotHeader(number, str(row.get("made_at", "")), row.get("region"), kinds, items, row)
    raise NotAsPromised("快照没有首行", "the snapshot has no first line")


def _object(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NotAsPromised("快照中有不能识读的一行", "a line of the snapshot cannot be read") from error
    if not isinstance(row, dict):
        raise NotAsPromised("快照中有不能识读的一行", "a line of the snapshot is no object")
    return row


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    with path.open("rb") as stored, _decoded(stored) as content:
        try:
            yield iter(lambda: _line(content), b"")
        except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise NotAsPromised("快照文件已损坏", f"the file of the snapshot is damaged: {error}") from error


def _line(content: IO[bytes] | gzip.GzipFile) -> bytes:
    line = content.readline(LONGEST_LINE)
    if line and not line.endswith(b"\n"):
        raise EOFError("a line without an end")
    return line


def _decoded(stored: io.BufferedReader) -> IO[bytes] | gzip.GzipFile:
    beginning = stored.peek(4)[:4]
    if beginning.startswith(_GZIP):
        return gzip.GzipFile(fileobj=stored, mode="rb")
    if beginning != _ZSTD:
        return stored
    return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(stored, read_across_frames=True))
