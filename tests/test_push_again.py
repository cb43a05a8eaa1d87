"""A push sent again: after a broken connection, after the server was killed, by two at once. Nothing is done twice."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from builders import BANNER
from callers import key_for
from databases import Server
from forking import Forked, forked
from live import listening
from pushing import BODIES, CODES, OFFERED, PHONES, batch_of, found_offices, kept, local, push, row, until
from sqlalchemy import Engine, func, select, text
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.app import create_app
from service_catalog.basic_items.wording import wording_of
from service_catalog.implementations import claiming
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.push import pushing
from service_catalog.push.asked import Push, Site
from service_catalog.push.rows import JSON, read_batch
from service_catalog.push.schemas import ImplementationRow
from service_catalog.push.tables import PushBatch, PushKind, PushReceipt
from service_catalog.settings import Settings

pytestmark = pytest.mark.strictest_only

if TYPE_CHECKING:
    from conftest import Clock

Headers = dict[str, str]
KEY = "batch-0001"
PUSHER = """
import sys
from datetime import datetime
from pathlib import Path
import service_catalog.tables
from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.basic_items.wording import wording_of
from service_catalog.kernel.database import make_engine, reading, unit_of_work
from service_catalog.push import pushing
from service_catalog.push.asked import Push, Site
from service_catalog.push.rows import JSON, read_batch
from service_catalog.push.schemas import ImplementationRow
from service_catalog.push.tables import PushKind

url, file, at, moment = sys.argv[1:]
batch = read_batch(Path(file).read_bytes(), JSON, ImplementationRow)
by = Actor("office", ActorKind.MACHINE, (Grant(Role.STANDING_OFFICE, region_code="152921000000"),))
push = Push(PushKind.IMPLEMENTATIONS, batch, "office", False, False, Site({}, wording_of({})), by, datetime.fromisoformat(at))
engine = make_engine(url)

def wait_to_be_killed(here):
    if here == moment:
        print("here", flush=True)
        sys.stdin.read()

with reading(engine) as session:
    judged = pushing.judge_all(session, push)
with unit_of_work(engine) as session:
    pushing.carry_out(session, push, judged)
    wait_to_be_killed("written")
wait_to_be_killed("committed")
"""


@pytest.fixture
def small_url(server: Server) -> Iterator[str]:
    with server.copy_of(server.template("offices", found_offices)) as url:
        yield url


@pytest.fixture
def office(session: Session, now: datetime) -> Headers:
    return key_for(session, Role.STANDING_OFFICE, region=BANNER, at=now)


def counted(engine: Engine) -> tuple[int, int]:
    """How many batches and receipts are kept."""
    with reading(engine) as session:
        batches = session.execute(select(func.count()).select_from(PushBatch)).scalar_one()
        return batches, session.execute(select(func.count()).select_from(PushReceipt)).scalar_one()


def asked(rows: list[Any], name: str, now: datetime, *, role: Role = Role.STANDING_OFFICE) -> Push:
    batch = read_batch(json.dumps({"rows": rows}).encode(), JSON, ImplementationRow)
    by = Actor(name, ActorKind.MACHINE, (Grant(role, region_code=BANNER),))
    return Push(PushKind.IMPLEMENTATIONS, batch, name, False, False, Site({}, wording_of({})), by, now)


def test_the_same_batch_again_is_answered_byte_for_byte(client: TestClient, engine: Engine, office: Headers) -> None:
    rows = batch_of(150)
    first = push(client, rows, office)
    after = kept(engine)

    backwards = [dict(reversed(one.items())) if isinstance(one, dict) else one for one in rows]
    again = client.post(
        "/v1/push/implementations", content=json.dumps({"rows": backwards}, indent=1),
        headers=office | {"Idempotency-Key": KEY, "Content-Type": "application/json"},
    )  # fmt: skip

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert kept(engine) == after
    assert counted(engine) == (1, 150)


def test_a_key_that_was_used_for_another_batch_is_refused(client: TestClient, office: Headers) -> None:
    push(client, [row(200)], office)

    answers = [push(client, [row(201)], office), push(client, [row(200)], office, whole=True)]

    assert [(one.status_code, one.json()["type"]) for one in answers] == [(422, "/problems/idempotency-key-reused")] * 2


def test_two_callers_never_meet_under_one_key(
    session: Session, client: TestClient, office: Headers, now: datetime
) -> None:
    other = key_for(session, Role.COUNTY_OFFICE, region=BANNER, at=now)
    first = push(client, [row(200)], office).json()

    second = push(client, [row(201)], other).json()

    assert first["batch"] != second["batch"]
    assert second["receipts"][0]["outcome"] == "drafted"


def test_a_batch_that_is_being_carried_out_is_not_begun_again(
    small_url: str, engine: Engine, clock: "Clock", office: Headers
) -> None:
    app = create_app(Settings(database_url=small_url), clock=clock)
    with listening(app) as (host, port), httpx.Client(base_url=f"http://{host}:{port}", timeout=60) as client:
        body, headers = {"rows": [row(200)]}, office | {"Idempotency-Key": KEY}
        client.get("/v1/me", headers=office)  # the first use of a key is written down
        with ThreadPoolExecutor(1) as pool:
            with unit_of_work(engine) as session:  # the first one waits for whoever holds what it writes
                claiming.lock_implementation(session, CODES[0])
                waiting = pool.submit(client.post, "/v1/push/implementations", json={"rows": [row(0)]}, headers=headers)
                until(lambda: app.state.pushes)
                second = client.post("/v1/push/implementations", json=body, headers=headers)
            first = waiting.result()

    assert (second.status_code, second.json()["type"]) == (409, "/problems/request-running")
    assert int(second.headers["retry-after"]) > 0
    assert first.status_code == 200
    assert app.state.pushes == set()


@pytest.mark.parametrize("breaks", ["in the middle of the body", "before the answer is read"])
def test_after_a_broken_connection_the_same_receipts_come_and_nothing_is_doubled(
    small_url: str, engine: Engine, clock: "Clock", office: Headers, breaks: str
) -> None:
    body = json.dumps({"rows": batch_of()}, ensure_ascii=False).encode()
    headers = office | {"Idempotency-Key": KEY, "Content-Type": "application/json", "Content-Length": str(len(body))}
    app = create_app(Settings(database_url=small_url), clock=clock)
    with listening(app) as address:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        with socket.create_connection(address) as line:
            line.sendall(f"POST /v1/push/implementations HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
            line.sendall(body[: len(body) // 2] if breaks.startswith("in") else body)
        with httpx.Client(base_url=f"http://{address[0]}:{address[1]}", timeout=120) as client:
            answers = [client.post("/v1/push/implementations", content=body, headers=headers) for _ in range(2)]
            while answers[-1].status_code == 409:
                answers.append(client.post("/v1/push/implementations", content=body, headers=headers))
            again = client.post("/v1/push/implementations", content=body, headers=headers)

    told = answers[-1].json()
    assert again.content == answers[-1].content
    assert sum(one["outcome"] in ("drafted", "published") for one in told["receipts"]) == 963
    assert counted(engine) == (1, 1000)
    assert all(len(editions) <= 2 for editions in kept(engine).values())
    assert sum(len(editions) for editions in kept(engine).values()) == 47 + 963


@pytest.mark.parametrize(("moment", "there"), [("written", False), ("committed", True)])
def test_a_process_that_is_killed_leaves_all_of_a_batch_or_nothing(
    engine: Engine, now: datetime, tmp_path: Path, moment: str, there: bool
) -> None:
    rows, before = batch_of(150), kept(engine)
    file = tmp_path / "rows.json"
    file.write_text(json.dumps({"rows": rows}))
    command = [
        sys.executable,
        "-c",
        PUSHER,
        engine.url.render_as_string(hide_password=False),
        str(file),
        now.isoformat(),
    ]

    with subprocess.Popen([*command, moment], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()

    assert (kept(engine) == before) != there
    assert counted(engine) == ((1, 150) if there else (0, 0))
    again = asked(rows, "office", now)
    with reading(engine) as session:
        judged = pushing.judge_all(session, again)
    told = json.loads(carry_in_one(engine, again, judged))
    assert (told["counts"]["published"], told["counts"]["drafted"]) == (43, 70)
    assert counted(engine) == (1, 150)
    assert all(len(editions) <= 2 for editions in kept(engine).values())


@pytest.fixture
def served(small_url: str) -> Iterator[Forked]:
    with forked({"CATALOG_DATABASE_URL": small_url}) as made:
        yield made


def test_a_push_that_was_killed_in_the_middle_is_there_whole_or_not_at_all(
    session: Session, engine: Engine, served: Forked
) -> None:
    key = key_for(session, Role.STANDING_OFFICE, region=BANNER, at=datetime.now(UTC), days=30)
    body = {"rows": [row(number) for number in range(300)]}
    headers, before = key | {"Idempotency-Key": KEY}, kept(engine)
    seen = set()
    served.start()
    for wait in (0.05, 0.4, 1.0, 2.0):
        with httpx.Client(base_url=served.address, timeout=wait) as client, suppress(httpx.TimeoutException):
            client.post("/v1/push/implementations", json=body, headers=headers)
        served.kill()
        batches, receipts = counted(engine)
        assert (batches, receipts) in ((0, 0), (1, 300))
        assert (kept(engine) == before) == (batches == 0)
        seen.add(batches)
        served.start()
    with httpx.Client(base_url=served.address, timeout=60) as client:
        told = client.post("/v1/push/implementations", json=body, headers=headers)
        again = client.post("/v1/push/implementations", json=body, headers=headers)

    assert told.content == again.content
    assert counted(engine) == (1, 300)
    assert all(len(editions) <= 2 for editions in kept(engine).values())
    assert 0 in seen


def test_two_offices_that_push_the_same_rows_at_once_follow_each_other(engine: Engine, now: datetime) -> None:
    rows, start = [row(number) for number in (*range(20), *range(200, 260))], Barrier(2)
    pushes = [asked(rows, "甲办", now), asked(list(reversed(rows)), "乙办", now)]

    def carry(one: Push) -> dict[str, Any]:
        with reading(engine) as session:
            judged = pushing.judge_all(session, one)
        start.wait()  # both have judged by the same picture
        with unit_of_work(engine) as session:
            answer = pushing.carry_out(session, one, judged)
        told: dict[str, Any] = json.loads(answer.content)
        return told

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(carry, pushes))

    assert sorted((one["counts"]["published"], one["counts"]["drafted"]) for one in told) == [(0, 0), (20, 60)]
    lost = min(told, key=lambda one: one["counts"]["drafted"])
    assert (lost["counts"]["unchanged"], lost["counts"]["conflict"]) == (80, 0)
    assert all(
        len(editions) == 1 + (code in CODES[:20])
        for code, editions in kept(engine).items()
        if code in {*CODES[:20], *CODES[200:260]}
    )


def test_of_two_who_say_otherwise_the_second_is_told_of_a_conflict(engine: Engine, now: datetime) -> None:
    first = asked([row(0), row(200)], "甲办", now)
    second = asked([local(0, local_notes="乙"), local(200, local_notes="乙")], "乙办", now)
    with reading(engine) as session:
        judged = [pushing.judge_all(session, one) for one in (first, second)]

    with unit_of_work(engine) as session:
        pushing.carry_out(session, first, judged[0])
    with unit_of_work(engine) as session:
        told = json.loads(pushing.carry_out(session, second, judged[1]).content)

    assert [(one["outcome"], one["faults"][0]["rule"]) for one in told["receipts"]] == [
        ("conflict", "changed-here"), ("conflict", "edition-in-work"),
    ]  # fmt: skip
    assert kept(engine)[CODES[0]][-1] == (2, "published", OFFERED | PHONES)


def test_somebody_who_claims_in_between_is_noticed(engine: Engine, now: datetime) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer")
    one, claimed, looked = asked([row(200), row(201)], "甲办", now), Event(), Event()
    with reading(engine) as session:
        judged = pushing.judge_all(session, one)

    def claim() -> None:
        with unit_of_work(engine) as session:
            code = CODES[200]
            claiming.claim(
                session, agency_code=BODIES[10], exercise_level="4", basic_code=code[19:], by=Actor("乙"), at=now
            )
            claimed.set()
            looked.wait(timeout=20)

    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(claim)
        assert claimed.wait(timeout=20)
        push_of = pool.submit(carry_in_one, engine, one, judged)
        until(lambda: waits(engine))
        looked.set()
        other.result(timeout=20)
        told = json.loads(push_of.result(timeout=20))

    assert [receipt["outcome"] for receipt in told["receipts"]] == ["drafted", "drafted"]


def carry_in_one(engine: Engine, one: Push, judged: Any) -> bytes:
    with unit_of_work(engine) as session:
        return pushing.carry_out(session, one, judged).content


def waits(engine: Engine) -> bool:
    """Tell whether somebody waits for a lock in this database."""
    with reading(engine) as session:
        return bool(
            session.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
            ).scalar_one()
        )
