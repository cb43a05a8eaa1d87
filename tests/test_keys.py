"""Keys of machines: shown once, kept as a hash, with an end, a place, and where wished an address."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from builders import BANNER, BANNER_BUREAU, LEAGUE, LEAGUE_BUREAU, TOWNSHIP
from callers import OPERATOR, key_for
from sqlalchemy import Engine, text
from sqlmodel import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from service_catalog.access.keys import KeyMalformed
from service_catalog.actors import Role
from service_catalog.cli import app
from service_catalog.staff.keyring import create_key

if TYPE_CHECKING:
    from conftest import Clock


def name_of(answer: object) -> str:
    return str(answer).rpartition("/")[2]


def me(client: TestClient, headers: dict[str, str] | None = None) -> tuple[int, str]:
    answer = client.get("/v1/me", headers=headers)
    return answer.status_code, answer.json().get("type", "").removeprefix("/problems/")


def test_a_key_says_who_it_is_and_what_it_may_do(session: Session, client: TestClient, now: datetime) -> None:
    headers = key_for(session, Role.COUNTY_OFFICE, region=BANNER, at=now)

    answer = client.get("/v1/me", headers=headers).json()

    assert (answer["kind"], answer["name"][:15]) == ("machine", "county_office 机")
    [grant] = answer["grants"]
    assert (grant["role"], grant["region_code"], grant["agency_code"]) == ("county_office", BANNER, None)
    assert "hand_in" in grant["rights"]
    assert "publish_local" not in grant["rights"]


def test_a_secret_is_nowhere_in_the_database(session: Session, engine: Engine, now: datetime) -> None:
    headers = key_for(session, Role.KIOSK, region=TOWNSHIP, at=now)
    secret = headers["Authorization"].split("_", 2)[2]  # it may have underscores of its own

    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text("SELECT * FROM access_key"))]

    assert len(rows) == 1
    assert secret not in str(rows)


@pytest.mark.parametrize(
    "place", ["/v1/me", f"/v1/regions/{BANNER}", "/", "/v1/guides/11152921DM9000028D4150709001000"]
)
@pytest.mark.parametrize(
    "credential",
    [
        "Bearer alxa_abcdefgh_" + "A" * 43,
        "Bearer alxa_",
        "Bearer alxa_x_y_z",
        "Bearer",
        "Bearer  ",
        "Basic YTpi",
        "x",
        "",
    ],
)
def test_a_wrong_credential_is_an_error_and_never_nobody(client: TestClient, place: str, credential: str) -> None:
    answer = client.get(place, headers={"Authorization": credential})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_of_another_secret_is_wrong(session: Session, client: TestClient, now: datetime) -> None:
    right = key_for(session, Role.KIOSK, region=TOWNSHIP, at=now)["Authorization"]
    wrong = right[:-1] + ("A" if right[-1] != "A" else "B")

    assert me(client, {"Authorization": right}) == (200, "")
    assert me(client, {"Authorization": wrong}) == (401, "key-wrong")


def test_a_key_ends_on_its_day(session: Session, client: TestClient, clock: "Clock", now: datetime) -> None:
    headers = key_for(session, Role.KIOSK, region=TOWNSHIP, at=now, days=2)
    clock.at = now + timedelta(days=2) - timedelta(seconds=1)
    before = me(client, headers)

    clock.at = now + timedelta(days=2)

    assert before == (200, "")
    assert me(client, headers) == (401, "key-expired")
    assert client.get("/v1/regions", headers=headers).status_code == 401


def test_a_key_that_was_taken_back_ends_at_once(session: Session, client: TestClient, now: datetime) -> None:
    admin = key_for(session, Role.ADMINISTRATOR, region=LEAGUE, at=now)
    headers = key_for(session, Role.KIOSK, region=TOWNSHIP, at=now)
    prefix = headers["Authorization"].split("_")[1]

    first, again = (client.delete(f"/v1/keys/{prefix}", headers=admin) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert me(client, headers) == (401, "key-revoked")


def test_a_key_that_is_bound_to_a_network_is_not_taken_from_elsewhere(
    session: Session, client: TestClient, now: datetime
) -> None:
    at_home = key_for(session, Role.KIOSK, region=TOWNSHIP, at=now, addresses=["10.3.0.0/16", "192.0.2.7"])

    assert me(client, at_home) == (401, "key-from-elsewhere")  # the test client has no address of a network

    from_there = TestClient(client.app, client=("10.3.9.9", 5000))
    assert me(from_there, at_home) == (200, "")


def test_its_last_use_is_noted_once_an_hour(
    session: Session, client: TestClient, clock: "Clock", now: datetime
) -> None:
    admin = key_for(session, Role.ADMINISTRATOR, region=LEAGUE, at=now)
    headers = key_for(session, Role.KIOSK, region=TOWNSHIP, at=now)
    prefix = headers["Authorization"].split("_")[1]
    seen = []
    for minutes in (0, 59, 60, 61):
        clock.at = now + timedelta(minutes=minutes)
        client.get("/v1/me", headers=headers)
        keys = client.get("/v1/keys", headers=admin).json()["items"]
        seen += [key["last_seen_at"] for key in keys if key["prefix"] == prefix]

    assert [moment[11:16] for moment in seen] == ["01:00", "01:00", "02:00", "02:00"]


def test_a_new_key_is_shown_once(session: Session, client: TestClient, now: datetime) -> None:
    admin = key_for(session, Role.ADMINISTRATOR, region=BANNER, at=now)

    made = client.post(
        "/v1/keys", headers=admin, json={"name": "左旗同步", "role": "county_office", "region_code": BANNER}
    )

    assert made.status_code == 201, made.text
    assert re.fullmatch(r"alxa_[0-9a-z]{8}_[0-9A-Za-z_-]{43}", made.json()["key"])
    assert me(client, {"Authorization": f"Bearer {made.json()['key']}"}) == (200, "")
    listed = client.get("/v1/keys", headers=admin).text
    assert made.json()["prefix"] in listed
    assert made.json()["key"][14:] not in listed


def test_an_administrator_manages_the_keys_of_its_own_region_only(
    session: Session, client: TestClient, now: datetime
) -> None:
    admin = key_for(session, Role.ADMINISTRATOR, region=BANNER, at=now)
    theirs = key_for(session, Role.KIOSK, agency=LEAGUE_BUREAU, at=now)["Authorization"].split("_")[1]
    ours = key_for(session, Role.KIOSK, agency=BANNER_BUREAU, at=now)["Authorization"].split("_")[1]
    above = {"name": "越级", "role": "publisher", "region_code": LEAGUE}

    made, taken = client.post("/v1/keys", headers=admin, json=above), client.delete(f"/v1/keys/{theirs}", headers=admin)

    assert (made.status_code, taken.status_code) == (403, 403)
    assert ours in client.get("/v1/keys", headers=admin).text
    assert theirs not in client.get("/v1/keys", headers=admin).text
    assert client.delete(f"/v1/keys/{ours}", headers=admin).status_code == 200


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_but_an_administrator_manages_keys(
    session: Session, client: TestClient, now: datetime, role: Role
) -> None:
    headers = key_for(session, role, region=LEAGUE, at=now)

    listed = client.get("/v1/keys", headers=headers)
    made = client.post("/v1/keys", headers=headers, json={"name": "钥", "role": "kiosk", "region_code": BANNER})

    assert (listed.status_code, made.status_code) == (403, 403)
    assert client.get("/v1/keys").status_code == 401


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"region_code": None}, 422),
        ({"agency_code": BANNER_BUREAU}, 422),
        ({"addresses": ["10.0.0.1/8"]}, 422),
        ({"addresses": ["somewhere"]}, 422),
        ({"role": "king"}, 422),
        ({"days": 0}, 422),
        ({"name": " "}, 422),
        ({"wish": 1}, 422),
        ({"region_code": "152999000000"}, 404),
    ],
)
def test_a_key_that_is_set_up_wrongly_is_refused(
    session: Session, client: TestClient, now: datetime, wrong: dict[str, object], status: int
) -> None:
    admin = key_for(session, Role.ADMINISTRATOR, region=LEAGUE, at=now)
    draft = {"name": "钥", "role": "kiosk", "region_code": BANNER} | wrong

    answer = client.post("/v1/keys", headers=admin, json=draft)

    assert answer.status_code == status, answer.text
    assert len(client.get("/v1/keys", headers=admin).json()["items"]) == 1


def test_a_key_that_has_ended_before_it_begins_cannot_be_made(session: Session, now: datetime) -> None:
    with pytest.raises(KeyMalformed):
        create_key(
            session, name="钥", role=Role.KIOSK, region_code=BANNER, agency_code=None, days=0, addresses=(),
            by=OPERATOR, at=now,
        )  # fmt: skip


def test_the_first_key_is_made_on_the_command_line(
    small_url: str, client: TestClient, clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
    run: Callable[..., Result] = lambda *words: CliRunner().invoke(app, ["keys", *words])  # noqa: E731

    made = run("create", "第一个管理员", "administrator", "--region", LEAGUE, "--by", "李四")
    found = re.search(r"alxa_([0-9a-z]{8})_[0-9A-Za-z_-]{43}", made.output)
    assert found, made.output

    assert me(client, {"Authorization": f"Bearer {found[0]}"}) == (200, "")
    listed = run("list")
    assert found[1] in listed.output
    assert found[0] not in listed.output
    assert run("revoke", found[1], "--by", "李四").exit_code == 0
    assert me(client, {"Authorization": f"Bearer {found[0]}"}) == (401, "key-revoked")
    assert run("create", "无限定", "kiosk", "--by", "李四").exit_code == 8
    assert run("revoke", "nonesuch", "--by", "李四").exit_code == 4


def test_whoever_is_kept_out_stands_in_the_access_log_without_the_credential(
    session: Session, client: TestClient, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    kiosk = key_for(session, Role.KIOSK, region=BANNER, at=now)
    wrong = "Bearer alxa_abcdefgh_" + "A" * 43

    with caplog.at_level(logging.INFO, logger="service_catalog.access"):
        client.get("/v1/me", headers={"Authorization": wrong})
        client.post("/v1/keys", headers=kiosk, json={"name": "钥", "role": "kiosk", "region_code": BANNER})
        client.get("/v1/me", headers=kiosk)

    assert caplog.messages == ["GET /v1/me refused: 401 key-wrong", "POST /v1/keys refused: 403 not-allowed"]


def test_a_served_process_writes_its_access_log(
    small_url: str, tmp_path: Path, session: Session, now: datetime
) -> None:
    code = (
        "import asyncio, httpx\n"
        "from service_catalog.serving import make_app\n"
        "async def ask():\n"
        "    async with httpx.AsyncClient(transport=httpx.ASGITransport(make_app()), base_url='http://x') as client:\n"
        "        print((await client.get('/v1/keys', headers={'authorization': 'Bearer alxa_no'})).status_code)\n"
        "asyncio.run(ask())\n"
    )
    environment = os.environ | {"CATALOG_DATABASE_URL": small_url}

    asked = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert asked.stdout.strip() == "401"
    assert "service_catalog.access GET /v1/keys refused: 401 key-wrong" in asked.stderr
    assert "alxa_no" not in asked.stderr
