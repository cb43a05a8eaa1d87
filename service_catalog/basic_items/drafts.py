"""A draft of a standard may be unfinished: what is there must be right, what is not there yet is listed; pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from service_catalog.basic_items.content import ItemContent
from service_catalog.kernel.errors import Fault, InvalidRequest
from service_catalog.kernel.problems import faults_of


class Draft(NamedTuple):
    """What is stored of a draft, and what it still lacks."""

    plain: dict[str, Any]
    content: ItemContent | None
    """The whole standard; None as long as something mandatory is missing."""
    missing: Sequence[Fault]

    @property
    def name(self) -> str:
        """The name as far as it is written."""
        name = self.plain.get("name")
        return name if isinstance(name, str) else ""


def read_draft(content: ItemContent | Mapping[str, Any]) -> Draft:
    """Read what a clerk has written so far; raises InvalidRequest for everything but missing elements."""
    if isinstance(content, ItemContent):
        return Draft(_plain(content), content, ())
    try:
        whole = ItemContent.model_validate(dict(content))
    except ValidationError as error:
        faults = error.errors()
        wrong = [fault for fault in faults if fault["type"] != "missing"]
        if wrong:
            raise InvalidRequest(faults_of(wrong, root=())) from error
        return Draft(to_jsonable_python(dict(content)), None, faults_of(faults, root=()))
    return Draft(_plain(whole), whole, ())


def _plain(content: ItemContent) -> dict[str, Any]:
    return content.model_dump(mode="json", exclude_none=True)
