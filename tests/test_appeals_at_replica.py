"""Appeals at a replica: taken while the centre is away, there exactly once when it is back, and nothing left behind."""

import json
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import pytest
from appealing import COMPLAINT, ELSEWHERE, Person, Town, good, open_town, pointers, refused
from builders import BANNER, ITEM, LEAGUE, TOWNSHIP, decision
from callers import OPERATOR, key_for
from handing_over import CONTACT, HANDED_OVER, Centre, Replica, replica_of
from httpx2 import Response
from offices import Office
from sqlalchemy import Engine, func, select
from sqlmodel import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from service_catalog.actors import Role
from service_catalog.appeals import ranges
from service_catalog.appeals.ranges import MOST_OF_ONE_KEY, hold_range
from service_catalog.appeals.rulebook import find_register, load_register
from service_catalog.appeals.tables import Appeal
from service_catalog.basic_items.editing import cancel
from service_catalog.cli import app as command_line
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.patching import merged
from service_catalog.replica.erasing import REPEATS_ANSWERED_FOR
from service_catalog.replica.forwarding import Forwarded
from service_catalog.replica.letters import letter
from service_catalog.staff.keyring import revoke_key

pytestmark = pytest.mark.strictest_only

if TYPE_CHECKING:
    from conftest import Clock

FORWARDER = """
import sys
from datetime import datetime
from service_catalog.attachments.storage import open_storage
from service_catalog.kernel.database import make_engine
from service_catalog.replica.centre import HttpCentre
from service_catalog.replica.forwarding import forward_waiting
from service_catalog.settings import Settings
from service_catalog.vault import open_vault
import service_catalog.tables

settings, at = Settings(), datetime.fromisoformat(sys.argv[1])
forward_waiting(
    make_engine(settings.database_url), open_vault(settings), open_storage(settings.attachments_url), HttpCentre(settings),
    clock=lambda: at,
)
"""


@pytest.fixture
def town(session: Session, client: TestClient, clock: "Clock") -> Town:
    return open_town(session, client, clock)


@pytest.fixture
def centre(small_url: str, clock: "Clock") -> Centre:
    return Centre(small_url, clock)


@pytest.fixture
def key(session: Session, clock: "Clock") -> dict[str, str]:
    """The kiosk's key at the centre."""
    return key_for(session, Role.KIOSK, region=TOWNSHIP, at=clock.at, days=365)


@pytest.fixture
def replica(
    town: Town, centre: Centre, replica_template: Path, tmp_path: Path, key: dict[str, str], clock: "Clock"
) -> Iterator[Replica]:
    """A kiosk that has its range of numbers; the line is down."""
    with replica_of(centre, replica_template, tmp_path / "kiosk", key, clock) as made:
        with centre.up():
            made.get_range()
        yield made


def at_centre(town: Town, person: Person) -> dict[str, Any]:
    """Return what the person reads at the centre, with the number and the code of the receipt."""
    return Person(town.client, person.receipt).sees()


def forward_all(replica: Replica, rounds: int = 20) -> None:
    for _ in range(rounds):
        replica.forward()
        if all(row.forwarded_at for row in replica.rows().values()):
            return
    raise AssertionError(f"they still wait: {[row.last_fault for row in replica.rows().values()]}")


def count_at_centre(centre: Centre) -> int:
    engine = centre.app.state.engine
    try:
        with reading(engine) as session:
            return int(session.execute(select(func.count()).select_from(Appeal)).scalar_one())
    finally:
        engine.dispose()  # the centre that made it may have stopped already


def promised(receipt: dict[str, Any]) -> tuple[Any, ...]:
    told = receipt["deadline"]
    return receipt["number"], receipt["received_at"], receipt["kind"], told["due_on"], told["not_before"]


@pytest.fixture
def kiosk(client: TestClient, key: dict[str, str]) -> Office:
    """The same key, by hand."""
    return Office(client, key)


# The line is down, and comes back


def test_fifty_appeals_taken_while_the_centre_is_away_are_there_once_each_when_it_is_back(
    town: Town, centre: Centre, replica: Replica, clock: "Clock"
) -> None:
    file = {"name": "萨仁高娃.txt", "content": b64encode("户口本的照片".encode()).decode()}
    people = [
        replica.hand_in(
            n, text=f"第{n}件：{COMPLAINT}", kind=("complaint", "help", "suggestion")[n % 3],
            attachments=[file] if n % 10 == 0 else None,
        )
        for n in range(50)
    ]  # fmt: skip
    assert replica.forward() == Forwarded()
    assert {person.number[2:4] for person in people} == {f"{replica.get_range():02}"}
    assert len({person.number for person in people}) == 50
    assert all(person.sees()["remark"] for person in people)

    clock.at += timedelta(hours=1)
    centre.line.lose = 5
    with centre.up():
        with ThreadPoolExecutor(2) as pool:
            for _ in range(4):
                for job in [pool.submit(replica.forward) for _ in range(2)]:
                    job.result()
        forward_all(replica)
        seen = [person.sees() for person in people]

    assert count_at_centre(centre) == 50
    for n, person in enumerate(people):
        there = at_centre(town, person)
        assert there == {name: value for name, value in seen[n].items() if name != "remark"}
        assert there["text"] == f"第{n}件：{COMPLAINT}"
        assert promised(there) == promised(person.receipt)
        assert there["responsible"] == person.receipt["responsible"]
        assert there["attachments"] == (n % 10 == 0)
        assert Counter(step["step"] for step in there["steps"])["register"] == 1
    who = good(town.league_desk("POST", people[0].at("identity"), {"why": "回电"}))
    assert CONTACT["phone"] in str(who)


def test_after_it_was_taken_over_nothing_that_a_person_wrote_is_left_at_the_replica(
    centre: Centre, replica: Replica
) -> None:
    file = {"name": "萨仁高娃.txt", "content": b64encode("户口本的照片".encode()).decode()}
    people = [replica.hand_in(n, attachments=[file]) for n in range(3)]
    sealed = sealed_values(replica)
    assert len(sealed) >= 15
    assert all(value in replica.bytes() for value in sealed)

    with centre.up():
        assert replica.forward().erased == 3

    left = replica.bytes()
    assert [value for value in sealed if value in left] == []
    assert not any(word.encode() in left for word in ("窗口要我交户口本", "萨仁高娃", "13904831234", "户口本的照片"))
    assert all(person.number.encode() in left for person in people)
    assert all(row.forwarded_at and row.erased_at for row in replica.rows().values())


def sealed_values(replica: Replica) -> list[bytes]:
    """Return text, contact, name of the file and beginning of the file, sealed as they lie there."""
    queries = (
        "SELECT body FROM appeal", "SELECT contact FROM appeal_person", "SELECT name FROM appeal_attachment",
        "SELECT query_code FROM appeal WHERE 0",
    )  # fmt: skip
    with reading(replica.engine) as session:
        values = [bytes(row[0]) for query in queries for row in session.connection().exec_driver_sql(query)]
        keys = [row[0] for row in session.connection().exec_driver_sql("SELECT key FROM appeal_attachment")]
    return values + [replica.storage.get(key)[:40] for key in keys] + [replica.storage.get(key)[-16:] for key in keys]


def test_killed_between_sending_and_noting_it_hands_over_once(
    town: Town, centre: Centre, replica: Replica, clock: "Clock"
) -> None:
    people = [replica.hand_in(n) for n in range(3)]
    centre.line.hold = Event()
    with centre.up():
        for _ in range(3):
            sender = start_forwarder(replica)
            centre.line.done.get(timeout=60)  # the centre has it, and nobody has heard of it
            sender.kill()
            sender.wait(timeout=30)
        assert not any(row.forwarded_at for row in replica.rows().values())
        centre.line.hold.set()
        centre.line.hold = None
        forward_all(replica)

    assert count_at_centre(centre) == 3
    assert [promised(at_centre(town, person)) for person in people] == [promised(person.receipt) for person in people]


def start_forwarder(replica: Replica) -> "subprocess.Popen[bytes]":
    settings = replica.settings
    assert settings.replica_key is not None
    environment = {
        "CATALOG_DATABASE_URL": settings.database_url, "CATALOG_ATTACHMENTS_URL": settings.attachments_url,
        "CATALOG_PERSONAL_KEYS_FILE": str(settings.personal_keys_file), "CATALOG_REPLICA_OF": str(settings.replica_of),
        "CATALOG_REPLICA_KEY": settings.replica_key.get_secret_value(),
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", FORWARDER, replica.clock().isoformat()], env=environment)


def test_a_page_that_something_on_the_way_answers_is_not_taken_for_the_centre(centre: Centre, replica: Replica) -> None:
    person = replica.hand_in()
    for instead in (
        (200, b"text/html", b"<h1>Login</h1>"), (200, b"application/json", b'{"number": "0"}'),
        (413, b"text/html", b"too large"), (502, b"text/html", b"bad gateway"),
    ):  # fmt: skip
        centre.line.instead = instead
        with centre.up():
            assert replica.forward().failed == 1

    row = replica.rows()[person.number]
    assert (row.forwarded_at, row.refused_at, row.attempts) == (None, None, 4)
    centre.line.instead = None
    with centre.up():
        assert replica.forward().forwarded == 1


def test_one_that_always_fails_keeps_nobody_from_going_on(centre: Centre, replica: Replica, clock: "Clock") -> None:
    bad = [replica.hand_in(n, attachments=[{"name": "a.txt", "content": "YWFh"}]) for n in range(3)]
    for key, _ in list(replica.storage.keys()):
        replica.storage.delete(key)
    clock.at += timedelta(minutes=1)
    good_ones = [replica.hand_in(n) for n in range(10, 15)]

    with centre.up():
        first, second = replica.forward(), replica.forward()

    assert (first.failed, second.forwarded) == (3, 5)
    rows = replica.rows()
    assert all(rows[person.number].forwarded_at for person in good_ones)
    assert {rows[person.number].last_fault for person in bad} == {"NoSuchAttachment"}


# What the person sees at the replica


def test_a_request_that_comes_again_after_handing_over_gets_the_same_receipt_for_a_day(
    centre: Centre, replica: Replica, clock: "Clock"
) -> None:
    first = replica.hand_in(1)
    with centre.up():
        replica.forward()
        again = replica.hand_in(1)
        clock.at += REPEATS_ANSWERED_FOR + timedelta(seconds=1)
        replica.forward()

    assert again.receipt == first.receipt
    assert len(replica.rows()) == 1
    assert replica.rows()[first.number].forgotten_at is not None
    with reading(replica.engine) as session:
        row = session.get(Appeal, first.number)
        assert row is not None
        assert row.query_code == b""


def test_until_it_has_gone_on_it_is_shown_here_and_later_the_centre_answers(
    town: Town, centre: Centre, replica: Replica
) -> None:
    person = replica.hand_in()
    assert refused(person.look("22222222")) == (404, "no-such-appeal")
    assert person.sees()["remark"]["zh"].startswith("您的诉求已在本机受理")
    for step, body in (("supplement", {"text": "三号窗口"}), ("rating", {"grade": 1}), ("withdrawal", {})):
        assert refused(person.do(step, **body)) == (503, "not-passed-on-yet")

    with centre.up():
        replica.forward()
        assert person.sees()["stage"] == "dispatched"
        assert refused(person.look("22222222")) == (404, "no-such-appeal")
        headers = {"Query-Code": person.receipt["query_code"], "File-Name": "a.txt"}
        added = replica.client.post(person.at("attachments"), content=b"a line of text", headers=headers)
        assert good(added)["attachments"] == 1
        assert good(person.do("withdrawal", text="不用了"))["stage"] == "withdrawn"

    assert at_centre(town, person)["stage"] == "withdrawn"
    assert refused(person.look()) == (503, "centre-away")
    assert "受理编号和查询码一直有效" in person.look().json()["detail"]


def test_an_appeal_that_was_handed_in_elsewhere_is_asked_of_the_centre(
    town: Town, centre: Centre, replica: Replica
) -> None:
    person = town.hand_in()
    at_the_hall = Person(replica.client, person.receipt)

    assert refused(at_the_hall.look()) == (503, "centre-away")
    with centre.up():
        assert at_the_hall.sees() == person.sees()


def test_who_tries_wrong_codes_at_a_replica_is_stopped_there_and_nobody_else_is(
    town: Town, centre: Centre, replica: Replica
) -> None:
    """At the centre all visitors of a replica have its one key: one of them must not use up the tries of everybody."""
    fewer = {"wrong_query_codes_per_address": "3/hour"}
    replica.app.state.doors.settings = replica.settings.model_copy(update=fewer)
    people = [town.hand_in() for _ in range(2)]
    guesser, neighbour = (TestClient(replica.app, client=(address, 50000)) for address in ("10.3.0.7", "10.3.0.8"))

    with centre.up():
        guesses = [refused(Person(guesser, people[n % 2].receipt).look("22222222")) for n in range(3)]
        assert guesses == [(404, "no-such-appeal")] * 3
        at_centre = centre.line.asked
        assert refused(Person(guesser, people[0].receipt).look()) == (429, "rate-exceeded")
        assert refused(Person(guesser, people[0].receipt).do("withdrawal")) == (429, "rate-exceeded")
        assert centre.line.asked == at_centre
        assert Person(neighbour, people[0].receipt).sees()["number"] == people[0].number


def test_without_numbers_of_its_own_a_replica_takes_nothing(
    town: Town, centre: Centre, replica_template: Path, tmp_path: Path, clock: "Clock"
) -> None:
    draft = {"kind": "consultation", "text": ELSEWHERE, "region": TOWNSHIP}
    with replica_of(centre, replica_template, tmp_path / "new", town.kiosk.headers, clock) as made:
        assert refused(made.client.post("/v1/appeals", json=draft)) == (503, "no-numbers-yet")


def test_the_channel_of_kiosks_is_open_to_the_hall_and_not_to_the_internet(replica: Replica) -> None:
    draft = {"kind": "consultation", "text": ELSEWHERE, "region": TOWNSHIP, "channel": "kiosk"}

    def ask(address: str, **headers: str) -> tuple[int, str]:
        caller = TestClient(replica.app, client=(address, 50000))
        answer = caller.post("/v1/appeals", json=draft, headers=headers)
        return answer.status_code, str(answer.json().get("type", "")).rpartition("/")[2]

    assert ask("10.3.0.7", **{"Idempotency-Key": "kiosk-0001"}) == (201, "")
    assert ask("127.0.0.1", **{"Idempotency-Key": "kiosk-0002"}) == (201, "")
    assert ask("10.3.0.7") == (422, "invalid-request")
    assert ask("8.8.8.8", **{"Idempotency-Key": "kiosk-0003"}) == (403, "kiosk-key-needed")
    hotline = replica.client.post("/v1/appeals", json=draft | {"channel": "hotline"})
    assert pointers(hotline) == ["/channel"]


# What the centre will not take


def test_what_the_centre_refuses_is_kept_and_listed_without_anything_personal(
    centre: Centre, replica: Replica, clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    late = replica.hand_in(1)
    clock.at += timedelta(days=91)
    with centre.up():
        assert replica.forward().refused == 1
        assert replica.forward() == Forwarded()
    waiting = replica.hand_in(2)

    assert late.sees()["remark"]["zh"].endswith("到窗口询问。")
    assert late.sees()["text"] == COMPLAINT
    monkeypatch.setenv("CATALOG_DATABASE_URL", replica.settings.database_url)
    monkeypatch.setenv("COLUMNS", "200")
    listed = CliRunner().invoke(command_line, ["replica", "appeals"])
    assert listed.exit_code == 0, listed.output
    assert "422 invalid-request /received_at" in listed.output
    assert late.number in listed.output
    assert waiting.number in listed.output
    assert not any(word in listed.output for word in (COMPLAINT, *CONTACT.values()))

    clock.at -= timedelta(days=91)
    assert CliRunner().invoke(command_line, ["replica", "again", late.number]).exit_code == 0
    assert CliRunner().invoke(command_line, ["replica", "again", waiting.number]).exit_code == 5
    with centre.up():
        assert replica.forward().forwarded >= 1
    assert replica.rows()[late.number].forwarded_at is not None


def test_a_clock_that_is_fast_only_delays(centre: Centre, replica: Replica, clock: "Clock") -> None:
    clock.at += timedelta(minutes=20)
    person = replica.hand_in()
    clock.at -= timedelta(minutes=20)
    with centre.up():
        assert replica.forward().failed == 1
        assert replica.rows()[person.number].last_fault == "409 not-yet-received"
        clock.at += timedelta(minutes=16)
        assert replica.forward().forwarded == 1


def test_the_same_number_with_other_content_is_refused(kiosk: Office, replica: Replica) -> None:
    body = letter_of(replica, replica.hand_in().number)
    first = good(kiosk("POST", HANDED_OVER, body))

    assert good(kiosk("POST", HANDED_OVER, body)) == first
    other = body | {"draft": body["draft"] | {"text": "另一件事"}}
    assert refused(kiosk("POST", HANDED_OVER, other)) == (409, "number-used")


def letter_of(replica: Replica, number: str) -> dict[str, Any]:
    """Return what would be sent."""
    body = letter(replica.engine, replica.vault, replica.storage, number)
    assert body is not None
    found: dict[str, Any] = json.loads(body)
    return found


def test_a_number_is_taken_only_from_who_holds_its_range(
    town: Town, session: Session, kiosk: Office, replica: Replica, clock: "Clock"
) -> None:
    body = letter_of(replica, replica.hand_in().number)
    stranger = Office(kiosk.client, key_for(session, Role.COUNTY_OFFICE, region=TOWNSHIP, at=clock.at))

    assert refused(stranger("POST", HANDED_OVER, body)) == (403, "number-of-another")
    assert refused(town.banner_desk("POST", HANDED_OVER, body)) == (403, "not-allowed")
    wrong = str(int(body["number"]) // 10) + str((int(body["number"][-1]) + 1) % 10)
    assert pointers(kiosk("POST", HANDED_OVER, body | {"number": wrong})) == ["/number"]
    assert good(kiosk("POST", HANDED_OVER, body))["number"] == body["number"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"query_code": "0O1I"}, "/query_code"),
        ({"draft": {"channel": "hotline"}}, "/draft/channel"),
        ({"draft": {"urgency": "urgent"}}, "/draft/urgency"),
        ({"draft": {"happened_on": "2026-12-01"}}, "/happened_on"),
        (
            {"draft": {"attachments": [{"name": "a.exe", "content": "TVqQAAMAAAAEAAAA"}]}},
            "/draft/attachments/0/content",
        ),
        ({"seen": {"code": "x" * 5000}}, "/seen"),
    ],
)
def test_what_no_replica_would_have_taken_is_refused(
    kiosk: Office, replica: Replica, wrong: dict[str, Any], pointer: str
) -> None:
    body = letter_of(replica, replica.hand_in().number)

    assert pointers(kiosk("POST", HANDED_OVER, merged(body, wrong))) == [pointer]


# What has changed meanwhile


def test_what_is_there_no_more_is_left_away_and_the_desk_has_it_with_a_note(
    town: Town, session: Session, kiosk: Office, replica: Replica, clock: "Clock"
) -> None:
    person = replica.hand_in(element="/materials/id-card")
    cancelled = decision(clock.at.date())
    cancel(session, ITEM, cancelled, by=OPERATOR, at=clock.at)
    session.commit()
    body = merged(letter_of(replica, person.number), {"draft": {"region": "152921110999", "theme": "987"}})

    told = good(kiosk("POST", HANDED_OVER, body))

    assert told["dropped"] == ["/element", "/item", "/region", "/theme"]
    assert (told["desk"], told["agency"], told["routed_as_told"]) == (BANNER, None, False)
    case = good(town.banner_desk("GET", person.at("case")))
    assert (case["basic_code"], case["stage"]) == (ITEM, "registered")
    (note,) = [step for step in case["events"] if step["step"] == "note"]
    assert "152921110999" in note["text"]
    assert at_centre(town, person)["deadline"]["due_on"] == person.receipt["deadline"]["due_on"]
    assert not any(step["step"] == "note" for step in at_centre(town, person)["steps"])


def test_with_no_place_left_the_league_has_it(kiosk: Office, replica: Replica) -> None:
    person = replica.hand_in(item=None, region=TOWNSHIP, kind="consultation", text=ELSEWHERE)
    body = merged(
        letter_of(replica, person.number), {"draft": {"region": "159921"}, "receipt": {"desk": "159921000000"}}
    )

    told = good(kiosk("POST", HANDED_OVER, body))

    assert (told["desk"], told["dropped"]) == (LEAGUE, ["/region"])


def test_a_later_deadline_by_the_rules_of_now_leaves_the_one_of_the_receipt(
    town: Town, session: Session, kiosk: Office, replica: Replica, clock: "Clock"
) -> None:
    person, other = replica.hand_in(1), replica.hand_in(2, kind="help")
    letters = [letter_of(replica, one.number) for one in (person, other)]
    rules = find_register(session, "limits").document
    longer = [row | {"amount": row["amount"] + (10 if row["kind"] == "complaint" else -1)} for row in rules["limits"]]
    changed = [row if row["unit"] == "same_day" else new for row, new in zip(rules["limits"], longer, strict=True)]
    load_register(session, "limits", rules | {"limits": changed}, by=OPERATOR, at=clock.at)
    session.commit()
    clock.at += timedelta(days=2)

    kept, shorter = (good(kiosk("POST", HANDED_OVER, body)) for body in letters)

    assert (kept["deadline_kept"], shorter["deadline_kept"]) == (True, False)
    assert at_centre(town, person)["deadline"]["due_on"] == person.receipt["deadline"]["due_on"]
    assert at_centre(town, other)["deadline"]["due_on"] < other.receipt["deadline"]["due_on"]
    town.go_to(date.fromisoformat(person.receipt["deadline"]["due_on"]) + timedelta(days=1))
    assert at_centre(town, person)["deadline"]["state"] == "overdue"


# Ranges of numbers


def ask_range(office: Office, reader: str) -> Response:
    return office("POST", "/v1/number-ranges", {"reader": reader})


def test_a_reader_has_one_range_for_ever_and_no_other_key_gets_it(
    session: Session, client: TestClient, clock: "Clock"
) -> None:
    one, two = (Office(client, key_for(session, Role.KIOSK, region=TOWNSHIP, at=clock.at)) for _ in range(2))
    first = good(ask_range(one, "kiosk-1"))

    assert good(ask_range(one, "kiosk-1")) == first
    assert good(ask_range(two, "kiosk-2"))["number"] != first["number"]
    assert refused(ask_range(two, "kiosk-1")) == (409, "range-of-another")
    revoke_key(session, one.headers["Authorization"].split("_")[1], by=OPERATOR, at=clock.at)
    session.commit()
    assert good(ask_range(two, "kiosk-1")) == first
    elsewhere = Office(client, key_for(session, Role.KIOSK, region=BANNER, at=clock.at))
    assert refused(ask_range(elsewhere, "kiosk-1")) == (409, "range-of-another")


def test_when_all_ranges_are_given_that_is_said(
    session: Session, kiosk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "MOST_OF_ONE_KEY", 200)
    assert [good(ask_range(kiosk, f"kiosk-{n}"))["number"] for n in range(99)] == list(range(1, 100))
    assert refused(ask_range(kiosk, "kiosk-99")) == (409, "no-range-left")
    assert good(ask_range(kiosk, "kiosk-98"))["number"] == 99


def test_no_single_key_uses_the_ranges_up(session: Session, client: TestClient, kiosk: Office, clock: "Clock") -> None:
    other = Office(client, key_for(session, Role.KIOSK, region=TOWNSHIP, at=clock.at))

    given = [good(ask_range(kiosk, f"kiosk-{n}"))["number"] for n in range(MOST_OF_ONE_KEY)]

    assert refused(ask_range(kiosk, "one-more")) == (409, "too-many-ranges")
    assert good(ask_range(kiosk, "kiosk-0"))["number"] == given[0]
    assert good(ask_range(other, "one-more"))["number"] not in given


def test_who_asks_at_once_gets_different_ranges(engine: Engine, now: datetime) -> None:
    start = Barrier(8)

    def ask(n: int) -> tuple[str, int]:
        start.wait()
        with unit_of_work(engine) as session:
            row = hold_range(session, f"kiosk-{n % 4}", by=OPERATOR, at=now)
            return row.reader, row.number

    with ThreadPoolExecutor(8) as pool:
        given = set(pool.map(ask, range(8)))

    assert len(given) == len({number for _, number in given}) == 4
