"""ETag and Last-Modified of guides: never a 304 for something that the reader does not have."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from builders import (
    BANNER_BUREAU,
    GACHA,
    ITEM,
    LEAGUE_BUREAU,
    REVIEWER,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from httpx2 import Response
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.implementations import claiming
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)


@pytest.fixture
def code(session: Session) -> str:
    made = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    return made


@pytest.fixture(params=["ready", "ordinary"])
def reader(request: pytest.FixtureRequest, small_url: str, clock: "Clock") -> Iterator[TestClient]:
    """The application with guides ready as bytes, and with nothing ready."""
    kept = {"ready": 100, "ordinary": 0}[request.param]
    with TestClient(create_app(Settings(database_url=small_url, guide_cache_entries=kept), clock=clock)) as made:
        yield made


def get(client: TestClient, code: str, encoding: str = "identity", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(f"/v1/guides/{code}", headers={"accept-encoding": encoding} | named)


def test_plain_and_packed_bytes_have_an_etag_each(reader: TestClient, code: str) -> None:
    plain, packed = get(reader, code), get(reader, code, "gzip")

    assert (plain.headers.get("content-encoding"), packed.headers["content-encoding"]) == (None, "gzip")
    assert packed.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
    assert plain.json() == packed.json()


def test_a_reader_who_has_either_is_told_so_by_its_own_etag(reader: TestClient, code: str) -> None:
    plain, packed = (get(reader, code, encoding).headers["etag"] for encoding in ("identity", "gzip"))
    asked = {
        ("identity", plain): plain,
        ("identity", packed): packed,
        ("gzip", plain): plain,
        ("gzip", packed): packed,
        ("identity", f"W/{packed}"): packed,
        ("gzip", f'"x", {plain}'): plain,
        ("gzip", f"{plain}, {packed}"): packed,
        ("identity", f"{packed}, {plain}"): plain,
        ("gzip", "*"): packed,
        ("identity", "*"): plain,
    }

    answers = {case: get(reader, code, case[0], if_none_match=case[1]) for case in asked}

    assert {case: (answer.status_code, answer.headers["etag"]) for case, answer in answers.items()} == {
        case: (304, etag) for case, etag in asked.items()
    }
    for wrong in ('"x"', plain[:-1] + '-br"', plain[1:-1]):
        assert get(reader, code, "gzip", if_none_match=wrong).status_code == 200


def test_a_date_alone_is_answered_for_the_bytes_that_the_reader_takes(reader: TestClient, code: str) -> None:
    for encoding in ("identity", "gzip"):
        first = get(reader, code, encoding)
        again = get(reader, code, encoding, if_modified_since=first.headers["last-modified"])

        assert (again.status_code, again.headers["etag"]) == (304, first.headers["etag"])


def test_the_nearest_guide_has_an_etag_for_packed_bytes_too(client: TestClient, code: str) -> None:
    asked = {"basic_code": ITEM, "region": GACHA}
    plain, packed = (
        client.get("/v1/guides", params=asked, headers={"accept-encoding": encoding})
        for encoding in ("identity", "gzip")
    )
    again = client.get("/v1/guides", params=asked, headers={"if-none-match": packed.headers["etag"]})

    assert packed.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
    assert again.status_code == 304


@pytest.mark.parametrize("milliseconds", [0, 1, 999])
def test_two_changes_within_one_second_are_both_seen_by_a_reader_who_asks_by_date(
    session: Session, reader: TestClient, clock: "Clock", now: datetime, code: str, milliseconds: int
) -> None:
    names = ["居住证登记", "居住证办理"]
    seen = []
    for name, at in zip(names, (now, now + timedelta(milliseconds=milliseconds)), strict=True):
        clock.at = at
        publish_item(session, ITEM, item_content(name=name), at=at, effective_from=TODAY)
        session.commit()
        seen.append(get(reader, code))
    assert [answer.json()["name"] for answer in seen] == names
    date_of_first = format_datetime(now, usegmt=True)  # what a reader takes who goes by the date of the answer

    for later in (timedelta(milliseconds=999), timedelta(seconds=1), timedelta(hours=1)):
        clock.at = now + later
        for held in (seen[0].headers["last-modified"], date_of_first):
            answer = get(reader, code, if_modified_since=held)
            assert (answer.status_code, answer.json()["name"]) == (200, "居住证办理")


def test_a_guide_that_has_rested_for_a_second_is_not_sent_again(
    session: Session, reader: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=TODAY)
    session.commit()
    fresh = get(reader, code)
    clock.at = now + timedelta(seconds=1)
    rested = get(reader, code)
    clock.at = now + timedelta(minutes=1)

    again = {answer: get(reader, code, if_modified_since=answer.headers["last-modified"]) for answer in (fresh, rested)}

    assert fresh.headers["last-modified"] == "Tue, 10 Mar 2026 01:00:00 GMT", "never later than the clock"
    assert rested.headers["last-modified"] == "Tue, 10 Mar 2026 01:00:01 GMT"
    assert fresh.headers["etag"] == rested.headers["etag"]
    assert [answer.status_code for answer in again.values()] == [200, 304]


def test_the_guide_of_a_coming_day_has_no_date(
    session: Session, reader: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=APRIL)
    session.commit()
    clock.at = now + timedelta(hours=1)
    url = f"/v1/guides/{code}"

    coming, today, past = (reader.get(url, params={"as_of": day}) for day in ("2026-04-01", "2026-03-10", "2026-02-01"))
    always = reader.get(
        url, params={"as_of": "2026-04-01"}, headers={"if-modified-since": "Fri, 31 Dec 2049 00:00:00 GMT"}
    )

    assert (coming.json()["name"], "last-modified" in coming.headers) == ("居住证办理", False)
    assert always.status_code == 200
    assert all("last-modified" in answer.headers for answer in (today, past))
    assert (
        reader.get(url, params={"as_of": "2026-04-01"}, headers={"if-none-match": coming.headers["etag"]}).status_code
        == 304
    )


def test_a_guide_that_was_just_changed_is_kept_ready_only_when_it_has_rested(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    other = publish_local(session, LEAGUE_BUREAU, "3")
    claiming.suspend(session, code, decision(TODAY), by=REVIEWER, at=now)
    session.commit()
    dates = []
    for clock.at in (now, now + timedelta(milliseconds=500), now + timedelta(seconds=2)):
        dates.append(get(client, code).headers["last-modified"][-12:-4])

    assert dates == ["01:00:00", "01:00:00", "01:00:01"]
    assert get(client, other).headers["last-modified"] == format_datetime(
        datetime(2025, 12, 31, 16, 0, 1, tzinfo=UTC), usegmt=True
    )
