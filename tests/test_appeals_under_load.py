"""Fifty officers and two hundred citizens act at once, and the server is killed twenty times: nothing is lost or done twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from builders import BANNER_BUREAU, GACHA, LEAGUE, LEAGUE_BUREAU, publish_local
from callers import key_for
from forking import Forked, forked
from live import listening
from sqlalchemy import Engine, func, select
from sqlmodel import Session
from starlette.testclient import TestClient
from town import Citizen, Headers, Office, Officer, Town

from service_catalog.actors import Role
from service_catalog.app import create_app
from service_catalog.appeals.clock import Tick, days_used, due, wind
from service_catalog.appeals.opening import events_of
from service_catalog.appeals.repeating import key_of
from service_catalog.appeals.stages import MOVES, Stage, Step
from service_catalog.appeals.tables import Appeal, AppealEvent, AppealRequest
from service_catalog.kernel.database import reading
from service_catalog.kernel.dates import civil_day
from service_catalog.registers.registers import registers_of
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

CITIZENS, KILLS, WRITES_OF_A_LIFE = 200, 20, 45
OFFICERS = {BANNER_BUREAU: 30, LEAGUE_BUREAU: 10, LEAGUE: 10}
ROUNDS = 200
KINDS = ("consultation", "help", "opinion", "suggestion", "complaint")


@pytest.fixture
def code(session: Session) -> str:
    publish_local(session, LEAGUE_BUREAU, "3")
    made = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    return made


@pytest.fixture
def served(small_url: str) -> Iterator[Forked]:
    with forked({"CATALOG_DATABASE_URL": small_url, "CATALOG_APPEALS_PER_ADDRESS": "100000/hour"}) as made:
        yield made


def keys(session: Session, place: str, number: int, at: datetime) -> list[Headers]:
    where: dict[str, Any] = {"region": place} if place == LEAGUE else {"agency": place}
    return [key_for(session, Role.APPEALS_OFFICER, at=at, **where) for _ in range(number)]


async def live(server: Forked, session: Session, code: str) -> tuple[Town, list[Citizen]]:
    """Let everybody act until every appeal is closed; kill the server meanwhile."""
    town, now, chance = Town(server), datetime.now(UTC), random.Random(20260310)
    offices = {
        place: Office(
            town,
            {"region": place} if place == LEAGUE else {"agency": place},
            keys(session, place, number, now),
        )
        for place, number in OFFICERS.items()
    }
    desk, bodies = offices[LEAGUE], {code: office for code, office in offices.items() if code != LEAGUE}
    officers = [Officer(office, key, chance) for office in bodies.values() for key in office.keys]
    officers += [Officer(desk, key, chance, bodies[BANNER_BUREAU], BANNER_BUREAU) for key in desk.keys]
    citizens = [Citizen(town, f"{n:04}", draft(n, code), desk, bodies) for n in range(CITIZENS)]
    await town.start()
    async with asyncio.TaskGroup() as group:  # whoever fails stops all the others
        working = [group.create_task(officer.work()) for officer in officers]
        await asyncio.wait(
            [group.create_task(kill(town)), *(group.create_task(citizen.live()) for citizen in citizens)]
        )
        for office in offices.values():
            await office.calls.join()
        for task in working:
            task.cancel()
    again = await asyncio.gather(*(citizen.hand_in() for citizen in citizens))
    assert again == [citizen.receipt for citizen in citizens]
    await town.close()
    return town, citizens


async def kill(town: Town) -> None:
    for _ in range(KILLS):
        await town.kill_after(WRITES_OF_A_LIFE)


def draft(number: int, code: str) -> dict[str, Any]:
    """Every second is about the guide; the rest goes to the desk."""
    about = {"item": code} if number % 2 else {"region": GACHA}
    return {
        "kind": KINDS[number % 5],
        "text": f"第 {number} 件：窗口排队太久。",
        "contact": {"phone": "13900000000"},
        **about,
    }


def test_nothing_is_lost_or_done_twice_while_the_server_is_killed_twenty_times(
    served: Forked, session: Session, engine: Engine, code: str
) -> None:
    town, citizens = asyncio.run(live(served, session, code))

    assert town.life == KILLS
    with reading(engine) as now:
        assert now.execute(select(func.count()).select_from(Appeal)).scalar_one() == CITIZENS
        made = {row.key: row.number for row in now.scalars(select(AppealRequest))}
        assert made == {key_of(None, citizen.key): citizen.receipt["number"] for citizen in citizens}
        for citizen in citizens:
            row = now.get_one(Appeal, citizen.receipt["number"])
            events = events_of(now, row.number)
            assert row.stage is events[-1].to_stage is Stage.CLOSED
            assert_legal(events)
            assert_dates(now, row, events, citizen.receipt, town.deadlines[row.number])


def assert_legal(events: list[AppealEvent]) -> None:
    """Nothing is missing in between, nothing was done twice, and every move is one of the table."""
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.from_stage for event in events] == [None, *(event.to_stage for event in events[:-1])]
    for event in events[1:]:
        assert event.from_stage in MOVES[event.step].froms
        assert event.to_stage is (MOVES[event.step].to or event.from_stage)
    steps = Counter(event.step for event in events)
    once = (Step.REGISTER, Step.ACCEPT, Step.DISPATCH, Step.SIGN, Step.START, Step.ANSWER, Step.RATE, Step.CLOSE)
    assert {step: steps[step] for step in once} == dict.fromkeys(once, 1)


def assert_dates(
    session: Session, row: Appeal, events: list[AppealEvent], receipt: dict[str, Any], told: set[str]
) -> None:
    """What the person and the officers were told is what the events say."""
    calendar = registers_of(session).calendar
    clock = wind(Tick.model_validate(tick) for event in events for tick in event.ticks)
    found = due(clock, calendar)
    assert receipt["deadline"]["due_on"] == (found.due_on and found.due_on.isoformat())
    assert receipt["deadline"]["not_before"] == found.not_before.isoformat()
    assert told == {receipt["deadline"]["due_on"]} - {None}
    assert (row.deadline_on, row.warn_on, row.next_alert_on) == (None, None, None)
    answered = next(event for event in events if event.step is Step.ANSWER)
    assert row.answered_at == answered.at
    assert row.working_days == days_used(clock, calendar, civil_day(answered.at))
    assert clock.ended_on == civil_day(answered.at)
    assert row.in_time is True


def test_of_two_officers_who_take_the_same_appeal_one_has_it_and_the_other_is_told(
    small_url: str, session: Session, clock: "Clock", code: str, now: datetime
) -> None:
    settings = Settings(database_url=small_url, appeals_per_address="100000/hour")
    officers = keys(session, BANNER_BUREAU, 2, now)
    start = Barrier(2)

    with listening(create_app(settings, clock=clock)) as (host, port), ThreadPoolExecutor(2) as pool:
        address = f"http://{host}:{port}"
        with httpx.Client(base_url=address, timeout=60) as one, httpx.Client(base_url=address, timeout=60) as other:

            def take(client: httpx.Client, key: Headers, number: str) -> str:
                start.wait()
                answer = client.post(f"/v1/appeals/{number}/signature", headers=key)
                return f"{answer.status_code} {answer.json().get('type', '')}".strip()

            told = []
            for _ in range(ROUNDS):
                receipt = one.post("/v1/appeals", json=draft(1, code)).json()
                jobs = [
                    pool.submit(take, client, key, receipt["number"])
                    for client, key in zip((one, other), officers, strict=True)
                ]
                told.append(sorted(job.result() for job in jobs))

    assert told == [["200", "409 /problems/already-taken"]] * ROUNDS


def test_a_retry_is_not_counted_against_the_rate_of_an_address(small_url: str, clock: "Clock") -> None:
    settings = Settings(database_url=small_url, appeals_per_address="2/hour")
    with TestClient(create_app(settings, clock=clock)) as client:

        def hand_in(key: str) -> int:
            headers = {"Idempotency-Key": f"appeal-of-{key}"}
            return client.post("/v1/appeals", json=draft(0, ""), headers=headers).status_code

        assert [hand_in(key) for key in ("one", "one", "one", "two", "two", "three", "one")] == [201] * 5 + [429, 201]
