"""Pushes of local parts: each row gets its receipt; what is right becomes a draft or is published, nothing is overwritten."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from builders import BANNER, EDITOR, IN_FORCE_SINCE, LEAGUE, REVIEWER, publish_local
from callers import key_for
from databases import Server
from pushing import (
    BAD,
    BAD_PLACES,
    BODIES,
    CODES,
    IN_WORK,
    OFFERED,
    PHONES,
    PUBLISHED,
    batch_of,
    found_offices,
    kept,
    lines,
    local,
    push,
    row,
)
from sqlalchemy import Engine, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.actors import Role
from service_catalog.changes import log
from service_catalog.implementations import claiming
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.lifecycle.tables import ReviewNote
from service_catalog.push.tables import PushBatch
from service_catalog.staff.keyring import revoke_key

pytestmark = pytest.mark.strictest_only

if TYPE_CHECKING:
    from conftest import Clock

Headers = dict[str, str]


@pytest.fixture
def small_url(server: Server) -> Iterator[str]:
    with server.copy_of(server.template("offices", found_offices)) as url:
        yield url


@pytest.fixture
def office(session: Session, now: datetime) -> Headers:
    """A county office without the standing right."""
    return key_for(session, Role.COUNTY_OFFICE, region=BANNER, at=now)


@pytest.fixture
def trusted(session: Session, now: datetime) -> Headers:
    """A county office with the standing right."""
    return key_for(session, Role.STANDING_OFFICE, region=BANNER, at=now)


def only(answer: Any) -> dict[str, Any]:
    """The receipt of a push of one row."""
    [receipt] = answer.json()["receipts"]
    return dict(receipt)


def rules(receipt: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fault["rule"], fault["element"]) for fault in receipt["faults"]]


def test_of_a_thousand_rows_963_are_taken_and_37_are_told_rule_element_and_both_values(
    client: TestClient, engine: Engine, trusted: Headers
) -> None:
    before = kept(engine)

    answer = push(client, batch_of(), trusted)

    told = answer.json()
    assert (answer.status_code, told["taken"]) == (207, False)
    assert told["counts"] == {
        "rows": 1000, "drafted": 920, "published": 43, "unchanged": 0, "refused": 34, "conflict": 3, "held": 0,
    }  # fmt: skip
    for place, (what, _, rule, element, sent, here) in zip(BAD_PLACES, BAD, strict=True):
        receipt = told["receipts"][place]
        fault = receipt["faults"][0]
        assert receipt["outcome"] in ("refused", "conflict"), what
        assert (fault["rule"], fault["element"]) == (rule, element), what
        assert fault["zh"], what
        assert fault["en"], what
        if element:
            assert sent in (fault["sent"], ...), what
        assert here in (fault["here"], ...), what
    after = kept(engine)
    taken = {receipt["code"]: receipt for receipt in told["receipts"] if receipt["outcome"] in ("drafted", "published")}
    assert len(taken) == 963
    assert {code for code in after if after[code] != before.get(code)} == set(taken)
    for code, receipt in taken.items():
        number, state, content = after[code][-1]
        assert (number, state) == (receipt["edition"], "draft" if receipt["outcome"] == "drafted" else "published")
        assert content == OFFERED | PHONES


def test_rows_come_as_ndjson_too_and_a_line_that_is_broken_costs_only_itself(
    client: TestClient, office: Headers
) -> None:
    body = lines([row(200)]) + b'{"record_id": "r-201", "loc\n\n' + lines([row(202)]) + b'{"record_id": "\\ud800"}\n'

    headers = office | {"Idempotency-Key": "batch-0001", "Content-Type": "application/x-ndjson; charset=utf-8"}
    answer = client.post("/v1/push/implementations", content=body, headers=headers)

    assert answer.status_code == 207
    assert [(one["outcome"], rules(one)) for one in answer.json()["receipts"]] == [
        ("drafted", []), ("refused", [("unreadable", "")]), ("drafted", []), ("refused", [("unreadable", "")]),
    ]  # fmt: skip


def test_a_batch_whose_rows_are_all_taken_is_answered_with_200(client: TestClient, office: Headers) -> None:
    answer = push(client, [row(200), row(201, seen={}), row(0, local=OFFERED)], office)

    told = answer.json()
    assert (answer.status_code, told["taken"]) == (200, True)
    assert [one["outcome"] for one in told["receipts"]] == ["drafted", "drafted", "unchanged"]
    assert told["receipts"][2]["edition"] == 1


def test_all_or_nothing_writes_nothing_and_says_what_would_have_been(
    client: TestClient, engine: Engine, trusted: Headers
) -> None:
    before, rows = kept(engine), [row(0), row(1, local=OFFERED), row(200), row(201, exercise_level="2")]

    answer = push(client, rows, trusted, whole=True)

    told = answer.json()
    assert (answer.status_code, told["taken"], told["whole"]) == (207, False, True)
    assert [(one["outcome"], one["would_be"], one["edition"]) for one in told["receipts"]] == [
        ("held", "published", None), ("held", "unchanged", None), ("held", "drafted", None), ("refused", None, None),
    ]  # fmt: skip
    assert kept(engine) == before
    assert push(client, rows, trusted, whole=True).content == answer.content
    assert push(client, rows[:3], trusted, key="batch-0002", whole=True).status_code == 200
    assert [len(kept(engine)[CODES[number]]) for number in (0, 1, 200)] == [2, 1, 1]


def test_a_dry_run_says_the_same_and_writes_nothing(client: TestClient, engine: Engine, trusted: Headers) -> None:
    before, rows = kept(engine), batch_of(150)

    dry = push(client, rows, trusted, dry_run=True)

    assert dry.json()["batch"] is None
    assert kept(engine) == before
    with reading(engine) as session:
        assert session.scalars(select(PushBatch)).all() == []
    done = push(client, rows, trusted)
    assert (dry.status_code, dry.json()["receipts"]) == (done.status_code, done.json()["receipts"])
    assert dry.json()["dry_run"] is True
    assert len(kept(engine)) > len(before)


def test_what_changed_here_since_it_was_read_is_a_conflict_with_both_versions(
    client: TestClient, engine: Engine, trusted: Headers, now: datetime
) -> None:
    code = PUBLISHED[3]
    with unit_of_work(engine) as session:
        changed = log.last_number(session)
        publish_local(
            session, code[:18], "4", basic_code=code[19:], at=now, effective_from=now.date(), local_notes="新内容"
        )
    before = kept(engine)

    receipt = only(push(client, [row(3)], trusted))

    [fault] = receipt["faults"]
    assert (receipt["outcome"], fault["rule"], fault["sent"], fault["here"]) == ("conflict", "changed-here", 1, 2)
    assert (receipt["here"]["edition"], receipt["here"]["state"]) == (2, "published")
    assert receipt["here"]["content"] == OFFERED | {"local_notes": "新内容"}
    assert receipt["here"]["change_number"] > changed
    assert receipt["sent"] == row(3)
    assert kept(engine) == before
    again = push(client, [row(3, seen={"edition": 2})], trusted, key="batch-0002")
    assert only(again)["outcome"] == "published"


def test_the_number_of_the_change_may_stand_for_the_edition(
    client: TestClient, engine: Engine, trusted: Headers
) -> None:
    with reading(engine) as session:
        read = log.last_number(session)

    assert only(push(client, [row(4, seen={"change_number": read})], trusted))["outcome"] == "published"
    late = row(4, seen={"change_number": read}, local=OFFERED)
    assert rules(only(push(client, [late], trusted, key="batch-0002"))) == [("changed-here", "/seen/change_number")]


def test_another_persons_draft_and_what_lies_with_a_reviewer_are_left_alone(
    client: TestClient, engine: Engine, office: Headers
) -> None:
    answer = push(client, [row(200), row(45)], office).json()["receipts"]
    assert [one["outcome"] for one in answer] == ["drafted", "conflict"]
    assert (answer[1]["here"]["by"], answer[1]["here"]["state"]) == (EDITOR.name, "draft")
    assert answer[1]["here"]["content"] == OFFERED | {"local_notes": "别人的草稿"}
    assert client.post(f"/v1/implementations/{CODES[200]}/draft/submission", headers=office).status_code == 200

    later = push(client, [local(200, local_notes="又改"), row(201)], office, key="batch-0002").json()["receipts"]
    same = only(push(client, [row(200)], office, key="batch-0003"))

    assert [(one["outcome"], rules(one)) for one in later] == [
        ("conflict", [("edition-in-work", "")]), ("drafted", []),
    ]  # fmt: skip
    assert (same["outcome"], same["edition"]) == ("unchanged", 1)
    assert kept(engine)[IN_WORK] == [(1, "draft", OFFERED | {"local_notes": "别人的草稿"})]


def test_an_office_writes_over_its_own_draft(client: TestClient, engine: Engine, office: Headers) -> None:
    push(client, [row(200)], office)

    receipt = only(push(client, [local(200, on_site_visits=0)], office, key="batch-0002"))

    assert (receipt["outcome"], receipt["edition"]) == ("drafted", 1)
    assert kept(engine)[CODES[200]] == [(1, "draft", OFFERED | {"on_site_visits": 0})]


def test_a_draft_stays_the_offices_own_once_its_key_has_been_changed(
    session: Session, client: TestClient, engine: Engine, office: Headers, now: datetime
) -> None:
    push(client, [row(200)], office)
    new = key_for(session, Role.COUNTY_OFFICE, region=BANNER, at=now)
    narrower = key_for(session, Role.COUNTY_OFFICE, agency=BODIES[10], at=now)

    while_both_hold = only(push(client, [local(200, on_site_visits=0)], new))
    revoke_key(session, office["Authorization"].split("_")[1], by=EDITOR, at=now)
    session.commit()
    of_another = only(push(client, [local(200, on_site_visits=0)], narrower, key="batch-0002"))
    after_the_change = only(push(client, [local(200, on_site_visits=0)], new, key="batch-0002"))

    assert (rules(while_both_hold), rules(of_another)) == ([("edition-in-work", "")], [("edition-in-work", "")])
    assert (after_the_change["outcome"], after_the_change["edition"]) == ("drafted", 1)
    assert kept(engine)[CODES[200]] == [(1, "draft", OFFERED | {"on_site_visits": 0})]


def test_the_standing_right_publishes_what_is_the_agencys_alone_and_says_so(
    client: TestClient, engine: Engine, trusted: Headers
) -> None:
    with reading(engine) as session:
        before = log.last_number(session)

    steps = [{"key": "review", "responsible_unit": "户政科"}]
    rows = [row(5), local(6, on_site_visits=0, **PHONES), local(7, steps=steps), row(200), row(8, local=OFFERED)]
    told = push(client, rows, trusted).json()["receipts"]

    assert [one["outcome"] for one in told] == ["published", "drafted", "published", "drafted", "unchanged"]
    assert (told[0]["edition"], told[0]["effective_from"]) == (2, "2026-03-10")
    assert client.get(f"/v1/guides/{CODES[5]}").json()["consultation_channels"][0]["value"] == "0483-8300099"
    assert [state for _, state, _ in kept(engine)[CODES[5]]] == ["superseded", "published"]
    with reading(engine) as session:
        assert log.last_number(session) == before + 2
        query = select(ReviewNote).where(col(ReviewNote.code) == CODES[5]).order_by(col(ReviewNote.id).desc())
        note = session.scalars(query).first()
        assert note is not None
        assert (note.step, note.edition, note.by.startswith("standing_office")) == ("publish", 2, True)
        assert note.opinion is not None
        assert "常设发布权" in note.opinion
        assert "consultation_channels" in note.opinion


def test_without_the_standing_right_the_same_rows_become_drafts(client: TestClient, office: Headers) -> None:
    told = push(client, [row(5), row(7)], office).json()["receipts"]

    assert [one["outcome"] for one in told] == ["drafted", "drafted"]


def test_what_is_published_for_a_later_day_takes_effect_by_the_clock(
    client: TestClient, engine: Engine, trusted: Headers
) -> None:
    receipt = only(push(client, [row(5, effective_from="2026-04-01")], trusted))

    assert (receipt["outcome"], receipt["effective_from"]) == ("published", "2026-04-01")
    assert [state for _, state, _ in kept(engine)[CODES[5]]] == ["published", "approved"]
    later = push(client, [local(5, local_notes="再改")], trusted, key="batch-0002")
    assert rules(only(later)) == [("edition-in-work", "")]
    day = client.get(f"/v1/implementations/{CODES[5]}", params={"as_of": "2026-04-01"})
    assert day.status_code == 200


def test_a_row_that_publishes_what_was_drafted_before_ends_the_draft(
    client: TestClient, engine: Engine, trusted: Headers
) -> None:
    push(client, [local(5, on_site_visits=0)], trusted)

    receipt = only(push(client, [row(5)], trusted, key="batch-0002"))

    assert (receipt["outcome"], receipt["edition"]) == ("published", 2)
    assert [state for _, state, _ in kept(engine)[CODES[5]]] == ["superseded", "published"]


def test_a_place_that_an_edition_names_is_served_at_once(client: TestClient, engine: Engine, trusted: Headers) -> None:
    receipt = only(push(client, [local(5, service_area=[BANNER])], trusted))

    assert receipt["outcome"] == "published"
    assert kept(engine)[CODES[5]][-1][2]["service_area"] == [BANNER]


def test_receipts_can_be_asked_for_again_by_batch_and_by_record(
    session: Session, client: TestClient, clock: "Clock", now: datetime, trusted: Headers
) -> None:
    first = push(client, batch_of(150), trusted).json()
    clock.at += timedelta(minutes=1)
    second = push(client, [row(5, seen={"edition": 2}, local=OFFERED)], trusted, key="batch-0002").json()

    pages, address = [], f"/v1/push/{first['batch']}?limit=100"
    while address:
        page = client.get(address, headers=trusted).json()
        pages += page["items"]
        address = page["next"]
    assert pages == first["receipts"]
    assert {name: page[name] for name in ("batch", "counts", "taken")} == {
        name: first[name] for name in ("batch", "counts", "taken")
    }
    about = client.get("/v1/push/receipts", params={"record_id": "r-5"}, headers=trusted).json()
    assert [(one["batch"], one["receipt"]["outcome"]) for one in about] == [
        (second["batch"], "published"), (first["batch"], "published"),
    ]  # fmt: skip

    successor = key_for(session, Role.COUNTY_OFFICE, region=BANNER, at=now)
    one_body = key_for(session, Role.EDITOR, agency=BODIES[0], at=now)
    elsewhere = key_for(session, Role.COUNTY_OFFICE, agency=BODIES[49], at=now)
    kiosk = key_for(session, Role.KIOSK, region=BANNER, at=now)
    address = f"/v1/push/{first['batch']}"
    seen = [client.get(address, headers=by, params={"limit": 500}) for by in (successor, one_body, elsewhere, kiosk)]
    assert [answer.status_code for answer in seen] == [200, 200, 404, 403]
    assert {one["code"][:18] for one in seen[1].json()["items"]} == {BODIES[0]}
    assert client.get("/v1/push/0123456789abcdef", headers=trusted).status_code == 404


def test_each_row_is_asked_about_at_its_own_place(session: Session, client: TestClient, now: datetime) -> None:
    body = key_for(session, Role.EDITOR, agency=BODIES[10], at=now)

    told = push(client, [row(200), row(220)], body).json()["receipts"]

    assert [(one["outcome"], rules(one)) for one in told] == [
        ("drafted", []), ("refused", [("not-allowed", "/agency_code")]),
    ]  # fmt: skip
    reviewer = key_for(session, Role.REVIEWER, region=LEAGUE, at=now)
    assert push(client, [row(200)], reviewer).status_code == 403
    assert push(client, [row(200)], {}).status_code == 401


def test_what_was_pushed_is_reviewed_and_published_like_any_draft(
    session: Session, client: TestClient, office: Headers, now: datetime
) -> None:
    push(client, [row(200)], office)

    claiming.submit(session, CODES[200], by=EDITOR, at=now)
    claiming.approve(session, CODES[200], by=REVIEWER, at=now)
    edition = claiming.publish(session, CODES[200], by=REVIEWER, at=now)

    assert (edition.number, edition.state.value) == (1, "published")
    assert edition.effective_from is not None
    assert edition.effective_from > IN_FORCE_SINCE
    assert Counter(note.step.value for note in session.scalars(select(ReviewNote).where(col(ReviewNote.code) == CODES[200]))) == {
        "submit": 1, "approve": 1, "publish": 1,
    }  # fmt: skip
