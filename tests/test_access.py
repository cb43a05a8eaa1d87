"""Who may call what: docs/access.md names every address of the application, and no other."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from appealing import ELSEWHERE, GOOD_ANSWER, Town, good, open_town
from builders import BANNER, BANNER_BUREAU, ITEM, TOWNSHIP, publish_local
from fastapi.routing import iter_route_contexts
from sqlmodel import Session
from starlette.routing import Mount
from starlette.testclient import TestClient
from test_database_rules import GOOD, insert

from service_catalog.app import create_app
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

pytestmark = pytest.mark.sqlite_is_enough

TABLE = (Path(__file__).parent.parent / "docs" / "access.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \| (.+) \|$", TABLE, flags=re.MULTILINE)
KNOWN = {
    "{basic_code}": ITEM,
    "/agencies/{code}": f"/agencies/{BANNER_BUREAU}",
    "/v1/regions/{code}": f"/v1/regions/{BANNER}",
    "/v1/codes/{code}": f"/v1/codes/{ITEM}",
    "{code}": BANNER_BUREAU + "4" + ITEM,
    "/appeal-rules/{name}": "/appeal-rules/policy",
    "{year}": "2026",
    "{name}": "no-such-item",
    "{number}": "1",
    "/v1/guides?": f"/v1/guides?basic_code={ITEM}&region={BANNER}",
    "/static/*": "/static/style.css",
    "/assets/swagger-ui/*": "/assets/swagger-ui/swagger-ui.css",
}


QUESTION = {"kind": "consultation", "text": ELSEWHERE, "region": TOWNSHIP}
BODIES: dict[str, Any] = {
    "/v1/appeals": QUESTION,
    "/v1/appeals/preview": QUESTION,
    "/v1/appeals/{number}/attachments": b"a line of text",
    "/v1/appeals/{number}/rating": {"grade": 1},
    "/v1/appeals/{number}/supplement": {"text": "三号窗口"},
}
CODED = [row[:2] for row in ROWS if row[2] == "whoever has the query code"]


def offered() -> set[tuple[str, str]]:
    app = create_app(Settings(database_url="sqlite:///var/access.db"))
    addresses: set[tuple[str, str]] = set()
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            addresses.add(("GET", f"{route.path}/*"))
        else:
            path = re.sub(r":[a-z]+}", "}", route.path or "")
            addresses |= {(method, path) for method in (route.methods or ()) if method != "HEAD"}
    return addresses


def real(address: str) -> str:
    if address == "/v1/guides":
        return KNOWN["/v1/guides?"]
    for named, value in KNOWN.items():
        address = address.replace(named, value)
    return address


def test_the_table_names_every_address_and_no_other() -> None:
    assert {(method, address) for method, address, _ in ROWS} == offered()
    assert len(ROWS) == len(offered())


@pytest.mark.parametrize(("method", "address"), [row[:2] for row in ROWS if row[2].startswith("anyone")])
def test_what_is_for_anyone_answers_without_a_credential(
    session: Session, client: TestClient, method: str, address: str
) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_question(session)
    session.commit()

    asked = real(address)
    if address == "/v1/snapshots/{name}":
        asked = client.get("/v1/snapshot").headers["content-location"]

    answer = client.request(method, asked, json=BODIES.get(address, {}) if method == "POST" else None)

    assert answer.status_code == (201 if (method, address) == ("POST", "/v1/appeals") else 200), answer.text[:300]


def publish_question(session: Session) -> None:
    """A published answer; its appeal needs no more than a row."""
    insert(session, "appeal", GOOD["appeal"])
    insert(
        session, "published_question", GOOD["published_question"] | {"id": 1, "appeal_number": GOOD["appeal"]["number"]}
    )


@pytest.mark.parametrize(("method", "address"), CODED)
def test_one_s_own_appeal_opens_with_its_query_code_only(
    session: Session, client: TestClient, clock: "Clock", method: str, address: str
) -> None:
    town = open_town(session, client, clock)
    person = town.ask()
    bring_to(town, person.number, address.rpartition("/")[2])
    path, body = address.replace("{number}", person.number), BODIES.get(address, {})

    def ask(code: str) -> int:
        how: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        headers = {"Query-Code": code, "File-Name": "a.txt"}
        asked = client.request(method, path, headers=headers, **(how if method == "POST" else {}))
        return asked.status_code

    assert (ask("22222222"), ask(person.receipt["query_code"])) == (404, 200)


def bring_to(town: Town, number: str, step: str) -> None:
    """Bring an appeal to where the person's step is possible."""
    question = {"question": "哪个窗口？", "answer_by": "2026-03-13"}
    if step == "supplement":
        good(town.banner_desk("POST", f"/v1/appeals/{number}/question", question))
    elif step == "rating":
        good(town.banner_desk("POST", f"/v1/appeals/{number}/acceptance"))
        good(town.banner_desk("POST", f"/v1/appeals/{number}/answer", {"text": GOOD_ANSWER, "no_guide": "与事项无关"}))


def test_the_person_who_handles_a_step_is_shown_to_nobody(session: Session, client: TestClient) -> None:
    code = publish_local(
        session,
        BANNER_BUREAU,
        "4",
        steps=[{"key": "receive", "responsible_person": "张某某", "responsible_unit": "户政科"}],
    )
    session.commit()

    shown = [client.get(f"/v1/{part}/{code}").text for part in ("guides", "implementations")]

    assert "户政科" in shown[0]
    assert [text for text in shown if "张某某" in text] == []
