"""Who may call what: docs/access.md names every address of the application, and no other."""

import re
from pathlib import Path

import pytest
from builders import BANNER, BANNER_BUREAU, ITEM, publish_local
from fastapi.routing import iter_route_contexts
from sqlmodel import Session
from starlette.routing import Mount
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.settings import Settings

TABLE = (Path(__file__).parent.parent / "docs" / "access.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \| (.+) \|$", TABLE, flags=re.MULTILINE)
KNOWN = {
    "{basic_code}": ITEM,
    "/agencies/{code}": f"/agencies/{BANNER_BUREAU}",
    "/v1/regions/{code}": f"/v1/regions/{BANNER}",
    "/v1/codes/{code}": f"/v1/codes/{ITEM}",
    "{code}": BANNER_BUREAU + "4" + ITEM,
    "{name}": "no-such-item",
    "{number}": "1",
    "/v1/guides?": f"/v1/guides?basic_code={ITEM}&region={BANNER}",
    "/static/*": "/static/style.css",
    "/assets/swagger-ui/*": "/assets/swagger-ui/swagger-ui.css",
}


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
    session.commit()

    answer = client.request(method, real(address), json={} if method == "POST" else None)

    assert answer.status_code == 200, f"{address}: {answer.text[:300]}"


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
