"""Before a standard is published: which implementations it touches, what becomes illegal there, and what will happen."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    GACHA,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP,
    TOWNSHIP_STATION,
    credit_code,
    decision,
    item_content,
    item_plain,
    publish_local,
)
from callers import key_for
from hypothesis import given
from hypothesis import strategies as st
from inheriting import MATRIX, STANDARD, TIGHTENED, WORST, local_of, standard_with
from offices import name_of
from sqlalchemy import Engine, event, insert
from sqlmodel import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from service_catalog.actors import Role
from service_catalog.agencies.tables import Agency, AgencyKind
from service_catalog.basic_items import editing
from service_catalog.cli import app as commands
from service_catalog.history.consequences import Outcome, consequences
from service_catalog.implementations import claiming
from service_catalog.implementations.content import Offer
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.lifecycle.states import EditionKind, WorkState

ADDRESS = f"/v1/basic-items/{ITEM}/draft/impact"
CODE = BANNER_BUREAU + "4" + ITEM
APRIL = date(2026, 4, 1)
MANY = 320
PAPERS = item_plain()["materials"]
SHORTER = {"promised_limit": {"amount": 7, "unit": "working_day"}}


def in_days(amount: int) -> dict[str, Any]:
    return {"promised_limit": {"amount": amount, "unit": "working_day"}}


def open_draft(session: Session, at: datetime, **changes: Any) -> int:
    content = item_content(**SHORTER | {"steps": [item_plain()["steps"][0]]} | changes)
    return editing.draft(session, ITEM, content, by=EDITOR, at=at).number


@pytest.fixture
def office(session: Session, now: datetime) -> dict[str, str]:
    return key_for(session, Role.PUBLISHER, region=LEAGUE, at=now)


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """Note the statements that reach the database."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def many_implementations(session: Session, number: int) -> None:
    """As many bodies at the township, each with a published local part of its own; every third promises too long."""
    codes = [credit_code(BANNER, place) for place in range(1, number + 1)]
    session.execute(insert(Agency), [agency_row(code) for code in codes])
    session.execute(insert(Implementation), [implementation_row(code) for code in codes])
    session.execute(insert(ImplementationEdition), [edition_row(code, place) for place, code in enumerate(codes)])
    session.commit()


def agency_row(code: str) -> dict[str, Any]:
    return {
        "code": code, "kind": AgencyKind.ORGAN, "nature": "1", "region_code": TOWNSHIP, "parent_code": None,
        "demonstration_code": True, "name": f"机构{code[8:16]}",
    }  # fmt: skip


def implementation_row(code: str) -> dict[str, Any]:
    return {
        "implementation_code": code + "5" + ITEM, "agency_code": code, "exercise_level": "5", "basic_code": ITEM,
        "region_code": TOWNSHIP, "claimed_by": "编辑甲", "claimed_at": datetime.fromisoformat("2026-01-01T00:00+00:00"),
        "act_id": None,
    }  # fmt: skip


def edition_row(code: str, place: int) -> dict[str, Any]:
    local = {"availability": {"status": "offered"}} | (in_days(8) if place % 3 == 0 else in_days(6))
    return {
        "implementation_code": code + "5" + ITEM, "number": 1, "state": WorkState.PUBLISHED, "revision": 1,
        "kind": EditionKind.ESTABLISHMENT, "drafted_by": "编辑甲", "authors": ["编辑甲"], "submitted_by": "编辑甲",
        "effective_from": date(2026, 1, 1), "effective_until": None, "content": local, "availability": Offer.OFFERED,
        "published_at": datetime.fromisoformat("2025-12-20T00:00+00:00"), "based_on_edition": 1,
    }  # fmt: skip


def told(line: dict[str, Any]) -> list[tuple[str, str]]:
    return [(found["outcome"], found["pointer"]) for found in line["consequences"]]


def test_a_promise_longer_than_the_new_limit_becomes_illegal_with_both_values(
    client: TestClient, session: Session, now: datetime, office: dict[str, str]
) -> None:
    publish_local(session, BANNER_BUREAU, "4", **in_days(9))
    publish_local(session, TOWNSHIP_STATION, "5", **in_days(6))
    open_draft(session, now)
    session.commit()

    answer = client.get(ADDRESS, headers=office).json()

    lines = {line["implementation_code"]: line for line in answer["items"]}
    [found] = lines[CODE]["consequences"]
    assert (answer["edition"], answer["in_force"], answer["state"], answer["implementations"]) == (2, 1, "draft", 2)
    assert (found["element"], found["outcome"], found["already"]) == ("promised_limit", "standard_shown", False)
    assert found["outcome_zh"] == "届时显示统一标准"
    assert (found["standard_value"]["amount"], found["local_value"]["amount"]) == (7, 9)
    assert lines[TOWNSHIP_STATION + "5" + ITEM]["consequences"] == []


def test_rows_that_point_at_a_row_that_goes_become_history(
    client: TestClient, session: Session, now: datetime, office: dict[str, str]
) -> None:
    publish_local(
        session, BANNER_BUREAU, "4",
        materials=[{"key": "id-card", "photo_copies": 0}, {"key": "photo", "dropped": True}],
        steps=[{"key": "review", "responsible_unit": "治安大队"}],
        handling_items=[{"serial": "02", "offered": False, "reason": "设备在盟里"}],
    )  # fmt: skip
    open_draft(session, now, materials=PAPERS[:1], handling_items=item_plain()["handling_items"][:1])
    session.commit()

    [line] = client.get(ADDRESS, headers=office).json()["items"]

    assert told(line) == [
        ("row_becomes_history", "/materials/1"), ("row_becomes_history", "/steps/0"),
        ("row_becomes_history", "/handling_items/0"),
    ]  # fmt: skip
    assert line["consequences"][0]["local_value"] == {"key": "photo", "dropped": True}


def test_a_level_that_the_new_edition_leaves_out_is_said_to_end(
    client: TestClient, session: Session, now: datetime, office: dict[str, str]
) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, GACHA_COMMITTEE, "6")
    open_draft(session, now, exercise_levels=["3", "4"])
    session.commit()

    lines = client.get(ADDRESS, headers=office).json()["items"]

    assert {line["exercise_level"]: told(line) for line in lines} == {
        "4": [], "6": [("level_ends", "/exercise_levels")],
    }  # fmt: skip


def test_what_has_given_way_already_is_told_apart_from_what_is_new(
    client: TestClient, session: Session, now: datetime, office: dict[str, str]
) -> None:
    publish_local(session, BANNER_BUREAU, "4", **in_days(9), materials=[{"key": "photo", "dropped": True}])
    open_draft(session, now)
    editing.submit(session, ITEM, by=EDITOR, at=now)
    editing.approve(session, ITEM, by=REVIEWER, at=now)
    editing.publish(session, ITEM, effective_from=now.date(), by=REVIEWER, at=now)
    open_draft(session, now, **in_days(6), materials=PAPERS[:1])
    session.commit()

    answer = client.get(ADDRESS, headers=office).json()

    [line] = answer["items"]
    assert (answer["edition"], answer["in_force"]) == (3, 2)
    assert {(found["element"], found["already"]) for found in line["consequences"]} == {
        ("promised_limit", True), ("materials", False),
    }  # fmt: skip


@pytest.mark.parametrize("state", ["draft", "submitted", "returned", "approved", "scheduled"])
def test_the_impact_is_told_in_every_state_before_it_takes_effect_and_for_its_first_day(
    client: TestClient, session: Session, now: datetime, office: dict[str, str], state: str
) -> None:
    publish_local(session, BANNER_BUREAU, "4", **in_days(9))
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=date(2026, 3, 20), **in_days(6))
    open_draft(session, now)
    if state != "draft":
        editing.submit(session, ITEM, by=EDITOR, at=now)
    if state == "returned":
        editing.send_back(session, ITEM, "请再核实", by=REVIEWER, at=now)
    if state in ("approved", "scheduled"):
        editing.approve(session, ITEM, by=REVIEWER, at=now)
    if state == "scheduled":
        editing.publish(session, ITEM, effective_from=APRIL, by=REVIEWER, at=now)
    session.commit()

    answer = client.get(ADDRESS, headers=office).json()

    scheduled = state == "scheduled"
    assert (answer["state"], answer["in_force"]) == ("approved" if scheduled else state, 1)
    assert answer["effective_on"] == ("2026-04-01" if scheduled else "2026-03-10")
    [line] = answer["items"]
    assert (line["edition"], bool(line["consequences"])) == ((2, False) if scheduled else (1, True))


def test_implementations_that_have_ended_or_were_never_published_are_not_touched(
    client: TestClient, session: Session, now: datetime, office: dict[str, str]
) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, TOWNSHIP_STATION, "5")
    claiming.claim(session, agency_code=LEAGUE_BUREAU, exercise_level="3", basic_code=ITEM, by=EDITOR, at=now)
    claiming.cancel(session, TOWNSHIP_STATION + "5" + ITEM, decision(now.date()), by=REVIEWER, at=now)
    open_draft(session, now)
    session.commit()

    answer = client.get(ADDRESS, headers=office).json()

    assert [line["implementation_code"] for line in answer["items"]] == [CODE]


def test_they_are_counted_by_banner_with_the_leagues_own_bodies_apart(
    client: TestClient, session: Session, now: datetime, office: dict[str, str]
) -> None:
    for agency, level in ((LEAGUE_BUREAU, "3"), (BANNER_BUREAU, "4"), (TOWNSHIP_STATION, "5"), (GACHA_COMMITTEE, "6")):
        publish_local(session, agency, level)
    open_draft(session, now)
    session.commit()

    whole = client.get(ADDRESS, headers=office).json()
    part = client.get(ADDRESS, headers=office, params={"region": GACHA}).json()

    assert [(row["region"]["code"], row["implementations"]) for row in whole["by_region"]] == [(LEAGUE, 1), (BANNER, 3)]
    assert (part["implementations"], len(part["items"])) == (1, 1)
    assert client.get(ADDRESS, headers=office, params={"region": "999999"}).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_implementations_on_a_page(
    client: TestClient, session: Session, now: datetime, office: dict[str, str]
) -> None:
    open_draft(session, now)
    many_implementations(session, MANY)
    engine: Engine = client.app.state.engine  # type: ignore[attr-defined]
    client.get(ADDRESS, headers=office)

    asked: dict[int, int] = {}
    for limit in (10, 100, MANY):
        with counting(engine) as statements:
            page = client.get(ADDRESS, headers=office, params={"limit": limit}).json()
        asked[limit] = len(statements)
        assert len(page["items"]) == limit

    assert len(set(asked.values())) == 1, asked
    assert asked[MANY] <= 25


def test_all_of_them_are_walked_a_page_at_a_time_and_none_is_loaded_beyond_it(
    client: TestClient, session: Session, now: datetime, office: dict[str, str]
) -> None:
    open_draft(session, now)
    many_implementations(session, MANY)
    engine: Engine = client.app.state.engine  # type: ignore[attr-defined]
    limited: list[list[bool]] = []

    seen: list[dict[str, Any]] = []
    address: str | None = f"{ADDRESS}?limit=100"
    while address:
        with counting(engine) as statements:
            page = client.get(address, headers=office).json()
        documents = [text for text in statements if "implementation_edition.content" in text]
        limited.append(["LIMIT" in text.rpartition("ORDER BY")[2] for text in documents])
        seen += page["items"]
        address = page["next"]

    codes = [line["implementation_code"] for line in seen]
    assert limited == [[True]] * 4
    assert codes == sorted(set(codes))
    assert (len(codes), page["implementations"]) == (MANY, MANY)
    assert sum(bool(line["consequences"]) for line in seen) == len(range(0, MANY, 3))


def test_a_draft_that_is_not_whole_is_refused_with_what_it_lacks(
    client: TestClient, session: Session, now: datetime, office: dict[str, str]
) -> None:
    editing.draft(session, ITEM, item_plain(rights_and_duties=None), by=EDITOR, at=now)
    session.commit()

    answer = client.get(ADDRESS, headers=office)

    assert (answer.status_code, name_of(answer)) == (409, "draft-unfinished")
    assert answer.json()["missing"] == ["/rights_and_duties"]


def test_where_nothing_is_in_work_there_is_no_impact(client: TestClient, office: dict[str, str]) -> None:
    nothing = client.get(ADDRESS, headers=office)
    unknown = client.get(ADDRESS.replace(ITEM, "150799999999"), headers=office)

    assert [(a.status_code, name_of(a)) for a in (nothing, unknown)] == [(404, "nothing-open"), (404, "no-such-item")]


def test_only_staff_of_the_league_is_told(client: TestClient, session: Session, now: datetime) -> None:
    open_draft(session, now)
    banner = key_for(session, Role.PUBLISHER, region=BANNER, at=now)
    kiosk = key_for(session, Role.KIOSK, region=LEAGUE, at=now)

    answers = [client.get(ADDRESS, headers=who) for who in ({}, banner, kiosk)]

    assert [(a.status_code, name_of(a)) for a in answers] == [
        (401, "sign-in-first"), (403, "not-allowed"), (403, "not-allowed"),
    ]  # fmt: skip


@given(st.sampled_from([draft for drafts in TIGHTENED.values() for draft in drafts]))
def test_an_edition_that_changes_nothing_does_nothing_new_to_anybody(draft: dict[str, Any]) -> None:
    found = consequences(local_of(**draft), "4", STANDARD, STANDARD, MATRIX, WORST)

    assert [consequence for consequence in found if not consequence.already] == []


def test_without_an_edition_in_force_everything_is_new() -> None:
    local = local_of(promised_limit={"amount": 9, "unit": "working_day"})

    found = consequences(local, "4", standard_with(**SHORTER), None, MATRIX, WORST)

    assert {(c.outcome, c.element, c.already) for c in found} >= {(Outcome.STANDARD_SHOWN, "promised_limit", False)}


def test_the_command_line_names_each_body_with_what_happens_to_it(
    small_url: str, session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_local(session, BANNER_BUREAU, "4", **in_days(9))
    publish_local(session, TOWNSHIP_STATION, "5", **in_days(6))
    open_draft(session, now)
    session.commit()
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)

    shown = CliRunner().invoke(commands, ["items", "impact", ITEM])

    assert shown.exit_code == 0, shown.output
    assert f"{CODE} 阿拉善左旗公安局" in shown.stdout
    assert "/promised_limit 时限只能缩短" in shown.stdout
    assert "届时显示统一标准" in shown.stdout
    assert "其中 1 个不受影响" in shown.stdout
