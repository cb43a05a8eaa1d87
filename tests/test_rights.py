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
from service_catalog.appeals import intake
from service_catalog.appeals.drafts import AppealDraft, Wanted
from service_catalog.appeals.tables import CannedAnswer
from service_catalog.changes.tables import Subject
from service_catalog.findings.tables import Finding, FindingRun, RunKind, Severity
from service_catalog.outbox.tables import DeliveryAddress, Way
from service_catalog.regions.mapping import add_region
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel
from service_catalog.settings import Settings
from service_catalog.supervision.tables import AppealSignal, SignalRule, SignalState
from service_catalog.sync.tables import Reader, ReaderKind
from service_catalog.vault import open_vault

TABLE = (Path(__file__).parent.parent / "docs" / "access.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \| (.+) \|$", TABLE, flags=re.MULTILINE)
GUARDED = [row for row in ROWS if not row[2].startswith(("anyone", "everybody", "whoever"))]
OTHER_BANNER = "152922000000"
CODE = BANNER_BUREAU + "4" + ITEM
THINGS = {"/basic-items/": ITEM, "/agencies/": BANNER_BUREAU}
CLAIM = {"agency_code": TOWNSHIP_STATION, "exercise_level": "5", "basic_code": ITEM}
TEXT = {"text": "已经核实"}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/canned-answers"): TEXT | {"agency_code": BANNER_BUREAU, "title": "已核实"},
    ("POST", "answer"): TEXT,
    ("POST", "assignment"): {},
    ("POST", "call-back"): TEXT,
    ("POST", "/v1/appeals/{number}/answer/check"): {"approve": True},
    ("POST", "accused"): {"agency_code": TOWNSHIP_STATION, "reason": "经核实"},
    ("POST", "dispatch"): {"agency_code": LEAGUE_BUREAU, "reason": "由盟局办理"},
    ("POST", "extension"): {"amount": 1, "basis": "第五条", "reason": "调取监控"},
    ("POST", "identity"): {"why": "回电核实"},
    ("POST", "joint"): TEXT | {"agency_code": TOWNSHIP_STATION, "due_on": "2026-03-12"},
    ("POST", "joint-opinion"): TEXT | {"agency_code": BANNER_BUREAU},
    ("POST", "kind"): {"kind": "help", "reason": "应为求助"},
    ("POST", "notes"): TEXT,
    ("DELETE", "/v1/appeals/{number}/publication"): {"reason": "有误"},
    ("POST", "/v1/appeals/{number}/publication"): {"question": "问什么", "answer": "答什么"},
    ("POST", "question"): {"question": "哪个窗口", "answer_by": "2026-03-12"},
    ("POST", "refusal"): {"code": "litigation"},
    ("POST", "reopening"): {"reason": "重新办理"},
    ("POST", "/v1/appeals/{number}/return"): {"rule": "第三条", "reason": "不归我局"},
    ("POST", "settlement"): {"state": "explained", "reason": "已说明"},
    ("POST", "transfer"): {"agency_code": LEAGUE_BUREAU, "reason": "由盟局办理"},
    ("POST", "/v1/acknowledgements"): {"agency_code": BANNER_BUREAU, "basic_code": ITEM, "edition": 1},
    ("POST", "/v1/basic-items"): {"item_type": "07", "department": "09", **paper("2026-03-10")},
    ("POST", "/v1/basic-items/{basic_code}/delegation"): paper("2026-04-01")
    | {"from_level": "3", "to_level": "4", "regions": [BANNER], "upper_ends": False},
    ("PUT", "/v1/basic-items/{code}/draft"): item_plain(),
    ("POST", "/v1/delivery-addresses"): {"agency_code": BANNER_BUREAU, "way": "mail", "address": "office@example.cn"},
    ("POST", "/v1/findings/runs"): {"region": BANNER},
    ("POST", "/v1/findings/{number}/acceptance"): {"reason": "已核实", "until": "2026-05-01"},
    ("POST", "/v1/implementations"): CLAIM,
    ("PUT", "/v1/implementations/{code}/draft"): {"availability": {"status": "offered"}},
    ("POST", "/v1/implementations/{code}/transfer"): paper("2026-04-01") | {"to_agency": LEAGUE_BUREAU},
    ("POST", "/v1/agencies/{code}/relocation"): paper("2026-03-10") | {"region": LEAGUE},
    ("POST", "/v1/keys"): {"name": "钥", "role": "kiosk", "agency_code": BANNER_BUREAU},
    ("POST", "/v1/number-ranges"): {"reader": "kiosk-1"},
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
    session.add(
        CannedAnswer(id=900, agency_code=BANNER_BUREAU, title="已核实", text="已经核实", by="甲", at=now),
    )
    session.add(
        DeliveryAddress(
            id=900, agency_code=BANNER_BUREAU, way=Way.MAIL, address="a@example.cn", created_by="甲", created_at=now
        )
    )
    session.add(
        Reader(
            name="policy", kind=ReaderKind.KIOSK, region_code=BANNER, credential="甲", change_number=0, seen_at=now,
        )
    )  # fmt: skip
    return key_for(session, Role.KIOSK, agency=BANNER_BUREAU, at=now)["Authorization"].split("_")[1]


@pytest.fixture
def appeal(session: Session, prefix: str, now: datetime) -> str:
    """An appeal on the desk of our banner, led by its bureau."""
    draft = AppealDraft(
        kind=Wanted.COMPLAINT, text="窗口多收了材料", region=BANNER, item=ITEM, against=TOWNSHIP_STATION
    )
    taken = intake.take(session, open_vault(Settings()), draft, by=None, at=now)
    session.add(
        AppealSignal(
            id=900, rule=SignalRule.DUE_SOON, number=taken.case.row.number, period="0", region_code=BANNER,
            agency_code=BANNER_BUREAU, raised_at=now, put_right_by=now.date(), evidence={}, state=SignalState.OPEN,
        )
    )  # fmt: skip
    session.commit()
    assert (taken.case.row.desk_region, taken.case.row.lead_agency) == (BANNER, BANNER_BUREAU)
    return taken.case.row.number


def places(address: str, who: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Where the grant gives the right, and where it does not."""
    if "of its desk" in who and "of its place" not in who:
        return [{"region": LEAGUE}, {"region": BANNER}], [{"region": OTHER_BANNER}, {"agency": BANNER_BUREAU}]
    if "/appeals/" in address and "handed-over" not in address:
        own = [{"agency": BANNER_BUREAU}, {"region": LEAGUE}, {"region": BANNER}]
        return own, [{"region": OTHER_BANNER}, {"agency": LEAGUE_BUREAU}]
    if "of its place" in who and "each row" not in who and "filled for" not in who:
        return [{"region": LEAGUE}, {"region": BANNER}], [{"region": OTHER_BANNER}, {"agency": LEAGUE_BUREAU}]
    if "of the league" in who:
        return [{"region": LEAGUE}], [{"region": BANNER}, {"agency": LEAGUE_BUREAU}]
    return [{"region": LEAGUE}, {"region": BANNER}], []


@pytest.mark.sqlite_is_enough
@pytest.mark.parametrize(("method", "address", "who"), GUARDED, ids=[f"{row[0]} {row[1]}" for row in GUARDED])
def test_who_may_is_who_the_table_says(
    session: Session, client: TestClient, now: datetime, prefix: str, appeal: str, method: str, address: str, who: str
) -> None:
    address = address.replace("/appeals/{number}", f"/appeals/{appeal}")
    real = address.replace("{basic_code}", ITEM).replace("{prefix}", prefix)
    real = (
        real.replace("{code}", next((code for part, code in THINGS.items() if part in address), CODE))
        .replace("{id}", "1")
        .replace("{number}", "900")
        .replace("{year}", "2027")
        .replace("{name}", "policy")
    )
    real += (
        "?by=rule"
        if real.endswith("/counts")
        else "?document=通知"
        if method == "PUT" and "/calendars/" in real
        else ""
    )
    body, allowed = body_of(method, address.replace(appeal, "{number}")), roles_of(who)
    body = {"into": appeal, "reason": "同一件事"} if address.endswith("/merger") else body
    own, other = places(address, who)
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

    assert named == set(Role)
    assert len(GUARDED) >= 35
