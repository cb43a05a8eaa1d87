"""Verdicts on a row that was handed in, element by element: what the standard refuses, what could not be read; pure."""

from collections.abc import Mapping
from typing import Any

from service_catalog.exchange.import_schemas import ElementLine, Verdict
from service_catalog.exchange.speaking import Statement, Trouble
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.inheritance import Refusal
from service_catalog.kernel.errors import CatalogError, Said
from service_catalog.kernel.problems import slug
from service_catalog.registers.registers import Registers


def verdicts_of(
    lines: list[ElementLine],
    statement: Statement,
    local: LocalContent,
    before: Mapping[str, Any],
    registers: Registers,
    bad: set[str],
) -> list[str]:
    """Add a line for each element that is taken over or goes, and return those that are as the standard says."""
    after = local.differences()
    equal: list[str] = []
    for element in dict.fromkeys([*statement.said, *after, *before]):
        if element in bad or (element not in statement.said and after.get(element) == before.get(element)):
            continue
        entry = registers.matrix.get(element)
        is_local = entry is None or entry.policy == "local"
        value, stored = after.get(element), before.get(element)
        if value is None and stored is None:
            if not is_local:
                equal.append(element)
            continue
        gone = value is None
        verdict = Verdict.LOCAL if is_local else Verdict.EQUAL if gone else Verdict.TIGHTER
        said = (
            Said("不再有本地内容", "no longer anything of its own")
            if gone
            else Said("地方内容", "the agency's own") if is_local else Said("在标准允许的范围内收紧", "tightened within the standard")
        )  # fmt: skip
        where = statement.said.get(element, statement.anchor)
        line = line_of(element, where, verdict, None, said, statement.standard.plain.get(element), value)
        lines.append(line.model_copy(update={"stored_value": stored}))
    return equal


def of_trouble(trouble: Trouble) -> ElementLine:
    """Return the line of what could not be read or understood."""
    return line_of(
        trouble.element,
        trouble.where,
        Verdict.UNKNOWN,
        trouble.rule,
        trouble.said,
        trouble.standard_value,
        trouble.local_value,
    )


def of_error(error: CatalogError, where: str) -> ElementLine:
    """Return the line of a rule that refuses a whole row."""
    element = str(error.facts.get("element", "row"))
    standard_value, local_value = error.facts.get("standard_value"), error.facts.get("local_value")
    return line_of(element, where, Verdict.REFUSED, slug(type(error)), error.said, standard_value, local_value)


def of_refusal(refusal: Refusal, statement: Statement, pointer: str) -> ElementLine:
    """Return the line of an element that the standard does not allow to differ so."""
    verdict = {"tighten": Verdict.LOOSER, "unknown": Verdict.UNKNOWN}.get(refusal.policy, Verdict.REFUSED)
    if refusal.element == "service_flags" and isinstance(refusal.local_value, dict) and refusal.local_value:
        pointer = f"/service_flags/{next(iter(refusal.local_value))}"
    if pointer == "/handling_items" or pointer.startswith("/handling_items/"):
        pointer = "/handling_items"
    return line_of(
        refusal.element,
        statement.where(pointer),
        verdict,
        refusal.rule,
        refusal.said,
        refusal.standard_value,
        refusal.local_value,
    )


def line_of(
    element: str, cell: str, verdict: Verdict, rule: str | None, said: Said, standard_value: Any, local_value: Any
) -> ElementLine:
    """Return the line of an element in a cell."""
    return ElementLine(
        element=element, cell=cell, verdict=verdict, rule=rule, zh=said.zh, en=said.en,
        standard_value=standard_value, local_value=local_value, stored_value=None,
    )  # fmt: skip
