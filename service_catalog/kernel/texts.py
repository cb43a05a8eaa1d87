"""What may stand in a text: bounded, and no control characters."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

# Control characters never belong in an official text; NUL cannot even be stored in PostgreSQL.
PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return text


Line = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=PRINTABLE)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=8000, pattern=PRINTABLE)]
Filled = Annotated[Line, AfterValidator(_not_blank)]
"""A line that says something."""
RowKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
"""Names a row inside one document (a material, a step, a fee), the same in every edition."""


MOST_NESTED = 50
"""Levels of arrays and objects in a JSON object that comes in; our documents have some six."""


class Document(BaseModel):
    """A value that never changes once made, and refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _is_text_throughout(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse what JSON can escape but no text can hold: half of a surrogate pair; and nesting that no document has."""
    level: list[Any] = [value]
    for _ in range(MOST_NESTED):
        inner = [one for outer in level for one in (outer.values() if isinstance(outer, dict) else outer)]
        level = [one for one in inner if isinstance(one, dict | list)]
    if level:  # deeper, it could be read here but no longer be written into the answer
        raise ValueError(f"nested more than {MOST_NESTED} deep")
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("half of a surrogate pair is no text") from error
    return value


Plain = Annotated[dict[str, Any], AfterValidator(_is_text_throughout)]
"""A JSON object whose members are looked at later."""
