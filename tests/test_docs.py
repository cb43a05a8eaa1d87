"""The documents say what is true: worked answers, figures, links, addresses, commands, names of problems."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import Session, col
from starlette.testclient import TestClient
from typer.main import get_command

from service_catalog.agencies.tables import Agency
from service_catalog.app import create_app
from service_catalog.basic_items.tables import BasicItem
from service_catalog.cli import app as commands
from service_catalog.implementations.content import Offer
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.kernel.database import make_engine, reading
from service_catalog.kernel.problems import all_kinds, slug
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel
from service_catalog.settings import Settings

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.zh-CN.md"]
DOCUMENTS = [*READMES, "CHANGELOG.md", "seed_data/README.md"] + [
    str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))
]


@pytest.fixture(scope="session")
def this_winter(seeded_url: str) -> Iterator[TestClient]:
    """The seeded catalogue when the READMEs were written: every seeded edition has taken effect."""
    clock = lambda: datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # noqa: E731 - shorter than a function
    with TestClient(create_app(Settings(database_url=seeded_url), clock=clock)) as made:
        yield made


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def figures_of(readme: str) -> list[str]:
    """The right column of every two-column table."""
    return re.findall(r"^\| [^|]+ \| ([0-9.,]+) \|$", text_of(readme), flags=re.MULTILINE)


def unlike(shown: Any, answered: Any, at: str = "") -> list[str]:
    """Where what is shown is not what is answered; members may be left out, rows may not."""
    if isinstance(shown, dict) and isinstance(answered, dict):
        return [fault for key, value in shown.items() for fault in unlike(value, answered.get(key), f"{at}/{key}")]
    if isinstance(shown, list) and isinstance(answered, list) and len(shown) == len(answered):
        return [fault for place, pair in enumerate(zip(shown, answered, strict=True))
                for fault in unlike(*pair, at=f"{at}/{place}")]  # fmt: skip
    return [] if shown == answered else [f"{at}: {shown} is answered as {answered}"]


@pytest.mark.parametrize("readme", READMES)
def test_the_worked_request_is_answered_as_shown(this_winter: TestClient, readme: str) -> None:
    text = text_of(readme)
    address = re.findall(r"curl 'http://127\.0\.0\.1:8000([^']+)'", text)[0]
    shown = json.loads(re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)[0])

    answered = this_winter.get(address).json()

    assert unlike(shown, answered) == []
    assert str(len(answered)) in re.findall(r"(?:has |共 )([0-9]+)", text)
    for code in re.findall(r"`([0-9A-Z]{18})` \+ `([0-9])` \+\s*`([0-9A-Z]{12})`", text):
        same = this_winter.get(f"/v1/guides/{''.join(code)}").json()
        members = ("name", "basic_code", "item_type", "legal_basis", "acceptance_conditions", "materials")
        assert {name: same[name] for name in members} == {name: answered[name] for name in members}


@pytest.mark.parametrize("readme", READMES)
def test_the_figures_of_the_seeds_are_counted(seeded_url: str, readme: str) -> None:
    places = select(func.count(col(Implementation.region_code).distinct())).join(
        Region, col(Region.code) == col(Implementation.region_code)
    )
    engine = make_engine(seeded_url)
    with reading(engine) as session:
        counted = [*_tables(session), _offered(session)]
        counted += [
            session.execute(places.where(col(Region.level) == level)).scalar_one()
            for level in (RegionLevel.TOWNSHIP, RegionLevel.VILLAGE)
        ]
    engine.dispose()

    assert figures_of(readme)[:7] == [f"{number:,}" for number in counted]


def _tables(session: Session) -> list[int]:
    return [
        session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (Region, Agency, BasicItem, Implementation)
    ]


def _offered(session: Session) -> int:
    offered = col(ImplementationEdition.availability) == Offer.OFFERED
    number: int = session.execute(select(func.count()).select_from(ImplementationEdition).where(offered)).scalar_one()
    return number


@pytest.mark.parametrize("readme", READMES)
def test_the_figures_of_speed_and_size_are_the_measured_ones(readme: str) -> None:
    measured = json.loads(text_of("benchmarks/results.json"))
    sizes = measured["database_bytes_per_implementation"]
    text = text_of(readme)

    assert figures_of(readme)[7:] == [str(ratio) for ratio in measured["ratios"].values()]
    assert [name for name in measured["ratios"] if f"`{name}`" not in text] == []
    assert [size for size in sizes.values() if f"{size:,}" not in text] == []
    findings = json.loads(text_of("benchmarks/findings.json"))
    assert f"{findings['implementations']:,}" in text
    assert str(findings["full_run_seconds"]["first"]) in text
    assert str(findings["ratios"]["findings_first_run"]) in text


@pytest.mark.parametrize("readme", READMES)
def test_the_figures_of_appeals_and_copies_are_the_measured_ones(readme: str) -> None:
    appeals, sync = (json.loads(text_of(f"benchmarks/{name}.json")) for name in ("appeals", "sync"))
    said = [appeals["open_appeals"]]
    for kind in ("sqlite", "postgresql"):
        durable, scan = appeals[kind]["durable"], appeals[kind]["overdue_scan"]["0"]
        said += [durable["a_second"]["http"], *durable["ratios"].values(), appeals[kind]["preview"]["seconds"]]
        said += [scan["find_seconds"], scan["find_of_full_scan"]]
    wanted = {
        "one_standard": (
            "implementations_of_the_item bytes_of_the_page bytes_of_the_page_gzipped seconds_until_a_copy_shows_it"
        ),
        "full_pull": "items snapshot_bytes seconds_to_pull rows_a_second against_copying_the_file",
        "push": "rows rows_a_second rows_a_second_sent_again against_bare_inserts",
    }
    said += [sync[part][name] for part, names in wanted.items() for name in names.split()]
    said += sync["push"]["outcomes"].values()
    text = text_of(readme)

    assert [figure for figure in said if f"{figure:,}" not in text and str(figure) not in text] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_inside_the_project_lead_somewhere(document: str) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", text_of(document))

    assert [link for link in links if not ((ROOT / document).parent / link).exists()] == []


def test_the_api_page_names_every_operation(seeded: TestClient) -> None:
    rows = re.findall(r"^\| `[A-Z]+ .*$", text_of("docs/api.md"), flags=re.MULTILINE)
    offered = seeded.get("/openapi.json").json()["paths"]

    assert _bare(offered) - _bare(_spelled_out(rows)) == set()


def _bare(addresses: Iterable[str]) -> set[str]:
    return {re.sub(r"\{[a-z_]+\}", "{}", address) for address in addresses}


def _spelled_out(rows: list[str]) -> set[str]:
    """Every address of the table; what follows the first one stands below it."""
    addresses: set[str] = set()
    for row in rows:
        first, *more = re.findall(r"`([^`]+)`", row.split("|")[1])
        base = first.split(" ", 1)[1].split("?")[0]
        addresses |= {base, *(base + sub for sub in more)}
    return addresses


def test_the_api_page_names_every_problem_that_an_operation_documents(seeded: TestClient) -> None:
    page = text_of("docs/api.md")
    documented = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", page))
    named = {slug(kind) for kind in all_kinds()}
    answered = {
        name
        for operations in seeded.get("/openapi.json").json()["paths"].values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if status[0] in "345"
        for name in re.findall(r"([a-z-]+): ", answer["description"])
    }

    assert answered <= named
    assert answered - documented == set()


def test_every_command_that_a_document_names_exists() -> None:
    known = set(get_command(commands).commands)  # type: ignore[attr-defined]
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), flags=re.MULTILINE))
    for document in DOCUMENTS:
        for name in re.findall(r"service-catalog ([a-z][a-z-]+)", text_of(document)):
            assert name in known | {"service-catalog"}, f"{document}: service-catalog {name}"
        for name in re.findall(r"`make ([a-z]+)", text_of(document)):
            assert name in targets, f"{document}: make {name}"


def test_the_readmes_say_the_same_commands_and_answers() -> None:
    english, chinese = (re.findall(r"```(?:sh|json)\n(.*?)```", text_of(name), flags=re.DOTALL) for name in READMES)

    assert english[1:] == chinese[1:]
    assert [re.findall(r"^make \w+", block, flags=re.MULTILINE) for block in (english[0], chinese[0])] == [
        ["make run", "make test"]
    ] * 2
