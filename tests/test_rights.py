"""Every address that needs a right × every role × its own and another place: docs/access.md says who may, and so it is."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    TOWNSHIP_STATION,
    item_plain,
    publish_local,
)
from callers import key_for
from offices import paper
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.actors import Role
from service_catalog.changes.tables import Subject
from service_catalog.findings.tables import Finding, FindingRun, RunKind, Severity
from service_catalog.regions.mapping import add_region
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel

TABLE = (Path(__file__).parent.parent / "docs" / "access.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \| (.+) \|$", TABLE, flags=re.MULTILINE)
GUARDED = [row for row in ROWS if not row[2].startswith(("anyone", "everybody"))]
OTHER_BANNER = "152922000000"
CODE = BANNER_BUREAU + "4" + ITEM
CLAIM = {"agency_code": TOWNSHIP_STATION, "exercise_level": "5", "basic_code": ITEM}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/acknowledgements"): {"agency_code": BANNER_BUREAU, "basic_code": ITEM, "edition": 1},
    ("POST", "/v1/basic-items"): {"item_type": "07", "department": "09", **paper("2026-03-10")},
    ("POST", "/v1/basic-items/{basic_code}/delegation"): paper("2026-04-01")
    | {"from_level": "3", "to_level": "4", "regions": [BANNER], "upper_ends": False},
    ("PUT", "/v1/basic-items/{code}/draft"): item_plain(),
    ("POST", "/v1/findings/runs"): {"region": BANNER},
    ("POST", "/v1/findings/{number}/acceptance"): {"reason": "已核实", "until": "2026-05-01"},
    ("POST", "/v1/implementations"): CLAIM,
    ("PUT", "/v1/implementations/{code}/draft"): {"availability": {"status": "offered"}},
    ("POST", "/v1/implementations/{code}/transfer"): paper("2026-04-01") | {"to_agency": LEAGUE_BUREAU},
    ("POST", "/v1/keys"): {"name": "钥", "role": "kiosk", "agency_code": BANNER_BUREAU},
    ("POST", "/v1/take-overs"): CLAIM | {"document_number": "一号"},
    ("POST", "suspension"): paper("2026-03-10"),
    ("POST", "resumption"): paper("2026-03-10"),
    ("POST", "cancellation"): paper("2026-12-10"),
}


def roles_of(who: str) -> set[Role]:
    names = re.split(r", of |; ", who)[0].split(", ")
    return {Role(name.replace(" ", "_")) for name in names}


def body_of(method: str, address: str) -> Any:
    last = address.rpartition("/")[2]
    return BODIES.get((method, address), BODIES.get((method, last), None if method in ("GET", "DELETE") else {}))


def open_finding(session: Session, at: datetime) -> None:
    session.add(FindingRun(id=900, kind=RunKind.FULL, by="体检", started_at=at, change_number=1))
    session.flush()
    session.add(
        Finding(
            id=900, rule="link_looks_wrong", severity=Severity.WARNING, subject=Subject.IMPLEMENTATION, code=CODE,
            region_code=BANNER, agency_code=BANNER_BUREAU, basic_code=ITEM, element="/online_urls", zh="网址", en="link",
            since=at, opened_at=at, last_run_id=900,
        )
    )  # fmt: skip
    session.flush()


@pytest.fixture
def prefix(session: Session, now: datetime) -> str:
    """A banner beside ours, a published local part, and a key of our banner's bureau."""
    region = Region(
        code=OTHER_BANNER, name="阿拉善右旗", level=RegionLevel.BANNER, kind=RegionKind.DIVISION, parent_code=LEAGUE
    )
    add_region(session, region, by=EDITOR, at=now)
    publish_local(session, BANNER_BUREAU, "4")
    open_finding(session, now)
    return key_for(session, Role.KIOSK, agency=BANNER_BUREAU, at=now)["Authorization"].split("_")[1]


def places(who: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Where the grant gives the right, and where it does not."""
    if "of its place" in who and "each row" not in who and "filled for" not in who:
        return [{"region": LEAGUE}, {"region": BANNER}], [{"region": OTHER_BANNER}, {"agency": LEAGUE_BUREAU}]
    if "of the league" in who:
        return [{"region": LEAGUE}], [{"region": BANNER}, {"agency": LEAGUE_BUREAU}]
    return [{"region": LEAGUE}, {"region": BANNER}], []


@pytest.mark.parametrize(("method", "address", "who"), GUARDED, ids=[f"{row[0]} {row[1]}" for row in GUARDED])
def test_who_may_is_who_the_table_says(
    session: Session, client: TestClient, now: datetime, prefix: str, method: str, address: str, who: str
) -> None:
    real = address.replace("{basic_code}", ITEM).replace("{prefix}", prefix)
    real = (
        real.replace("{code}", ITEM if "/basic-items/" in address else CODE)
        .replace("{id}", "1")
        .replace("{number}", "900")
    )
    real += "?by=rule" if real.endswith("/counts") else ""
    body, allowed = body_of(method, address), roles_of(who)
    own, other = places(who)
    wrong: list[tuple[str, dict[str, str], str]] = []

    def ask(role: Role, place: dict[str, str]) -> int:
        headers = key_for(session, role, at=now, **place)  # type: ignore[arg-type]
        return client.request(method, real, json=body, headers=headers).status_code

    for role in Role:
        wrong += [(role.value, place, "got in from elsewhere") for place in other if ask(role, place) != 403]
        wrong += [
            (role.value, place, "refused" if role in allowed else "got in")
            for place in own
            if (ask(role, place) == 403) == (role in allowed)
        ]

    assert wrong == []
    assert client.request(method, real, json=body).status_code == 401


def test_the_table_covers_every_role_and_names_no_other() -> None:
    named = {role for _, _, who in GUARDED for role in roles_of(who)}

    assert named == set(Role) - {Role.KIOSK, Role.APPEALS_OFFICER}
    assert len(GUARDED) >= 35
