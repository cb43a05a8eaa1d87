"""Fetching a snapshot over a thin line: goes on where it was cut, even by the end of the process, and checks what has come."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from service_catalog.sync.answers import CentreAway, Interrupted, NotAsPromised, Refused
from service_catalog.sync.asking import Line
from service_catalog.sync.retrying import Tries
from service_catalog.sync.snapshot_files import SnapshotHeader, read_snapshot

CODINGS = ("zstd", "gzip")
MAKING = 120.0
"""Seconds that the centre may need to make a snapshot before its first byte comes."""
GONE, UNSATISFIABLE = {404, 410, 412}, 416
Progress = Callable[[int, int | None], object]
"""Told how many bytes there are, and how many there will be where that is known."""


@dataclass(frozen=True)
class Notes:
    """What must be known of the part that is there, to go on with it: kept beside it."""

    centre: str
    query: dict[str, str]
    address: str
    etag: str
    coding: str
    total: int | None
    digest: str | None
    """sha-256 in hexadecimal digits of the whole as it is sent."""


class Download:
    """One snapshot on its way into `target`; until all of it is there, it stands in `target` with `.part` added."""

    def __init__(self, line: Line, target: Path, query: dict[str, str], progress: Progress | None) -> None:
        self.line, self.target, self.query, self.progress = line, target, query, progress
        self.centre = str(line.http.base_url)
        self.part = target.with_name(target.name + ".part")
        self.notes_file = target.with_name(target.name + ".part.json")
        self.beginnings = 0

    def run(self) -> SnapshotHeader:
        """Bring all of it here; raises CentreAway, Refused, NotAsPromised. A part that was fetched stays for the next time."""
        tries = self.line.tries(patience=MAKING)
        while True:
            try:
                self._bring_the_rest(tries)
                self._refuse_other_bytes()
                break
            except Interrupted as fault:
                self._give_up_in_circles(fault)
                tries.pause(fault)
        return self._put_in_place()

    def _bring_the_rest(self, tries: Tries) -> None:
        notes, there = self._notes(), self._size()
        if notes is not None and there and there == notes.total:
            return  # the end came after the last byte
        if notes is not None and notes.etag and there:
            self._go_on(notes, there, tries)
        else:
            headers = {"Accept-Encoding": ", ".join(CODINGS)}
            with self.line.answer(self._request("/v1/snapshot", self.query, headers, patience=MAKING)) as answer:
                self._begin_with(answer, tries)

    def _go_on(self, notes: Notes, there: int, tries: Tries) -> None:
        headers = {"Accept-Encoding": notes.coding, "Range": f"bytes={there}-", "If-Range": notes.etag}
        query = {} if notes.address != "/v1/snapshot" else self.query
        try:
            with self.line.answer(self._request(notes.address, query, headers)) as answer:
                if answer.status_code != httpx.codes.PARTIAL_CONTENT:
                    self._begin_with(answer, tries)
                elif _continues(answer, notes, there):
                    self._take(answer, notes.total, tries)
                else:
                    self._forget()
                    raise Interrupted("the rest that came is of another snapshot")
        except Refused as refusal:
            if refusal.status != UNSATISFIABLE and not (refusal.status in GONE and refusal.is_from_catalogue):
                raise
            self._forget()
            raise Interrupted(f"the snapshot that was begun is not there any more ({refusal.status})") from refusal

    def _begin_with(self, answer: httpx.Response, tries: Tries) -> None:
        if answer.status_code != httpx.codes.OK:
            raise NotAsPromised("快照的答复不是 200", f"a snapshot was answered with {answer.status_code}")
        kind = answer.headers.get("content-type", "nothing that has a type")
        if "ndjson" not in kind:
            raise Interrupted(
                f"answered with {kind} instead of a snapshot; something else may be answering for the centre"
            )
        coding = answer.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", *CODINGS):
            raise NotAsPromised(f"快照的编码 {coding} 未曾请求", f"a snapshot in {coding}, which was not asked for")
        self._forget()
        self.beginnings += 1
        self.part.write_bytes(b"")
        notes = Notes(
            self.centre, self.query, _address_of(answer), _strong_etag(answer), coding, _length_of(answer),
            _digest_of(answer),
        )  # fmt: skip
        _write_down(self.notes_file, notes)
        self._take(answer, notes.total, tries)

    def _take(self, answer: httpx.Response, total: int | None, tries: Tries) -> None:
        done = self._size()
        with self.part.open("ab") as part:
            for chunk in answer.iter_raw():
                part.write(chunk)
                part.flush()
                done += len(chunk)
                tries.progressed()
                if self.progress is not None:
                    self.progress(done, total)
        if total is not None and done != total:
            raise Interrupted(f"{done:,} of {total:,} bytes")

    def _refuse_other_bytes(self) -> None:
        notes = self._notes()
        if notes is None or notes.digest is None:
            return
        with self.part.open("rb") as part:
            digest = hashlib.file_digest(part, "sha256").hexdigest()
        if digest != notes.digest:
            self._forget()
            raise Interrupted("the bytes that came are not those that were sent (Repr-Digest)")

    def _put_in_place(self) -> SnapshotHeader:
        try:
            header, _ = read_snapshot(self.part)
            _refuse_other_scope(header, self.query)
        except NotAsPromised:
            self._forget()
            raise
        with self.part.open("rb") as part:
            os.fsync(part.fileno())
        self.part.replace(self.target)
        self.notes_file.unlink(missing_ok=True)
        return header

    def _give_up_in_circles(self, fault: Interrupted) -> None:
        """Beginning anew makes progress each time and might never end."""
        if self.beginnings >= self.line.retries.attempts:
            raise CentreAway(fault.reason, attempts=self.beginnings) from fault

    def _request(
        self, path: str, query: dict[str, str], headers: dict[str, str], *, patience: float = 0.0
    ) -> httpx.Request:
        headers = {"Accept": "application/x-ndjson", **headers}
        timeout = self.line.waiting(patience)
        return self.line.http.build_request("GET", path, params=query, headers=headers, timeout=timeout)

    def _notes(self) -> Notes | None:
        """Return what is known of the part; nothing where it is of another centre or scope, or the notes were cut off."""
        try:
            notes = Notes(**json.loads(self.notes_file.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return notes if (notes.centre, notes.query) == (self.centre, self.query) else None

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _forget(self) -> None:
        self.notes_file.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)


def _refuse_other_scope(header: SnapshotHeader, query: dict[str, str]) -> None:
    said = header.whole
    is_as_asked = (
        header.region == query.get("region")
        and ("kinds" not in query or set(query["kinds"].split(",")) == set(header.kinds))
        and said.get("surroundings", "surroundings" in query) == ("surroundings" in query)
        and said.get("ended", "tombstones") == query.get("ended", "tombstones")
    )
    if not is_as_asked:
        raise NotAsPromised("快照属于另一范围", "the snapshot is of another scope than the one asked for")


def _continues(answer: httpx.Response, notes: Notes, there: int) -> bool:
    span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("content-range", ""))
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    return span is not None and int(span[1]) == there and coding == notes.coding and _strong_etag(answer) == notes.etag


def _address_of(answer: httpx.Response) -> str:
    """Return where the same bytes stay; only the name is taken from the answer, never a host."""
    name = re.search(r"/v1/snapshots/([A-Za-z0-9._~-]+)$", answer.headers.get("content-location", ""))
    return f"/v1/snapshots/{name[1]}" if name else "/v1/snapshot"


def _strong_etag(answer: httpx.Response) -> str:
    """Return the ETag, empty where there is none that If-Range may carry (RFC 9110, 13.1.5)."""
    etag: str = answer.headers.get("etag", "")
    return "" if etag.startswith("W/") else etag


def _length_of(answer: httpx.Response) -> int | None:
    length: str = answer.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdecimal() else None


def _digest_of(answer: httpx.Response) -> str | None:
    """Return the sha-256 of Repr-Digest (RFC 9530) in hexadecimal digits."""
    named = re.search(r"(?:^|[\s,])sha-256=:([A-Za-z0-9+/]{43}=):", answer.headers.get("repr-digest", ""))
    return base64.b64decode(named[1]).hex() if named else None


def _write_down(path: Path, notes: Notes) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(asdict(notes)), encoding="utf-8")
    fresh.replace(path)
