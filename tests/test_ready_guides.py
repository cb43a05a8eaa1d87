"""Guides ready as bytes: the same answer as by the ordinary route, and never a stale one."""

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from builders import (
    BANNER_BUREAU,
    EDITOR,
    ITEM,
    LEAGUE_BUREAU,
    REVIEWER,
    SEED_DATA,
    TOWNSHIP_STATION,
    agency_facts,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from httpx2 import Response
from sqlalchemy import Engine, event, text
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.app import create_app, now_utc
from service_catalog.basic_items import editing
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.guides.ready import MOST_CHANGES, ReadyGuides
from service_catalog.implementations import claiming
from service_catalog.registers import loading
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)
FIRST_OF_APRIL = datetime(2026, 3, 31, 16, 0, tzinfo=UTC)
COMPARED = ("etag", "last-modified", "cache-control", "content-type", "content-length", "content-encoding")


@pytest.fixture
def codes(session: Session) -> list[str]:
    """The item in a township, the banner and the league."""
    made = [
        publish_local(session, agency, level)
        for agency, level in ((TOWNSHIP_STATION, "5"), (BANNER_BUREAU, "4"), (LEAGUE_BUREAU, "3"))
    ]
    session.commit()
    return made


@pytest.fixture
def code(codes: list[str]) -> str:
    return codes[1]


@pytest.fixture
def ordinary(small_url: str, clock: "Clock") -> Iterator[TestClient]:
    """The same application with nothing ready."""
    with TestClient(create_app(Settings(database_url=small_url, guide_cache_entries=0), clock=clock)) as made:
        yield made


def get(client: TestClient, code: str, **headers: str) -> Response:
    plain = {"accept-encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(f"/v1/guides/{code}", headers=plain)


def varies_by(answer: Response) -> set[str]:
    return {name.strip().lower() for name in answer.headers["vary"].split(",")}


def store_of(client: TestClient) -> ReadyGuides:
    app: Any = client.app
    layer = app.middleware_stack
    while not isinstance(layer, ReadyGuides):
        layer = layer.app
    return layer


@contextmanager
def counted_queries(client: TestClient) -> Iterator[list[str]]:
    app: Any = client.app
    engine: Engine = app.state.engine
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def change_standard(session: Session, name: str, at: datetime, effective_from: date = TODAY) -> None:
    publish_item(session, ITEM, item_content(name=name), at=at, effective_from=effective_from)
    session.commit()


def test_a_guide_that_was_read_is_answered_again_without_composing_it(client: TestClient, code: str) -> None:
    first = get(client, code)

    with counted_queries(client) as queries:
        again = get(client, code)

    assert again.content == first.content
    assert queries == []


def test_ready_and_ordinary_answers_are_the_same_byte_for_byte(
    client: TestClient, ordinary: TestClient, code: str
) -> None:
    etag = get(ordinary, code).headers["etag"]
    asked: list[dict[str, str]] = [{}, {"accept_encoding": "gzip"}, {"if_none_match": etag}, {"accept_encoding": "br"}]
    for path in (code, code + "02"):
        for headers in asked:
            get(client, path)
            ready, other = get(client, path, **headers), get(ordinary, path, **headers)

            assert ready.status_code == other.status_code
            assert ready.content == other.content
            for name in COMPARED:
                assert ready.headers.get(name) == other.headers.get(name), (name, headers)
            assert varies_by(ready) == varies_by(other) == {"accept-encoding"}


def test_errors_take_the_ordinary_way_in_the_readers_language(
    client: TestClient, ordinary: TestClient, code: str
) -> None:
    for asked in (code + "77", "nonsense", code[:18] + "3" + code[19:], "%00", "a/b"):
        for language in ("zh-CN", "en"):
            ready, other = (get(each, asked, accept_language=language) for each in (client, ordinary))

            assert ready.status_code == other.status_code >= 400
            assert ready.json() == other.json()


def test_nothing_is_kept_where_no_entries_are_wanted(ordinary: TestClient, code: str) -> None:
    get(ordinary, code)
    with counted_queries(ordinary) as queries:
        get(ordinary, code)

    assert queries
    assert not store_of(ordinary).ready


def test_a_changed_standard_shows_everywhere_in_the_very_next_request(
    session: Session, client: TestClient, now: datetime, codes: list[str]
) -> None:
    before = [get(client, code).json()["name"] for code in codes for _ in range(2)]

    change_standard(session, "居住证办理", now)

    assert set(before) == {"居住证申领"}
    assert [get(client, code).json()["name"] for code in [*codes, codes[0] + "01"]] == ["居住证办理"] * 4


def test_a_change_by_another_process_shows_in_the_very_next_request(small_url: str, session: Session) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    with TestClient(create_app(Settings(database_url=small_url), clock=now_utc)) as client:
        before = [get(client, code).json()["on_site_visits"] for _ in range(2)]
        writer = (
            "from builders import *; import sys; from service_catalog.app import now_utc\n"
            "from service_catalog.kernel.database import make_engine, unit_of_work\n"
            "with unit_of_work(make_engine(sys.argv[1])) as session:\n"
            "    publish_local(session, BANNER_BUREAU, '4', at=now_utc(), effective_from=None, on_site_visits=0)\n"
        )
        subprocess.run(
            [sys.executable, "-c", writer, small_url],
            check=True,
            env=os.environ | {"PYTHONPATH": "tests", "PYTHONWARNINGS": "ignore"},
            cwd=SEED_DATA.parent,
        )

        assert before == [1, 1]
        assert get(client, code).json()["on_site_visits"] == 0


def test_what_a_rolled_back_writer_wrote_is_never_shown(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    get(client, code)
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=TODAY)

    assert get(client, code).json()["name"] == "居住证申领", "not committed yet"

    session.rollback()

    assert get(client, code).json()["name"] == "居住证申领"


def test_a_change_of_the_agency_shows_in_its_guides(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    get(client, code)
    bureau = find_agency(session, BANNER_BUREAU)
    state_facts(session, bureau, agency_facts("阿左旗公安局"), effective_from=TODAY, by=EDITOR, at=now)
    session.commit()

    assert get(client, code).json()["agency"]["name"] == "阿左旗公安局"


def test_a_suspension_shows_in_the_next_request(session: Session, client: TestClient, now: datetime, code: str) -> None:
    get(client, code)
    claiming.suspend(session, code, decision(TODAY), by=REVIEWER, at=now)
    session.commit()

    assert get(client, code).json()["state"]["code"] == "2"


def test_a_new_word_in_a_code_list_shows_in_the_next_request(
    session: Session, client: TestClient, now: datetime, code: str, tmp_path: Any
) -> None:
    get(client, code)
    lists = (SEED_DATA / "code_lists.json").read_text(encoding="utf-8").replace('"行政确认"', '"确认类事项"')
    (tmp_path / "lists.json").write_text(lists, encoding="utf-8")
    loading.load_code_lists(session, tmp_path / "lists.json", by=EDITOR, at=now)
    session.commit()

    assert get(client, code).json()["item_type"]["zh"] == "确认类事项"


def test_guides_change_at_midnight_in_alxa_without_any_write(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    change_standard(session, "居住证办理", now, effective_from=APRIL)
    names = []

    for clock.at in (now, datetime(2026, 3, 31, 15, 59, 59, 999999, tzinfo=UTC), FIRST_OF_APRIL):
        names += [get(client, code).json()["name"] for _ in range(2)]

    assert names == ["居住证申领"] * 4 + ["居住证办理"] * 2


def test_a_change_forgets_only_the_guides_it_touches(
    session: Session, client: TestClient, now: datetime, codes: list[str]
) -> None:
    for code in codes:
        get(client, code)
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=TODAY, on_site_visits=0)
    session.commit()

    assert get(client, codes[1]).json()["on_site_visits"] == 0
    with counted_queries(client) as queries:
        assert get(client, codes[0]).json()["on_site_visits"] == 1
    assert queries == []


def test_after_very_many_changes_everything_is_read_anew(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    get(client, code)
    for _ in range(MOST_CHANGES):
        log.record(session, Subject.IMPLEMENTATION, "another", by=EDITOR, at=now)
    change_standard(session, "居住证办理", now)

    assert get(client, code).json()["name"] == "居住证办理"


def test_only_so_many_guides_are_kept_and_the_rest_are_still_right(
    small_url: str, clock: "Clock", codes: list[str]
) -> None:
    with TestClient(create_app(Settings(database_url=small_url, guide_cache_entries=2), clock=clock)) as client:
        read = [get(client, code).json()["code"] for code in [*codes, *codes]]

        assert read == [*codes, *codes]
        assert len(store_of(client).ready) == 2


def test_no_reader_ever_sees_an_older_guide_than_the_last_commit(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    stop = Event()

    def keep_reading() -> set[str]:
        seen = set()
        while not stop.is_set():
            seen.add(get(client, code).json()["name"])
        return seen

    wanted = [f"居住证第{number}版" for number in range(2, 14)]
    with ThreadPoolExecutor(4) as readers:
        others = [readers.submit(keep_reading) for _ in range(4)]
        shown = []
        for name in wanted:
            change_standard(session, name, now)
            shown.append(get(client, code).json()["name"])
        stop.set()

    assert shown == wanted
    assert {name for other in others for name in other.result()} <= {"居住证申领", *wanted}


def test_a_lost_connection_to_the_change_number_is_made_anew(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    get(client, code)
    if session.get_bind().dialect.name == "postgresql":
        mine = "pid <> pg_backend_pid() AND datname = current_database()"
        session.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}"))
    change_standard(session, "居住证办理", now)

    assert [get(client, code).json()["name"] for _ in range(3)] == ["居住证办理"] * 3


def test_what_a_reader_has_already_is_not_sent_again(client: TestClient, ordinary: TestClient, code: str) -> None:
    fresh = get(client, code)
    etag, modified = fresh.headers["etag"], fresh.headers["last-modified"]
    earlier = format_datetime(datetime(2025, 12, 1, tzinfo=UTC), usegmt=True)
    later = format_datetime(datetime(2026, 3, 9, tzinfo=UTC), usegmt=True)
    cases: list[tuple[dict[str, str], int]] = [
        ({"if_none_match": etag}, 304),
        ({"if_none_match": f'"other", {etag}'}, 304),
        ({"if_none_match": f"W/{etag}"}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": '"other"'}, 200),
        ({"if_none_match": ""}, 200),
        ({"if_modified_since": modified}, 304),
        ({"if_modified_since": later}, 304),
        ({"if_modified_since": earlier}, 200),
        ({"if_modified_since": "yesterday"}, 200),
        ({"if_modified_since": "Thu, 99 Foo 2026 99:99:99 GMT"}, 200),
        ({"if_none_match": '"other"', "if_modified_since": later}, 200),
        ({"if_none_match": etag, "if_modified_since": earlier}, 304),
    ]
    for headers, status in cases:
        for each in (client, ordinary):
            answer = get(each, code, **headers)

            assert answer.status_code == status, headers
            assert answer.headers["etag"] == etag
            assert answer.headers["last-modified"] == modified
            assert status == 200 or answer.content == b""


def test_last_modified_is_when_the_guide_last_changed(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    first = parsedate_to_datetime(get(client, code).headers["last-modified"])
    change_standard(session, "居住证办理", now, effective_from=APRIL)
    clock.at = FIRST_OF_APRIL

    second = parsedate_to_datetime(get(client, code).headers["last-modified"])

    # the editions took effect on the first of January in Alxa; whole seconds are rounded up
    assert first == datetime(2025, 12, 31, 16, 0, 1, tzinfo=UTC)
    assert second == FIRST_OF_APRIL


def test_a_reader_who_asks_by_date_learns_of_a_resumption(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    editing.suspend(session, ITEM, decision(TODAY), by=REVIEWER, at=now)
    editing.resume(session, ITEM, decision(TODAY, "阿署发〔2026〕2号"), by=REVIEWER, at=now)
    clock.at = datetime(2026, 3, 11, 1, tzinfo=UTC)
    claiming.suspend(session, code, decision(date(2026, 3, 11)), by=REVIEWER, at=clock.at)
    session.commit()
    suspended = get(client, code)
    clock.at = datetime(2026, 3, 12, 1, tzinfo=UTC)
    claiming.resume(session, code, decision(date(2026, 3, 12)), by=REVIEWER, at=clock.at)
    session.commit()

    answer = get(client, code, if_modified_since=suspended.headers["last-modified"])

    assert suspended.json()["state"]["code"] == "2"
    assert answer.status_code == 200
    assert answer.json()["state"]["code"] == "1"


def test_a_reader_who_asks_by_date_learns_of_a_new_word_in_a_code_list(
    session: Session, client: TestClient, now: datetime, code: str, tmp_path: Any
) -> None:
    before = get(client, code)
    lists = (SEED_DATA / "code_lists.json").read_text(encoding="utf-8").replace('"行政确认"', '"确认类事项"')
    (tmp_path / "lists.json").write_text(lists, encoding="utf-8")
    loading.load_code_lists(session, tmp_path / "lists.json", by=EDITOR, at=now)
    session.commit()

    assert get(client, code, if_modified_since=before.headers["last-modified"]).status_code == 200


def test_gzip_is_sent_only_to_those_who_take_it(client: TestClient, ordinary: TestClient, code: str) -> None:
    plain = get(client, code).content
    takes = {"gzip": True, "br, gzip;q=0.5": True, "*": True, "GZIP": True, "identity": False, "gzip;q=0": False}
    takes |= {"br": False, "gzip; q=0.0": False}
    for offer, packed in takes.items():
        for each in (client, ordinary):
            with each.stream("GET", f"/v1/guides/{code}", headers={"accept-encoding": offer}) as answer:
                body = b"".join(answer.iter_raw())

            assert (answer.headers.get("content-encoding") == "gzip") is packed, offer
            assert (gzip.decompress(body) if packed else body) == plain
            assert "accept-encoding" in answer.headers["vary"].lower()


def test_a_head_request_gets_the_same_headers(client: TestClient, code: str) -> None:
    head = client.head(f"/v1/guides/{code}", headers={"accept-encoding": "identity"})

    assert head.headers["etag"] == get(client, code).headers["etag"]
    assert int(head.headers["content-length"]) == len(get(client, code).content)
