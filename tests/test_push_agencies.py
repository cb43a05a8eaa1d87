"""Pushes of what agencies say of themselves: published at once under the standing right, or not taken."""

import json
from datetime import datetime
from typing import Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    GACHA_COMMITTEE,
    LEAGUE,
    LEAGUE_BUREAU,
    TOWNSHIP_STATION,
    agency_facts,
    credit_code,
)
from callers import key_for
from pushing import AGENCIES, push
from sqlalchemy import Engine, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.agencies.tables import AgencyFactsEdition
from service_catalog.basic_items.wording import wording_of
from service_catalog.changes import log
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.push.asked import Push, Site
from service_catalog.push.pushing import carry_out, judge_all
from service_catalog.push.rows import JSON, read_batch
from service_catalog.push.schemas import AgencyRow
from service_catalog.push.tables import PushKind, PushReceipt

pytestmark = pytest.mark.strictest_only

Headers = dict[str, str]
NAMES = {BANNER_BUREAU: "阿拉善左旗公安局", TOWNSHIP_STATION: "巴彦浩特镇派出所", GACHA_COMMITTEE: "巴彦霍德嘎查委员会"}
PHONE = [{"way": "telephone", "value": "0483-8300077"}]


@pytest.fixture
def office(session: Session, now: datetime) -> Headers:
    return key_for(session, Role.STANDING_OFFICE, region=BANNER, at=now)


def facts(code: str, **changes: Any) -> dict[str, Any]:
    return agency_facts(NAMES.get(code, "某局"), **changes).model_dump(mode="json", exclude_none=True)


def row(code: str, **changes: Any) -> dict[str, Any]:
    """A row with a new phone, from an office that has read the first facts."""
    says = {"record_id": f"a-{code}", "agency_code": code, "seen": {"facts": 1}}
    return says | {"facts": facts(code, consultation_channels=PHONE)} | changes


def stated(engine: Engine, code: str) -> list[tuple[int, str, AgencyFacts]]:
    with reading(engine) as session:
        query = select(AgencyFactsEdition).where(col(AgencyFactsEdition.agency_code) == code)
        rows = session.scalars(query.order_by(col(AgencyFactsEdition.number)))
        return [(one.number, str(one.effective_from), one.facts) for one in rows]


def test_facts_are_published_at_once_and_the_guides_show_them(
    client: TestClient, engine: Engine, office: Headers
) -> None:
    answer = push(client, [row(BANNER_BUREAU), row(TOWNSHIP_STATION, effective_from="2026-04-01")], office, to=AGENCIES)

    told = answer.json()
    assert (answer.status_code, told["kind"], told["counts"]["published"]) == (200, "agencies", 2)
    assert [(one["edition"], one["effective_from"]) for one in told["receipts"]] == [
        (2, "2026-03-10"),
        (2, "2026-04-01"),
    ]
    assert (
        client.get(f"/v1/agencies/{BANNER_BUREAU}").json()["facts"]["consultation_channels"][0]["value"]
        == "0483-8300077"
    )
    assert [(number, day) for number, day, _ in stated(engine, TOWNSHIP_STATION)][1:] == [(2, "2026-04-01")]
    again = push(client, [row(BANNER_BUREAU), row(TOWNSHIP_STATION, effective_from="2026-04-01")], office, to=AGENCIES)
    assert again.content == answer.content


def test_the_same_facts_change_nothing(client: TestClient, engine: Engine, office: Headers) -> None:
    push(client, [row(BANNER_BUREAU)], office, to=AGENCIES)
    with reading(engine) as session:
        before = log.last_number(session)

    told = push(client, [row(BANNER_BUREAU)], office, key="batch-0002", to=AGENCIES).json()

    assert [(one["outcome"], one["edition"]) for one in told["receipts"]] == [("unchanged", 2)]
    with reading(engine) as session:
        assert log.last_number(session) == before


def test_facts_that_changed_here_are_a_conflict_with_both_versions(
    client: TestClient, engine: Engine, office: Headers, now: datetime
) -> None:
    with unit_of_work(engine) as session:
        agency = find_agency(session, BANNER_BUREAU)
        new = agency_facts(NAMES[BANNER_BUREAU], address="新址")
        state_facts(session, agency, new, effective_from=now.date(), by=EDITOR, at=now)

    [receipt] = push(client, [row(BANNER_BUREAU)], office, to=AGENCIES).json()["receipts"]

    assert (receipt["outcome"], receipt["faults"][0]["rule"]) == ("conflict", "changed-here")
    assert (receipt["faults"][0]["sent"], receipt["faults"][0]["here"]) == (1, 2)
    assert (receipt["here"]["edition"], receipt["here"]["content"]["address"]) == (2, "新址")
    assert receipt["sent"]["facts"]["consultation_channels"] == PHONE
    assert len(stated(engine, BANNER_BUREAU)) == 2


def test_facts_of_a_body_that_moves_away_meanwhile_are_judged_anew(
    engine: Engine, session: Session, office: Headers, now: datetime
) -> None:
    batch = read_batch(json.dumps({"rows": [row(BANNER_BUREAU)]}).encode(), JSON, AgencyRow)
    by = Actor("旗办", ActorKind.MACHINE, (Grant(Role.STANDING_OFFICE, region_code=BANNER),))
    asked = Push(PushKind.AGENCIES, batch, "key", False, False, Site({}, wording_of({})), by, now)
    with reading(engine) as looking:
        judged = judge_all(looking, asked)
    with unit_of_work(engine) as moving:
        find_agency(moving, BANNER_BUREAU).region_code = LEAGUE

    with unit_of_work(engine) as writing:
        [receipt] = json.loads(carry_out(writing, asked, judged).content)["receipts"]

    assert judged[0].outcome == "published"
    assert (receipt["outcome"], receipt["faults"][0]["rule"]) == ("refused", "not-allowed")
    assert len(stated(engine, BANNER_BUREAU)) == 1
    assert session.scalars(select(col(PushReceipt.region_code))).all() == [LEAGUE]


def test_what_is_wrong_is_refused_with_its_element_and_both_values(
    client: TestClient, engine: Engine, office: Headers
) -> None:
    nobody, renamed = credit_code(BANNER, 990001), facts(BANNER_BUREAU) | {"name": "阿拉善左旗公安分局"}
    rows = [
        row(BANNER_BUREAU, facts=renamed),
        row(TOWNSHIP_STATION, facts=facts(TOWNSHIP_STATION) | {"service_hours": "always"}),
        row(LEAGUE_BUREAU),
        row(nobody),
        row(GACHA_COMMITTEE, effective_from="2026-03-09"),
        {"record_id": "a-6", "agency_code": "x"},
    ]

    answer = push(client, rows, office, to=AGENCIES)

    told = answer.json()["receipts"]
    assert answer.status_code == 207
    assert [(one["outcome"], one["faults"][0]["rule"], one["faults"][0]["element"]) for one in told] == [
        ("refused", "name-not-local", "/facts/name"),
        ("refused", "malformed", "/facts/service_hours"),
        ("refused", "not-allowed", "/agency_code"),
        ("refused", "no-such-agency", "/agency_code"),
        ("refused", "back-dated", "/effective_from"),
        ("refused", "malformed", "/agency_code"),
    ]
    assert (told[0]["faults"][0]["sent"], told[0]["faults"][0]["here"]) == ("阿拉善左旗公安分局", NAMES[BANNER_BUREAU])
    assert told[1]["faults"][0]["here"]["weekly"][0]["opens"] == "09:00:00"
    assert all(len(stated(engine, code)) == 1 for code in NAMES)


def test_an_office_without_the_standing_right_states_nothing(
    session: Session, client: TestClient, engine: Engine, now: datetime
) -> None:
    plain = key_for(session, Role.COUNTY_OFFICE, region=BANNER, at=now)

    [receipt] = push(client, [row(BANNER_BUREAU)], plain, to=AGENCIES).json()["receipts"]

    assert [(fault["rule"], "常设发布权" in fault["zh"]) for fault in receipt["faults"]] == [("not-allowed", True)]
    assert len(stated(engine, BANNER_BUREAU)) == 1


def test_all_or_nothing_holds_for_facts_too(client: TestClient, engine: Engine, office: Headers) -> None:
    told = push(client, [row(BANNER_BUREAU), row(LEAGUE_BUREAU)], office, to=AGENCIES, whole=True).json()

    assert [(one["outcome"], one["would_be"]) for one in told["receipts"]] == [("held", "published"), ("refused", None)]
    assert len(stated(engine, BANNER_BUREAU)) == 1
    assert (
        push(client, [row(BANNER_BUREAU)], office, key="batch-0002", to=AGENCIES, dry_run=True).json()["taken"] is True
    )
    assert len(stated(engine, BANNER_BUREAU)) == 1
