"""Standards and local parts are written, reviewed and published over HTTP, each office by its own right."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from builders import BANNER, BANNER_BUREAU, GACHA, ITEM, LEAGUE, LEAGUE_BUREAU, item_plain
from callers import key_for
from offices import Office, Offices, name_of, open_offices, paper
from sqlalchemy import Engine, func, select
from sqlmodel import Session, SQLModel
from starlette.testclient import TestClient

from service_catalog.actors import Actor, Role
from service_catalog.app import create_app
from service_catalog.basic_items import editing
from service_catalog.lifecycle.edition import ApprovedByAuthor
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

CODE = BANNER_BUREAU + "4" + ITEM
DRAFT, LOCAL = f"/v1/basic-items/{ITEM}/draft", f"/v1/implementations/{CODE}/draft"
OFFERED: dict[str, Any] = {"availability": {"status": "offered"}}


@pytest.fixture
def offices(session: Session, client: TestClient, now: datetime) -> Offices:
    return open_offices(session, client, now)


def claim(offices: Offices) -> None:
    body = {"agency_code": BANNER_BUREAU, "exercise_level": "4", "basic_code": ITEM}
    answer = offices.banner_editor("POST", "/v1/implementations", body)
    assert answer.status_code == 201, answer.text


def publish(editor: Office, reviewer: Office, publisher: Office, address: str, **dates: str) -> None:
    for office, move, body in (
        (editor, "submission", None), (reviewer, "approval", {"opinion": "同意"}), (publisher, "publication", dates),
    ):  # fmt: skip
        answer = office("POST", f"{address}/{move}", body)
        assert answer.status_code == 200, (move, answer.text)


def rows(engine: Engine) -> dict[str, int]:
    with Session(engine) as session:
        return {
            table.name: int(session.execute(select(func.count()).select_from(table)).scalar_one())
            for table in SQLModel.metadata.sorted_tables
        }


def test_the_story_of_a_standard_and_its_local_part(
    offices: Offices, client: TestClient, clock: "Clock", now: datetime
) -> None:
    new = {"item_type": "07", "department": "09", **paper("2026-03-10", "阿署发〔2026〕3号")}
    code = offices.league_publisher("POST", "/v1/basic-items", new).json()["basic_code"]
    draft = f"/v1/basic-items/{code}/draft"
    first = offices.league_editor("PUT", draft, item_plain(name="居住登记"))
    offices.league_editor("POST", f"{draft}/submission")
    sent_back = offices.league_reviewer("POST", f"{draft}/return", {"opinion": "请写明依据条款"})
    again = offices.league_editor("PUT", draft, item_plain(name="居住登记办理"), seen=first.headers["etag"])
    returned = offices.league_editor("GET", draft).headers["etag"]
    mended = offices.league_editor("PUT", draft, item_plain(name="居住登记办理"), seen=returned)

    assert (sent_back.json()["state"], again.status_code, mended.status_code) == ("returned", 412, 200)

    publish(
        offices.league_editor, offices.league_reviewer, offices.league_publisher, draft, effective_from="2026-04-01"
    )
    place = f"/v1/guides?basic_code={code}&region={GACHA}"
    claimed = offices.banner_editor(
        "POST", "/v1/implementations", {"agency_code": BANNER_BUREAU, "exercise_level": "4", "basic_code": code}
    ).json()["implementation_code"]
    local = f"/v1/implementations/{claimed}/draft"
    loosened = offices.banner_editor("PUT", local, OFFERED | {"promised_limit": {"amount": 12, "unit": "working_day"}})
    tightened = offices.banner_editor("PUT", local, OFFERED | {"promised_limit": {"amount": 6, "unit": "working_day"}})

    assert (loosened.status_code, name_of(loosened)) == (422, "local-refused")
    assert loosened.json()["refusals"][0]["element"] == "promised_limit"
    assert tightened.status_code == 200, tightened.text
    publish(
        offices.banner_editor, offices.banner_reviewer, offices.banner_publisher, local, effective_from="2026-04-01"
    )
    assert client.get(place).status_code == 404
    assert client.get(f"{place}&as_of=2026-04-02").json()["promised_limit"]["amount"] == 6

    clock.at = datetime(2026, 4, 2, 1, 0, tzinfo=UTC)
    assert client.get(place).json()["name"] == "居住登记办理"
    cancelled = offices.league_publisher("POST", f"/v1/basic-items/{code}/cancellation", paper("2026-04-03"))
    assert cancelled.status_code == 200
    clock.at = datetime(2026, 4, 3, 1, 0, tzinfo=UTC)

    gone = client.get(f"/v1/guides/{claimed}")
    assert (gone.status_code, gone.json()["document_number"]) == (410, "阿署发〔2026〕8号")
    assert "code_retired" in client.get(f"/v1/codes/{code}").json()["findings"]
    assert name_of(
        offices.league_publisher("POST", "/v1/basic-items", {"basic_code": code, **paper("2026-04-03")})
    ) == ("code-already-issued")
    assert offices.league_publisher("POST", "/v1/basic-items", new | paper("2026-04-03")).json()["basic_code"] != code


def test_a_draft_may_be_unfinished_and_says_what_is_missing(offices: Offices) -> None:
    written = offices.league_editor("PUT", DRAFT, {"name": "居住证办理", "materials": []})

    assert written.status_code == 200, written.text
    assert {"/legal_basis", "/steps", "/case_kind"} <= set(written.json()["missing"])
    refused = offices.league_editor("POST", f"{DRAFT}/submission")
    assert (refused.status_code, name_of(refused)) == (422, "standard-incomplete")
    assert {row["pointer"] for row in refused.json()["findings"]} == set(written.json()["missing"])
    assert {row["rule"] for row in refused.json()["findings"]} == {"missing"}


def test_what_breaks_a_rule_is_listed_at_once_by_pointer(offices: Offices) -> None:
    wrong = item_plain(case_kind="1", fees=[], promised_limit={"amount": 20, "unit": "working_day"})
    offices.league_editor("PUT", DRAFT, wrong)

    refused = offices.league_editor("POST", f"{DRAFT}/submission").json()

    found = {(row["rule"], row["pointer"]) for row in refused["findings"]}
    assert {
        ("case_kind_mismatch", "/case_kind"), ("charge_incomplete", "/fees"),
        ("promise_not_within_law", "/promised_limit"),
    } <= found  # fmt: skip


@pytest.mark.parametrize(("severity", "status"), [("error", 422), ("warning", 200), ("off", 200)])
def test_a_site_decides_which_rules_refuse(
    session: Session, small_url: str, clock: "Clock", now: datetime, severity: Any, status: int
) -> None:
    settings = Settings(database_url=small_url, lint_severities={"unfinished_text": severity})
    with TestClient(create_app(settings, clock=clock)) as client:
        offices = open_offices(session, client, now)
        offices.league_editor("PUT", DRAFT, item_plain(quantity_limit="待补充"))

        answer = offices.league_editor("POST", f"{DRAFT}/submission")

    assert answer.status_code == status, answer.text


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "unknown element": ({"wish": 1}, "/wish"),
    "wrong type": ({"on_site_visits": "许多"}, "/on_site_visits"),
    "wrong code": ({"case_kind": "8"}, "/case_kind"),
    "row without key": ({"steps": [{"name": "受理", "wish": 2}]}, "/steps/0/wish"),
    "control character": ({"name": "名\x00称"}, "/name"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_in_a_draft_is_refused_by_pointer_and_nothing_is_stored(
    offices: Offices, engine: Engine, what: str
) -> None:
    before = rows(engine)
    body, pointer = WRONG[what]

    answer = offices.league_editor("PUT", DRAFT, body)

    assert (answer.status_code, name_of(answer)) == (422, "invalid-request")
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}
    assert rows(engine) == before


@pytest.mark.parametrize("address", [DRAFT, LOCAL])
def test_of_two_who_write_over_the_same_draft_the_second_is_told(offices: Offices, address: str) -> None:
    claim(offices)
    editor, content = (offices.league_editor, item_plain()) if address == DRAFT else (offices.banner_editor, OFFERED)
    seen = editor("PUT", address, content).headers["etag"]

    first = editor("PUT", address, content, seen=seen)
    second = editor("PUT", address, content, seen=seen)
    blind = editor("PUT", address, content)
    thrown = editor("DELETE", address)

    assert (first.status_code, second.status_code, name_of(second)) == (200, 412, "stale-revision")
    assert (blind.status_code, name_of(blind), thrown.status_code) == (428, "seen-version-missing", 428)
    assert editor("GET", address).headers["etag"] == first.headers["etag"] != seen
    assert editor("DELETE", address, seen=first.headers["etag"]).status_code == 204
    assert name_of(editor("GET", address)) == "nothing-open"


def test_a_reviewer_approves_what_was_read_and_nothing_else(offices: Offices) -> None:
    offices.league_editor("PUT", DRAFT, item_plain())
    read = offices.league_editor("POST", f"{DRAFT}/submission").headers["etag"]
    back = offices.league_editor("POST", f"{DRAFT}/take-back").headers["etag"]
    offices.league_editor("PUT", DRAFT, item_plain(name="居住证"), seen=back)
    offices.league_editor("POST", f"{DRAFT}/submission")

    stale = offices.league_reviewer("POST", f"{DRAFT}/approval", {}, seen=read)

    assert (stale.status_code, name_of(stale)) == (412, "stale-revision")
    assert offices.league_reviewer("POST", f"{DRAFT}/approval", {}).status_code == 200


def test_a_change_is_a_merge_patch_over_the_draft_or_over_what_is_in_force(offices: Offices) -> None:
    opened = offices.league_editor("PATCH", DRAFT, {"name": "居住证办理", "quantity_limit": None})
    seen = opened.headers["etag"]

    changed = offices.league_editor("PATCH", DRAFT, {"quantity_limit": "每人一证"}, seen=seen)

    assert opened.status_code == 200, opened.text
    assert (opened.json()["number"], opened.json()["missing"]) == (2, [])
    content = changed.json()["content"]
    assert (content["name"], content["quantity_limit"]) == ("居住证办理", "每人一证")
    assert content["materials"] == opened.json()["content"]["materials"]


def test_a_correction_says_that_it_is_one(offices: Offices) -> None:
    opened = offices.league_editor("PATCH", f"{DRAFT}?kind=correction", {"name": "居住证申请"})

    assert opened.json()["kind"] == "correction"
    assert offices.league_editor("PUT", f"{DRAFT}?kind=establishment", {}).status_code == 422


def test_nobody_approves_what_they_wrote_even_where_somebody_else_handed_it_in(
    session: Session, client: TestClient, now: datetime, offices: Offices
) -> None:
    other = Office(client, key_for(session, Role.EDITOR, region=LEAGUE, at=now))
    offices.league_editor("PUT", DRAFT, item_plain())
    other("POST", f"{DRAFT}/submission")

    assert name_of(offices.league_editor("POST", f"{DRAFT}/approval", {})) == "not-allowed"
    assert offices.league_reviewer("POST", f"{DRAFT}/approval", {}).status_code == 200


def test_sending_back_needs_an_opinion(offices: Offices) -> None:
    offices.league_editor("PUT", DRAFT, item_plain())
    offices.league_editor("POST", f"{DRAFT}/submission")

    assert name_of(offices.league_reviewer("POST", f"{DRAFT}/return", {"opinion": "  "})) == "opinion-missing"
    assert name_of(offices.league_reviewer("POST", f"{DRAFT}/return", {})) == "opinion-missing"


@pytest.mark.parametrize("act", ["suspension", "resumption", "cancellation"])
def test_what_only_a_government_decides_needs_its_document(offices: Offices, engine: Engine, act: str) -> None:
    before = rows(engine)
    bodies = [paper("2026-03-10", " "), paper("2026-03-10") | {"document_number": None}, {}, paper("2026-03-09")]

    answers = [offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/{act}", body) for body in bodies]

    assert [answer.status_code for answer in answers[:3]] == [422, 422, 422]
    assert answers[3].status_code in (409, 422)
    assert rows(engine) == before


def test_nothing_more_is_written_about_what_is_cancelled(offices: Offices) -> None:
    claim(offices)
    offices.banner_editor("PUT", LOCAL, OFFERED)
    publish(offices.banner_editor, offices.banner_reviewer, offices.banner_publisher, LOCAL)
    offices.banner_publisher("POST", f"/v1/implementations/{CODE}/cancellation", paper("2026-03-10"))

    assert name_of(offices.banner_editor("PUT", LOCAL, OFFERED)) == "already-cancelled"
    offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/cancellation", paper("2026-03-10"))
    assert name_of(offices.league_editor("PUT", DRAFT, item_plain())) == "already-cancelled"


def test_an_edition_in_review_is_not_published_on_a_day_by_which_the_item_has_ended(offices: Offices) -> None:
    offices.league_editor("PUT", DRAFT, item_plain(name="居住证"))
    offices.league_editor("POST", f"{DRAFT}/submission")
    offices.league_reviewer("POST", f"{DRAFT}/approval", {})
    offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/cancellation", paper("2026-04-01"))

    late = offices.league_publisher("POST", f"{DRAFT}/publication", {"effective_from": "2026-04-02"})
    in_time = offices.league_publisher("POST", f"{DRAFT}/publication", {"effective_from": "2026-03-20"})

    assert (name_of(late), in_time.status_code) == ("already-cancelled", 200)


def test_what_was_submitted_once_is_kept_when_it_is_thrown_away(offices: Offices) -> None:
    offices.league_editor("PUT", DRAFT, item_plain(name="居住证"))
    offices.league_editor("POST", f"{DRAFT}/submission")
    seen = offices.league_editor("POST", f"{DRAFT}/take-back").headers["etag"]
    offices.league_editor("DELETE", DRAFT, seen=seen)

    after = offices.league_editor("PUT", DRAFT, item_plain(name="居住证"))

    assert after.json()["number"] == 3


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "invalid-request"),
        ({"item_type": "07"}, "invalid-request"),
        ({"basic_code": "150709778000", "item_type": "07", "department": "09"}, "invalid-request"),
        ({"item_type": "07", "department": "09", "namespace": "00"}, "namespace-not-allocatable"),
        ({"basic_code": ITEM}, "code-already-issued"),
        ({"basic_code": "150709778001", "parent_basic_code": "150709778000"}, "parent-missing"),
        ({"basic_code": "15070977800"}, "invalid-request"),
    ],
)
def test_a_new_item_needs_one_way_to_its_code(
    offices: Offices, engine: Engine, body: dict[str, str], name: str
) -> None:
    before = rows(engine)

    answer = offices.league_publisher("POST", "/v1/basic-items", body | paper("2026-03-10"))

    assert name_of(answer) == name
    assert rows(engine) == before


def test_a_sub_item_gets_its_code_below_its_main_item(offices: Offices) -> None:
    body = {"parent_basic_code": ITEM, **paper("2026-03-10")}

    first, second = (offices.league_publisher("POST", "/v1/basic-items", body).json() for _ in range(2))

    assert (first["basic_code"], second["basic_code"]) == (ITEM[:9] + "001", ITEM[:9] + "002")
    assert first["parent_basic_code"] == ITEM


def test_what_is_refused_leaves_no_trace(offices: Offices, engine: Engine) -> None:
    claim(offices)
    before = rows(engine)
    tries = [
        (offices.banner_editor, "PUT", DRAFT, item_plain()),
        (offices.banner_reviewer, "PUT", LOCAL, OFFERED),
        (offices.league_editor, "POST", "/v1/basic-items", {"item_type": "07", "department": "09", **paper("2026-03-10")}),
        (offices.banner_editor, "POST", f"/v1/implementations/{CODE}/cancellation", paper("2026-03-10")),
        (offices.banner_editor, "POST", "/v1/implementations",
         {"agency_code": LEAGUE_BUREAU, "exercise_level": "3", "basic_code": ITEM}),
    ]  # fmt: skip

    answers = [office(method, address, body) for office, method, address, body in tries]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert rows(engine) == before


def test_a_draft_is_read_by_those_who_work_on_it_only(offices: Offices, client: TestClient) -> None:
    claim(offices)
    offices.league_editor("PUT", DRAFT, item_plain())
    offices.banner_editor("PUT", LOCAL, OFFERED)

    assert [client.get(address).status_code for address in (DRAFT, LOCAL)] == [401, 401]
    assert offices.banner_editor("GET", DRAFT).status_code == 403
    assert [office("GET", LOCAL).status_code for office in (offices.banner_editor, offices.league_reviewer)] == [
        200,
        200,
    ]
    assert BANNER in offices.banner_reviewer("GET", "/v1/me").text


def test_a_draft_that_was_thrown_away_and_written_anew_is_not_the_one_that_was_seen(offices: Offices) -> None:
    seen = offices.league_editor("PUT", DRAFT, item_plain()).headers["etag"]
    offices.league_editor("DELETE", DRAFT, seen=seen)
    offices.league_editor("PUT", DRAFT, item_plain(name="别人写的"))

    stale = offices.league_editor("PATCH", DRAFT, {"name": "我写的"}, seen=seen)

    assert (stale.status_code, name_of(stale)) == (412, "stale-revision")


def test_if_match_may_name_several_versions_or_any(offices: Offices) -> None:
    seen = offices.league_editor("PUT", DRAFT, item_plain()).headers["etag"]

    several = offices.league_editor("PUT", DRAFT, item_plain(), seen=f'"x", {seen}')
    whatever = offices.league_editor("PUT", DRAFT, item_plain(), seen="*")
    gone = offices.league_editor("DELETE", DRAFT, seen=whatever.headers["etag"])
    nothing = offices.league_editor("PUT", DRAFT, item_plain(), seen=seen)

    assert [several.status_code, whatever.status_code, gone.status_code, nothing.status_code] == [200, 200, 204, 412]


def test_nobody_who_ever_wrote_an_edition_approves_it(
    session: Session, client: TestClient, now: datetime, offices: Offices
) -> None:
    other = Office(client, key_for(session, Role.EDITOR, region=LEAGUE, at=now))
    seen = offices.league_editor("PUT", DRAFT, item_plain()).headers["etag"]
    other("PUT", DRAFT, item_plain(name="居住证"), seen=seen)
    other("POST", f"{DRAFT}/submission")
    edition = editing.SHELF.find_open(session, ITEM, now.date())

    assert len(edition.authors) == 2
    for name in edition.authors:
        with pytest.raises(ApprovedByAuthor):
            editing.approve(session, ITEM, by=Actor(name), at=now)


@pytest.mark.parametrize("day", ["9999-12-31", "1000-01-01"])
def test_a_day_that_no_calendar_reaches_is_refused(offices: Offices, day: str) -> None:
    offices.league_editor("PUT", DRAFT, item_plain())
    offices.league_editor("POST", f"{DRAFT}/submission")
    offices.league_reviewer("POST", f"{DRAFT}/approval", {})

    published = offices.league_publisher("POST", f"{DRAFT}/publication", {"effective_from": day})
    cancelled = offices.league_publisher("POST", f"/v1/basic-items/{ITEM}/cancellation", paper(day))

    assert (published.status_code, cancelled.status_code) == (422, 422)
    assert published.json()["errors"][0]["pointer"] == "/effective_from"


def test_what_an_act_says_of_itself_is_not_blank_and_not_back_dated(offices: Offices, engine: Engine) -> None:
    before = rows(engine)
    new = {"item_type": "07", "department": "09"}
    bodies = [paper("2026-03-10") | {"title": "  "}, paper("2026-03-10") | {"reason": "\u3000"}, paper("2025-03-10")]

    answers = [offices.league_publisher("POST", "/v1/basic-items", new | body) for body in bodies]

    assert [name_of(answer) for answer in answers] == ["invalid-request", "invalid-request", "act-back-dated"]
    assert rows(engine) == before


def test_two_credentials_at_once_are_none(client: TestClient, offices: Offices) -> None:
    good = offices.league_editor.headers["Authorization"]

    answer = client.get("/v1/me", headers=[("Authorization", good), ("Authorization", "Bearer alxa_x")])

    assert (answer.status_code, name_of(answer)) == (401, "token-wrong")
