"""Registers are data: loading a file changes what holds, from the next request on."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import BANNER_BUREAU, EDITOR, ITEM, SEED_DATA, add_agency, publish_local
from sqlalchemy import Engine, event
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.coding.judging import rules_from
from service_catalog.implementations.inheritance import LocalRefused
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.registers import loading
from service_catalog.registers.calendars import CalendarUnreadable
from service_catalog.registers.registers import registers_of

LISTS, MATRIX = SEED_DATA / "code_lists.json", SEED_DATA / "inheritance_matrix.json"
SCHEMES = SEED_DATA / "placeholder_schemes.json"


def changed(tmp_path: Path, source: Path, **entries: Any) -> Path:
    """A copy of a register file with some entries replaced, or left out where None."""
    document = json.loads(source.read_text(encoding="utf-8")) | entries
    path = tmp_path / source.name
    kept = {name: entry for name, entry in document.items() if entry is not None}
    path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return path


def calendar(tmp_path: Path, year: int, *lines: str) -> Path:
    path = tmp_path / f"{year}.csv"
    path.write_text("\n".join(["date,is_working,name", *lines]) + "\n", encoding="utf-8")
    return path


def check(client: TestClient, code: str, **draft: Any) -> dict[str, Any]:
    return client.post(f"/v1/implementations/{code}/check", json=draft).json()  # type: ignore[no-any-return]


@contextmanager
def counted(engine: Engine, table: str) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if table in statement:
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_another_matrix_lets_an_agency_write_more_and_less_at_once(
    session: Session, client: TestClient, now: datetime, tmp_path: Path
) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", on_site_visits=0)
    session.commit()
    before = check(client, code, service_objects=["1", "9"])["refusals"][0]["rule"]
    locked = {"policy": "locked", "rule": None, "reason": "统一", "zh": "到现场次数"}
    free = {"policy": "local", "rule": None, "reason": "试点", "zh": "常用名"}
    path = changed(tmp_path, MATRIX, on_site_visits=locked, service_objects=None, local_themes=free)
    loading.load_matrix(session, path, document="阿署发〔2026〕8号", by=EDITOR, at=now)
    session.commit()

    assert before == "element_locked"
    assert check(client, code, service_objects=["1", "9"])["refusals"][0]["rule"] == "element_unknown"
    assert [row["element"] for row in check(client, code, on_site_visits=0)["refusals"]] == ["on_site_visits"]
    guide = client.get(f"/v1/guides/{code}").json()
    assert (guide["on_site_visits"], guide["gave_way"]) == (1, ["on_site_visits"]), "the guide follows the matrix too"


def test_an_unknown_rule_lets_nothing_pass(session: Session, now: datetime, tmp_path: Path) -> None:
    strange = {"policy": "tighten", "rule": "as_you_like", "reason": "误", "zh": "到现场次数"}
    path = changed(tmp_path, MATRIX, on_site_visits=strange)
    loading.load_matrix(session, path, document=None, by=EDITOR, at=now)

    with pytest.raises(LocalRefused):
        publish_local(session, BANNER_BUREAU, "4", on_site_visits=0)


def test_a_new_code_list_names_values_anew(session: Session, client: TestClient, now: datetime, tmp_path: Path) -> None:
    before = client.get("/v1/basic-items").json()["items"][0]["item_type_zh"]
    types = json.loads(LISTS.read_text(encoding="utf-8"))["item_types"]
    renamed = [entry | {"zh": "确认"} if entry["code"] == "07" else entry for entry in types]
    loading.load_code_lists(session, changed(tmp_path, LISTS, item_types=renamed), by=EDITOR, at=now)
    session.commit()

    assert before == "行政确认"
    assert client.get("/v1/basic-items").json()["items"][0]["item_type_zh"] == "确认"
    assert client.get(f"/v1/codes/{ITEM}").json()["explained_parts"][1]["meaning_zh"] == "确认"


def test_a_type_that_leaves_the_list_is_no_longer_registered(
    session: Session, client: TestClient, now: datetime, tmp_path: Path
) -> None:
    types = [t for t in json.loads(LISTS.read_text(encoding="utf-8"))["item_types"] if t["code"] != "07"]
    loading.load_code_lists(session, changed(tmp_path, LISTS, item_types=types), by=EDITOR, at=now)
    session.commit()

    assert "item_type_unregistered" in client.get(f"/v1/codes/{ITEM}").json()["findings"]
    assert client.get(f"/v1/codes/{ITEM}?profile=vectors").json()["findings"] == []


def test_a_declared_scheme_lets_bodies_without_a_credit_code_in(
    session: Session, now: datetime, tmp_path: Path, client: TestClient
) -> None:
    code = "NM152921ABC1234560"
    path = tmp_path / "schemes.json"
    scheme = {
        "id": "NM",
        "pattern": "NM[0-9]{6}[0-9A-Z]{10}",
        "valid_from": "2026-01-01",
        "document": "阿署发〔2026〕9号",
    }
    path.write_text(json.dumps([scheme]), encoding="utf-8")
    before = client.get(f"/v1/codes/{code}4{ITEM}").json()["findings"]
    loading.load_placeholder_schemes(session, path, by=EDITOR, at=now)
    session.commit()

    after = client.get(f"/v1/codes/{code}4{ITEM}").json()["findings"]
    assert before[0] in ("agency_charset", "agency_check_digit")
    assert after[0] == "agency_placeholder"
    assert [
        pattern.pattern for pattern in rules_from(registers_of(session), village_level_services_only=False).schemes
    ] == ["NM[0-9]{6}[0-9A-Z]{10}"]


def test_a_scheme_that_is_no_pattern_is_refused_before_anything_is_replaced(
    session: Session, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "schemes.json"
    path.write_text(json.dumps([{"id": "NM", "pattern": "("}]), encoding="utf-8")
    before = registers_of(session)

    with pytest.raises(re.error):
        loading.load_placeholder_schemes(session, path, by=EDITOR, at=now)

    assert registers_of(session) == before


def test_a_calendar_changes_what_a_promise_in_another_unit_may_be(
    session: Session, client: TestClient, now: datetime, tmp_path: Path
) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    worst = registers_of(session).calendar.longest_run(5)
    lines = [f"2027-01-{day:02},0,长假" for day in range(1, 32)]
    loading.load_calendar(session, calendar(tmp_path, 2027, *lines), document="通知", by=EDITOR, at=now)
    session.commit()

    longer = registers_of(session).calendar.longest_run(5)
    assert worst is not None
    assert longer is not None
    assert worst < 31 < longer
    assert check(client, code)["acceptable"] is True


def test_a_year_is_loaded_again_to_correct_it(session: Session, now: datetime, tmp_path: Path) -> None:
    for lines in (["2027-01-01,0,元旦", "2027-01-02,0,元旦"], ["2027-01-01,0,元旦"]):
        loading.load_calendar(session, calendar(tmp_path, 2027, *lines), document="通知", by=EDITOR, at=now)

    known = registers_of(session).calendar
    assert 2027 in known.years
    assert [day.isoformat() for day, _ in known.exceptions if day.year == 2027] == ["2027-01-01"]


@pytest.mark.parametrize(
    "lines", [["2028-01-01,0,元旦"], ["2027-01-01,0,元旦", "2027-01-01,1,班"]], ids=["year", "twice"]
)
def test_a_calendar_with_days_of_another_year_or_twice_is_refused(
    session: Session, now: datetime, tmp_path: Path, lines: list[str]
) -> None:
    with pytest.raises(CalendarUnreadable):
        loading.load_calendar(session, calendar(tmp_path, 2027, *lines), document="通知", by=EDITOR, at=now)


def test_loading_a_register_is_a_change_and_a_refused_file_is_none(
    engine: Engine, now: datetime, tmp_path: Path
) -> None:
    with reading(engine) as session:
        first, version = log.last_number(session), registers_of(session).version
    with unit_of_work(engine) as session:
        loading.load_matrix(session, MATRIX, document="八号", by=EDITOR, at=now)
        loading.load_calendar(session, calendar(tmp_path, 2027), document="通知", by=EDITOR, at=now)
    broken = tmp_path / "broken.json"
    broken.write_text('{"a": [{"code": "1", "zh": "一", "en": "one"}, {"code": "1", "zh": "一", "en": "one"}]}')
    with pytest.raises(Exception, match="code_entry"), unit_of_work(engine) as session:
        loading.load_code_lists(session, broken, by=EDITOR, at=now)

    with reading(engine) as session:
        written = [(change.subject, change.code) for change in log.changes_after(session, first, 10)]
        assert registers_of(session).version == version + 2
        assert registers_of(session).codes("item_types")
    assert written == [(Subject.REGISTER, "inheritance_matrix"), (Subject.REGISTER, "calendar-2027")]


def test_registers_are_read_once_for_many_requests(client: TestClient) -> None:
    app: Any = client.app
    client.get("/v1/basic-items")

    with counted(app.state.engine, "code_entry") as queries:
        for _ in range(3):
            client.get("/v1/basic-items")

    assert queries == []


def test_what_was_loaded_and_rolled_back_is_not_remembered(engine: Engine, now: datetime, tmp_path: Path) -> None:
    types = [{"code": "07", "zh": "确认", "en": "confirmation"}]
    with unit_of_work(engine) as session:
        loading.load_code_lists(session, changed(tmp_path, LISTS, item_types=types), by=EDITOR, at=now)
        assert registers_of(session).label("item_types", "07").zh == "确认"
        session.rollback()

    with unit_of_work(engine) as session:
        loading.load_matrix(session, MATRIX, document="八号", by=EDITOR, at=now)
        written = registers_of(session).label("item_types", "07").zh
    with reading(engine) as session:
        read = registers_of(session).label("item_types", "07").zh

    assert (written, read) == ("行政确认", "行政确认"), "the version number is used again"


def test_agencies_are_still_found_after_every_register_was_loaded_anew(session: Session) -> None:
    at = datetime(2026, 3, 10, tzinfo=UTC)
    loading.load_code_lists(session, LISTS, by=EDITOR, at=at)
    loading.load_placeholder_schemes(session, SCHEMES, by=EDITOR, at=at)

    assert add_agency(session, "TE152921ABC1234560", "152921000000", "某所") == "TE152921ABC1234560"
