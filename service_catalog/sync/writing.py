"""How rows are written into documents: as JSON has it, and grouped by what they belong to."""

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session, SQLModel, col

from service_catalog.questions.tables import PublishedQuestion

Document = dict[str, Any]


def columns(table: type[SQLModel], *names: str) -> list[Any]:
    """Return columns of a table by their names."""
    return [getattr(table, name) for name in names]


def plain(value: Any) -> Any:
    """Write a value as JSON has it: moments in UTC to the microsecond, days as days."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def written(row: Row[Any], *, without: Collection[str] = ()) -> Document:
    """Write a row down under the names of its columns."""
    return {name: plain(value) for name, value in row._mapping.items() if name not in without}


def grouped(session: Session, query: Any, by: str) -> dict[str, list[Document]]:
    """Write down what a question finds, grouped by one of its columns, which is left out."""
    groups: dict[str, list[Document]] = defaultdict(list)
    for row in session.execute(query):
        groups[row._mapping[by]].append(written(row, without=[by]))
    return groups


def questions(session: Session, owner: str, condition: Any) -> dict[str, list[Document]]:
    """Write down the published questions for which `condition` holds, grouped by the column `owner`."""
    query = (
        select(
            getattr(PublishedQuestion, owner).label("owner"), col(PublishedQuestion.id).label("number"),
            *columns(
                PublishedQuestion, "region_code", "agency_code", "question", "answer", "published_at", "withdrawn_at"
            ),
        )
        .where(condition)
        .order_by(col(PublishedQuestion.id))
    )  # fmt: skip
    found = grouped(session, query, "owner")
    for lines in found.values():
        for line in lines:
            if line["withdrawn_at"] is not None:  # withdrawn for somebody's sake
                line["question"] = line["answer"] = None
    return found


def as_json(said: Any) -> bytes:
    """Write JSON without blanks, in UTF-8."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
