"""service-catalog audit: the command over the seeded catalogue, on an excerpt of a list that somebody really published."""

import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from auditing import EXCERPT, Audit, audit_here, excerpt, process, report_of, written
from rich.cells import cell_len
from sqlalchemy import select
from sqlmodel import Session, SQLModel
from starlette.testclient import TestClient
from stdnum.cn import uscc

from service_catalog.kernel.database import make_engine

pytestmark = pytest.mark.sqlite_is_enough


@pytest.fixture
def audit(seeded_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Audit:
    """Audit over the seeded catalogue, in an empty folder."""
    monkeypatch.setenv("CATALOG_DATABASE_URL", seeded_url)
    monkeypatch.chdir(tmp_path)
    return audit_here


def sheet(path: str) -> list[dict[str, str]]:
    content = Path(path).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(content.decode("utf-8-sig").splitlines(keepends=True)))


def content_of(url: str) -> str:
    """A digest of everything in the database."""
    engine = make_engine(url)
    with Session(engine) as session:
        tables = SQLModel.metadata.sorted_tables
        everything = {table.name: sorted(map(str, session.execute(select(table)))) for table in tables}
    engine.dispose()
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()


def test_the_report_says_what_was_read_and_what_it_was_held_against(audit: Audit) -> None:
    report = report_of(audit(EXCERPT))

    assert list(report) == ["format", "made_at", "file", "catalogue", "summary", "findings", "matches"]
    assert report["format"] == "service-catalog audit 1"
    assert report["file"]["sha256"] == hashlib.sha256(EXCERPT.read_bytes()).hexdigest()
    assert report["file"]["encoding"] == "utf-8"
    assert report["file"]["columns"]["used"]["local_code"] == "local_item_code"
    assert report["file"]["columns"]["not_used"] == ["url"]
    assert report["catalogue"]["items"] == 99
    assert set(report["findings"][0]) - {"parts"} == {
        "row", "column", "rule", "severity", "value", "zh", "en", "suggestion",
    }  # fmt: skip


def test_the_figures_are_those_that_anybody_can_count_in_the_list(audit: Audit) -> None:
    rows = excerpt()
    agencies = [row["agency_code"] for row in rows]
    right = [code for code in agencies if code.isupper() + code.isdigit() and uscc.is_valid(code)]
    names = Counter(row["name"] for row in rows)
    half = [set("()") & set(row["name"]) and not set("（）") & set(row["name"]) for row in rows]
    both = [set("()") & set(row["name"]) and set("（）") & set(row["name"]) for row in rows]

    summary = report_of(audit(EXCERPT))["summary"]

    count = {(rule["rule"], rule["column"]): rule["count"] for rule in summary["rules"]}
    assert summary["rows"] == len(rows) == 49
    assert summary["item_types"] == Counter(row["item_type_code"] for row in rows)
    assert summary["agency_forms"]["credit_code"] == len(right)
    assert summary["agency_forms"]["agency_cut_off"] == sum(len(code) == 17 for code in agencies)
    assert summary["agency_forms"]["agency_tail"] == sum("_" in code for code in agencies)
    assert summary["agency_forms"]["agency_lower_case"] == sum(code.endswith("u") for code in agencies)
    assert summary["repeated_names"] == sum(number > 1 for number in names.values()) == 2
    assert summary["repeated_codes"] == 0
    assert count["name_duplicate", "name"] == sum(number for number in names.values() if number > 1)
    assert count["item_type_no_leading_zero", "item_type_code"] == sum(len(row["item_type_code"]) == 1 for row in rows)
    assert count["brackets_half_width", "name"] == sum(map(bool, half))
    assert count["brackets_mixed", "name"] == sum(map(bool, both))


def test_every_row_whose_agency_is_not_the_one_inside_its_code_is_told(audit: Audit) -> None:
    inside = re.compile(r".+-\d{12}-\d{3}-(.+)-\d-\d\d")
    cut = [(row["agency_code"], inside.fullmatch(row["local_item_code"])) for row in excerpt()]
    unequal = sum(match is not None and match[1] != agency for agency, match in cut)

    findings = report_of(audit(EXCERPT))["findings"]

    rules = ("agency_differs", "agency_same_body", "agency_within_code")
    assert sum(one["rule"] in rules for one in findings) == unequal > 0


def test_the_sums_of_the_report_agree_with_its_findings(audit: Audit) -> None:
    report = report_of(audit(EXCERPT))

    summary, findings = report["summary"], report["findings"]
    assert summary["findings"] == Counter(one["severity"] for one in findings)
    assert {(rule["rule"], rule["column"]): rule["count"] for rule in summary["rules"]} == Counter(
        (one["rule"], one["column"]) for one in findings
    )
    assert summary["matches"] == Counter(one["match"] for one in report["matches"])
    assert sum(department["rows"] for department in summary["departments"]) == summary["rows"]
    assert [one["row"] for one in report["matches"]] == list(range(2, 51))


def test_nothing_is_repaired_every_value_stands_in_its_cell_as_reported(audit: Audit) -> None:
    rows = excerpt()

    for one in report_of(audit(EXCERPT))["findings"]:
        assert one["value"] in rows[one["row"] - 2][one["column"]]


def test_rows_are_compared_with_the_catalogue_exactly_nearly_or_not(audit: Audit) -> None:
    matches = {one["name"]: one for one in report_of(audit(EXCERPT))["matches"]}

    found = {name: (one["match"], [best["name"] for best in one["candidates"][:1]]) for name, one in matches.items()}
    assert found["教师资格认定"] == ("exact", ["教师资格认定"])
    assert found["企业投资项目备案（技术改造）（市级/县级）"] == ("qualified", ["企业投资项目备案"])
    assert found["道路货运经营许可（注销）"] == ("alike", ["道路货物运输经营许可"])
    assert found["律师及律所信息查询"] == ("none", [])


def test_an_everyday_name_finds_the_item_that_answers_to_it(audit: Audit) -> None:
    (match,) = report_of(audit(written("扯证,1")))["matches"]

    assert (match["match"], [best["name"] for best in match["candidates"]]) == ("alias", ["结婚登记"])


def test_a_stricter_threshold_leaves_fewer_names_alike(audit: Audit) -> None:
    usual = report_of(audit(EXCERPT))["summary"]["matches"]
    strict = report_of(audit(EXCERPT, "--threshold", "88"))["summary"]["matches"]

    assert 0 < strict["alike"] < usual["alike"]
    assert strict["exact"] == usual["exact"]


def test_a_list_of_our_own_implementations_has_nothing_to_correct(audit: Audit, seeded: TestClient) -> None:
    own = seeded.get("/v1/implementations", params={"limit": 50}).json()["items"]
    rows = [f"{one['name']},{one['implementation_code']}" for one in own]
    path = Path("own.csv")
    path.write_text("\n".join(["事项名称,实施编码", *rows, ""]), encoding="gb18030")

    report = report_of(audit(path))

    rules = {one["rule"] for one in report["findings"]}
    assert report["summary"]["matches"] == {"exact": 50}
    assert rules <= {"name_duplicate", "agency_placeholder"}


def test_neither_the_list_nor_anything_in_the_catalogue_is_changed(audit: Audit, seeded_url: str) -> None:
    catalogue, published = content_of(seeded_url), EXCERPT.read_bytes()

    report_of(audit(EXCERPT, "--csv", "findings.csv", "--matches", "matches.csv"))

    assert content_of(seeded_url) == catalogue
    assert EXCERPT.read_bytes() == published
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["findings.csv", "matches.csv", "report.json"]


@pytest.mark.parametrize("width", [80, 140])
def test_the_tables_fit_a_narrow_and_a_wide_terminal(seeded_url: str, tmp_path: Path, width: int) -> None:
    with process(seeded_url, EXCERPT, "--output", tmp_path / "r.json", COLUMNS=str(width)) as started:
        printed, complaint = started.communicate(timeout=120)

    *report, last = printed.splitlines()
    assert (started.returncode, complaint) == (0, "")
    assert max(map(cell_len, report)) <= width
    assert last.startswith(f"已写入 written: {tmp_path / 'r.json'}")
    assert "共 49 行 rows；只报告，未作任何改动" in printed
    assert "1151130108778239R →" in printed
    assert "11511301008778239R?" in printed
    assert "区自然资源和规划局" in printed
    assert "请原发布单位核对后更正" in printed


def test_findings_and_matches_open_in_excel_with_one_line_each(audit: Audit) -> None:
    report = report_of(audit(EXCERPT, "--csv", "findings.csv", "--matches", "matches.csv"))

    findings, matches = sheet("findings.csv"), sheet("matches.csv")
    content = next(column for column in findings[0] if column.startswith("内容"))
    assert [(line["行"], line["规则"]) for line in findings] == [
        (str(one["row"]), one["rule"]) for one in report["findings"]
    ]
    assert [line[content].removeprefix("'") for line in findings] == [one["value"] for one in report["findings"]]
    assert all(line["怎么办"] for line in findings)
    assert {line["事项名称"]: line["候选基本编码"] for line in matches}["教师资格认定"] != ""
    assert len(matches) == sum(len(one["candidates"]) or 1 for one in report["matches"])


def test_excel_computes_and_rewrites_nothing_of_what_a_list_contains(audit: Audit) -> None:
    evil = ["=HYPERLINK(1)", "+1", "-1+2", "@SUM(1)", " =1", "＝1", "＋1", "\t=1", "083372204", "1-2", "12E3"]
    path = written(
        *(f'"{text}","{text}"' for text in evil), '"许可\r=1","4\n=2"', "3946653276082720768,115113010087783353"
    )

    report_of(audit(path, "--csv", "findings.csv", "--matches", "matches.csv"))

    cells = [cell for name in ("findings.csv", "matches.csv") for line in sheet(name) for cell in line.values()]
    assert {f"'{text}" for text in evil} <= set(cells)
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(tuple("=+-@＝＋－＠\t\r"))]
    assert not [cell for cell in cells if re.fullmatch(r"0\d+|\d{16,}|\d+-\d+|\d+E\d+", cell)]


def test_a_list_cannot_steer_the_terminal(audit: Audit) -> None:
    path = written("\x1b[2J\x1b]0;x\x07[bold red]许可[/] :smile:,\x1b[31m1", name="\x1b[2Jlist.csv")

    result = audit(path)

    report_of(result)
    assert "\x1b[2J" not in result.output
    assert "\x07" not in result.output
    assert "⟨U+001B⟩" in result.output
    assert "[bold red]" in result.output
