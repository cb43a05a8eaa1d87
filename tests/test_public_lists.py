"""Lists that must be public: the catalogue, an agency's 权责清单, recent changes; as JSON, CSV and Excel."""

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from builders import BANNER, BANNER_BUREAU, ITEM, LEAGUE_BUREAU, item_content, item_plain, publish_item, publish_local
from offices import Offices, open_offices, paper
from python_calamine import CalamineWorkbook
from sqlmodel import Session
from starlette.testclient import TestClient

if TYPE_CHECKING:
    from conftest import Clock

CODE = BANNER_BUREAU + "4" + ITEM


@pytest.fixture
def offices(session: Session, client: TestClient, now: datetime) -> Offices:
    return open_offices(session, client, now)


def as_json(client: TestClient, address: str) -> list[dict[str, Any]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def as_csv(client: TestClient, address: str) -> list[list[str]]:
    answer = client.get(address, params={"form": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def as_sheet(client: TestClient, address: str) -> list[list[Any]]:
    answer = client.get(address, params={"form": "xlsx"})
    assert "attachment" in answer.headers["content-disposition"]
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("address", ["/v1/public/catalogue", f"/v1/public/agencies/{BANNER_BUREAU}/duties"])
def test_a_list_says_the_same_in_every_form(session: Session, client: TestClient, address: str) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    rows, text, sheet = as_json(client, address), as_csv(client, address), as_sheet(client, address)

    assert len(rows) == len(text) - 1 == len(sheet) - 1 == 1
    assert text[0] == sheet[0]
    assert [str(value) for value in rows[0].values()] == text[1]
    assert [str(int(value)) if isinstance(value, float) else str(value) for value in sheet[1]] == text[1]


def test_the_catalogue_names_each_item_with_its_law_and_limits(client: TestClient) -> None:
    [row] = as_json(client, "/v1/public/catalogue")

    assert (row["basic_code"], row["name"], row["item_type"]) == (ITEM, "居住证申领", "行政确认")
    assert row["legal_basis"] == "《居住证暂行条例》第九条"
    assert (row["statutory_limit"], row["promised_limit"], row["state"]) == ("15个工作日", "10个工作日", "在用")


def test_what_has_ended_is_no_longer_listed_and_what_is_suspended_says_so(
    client: TestClient, clock: "Clock", offices: Offices
) -> None:
    offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/suspension", paper("2026-03-10"))
    suspended = as_json(client, "/v1/public/catalogue")
    offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/cancellation", paper("2026-03-12"))
    clock.at = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)

    assert [row["state"] for row in suspended] == ["暂停"]
    assert as_json(client, "/v1/public/catalogue") == []


def test_the_duties_of_an_agency_say_what_it_does_not_do_itself(session: Session, client: TestClient) -> None:
    publish_local(session, BANNER_BUREAU, "4", availability={"status": "not_offered", "reason": "未进驻"})
    session.commit()

    [row] = as_json(client, f"/v1/public/agencies/{BANNER_BUREAU}/duties")

    assert (row["implementation_code"], row["availability"]) == (CODE, "不办理")
    assert as_json(client, f"/v1/public/agencies/{LEAGUE_BUREAU}/duties") == []
    assert client.get(f"/v1/public/agencies/{'X' * 18}/duties").status_code == 404


def test_recent_changes_name_their_documents_and_forget_what_is_old(
    client: TestClient, clock: "Clock", offices: Offices
) -> None:
    new = {"item_type": "07", "department": "09", **paper("2026-03-10", "一号")}
    code = offices.league_publisher("POST", "/v1/basic-items", new).json()["basic_code"]
    draft = f"/v1/basic-items/{code}/draft"
    offices.league_editor("PUT", draft, item_plain(name="居住登记"))
    offices.league_editor("POST", f"{draft}/submission")
    offices.league_reviewer("POST", f"{draft}/approval", {})
    offices.league_publisher("POST", f"{draft}/publication", {})
    body = paper("2026-04-01", "二号") | {"from_level": "3", "to_level": "4", "regions": [BANNER], "upper_ends": False}
    offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/delegation", body)
    clock.at = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
    offices.league_publisher("POST", f"/v1/basic-items/{code}/cancellation", paper("2026-03-25", "三号"))

    rows = as_json(client, "/v1/public/recent?days=30")

    found = {(row["what"], row["code"], row["name"], row["document_number"]) for row in rows}
    assert found == {
        ("取消", code, "居住登记", "三号"), ("下放", ITEM, "居住证申领", "二号"), ("新增", code, "居住登记", "一号"),
        ("发布标准", code, "居住登记", None),
    }  # fmt: skip
    assert [row["recorded_on"] for row in rows] == sorted((row["recorded_on"] for row in rows), reverse=True)
    assert {row["what"] for row in as_json(client, "/v1/public/recent?days=3")} == {"取消"}
    assert len(as_csv(client, "/v1/public/recent?days=30")) == len(as_sheet(client, "/v1/public/recent?days=30")) == 5
    assert client.get("/v1/public/recent?days=0").status_code == 422
    assert client.get("/v1/public/recent?form=pdf").status_code == 422


def test_a_standard_withdrawn_before_its_day_was_never_published(
    client: TestClient, clock: "Clock", offices: Offices
) -> None:
    draft = f"/v1/basic-items/{ITEM}/draft"
    offices.league_editor("PUT", draft, item_plain(name="误发的名称"))
    offices.league_editor("POST", f"{draft}/submission")
    offices.league_reviewer("POST", f"{draft}/approval", {})
    offices.league_publisher("POST", f"{draft}/publication", {"effective_from": "2026-04-01"})
    announced = as_json(client, "/v1/public/recent")
    clock.at = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
    offices.league_publisher("POST", f"{draft}/withdrawal")
    offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/suspension", paper("2026-03-11"))

    rows = as_json(client, "/v1/public/recent")

    assert [(row["what"], row["name"]) for row in announced] == [("发布标准", "误发的名称")]
    assert [(row["what"], row["name"]) for row in rows] == [("暂停", "居住证申领")]


def test_of_one_day_the_latest_stands_first(client: TestClient, clock: "Clock", offices: Offices) -> None:
    new = {"item_type": "07", "department": "09", **paper("2026-03-10", "一号")}
    code = offices.league_publisher("POST", "/v1/basic-items", new).json()["basic_code"]
    clock.at = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
    offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/suspension", paper("2026-03-10", "二号"))
    clock.at = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
    offices.league_publisher("POST", f"/v1/basic-items/{code}/suspension", paper("2026-03-10", "三号"))
    clock.at = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
    offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/resumption", paper("2026-03-10", "四号"))

    rows = as_json(client, "/v1/public/recent")

    assert [row["document_number"] for row in rows] == ["四号", "三号", "二号", "一号"]


def test_no_cell_begins_to_compute(session: Session, client: TestClient, now: datetime) -> None:
    publish_item(session, ITEM, item_content(name='=HYPERLINK("http://x")'), at=now, effective_from=now.date())
    session.commit()

    row = as_csv(client, "/v1/public/catalogue")[1]

    assert row[1].startswith("'=")
    assert as_sheet(client, "/v1/public/catalogue")[1][1] == '=HYPERLINK("http://x")'


def test_the_whole_seeded_catalogue_is_listed(seeded: TestClient) -> None:
    assert len(as_json(seeded, "/v1/public/catalogue")) == len(as_sheet(seeded, "/v1/public/catalogue")) - 1 == 99
