"""How far behind is everyone: reports, walks of the feed, who has fallen silent, the list, the metrics."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from builders import BANNER, BANNER_BUREAU, EDITOR, LEAGUE, TOWNSHIP
from callers import key_for
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, event, select
from sqlmodel import Session, col
from starlette.testclient import TestClient
from test_races import at_once, one_wins

from service_catalog.access.keys import actor_of_key
from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.app import create_app
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.settings import Settings
from service_catalog.sync import readers
from service_catalog.sync.reader_schemas import ReportDraft
from service_catalog.sync.reader_walks import WalkNotes, note, note_walk
from service_catalog.sync.readers import ReaderNameTaken, Reported, Wanted
from service_catalog.sync.tables import Reader, ReaderKind

if TYPE_CHECKING:
    from conftest import Clock

Headers = dict[str, str]
ADMINISTRATOR, KIOSK, OTHER_KIOSK, OFFICE = Role.ADMINISTRATOR, "kiosk-hall-1", "kiosk-hall-2", "左旗政务服务局"


class Readers:
    """What the centre hears and says of its readers."""

    def __init__(self, session: Session, client: TestClient, clock: "Clock") -> None:
        self.session, self.client, self.clock = session, client, clock
        self.kiosk = self.key(Role.KIOSK, region=BANNER)
        self.office = self.key(Role.COUNTY_OFFICE, agency=BANNER_BUREAU)
        self.watcher = self.key(Role.SUPERVISOR, region=LEAGUE)

    def key(self, role: Role, *, region: str | None = None, agency: str | None = None) -> Headers:
        return key_for(self.session, role, region=region, agency=agency, at=self.clock.at)

    def head(self) -> int:
        with reading(self.session.get_bind().engine) as session:
            return log.last_number(session)

    def change(self, times: int = 1) -> None:
        """Let something change."""
        for _ in range(times):
            log.record(self.session, Subject.CODE, "150709001000", by=EDITOR, at=self.clock.at)
        self.session.commit()

    def report(self, name: str, headers: Headers, status: int = 200, **said: Any) -> dict[str, Any]:
        body = {"reader": name, "kind": "kiosk", "region": BANNER, "change_number": self.head()} | said
        answer = self.client.post("/v1/readers/reports", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        answered: dict[str, Any] = answer.json()
        return answered

    def listed(self, query: str = "", headers: Headers | None = None) -> list[dict[str, Any]]:
        answer = self.client.get(f"/v1/readers{query}", headers=headers or self.watcher)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def names(self, query: str = "", headers: Headers | None = None) -> list[str]:
        return [line["name"] for line in self.listed(query, headers)]

    def actor(self, headers: Headers) -> Actor:
        text = headers["Authorization"].removeprefix("Bearer ")
        actor, _ = actor_of_key(self.session, text, address=None, at=self.clock.at)
        self.session.commit()  # on SQLite a test that reads here would keep all others from writing
        return actor


@pytest.fixture
def told(session: Session, client: TestClient, clock: "Clock") -> Readers:
    return Readers(session, client, clock)


def pointers(answer: dict[str, Any]) -> list[str]:
    return [error["pointer"] for error in answer["errors"]]


def test_a_report_is_answered_with_the_head_and_shown_with_all_it_said(told: Readers, now: datetime) -> None:
    head = told.head()

    answered = told.report(
        KIOSK, told.kiosk, change_number=head - 2, waiting_appeals=3, software="kiosk 1.0",
        confirmed_at="2026-03-10T08:30:00+08:00",
    )  # fmt: skip
    (line,) = told.listed()

    assert answered == {"change_number": head, "behind": 2}
    assert line.pop("behind_since") is not None
    assert line == {
        "name": KIOSK, "kind": "kiosk", "region_code": BANNER, "region_name": "阿拉善左旗", "change_number": head - 2,
        "behind": 2, "confirmed_at": "2026-03-10T00:30:00Z", "seen_at": "2026-03-10T01:00:00Z", "silent": False,
        "waiting_appeals": 3, "software": "kiosk 1.0",
    }  # fmt: skip


def test_a_reader_is_behind_since_the_first_change_that_it_has_not_got(told: Readers, clock: "Clock") -> None:
    told.report(KIOSK, told.kiosk)
    (before,) = told.listed()

    told.change()
    clock.at += timedelta(minutes=7)
    told.change(times=2)
    (behind,) = told.listed()
    told.report(KIOSK, told.kiosk, change_number=told.head() - 2)
    (nearer,) = told.listed()
    told.report(KIOSK, told.kiosk)
    (caught_up,) = told.listed()

    assert (before["behind"], before["behind_since"]) == (0, None)
    assert (behind["behind"], behind["behind_since"]) == (3, "2026-03-10T01:00:00Z")
    assert (nearer["behind"], nearer["behind_since"]) == (2, "2026-03-10T01:07:00Z")
    assert (caught_up["behind"], caught_up["behind_since"]) == (0, None)


def test_a_reader_cannot_be_ahead_of_the_log(told: Readers) -> None:
    refused = told.report(KIOSK, told.kiosk, 422, change_number=told.head() + 1)

    assert pointers(refused) == ["/change_number"]
    assert told.names() == []


def test_the_region_of_a_reader_exists(told: Readers) -> None:
    refused = told.report(KIOSK, told.kiosk, 404, region="152999000000")

    assert refused["type"] == "/problems/no-such-region"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reader", "a b"), ("reader", "甲(abcdefgh)"), ("reader", "a/b"), ("reader", ""), ("reader", "x" * 101), ("reader", "a\u0000"),
        ("kind", "printer"), ("change_number", -1), ("change_number", 2**70), ("waiting_appeals", -1), ("software", ""),
        ("confirmed_at", 1773104400), ("confirmed_at", "1773104400"), ("confirmed_at", "2026-03-10T08:30:00"),
        ("confirmed_at", "0001-01-01T00:00:00+14:00"), ("confirmed_at", "9999-12-31T23:59:59-14:00"), ("key", "x"),
    ],
)  # fmt: skip
def test_a_malformed_report_is_refused_where_it_is_wrong(told: Readers, field: str, value: Any) -> None:
    assert pointers(told.report(**{"name": KIOSK, "headers": told.kiosk, "status": 422, field: value})) == [f"/{field}"]


def test_a_name_belongs_to_one_credential_until_an_administrator_gives_it_free(told: Readers) -> None:
    told.report(KIOSK, told.kiosk, waiting_appeals=2)
    new_key, administrator = told.key(Role.KIOSK, region=BANNER), told.key(ADMINISTRATOR, region=BANNER)

    refused = told.report(KIOSK, new_key, 409)
    (unchanged,) = told.listed()
    released = told.client.delete(f"/v1/readers/{KIOSK}", headers=administrator)
    told.report(KIOSK, new_key)
    old_key = told.report(KIOSK, told.kiosk, 409)

    assert (refused["type"], refused["reader"]) == ("/problems/reader-name-taken", KIOSK)
    assert unchanged["waiting_appeals"] == 2
    assert released.json() == {"name": KIOSK, "kind": "kiosk", "region_code": BANNER}
    assert old_key["type"] == "/problems/reader-name-taken"
    assert told.client.delete("/v1/readers/nobody", headers=administrator).status_code == 404


def test_one_credential_reports_for_so_many_readers_and_no_more(told: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MOST_OF_ONE", 2)
    for name in (KIOSK, OTHER_KIOSK):
        told.report(name, told.kiosk)

    refused = told.report("kiosk-hall-3", told.kiosk, 409)
    told.report(OTHER_KIOSK, told.kiosk)
    told.report("kiosk-hall-3", told.office)

    assert refused["type"] == "/problems/too-many-readers"
    assert told.names() == [KIOSK, OTHER_KIOSK, "kiosk-hall-3"]


def test_who_follows_everything_is_released_and_seen_by_the_league_only(told: Readers) -> None:
    told.report("replica-1", told.kiosk, kind="replica", region=None)
    banner, league = told.key(ADMINISTRATOR, region=BANNER), told.key(ADMINISTRATOR, region=LEAGUE)

    seen = (told.names(headers=banner), told.names(headers=league), told.names(f"?region={LEAGUE}"))
    refused = told.client.delete("/v1/readers/replica-1", headers=banner)
    released = told.client.delete("/v1/readers/replica-1", headers=league)

    assert seen == ([], ["replica-1"], ["replica-1"])
    assert (refused.status_code, released.status_code) == (403, 200)


def test_the_list_is_cut_to_the_caller_s_places_and_filtered(told: Readers) -> None:
    told.report(KIOSK, told.kiosk, region=TOWNSHIP)
    told.report("league-office", told.office, kind="office", region=LEAGUE)
    banner = told.key(Role.SUPERVISOR, region=BANNER)

    assert told.names() == [KIOSK, "league-office"]
    assert told.names(headers=banner) == [KIOSK]
    assert told.names("?kind=office") == ["league-office"]
    assert told.names(f"?region={BANNER}") == [KIOSK]
    assert told.names(f"?region={BANNER}&kind=office") == []
    assert told.client.get("/v1/readers?region=159999", headers=told.watcher).status_code == 404
    assert told.client.get("/v1/readers", headers=told.kiosk).status_code == 403


def test_the_list_is_walked_like_all_lists(told: Readers) -> None:
    for number in range(5):
        told.report(f"kiosk-{number}", told.kiosk)

    walked, address = [], "/v1/readers?limit=2"
    while address:
        page = told.client.get(address, headers=told.watcher).json()
        walked.append([line["name"] for line in page["items"]])
        address = page["next"]

    assert walked == [["kiosk-0", "kiosk-1"], ["kiosk-2", "kiosk-3"], ["kiosk-4"]]
    assert told.client.get("/v1/readers?after=kiosk-1", headers=told.watcher).status_code == 422


def test_a_reader_is_silent_when_its_kind_s_time_has_passed(told: Readers, clock: "Clock") -> None:
    told.report(KIOSK, told.kiosk)
    told.report(OFFICE, told.office, kind="office")
    start = clock.at

    silent = {}
    for minutes in (60, 61, 1440, 1441):
        clock.at = start + timedelta(minutes=minutes)
        assert set(told.names("?silent=true")) | set(told.names("?silent=false")) == {KIOSK, OFFICE}
        assert told.names("?silent=true") == [line["name"] for line in told.listed() if line["silent"]]
        silent[minutes] = told.names("?silent=true")
    told.report(KIOSK, told.kiosk)

    assert silent == {60: [], 61: [KIOSK], 1440: [KIOSK], 1441: [KIOSK, OFFICE]}
    assert told.names("?silent=true") == [OFFICE]


def test_a_site_says_for_one_kind_when_it_is_silent_and_the_others_keep_their_own() -> None:
    chosen = Settings(reader_silent_after_minutes={"kiosk": 5})

    assert chosen.reader_silent_after_minutes == {"replica": 60, "office": 1440, "kiosk": 5}
    assert Settings().reader_silent_after_minutes == {"replica": 60, "office": 1440, "kiosk": 60}


def walk(told: Readers, headers: Headers, after: int) -> None:
    note(told.session, after, by=told.actor(headers), at=told.clock.at)
    told.session.commit()


def test_whoever_walks_the_feed_with_a_key_is_listed_by_the_key_s_name(told: Readers) -> None:
    walk(told, told.kiosk, 3)
    walk(told, told.office, 5)
    walk(told, told.office, 7)

    lines = {line["kind"]: line for line in told.listed()}

    assert sorted(lines) == ["kiosk", "office"]
    assert lines["kiosk"]["name"].startswith("kiosk 机 (")
    assert (lines["kiosk"]["change_number"], lines["kiosk"]["region_code"]) == (3, BANNER)
    assert (lines["office"]["change_number"], lines["office"]["region_code"]) == (7, BANNER)


def test_a_walk_of_staff_of_people_and_from_beyond_the_head_is_no_reader_s(told: Readers) -> None:
    person = Actor("张三", ActorKind.PERSON, (Grant(Role.COUNTY_OFFICE, region_code=BANNER),))

    walk(told, told.watcher, 3)
    walk(told, told.kiosk, told.head() + 1)
    note(told.session, 3, by=person, at=told.clock.at)
    told.session.commit()

    assert told.names() == []


def test_a_reader_that_reports_is_listed_once_and_its_walks_only_show_that_it_lives(
    told: Readers, clock: "Clock"
) -> None:
    walk(told, told.kiosk, 2)
    told.report(KIOSK, told.kiosk, change_number=4)
    clock.at += timedelta(minutes=50)
    walk(told, told.kiosk, 6)
    clock.at += timedelta(minutes=50)

    (line,) = told.listed()

    assert (line["name"], line["change_number"], line["silent"]) == (KIOSK, 4, False)


def test_a_walk_says_nothing_of_several_readers_under_one_key(told: Readers, clock: "Clock") -> None:
    told.report(KIOSK, told.kiosk)
    told.report(OTHER_KIOSK, told.kiosk)
    clock.at += timedelta(minutes=61)

    walk(told, told.kiosk, 6)

    assert told.names("?silent=true") == [KIOSK, OTHER_KIOSK]


def test_a_walk_is_written_when_the_number_moves_or_a_minute_has_passed(told: Readers, engine: Engine) -> None:
    notes, by, start = WalkNotes(engine), told.actor(told.kiosk), told.clock.at

    def due(after: int, seconds: int) -> bool:
        at = start + timedelta(seconds=seconds)
        if is_due := notes.is_due(by, after, at):
            notes.write(by, after, at)
        return is_due

    assert [due(1, 0), due(1, 59), due(2, 59), due(2, 118), due(2, 119), due(1, 120)] == [
        True, False, True, False, True, True,
    ]  # fmt: skip
    assert not notes.is_due(None, 1, start)
    assert not notes.is_due(told.actor(told.watcher), 1, start)


@pytest.fixture
def application(small_url: str, clock: "Clock") -> Iterator[FastAPI]:
    app = create_app(Settings(database_url=small_url), clock=clock)
    yield app
    app.state.engine.dispose()


def test_the_note_is_a_small_write_that_the_application_offers(told: Readers, application: FastAPI) -> None:
    statements: list[str] = []
    event.listen(application.state.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    by = told.actor(told.kiosk)

    asyncio.run(note_walk(application, by, 3, told.clock.at))
    written = len(statements)
    asyncio.run(note_walk(application, by, 3, told.clock.at))
    asyncio.run(note_walk(application, None, 4, told.clock.at))

    assert [line["change_number"] for line in told.listed()] == [3]
    assert 0 < written == len(statements)


def test_a_page_of_the_feed_asked_for_with_a_key_is_noted_and_one_without_is_not(told: Readers) -> None:
    told.change(times=3)

    for after, headers in ((told.head() - 1, told.kiosk), (told.head(), told.watcher), (told.head(), None)):
        assert told.client.get(f"/v1/feed?afterChangeNumber={after}", headers=headers).status_code == 200

    assert [line["change_number"] for line in told.listed()] == [told.head() - 1]


@pytest.mark.parametrize("cut", [f"region={TOWNSHIP}", "kinds=agency"])
def test_a_reader_of_a_part_that_has_everything_is_not_behind_for_what_changed_elsewhere(
    told: Readers, cut: str
) -> None:
    """The last page of a part points to itself for as long as nothing happens there."""
    last = told.client.get(f"/v1/feed?{cut}").json()["next"]
    for _ in range(3):
        log.record(told.session, Subject.IMPLEMENTATION, "1" * 31, by=EDITOR, at=told.clock.at)
    told.session.commit()

    page = told.client.get(last, headers=told.kiosk).json()
    (line,) = told.listed()

    assert (page["items"], page["next"]) == ([], last)
    assert (line["change_number"], line["behind"]) == (told.head(), 0)


@pytest.mark.parametrize("server", ["sqlite"], indirect=True, scope="session")
def test_a_database_that_is_busy_costs_a_note_and_no_page(told: Readers, application: FastAPI, engine: Engine) -> None:
    event.listen(application.state.engine, "connect", lambda raw, record: raw.execute("PRAGMA busy_timeout=0"))
    by = told.actor(told.kiosk)

    with unit_of_work(engine) as writing:
        log.last_number(writing)
        asyncio.run(note_walk(application, by, 3, told.clock.at))
    missed = told.names()
    asyncio.run(note_walk(application, by, 3, told.clock.at))

    assert (missed, len(told.names())) == ([], 1)


def of(name: str, session: Session) -> Reader:
    return session.scalars(select(Reader).where(col(Reader.name) == name)).one()


def draft(**said: Any) -> ReportDraft:
    return ReportDraft.model_validate({"reader": KIOSK, "kind": "kiosk", "change_number": 1} | said)


def test_two_first_reports_of_one_name_at_once_are_one_reader_s(engine: Engine, now: datetime) -> None:
    actors = iter([Actor(f"自助机 ({number:08})", ActorKind.MACHINE) for number in range(8)])

    answers = at_once(engine, lambda session: readers.report(session, draft(), by=next(actors), at=now))

    assert one_wins(answers, ReaderNameTaken)


def test_reports_of_one_reader_at_once_are_all_taken(engine: Engine, now: datetime) -> None:
    numbers = iter(range(1, 9))

    answers = at_once(
        engine, lambda session: readers.report(session, draft(change_number=next(numbers)), by=EDITOR, at=now)
    )

    assert [type(answer) for answer in answers] == [Reported] * 8
    with reading(engine) as session:
        assert of(KIOSK, session).change_number in range(1, 9)


def test_walks_of_one_key_at_once_in_several_processes_are_one_reader_s(engine: Engine, now: datetime) -> None:
    by = Actor("自助机 (abcdefgh)", ActorKind.MACHINE, (Grant(Role.KIOSK, region_code=BANNER),))

    at_once(engine, lambda session: note(session, 3, by=by, at=now))

    with reading(engine) as session:
        found = readers.all_readers(session, Wanted(), at=now, silent_after={"replica": 1, "office": 1, "kiosk": 1})
        assert [(row[0].name, row[0].kind) for row in found] == [("自助机 (abcdefgh)", ReaderKind.KIOSK)]


def metrics_of(told: Readers) -> dict[str, dict[str, float]]:
    """Return the samples by name and reader."""
    answer = told.client.get("/metrics", headers=told.watcher)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    samples: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            samples.setdefault(sample.name, {})[sample.labels.get("reader", "")] = sample.value
    return samples


def test_the_metrics_say_what_the_list_says(told: Readers, clock: "Clock") -> None:
    told.report(KIOSK, told.kiosk, waiting_appeals=4)
    told.change(times=3)
    told.report(OFFICE, told.office, kind="office")
    clock.at += timedelta(minutes=90)

    lines, samples = told.listed(), metrics_of(told)

    assert samples.pop("catalog_change_number") == {"": told.head()}
    for name, member in (
        ("change_number", "change_number"), ("behind_changes", "behind"), ("silent", "silent"),
        ("waiting_appeals", "waiting_appeals"),
    ):  # fmt: skip
        assert samples.pop(f"catalog_reader_{name}") == {line["name"]: line[member] for line in lines}
    assert samples.pop("catalog_reader_seen_seconds") == {KIOSK: 5400, OFFICE: 5400}
    assert samples.pop("catalog_reader_behind_seconds") == {KIOSK: 5400, OFFICE: 0}
    assert samples == {}


def test_a_name_with_quotes_and_backslashes_does_not_break_the_metrics(told: Readers, engine: Engine) -> None:
    odd = 'a "b" \\n\n{x="y"} 1 (abcdefgh)'
    with unit_of_work(engine) as session:
        row = {"kind": ReaderKind.KIOSK, "region_code": BANNER, "change_number": 1, "seen_at": told.clock.at}
        readers.put(session, row | {"name": odd, "credential": odd})

    assert list(metrics_of(told)["catalog_reader_silent"]) == [odd]


@pytest.mark.parametrize("role", list(Role))
def test_the_metrics_are_for_watchers_of_the_league(told: Readers, role: Role) -> None:
    may: Callable[[Role], bool] = lambda one: one in (Role.SUPERVISOR, Role.ADMINISTRATOR)  # noqa: E731

    asked = [
        told.client.get("/metrics", headers=told.key(role, region=region)).status_code for region in (LEAGUE, BANNER)
    ]

    assert asked == [200 if may(role) else 403, 403]
    assert told.client.get("/metrics").status_code == 401


def test_no_key_and_no_address_is_shown(told: Readers) -> None:
    told.report(KIOSK, told.kiosk)
    prefix = told.kiosk["Authorization"].split("_")[1]

    shown = told.client.get("/v1/readers", headers=told.watcher).text + told.client.get("/sync").text

    assert KIOSK in shown
    assert prefix not in shown
