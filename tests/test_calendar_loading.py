"""The calendar of a year comes as a CSV, without a release: what is wrong with it is said by line, what is right holds at once."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from builders import BANNER, LEAGUE, SEED_DATA
from callers import OPERATOR, key_for
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result
from upkeeping import hand_in, open_offices, records_of, vault_of

from service_catalog.actors import Role
from service_catalog.appeals import calendars
from service_catalog.appeals.recomputing import recompute
from service_catalog.cli import app
from service_catalog.kernel.database import reading
from service_catalog.registers.calendars import MOST_BYTES, CalendarUnreadable, read_year
from service_catalog.registers.registers import registers_of
from service_catalog.seeding import load_registers

if TYPE_CHECKING:
    from conftest import Clock

HEAD = "date,is_working,name\n"
NEW_YEAR = HEAD + "2027-01-01,0,元旦\n2027-01-03,1,元旦调休上班\n"
LAST_WEEK = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)
"""Wednesday 2026-12-30 in the morning; three working days run into 2027."""
Command = Callable[..., Result]


@pytest.fixture
def admin(session: Session, now: datetime) -> dict[str, str]:
    return key_for(session, Role.ADMINISTRATOR, region=LEAGUE, at=now, days=365)


@pytest.fixture
def open_appeal(engine: Engine) -> str:
    """An appeal of the last week of 2026, when nobody knows the calendar of 2027 yet."""
    open_offices(engine)
    return hand_in(engine, vault_of(engine), LAST_WEEK)


@pytest.fixture
def run(small_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def put(client: TestClient, content: str | bytes, headers: dict[str, str], year: int = 2027, **query: str) -> Any:
    params = {"document": "国办发明电〔2026〕9号"} | query
    return client.put(f"/v1/calendars/{year}", content=content, params=params, headers=headers)


def version_of(engine: Engine) -> int:
    with reading(engine) as session:
        return registers_of(session).version


# Reading a file

FAULTS = [
    ("2027-02-30,0,春节", 2, "日期"),
    ("20270101,0,元旦", 2, "日期"),
    ("2027-01-01,0,元旦\n2026-12-31,0,元旦", 3, "不属于 2027 年"),
    ("2027-01-01,0,元旦\n2027-01-02,1,班\n2027-01-01,1,班", 4, "与第 2 行重复"),
    ("2027-01-01,yes,元旦", 2, "is_working"),
    ("2027-01-01,2,元旦", 2, "is_working"),
    ("2027-01-01", 2, "is_working"),
    ("2027-01-01,0,", 2, "名称"),
    ("2027-01-01,0,元\x00旦", 2, "名称"),
    ("2027-01-01,0,元旦,法定", 2, "列数过多"),
]


@pytest.mark.parametrize(("rows", "line", "said"), FAULTS, ids=[f"{said} {n}" for n, (_, _, said) in enumerate(FAULTS)])
def test_a_faulty_row_is_refused_by_its_line(rows: str, line: int, said: str) -> None:
    with pytest.raises(CalendarUnreadable) as refused:
        read_year((HEAD + rows).encode(), 2027)

    assert f"第 {line} 行" in refused.value.said.zh
    assert said in refused.value.said.zh
    assert {place["line"] for place in refused.value.facts["lines"]} == {line}


def test_every_fault_is_said_at_once_and_a_flood_of_them_is_counted() -> None:
    with pytest.raises(CalendarUnreadable) as refused:
        read_year((HEAD + "x,0,a\n" * 30).encode(), 2027)

    assert len(refused.value.facts["lines"]) == 20
    assert "还有 10 处" in refused.value.said.zh


def test_a_missing_column_text_that_is_no_utf8_and_a_file_without_end_are_refused() -> None:
    for content, said in (
        (b"date,name\n2027-01-01,a\n", "缺少列 is_working"),
        (b"", "缺少列"),
        (HEAD.encode() + "2027-01-01,0,元旦".encode("gb18030"), "第 2 行不是 UTF-8"),
        (HEAD.encode() + b'2027-01-01,0,"open', "不是 CSV"),
        (b" " * (MOST_BYTES + 1), "最多"),
    ):
        with pytest.raises(CalendarUnreadable, match=r".") as refused:
            read_year(content, 2027)
        assert said in refused.value.said.zh


def test_a_file_from_a_spreadsheet_with_mark_and_carriage_returns_reads_like_any_other() -> None:
    plain = read_year(NEW_YEAR.encode(), 2027)

    assert read_year(b"\xef\xbb\xbf" + NEW_YEAR.replace("\n", "\r\n").encode(), 2027) == plain
    assert plain == [["2027-01-01", 0, "元旦"], ["2027-01-03", 1, "元旦调休上班"]]


DAYS_OF_2027 = st.dates(date(2027, 1, 1), date(2027, 12, 31))


@given(st.dictionaries(DAYS_OF_2027, st.booleans(), max_size=60), st.randoms())
def test_whatever_days_differ_they_are_read_in_order_and_none_is_lost(days: dict[date, bool], chance: Any) -> None:
    lines = [f"{day},{int(works)},假日" for day, works in days.items()]
    chance.shuffle(lines)

    read = read_year((HEAD + "\n".join(lines)).encode(), 2027)

    assert read == [[day.isoformat(), int(works), "假日"] for day, works in sorted(days.items())]


@given(st.binary(max_size=300))
def test_no_bytes_whatever_do_more_than_to_be_refused(content: bytes) -> None:
    for whole in (content, HEAD.encode() + content):
        with suppress(CalendarUnreadable):
            assert all(day.startswith("2027-") for day, _, _ in read_year(whole, 2027) if isinstance(day, str))


# Over HTTP


def test_an_administrator_loads_a_year_and_anyone_reads_it(client: TestClient, admin: dict[str, str]) -> None:
    answer = put(client, NEW_YEAR, admin)

    assert answer.status_code == 200, answer.text
    assert answer.json()["document"] == "国办发明电〔2026〕9号"
    assert answer.json()["recomputed"] == 0
    shown = client.get("/v1/calendars/2027").json()
    assert shown["differences"][1] == {"date": "2027-01-03", "is_working": True, "name": "元旦调休上班"}
    assert [year["year"] for year in client.get("/v1/calendars").json()["items"]] == [2025, 2026, 2027]
    first = client.get("/v1/calendars", params={"limit": 1}).json()
    assert [year["year"] for year in client.get(first["next"]).json()["items"]] == [2026, 2027][:1]
    assert client.get("/v1/calendars/2028").status_code == 404


def test_a_refused_file_and_a_stranger_change_nothing(
    session: Session, client: TestClient, engine: Engine, admin: dict[str, str], now: datetime
) -> None:
    banner = key_for(session, Role.ADMINISTRATOR, region=BANNER, at=now)
    before = version_of(engine)

    refused = put(client, NEW_YEAR + "2027-01-01,1,班\n", admin)

    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/calendar-unreadable")
    assert refused.json()["lines"][0]["line"] == 4
    assert put(client, NEW_YEAR, banner).status_code == 403
    assert put(client, NEW_YEAR, {}).status_code == 401
    assert put(client, NEW_YEAR, admin, document="").status_code == 422
    assert put(client, NEW_YEAR, admin, year=1).status_code == 422
    assert version_of(engine) == before
    assert client.get("/v1/calendars/2027").status_code == 404


def test_an_open_appeal_gets_its_date_with_the_request_and_a_record(
    client: TestClient, engine: Engine, clock: "Clock", admin: dict[str, str], open_appeal: str
) -> None:
    clock.at = LAST_WEEK + timedelta(hours=1)

    answer = put(client, NEW_YEAR, admin).json()

    assert (answer["open_appeals"], answer["recomputed"], answer["command"]) == (1, 1, None)
    assert records_of(engine, vault_of(engine), open_appeal) == [
        {
            "was_due_on": None, "was_not_before": "2027-01-02", "due_on": "2027-01-04", "not_before": "2027-01-04",
            "year": 2027, "document": "国办发明电〔2026〕9号",
        }
    ]  # fmt: skip
    assert put(client, NEW_YEAR, admin).json()["recomputed"] == 0
    assert len(records_of(engine, vault_of(engine), open_appeal)) == 1


def test_a_local_day_off_moves_a_date_and_stays_when_the_national_calendar_is_corrected(
    client: TestClient, engine: Engine, clock: "Clock", admin: dict[str, str], open_appeal: str
) -> None:
    clock.at = LAST_WEEK + timedelta(hours=1)
    off = HEAD + "2027-01-04,0,地方放假\n"
    early = put(client, off, admin, local="true")
    assert (early.status_code, early.json()["type"].rpartition("/")[2]) == (409, "national-calendar-first")
    put(client, NEW_YEAR, admin)

    answer = put(client, off, admin, local="true", document="阿署办发〔2026〕3号").json()

    assert answer["recomputed"] == 1
    assert answer["local_differences"] == [{"date": "2027-01-04", "is_working": False, "name": "地方放假"}]
    last = records_of(engine, vault_of(engine), open_appeal)[-1]
    assert (last["due_on"], last["document"]) == ("2027-01-05", "国办发明电〔2026〕9号；阿署办发〔2026〕3号")
    corrected = put(client, NEW_YEAR + "2027-02-01,0,春节\n", admin).json()
    assert (corrected["recomputed"], corrected["local_document"]) == (0, "阿署办发〔2026〕3号")
    assert put(client, HEAD, admin, local="true").json()["local_differences"] == []
    with reading(engine) as session:
        assert registers_of(session).calendar.is_working(date(2027, 1, 4))


def test_where_too_many_are_open_the_answer_names_the_command_and_that_does_the_rest(
    engine: Engine, open_appeal: str
) -> None:
    vault = vault_of(engine)

    issued = calendars.issue_calendar(
        engine, vault, 2027, NEW_YEAR.encode(), document="通知", most=0, by=OPERATOR, clock=lambda: LAST_WEEK
    )  # fmt: skip

    assert (issued.touched, issued.moved) == (1, None)
    assert records_of(engine, vault_of(engine), open_appeal) == []
    assert recompute(engine, vault, year=2027, by=OPERATOR, clock=lambda: LAST_WEEK) == (1, 1)
    assert records_of(engine, vault_of(engine), open_appeal)[0]["due_on"] == "2027-01-04"


# From the command line


def test_a_file_that_is_named_after_its_year_is_loaded_by_one_command(
    run: Command, tmp_path: Path, engine: Engine, open_appeal: str
) -> None:
    path = tmp_path / "2027.csv"
    path.write_text(NEW_YEAR, encoding="utf-8")

    done = run("registers", "calendar", path, "--document", "通知", "--by", "李四")

    assert done.exit_code == 0, done.output
    assert "moved 1" in done.output
    assert records_of(engine, vault_of(engine), open_appeal)[0]["document"] == "通知"
    with reading(engine) as session:
        assert 2027 in registers_of(session).calendar.years


def test_a_file_of_local_days_is_laid_over_the_year_by_the_same_command(
    run: Command, tmp_path: Path, engine: Engine
) -> None:
    path = tmp_path / "local-2026.csv"
    path.write_text(HEAD + "2026-03-11,0,地方放假\n2026-03-14,1,地方调休上班\n", encoding="utf-8")

    done = run("registers", "calendar", path, "--local", "--document", "阿署办发〔2026〕3号", "--by", "李四")

    assert done.exit_code == 0, done.output
    with reading(engine) as session:
        calendar = registers_of(session).calendar
    days = [date(2026, 3, day) for day in (10, 11, 14)]
    assert [calendar.is_working(day) for day in days] == [True, False, True]
    assert not calendar.is_working(date(2026, 1, 1))


def test_the_command_takes_the_year_by_name_and_refuses_with_the_line(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "holidays.csv"
    path.write_text(NEW_YEAR + "2027-13-01,0,x\n", encoding="utf-8")

    nameless = run("registers", "calendar", path, "--document", "通知", "--by", "李四")
    faulty = run("registers", "calendar", path, "--document", "通知", "--by", "李四", "--year", "2027")

    assert nameless.exit_code == 2
    assert faulty.exit_code == 8
    assert "第 4 行" in faulty.output


def test_a_site_file_among_the_seeds_is_laid_over_its_year(session: Session, tmp_path: Path) -> None:
    for path in SEED_DATA.glob("*.json"):
        shutil.copy(path, tmp_path)
    shutil.copytree(SEED_DATA / "calendar", tmp_path / "calendar")
    (tmp_path / "calendar" / "local-2026.csv").write_text(HEAD + "2026-03-11,0,地方放假\n", encoding="utf-8")

    load_registers(session, tmp_path)

    assert not registers_of(session).calendar.is_working(date(2026, 3, 11))


def test_the_shipped_calendars_read_as_they_stand() -> None:
    for path in (SEED_DATA / "calendar").glob("[0-9]*.csv"):
        assert read_year(path.read_bytes(), int(path.stem))
