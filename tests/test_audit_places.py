"""service-catalog audit: where a report may go, and that nothing half-written stays when it cannot."""

import csv
import os
import re
import signal
from pathlib import Path

import pytest
from auditing import EXCERPT, Audit, audit_here, excerpt, process, written

from service_catalog.exchange.report import ReportFiles

pytestmark = pytest.mark.sqlite_is_enough

OLD = "an older report"
LONG, UNDER_WAY = 60_000, r"[1-9]\d*/60000"


@pytest.fixture
def audit(seeded_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Audit:
    """Audit over the seeded catalogue, in an empty folder."""
    monkeypatch.setenv("CATALOG_DATABASE_URL", seeded_url)
    monkeypatch.chdir(tmp_path)
    return audit_here


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--output", "nowhere/report.json"), "没有文件夹"),
        (("--output", "list.csv"), "输入与输出须是不同的文件"),
        (("--output", "./sub/../list.csv"), "输入与输出须是不同的文件"),
        (("--output", "same.csv", "--csv", "same.csv"), "输入与输出须是不同的文件"),
        (("--output", "r.json", "--csv", "same.csv", "--matches", "same.csv"), "输入与输出须是不同的文件"),
        (("--output", "sub"), "directory"),
        (("--output", "pipe"), "不是普通文件"),
        (("--output", "r.json", "--matches", "pipe"), "不是普通文件"),
    ],
)
def test_a_place_that_cannot_take_a_report_is_refused_before_any_work(
    audit: Audit, words: tuple[str, ...], sentence: str
) -> None:
    list_file = written("许可,1")
    Path("sub").mkdir()
    os.mkfifo("pipe")
    before = sorted(Path.cwd().rglob("*"))

    result = audit(list_file, *words)

    assert result.exit_code == 2
    assert sentence in re.sub(r"[\s│]+", "", result.output)
    assert sorted(Path.cwd().rglob("*")) == before
    assert Path("pipe").is_fifo()


def test_a_name_too_long_for_the_disk_is_said_kindly_and_before_any_work(audit: Audit) -> None:
    result = audit(written("许可,1"), "--csv", "r" * 300)

    assert result.exit_code == 1
    assert "报告不能写入" in result.output
    assert [path.name for path in Path.cwd().iterdir()] == ["list.csv"]


def many_rows(path: Path) -> Path:
    """A list long enough that an audit of it takes a while."""
    rows = excerpt()
    *columns, _ = rows[0]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for number in range(LONG):
            row = rows[number % len(rows)]
            writer.writerow([f"{row['name']}{number}" if name == "name" else row[name] for name in columns])
    return path


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_audit_that_is_ended_half_way_leaves_no_half_report(
    seeded_url: str, tmp_path: Path, by: signal.Signals
) -> None:
    list_file = many_rows(tmp_path / "long.csv")
    report = tmp_path / "report.json"
    report.write_text(OLD)

    with process(seeded_url, list_file, "--output", report, FORCE_COLOR="1", TERM="xterm", COLUMNS="80") as started:
        assert started.stderr is not None
        bar = ""
        while not re.search(UNDER_WAY, bar) and (more := os.read(started.stderr.fileno(), 4096)):
            bar += more.decode(errors="replace")
        started.send_signal(by)
        started.communicate(timeout=120)

    assert re.search(UNDER_WAY, bar)
    assert started.returncode != 0
    assert report.read_text() == OLD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.csv", "report.json"]


def test_a_disk_that_is_full_half_way_leaves_the_older_report(seeded_url: str, tmp_path: Path) -> None:
    list_file = written(*(f"许可{number},{number}" for number in range(3000)), name=str(tmp_path / "list.csv"))
    for name in ("report.json", "findings.csv"):
        (tmp_path / name).write_text(OLD)

    places = ("--output", tmp_path / "report.json", "--csv", tmp_path / "findings.csv")
    with process(seeded_url, list_file, *places, biggest_file=300_000) as started:
        _, complaint = started.communicate(timeout=120)

    assert (started.returncode, complaint.startswith("报告不能写入")) == (1, True)
    assert [(tmp_path / name).read_text() for name in ("report.json", "findings.csv")] == [OLD, OLD]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_place_that_is_lost_meanwhile_leaves_nothing_behind(tmp_path: Path) -> None:
    report, findings = tmp_path / "report.json", tmp_path / "findings.csv"

    with ReportFiles(report, findings) as files:
        report.mkdir()
        with pytest.raises(IsADirectoryError):
            files.finish({})

    assert list(tmp_path.iterdir()) == [report]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "文件中没有内容"),
        (b"PK\x03\x04", "这是工作簿（Excel）或压缩文件"),
        ("名称,编码\n许可\n".encode(), "第2行row2：有1列，表头有2列"),
        ("名称,备注\n许可,1\n".encode(), "缺少列：编码"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_its_place_and_leaves_no_report(
    audit: Audit, content: bytes, sentence: str
) -> None:
    Path("list.csv").write_bytes(content)

    result = audit("list.csv")

    printed = re.sub(r"\s", "", result.output)
    assert (result.exit_code, "list-unreadable" in printed, sentence in printed) == (8, True, True)
    assert [path.name for path in Path.cwd().iterdir()] == ["list.csv"]


def test_a_list_that_is_not_there_is_a_wrong_command_line(audit: Audit) -> None:
    assert audit("nothing.csv").exit_code == 2


def test_without_a_catalogue_the_audit_says_how_to_make_one_and_makes_none(
    audit: Audit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_URL", f"sqlite:///{tmp_path / 'no.db'}")

    result = audit(EXCERPT)

    assert (result.exit_code, "service-catalog init" in result.output) == (5, True)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_named_with_its_setting(
    audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")

    result = audit(EXCERPT)

    assert (result.exit_code, "CATALOG_DATABASE_URL" in result.output) == (5, True)
