"""The registers of seed_data/, read without a database: for tests of pure rules."""

import csv
import json
from datetime import UTC, date, datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from builders import FOUNDED, SEED_DATA

from service_catalog.implementations.inheritance import Matrix
from service_catalog.kernel.workdays import Calendar
from service_catalog.registers.registers import Label, MatrixRow, Registers, Scheme


@cache
def seed_calendar(*years: int) -> Calendar:
    """The calendars of these years; of 2025 and 2026 where none is named."""
    exceptions = []
    for year in years or (2025, 2026):
        with (SEED_DATA / "calendar" / f"{year}.csv").open(encoding="utf-8", newline="") as file:
            exceptions += [(date.fromisoformat(row["date"]), row["is_working"] == "1") for row in csv.DictReader(file)]
    return Calendar(frozenset(years or (2025, 2026)), tuple(sorted(exceptions)))


@cache
def seed_matrix() -> Matrix:
    """The inheritance matrix as it is shipped."""
    rows: dict[str, dict[str, Any]] = _json("inheritance_matrix.json")
    return MappingProxyType(
        {name: MatrixRow(name, row["policy"], row.get("rule"), row["reason"], row["zh"]) for name, row in rows.items()}
    )


def matrix_with(**policies: str) -> Matrix:
    """The shipped matrix after an Act has moved some elements; a dot is written as two underscores."""
    moved = {name.replace("__", "."): policy for name, policy in policies.items()}
    return dict(seed_matrix()) | {name: seed_matrix()[name]._replace(policy=moved[name]) for name in moved}


@cache
def seed_registers(changed_at: datetime = FOUNDED) -> Registers:
    """Every register as it is shipped."""
    lists: dict[tuple[str, str], dict[str, Label]] = {}
    for name, entries in _json("code_lists.json").items():
        list_name, _, namespace = name.partition("_namespace_")
        lists[list_name, namespace] = {entry["code"]: Label(entry["zh"], entry["en"]) for entry in entries}
    schemes = tuple(Scheme(row["id"], row["pattern"]) for row in _json("placeholder_schemes.json"))
    return Registers(1, datetime(2025, 12, 1, tzinfo=UTC), lists, schemes, seed_matrix(), seed_calendar())


def _json(name: str) -> Any:
    return json.loads((SEED_DATA / name).read_text(encoding="utf-8"))
