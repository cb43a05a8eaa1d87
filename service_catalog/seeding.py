"""Filling a new catalogue from seed_data/, through the parts' own verbs, so that the seeds obey the rules.

The files say when each thing was published; the verbs are called with that moment, so that reading as of
a past day gives what was in force then. Drafting and reviewing are done by two actors, as in an office.
"""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from service_catalog.actors import Actor, ActorKind
from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.register import register_agency
from service_catalog.agencies.tables import AgencyKind
from service_catalog.appeals import rulebook
from service_catalog.basic_items import editing
from service_catalog.basic_items.content import ItemContent
from service_catalog.coding import allocation
from service_catalog.coding.judging import CodeRules, rules_from
from service_catalog.implementations import claiming
from service_catalog.kernel.database import unit_of_work
from service_catalog.kernel.dates import SHANGHAI, civil_day
from service_catalog.kernel.errors import CatalogError, Invalid, Said
from service_catalog.kernel.patching import merged
from service_catalog.lifecycle.reviewing import settle
from service_catalog.lifecycle.standing import Decision
from service_catalog.lifecycle.states import EditionKind
from service_catalog.regions.mapping import add_region
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel
from service_catalog.registers import loading
from service_catalog.registers.registers import registers_of

EDITOR = Actor("seed editor", ActorKind.SYSTEM)
REVIEWER = Actor("seed reviewer", ActorKind.SYSTEM)
FOUNDED = datetime(2025, 12, 1, 9, tzinfo=SHANGHAI)
HOLIDAY_NOTICES = {
    2025: "国办发明电〔2024〕12号 https://www.gov.cn/zhengce/zhengceku/202411/content_6986383.htm",
    2026: "国务院办公厅关于2026年部分节假日安排的通知 https://www.gov.cn/zhengce/zhengceku/202511/content_7047091.htm",
}
Progress = Callable[[str, int, int], None]
"""Called with what is being loaded, how many are done and how many there are."""


class SeedUnreadable(Invalid):
    """A seed file is no YAML, or lacks what it must say."""

    title = Said("种子文件不能识读", "The seed file cannot be read")


class SeedFile(NamedTuple):
    """A file of implementations with the day it was published."""

    path: Path
    published_on: date
    effective_from: date
    rows: list[dict[str, Any]]


def quietly(what: str, done: int, total: int) -> None:
    """Report no progress."""


def is_empty(engine: Engine) -> bool:
    """Tell whether nothing has been loaded yet."""
    with Session(engine) as session:
        return session.execute(select(col(Region.code)).limit(1)).first() is None


def seed(engine: Engine, folder: Path, *, now: datetime, progress: Progress = quietly) -> None:
    """Fill an empty catalogue in one transaction: all of it, or nothing."""
    with unit_of_work(engine) as session:
        load_registers(session, folder)
        load_regions(session, folder / "regions.csv", progress)
        load_agencies(session, folder / "agencies", progress)
        load_items(session, folder / "basic_items", progress)
        load_implementations(session, folder / "implementations", progress)
        load_rules_of_appeals(session, folder / "appeals", now=FOUNDED)
        settle_all(session, civil_day(now))


def complete(engine: Engine, folder: Path, *, now: datetime) -> None:
    """Load the rules of appeals into a catalogue that was filled before there were any; what a site has loaded stays."""
    with unit_of_work(engine) as session:
        load_rules_of_appeals(session, folder / "appeals", now=now)


def load_rules_of_appeals(session: Session, folder: Path, *, now: datetime) -> None:
    """Load the rules that were never loaded; seeds without this folder make a catalogue that takes no appeals."""
    if folder.is_dir():
        rulebook.load_folder(session, folder, by=EDITOR, at=now, only_missing=True)


def load_registers(session: Session, folder: Path) -> None:
    """Load code lists, placeholder schemes, the inheritance matrix and the calendars."""
    loading.load_code_lists(session, folder / "code_lists.json", by=EDITOR, at=FOUNDED)
    loading.load_placeholder_schemes(session, folder / "placeholder_schemes.json", by=EDITOR, at=FOUNDED)
    loading.load_matrix(session, folder / "inheritance_matrix.json", document=None, by=EDITOR, at=FOUNDED)
    for path in sorted((folder / "calendar").glob("[0-9]*.csv")):
        loading.load_calendar(
            session, path, document=HOLIDAY_NOTICES.get(int(path.stem), path.name), by=EDITOR, at=FOUNDED
        )
    for path in sorted((folder / "calendar").glob("local-[0-9]*.csv")):
        year = int(path.stem.removeprefix("local-"))
        loading.load_local_days(session, year, path.read_bytes(), document=path.name, by=EDITOR, at=FOUNDED)


def load_regions(session: Session, path: Path, progress: Progress = quietly) -> None:
    """Load the tree; parents stand before their children once the rows are ordered by level."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    order = list(RegionLevel)
    rows.sort(key=lambda row: (order.index(RegionLevel(row["level"])), row["code"]))
    for done, row in enumerate(rows, start=1):
        region = Region(
            code=row["code"],
            name=row["name"],
            level=RegionLevel(row["level"]),
            kind=RegionKind(row["kind"]),
            parent_code=row["parent_code"] or None,
            statistical_only=row["statistical_only"] == "1",
            governed_by=row["governed_by"] or None,
        )
        add_region(session, region, by=EDITOR, at=FOUNDED)
        progress("区划 regions", done, len(rows))


def load_agencies(session: Session, folder: Path, progress: Progress = quietly) -> None:
    """Load the agencies, superior bodies first."""
    rows = [row for path in sorted(folder.glob("*.yaml")) for row in _agencies_of(path)]
    rules = rules_from(registers_of(session), village_level_services_only=False)
    for done, row in enumerate(_superiors_first(rows), start=1):
        with _naming(f"agencies {row.get('code')}"):
            _register(session, row, rules)
        progress("实施主体 agencies", done, len(rows))


def _register(session: Session, row: dict[str, Any], rules: CodeRules) -> None:
    register_agency(
        session,
        code=row["code"],
        kind=AgencyKind(row["kind"]),
        nature=row["nature"],
        region_code=row["region_code"],
        parent_code=row.get("parent_code"),
        facts=AgencyFacts.model_validate(row["facts"]),
        effective_from=FOUNDED.date(),
        rules=rules,
        demonstration_code=row.get("demonstration_code", False),
        by=EDITOR,
        at=FOUNDED,
    )


def _superiors_first(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    known: set[str] = set()
    left = rows
    while left:
        ready = [row for row in left if row.get("parent_code") is None or row["parent_code"] in known]
        if not ready:
            codes = [row["code"] for row in left][:5]
            raise SeedUnreadable(f"上级不存在或成环：{codes}", f"unknown or circular parent: {codes}")
        yield from ready
        known |= {row["code"] for row in ready}
        left = [row for row in left if row["code"] not in known]


def load_items(session: Session, folder: Path, progress: Progress = quietly) -> None:
    """Load the standards, each with all its editions."""
    paths = sorted(folder.glob("*.yaml"))
    for done, path in enumerate(paths, start=1):
        with _naming(path.name):
            load_item(session, _yaml(path))
        progress("基本目录事项 basic items", done, len(paths))


def load_item(session: Session, row: dict[str, Any]) -> None:
    """Register the code of one item, establish it and publish its editions in their order."""
    code: str = row["basic_code"]
    at = _nine_o_clock(row["published_on"])
    document = row.get("document_number", "阿演示〔2025〕1号")
    decision = Decision(document, f"{row['content']['name']}列入目录", "演示数据", row["effective_from"], "演示数据")
    allocation.register_basic_code(session, code, document_number=document, by=EDITOR, at=at)
    editing.establish(
        session, code, parent_basic_code=row.get("parent_basic_code"), decision=decision, by=EDITOR, at=at
    )
    kind = EditionKind.ESTABLISHMENT
    for edition in (row, *row.get("later_editions", ())):
        at = _nine_o_clock(edition["published_on"])
        content = ItemContent.model_validate(merged(row["content"], edition.get("changes", {})))
        editing.draft(session, code, content, kind=kind, by=EDITOR, at=at)
        editing.submit(session, code, by=EDITOR, at=at)
        editing.approve(session, code, by=REVIEWER, at=at)
        editing.publish(
            session,
            code,
            effective_from=edition["effective_from"],
            effective_until=edition.get("effective_until"),
            by=REVIEWER,
            at=at,
        )
        kind = EditionKind.CHANGE


def load_implementations(session: Session, folder: Path, progress: Progress = quietly) -> None:
    """Load the local parts: each is claimed, drafted, reviewed and published."""
    files = [_seed_file(path) for path in sorted(folder.glob("*.yaml"))]
    total, done = sum(len(file.rows) for file in files), 0
    for file in files:
        for row in file.rows:
            with _naming(f"{file.path.name} {row.get('agency_code')} {row.get('basic_code')}"):
                load_implementation(session, row, published_on=file.published_on, effective_from=file.effective_from)
            done += 1
            progress("实施清单 implementations", done, total)


def load_implementation(session: Session, row: dict[str, Any], *, published_on: date, effective_from: date) -> None:
    """Claim one item for an agency and publish its local part."""
    at = _nine_o_clock(published_on)
    implementation = claiming.claim(
        session,
        agency_code=row["agency_code"],
        exercise_level=row["exercise_level"],
        basic_code=row["basic_code"],
        by=EDITOR,
        at=at,
    )
    code = implementation.implementation_code
    claiming.draft(session, code, row["content"], kind=EditionKind.ESTABLISHMENT, by=EDITOR, at=at)
    claiming.submit(session, code, by=EDITOR, at=at)
    claiming.approve(session, code, by=REVIEWER, at=at)
    claiming.publish(session, code, effective_from=effective_from, by=REVIEWER, at=at)


def settle_all(session: Session, today: date) -> None:
    """Write down which of the loaded editions have taken effect since their publication."""
    for shelf in (editing.SHELF, claiming.SHELF):
        editions = session.scalars(select(shelf.table).order_by(col(shelf.table.number))).all()
        things: dict[str, list[Any]] = {}
        for edition in editions:
            things.setdefault(getattr(edition, shelf.owner), []).append(edition)
        for rows in things.values():
            settle(session, rows, today)


def _agencies_of(path: Path) -> list[dict[str, Any]]:
    with _naming(path.name):
        rows: list[dict[str, Any]] = _yaml(path)["agencies"]
        return rows


def _seed_file(path: Path) -> SeedFile:
    with _naming(path.name):
        document = _yaml(path)
        return SeedFile(path, document["published_on"], document["effective_from"], document["implementations"])


@contextmanager
def _naming(place: str) -> Iterator[None]:
    """Name the place in whatever is refused there, so that a clerk knows which file to open."""
    try:
        yield
    except (CatalogError, ValidationError) as error:
        error.add_note(place)
        raise
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        missing = f"缺少 {error}" if isinstance(error, KeyError) else str(error)
        raise SeedUnreadable(f"{place}：{missing}", f"{place}: {error!r}") from error


def _yaml(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=loader)  # noqa: S506 - both are safe loaders


def _nine_o_clock(day: date) -> datetime:
    return datetime.combine(day, time(9), SHANGHAI)
