"""python -m benchmarks.findings: the consistency engine over generated implementations; writes benchmarks/findings.json.

The limit (1.0) reads and parses the same rows with the same models, batch by batch, and does nothing with them.
"""

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from benchmarks import catalogue
from benchmarks.bars import Bars
from benchmarks.generated import Claim, Samples, claims
from benchmarks.growth import BATCH as WRITTEN_AT_ONCE
from benchmarks.growth import Writer
from service_catalog.actors import Actor, ActorKind
from service_catalog.basic_items import editing
from service_catalog.findings import runs
from service_catalog.findings.following import follow
from service_catalog.findings.judging import IMPLEMENTATIONS, in_force
from service_catalog.findings.knowledge import fresh
from service_catalog.findings.rules import Strictness
from service_catalog.findings.running import BATCH
from service_catalog.findings.tables import Finding, FindingRun
from service_catalog.implementations import claiming
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.seeding import EDITOR, REVIEWER

RESULTS = Path(__file__).with_name("findings.json")
GENERATED = 100_000
ROUNDS = 3
ENGINE = Actor("体检", ActorKind.SYSTEM)
WRONG_LINK = {"online_urls": {"computer": "http://zwfw.nmg.gov.cn/item"}}
TOO_LONG = {"promised_limit": {"amount": 9_000, "unit": "calendar_day"}}


def main() -> None:
    """Measure over a seeded catalogue with generated implementations in a temporary folder."""
    generated = int(sys.argv[1]) if len(sys.argv) > 1 else GENERATED
    at = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as scratch, Bars() as bars:
        engine = catalogue.seeded(Path(scratch) / "catalogue.db", bars)
        fill(engine, generated, at, bars)
        measured = measure(engine, at, bars)
        engine.dispose()
    document = {
        "command": "python -m benchmarks.findings",
        "date": at.date().isoformat(),
        "machine": machine(),
    } | measured
    print(json.dumps(document, ensure_ascii=False, indent=2))
    if generated == GENERATED:
        RESULTS.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "cpu_count": os.cpu_count(),
        "database": "SQLite",
    }


def fill(engine: Engine, generated: int, at: datetime, bars: Bars) -> None:
    """Write generated implementations; one in twenty has a link in plain http, one in fifty a promise beyond the law."""
    with reading(engine) as session:
        drawn = _with_faults(claims(Samples(session, civil_day(at))))
        writer = Writer(session, at)
    done = 0
    while done < generated:
        batch = list(islice(drawn, min(WRITTEN_AT_ONCE, generated - done)))
        writer.write(engine, batch)
        done += len(batch)
        bars("实施清单 generated", done, generated)


def _with_faults(drawn: Iterator[Claim]) -> Iterator[Claim]:
    for number, claim in enumerate(drawn):
        more: dict[str, Any] = (WRONG_LINK if number % 20 == 0 else {}) | (TOO_LONG if number % 50 == 0 else {})
        yield claim._replace(local={**claim.local, **more}) if more else claim


def measure(engine: Engine, at: datetime, bars: Bars) -> dict[str, Any]:
    """Run everything twice between readings of the limit, then change one thing and follow."""
    limits = [seconds(lambda: read_all(engine, at))[0] for _ in range(ROUNDS)]
    first, opening = seconds(lambda: run(engine, at, bars))
    second, quiet = seconds(lambda: run(engine, at, bars))
    limits += [seconds(lambda: read_all(engine, at))[0] for _ in range(ROUNDS)]
    limit = median(limits)
    one_local, local_run = seconds_of_following(engine, at, change_a_local_part)
    one_standard, standard_run = seconds_of_following(engine, at, change_a_standard)
    return {
        "implementations": quiet.implementations,
        "open_findings": _open(engine),
        "limit_seconds": round(limit, 2),
        "full_run_seconds": {"first": round(first, 2), "nothing_new": round(second, 2)},
        "ratios": {"findings_first_run": _rounded(limit / first), "findings_run": _rounded(limit / second)},
        "implementations_per_second": {
            "first": round(opening.implementations / first), "nothing_new": round(quiet.implementations / second)
        },
        "incremental": {
            "one_implementation": _judged(local_run) | {"seconds": round(one_local, 3)},
            "one_standard": _judged(standard_run) | {"seconds": round(one_standard, 3)},
        },
    }  # fmt: skip


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long something took, and what it returned."""
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


def read_all(engine: Engine, at: datetime) -> int:
    """Read and parse what the engine judges, as it does, and look at nothing."""
    after, parsed, known = "", 0, None
    while True:
        with reading(engine) as session:
            known = fresh(session, known, civil_day(at), Strictness())
            query = IMPLEMENTATIONS.where(col(Implementation.implementation_code) > after).limit(BATCH)
            rows = session.execute(query).all()
            parsed += len(in_force(session, known, rows))
        if len(rows) < BATCH:
            return parsed
        after = rows[-1].implementation_code


def run(engine: Engine, at: datetime, bars: Bars) -> FindingRun:
    """Judge everything."""
    return runs.run(engine, Strictness(), by=ENGINE, clock=lambda: at, progress=bars)


def seconds_of_following(
    engine: Engine, at: datetime, change: Callable[[Session, datetime], None]
) -> tuple[float, FindingRun]:
    """Change one thing, and return how long it takes to judge what that touches."""
    with unit_of_work(engine) as session:
        change(session, at)
    took, record = seconds(lambda: follow(engine, Strictness(), by=ENGINE, clock=lambda: at))
    assert record is not None
    return took, record


def change_a_local_part(session: Session, at: datetime) -> None:
    """Publish a new edition of one local part: with a link in plain http."""
    query = select(col(Implementation.implementation_code)).order_by(col(Implementation.implementation_code)).limit(1)
    code = session.scalars(query).one()
    edition = claiming.SHELF.on(session, code, civil_day(at))
    assert edition is not None
    claiming.draft(session, code, edition.content | WRONG_LINK, by=EDITOR, at=at)
    _publish(claiming, session, code, at)


def change_a_standard(session: Session, at: datetime) -> None:
    """Publish a new edition of the standard that has most implementations."""
    count = func.count().label("count")
    query = (
        select(col(Implementation.basic_code), count).group_by(col(Implementation.basic_code)).order_by(count.desc())
    )
    basic_code = session.execute(query.limit(1)).one().basic_code
    edition = editing.SHELF.on(session, basic_code, civil_day(at))
    assert edition is not None
    editing.draft(session, basic_code, edition.content | {"quantity_limit": "无数量限制。"}, by=EDITOR, at=at)
    _publish(editing, session, basic_code, at)


def _publish(verbs: Any, session: Session, code: str, at: datetime) -> None:
    verbs.submit(session, code, by=EDITOR, at=at)
    verbs.approve(session, code, by=REVIEWER, at=at)
    verbs.publish(session, code, by=REVIEWER, at=at)


def _judged(record: FindingRun) -> dict[str, int]:
    names = ("implementations", "items", "agencies", "places", "opened", "closed")
    return {name: getattr(record, name) for name in names}


def _open(engine: Engine) -> int:
    with reading(engine) as session:
        query = select(func.count()).select_from(Finding).where(col(Finding.closed_at).is_(None))
        number: int = session.execute(query).scalar_one()
        return number


def _rounded(figure: float) -> float:
    return float(f"{figure:.3g}")


if __name__ == "__main__":
    main()
