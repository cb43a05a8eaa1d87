"""Before the transaction: rates are counted, files are stored while others write, and what no appeal has is removed."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from appealing import Person, Town, good, open_town, refused
from builders import TOWNSHIP, TOWNSHIP_STATION
from httpx2 import Response
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.appeals.attaching import MOST_OF_ONE_APPEAL
from service_catalog.attachments.storage import Storage, StorageAway, open_storage
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

DRAFT = {"kind": "help", "text": "路口的灯坏了，晚上看不见", "region": TOWNSHIP}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "attachments"


@pytest.fixture
def client(small_url: str, folder: Path, clock: "Clock") -> Iterator[TestClient]:
    settings = Settings(
        database_url=small_url, attachments_url=f"file:{folder}", attachments_per_address="25/hour",
        attachments_per_key="2/hour", previews_per_address="2/hour", appeals_per_address="4/hour",
    )  # fmt: skip
    with TestClient(create_app(settings, clock=clock)) as made:
        yield made


@pytest.fixture
def town(session: Session, client: TestClient, clock: "Clock") -> Town:
    return open_town(session, client, clock)


def stored(folder: Path) -> int:
    return len(list(folder.glob("*/*")))


def with_file(content: bytes = b"line", **more: Any) -> dict[str, Any]:
    return DRAFT | {"attachments": [{"name": "a.txt", "content": base64.b64encode(content).decode()}]} | more


def add(person: Person, content: bytes, *, headers: dict[str, str] | None = None, code: str | None = None) -> Response:
    opening = {"Query-Code": code or person.receipt["query_code"], "File-Name": "a.txt"}
    return person.client.post(person.at("attachments"), content=content, headers=opening | (headers or {}))


class SlowStorage(Storage):
    """A store that waits with each file until it is let go; with each that is asked for too."""

    def __init__(self, under: Storage) -> None:
        self.under, self.reached, self.go = under, Event(), Event()

    def put(self, key: str, content: bytes) -> None:
        self.reached.set()
        assert self.go.wait(60)
        self.under.put(key, content)

    def get(self, key: str) -> bytes:
        self.reached.set()
        assert self.go.wait(60)
        return self.under.get(key)

    def delete(self, key: str) -> None:
        self.under.delete(key)


@pytest.fixture
def slow(client: TestClient, folder: Path) -> Iterator[SlowStorage]:
    made = SlowStorage(open_storage(f"file:{folder}"))
    client.app.state.doors._storage = made  # type: ignore[attr-defined]
    yield made
    made.go.set()


def away(key: str) -> NoReturn:
    raise StorageAway("不可用", "away")


def test_while_one_file_is_slowly_stored_others_hand_in_and_answer(town: Town, slow: SlowStorage, folder: Path) -> None:
    mine = town.hand_in()
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(town.send, with_file()), pool.submit(add, mine, b"later")]
        try:
            assert slow.reached.wait(60)
            other = town.hand_in(item=town.guides[TOWNSHIP_STATION])
            town.to_handling(other, town.bureau)
            assert not any(job.done() for job in waiting)
        finally:
            slow.go.set()
        first, added = (good(job.result()) for job in waiting)

    assert (first["attachments"], added["attachments"], stored(folder)) == (1, 1, 2)


def test_while_an_officer_waits_for_a_file_others_hand_in_and_answer(town: Town, slow: SlowStorage) -> None:
    slow.go.set()
    person = town.hand_in(attachments=with_file()["attachments"])
    key = good(town.bureau("GET", person.at("case")))["attachments"][0]["key"]
    slow.go.clear()
    slow.reached.clear()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: town.bureau("GET", person.at(f"files/{key}")))
        try:
            assert slow.reached.wait(60)
            town.to_handling(town.hand_in(item=town.guides[TOWNSHIP_STATION]), town.bureau)
            assert not waiting.done()
        finally:
            slow.go.set()

    assert waiting.result().content == b"line"
    assert [event["step"] for event in good(town.bureau("GET", person.at("case")))["events"]][-1] == "see_identity"


def test_a_file_that_the_store_does_not_give_out_leaves_no_look_behind(
    town: Town, slow: SlowStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.go.set()
    person = town.hand_in(attachments=with_file()["attachments"])
    case = good(town.bureau("GET", person.at("case")))
    monkeypatch.setattr(slow, "get", away)

    asked = town.bureau("GET", person.at(f"files/{case['attachments'][0]['key']}"))

    assert refused(asked) == (503, "storage-away")
    assert refused(town.station("GET", person.at("files/ab/cd"))) == (403, "identity-protected")
    assert good(town.bureau("GET", person.at("case")))["events"] == case["events"]


def test_a_repeated_request_stores_nothing_and_is_not_counted(town: Town, folder: Path) -> None:
    answers = [town.send(with_file(), key="again-0001") for _ in range(9)]

    assert len({good(answer)["number"] for answer in answers}) == 1
    assert stored(folder) == 1
    assert refused(town.send(with_file(b"other"), key="again-0001")) == (422, "idempotency-key-reused")
    assert stored(folder) == 1


@pytest.mark.parametrize(
    "refusal", [{"text": "着火了，快来"}, {"region": "152999"}, {"channel": "pigeon"}, {"channel": "kiosk"}]
)
def test_what_is_refused_leaves_no_file_behind(town: Town, folder: Path, refusal: dict[str, Any]) -> None:
    assert not town.send(with_file() | refusal).is_success
    assert stored(folder) == 0


def test_the_same_file_twice_in_one_appeal_is_kept_once(town: Town, folder: Path) -> None:
    draft = with_file()

    assert good(town.send(draft | {"attachments": draft["attachments"] * 3}))["number"]
    assert stored(folder) == 1


def test_a_refusal_stays_one_where_the_store_cannot_remove_the_file(
    town: Town, slow: SlowStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.go.set()
    monkeypatch.setattr(slow.under, "delete", away)

    assert refused(town.send(with_file(text="着火了，快来"))) == (409, "looks-like-emergency")


def test_a_file_that_cannot_be_attached_is_never_stored(town: Town, folder: Path) -> None:
    person = town.hand_in()
    for number in range(MOST_OF_ONE_APPEAL):
        good(add(person, b"file %d" % number))

    assert good(add(person, b"file 0"))["attachments"] == MOST_OF_ONE_APPEAL
    assert refused(add(person, b"one more")) == (409, "too-many-attachments")
    assert refused(add(person, b"one more", code="22222222")) == (404, "no-such-appeal")
    good(person.do("withdrawal"))
    assert refused(add(person, b"one more")) == (409, "move-not-legal")
    assert stored(folder) == MOST_OF_ONE_APPEAL


def test_of_the_same_file_twice_at_once_one_is_kept(town: Town, slow: SlowStorage, folder: Path) -> None:
    person = town.hand_in()
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(add, person, b"the same") for _ in range(2)]
        assert slow.reached.wait(60)
        slow.go.set()
        told = [good(job.result())["attachments"] for job in jobs]

    assert (told, stored(folder)) == ([1, 1], 1)


def test_files_that_come_later_are_counted_by_the_address_or_the_key(town: Town, folder: Path) -> None:
    person, other = town.hand_in(), town.hand_in()
    by_key = [add(person, b"key %d" % number, headers=town.kiosk.headers).status_code for number in range(3)]
    by_address = [add(other, b"file %d" % number).status_code for number in range(20)]
    by_address += [add(person, b"file %d" % number).status_code for number in range(6)]

    assert by_key == [200, 200, 429]
    assert by_address == [200] * 25 + [429]
    assert stored(folder) == 27
    town.clock.at += timedelta(hours=1)
    assert add(person, b"an hour later").status_code == 200


def test_previews_and_appeals_are_counted_apart(town: Town) -> None:
    def preview(headers: dict[str, str] | None = None) -> int:
        return town.client.post("/v1/appeals/preview", json=DRAFT, headers=headers).status_code

    assert [preview() for _ in range(3)] == [200, 200, 429]
    assert [town.send(DRAFT).status_code for _ in range(5)] == [201] * 4 + [429]
    assert preview(town.kiosk.headers) == 200
