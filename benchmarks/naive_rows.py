"""Filling the naive version with the very guides that our own version answers with."""

from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, SQLModel, create_engine

from benchmarks import naive_tables as tables
from benchmarks.naive_schemas import GuideColumns, Naive
from service_catalog.guides.schemas import GuideView

Rows = dict[type[SQLModel], list[dict[str, Any]]]
CODED = ("service_objects", "channels", "online_depth", "natural_person_themes", "legal_person_themes")
OF_MATERIAL = ("type", "necessity", "forms_accepted", "source")
ORDER: tuple[type[SQLModel], ...] = (
    tables.Guide, tables.Text, tables.Value, tables.LegalBasis, tables.Material, tables.Step, tables.Branch, tables.Fee,
    tables.Result, tables.Question, tables.HandlingItem, tables.Window, tables.OpenHours, tables.Contact,
)  # fmt: skip


def fill(path: Path, views: Iterable[GuideView]) -> str:
    """Write every guide as rows; return the address of the database."""
    address = f"sqlite:///{path}"
    engine = create_engine(address)
    Naive.metadata.create_all(engine)
    writer = _Writer()
    for view in views:
        writer.add(view.model_dump(mode="json"))
    with Session(engine) as session:
        session.execute(insert(tables.Code), list(writer.codes.values()))
        for table in ORDER:
            if writer.rows[table]:
                session.execute(insert(table), writer.rows[table])
        session.commit()
    engine.dispose()
    return address


class _Writer:
    def __init__(self) -> None:
        self.rows: Rows = {table: [] for table in ORDER}
        self.codes: dict[str, dict[str, str]] = {}
        self.step_ids = count(1)

    def add(self, guide: dict[str, Any]) -> None:
        code = guide["code"]
        self.rows[tables.Guide].append(_columns(guide))
        self._put(tables.Text, code, _texts(guide))
        self._put(tables.Value, code, self._values(guide))
        self._put(tables.LegalBasis, code, guide["legal_basis"])
        self._put(tables.Material, code, map(self._material, guide["materials"]))
        self._put(tables.Step, code, map(self._step, guide["steps"]))
        self._put(tables.Fee, code, guide["fees"])
        self._put(tables.Result, code, map(_result, guide["results"]))
        self._put(tables.Question, code, guide["questions"])
        self._put(tables.HandlingItem, code, map(_promised, guide["handling_items"]))
        self._put(tables.Window, code, guide["service_locations"])
        self._put(tables.OpenHours, code, guide["service_hours"]["weekly"])
        self._put(tables.Contact, code, _contacts(guide))

    def _put(self, table: type[SQLModel], guide_code: str, rows: Iterable[dict[str, Any]]) -> None:
        columns = table.model_fields.keys() - {"id", "guide_code"} | ({"id"} if table is tables.Step else set())
        for row in rows:
            self.rows[table].append({column: row[column] for column in columns} | {"guide_code": guide_code})

    def _code(self, element: str, coded: dict[str, str]) -> str:
        name = f"{element}:{coded['code']}"
        self.codes[name] = {"id": name, **coded}
        return name

    def _values(self, guide: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for element in CODED:
            for coded in guide[element]:
                yield {"element": element, "code_id": self._code(element, coded)}

    def _material(self, row: dict[str, Any]) -> dict[str, Any]:
        form, licence = row["blank_form"] or {}, row["electronic_licence"] or {}
        ids = {f"{column}_id": self._code(column, row[column]) for column in OF_MATERIAL}
        return row | ids | {
            "blank_form_name": form.get("name"), "blank_form_text": form.get("text"),
            "electronic_licence": licence.get("name"),
        }  # fmt: skip

    def _step(self, row: dict[str, Any]) -> dict[str, Any]:
        step_id, limit = next(self.step_ids), row["limit"] or {}
        self.rows[tables.Branch].extend(branch | {"step_id": step_id} for branch in row["branches"])
        return row | {"id": step_id, "limit_zh": limit.get("zh"), "limit_en": limit.get("en")}


def _columns(guide: dict[str, Any]) -> dict[str, Any]:
    agency, statutory, remedies = guide["agency"], guide["statutory_limit"] or {}, guide["remedies"] or {}
    flat = guide | guide["service_flags"] | remedies | {
        "item_type": guide["item_type"]["zh"], "exercise_level": guide["exercise_level"]["zh"],
        "agency_code": agency["code"], "agency_name": agency["name"], "agency_address": agency["address"],
        "region_code": agency["region"]["code"], "region_name": agency["region"]["name"],
        "statutory_zh": statutory.get("zh"), "statutory_en": statutory.get("en"),
        "review_and_appeal": guide["rights_and_duties"]["review_and_appeal"],
        "hours_notes": guide["service_hours"]["notes"],
    } | _limit(guide["promised_limit"])  # fmt: skip
    return {column: flat.get(column) for column in GuideColumns.model_fields}


def _texts(guide: dict[str, Any]) -> Iterator[dict[str, Any]]:
    both = guide["rights_and_duties"]
    lists = {"alias": guide["aliases"], "condition": guide["acceptance_conditions"]}
    for element, texts in (lists | {"right": both["rights"], "duty": both["duties"]}).items():
        yield from ({"element": element, "text": text} for text in texts)


def _result(row: dict[str, Any]) -> dict[str, Any]:
    sample = row["samples"][0] if row["samples"] else {}
    return row | {"sample_name": sample.get("name"), "sample_text": sample.get("text")}


def _promised(row: dict[str, Any]) -> dict[str, Any]:
    return row | _limit(row["promised_limit"])


def _limit(limit: dict[str, Any]) -> dict[str, str]:
    return {"promised_zh": limit["zh"], "promised_en": limit["en"]}


def _contacts(guide: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for purpose in ("consultation", "complaint"):
        yield from (row | {"purpose": purpose} for row in guide[f"{purpose}_channels"])
