"""The published contract: openapi.json and a JSON Schema for each exchanged document, made from the models."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from service_catalog.agencies.facts import AgencyFacts
from service_catalog.app import create_app
from service_catalog.basic_items.content import ItemContent
from service_catalog.guides.schemas import GuideView, NearestGuideView
from service_catalog.implementations.content import LocalContent
from service_catalog.kernel.problems import Problem
from service_catalog.lookup.schemas import ExplainedCode
from service_catalog.settings import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DOCUMENTS: dict[str, tuple[type[BaseModel], str]] = {
    "item-content": (ItemContent, "标准内容 the standard of one item"),
    "local-content": (LocalContent, "本地内容 what one agency says of one item beyond the standard"),
    "agency-facts": (AgencyFacts, "实施主体信息 what an agency says once for all of its items"),
    "guide": (GuideView, "办事指南 the guide of one implementation or handling item"),
    "nearest-guide": (NearestGuideView, "办事指南 the guide of the nearest body, and the way to it"),
    "explained-code": (ExplainedCode, "编码解释 a code part by part"),
    "problem": (Problem, "错误 RFC 9457 problem"),
}
READ = {"guide", "nearest-guide", "explained-code", "problem"}
"""Documents that leave the product; the others come in."""


def contract() -> dict[str, dict[str, Any]]:
    """Return every file of the contract by its name."""
    app = create_app(Settings(database_url="sqlite:///var/contract.db"))
    files: dict[str, dict[str, Any]] = {"openapi.json": app.openapi()}
    for name, (model, title) in DOCUMENTS.items():
        schema = model.model_json_schema(mode="serialization" if name in READ else "validation")
        files[f"{name}.json"] = {"$schema": DIALECT, "$id": f"{name}.json"} | schema | {"title": title}
    return files


def write_contract(folder: Path) -> list[Path]:
    """Write the contract; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, document in contract().items():
        path = folder / name
        path.write_text(as_text(document), encoding="utf-8")
        written.append(path)
    return written


def as_text(document: dict[str, Any]) -> str:
    """Return a contract file as it is written."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
