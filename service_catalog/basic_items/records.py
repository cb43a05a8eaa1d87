"""What the standard of a type must say, and what it has no place for; pure.

Penalties, coercion, levies and inspections (02 03 04 06) are not applied for: their record is reduced
(handbook, elements §2), has no papers, windows or promise, and there is no guide for it. They stand in
an agency's list of powers and duties like everything else.
"""

from collections.abc import Mapping
from typing import Any

from service_catalog.basic_items.content import ItemContent
from service_catalog.kernel.errors import Fault, Said

PENALTY, COERCION, LEVY, INSPECTION = "02", "03", "04", "06"
REDUCED = frozenset({PENALTY, COERCION, LEVY, INSPECTION})
LAW_MAY_BE_SILENT = frozenset({PENALTY, COERCION, INSPECTION})
"""Types whose record need not even say that the law sets no limit."""

GUIDE_ELEMENTS = (
    "acceptance_conditions", "promised_limit", "case_kind", "materials", "steps", "is_charged", "results",
    "on_site_visits", "channels", "service_flags",
)  # fmt: skip
MAY_BE_EMPTY = frozenset({"materials"})
ELEMENTS_OF_ONE_TYPE = {
    "punishment_method": frozenset({PENALTY}),
    "collect_type": frozenset({LEVY}),
    "permits_reduction": frozenset({LEVY}),
}
NOT_IN_REDUCED = ("promised_limit", "case_kind", "materials", "handling_items")


def has_guides(item_type: str) -> bool:
    """Tell whether people apply for items of this type, so that there is a guide."""
    return item_type not in REDUCED


def lacking(content: Mapping[str, Any], item_type: str) -> list[Fault]:
    """Return what an item of this type must say and `content`, as far as it is written, does not."""
    must = list(GUIDE_ELEMENTS) if has_guides(item_type) else []
    must += [element for element, types in ELEMENTS_OF_ONE_TYPE.items() if item_type in types]
    faults = [
        Fault(f"/{element}", Said("缺少必填内容", "Field required"))
        for element in must
        if not _is_said(element, content.get(element))
    ]
    limits = (content.get("statutory_limit"), content.get("statutory_limit_explanation"))
    if item_type not in LAW_MAY_BE_SILENT and limits == (None, None):
        said = Said("法律未规定办结时限的，须在此说明", "where the law sets no limit, this says so")
        faults.append(Fault("/statutory_limit_explanation", said))
    return faults


def out_of_place(content: ItemContent, item_type: str) -> list[Fault]:
    """Return what `content` says and an item of this type does not have."""
    elements = [element for element, types in ELEMENTS_OF_ONE_TYPE.items() if item_type not in types]
    elements += [] if has_guides(item_type) else NOT_IN_REDUCED
    said = Said(f"类型为 {item_type} 的事项没有此项内容", f"items of type {item_type} have no such element")
    return [Fault(f"/{element}", said) for element in elements if getattr(content, element) not in (None, ())]


def _is_said(element: str, value: Any) -> bool:
    return value is not None and (element in MAY_BE_EMPTY or value not in ([], (), ""))
