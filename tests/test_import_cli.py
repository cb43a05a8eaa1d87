"""service-catalog import and template, as somebody at the machine uses them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import BANNER, BANNER_BUREAU, ITEM
from county import editions, workbook_of
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from service_catalog.cli import app
from service_catalog.exchange.workbook import read_workbook

CODE = BANNER_BUREAU + "4" + ITEM
GOOD = {"事项名称": "居住证申领", "实施主体编码": BANNER_BUREAU, "到办事现场次数": 0}
BAD = {"事项名称": "居住证明办理", "实施主体编码": BANNER_BUREAU}
Command = Callable[..., Result]


@pytest.fixture
def run(small_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
    runner = CliRunner()
    return lambda *words: runner.invoke(app, [str(word) for word in words])


def test_a_file_is_tried_then_applied_and_then_says_nothing_new(engine: Engine, run: Command, tmp_path: Path) -> None:
    file, report = tmp_path / "清单.xlsx", tmp_path / "report.json"
    file.write_bytes(workbook_of({"实施清单": [GOOD, BAD]}))

    tried = run("import", file, "--by", "编辑甲", "--report", report, "--annotated", tmp_path / "copy.xlsx")
    digest = json.loads(report.read_text(encoding="utf-8"))["digest"]
    nothing = editions(engine)
    whole = run("import", file, "--by", "编辑甲", "--apply", digest)
    good = run("import", file, "--by", "编辑甲", "--apply", digest, "--only-good-rows")
    again = run("import", file, "--by", "编辑甲", "--report", report)

    assert tried.exit_code == 8
    assert digest in tried.output
    assert "实施清单!A3" in tried.output
    assert nothing == {}
    assert whole.exit_code == 8
    assert good.exit_code == 0, good.output
    assert "已接收 received 1" in good.output
    assert [state for _, state, _ in editions(engine)[CODE]] == ["draft"]
    assert "没有变化 unchanged 1" in again.output
    assert read_workbook((tmp_path / "copy.xlsx").read_bytes()).sheets[0].header.cells[-1] == "结果"


def test_a_digest_of_another_time_is_refused(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(workbook_of({"实施清单": [GOOD]}))

    answer = run("import", file, "--by", "编辑甲", "--apply", "0" * 64)

    assert answer.exit_code == 6


def test_a_list_without_agencies_says_whose_it_is_once(engine: Engine, run: Command, tmp_path: Path) -> None:
    file, report = tmp_path / "list.csv", tmp_path / "report.json"
    file.write_text("事项名称,办件类型,到办事现场次数\n居住证申领,承诺件,0\n", encoding="utf-8")

    run("import", file, "--by", "编辑甲", "--agency", BANNER_BUREAU, "--report", report)
    digest = json.loads(report.read_text(encoding="utf-8"))["digest"]
    done = run("import", file, "--by", "编辑甲", "--agency", BANNER_BUREAU, "--apply", digest, "--submit")

    assert done.exit_code == 0, done.output
    assert [state for _, state, _ in editions(engine)[CODE]] == ["submitted"]


def test_what_is_handed_in_for_review_keeps_the_rules_and_words_of_the_site(
    engine: Engine, run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_LINT_SEVERITIES", '{"hidden_demand": "error"}')
    monkeypatch.setenv("CATALOG_LINT_WORDS", '{"hidden_demand_local": ["盖指模"]}')
    file, report = tmp_path / "list.xlsx", tmp_path / "report.json"
    file.write_bytes(workbook_of({"实施清单": [GOOD | {"备注说明": "到窗口盖指模"}]}))

    run("import", file, "--by", "编辑甲", "--report", report)
    digest = json.loads(report.read_text(encoding="utf-8"))["digest"]
    refused = run("import", file, "--by", "编辑甲", "--apply", digest, "--submit")

    assert refused.exit_code == 8, refused.output
    assert "/local_notes" in refused.output
    assert editions(engine) == {}


def test_applying_without_a_digest_asks_for_a_dry_run(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(workbook_of({"实施清单": [GOOD]}))

    answer = run("import", file, "--by", "编辑甲", "--apply", "")

    assert answer.exit_code == 6
    assert "须先试查" in answer.output


def test_a_file_that_is_no_list_is_refused(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "photo.xlsx"
    file.write_bytes(b"PK\x03\x04 no")

    answer = run("import", file, "--by", "编辑甲")

    assert answer.exit_code == 8
    assert "工作簿已损坏" in answer.output


def test_outputs_do_not_write_over_the_file(run: Command, tmp_path: Path) -> None:
    file, content = tmp_path / "list.xlsx", workbook_of({"实施清单": [GOOD]})
    file.write_bytes(content)

    assert run("import", file, "--by", "甲", "--annotated", file).exit_code == 2
    assert file.read_bytes() == content


@pytest.mark.parametrize("options", [["--empty"], ["--agency", BANNER_BUREAU], ["--region", BANNER]])
def test_a_template_is_written(run: Command, tmp_path: Path, options: list[str]) -> None:
    file = tmp_path / "模板.xlsx"

    answer = run("template", file, *options)

    assert answer.exit_code == 0, answer.output
    assert read_workbook(file.read_bytes()).sheets[0].name == "实施清单"
    assert run("template", file).exit_code == 2
