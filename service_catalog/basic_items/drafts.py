"""A draft of a standard may be unfinished: what is there must be right, what is not there yet is listed; pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.records import lacking, out_of_place
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


def read_draft(content: ItemContent | Mapping[str, Any], item_type: str) -> Draft:
    """Read what a clerk has written so far; raises InvalidRequest for everything but missing elements.

    What is missing depends on the type of the item.
    """
    written = content.model_dump(exclude_unset=True) if isinstance(content, ItemContent) else dict(content)
    missing = lacking(written, item_type)
    try:
        whole = content if isinstance(content, ItemContent) else ItemContent.model_validate(written)
    except ValidationError as error:
        faults = error.errors()
        wrong = [fault for fault in faults if fault["type"] != "missing"]
        if wrong:
            raise InvalidRequest(faults_of(wrong, root=())) from error
        return Draft(to_jsonable_python(written), None, [*faults_of(faults, root=()), *missing])
    strange = out_of_place(whole, item_type)
    if strange:
        raise InvalidRequest(strange)
    if missing:
        return Draft(whole.model_dump(mode="json", exclude_unset=True, exclude_none=True), None, missing)
    return Draft(_plain(whole), whole, ())


def _plain(content: ItemContent) -> dict[str, Any]:
    return content.model_dump(mode="json", exclude_none=True)
