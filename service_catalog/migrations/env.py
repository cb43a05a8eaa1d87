"""Run by Alembic; the connection comes from service_catalog.migrations.upgrading."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import service_catalog.tables  # noqa: F401 - every table must be known before metadata is compared
from service_catalog.kernel.database import Json, UtcDateTime


def render_item(kind: str, item: Any, autogenerate_context: Any) -> str | Literal[False]:
    """Write our column types by their names."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "UtcDateTime()"
    if kind == "type" and isinstance(item, type(Json)):
        return "Json"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String({item.length})"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=False,
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
