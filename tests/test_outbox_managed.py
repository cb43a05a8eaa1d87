"""Who says where bodies are told, and who sees what was sent: over HTTP and on the command line."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from builders import BANNER, BANNER_BUREAU, LEAGUE, LEAGUE_BUREAU, TOWNSHIP_STATION
from callers import key_for
from outboxes import messages, remind, send, settings_of
from receiving import receiving
from sqlalchemy import Engine, text
from sqlmodel import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from service_catalog.actors import Role
from service_catalog.app import create_app
from service_catalog.cli import app
from service_catalog.kernel.database import unit_of_work
from service_catalog.outbox.posting import post
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

HOOK = "https://oa.example.cn/hook"


@pytest.fixture
def settings(engine: Engine, tmp_path: Path) -> Settings:
    return settings_of(engine, tmp_path, outbox_insecure_webhooks=False)


@pytest.fixture
def client(settings: Settings, clock: "Clock") -> Iterator[TestClient]:
    with TestClient(create_app(settings, clock=clock)) as made:
        yield made


@pytest.fixture
def admin(session: Session, now: datetime) -> dict[str, str]:
    return key_for(session, Role.ADMINISTRATOR, region=BANNER, at=now)


def draft(**changes: Any) -> dict[str, Any]:
    return {"agency_code": BANNER_BUREAU, "way": "webhook", "address": HOOK} | changes


def test_a_secret_is_shown_once_and_is_nowhere_in_the_database(
    client: TestClient, engine: Engine, admin: dict[str, str]
) -> None:
    made = client.post("/v1/delivery-addresses", json=draft(), headers=admin)

    assert made.status_code == 201, made.text
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    listed = client.get("/v1/delivery-addresses", headers=admin)
    assert [line["address"] for line in listed.json()["items"]] == [HOOK]
    assert secret not in listed.text
    assert "secret" not in listed.json()["items"][0]
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text("SELECT * FROM delivery_address"))]
    assert secret.removeprefix("whsec_") not in str(rows)


@pytest.mark.parametrize(
    ("changes", "status", "name"),
    [
        ({"agency_code": None}, 422, "one-recipient-only"),
        ({"region_code": BANNER}, 422, "one-recipient-only"),
        ({"address": "http://oa.example.cn/hook"}, 422, "address-not-allowed"),
        ({"address": "https://127.0.0.1/hook"}, 422, "address-not-allowed"),
        ({"way": "mail", "address": "a@b@c"}, 422, "address-not-allowed"),
        ({"way": "mail", "address": "office@example.cn"}, 409, "mail-not-set-up"),
        ({"way": "pigeon"}, 422, "invalid-request"),
        ({"address": "https://oa.example.cn/" + "x" * 500}, 422, "invalid-request"),
        ({"secret": "mine"}, 422, "invalid-request"),
        ({"agency_code": "X" * 18}, 404, "no-such-agency"),
        ({"agency_code": None, "region_code": "152999000000"}, 404, "no-such-region"),
        ({"agency_code": LEAGUE_BUREAU}, 403, "not-allowed"),
        ({"agency_code": None, "region_code": LEAGUE}, 403, "not-allowed"),
    ],
)
def test_an_address_that_cannot_be_is_refused(
    client: TestClient, admin: dict[str, str], changes: dict[str, Any], status: int, name: str
) -> None:
    answer = client.post("/v1/delivery-addresses", json=draft(**changes), headers=admin)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{name}")
    assert client.get("/v1/delivery-addresses", headers=admin).json()["items"] == []


def test_an_address_is_added_once_and_removed_once(client: TestClient, admin: dict[str, str]) -> None:
    first, again = (client.post("/v1/delivery-addresses", json=draft(), headers=admin) for _ in range(2))
    one = f"/v1/delivery-addresses/{first.json()['number']}"

    assert (first.status_code, again.status_code) == (201, 409)
    removed = client.delete(one, headers=admin)
    assert (removed.status_code, removed.json()["address"]) == (200, HOOK)
    assert client.delete(one, headers=admin).status_code == 404
    assert client.post("/v1/delivery-addresses", json=draft(), headers=admin).status_code == 201


def test_an_administrator_sees_the_outbox_of_its_own_places(
    client: TestClient, session: Session, admin: dict[str, str], now: datetime
) -> None:
    for agency in (LEAGUE_BUREAU, BANNER_BUREAU, TOWNSHIP_STATION):
        remind(session, now, agency, agency=agency)
    for region in (LEAGUE, BANNER):
        post(session, once=region, kind="k", subject="s", body="b", facts={}, region_code=region, at=now)
    of_station = key_for(session, Role.ADMINISTRATOR, agency=TOWNSHIP_STATION, at=now)
    of_league = key_for(session, Role.ADMINISTRATOR, region=LEAGUE, at=now)

    def seen(headers: dict[str, str], query: str = "") -> list[str]:
        lines = client.get(f"/v1/outbox{query}", headers=headers).json()["items"]
        return [line["agency_code"] or line["region_code"] for line in lines]

    assert seen(admin) == [BANNER_BUREAU, TOWNSHIP_STATION, BANNER]
    assert seen(of_station) == [TOWNSHIP_STATION]
    assert seen(of_league) == [LEAGUE_BUREAU, BANNER_BUREAU, TOWNSHIP_STATION, LEAGUE, BANNER]
    assert seen(of_league, f"?region={BANNER}") == seen(admin)
    assert seen(of_league, f"?agency={LEAGUE_BUREAU}") == [LEAGUE_BUREAU]
    page = client.get("/v1/outbox?limit=2", headers=admin).json()
    assert len(page["items"]) == 2
    rest = client.get(page["next"], headers=admin).json()
    assert ([line["region_code"] for line in rest["items"]], rest["next"]) == ([BANNER], None)
    assert client.get("/v1/outbox?after=x", headers=admin).status_code == 422


def test_the_outbox_says_what_waits_for_what(
    client: TestClient, engine: Engine, session: Session, admin: dict[str, str], clock: "Clock", tmp_path: Path
) -> None:
    open_network = settings_of(engine, tmp_path)
    remind(session, clock.at, "mute", agency=TOWNSHIP_STATION)
    session.commit()

    def states() -> dict[str, int]:
        names = ("waiting", "waiting_for_address", "sent", "given_up")
        answers = {name: client.get(f"/v1/outbox?state={name}", headers=admin).json()["items"] for name in names}
        assert all(line["state"] == name for name, lines in answers.items() for line in lines)
        return {name: len(lines) for name, lines in answers.items() if lines}

    assert states() == {"waiting_for_address": 1}
    client.post("/v1/delivery-addresses", json=draft(), headers=admin)
    with receiving() as receiver, TestClient(create_app(open_network, clock=clock)) as inside:
        remind(session, clock.at, "heard")
        session.commit()
        assert states() == {"waiting_for_address": 1, "waiting": 1}
        [number] = [line["number"] for line in client.get("/v1/delivery-addresses", headers=admin).json()["items"]]
        client.delete(f"/v1/delivery-addresses/{number}", headers=admin)
        inside.post("/v1/delivery-addresses", json=draft(address=f"{receiver.address}/ok"), headers=admin)
        gone = draft(address=f"{receiver.address}/410", agency_code=TOWNSHIP_STATION)
        inside.post("/v1/delivery-addresses", json=gone, headers=admin)
        send(engine, open_network, clock)

    assert states() == {"sent": 1, "given_up": 1}
    [line] = client.get("/v1/outbox?state=sent", headers=admin).json()["items"]
    assert (line["reached"], line["attempts"], line["next_try_at"]) == (1, 1, None)
    assert line["message_id"] in receiver.ids()


def test_the_outbox_is_run_from_the_command_line(
    engine: Engine, settings: Settings, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CATALOG_PERSONAL_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("COLUMNS", "200")
    run: Callable[..., Result] = lambda *words: CliRunner().invoke(app, ["outbox", *words])  # noqa: E731
    with unit_of_work(engine) as session:
        remind(session, now, "heard")
        remind(session, now, "gone", agency=TOWNSHIP_STATION)
    with receiving() as receiver:
        webhook = ("address", "add", "webhook", f"{receiver.address}/ok", "--agency", BANNER_BUREAU, "--by", "李四")
        assert run(*webhook).exit_code == 8
        monkeypatch.setenv("CATALOG_OUTBOX_INSECURE_WEBHOOKS", "true")
        made = run(*webhook)
        gone = ("address", "add", "webhook", f"{receiver.address}/410", "--agency", TOWNSHIP_STATION, "--by", "李四")
        assert (made.exit_code, run(*webhook).exit_code, run(*gone).exit_code) == (0, 5, 0)
        assert "whsec_" in made.output
        assert "whsec_" not in run("address", "list").output

        sent = run("send", "--once")

    assert "sent 1" in sent.output, sent.output
    assert "given up 1" in sent.output
    [number] = [str(message.id) for message in messages(engine) if message.given_up_at]
    assert number in run("list", "--state", "given_up").output
    assert (run("again", number).exit_code, run("again", number).exit_code) == (0, 4)
    assert "waiting" in run("list").output
    assert run("address", "remove", "1", "--by", "李四").exit_code == 0
    assert run("address", "remove", "1", "--by", "李四").exit_code == 4
    monkeypatch.setenv("CATALOG_SMTP_URL", "http://u:hunter2@mail.example.cn")
    monkeypatch.setenv("CATALOG_SMTP_SENDER", "a@example.cn")
    wrong = run("send", "--once")
    assert wrong.exit_code == 2
    assert "hunter2" not in wrong.output
