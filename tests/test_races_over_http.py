"""Several offices press the same button at the same moment, over real sockets: one wins, the others are told."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from builders import BANNER_BUREAU, ITEM, LEAGUE, item_plain
from callers import key_for
from live import listening
from sqlmodel import Session

from service_catalog.actors import Role
from service_catalog.app import create_app
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

WRITERS = 6
DRAFT = f"/v1/basic-items/{ITEM}/draft"
CLAIM = {"agency_code": BANNER_BUREAU, "exercise_level": "4", "basic_code": ITEM}


@pytest.fixture
def address(small_url: str, clock: "Clock") -> Iterator[str]:
    with listening(create_app(Settings(database_url=small_url), clock=clock)) as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture
def keys(session: Session, now: datetime) -> dict[Role, dict[str, str]]:
    return {
        role: key_for(session, role, region=LEAGUE, at=now) for role in (Role.EDITOR, Role.REVIEWER, Role.PUBLISHER)
    }


def at_once(address: str, method: str, path: str, body: Any, headers: dict[str, str]) -> Counter[str]:
    """Ask so many times at the same moment; count the answers by status and problem."""
    start = Barrier(WRITERS)

    def ask() -> str:
        with httpx.Client(base_url=address, timeout=60) as client:
            client.get("/v1/regions?limit=1")  # connected before the race begins
            start.wait()
            answer = client.request(method, path, json=body, headers=headers)
        problem = answer.json().get("type", "") if answer.is_error else ""
        return f"{answer.status_code} {problem.removeprefix('/problems/')}".strip()

    with ThreadPoolExecutor(WRITERS) as pool:
        return Counter(job.result() for job in [pool.submit(ask) for _ in range(WRITERS)])


def test_of_several_who_publish_at_once_one_does(address: str, keys: dict[Role, dict[str, str]]) -> None:
    with httpx.Client(base_url=address, timeout=60) as client:
        client.put(DRAFT, json=item_plain(name="居住证办理"), headers=keys[Role.EDITOR])
        client.post(f"{DRAFT}/submission", headers=keys[Role.EDITOR])
        assert client.post(f"{DRAFT}/approval", json={}, headers=keys[Role.REVIEWER]).status_code == 200

    told = at_once(address, "POST", f"{DRAFT}/publication", {}, keys[Role.PUBLISHER])

    assert told == {"200": 1, "404 nothing-open": WRITERS - 1}
    editions = httpx.get(f"{address}/v1/basic-items/{ITEM}/editions").json()
    assert [edition["state"] for edition in editions] == ["superseded", "published"]


def test_of_several_who_open_a_draft_at_once_one_does(address: str, keys: dict[Role, dict[str, str]]) -> None:
    told = at_once(address, "PUT", DRAFT, item_plain(), keys[Role.EDITOR])

    assert told == {"200": 1, "428 seen-version-missing": WRITERS - 1}


def test_of_several_who_write_over_the_same_draft_one_does(address: str, keys: dict[Role, dict[str, str]]) -> None:
    seen = httpx.put(f"{address}{DRAFT}", json=item_plain(), headers=keys[Role.EDITOR]).headers["etag"]

    told = at_once(address, "PUT", DRAFT, item_plain(), keys[Role.EDITOR] | {"If-Match": seen})

    assert told == {"200": 1, "412 stale-revision": WRITERS - 1}


def test_of_several_who_claim_the_same_one_does(address: str, keys: dict[Role, dict[str, str]]) -> None:
    told = at_once(address, "POST", "/v1/implementations", CLAIM, keys[Role.EDITOR])

    assert told == {"201": 1, "409 already-claimed": WRITERS - 1}
