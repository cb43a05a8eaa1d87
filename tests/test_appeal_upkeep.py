"""What keeps appeals right over time: calendars that come late, questions nobody answers, data that are kept long enough."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from builders import LEAGUE, SEED_DATA
from callers import key_for
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result
from upkeeping import (
    ADMINISTRATOR,
    DESK,
    NAME,
    PHONE,
    answer,
    ask,
    begin,
    closed,
    hand_in,
    open_offices,
    records_of,
    reply,
    row_of,
    texts_of,
    vault_of,
    with_file,
    withdrawn,
)

from service_catalog.actors import ActorKind, Role
from service_catalog.appeals import afterwards, rulebook, triage
from service_catalog.appeals.attaching import ORPHAN_AFTER, store
from service_catalog.appeals.calendars import issue_calendar
from service_catalog.appeals.clock import Limit, LimitUnit, Tick, due, wind
from service_catalog.appeals.drafts import AttachmentDraft
from service_catalog.appeals.opening import open_case
from service_catalog.appeals.personal import erase_text
from service_catalog.appeals.recomputing import recompute
from service_catalog.appeals.retention import Erased, erase_due
from service_catalog.appeals.stages import Stage, Step
from service_catalog.appeals.tables import AppealRating
from service_catalog.appeals.upkeep import answered_until, close_due, keep_up, lapse_due, waiting_until
from service_catalog.attachments.storage import NoSuchAttachment, Storage, open_storage
from service_catalog.cli import app
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.workdays import Calendar
from service_catalog.registers.loading import load_year
from service_catalog.vault import Vault

if TYPE_CHECKING:
    from conftest import Clock

HEAD = "date,is_working,name\n"
OF_2027 = (HEAD + "2027-01-01,0,元旦\n2027-01-03,1,元旦调休上班\n").encode()
OF_2026 = (SEED_DATA / "calendar" / "2026.csv").read_bytes()
WEEKEND_WORKS = OF_2026 + "2026-03-14,1,调休上班\n2026-03-15,1,调休上班\n".encode()
FRIDAY = datetime(2026, 3, 13, 2, 0, tzinfo=UTC)
"""Three working days from here end on Wednesday 2026-03-18, and on Monday the 16th if the weekend works."""
LAST_WEEK = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
Command = Callable[..., Result]


@pytest.fixture
def vault(engine: Engine) -> Vault:
    open_offices(engine)
    return vault_of(engine)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"file:{tmp_path}/attachments")


@pytest.fixture
def run(small_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
    monkeypatch.setenv("CATALOG_ATTACHMENTS_URL", f"file:{tmp_path}/attachments")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def issue(engine: Engine, vault: Vault, content: bytes, at: datetime, year: int = 2026) -> int | None:
    """Load a calendar at a moment; returns how many appeals got another date."""
    return issue_calendar(
        engine, vault, year, content, document="通知", by=ADMINISTRATOR, clock=lambda: at
    ).moved  # fmt: skip


def load_only(engine: Engine, content: bytes, at: datetime, year: int) -> None:
    """Load a calendar as if the process had been killed before it came to the appeals."""
    with unit_of_work(engine) as session:
        load_year(session, year, content, document="通知", by=ADMINISTRATOR, at=at)


# A calendar comes, or is corrected


def test_a_corrected_calendar_moves_the_due_day_with_a_record_that_the_person_reads(
    client: TestClient, engine: Engine, vault: Vault, clock: "Clock"
) -> None:
    clock.at = FRIDAY
    number = hand_in(engine, vault, FRIDAY)
    code = texts_of(engine, vault, number).splitlines()[1]

    assert issue(engine, vault, WEEKEND_WORKS, FRIDAY) == 1

    row = row_of(engine, vault, number)
    assert (row.deadline_on, row.counted_to) == (date(2026, 3, 16), date(2026, 3, 16))
    shown = client.get(f"/v1/appeals/{number}", headers={"Query-Code": code}).json()
    assert shown["deadline"]["due_on"] == "2026-03-16"
    told = shown["steps"][-1]
    assert (told["step"], told["facts"]["was_due_on"], told["facts"]["due_on"]) == (
        "recompute", "2026-03-18", "2026-03-16"
    )  # fmt: skip
    assert (told["facts"]["year"], told["facts"]["document"]) == (2026, "通知")


def test_an_appeal_that_was_in_time_is_not_late_by_a_calendar_that_came_later(engine: Engine, vault: Vault) -> None:
    number = hand_in(engine, vault, FRIDAY)
    on_tuesday = FRIDAY + 4 * DAY

    issue(engine, vault, WEEKEND_WORKS, on_tuesday)
    begin(engine, vault, number, on_tuesday)
    answer(engine, vault, number, on_tuesday)

    row = row_of(engine, vault, number)
    assert records_of(engine, vault, number)[0]["due_on"] == "2026-03-17"
    assert row.in_time is True


def test_what_was_overdue_before_stays_overdue(engine: Engine, vault: Vault) -> None:
    number = hand_in(engine, vault, FRIDAY)

    issue(engine, vault, WEEKEND_WORKS, FRIDAY + 7 * DAY)

    assert row_of(engine, vault, number).deadline_on == date(2026, 3, 16)


def test_an_earliest_date_that_had_passed_made_nobody_late(engine: Engine, vault: Vault) -> None:
    number = hand_in(engine, vault, LAST_WEEK)
    everybody_worked = HEAD.encode() + "2027-01-02,1,班\n2027-01-03,1,班\n".encode()
    in_the_new_year = LAST_WEEK + 6 * DAY

    issue(engine, vault, everybody_worked, in_the_new_year, 2027)

    (record,) = records_of(engine, vault, number)
    assert (record["was_due_on"], record["was_not_before"]) == (None, "2027-01-02")
    assert record["due_on"] == "2027-01-05"


def rated_badly(engine: Engine, vault: Vault, at: datetime) -> str:
    number = hand_in(engine, vault, at)
    begin(engine, vault, number, at)
    answer(engine, vault, number, at)
    with unit_of_work(engine) as session:
        afterwards.rate(open_case(session, vault, number), grade=5, words=None, at=at)
    return number


def test_by_when_a_person_is_called_is_not_guessed_and_said_when_the_calendar_comes(
    engine: Engine, vault: Vault
) -> None:
    new_years_eve = LAST_WEEK + DAY
    number = rated_badly(engine, vault, new_years_eve)
    with reading(engine) as session:
        before = session.get_one(AppealRating, (number, 0)).call_back_by

    moved = issue(engine, vault, OF_2027, new_years_eve + 2 * DAY, 2027)

    with reading(engine) as session:
        assert (before, session.get_one(AppealRating, (number, 0)).call_back_by) == (None, date(2027, 1, 3))
    (record,) = records_of(engine, vault, number)
    assert (moved, record["step_was_due_on"], record["call_back_by"]) == (1, None, "2027-01-03")
    assert row_of(engine, vault, number).step_due_on == date(2027, 1, 3)


def test_a_call_on_the_first_working_day_of_a_year_without_calendar_is_not_late(engine: Engine, vault: Vault) -> None:
    new_years_eve = LAST_WEEK + DAY
    before, after = (rated_badly(engine, vault, new_years_eve) for _ in range(2))
    called = new_years_eve + 3 * DAY
    with unit_of_work(engine) as session:
        afterwards.call_back(session, vault, before, words="已致歉", by=DESK, at=called)

    load_only(engine, OF_2027, called, 2027)
    with unit_of_work(engine) as session:
        afterwards.call_back(session, vault, after, words="已致歉", by=DESK, at=called)

    assert records_of(engine, vault, before, Step.CALL_BACK) == [{"in_time": None}]  # nobody can say
    assert records_of(engine, vault, after, Step.CALL_BACK) == [{"in_time": True}]


def test_an_inner_limit_that_a_corrected_calendar_shortens_makes_nobody_late(engine: Engine, vault: Vault) -> None:
    number = hand_in(engine, vault, FRIDAY, kind="suggestion")  # to be signed for on Monday

    issue(engine, vault, WEEKEND_WORKS, FRIDAY + 2 * DAY)
    moved_again = issue(engine, vault, WEEKEND_WORKS, FRIDAY + 2 * DAY)

    record = records_of(engine, vault, number)[0]
    assert (record["step_was_due_on"], record["step_due_on"], moved_again) == ("2026-03-16", "2026-03-15", 0)


def test_a_date_that_only_becomes_certain_is_recorded_too(engine: Engine, vault: Vault) -> None:
    number = hand_in(engine, vault, LAST_WEEK)
    before = row_of(engine, vault, number)
    as_if_every_day_worked = HEAD.encode() + "2027-01-02,1,班\n".encode()

    issue(engine, vault, as_if_every_day_worked, LAST_WEEK, 2027)

    after = row_of(engine, vault, number)
    assert (before.deadline_on, before.deadline_is_certain) == (date(2027, 1, 2), False)
    assert (after.deadline_on, after.deadline_is_certain) == (date(2027, 1, 2), True)
    assert records_of(engine, vault, number)[0]["due_on"] == "2027-01-02"


def test_a_paused_appeal_is_recomputed_and_not_late_when_it_goes_on(engine: Engine, vault: Vault) -> None:
    """By the new calendar its three days had passed before the question; by the old one there was one left."""
    number = hand_in(engine, vault, FRIDAY)
    begin(engine, vault, number, FRIDAY)
    ask(engine, vault, number, FRIDAY + 4 * DAY, days=6)  # on Tuesday, until Monday the 23rd

    assert issue(engine, vault, WEEKEND_WORKS, FRIDAY + 5 * DAY) == 1
    reply(engine, vault, number, FRIDAY + 7 * DAY)

    row = row_of(engine, vault, number)
    assert records_of(engine, vault, number)[0]["was_due_on"] == "2026-03-25"
    assert row.deadline_on == date(2026, 3, 24)
    assert issue(engine, vault, WEEKEND_WORKS, FRIDAY + 7 * DAY) == 0


def test_whoever_opens_an_appeal_first_leaves_the_one_record_of_it(engine: Engine, vault: Vault) -> None:
    number = hand_in(engine, vault, LAST_WEEK)
    load_only(engine, OF_2027, LAST_WEEK, 2027)

    begin(engine, vault, number, LAST_WEEK)
    done = recompute(engine, vault, year=2027, by=ADMINISTRATOR, clock=lambda: LAST_WEEK)

    assert done == (1, 0)
    assert [record["due_on"] for record in records_of(engine, vault, number)] == ["2027-01-04"]


def test_an_answer_between_calendar_and_recomputing_is_judged_by_the_new_date_without_being_late_by_it(
    engine: Engine, vault: Vault
) -> None:
    number = hand_in(engine, vault, FRIDAY)
    begin(engine, vault, number, FRIDAY)
    load_only(engine, WEEKEND_WORKS, FRIDAY, 2026)

    answer(engine, vault, number, FRIDAY + 4 * DAY)

    assert row_of(engine, vault, number).in_time is True
    assert [record["due_on"] for record in records_of(engine, vault, number)] == ["2026-03-17"]


def test_an_extension_after_a_new_calendar_counts_from_the_new_date(engine: Engine, vault: Vault) -> None:
    number = hand_in(engine, vault, LAST_WEEK)
    begin(engine, vault, number, LAST_WEEK)
    load_only(engine, OF_2027, LAST_WEEK, 2027)

    with unit_of_work(engine) as session:
        triage.extend(session, vault, number, amount=1, basis="条例", reason="调取监控", by=DESK, at=LAST_WEEK)

    (facts,) = records_of(engine, vault, number, Step.EXTEND)
    assert (facts["was_due_on"], facts["due_on"]) == ("2027-01-04", "2027-01-05")
    assert len(records_of(engine, vault, number)) == 1


def test_a_calendar_leaves_alone_what_it_cannot_touch_and_what_has_ended(engine: Engine, vault: Vault) -> None:
    of_march = hand_in(engine, vault, FRIDAY)
    ended = withdrawn(engine, vault, LAST_WEEK)

    issued = issue_calendar(
        engine, vault, 2027, OF_2027, document="通知", by=ADMINISTRATOR, clock=lambda: LAST_WEEK
    )  # fmt: skip

    assert (issued.touched, issued.moved) == (0, 0)
    assert records_of(engine, vault, of_march) + records_of(engine, vault, ended) == []


def test_new_thresholds_move_the_lights_of_open_appeals_without_any_record(engine: Engine, vault: Vault) -> None:
    number = hand_in(engine, vault, FRIDAY)
    policy = yaml.safe_load((SEED_DATA / "appeals" / "policy.yaml").read_text(encoding="utf-8")) | {"warn_days": 2}
    with unit_of_work(engine) as session:
        rulebook.load_register(session, "policy", policy, by=ADMINISTRATOR, at=FRIDAY)

    recompute(engine, vault, by=ADMINISTRATOR, clock=lambda: FRIDAY)

    assert row_of(engine, vault, number).warn_on == date(2026, 3, 16)
    assert records_of(engine, vault, number) == []


DAYS = st.integers(0, 40)


@given(received=DAYS, on=DAYS, amount=st.integers(1, 15), changed=st.sets(DAYS, max_size=12), paused=st.booleans())
def test_whatever_a_calendar_changes_nobody_in_time_is_late_on_the_day_it_comes(
    received: int, on: int, amount: int, changed: set[int], paused: bool
) -> None:
    """The rule of Case.recompute, on the clock alone: a floor of today puts no due day before today."""
    first = date(2026, 3, 2)
    start = Tick(does="start", on=first + received * DAY, limit=Limit(amount=amount, unit=LimitUnit.WORKING_DAY))
    today = first + (received + on) * DAY
    pause = [Tick(does="pause", on=start.on + DAY, answer_by=today + DAY)] if paused else []
    other = Calendar(
        frozenset({2026}), tuple((first + n * DAY, (first + n * DAY).weekday() > 4) for n in sorted(changed))
    )

    floored = due(wind([start, *pause, Tick(does="floor", on=today)]), other)

    assert floored.not_before >= today
    assert floored.not_before >= due(wind([start, *pause]), other).not_before


RECOMPUTER = """
import sys
from datetime import datetime
import service_catalog.tables
from service_catalog.actors import Actor
from service_catalog.appeals import recomputing
from service_catalog.kernel.database import make_engine
from service_catalog.settings import Settings
from service_catalog.vault import open_vault

url, at = sys.argv[1:]
recomputing.BATCH = 10
settings = Settings(database_url=url)
told = lambda what, done, total: print(done, flush=True)
clock = lambda: datetime.fromisoformat(at)
recomputing.recompute(make_engine(url), open_vault(settings), year=2027, by=Actor("管理丙"), clock=clock, progress=told)
"""


def test_a_run_that_is_killed_again_and_again_leaves_exactly_one_record_for_each_appeal(
    engine: Engine, vault: Vault
) -> None:
    numbers = [hand_in(engine, vault, LAST_WEEK) for _ in range(80)]
    load_only(engine, OF_2027, LAST_WEEK, 2027)
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", RECOMPUTER, url, LAST_WEEK.isoformat()]

    for batches in (1, 3, 5):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(batches):
            assert process.stdout.readline()
        process.kill()
        process.communicate(timeout=30)
    half_way = [len(records_of(engine, vault, number)) for number in numbers]
    subprocess.run(command, check=True, capture_output=True)

    assert set(half_way) == {0, 1}
    assert [len(records_of(engine, vault, number)) for number in numbers] == [1] * 80
    assert {row_of(engine, vault, number).deadline_on for number in numbers} == {date(2027, 1, 4)}


def test_the_command_recomputes_what_is_left(run: Command, engine: Engine, vault: Vault) -> None:
    number = hand_in(engine, vault, LAST_WEEK)
    load_only(engine, OF_2027, LAST_WEEK, 2027)

    first = run("appeals", "recompute", "--year", 2027, "--by", "李四")
    again = run("appeals", "recompute", "--by", "李四")

    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    assert "moved 1" in first.output
    assert "looked at 1, 时限有变 moved 0" in again.output
    assert len(records_of(engine, vault, number)) == 1


# Rules


def test_rules_are_read_by_anyone_and_replaced_by_an_administrator_of_the_league(
    client: TestClient, session: Session, now: datetime
) -> None:
    admin = key_for(session, Role.ADMINISTRATOR, region=LEAGUE, at=now)
    policy = client.get("/v1/appeal-rules/policy").json()["document"]

    put = client.put("/v1/appeal-rules/policy", json=policy | {"max_returns": 3}, headers=admin)
    faulty = client.put("/v1/appeal-rules/policy", json=policy | {"max_returns": -1}, headers=admin)

    assert put.status_code == 200, put.text
    assert client.get("/v1/appeal-rules/policy").json()["document"]["max_returns"] == 3
    assert faulty.status_code == 422
    assert faulty.json()["faults"][0]["pointer"] == "/max_returns"
    assert client.get("/v1/appeal-rules/nothing").status_code == 404
    assert client.put("/v1/appeal-rules/nothing", json={}, headers=admin).status_code == 404
    for name in rulebook.REGISTERS:
        assert client.get(f"/v1/appeal-rules/{name}").json()["name"] == name


def test_rules_are_shown_and_loaded_by_command(run: Command, tmp_path: Path) -> None:
    shown = run("appeals", "rules", "show", "policy")
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(shown.output) | {"max_reopens": 5}), encoding="utf-8")

    loaded = run("appeals", "rules", "load", "policy", path, "--by", "李四")
    wrong = run("appeals", "rules", "load", "limits", path, "--by", "李四")

    assert loaded.exit_code == 0, loaded.output
    assert yaml.safe_load(run("appeals", "rules", "show", "policy").output)["max_reopens"] == 5
    assert wrong.exit_code == 8
    assert run("appeals", "rules", "show", "nothing").exit_code == 4


# Retention


def erase(engine: Engine, vault: Vault, storage: Storage, at: datetime) -> Erased:
    return erase_due(engine, vault, storage, clock=lambda: at)


def test_who_it_was_is_erased_after_a_year_and_the_texts_after_five(
    engine: Engine, vault: Vault, storage: Storage
) -> None:
    number = closed(engine, vault, FRIDAY)

    kept = erase(engine, vault, storage, FRIDAY + 364 * DAY)
    contact = erase(engine, vault, storage, FRIDAY + 365 * DAY)
    then = texts_of(engine, vault, number)
    text = erase(engine, vault, storage, FRIDAY + 1825 * DAY)

    assert (kept, contact, text) == (Erased(0, 0), Erased(1, 0), Erased(0, 1))
    assert PHONE in then  # as it stands in the text, which is kept for five years
    assert not texts_of(engine, vault, number).strip()
    assert [facts["what"] for facts in records_of(engine, vault, number, Step.ERASE)] == ["contact", "text"]
    assert row_of(engine, vault, number).grade == 1
    assert erase(engine, vault, storage, FRIDAY + 2000 * DAY) == Erased(0, 0)


def test_what_was_taken_back_is_erased_and_what_is_open_never(engine: Engine, vault: Vault, storage: Storage) -> None:
    ended, still_open = withdrawn(engine, vault, FRIDAY), hand_in(engine, vault, FRIDAY)

    assert erase(engine, vault, storage, FRIDAY + 4000 * DAY) == Erased(0, 1)

    assert not texts_of(engine, vault, ended).strip()
    assert NAME in texts_of(engine, vault, still_open)


def test_a_merged_appeal_is_erased_when_its_main_one_has_ended_long_ago(
    engine: Engine, vault: Vault, storage: Storage
) -> None:
    main = hand_in(engine, vault, FRIDAY)
    on_the_desk = {"item": None, "text": "请问巴彦浩特镇的公交几点收车"}
    merged = hand_in(engine, vault, FRIDAY + timedelta(minutes=1), **on_the_desk)
    with unit_of_work(engine) as session:
        triage.merge(session, vault, merged, into=main, reason="同一事项", by=DESK, at=FRIDAY)

    before = erase(engine, vault, storage, FRIDAY + 4000 * DAY)
    begin(engine, vault, main, FRIDAY)
    answer(engine, vault, main, FRIDAY)
    with unit_of_work(engine) as session:
        afterwards.close(session, vault, main, words=None, by=DESK, at=FRIDAY + 10 * DAY)

    assert before == Erased(0, 0)
    assert erase(engine, vault, storage, FRIDAY + 1834 * DAY) == Erased(2, 0)
    assert erase(engine, vault, storage, FRIDAY + 1835 * DAY) == Erased(0, 2)


def test_files_go_with_the_texts(engine: Engine, vault: Vault, storage: Storage) -> None:
    number = hand_in(engine, vault, FRIDAY)
    key = with_file(engine, vault, storage, number, FRIDAY, f"{NAME}的材料")
    begin(engine, vault, number, FRIDAY)
    with unit_of_work(engine) as session:
        afterwards.withdraw(open_case(session, vault, number), words=None, at=FRIDAY)

    erase(engine, vault, storage, FRIDAY + 1825 * DAY)

    with pytest.raises(NoSuchAttachment):
        storage.get(key)


def test_a_file_stays_while_the_erasure_is_not_committed(engine: Engine, vault: Vault, storage: Storage) -> None:
    number = hand_in(engine, vault, FRIDAY)
    key = with_file(engine, vault, storage, number, FRIDAY, f"{NAME}的材料")
    with unit_of_work(engine) as session:
        afterwards.withdraw(open_case(session, vault, number), words=None, at=FRIDAY)

    with unit_of_work(engine) as session:
        keys = erase_text(open_case(session, vault, number), by=ADMINISTRATOR, at=FRIDAY)
        session.rollback()

    assert keys == [key]
    assert storage.get(key)
    assert erase(engine, vault, storage, FRIDAY + 1825 * DAY) == Erased(0, 1)
    assert dict(storage.keys()) == {}


def test_what_is_written_after_the_erasure_is_erased_in_its_time_too(
    engine: Engine, vault: Vault, storage: Storage
) -> None:
    number = withdrawn(engine, vault, FRIDAY)
    erase(engine, vault, storage, FRIDAY + 1825 * DAY)
    with unit_of_work(engine) as session:
        open_case(session, vault, number).record(
            Step.NOTE, by=DESK, at=FRIDAY + 1826 * DAY, words=f"{NAME}来电，{PHONE}"
        )

    kept = erase(engine, vault, storage, FRIDAY + 1827 * DAY)
    then = texts_of(engine, vault, number)
    gone = erase(engine, vault, storage, FRIDAY + 3651 * DAY)

    assert (kept, gone) == (Erased(0, 0), Erased(0, 1))
    assert PHONE in then
    assert not texts_of(engine, vault, number).strip()
    assert erase(engine, vault, storage, FRIDAY + 4000 * DAY) == Erased(0, 0)


def sealed_in(engine: Engine, number: str) -> list[bytes]:
    """Every sealed value of an appeal as it lies in the database."""
    with engine.connect() as connection:
        found = []
        for query in (
            "SELECT body FROM appeal WHERE number = '{}'", "SELECT query_code FROM appeal WHERE number = '{}'",
            "SELECT words FROM appeal_event WHERE number = '{}' AND words IS NOT NULL",
            "SELECT contact FROM appeal_person WHERE number = '{}'",
            "SELECT words FROM appeal_answer WHERE number = '{}'",
            "SELECT words FROM appeal_rating WHERE number = '{}' AND words IS NOT NULL",
        ):  # fmt: skip
            found += [bytes(value) for (value,) in connection.exec_driver_sql(query.format(number))]
        return found


def test_neither_what_was_written_nor_its_sealed_form_is_left_in_the_files_of_the_database(
    engine: Engine, vault: Vault, storage: Storage
) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL overwrites it when its vacuum comes by")
    number = closed(engine, vault, FRIDAY)
    others = [closed(engine, vault, FRIDAY + 1000 * DAY) for _ in range(3)]
    sealed = sealed_in(engine, number)
    path = Path(engine.url.database or "")

    erase(engine, vault, storage, FRIDAY + 1825 * DAY)

    files = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert len(sealed) == 5
    assert [value for value in sealed if value in files] == []
    assert all(value in files for other in others for value in sealed_in(engine, other) if len(value) < 500)
    assert [word for word in (NAME, PHONE) if word.encode() in files] == []


ERASER = """
import sys
from datetime import datetime
import service_catalog.tables
from service_catalog.appeals.retention import erase_due
from service_catalog.attachments.storage import open_storage
from service_catalog.kernel.database import make_engine
from service_catalog.settings import Settings
from service_catalog.vault import open_vault

url, folder, at = sys.argv[1:]
told = lambda what, done, total: print(done, flush=True)
clock = lambda: datetime.fromisoformat(at)
erase_due(make_engine(url), open_vault(Settings(database_url=url)), open_storage(folder), clock=clock, progress=told)
"""


def test_erasing_that_is_killed_goes_on_where_it_stopped_and_is_recorded_once(
    engine: Engine, vault: Vault, tmp_path: Path
) -> None:
    numbers = [withdrawn(engine, vault, FRIDAY) for _ in range(30)]
    url = engine.url.render_as_string(hide_password=False)
    later = (FRIDAY + 1825 * DAY).isoformat()
    command = [sys.executable, "-c", ERASER, url, f"file:{tmp_path}/attachments", later]

    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(5):
        assert process.stdout.readline()
    process.kill()
    process.communicate(timeout=30)
    half_way = {len(records_of(engine, vault, number, Step.ERASE)) for number in numbers}
    subprocess.run(command, check=True, capture_output=True)

    assert half_way == {0, 1}
    assert [len(records_of(engine, vault, number, Step.ERASE)) for number in numbers] == [1] * 30
    assert [number for number in numbers if texts_of(engine, vault, number).strip()] == []


# What was answered closes of itself


def answered(engine: Engine, vault: Vault, at: datetime, grade: int | None = None) -> str:
    number = hand_in(engine, vault, at)
    begin(engine, vault, number, at)
    answer(engine, vault, number, at)
    if grade is not None:
        with unit_of_work(engine) as session:
            afterwards.rate(open_case(session, vault, number), grade=grade, words=None, at=at)
    return number


def close_on(engine: Engine, vault: Vault, at: datetime) -> int:
    return close_due(engine, vault, clock=lambda: at)


def test_what_was_answered_is_closed_when_its_days_for_a_rating_have_passed(engine: Engine, vault: Vault) -> None:
    unrated, rated, bad = (answered(engine, vault, FRIDAY, grade) for grade in (None, 2, 5))
    being_handled = hand_in(engine, vault, FRIDAY)
    begin(engine, vault, being_handled, FRIDAY)

    on_the_last_day = close_on(engine, vault, FRIDAY + 7 * DAY)  # five working days: until Friday the 20th
    after = close_on(engine, vault, FRIDAY + 8 * DAY)
    with unit_of_work(engine) as session:
        afterwards.call_back(session, vault, bad, words="已致歉", by=DESK, at=FRIDAY + 10 * DAY)

    assert (on_the_last_day, after) == (0, 2)
    assert row_of(engine, vault, bad).stage is Stage.ANSWERED
    assert close_on(engine, vault, FRIDAY + 10 * DAY) == 1
    assert close_on(engine, vault, FRIDAY + 400 * DAY) == 0
    assert {row_of(engine, vault, one).stage for one in (unrated, rated, bad)} == {Stage.CLOSED}
    assert row_of(engine, vault, being_handled).stage is Stage.HANDLING
    with unit_of_work(engine) as session:
        last = open_case(session, vault, unrated).events[-1]
        assert (last.step, last.by, last.actor_kind, last.is_public) == (
            Step.CLOSE, "评价到期", ActorKind.SYSTEM, True,
        )  # fmt: skip


def test_over_a_holiday_the_days_for_a_rating_are_working_days(engine: Engine, vault: Vault) -> None:
    number = answered(engine, vault, datetime(2026, 9, 29, 2, 0, tzinfo=UTC))  # Tuesday; 30 and 8, 9, 10, 12 October

    assert close_on(engine, vault, datetime(2026, 10, 12, 2, 0, tzinfo=UTC)) == 0
    assert close_on(engine, vault, datetime(2026, 10, 13, 2, 0, tzinfo=UTC)) == 1
    assert row_of(engine, vault, number).closed_at == datetime(2026, 10, 13, 2, 0, tzinfo=UTC)


def test_who_never_rates_is_forgotten_in_due_time_too(engine: Engine, vault: Vault, storage: Storage) -> None:
    number = answered(engine, vault, FRIDAY)

    keep_up(engine, vault, storage, clock=lambda: FRIDAY + 10 * DAY)
    kept = keep_up(engine, vault, storage, clock=lambda: FRIDAY + 1836 * DAY)

    assert kept.texts == 1
    assert not texts_of(engine, vault, number).strip()


def test_the_index_of_the_list_finds_what_is_to_be_closed(engine: Engine, vault: Vault) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("the plan of PostgreSQL depends on how much there is")

    query = answered_until(date(2026, 3, 13)).compile(engine)
    values = tuple(query.construct_params()[name] for name in query.positiontup or ())
    with engine.connect() as connection:
        plan = str(list(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", tuple(map(str, values)))))

    assert "ix_appeal_queue_on" in plan


# Questions that nobody answers, stray files


def test_a_question_that_nobody_answers_by_its_day_closes_the_appeal(engine: Engine, vault: Vault) -> None:
    number, answered = (hand_in(engine, vault, FRIDAY) for _ in range(2))
    for one in (number, answered):
        begin(engine, vault, one, FRIDAY)
        ask(engine, vault, one, FRIDAY, days=5)
    reply(engine, vault, answered, FRIDAY + DAY)

    on_the_day = lapse_due(engine, vault, clock=lambda: FRIDAY + 5 * DAY)
    after = lapse_due(engine, vault, clock=lambda: FRIDAY + 6 * DAY)

    assert (on_the_day, after) == (0, 1)
    assert row_of(engine, vault, number).stage is Stage.CLOSED
    assert row_of(engine, vault, answered).stage is Stage.HANDLING
    assert lapse_due(engine, vault, clock=lambda: FRIDAY + 7 * DAY) == 0


def test_the_partial_index_finds_the_unanswered_questions(engine: Engine, vault: Vault) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("the plan of PostgreSQL depends on how much there is")

    query = waiting_until(date(2026, 3, 13)).compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = str(list(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")))

    assert "ix_appeal_answer_by" in plan


def test_one_round_lapses_erases_and_sweeps_out_what_belongs_to_no_appeal(
    engine: Engine, vault: Vault, storage: Storage
) -> None:
    waiting = hand_in(engine, vault, FRIDAY)
    begin(engine, vault, waiting, FRIDAY)
    ask(engine, vault, waiting, FRIDAY, days=3)
    withdrawn(engine, vault, FRIDAY)
    draft = AttachmentDraft.model_validate({"name": "a.txt", "content": "5L2g5aW9"})
    store(storage, vault, [draft])
    later = max(FRIDAY + 400 * DAY, datetime.now(UTC) + ORPHAN_AFTER + DAY)

    kept = keep_up(engine, vault, storage, clock=lambda: later)

    assert (kept.lapsed, kept.contacts, kept.texts, kept.stray_files) == (1, 1, 0, 1)
    assert keep_up(engine, vault, storage, clock=lambda: later)[0] == 0
    assert list(storage.keys()) == []


def test_the_round_is_one_command(run: Command, engine: Engine, vault: Vault) -> None:
    waiting = hand_in(engine, vault, FRIDAY)
    begin(engine, vault, waiting, FRIDAY)
    ask(engine, vault, waiting, FRIDAY, days=3)
    with unit_of_work(engine) as session:  # whatever the clock of this machine shows
        open_case(session, vault, waiting).row.step_due_on = date(2020, 1, 1)

    done = run("appeals", "follow", "--once")

    assert done.exit_code == 0, done.output
    assert "lapsed 1, 评价期满办结 closed 0" in done.output


def test_a_store_that_is_away_is_said_with_its_exit_code(
    run: Command, engine: Engine, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no folder").write_text("in the way")
    monkeypatch.setenv("CATALOG_ATTACHMENTS_URL", f"file:{tmp_path}/no%20folder")

    done = run("appeals", "follow", "--once")

    assert done.exit_code == 9, done.output
