"""service-catalog: the command line, on real databases and as a real process."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from builders import BANNER_BUREAU, ITEM, SEED_DATA, TOWNSHIP_STATION, agency_facts, item_plain
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from service_catalog import seeding
from service_catalog.app import create_app
from service_catalog.cli import app
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.kernel.database import make_engine
from service_catalog.settings import Settings

CODE = BANNER_BUREAU + "4" + ITEM
ROOT = SEED_DATA.parent
Command = Callable[..., Result]


@pytest.fixture
def run(small_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command over the small catalogue."""
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
    runner = CliRunner()
    return lambda *words: runner.invoke(app, [str(word) for word in words])


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Write a document a clerk would hand in."""

    def write(document: Any, name: str = "draft.yaml") -> Path:
        path = tmp_path / name
        path.write_text(
            document if isinstance(document, str) else yaml.safe_dump(document, allow_unicode=True), encoding="utf-8"
        )
        return path

    return write


@pytest.fixture
def few_seeds(tmp_path: Path) -> Path:
    """A small seed folder: the registers, all regions, one agency, one item, one implementation."""
    folder = tmp_path / "seeds"
    shutil.copytree(SEED_DATA / "calendar", folder / "calendar")
    for name in ("code_lists.json", "placeholder_schemes.json", "inheritance_matrix.json", "regions.csv"):
        shutil.copyfile(SEED_DATA / name, folder / name)
    agency = {
        "code": BANNER_BUREAU, "kind": "organ", "nature": "1", "region_code": "152921000000",
        "facts": agency_facts().model_dump(mode="json", exclude_none=True),
    }  # fmt: skip
    published = {"published_on": "2025-12-20", "effective_from": "2026-01-01"}
    claimed = {"agency_code": BANNER_BUREAU, "exercise_level": "4", "basic_code": ITEM}
    documents: dict[str, Any] = {
        "agencies/banner.yaml": {"agencies": [agency]},
        "basic_items/residence.yaml": {"basic_code": ITEM, **published, "content": item_plain()},
        "implementations/banner.yaml": {
            **published,
            "implementations": [{**claimed, "content": {"availability": {"status": "offered"}}}],
        },
    }
    for name, document in documents.items():
        (folder / name).parent.mkdir(exist_ok=True)
        shown = yaml.safe_dump(document, allow_unicode=True)
        (folder / name).write_text(re.sub(r"'(\d{4}-\d\d-\d\d)'", r"\1", shown), encoding="utf-8")
    return folder


def said(result: Result) -> str:
    """What was printed, without the line ends of a narrow terminal."""
    return re.sub(r"\s+", "", result.output)


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return said(result)


def rows(url: str) -> dict[str, int]:
    engine = make_engine(url)
    with Session(engine) as session:
        counted = {
            table.name: int(session.execute(select(func.count()).select_from(table)).scalar_one())
            for table in SQLModel.metadata.sorted_tables
        }
    engine.dispose()
    return counted


def process(
    url: str, *words: str, seeds: Path | None = None, code: str | None = None
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CATALOG_DATABASE_URL": url} | ({"CATALOG_SEED_DATA": str(seeds)} if seeds else {})
    program = ["-c", code] if code else ["-m", "service_catalog"]
    return subprocess.run(
        [sys.executable, *program, *words], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def test_a_local_part_goes_from_claim_to_the_public_guide(
    run: Command, file: Callable[..., Path], small_url: str
) -> None:
    draft = file({"availability": {"status": "offered"}, "on_site_visits": 0})

    assert CODE in done(run("implementations", "claim", BANNER_BUREAU, "4", ITEM, "--by", "编辑甲"))
    assert '"on_site_visits":0' in done(run("implementations", "check", CODE, draft))
    assert "第1版草稿draft" in done(run("implementations", "draft", CODE, draft, "--by", "编辑甲"))
    done(run("implementations", "submit", CODE, "--by", "编辑甲"))
    done(run("implementations", "send-back", CODE, "请核对", "--by", "审核乙"))
    assert "第2稿" in done(run("implementations", "revise", CODE, draft, "--by", "编辑甲"))
    done(run("implementations", "submit", CODE, "--by", "编辑甲"))
    own = run("implementations", "approve", CODE, "--by", "编辑甲")
    done(run("implementations", "approve", CODE, "--by", "审核乙", "--opinion", "同意"))
    done(run("implementations", "publish", CODE, "--by", "审核乙"))

    assert (own.exit_code, "approved-by-author" in said(own)) == (7, True)
    with TestClient(create_app(Settings(database_url=small_url))) as client:
        assert client.get(f"/v1/guides/{CODE}").json()["on_site_visits"] == 0


def test_a_standard_goes_from_its_code_to_publication_and_cancellation(
    run: Command, file: Callable[..., Path], small_url: str
) -> None:
    paper = ("--document-number", "阿署发〔2026〕1号", "--by", "编辑甲")
    code = done(run("codes", "allocate", "07", "09", *paper))
    assert re.fullmatch("150709[0-9]{3}000", code)
    draft = file(item_plain(name="居住登记"))
    done(run("items", "establish", code, "--title", "通知", *paper))
    done(run("items", "check", draft))
    done(run("items", "draft", code, draft, "--by", "编辑甲"))
    done(run("items", "revise", code, draft, "--by", "编辑甲"))
    done(run("items", "submit", code, "--by", "编辑甲"))
    done(run("items", "approve", code, "--by", "审核乙"))
    assert "effectivefrom" in done(run("items", "publish", code, "--by", "审核乙"))
    reason = ("--reason", "机构改革", "--document-number", "阿署发〔2026〕2号", "--by", "审核乙")
    done(run("items", "suspend", code, *reason))
    done(run("items", "resume", code, *reason))
    done(run("items", "cancel", code, *reason))

    again = run("items", "cancel", code, *reason)
    assert (again.exit_code, "already-cancelled" in said(again)) == (5, True)


def test_every_verb_of_the_local_part_has_its_command(run: Command) -> None:
    wanted = {
        "items": {"take-back", "send-back", "discard", "withdraw", "suspend", "resume", "cancel"},
        "implementations": {"take-back", "send-back", "discard", "withdraw", "suspend", "resume", "cancel"},
    }

    missing = {
        (group, verb) for group, verbs in wanted.items() for verb in verbs if run(group, verb, "--help").exit_code
    }

    assert missing == set()


def test_a_refused_draft_names_the_element_and_writes_nothing(
    run: Command, file: Callable[..., Path], small_url: str
) -> None:
    done(run("implementations", "claim", BANNER_BUREAU, "4", ITEM, "--by", "编辑甲"))
    before = rows(small_url)
    refused: dict[str, tuple[dict[str, Any], str]] = {
        "adds a material": ({"materials": [{"key": "deed", "name": "房产证"}]}, "/materials/0"),
        "lengthens a limit": ({"promised_limit": {"amount": 12, "unit": "working_day"}}, "/promised_limit"),
        "across units": ({"promised_limit": {"amount": 2, "unit": "week"}}, "/promised_limit"),
        "changes the name": ({"name": "暂住证"}, "/name"),
        "malformed": ({"on_site_visits": "许多"}, "/on_site_visits"),
        "unknown": ({"wish": 1}, "/wish"),
    }
    for content, pointer in refused.values():
        draft = file({"availability": {"status": "offered"}} | content)
        for result in (
            run("implementations", "draft", CODE, draft, "--by", "编辑甲"),
            run("implementations", "check", CODE, draft),
        ):
            assert result.exit_code == 8, result.output
            assert pointer in said(result)
            assert "拒绝" in said(result)

    assert rows(small_url) == before


def test_a_standard_that_breaks_rules_is_not_submitted_and_each_place_is_named(
    run: Command, file: Callable[..., Path], small_url: str
) -> None:
    slow = file(item_plain(promised_limit={"amount": 20, "unit": "working_day"}, fees=[]))
    done(run("items", "draft", ITEM, slow, "--by", "编辑甲"))

    checked, submitted = run("items", "check", slow), run("items", "submit", ITEM, "--by", "编辑甲")

    assert (checked.exit_code, submitted.exit_code) == (8, 8)
    for result in (checked, submitted):
        assert "/promised_limit" in said(result)
        assert "/fees" in said(result)


def test_each_kind_of_refusal_has_its_exit_code(run: Command, file: Callable[..., Path]) -> None:
    offered, item = file({"availability": {"status": "offered"}}), file(item_plain(), "item.yaml")
    done(run("implementations", "claim", BANNER_BUREAU, "4", ITEM, "--by", "甲"))
    cases: list[tuple[tuple[object, ...], int]] = [
        (("implementations", "draft", TOWNSHIP_STATION + "5" + ITEM, offered, "--by", "甲"), 4),
        (("implementations", "claim", BANNER_BUREAU, "4", ITEM, "--by", "甲"), 5),
        (("implementations", "claim", BANNER_BUREAU, "2", ITEM, "--by", "甲"), 8),
        (("implementations", "submit", CODE, "--by", "甲"), 4),
        (("items", "draft", "150709777000", item, "--by", "甲"), 4),
        (("items", "draft", ITEM, offered, "--by", "甲"), 8),
        (("items", "draft", ITEM, file("[1, 2]", "list.yaml"), "--by", "甲"), 2),
        (("items", "draft", ITEM, file("a: [", "broken.yaml"), "--by", "甲"), 2),
        (("items", "draft", ITEM, "nowhere.yaml", "--by", "甲"), 2),
        (("items", "draft", ITEM, item), 2),
        (("items", "suspend", ITEM, "--by", "甲", "--document-number", " ", "--reason", "由"), 8),
        (("codes", "allocate", "07", "09", "--by", "甲", "--document-number", "一号", "--namespace", "00"), 8),
        (("codes", "explain", ITEM), 0),
        (("codes", "explain", "15070900100"), 8),
        (("codes", "explain", "150709777000", "--profile", "vectors"), 0),
        (("codes", "explain", "150709777000"), 8),
    ]
    for words, code in cases:
        result = run(*words)
        assert result.exit_code == code, (words, result.output)
        assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit)


def test_a_code_is_explained_for_people_and_for_machines(run: Command) -> None:
    shown, plain = done(run("codes", "explain", ITEM)), run("codes", "explain", ITEM, "--json")

    assert "行政确认" in shown
    assert json.loads(plain.output)["parts"]["item_type"] == "07"
    assert "code_lengt" in said(run("codes", "explain", "1"))


def test_an_old_code_is_replaced_by_a_numbered_document(run: Command, small_url: str) -> None:
    done(run("implementations", "claim", BANNER_BUREAU, "4", ITEM, "--by", "甲"))
    done(
        run(
            "codes",
            "replace",
            TOWNSHIP_STATION + "5" + ITEM,
            CODE,
            "--by",
            "甲",
            "--document-number",
            "三号",
            "--valid-from",
            "2999-03-01",
        )
    )

    assert rows(small_url)["code_alias"] == 1


def test_init_fills_an_empty_catalogue_once(empty_url: str, few_seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_URL", empty_url)
    monkeypatch.setenv("CATALOG_SEED_DATA", str(few_seeds))
    first = done(CliRunner().invoke(app, ["init"]))
    filled = rows(empty_url)

    second = done(CliRunner().invoke(app, ["init"]))

    assert "目录已建立" in first
    assert "目录已建立" not in second
    assert (filled["region"], filled["agency"], filled["implementation"]) == (308, 1, 1)
    assert rows(empty_url) == filled


def test_a_real_process_makes_the_catalogue_and_explains_a_code(empty_url: str, few_seeds: Path) -> None:
    made = process(empty_url, "init", seeds=few_seeds)
    explained = process(empty_url, "codes", "explain", CODE, "--json")

    assert made.returncode == 0, made.stderr
    assert explained.returncode == 0, explained.stderr
    assert json.loads(explained.stdout)["name"] == "居住证申领"


def test_seeding_that_is_killed_leaves_an_empty_catalogue_that_the_next_init_fills(
    empty_url: str, few_seeds: Path
) -> None:
    killed = process(
        empty_url,
        seeds=few_seeds,
        code=(
            "import os, signal; from datetime import UTC, datetime; from service_catalog import seeding\n"
            "from service_catalog.kernel.database import make_engine; from service_catalog.settings import Settings\n"
            "def stop(what, done, total):\n"
            "    if 'implementations' in what: os.kill(os.getpid(), signal.SIGKILL)\n"
            "seeding.seed(make_engine(Settings().database_url), Settings().seed_data, now=datetime.now(UTC), progress=stop)\n"
        ),
    )
    left = rows(empty_url)
    engine = make_engine(empty_url)
    empty = seeding.is_empty(engine)
    engine.dispose()
    after = process(empty_url, "init", seeds=few_seeds)

    assert killed.returncode == -9
    assert empty
    assert {table for table, count in left.items() if count} == {"change_head", "finding_follower", "register_version"}
    assert after.returncode == 0, after.stderr
    assert rows(empty_url)["implementation"] == 1


def test_seeds_that_are_refused_leave_nothing_and_name_their_file(empty_url: str, few_seeds: Path) -> None:
    path = few_seeds / "implementations" / "banner.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("'4'", "'2'"), encoding="utf-8")

    refused = process(empty_url, "init", seeds=few_seeds)

    assert refused.returncode == 8, refused.stderr
    assert "level-not-in-standard" in refused.stderr
    assert "banner.yaml" in refused.stderr
    assert rows(empty_url)["region"] == 0


def test_check_seeds_touches_no_catalogue(run: Command, small_url: str, few_seeds: Path) -> None:
    before = rows(small_url)

    assert "全部通过" in done(run("check-seeds", few_seeds))
    path = few_seeds / "implementations" / "banner.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("'4'", "'2'"), encoding="utf-8")
    refused = run("check-seeds", few_seeds)

    assert refused.exit_code == 8
    assert "banner.yaml" in said(refused), "a clerk must be told which file"
    assert rows(small_url) == before


def test_a_text_too_long_for_the_database_is_refused_kindly(run: Command, small_url: str) -> None:
    before = rows(small_url)

    result = run("items", "cancel", ITEM, "--by", "甲", "--document-number", "号" * 101, "--reason", "由")

    assert result.exit_code == 8, type(result.exception)
    assert rows(small_url) == before


def test_a_command_line_without_words_shows_what_there_is() -> None:
    shown = CliRunner().invoke(app, [])

    for word in ("init", "serve", "check-seeds", "items", "implementations", "codes"):
        assert word in shown.output


def test_a_claim_by_two_names_is_one_row(run: Command, small_url: str) -> None:
    done(run("implementations", "claim", BANNER_BUREAU, "4", ITEM, "--by", "甲"))
    run("implementations", "claim", BANNER_BUREAU, "4", ITEM, "--by", "乙")
    engine = make_engine(small_url)
    with Session(engine) as session:
        claimed = session.scalars(select(col(Implementation.claimed_by))).all()
        drafts = session.execute(select(func.count()).select_from(ImplementationEdition)).scalar_one()
    engine.dispose()

    assert (claimed, drafts) == (["甲"], 0)


@pytest.mark.parametrize(
    "words",
    [("codes", "explain", ITEM), ("keys", "list"), ("items", "submit", ITEM, "--by", "甲"), ("verify-log",)],
    ids=" ".join,
)
def test_a_command_without_a_catalogue_says_how_to_make_one_and_makes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_URL", f"sqlite:///{tmp_path}/nowhere.db")

    result = CliRunner().invoke(app, list(words))

    assert (result.exit_code, "service-catalog init" in result.output) == (5, True)
    assert list(tmp_path.iterdir()) == []
