"""Documents as they are compared: plain data, every default written out, without nulls; pure."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from service_catalog.basic_items.content import ItemContent
from service_catalog.implementations.content import LocalContent


def plain_item(content: Mapping[str, Any], *, reads_all: bool = True) -> dict[str, Any]:
    """Return a standard as it is compared; of an unfinished draft what is there, without taking defaults for changes.

    Unchecked translations only for who reads all.
    """
    try:
        whole = ItemContent.model_validate(dict(content))
        return _plain(whole if reads_all else whole.for_the_public())
    except ValidationError:
        known = {name: field for name, field in ItemContent.model_fields.items() if name in content}
        written = {name: _as_written(field.annotation, content[name]) for name, field in known.items()}
        return {name: [] for name, field in ItemContent.model_fields.items() if field.default == ()} | written


def plain_local(local: LocalContent) -> dict[str, Any]:
    """Return a local part as it is compared."""
    return _plain(local)


def _plain(document: BaseModel) -> dict[str, Any]:
    return document.model_dump(mode="json", exclude_none=True)


def _as_written(annotation: Any, value: Any) -> Any:
    """Return a value with its defaults, and as it stands where it is not whole."""
    if isinstance(value, list) and (row := get_args(annotation)[:1]):
        return [_as_written(row[0], inner) for inner in value]
    reads = TypeAdapter(annotation)
    try:
        return reads.dump_python(reads.validate_python(value), mode="json", exclude_none=True)
    except ValidationError:
        return value
