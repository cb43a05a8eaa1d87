"""Handing in over HTTP: who may, what is refused, and what the answers look like."""

from datetime import datetime
from typing import Any

import pytest
from builders import BANNER, BANNER_BUREAU, ITEM, LEAGUE, LEAGUE_BUREAU
from callers import key_for
from county import editions, workbook_of
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.actors import Role
from service_catalog.app import LARGEST_BODY, create_app
from service_catalog.exchange.workbook import MAX_BYTES, XLSX, read_workbook
from service_catalog.settings import Settings

CODE = BANNER_BUREAU + "4" + ITEM
MINE: dict[str, Any] = {"事项名称": "居住证申领", "实施主体编码": BANNER_BUREAU, "到办事现场次数": 0}
LIST = workbook_of({"实施清单": [MINE]})


def office(session: Session, now: datetime, **place: str) -> dict[str, str]:
    return key(session, Role.COUNTY_OFFICE, place or {"region": BANNER}, now)


def key(session: Session, role: Role, place: dict[str, str], now: datetime) -> dict[str, str]:
    made = key_for(session, role, region=place.get("region"), agency=place.get("agency"), at=now)
    return made | {"Content-Type": XLSX}


def test_a_list_is_tried_first_and_applied_with_its_digest(
    engine: Engine, session: Session, client: TestClient, now: datetime
) -> None:
    headers = office(session, now)

    tried = client.post("/v1/imports", content=LIST, headers=headers)
    nothing = editions(engine)
    unseen = client.post("/v1/imports?dry_run=false", content=LIST, headers=headers)
    wrong = client.post(f"/v1/imports?dry_run=false&digest={'0' * 64}", content=LIST, headers=headers)
    done = client.post(f"/v1/imports?dry_run=false&digest={tried.json()['digest']}", content=LIST, headers=headers)

    assert tried.json()["counts"]["acceptable"] == 1
    assert nothing == {}
    assert (unseen.status_code, wrong.status_code) == (412, 412)
    assert {answer.json()["type"] for answer in (unseen, wrong)} == {"/problems/report-not-seen"}
    assert "须先试查" in unseen.json()["detail"]
    assert "已变" in wrong.json()["detail"]
    assert done.json()["counts"]["received"] == 1
    assert [state for _, state, _ in editions(engine)[CODE]] == ["draft"]


@pytest.mark.parametrize(
    ("role", "place", "status"),
    [
        (Role.COUNTY_OFFICE, {"region": BANNER}, 200),
        (Role.COUNTY_OFFICE, {"agency": BANNER_BUREAU}, 200),
        (Role.EDITOR, {"region": LEAGUE}, 200),
        (Role.REVIEWER, {"region": LEAGUE}, 403),
        (Role.KIOSK, {"region": BANNER}, 403),
        (Role.ADMINISTRATOR, {"region": LEAGUE}, 403),
    ],
)
def test_who_may_hand_in(
    session: Session, client: TestClient, now: datetime, role: Role, place: dict[str, str], status: int
) -> None:
    headers = key(session, role, place, now)

    assert client.post("/v1/imports", content=LIST, headers=headers).status_code == status
    assert client.get("/v1/imports/template.xlsx", headers=headers).status_code == status


def test_nobody_hands_in_without_a_credential_and_nothing_is_read_before(client: TestClient) -> None:
    answer = client.post("/v1/imports", content=b"x" * (MAX_BYTES + 5), headers={"Content-Type": XLSX})

    assert answer.status_code == 401


def test_rows_of_another_place_are_refused_and_the_others_received(
    engine: Engine, session: Session, client: TestClient, now: datetime
) -> None:
    content = workbook_of({"实施清单": [MINE, MINE | {"实施主体编码": LEAGUE_BUREAU}]})
    headers = office(session, now)
    digest = client.post("/v1/imports", content=content, headers=headers).json()["digest"]
    query = f"/v1/imports?dry_run=false&digest={digest}"

    whole = client.post(query, content=content, headers=headers)
    good = client.post(query + "&only_good_rows=true", content=content, headers=headers)

    assert whole.status_code == 422
    assert [line["rule"] for row in whole.json()["rows"] for line in row["elements"]] == ["not-allowed"]
    assert good.json()["counts"] | {"rows": 2} == {
        "rows": 2, "acceptable": 0, "received": 1, "unchanged": 0, "refused": 1, "needs_a_person": 0,
    }  # fmt: skip
    assert list(editions(engine)) == [CODE]


def test_another_persons_dry_run_is_not_ones_own(session: Session, client: TestClient, now: datetime) -> None:
    content = workbook_of({"实施清单": [MINE, MINE | {"实施主体编码": LEAGUE_BUREAU}]})
    league = client.post("/v1/imports", content=content, headers=office(session, now, region=LEAGUE))

    answer = client.post(
        f"/v1/imports?dry_run=false&digest={league.json()['digest']}", content=content, headers=office(session, now)
    )

    assert league.json()["counts"]["acceptable"] == 2
    assert answer.status_code == 412


def test_files_may_be_larger_than_other_bodies_up_to_a_limit(
    session: Session, client: TestClient, now: datetime
) -> None:
    headers = office(session, now) | {"Content-Type": "text/csv"}
    row = f"居住证申领,{BANNER_BUREAU},0,{'长' * 1000}\n"
    long = "事项名称,实施主体编码,到办事现场次数,说明\n" + row * (LARGEST_BODY // 3000)

    answer = client.post("/v1/imports", content=long.encode(), headers=headers)
    too_large = client.post("/v1/imports", content=b"x" * (MAX_BYTES + 1), headers=headers)
    elsewhere = client.post(f"/v1/implementations/{CODE}/check", content=b"x" * (LARGEST_BODY + 1))

    assert answer.status_code == 200, answer.text[:300]
    assert (too_large.status_code, elsewhere.status_code) == (413, 413)


@pytest.mark.parametrize(("note", "status"), [("到窗口盖指模", 422), ("交押金", 200)])
def test_what_is_handed_in_for_review_keeps_the_rules_and_words_of_the_site(
    engine: Engine, session: Session, small_url: str, now: datetime, note: str, status: int
) -> None:
    strict = Settings(
        database_url=small_url,
        lint_severities={"hidden_demand": "error"},
        lint_words={"hidden_demand_local": ("盖指模",)},
    )
    content = workbook_of({"实施清单": [MINE | {"备注说明": note}]})
    headers = office(session, now)

    with TestClient(create_app(strict, clock=lambda: now)) as site:
        digest = site.post("/v1/imports", content=content, headers=headers).json()["digest"]
        query = f"/v1/imports?dry_run=false&submit=true&digest={digest}"
        answer = site.post(query, content=content, headers=headers)

    assert answer.status_code == status, answer.text
    states = [state for _, state, _ in editions(engine).get(CODE, [])]
    if status == 200:
        assert states == ["submitted"]
    else:
        assert answer.json()["type"] == "/problems/local-content-faulty"
        assert states == []


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream", ""])
def test_a_file_is_known_by_its_bytes(session: Session, client: TestClient, now: datetime, kind: str) -> None:
    answer = client.post("/v1/imports", content=LIST, headers=office(session, now) | {"Content-Type": kind})

    assert answer.json()["counts"]["acceptable"] == 1


FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\r\n--x--\r\n'


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" + bytes(600), bytes(200), b'"', b"{}", FORM]
)
def test_what_is_no_list_is_said_to_be_none(
    session: Session, client: TestClient, now: datetime, content: bytes
) -> None:
    answer = client.post("/v1/imports", content=content, headers=office(session, now))

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/list-unreadable"


def test_the_faults_come_back_in_the_cells(session: Session, client: TestClient, now: datetime) -> None:
    content = workbook_of({"实施清单": [MINE | {"到办事现场次数": 5, "备注说明": '=HYPERLINK("http://x.example")'}]})

    answer = client.post("/v1/imports?workbook=true", content=content, headers=office(session, now))
    sheet = read_workbook(answer.content).sheets[0]

    assert answer.headers["content-type"] == XLSX
    assert sheet.header.cells == ["事项名称", "实施主体编码", "到办事现场次数", "备注说明", "结果"]
    assert sheet.rows[0].cells[2:] == ["5", '=HYPERLINK("http://x.example")', "拒绝：C2 只能减少：标准为 1，填报为 5"]


def test_a_copy_with_results_can_be_corrected_and_handed_in_again(
    session: Session, client: TestClient, now: datetime
) -> None:
    headers = office(session, now)
    copy = client.post("/v1/imports?workbook=true", content=LIST, headers=headers).content

    again = client.post("/v1/imports", content=copy, headers=headers).json()

    assert (again["counts"]["acceptable"], again["not_used"]) == (1, [])


def test_the_template_is_handed_out(session: Session, client: TestClient, now: datetime) -> None:
    headers = office(session, now)

    empty = client.get("/v1/imports/template.xlsx", headers=headers)
    other = client.get(f"/v1/imports/template.xlsx?agency={LEAGUE_BUREAU}", headers=headers)
    mine = client.get(f"/v1/imports/template.xlsx?region={BANNER}", headers=headers)

    assert (empty.status_code, other.status_code, mine.status_code) == (200, 403, 200)
    assert read_workbook(mine.content).sheets[0].name == "实施清单"
