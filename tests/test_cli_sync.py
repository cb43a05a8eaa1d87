"""sync pull, status, verify: what they say, and the exit codes that a script can use."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import BANNER_BUREAU, EDITOR, TOWNSHIP, TOWNSHIP_STATION, agency_facts, publish_local
from live import listening
from sqlalchemy import text
from sqlmodel import Session
from storms import make_empty_copy
from typer.testing import CliRunner, Result

from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.app import create_app
from service_catalog.cli import app as command_line
from service_catalog.kernel.database import make_engine, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.settings import Settings

pytestmark = pytest.mark.sqlite_is_enough

FINE, USAGE, DIFFERS, CONFLICT, REFUSED, AWAY, STALE = 0, 2, 3, 5, 8, 9, 11


class Office:
    """A county office with a copy, which types commands."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def types(self, *words: str) -> Result:
        return CliRunner().invoke(command_line, ["sync", *words])

    def spoil(self, statement: str, **values: object) -> None:
        """Do something to the copy behind its back."""
        engine = make_engine(f"sqlite:///{self.file}", checks_references=False)
        with unit_of_work(engine) as session:
            session.execute(text(statement), values)
        engine.dispose()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_empty_copy(tmp_path_factory.mktemp("copy") / "empty.db")


@pytest.fixture
def office(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    file = tmp_path / "copy.db"
    file.write_bytes(template.read_bytes())
    environment = {
        "DATABASE_URL": f"sqlite:///{file}", "REPLICA_REGION": TOWNSHIP, "REPLICA_OF": "http://127.0.0.1:9",
        "REPLICA_TIMEOUT_SECONDS": "20", "REPLICA_LONGEST_PAUSE_SECONDS": "0.01",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(f"CATALOG_{name}", value)
    monkeypatch.setenv("COLUMNS", "300")
    return Office(file)


@pytest.fixture
def guide(session: Session) -> str:
    code = publish_local(session, TOWNSHIP_STATION, "5")
    publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    return code


@pytest.fixture
def centre(guide: str, small_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with centre_at(small_url, tmp_path) as address:
        monkeypatch.setenv("CATALOG_REPLICA_OF", address)
        yield address


@contextmanager
def centre_at(url: str, folder: Path) -> Iterator[str]:
    with listening(create_app(Settings(database_url=url, replica_of=None, snapshots=folder / "snapshots"))) as (
        host,
        port,
    ):
        yield f"http://{host}:{port}"


def test_the_first_pull_takes_a_snapshot_the_next_what_has_changed(
    office: Office, centre: str, session: Session
) -> None:
    first = office.types("pull")
    second = office.types("pull")
    at = datetime.now(UTC)
    publish_local(session, TOWNSHIP_STATION, "5", at=at, effective_from=civil_day(at))
    session.commit()
    third = office.types("pull")

    assert [result.exit_code for result in (first, second, third)] == [FINE] * 3, first.output
    assert "快照 snapshot" in first.output
    assert "变更 changes：0 条" in second.output
    assert "变更 changes：1 条" in third.output


def test_what_is_pulled_is_verified(office: Office, centre: str) -> None:
    office.types("pull")

    verified, told = office.types("verify"), office.types("status")

    assert (verified.exit_code, told.exit_code) == (FINE, FINE), verified.output + told.output
    assert "一致" in verified.output
    assert "1 次请求" in verified.output
    assert "已是最新" in told.output
    assert centre in told.output


def test_what_was_changed_behind_its_back_is_found_by_its_code(office: Office, centre: str, guide: str) -> None:
    office.types("pull")
    office.spoil("UPDATE agency_facts SET content = '{}' WHERE agency_code = :code", code=TOWNSHIP_STATION)
    office.spoil("DELETE FROM implementation_edition WHERE implementation_code = :code", code=guide)

    result = office.types("verify")

    assert result.exit_code == DIFFERS
    assert f"agency {TOWNSHIP_STATION}：内容不同" in result.output
    assert f"implementation {guide}：副本没有" in result.output


def test_a_copy_that_is_behind_says_how_far(office: Office, centre: str, session: Session) -> None:
    office.types("pull")
    at = datetime.now(UTC)
    for name in ("一所", "二所"):
        body = find_agency(session, TOWNSHIP_STATION)
        state_facts(session, body, agency_facts(name), effective_from=civil_day(at), by=EDITOR, at=at)
    session.commit()

    told, verified = office.types("status"), office.types("verify")

    assert (told.exit_code, verified.exit_code) == (FINE, DIFFERS)
    assert "落后 behind 2" in told.output
    assert "先 pull 再核对" in verified.output


@pytest.mark.parametrize("words", [("pull",), ("verify",)])
def test_with_the_centre_away_a_script_is_told_so(
    office: Office, centre: str, words: tuple[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    office.types("pull")
    monkeypatch.setenv("CATALOG_REPLICA_OF", "http://127.0.0.1:9")

    result = office.types(*words, "--from", "http://127.0.0.1:9")

    assert result.exit_code == AWAY, result.output
    assert "centre" in result.output


def test_the_status_of_a_copy_needs_no_centre(office: Office, small_url: str, guide: str, tmp_path: Path) -> None:
    with centre_at(small_url, tmp_path) as address:
        office.types("pull", "--from", address)

    result = office.types("status", "--from", address)

    assert result.exit_code == FINE, result.output
    assert "中心未应答" in result.output


def test_data_that_are_too_old_have_a_code_of_their_own(office: Office, centre: str) -> None:
    assert office.types("status").exit_code == STALE
    assert office.types("verify").exit_code == DIFFERS
    office.types("pull")
    office.spoil("UPDATE replica_state SET confirmed_at = datetime(confirmed_at, :ago)", ago="-61 minutes")

    result = office.types("status")

    assert result.exit_code == STALE
    assert office.types("pull").exit_code == FINE
    assert office.types("status").exit_code == FINE


def test_a_catalogue_of_its_own_is_not_overwritten(
    office: Office, centre: str, monkeypatch: pytest.MonkeyPatch, small_url: str
) -> None:
    if not small_url.startswith("sqlite"):
        monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
        assert office.types("pull").exit_code == USAGE
        return
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)

    result = office.types("pull")

    assert result.exit_code == CONFLICT
    assert "no-copy" in result.output
    assert CliRunner().invoke(command_line, ["serve", "--replica-of", centre]).exit_code == CONFLICT


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("status", "--region", "abc"), "--region"),
        (("verify", "--region", "abc"), "--region"),
        (("pull", "--from", "ftp://centre"), "--from"),
        (("status", "--from", "http://me@centre/"), "--from"),
    ],
)
def test_a_wrong_option_is_named_and_refused(office: Office, words: tuple[str, ...], option: str) -> None:
    result = office.types(*words)

    assert result.exit_code == REFUSED, result.output
    assert option in result.output


def test_a_wrong_name_or_variable_is_named_and_a_wrong_key_not_shown(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = CliRunner().invoke(command_line, ["serve", "--name", "终端1"])
    monkeypatch.setenv("CATALOG_REPLICA_KEY", "alxa_secret with blank")
    key = office.types("status")
    monkeypatch.setenv("CATALOG_REPLICA_REGION", "abc")
    region = office.types("status")

    assert [result.exit_code for result in (served, key, region)] == [REFUSED] * 3
    assert "--name" in served.output
    assert "CATALOG_REPLICA_KEY" in key.output
    assert "secret" not in key.output
    assert "CATALOG_REPLICA_REGION" in region.output


def test_a_copy_has_a_centre(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CATALOG_REPLICA_OF")

    assert [office.types(word).exit_code for word in ("pull", "status", "verify")] == [USAGE] * 3


def test_another_region_is_another_copy(office: Office, centre: str, guide: str) -> None:
    office.types("pull", "--region", TOWNSHIP)

    result = office.types("pull", "--region", "152900000000")

    assert "快照 snapshot" in result.output
    assert office.types("verify", "--region", "152900000000").exit_code == FINE
