"""Snapshots: one consistent picture, its digests, packed as asked, resumed by ranges, kept for a while."""

import base64
import gzip
import hashlib
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from builders import BANNER, BANNER_BUREAU, FOUNDED, LEAGUE, LEAGUE_BUREAU, found_small_catalogue, publish_local
from feeding import Walked
from httpx2 import Response
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.changes.log import last_number
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.settings import Settings
from service_catalog.sync import snapshots
from service_catalog.sync.scope import Scope
from service_catalog.sync.snapshots import READ_WITHIN, Snapshots

pytestmark = pytest.mark.sqlite_is_enough

if TYPE_CHECKING:
    from conftest import Clock

ALL = Scope()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


@pytest.fixture
def client(small_url: str, clock: "Clock", folder: Path) -> Iterator[TestClient]:
    settings = Settings(database_url=small_url, snapshots=folder, snapshot_minutes=60)
    with TestClient(create_app(settings, clock=clock)) as made:
        yield made


@pytest.fixture
def code(session: Session) -> str:
    made = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    return made


def take(client: TestClient, coding: str = "identity", path: str = "/v1/snapshot", **more: Any) -> Response:
    headers = {"Accept-Encoding": coding} | more.pop("headers", {})
    with client.stream("GET", path, params=more, headers=headers) as answer:
        answer.raw = b"".join(answer.iter_raw())  # type: ignore[attr-defined]
    return answer


def raw(answer: Response) -> bytes:
    content: bytes = answer.raw  # type: ignore[attr-defined]
    return content


def lines_of(content: bytes) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    first, *items, last = map(json.loads, content.splitlines())
    return first, items, last


def test_a_snapshot_says_what_it_is_how_much_it_has_and_its_digest(client: TestClient, code: str) -> None:
    answer = take(client)

    first, items, last = lines_of(raw(answer))
    assert {name: first[name] for name in ("region", "kinds", "surroundings", "ended", "items", "license")} == {
        "region": None, "kinds": sorted(["region", "agency", "basic_item", "implementation", "code", "register"]),
        "surroundings": False, "ended": "tombstones", "items": len(items),
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }  # fmt: skip
    assert first["made_at"] == "2026-03-10T01:00:00.000000Z"
    before_last = raw(answer).rpartition(b'{"end"')[0]
    assert last == {"end": True, "items": len(items), "digest": hashlib.sha256(before_last).hexdigest()}
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["change-number"] == str(first["changeNumber"])


def test_a_snapshot_has_what_the_feed_has_and_the_feed_goes_on_from_its_number(
    session: Session, client: TestClient, code: str
) -> None:
    walked = Walked(client)
    first, items, _ = lines_of(raw(take(client)))
    league = publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()

    assert items == walked.items
    assert first["changeNumber"] == walked.head
    assert [item["id"] for item in Walked(client, first["changeNumber"]).items] == [league]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("zstd, gzip", "zstd"), ("gzip", "gzip"), ("identity", None), ("gzip;q=0", None), ("zstd;q=0, gzip;q=0.5", "gzip"),
        ("br", None),
    ],
)  # fmt: skip
def test_it_is_packed_as_the_reader_understands_it(client: TestClient, code: str, asked: str, sent: str | None) -> None:
    answer = take(client, asked)

    unpacked = raw(answer)
    if sent == "zstd":
        unpacked = zstandard.ZstdDecompressor().decompressobj().decompress(unpacked)
    elif sent == "gzip":
        unpacked = gzip.decompress(unpacked)
    assert answer.headers.get("content-encoding") == sent
    assert unpacked == raw(take(client))
    digest = hashlib.sha256(raw(answer)).digest()
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest).decode()}:"
    assert answer.headers["etag"] == f'"{digest.hex()}"'
    assert set(answer.headers["vary"].split(", ")) == {"Accept-Encoding"}


def test_a_transfer_that_broke_off_is_resumed_where_it_ended(client: TestClient, code: str) -> None:
    whole = take(client, "gzip")
    place, etag = whole.headers["content-location"], whole.headers["etag"]

    rest = take(client, "gzip", place, headers={"Range": "bytes=100-", "If-Range": etag})
    middle = take(client, "gzip", place, headers={"Range": "bytes=100-199"})
    other = take(client, "gzip", place, headers={"Range": "bytes=100-", "If-Range": '"another"'})
    beyond = take(client, "gzip", place, headers={"Range": "bytes=99999999-"})

    length = len(raw(whole))
    assert (rest.status_code, raw(rest)) == (206, raw(whole)[100:])
    assert rest.headers["content-range"] == f"bytes 100-{length - 1}/{length}"
    assert (middle.status_code, raw(middle)) == (206, raw(whole)[100:200])
    assert (other.status_code, raw(other)) == (200, raw(whole))
    assert beyond.status_code == 416
    assert rest.headers["content-encoding"] == "gzip"
    assert whole.headers["accept-ranges"] == "bytes"
    assert rest.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_scopes_are_told_apart(client: TestClient, session: Session, code: str) -> None:
    league = publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()

    def codes(**scope: Any) -> set[str]:
        return {item["id"] for item in lines_of(raw(take(client, **scope)))[1] if item["kind"] == "implementation"}

    assert codes() == codes(region=LEAGUE) == {code, league}
    assert codes(region=BANNER) == {code}
    assert codes(region=BANNER, surroundings="true") == {code, league}
    assert codes(kinds="agency") == set()


def test_it_is_handed_out_again_until_it_is_old(
    session: Session, client: TestClient, clock: "Clock", folder: Path, code: str
) -> None:
    first = take(client)
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()
    clock.at += timedelta(minutes=59)
    again = take(client)
    clock.at += timedelta(minutes=2)
    new = take(client)

    assert again.headers["content-location"] == first.headers["content-location"]
    assert int(new.headers["change-number"]) == int(first.headers["change-number"]) + 1
    assert len(list(folder.glob("*.ndjson"))) == 2
    assert take(client, path=first.headers["content-location"]).status_code == 200


def test_one_of_another_log_is_not_handed_out(
    engine: Engine, empty_engine: Engine, clock: "Clock", folder: Path
) -> None:
    """As after a backup was restored: the log has come as far again, but by other changes."""
    made = Snapshots(folder, license_address="x", good_for=timedelta(hours=1))
    with unit_of_work(empty_engine) as session:
        found_small_catalogue(session, at=FOUNDED + timedelta(minutes=1))

    with reading(engine) as here, reading(empty_engine) as there:
        first = made.make(here, ALL, "identity", at=clock.at)
        assert made.young_one(here, ALL, "identity", at=clock.at) == first
        assert made.young_one(there, ALL, "identity", at=clock.at) is None
        assert made.make(there, ALL, "identity", at=clock.at).change_number == first.change_number


@pytest.mark.parametrize(
    "name",
    ["1-0123456789abcdef-" + "0" * 64 + ".ndjson", "x", "..%2F..%2Fetc%2Fpasswd", "%2e%2e", "snapshot.ndjson.part"],
)
def test_a_snapshot_that_is_not_there_is_said_to_be_gone(client: TestClient, folder: Path, name: str) -> None:
    folder.mkdir()
    (folder / "snapshot.ndjson.part").write_text("unfinished")
    (folder.parent / "secret").write_text("secret")

    answer = client.get(f"/v1/snapshots/{name}")

    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_one_that_gave_way_is_said_to_be_gone(client: TestClient, folder: Path, code: str) -> None:
    place = take(client).headers["content-location"]
    for file in folder.iterdir():
        file.unlink()

    answer = client.get(place)

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-such-snapshot")


def long_unread(folder: Path) -> None:
    """Let all files have been read last some hours ago."""
    for file in folder.iterdir():
        os.utime(file, (time.time() - READ_WITHIN - 60, file.stat().st_mtime))


def test_the_folder_does_not_grow_without_end(
    client: TestClient, clock: "Clock", folder: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MOST_FILES", 3)
    for _ in range(6):
        clock.at += timedelta(hours=2)
        last = take(client)
        long_unread(folder)

    assert len(list(folder.iterdir())) == 3
    assert take(client, path=last.headers["content-location"]).status_code == 200


def test_what_somebody_is_fetching_is_not_put_away_for_what_others_ask(
    client: TestClient, clock: "Clock", folder: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when forty townships begin on the same morning: each has a scope of its own."""
    monkeypatch.setattr(snapshots, "MOST_FILES", 2)
    begun, resumed = take(client), take(client, kinds="region")
    long_unread(folder)
    middle = take(client, path=resumed.headers["content-location"], headers={"Range": "bytes=0-9"})
    for kind in ("agency", "code", "register"):
        take(client, kinds=kind)

    again = take(client, path=resumed.headers["content-location"], headers={"Range": "bytes=10-"})

    assert (middle.status_code, again.status_code) == (206, 206)
    assert take(client, path=begun.headers["content-location"]).status_code == 404
    assert len(list(folder.iterdir())) == 4


def test_a_full_disk_is_worse_than_a_snapshot_that_has_to_be_begun_anew(
    client: TestClient, clock: "Clock", folder: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = take(client)
    monkeypatch.setattr(snapshots, "MOST_BYTES", len(raw(first)) + 1)

    second = take(client, kinds="agency")

    assert [file.name for file in folder.iterdir()] == [second.headers["content-location"].rpartition("/")[2]]


def test_what_a_killed_process_left_unfinished_is_put_away(client: TestClient, folder: Path, code: str) -> None:
    folder.mkdir()
    old, young = folder / "a.part", folder / "b.part"
    for file in (old, young):
        file.write_text("unfinished")
    os.utime(old, (0, 0))

    take(client)

    assert (old.exists(), young.exists()) == (False, True)


def test_a_change_that_is_committed_meanwhile_is_not_in_it(
    engine: Engine, small_url: str, clock: "Clock", folder: Path, code: str
) -> None:
    """The reading transaction has begun before; number and content are of that moment."""
    made = Snapshots(folder, license_address="x", good_for=timedelta(hours=1))
    with reading(engine) as session:
        head = last_number(session)
        with unit_of_work(engine) as writing:
            league = publish_local(writing, LEAGUE_BUREAU, "3")
        found = made.make(session, ALL, "identity", at=clock.at)

    first, items, _ = lines_of(found.path.read_bytes())
    assert (found.change_number, first["changeNumber"]) == (head, head)
    assert league not in {item["id"] for item in items}


def test_two_who_ask_at_once_are_served_from_one_making(
    engine: Engine, clock: "Clock", folder: Path, code: str
) -> None:
    made = Snapshots(folder, license_address="x", good_for=timedelta(hours=1))
    start = Barrier(4)

    def ask() -> str:
        with reading(engine) as session:
            start.wait()
            return made.make(session, ALL, "gzip", at=clock.at).path.name

    with ThreadPoolExecutor(4) as pool:
        names = {job.result() for job in [pool.submit(ask) for _ in range(4)]}

    assert len(names) == len(list(folder.iterdir())) == 1


def test_a_making_that_fails_leaves_nothing_behind(
    engine: Engine, clock: "Clock", folder: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Snapshots(folder, license_address="x", good_for=timedelta(hours=1))

    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshots, "_pack", full)
    with reading(engine) as session, pytest.raises(OSError, match="No space"):
        made.make(session, ALL, "gzip", at=clock.at)

    assert list(folder.iterdir()) == []
