"""How many bytes of database an implementation takes, with its agency, reviews and changes."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine, func, insert, select, update
from sqlmodel import Session, SQLModel, col

from benchmarks.bars import Bars
from benchmarks.generated import Claim, Made, Samples, claims
from service_catalog.agencies.tables import Agency, AgencyFactsEdition
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.changes.chain import chained
from service_catalog.changes.tables import Change, ChangeHead, ChangeKind, Subject
from service_catalog.coding.codes import compose
from service_catalog.implementations.tables import Implementation, ImplementationEdition, ServedRegion
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.lifecycle.states import EditionKind, WorkState
from service_catalog.lifecycle.tables import ReviewNote, ReviewStep
from service_catalog.seeding import EDITOR, REVIEWER

TARGETS = (10_000, 100_000)
BATCH = 2_000
ORDER: tuple[type[SQLModel], ...] = (
    Agency, AgencyFactsEdition, Implementation, ImplementationEdition, ServedRegion, ReviewNote, Change,
)  # fmt: skip
STEPS = ((ReviewStep.SUBMIT, EDITOR), (ReviewStep.APPROVE, REVIEWER), (ReviewStep.PUBLISH, REVIEWER))


class Growth(NamedTuple):
    """What the file grew by."""

    bytes_each: dict[int, float]
    """Number of generated implementations → bytes for each."""
    agencies: int
    """Generated agencies among them, at the largest number."""
    copied_standard: float
    """Bytes that a copy of its standard would take in each implementation, on average."""


def measure_growth(engine: Engine, path: Path, at: datetime, bars: Bars) -> Growth:
    """Fill the catalogue with generated implementations and compare the sizes of the vacuumed file."""
    with reading(engine) as session:
        drawn = claims(Samples(session, civil_day(at)))
        standards = _standard_sizes(session)
        writer = Writer(session, at)
    before, done, copied, bytes_each = _packed(engine, path), 0, 0, {}
    for target in TARGETS:
        while done < target:
            batch = list(islice(drawn, min(BATCH, target - done)))
            writer.write(engine, batch)
            done, copied = done + len(batch), copied + sum(standards[claim.standard.basic_code] for claim in batch)
            bars(f"实施清单 generated, {target:,}", done, target)
        bytes_each[target] = (_packed(engine, path) - before) / target
    return Growth(bytes_each, len(writer.agencies), copied / done)


def _packed(engine: Engine, path: Path) -> int:
    """Return the size of the database file without free pages and without a log beside it."""
    engine.dispose()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.stat().st_size


def _standard_sizes(session: Session) -> dict[str, int]:
    """Return the bytes of each item's newest standard, written as the database writes it."""
    rows = session.execute(
        select(col(BasicItemEdition.basic_code), col(BasicItemEdition.content)).order_by(col(BasicItemEdition.number))
    )
    return {
        code: len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()) for code, content in rows
    }


class Writer:
    """Writes claims as the verbs would, in bulk: numbers are counted here instead of asked for."""

    def __init__(self, session: Session, at: datetime) -> None:
        self.at, self.first_day = at, civil_day(at)
        self.edition_id: int = session.execute(select(func.max(ImplementationEdition.id))).scalar_one()
        self.change, self.digest = session.execute(select(col(ChangeHead.number), col(ChangeHead.digest))).one()
        self.agencies: set[str] = set()

    def write(self, engine: Engine, batch: Iterable[Claim]) -> None:
        rows: dict[type[SQLModel], list[dict[str, Any]]] = {table: [] for table in ORDER}
        for number, claim in enumerate(batch):
            moment = self.at + timedelta(seconds=number)
            if claim.agency.columns["code"] not in self.agencies:
                self._agency(claim.agency, moment, rows)
            self._implementation(claim, moment, rows)
        with unit_of_work(engine) as session:
            for table in ORDER:
                if rows[table]:
                    session.execute(insert(table), rows[table])
            session.execute(update(ChangeHead).values(number=self.change, digest=self.digest))

    def _agency(self, made: Made, at: datetime, rows: dict[type[SQLModel], list[dict[str, Any]]]) -> None:
        code = made.columns["code"]
        self.agencies.add(code)
        rows[Agency].append(dict(made.columns))
        rows[AgencyFactsEdition].append(
            {"agency_code": code, "number": 1, "effective_from": self.first_day, "recorded_at": at, "by": EDITOR.name,
             "content": made.facts}
        )  # fmt: skip
        self._changed(Subject.AGENCY, code, EDITOR.name, at, rows)

    def _implementation(self, claim: Claim, at: datetime, rows: dict[type[SQLModel], list[dict[str, Any]]]) -> None:
        agency, level, basic_code = claim.agency.columns, claim.agency.level, claim.standard.basic_code
        code = str(compose(agency["code"], level, basic_code))
        self.edition_id += 1
        rows[Implementation].append(
            {"implementation_code": code, "agency_code": agency["code"], "exercise_level": level,
             "basic_code": basic_code, "region_code": agency["region_code"], "claimed_by": EDITOR.name,
             "claimed_at": at}
        )  # fmt: skip
        rows[ImplementationEdition].append(
            {"id": self.edition_id, "implementation_code": code, "number": 1, "state": WorkState.PUBLISHED,
             "kind": EditionKind.ESTABLISHMENT, "revision": 1, "drafted_by": EDITOR.name, "authors": [EDITOR.name],
             "submitted_by": EDITOR.name, "effective_from": self.first_day, "effective_until": None,
             "published_at": at, "content": claim.local, "availability": claim.availability,
             "based_on_edition": claim.standard.edition}
        )  # fmt: skip
        for region_code in sorted(set(claim.local.get("service_area", ()))):
            rows[ServedRegion].append({"edition_id": self.edition_id, "region_code": region_code})
        for step, by in STEPS:
            rows[ReviewNote].append(
                {"subject": Subject.IMPLEMENTATION, "code": code, "edition": 1, "step": step, "opinion": None,
                 "by": by.name, "at": at}
            )  # fmt: skip
        self._changed(Subject.IMPLEMENTATION, code, REVIEWER.name, at, rows)

    def _changed(
        self, subject: Subject, code: str, by: str, at: datetime, rows: dict[type[SQLModel], list[dict[str, Any]]]
    ) -> None:
        self.change += 1
        row: dict[str, Any] = {
            "number": self.change, "subject": subject, "code": code, "kind": ChangeKind.UPSERT, "edition": 1, "by": by,
            "at": at,
        }  # fmt: skip
        self.digest = chained(self.digest, **row)
        rows[Change].append(row | {"digest": self.digest})
