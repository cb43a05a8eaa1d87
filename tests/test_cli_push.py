"""sync push: what an office has goes to the centre from NDJSON, the template and the national tables, and every row gets a receipt."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import BANNER, EDITOR, publish_local
from callers import key_for
from county import AGENCIES, found_county, good_row, workbook_of
from databases import Server
from live import listening
from sqlmodel import select
from typer.testing import CliRunner, Result

from service_catalog.actors import Role
from service_catalog.app import create_app
from service_catalog.cli import app as command_line
from service_catalog.cli import pushing
from service_catalog.exchange.template import filled_template
from service_catalog.exchange.workbook import read_workbook
from service_catalog.implementations.tables import ImplementationEdition
from service_catalog.kernel.database import make_engine, reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.settings import Settings

pytestmark = pytest.mark.sqlite_is_enough

FINE, NOT_ALL_TAKEN, AWAY = 0, 8, 9
OFFERED = {"availability": {"status": "offered"}, "power_source": "1"}


class Office:
    """A county office with a copy, a key and files."""

    def __init__(self, folder: Path, centre_url: str) -> None:
        self.folder, self.centre_url = folder, centre_url

    def types(self, *words: str) -> Result:
        return CliRunner().invoke(command_line, ["sync", *words])

    def file(self, name: str, content: bytes | str) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def publishes(self, phone: str) -> str:
        """Let the centre publish the next edition of one implementation; returns its code."""
        engine, at = make_engine(self.centre_url), datetime.now(UTC)
        with unit_of_work(engine) as session:
            code = publish_local(
                session, AGENCIES[0], "4", basic_code="150709002000", at=at, effective_from=civil_day(at),
                power_source="1", consultation_channels=[{"way": "telephone", "value": phone}],
            )  # fmt: skip
        engine.dispose()
        return code

    def sheet_of(self, code: str) -> list[dict[str, str]]:
        """The rows of a template filled from the copy."""
        engine = make_engine(f"sqlite:///{self.folder / 'copy.db'}", checks_references=False)
        with reading(engine) as session:
            filled = filled_template(session, agency_code=code[:18], by=EDITOR, at=datetime.now(UTC))
        engine.dispose()
        sheet = read_workbook(filled).sheets[0]
        return [dict(zip(sheet.header.cells, row.cells, strict=False)) for row in sheet.rows]

    def at_the_centre(self) -> dict[str, str]:
        """What is in work there: telephone by code."""
        engine = make_engine(self.centre_url)
        with reading(engine) as session:
            phones = {
                edition.implementation_code: edition.content["consultation_channels"][0]["value"]
                for edition in session.exec(select(ImplementationEdition)).all()
                if "consultation_channels" in edition.content
            }
        engine.dispose()
        return phones


@pytest.fixture
def office(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with server.copy_of(server.template("county", found_county)) as url:
        engine = make_engine(url)
        with unit_of_work(engine) as session:
            key = key_for(session, Role.COUNTY_OFFICE, region=BANNER, at=datetime.now(UTC))
        engine.dispose()
        app = create_app(Settings(database_url=url, replica_of=None, snapshots=tmp_path / "snapshots"))
        with listening(app) as (host, port):
            monkeypatch.setenv("CATALOG_DATABASE_URL", f"sqlite:///{tmp_path / 'copy.db'}")
            monkeypatch.setenv("CATALOG_REPLICA_OF", f"http://{host}:{port}")
            monkeypatch.setenv("CATALOG_REPLICA_REGION", BANNER)
            monkeypatch.setenv("CATALOG_REPLICA_KEY", key["Authorization"].removeprefix("Bearer "))
            monkeypatch.setenv("COLUMNS", "300")
            yield Office(tmp_path, url)


def with_phone(rows: list[dict[str, str]], phone: str) -> bytes:
    """The same sheet with another telephone number."""
    return workbook_of({"实施清单": [row | {"咨询方式": f"电话：{phone}"} for row in rows]})


def lines(*phones: str, agency: int = 0) -> str:
    """Rows as NDJSON, one for each telephone number."""
    return "\n".join(
        json.dumps(
            {
                "record_id": f"r{place}", "agency_code": AGENCIES[agency + place], "exercise_level": "4",
                "basic_code": "150709002000",
                "local": OFFERED | {"consultation_channels": [{"way": "telephone", "value": phone}]},
            }
        )
        for place, phone in enumerate(phones)
    )  # fmt: skip


def test_the_same_file_again_doubles_nothing_on_the_next_day_either_and_is_told_from_a_new_push(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = office.file("ours.ndjson", lines("0483-8310001", "0483-8310002", "0483-8310003"))

    first = office.types("push", "implementations", file, "--receipts", str(office.folder / "first.ndjson"))
    midnight = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(pushing, "now", lambda: midnight)
    again = office.types("push", "implementations", file, "--receipts", str(office.folder / "again.ndjson"))

    assert first.exit_code == FINE, first.output
    assert "已成草稿 drafted 3" in first.output
    assert (office.folder / "first.ndjson").read_bytes() == (office.folder / "again.ndjson").read_bytes()
    assert again.exit_code == FINE
    assert "的回执" not in first.output
    assert f"以上有 3 行是{civil_day(datetime.now(UTC))}" in again.output
    anew = office.types("push", "implementations", file, "--key", "anew-0001")
    assert "无变化 unchanged 3" in anew.output
    assert "的回执" not in anew.output
    assert sorted(office.at_the_centre().values()) == ["0483-8310001", "0483-8310002", "0483-8310003"]


def test_a_row_that_is_refused_is_named_with_both_values_and_the_exit_code_says_so(office: Office) -> None:
    loose = {
        "record_id": "slow", "agency_code": AGENCIES[5], "exercise_level": "4", "basic_code": "150709002000",
        "local": OFFERED | {"promised_limit": {"amount": 90, "unit": "working_day"}},
    }  # fmt: skip
    file = office.file("ours.ndjson", lines("0483-8310001") + "\n" + json.dumps(loose))

    result = office.types("push", "implementations", file)

    assert result.exit_code == NOT_ALL_TAKEN, result.output
    assert "已成草稿 drafted 1；拒绝 refused 1" in result.output
    assert "slow" in result.output
    assert "90" in result.output
    assert len(office.at_the_centre()) == 1


def test_a_workbook_in_the_template_is_held_against_the_copy_and_pushed(office: Office) -> None:
    rows = [good_row(number)[0] for number in (1, 2, 3)]
    file = office.file("list.xlsx", workbook_of({"实施清单": rows}))
    office.types("pull")

    tried = office.types("push", "implementations", file, "--dry-run")
    pushed = office.types("push", "implementations", file)

    assert (tried.exit_code, pushed.exit_code) == (FINE, FINE), tried.output + pushed.output
    assert "已成草稿 drafted 3" in pushed.output
    assert set(office.at_the_centre().values()) == {f"0483-83{number:05}" for number in (1, 2, 3)}


def test_a_row_of_a_workbook_that_the_standard_forbids_is_not_sent_and_shown_with_its_cell(office: Office) -> None:
    rows = [good_row(1)[0], good_row(2)[0] | {"承诺办结时限": 90}]
    file = office.file("list.xlsx", workbook_of({"实施清单": rows}))
    office.types("pull")

    result = office.types("push", "implementations", file)

    assert result.exit_code == NOT_ALL_TAKEN
    assert "未上报 not sent" in result.output
    assert "实施清单!" in result.output
    assert list(office.at_the_centre().values()) == ["0483-8300001"]


def test_the_national_exchange_tables_are_pushed(office: Office) -> None:
    row = {
        "task_code": AGENCIES[7] + "4" + "150709003000", "task_name": "临时身份证办理", "link_way": "0483-8319999",
        "promise_day": 9, "promise_type": "工作日", "power_source": "1",
    }  # fmt: skip
    file = office.file("national.xlsx", workbook_of({"up_task_general_basic": [row]}))
    office.types("pull")

    result = office.types("push", "implementations", file)

    assert result.exit_code == FINE, result.output
    assert "已成草稿 drafted 1" in result.output


def test_a_sheet_taken_before_a_change_at_the_centre_is_a_conflict_and_one_taken_after_it_is_not(
    office: Office,
) -> None:
    code = office.publishes("0483-8310001")
    office.types("pull")
    in_january = office.sheet_of(code)
    office.publishes("0483-8310002")
    office.types("pull")
    in_march = office.sheet_of(code)

    late = office.types("push", "implementations", office.file("january.xlsx", with_phone(in_january, "0483-8310003")))
    as_it_is = office.types("push", "implementations", office.file("march.xlsx", workbook_of({"实施清单": in_march})))
    new = office.types("push", "implementations", office.file("march.xlsx", with_phone(in_march, "0483-8310003")))

    assert late.exit_code == NOT_ALL_TAKEN
    assert "冲突 conflict 1" in late.output
    assert "上次读取的是第 1 版，此处现为第 2 版" in late.output
    assert (as_it_is.exit_code, new.exit_code) == (FINE, FINE), as_it_is.output + new.output
    assert "没有可上报的行" in as_it_is.output
    assert "已成草稿 drafted 1" in new.output


def test_a_sheet_that_does_not_say_what_was_read_is_a_conflict_unless_the_office_says_it_has_read_the_copy(
    office: Office,
) -> None:
    code = office.publishes("0483-8310001")
    office.types("pull")
    rows = [{name: text for name, text in row.items() if name != "取出时版本"} for row in office.sheet_of(code)]
    file = office.file("old.xlsx", with_phone(rows, "0483-8310003"))

    silent = office.types("push", "implementations", file)
    said = office.types("push", "implementations", file, "--as-of-copy")

    assert "未读取过本事项；现为第 1 版" in silent.output
    assert "--as-of-copy" in silent.output
    assert "已成草稿 drafted 1" in said.output


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("ours.ndjson", "{", "不是一行 JSON"),
        ("ours.ndjson", "[1]", "应为 JSON 对象"),
        ("ours.ndjson", '{"x": NaN}', "不是一行 JSON"),
        ("ours.ndjson", '{"x": "\\ud800"}', "不是一行 JSON"),
        ("list.xlsx", b"PK no workbook", "list-unreadable"),
        ("list.xlsx", workbook_of({"实施清单": [good_row(1)[0]]}), "sync pull"),
        ("empty.ndjson", "", "没有可上报的行"),
    ],
)
def test_what_cannot_be_read_is_said_before_anything_is_sent(
    office: Office, name: str, content: bytes | str, said: str
) -> None:
    result = office.types("push", "implementations", office.file(name, content))

    assert said in result.output
    assert office.at_the_centre() == {}


def test_with_the_centre_away_a_script_is_told_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_REPLICA_OF", "http://127.0.0.1:9")
    monkeypatch.setenv("CATALOG_REPLICA_TIMEOUT_SECONDS", "0.2")

    result = office.types("push", "implementations", office.file("ours.ndjson", lines("0483-8310001")))

    assert result.exit_code == AWAY


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No centre: nothing gets so far that one is asked."""
    monkeypatch.setenv("CATALOG_REPLICA_OF", "http://127.0.0.1:9")
    monkeypatch.setenv("CATALOG_DATABASE_URL", "sqlite:///:memory:")
    monkeypatch.setenv("COLUMNS", "300")


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(
    ("words", "bound", "said"),
    [
        ((), "LARGEST", "文件有 0.0 MB"),
        (("--whole",), "MOST_AT_ONCE", "--whole"),
    ],
)
def test_what_is_larger_than_the_centre_takes_is_refused_whole_and_never_cut(
    words: tuple[str, ...], bound: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ours.ndjson"
    file.write_text("{}\n{}\n")
    monkeypatch.setattr(pushing, bound, 1)

    result = CliRunner().invoke(command_line, ["sync", "push", "implementations", str(file), *words])

    assert result.exit_code == NOT_ALL_TAKEN
    assert said in result.output


def test_ndjson_is_read_as_far_as_the_centre_takes_it_not_as_far_as_a_workbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ours.ndjson"
    file.write_text("{}\n" * 10)
    monkeypatch.setattr(pushing, "MAX_BYTES", 6)

    assert pushing._content(file) == file.read_bytes()
