"""Snapshots and digests are dear and open to anyone: making them keeps nobody from reading, and nobody asks without end."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from builders import BANNER
from callers import key_for
from fastapi import FastAPI
from feeding import Walked, ask
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.actors import Role
from service_catalog.app import create_app
from service_catalog.kernel.turns import READERS
from service_catalog.settings import Settings
from service_catalog.sync import making, web

pytestmark = pytest.mark.sqlite_is_enough

if TYPE_CHECKING:
    from conftest import Clock

Answer = Coroutine[Any, Any, httpx.Response]


@pytest.fixture
def app(small_url: str, clock: "Clock", tmp_path: Path) -> Iterator[FastAPI]:
    rates: dict[str, Any] = {"copies_made_per_address": "2/hour", "copies_made_per_key": "2/hour"}
    made = create_app(Settings(database_url=small_url, snapshots=tmp_path / "snapshots", **rates), clock=clock)
    yield made
    made.state.engine.dispose()


@asynccontextmanager
async def while_others_make(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """All places where something is made are taken."""
    places = app.state.workshop.places
    others = [object() for _ in range(making.AT_ONCE)]
    for other in others:
        await places.acquire_on_behalf_of(other)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://centre") as client:
        yield client
        for other in others:
            places.release_on_behalf_of(other)


async def stand_in_line(app: FastAPI, requests: list[Answer]) -> list[asyncio.Task[httpx.Response]]:
    tasks = [asyncio.create_task(request) for request in requests]
    while app.state.workshop.places.statistics().tasks_waiting < len(requests):
        await asyncio.sleep(0.001)
    return tasks


def test_who_waits_for_a_snapshot_or_a_digest_keeps_nobody_from_reading(app: FastAPI) -> None:
    async def story() -> tuple[int, list[int]]:
        async with while_others_make(app) as client:
            asked = ["/v1/digest", "/v1/snapshot"] * READERS
            waiting = await asyncio.wait_for(stand_in_line(app, [client.get(address) for address in asked]), 20)
            reading = await asyncio.wait_for(client.get("/v1/regions"), 20)
        return reading.status_code, [(await one).status_code for one in waiting]

    assert asyncio.run(story()) == (200, [200] * READERS * 2)


def test_where_too_many_wait_already_one_is_told_to_come_again(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "IN_LINE", 1)

    async def story() -> httpx.Response:
        async with while_others_make(app) as client:
            await stand_in_line(app, [client.get("/v1/digest")])
            return await asyncio.wait_for(client.get("/v1/snapshot"), 20)

    refused = asyncio.run(story())

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/line-too-long")
    assert refused.headers["retry-after"] == "10"


def test_one_caller_has_so_many_made_and_what_is_ready_is_not_counted(app: FastAPI, session: Session) -> None:
    client = TestClient(app)
    key = key_for(session, Role.KIOSK, region=BANNER, at=app.state.clock())

    made = [client.get(address).status_code for address in ("/v1/digest", "/v1/snapshot") * 3]
    refused = [client.get(f"{address}?kinds=agency") for address in ("/v1/digest", "/v1/snapshot")]
    with_key = client.get("/v1/digest?kinds=agency", headers=key)

    assert made == [200] * 6
    assert [answer.json()["type"] for answer in refused] == ["/problems/rate-exceeded"] * 2
    assert [answer.headers["retry-after"] for answer in refused] == ["3600"] * 2
    assert with_key.status_code == 200
    assert client.get("/v1/digest?kinds=agency").status_code == 200, "it is ready now"


def test_so_many_pages_are_held_back_and_who_comes_then_is_answered_at_once(app: FastAPI) -> None:
    client = TestClient(app)
    head = Walked(client).head
    app.state.held_back = web.MOST_HELD_BACK
    app.state.watched = None  # whoever waits looks at it

    answer = ask(client, head, wait=50)

    assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert app.state.held_back == web.MOST_HELD_BACK
