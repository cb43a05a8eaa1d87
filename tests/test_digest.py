"""Digests: two copies find in a few requests where they differ, and a changed thing has another digest at once."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from builders import BANNER, BANNER_BUREAU, GACHA_COMMITTEE, LEAGUE_BUREAU, REVIEWER, decision, publish_local
from copying import Copy, centre_of, copy_of
from feeding import Walked
from sqlalchemy import text
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.implementations import claiming
from service_catalog.kernel.database import unit_of_work
from service_catalog.sync.comparing import Difference
from service_catalog.sync.documents import bucket_of, canonical, digest_of, digest_of_lines

pytestmark = pytest.mark.sqlite_is_enough

if TYPE_CHECKING:
    from conftest import Clock


@pytest.fixture
def code(session: Session) -> str:
    made = publish_local(session, BANNER_BUREAU, "4", local_notes="周六上午也办")
    publish_local(session, LEAGUE_BUREAU, "3")
    publish_local(session, GACHA_COMMITTEE, "6")
    session.commit()
    return made


@pytest.fixture
def copy(small_url: str, clock: "Clock", code: str, tmp_path: Path) -> Iterator[Copy]:
    with centre_of(small_url, clock, tmp_path) as client, copy_of(client, BANNER, clock, tmp_path) as made:
        made.pull()
        yield made


def test_digests_can_be_computed_by_hand_from_the_feed(client: TestClient, code: str) -> None:
    items = [item for item in Walked(client).items if item["kind"] == "implementation"]
    whole = client.get("/v1/digest").json()
    buckets = client.get("/v1/digest?kind=implementation").json()
    one = client.get(f"/v1/digest?kind=implementation&bucket={bucket_of(code)}").json()

    by_hand = {item["id"]: digest_of(item["data"]) for item in items}
    assert {line["id"]: line["digest"] for line in one["items"]}[code] == by_hand[code]
    assert next(line["modified"] for line in one["items"] if line["id"] == code) == next(
        item["modified"] for item in items if item["id"] == code
    )
    in_bucket = [pair for pair in by_hand.items() if bucket_of(pair[0]) == bucket_of(code)]
    bucket = next(line for line in buckets["buckets"] if line["bucket"] == bucket_of(code))
    assert (bucket["count"], bucket["digest"]) == (len(in_bucket), digest_of_lines(in_bucket))
    kind = next(line for line in whole["kinds"] if line["kind"] == "implementation")
    assert kind["digest"] == digest_of_lines((line["bucket"], line["digest"]) for line in buckets["buckets"])
    assert whole["digest"] == digest_of_lines((line["kind"], line["digest"]) for line in whole["kinds"])
    assert {line["kind"]: line["count"] for line in whole["kinds"]}["implementation"] == 3
    assert whole["change_number"] == Walked(client).head


def test_a_document_has_one_way_of_being_written() -> None:
    assert canonical({"b": "盟", "a": [1, None, True]}) == '{"a":[1,null,true],"b":"盟"}'.encode()
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


def test_a_copy_has_the_digests_of_its_centre(copy: Copy) -> None:
    found = copy.compared()

    assert (found.differences, found.requests) == ((), 1)
    assert sum(len(things) for things in copy.digests().values()) > 20


def test_one_letter_that_is_another_in_one_row_of_a_copy_is_found_in_three_requests(copy: Copy, code: str) -> None:
    with unit_of_work(copy.engine) as session:
        stored = session.execute(
            text("SELECT id, content FROM implementation_edition WHERE implementation_code = :code"), {"code": code}
        ).one()
        content = json.loads(stored.content) | {"local_notes": "周日上午也办"}
        session.execute(
            text("UPDATE implementation_edition SET content = :content WHERE id = :id"),
            {"content": json.dumps(content, ensure_ascii=False), "id": stored.id},
        )

    found = copy.compared()

    assert found.requests == 3
    assert [(one.kind, one.id) for one in found.differences] == [("implementation", code)]
    assert isinstance(found.differences[0], Difference)


def test_a_row_that_is_missing_in_a_copy_is_found(copy: Copy) -> None:
    with unit_of_work(copy.engine) as session:
        session.execute(text("DELETE FROM agency WHERE code = :code"), {"code": BANNER_BUREAU})

    assert [(one.kind, one.id, one.mine) for one in copy.compared().differences] == [("agency", BANNER_BUREAU, None)]


def test_a_change_is_in_the_digest_at_once(session: Session, client: TestClient, now: datetime, code: str) -> None:
    asked = f"/v1/digest?kind=implementation&bucket={bucket_of(code)}"
    before = client.get(asked).json()
    again = client.get(asked).json()
    claiming.suspend(session, code, decision(now.date()), by=REVIEWER, at=now)
    session.commit()
    after = client.get(asked).json()

    assert again == before
    assert after["change_number"] == before["change_number"] + 1
    assert [line["digest"] for line in after["items"]] != [line["digest"] for line in before["items"]]


def test_what_ended_is_counted_only_by_who_follows_it(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    claiming.cancel(session, code, decision(date(2026, 3, 20)), by=REVIEWER, at=now)
    session.commit()

    def count(ended: str) -> int:
        kinds = client.get("/v1/digest", params={"ended": ended}).json()["kinds"]
        return int(next(line["count"] for line in kinds if line["kind"] == "implementation"))

    before = count("tombstones"), count("documents")
    clock.at = datetime(2026, 3, 20, 1, 0, tzinfo=clock.at.tzinfo)

    assert (before, count("tombstones"), count("documents")) == ((3, 3), 2, 3)


@pytest.mark.parametrize("query", ["kind=x", "kind=agency&bucket=zz", "kind=agency&bucket=0A", "region=15"])
def test_what_was_asked_wrongly_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/v1/digest?{query}")

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
