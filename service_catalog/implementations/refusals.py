"""What a local draft is held against, and what is refused of it; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from service_catalog.basic_items.content import ItemContent
from service_catalog.kernel.errors import Invalid, Said
from service_catalog.registers.registers import MatrixRow

Matrix = Mapping[str, MatrixRow]

ROWS = {
    "materials": "key",
    "steps": "key",
    "fees": "key",
    "results": "key",
    "handling_items": "serial",
    "intermediary_services": "name",
}
"""Elements made of rows, and the column that names a row."""


@dataclass(frozen=True)
class Standard:
    """The edition of a standard that a local draft is held against."""

    basic_code: str
    item_type: str
    parent_basic_code: str | None
    edition: int
    content: ItemContent
    effective_from: date
    effective_until: date | None
    plain: dict[str, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.plain.update(self.content.model_dump(mode="json"))
        self.plain.update(
            basic_code=self.basic_code, item_type=self.item_type, parent_basic_code=self.parent_basic_code
        )


class Refusal(NamedTuple):
    """One thing that may not be written: the element, the rule, both values."""

    element: str
    pointer: str
    policy: str
    rule: str
    said: Said
    standard_value: Any
    local_value: Any

    def facts(self) -> dict[str, Any]:
        """Return the refusal as plain data, without the sentence."""
        return {
            "element": self.element,
            "pointer": self.pointer,
            "policy": self.policy,
            "rule": self.rule,
            "standard_value": self.standard_value,
            "local_value": self.local_value,
        }


class LocalRefused(Invalid):
    """The local draft writes what the standard does not leave to the agency."""

    title = Said("本地内容违反统一标准", "The local content departs from the standard")

    def __init__(self, refusals: list[Refusal], edition: int) -> None:
        super().__init__(
            "；".join(f"{refusal.element}：{refusal.said.zh}" for refusal in refusals),
            "; ".join(f"{refusal.element}: {refusal.said.en}" for refusal in refusals),
            refusals=[refusal.facts() | {"zh": refusal.said.zh, "en": refusal.said.en} for refusal in refusals],
            standard_edition=edition,
        )
        self.refusals = refusals


def refusal_of(
    element: str, pointer: str, matrix: Matrix, said: Said, standard_value: Any, local_value: Any
) -> Refusal:
    """Return the refusal of an element as the matrix governs it."""
    row = matrix.get(element)
    policy, rule = (row.policy, row.rule or "element_locked") if row else ("unknown", "element_unknown")
    return Refusal(element, pointer, policy, rule, said, standard_value, local_value)
