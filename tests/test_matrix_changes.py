"""Handbook, inheritance: the matrix is data, and a changed matrix is obeyed, in drafts and in what was stored before."""

from typing import Any

import pytest
from inheriting import LOCAL, MATRIX, TIGHTENED, listed, local_of, refused, shown, stored, tried
from seeds import matrix_with

from service_catalog.implementations.inheritance import Matrix


def moved_to_locked(element: str) -> Matrix:
    return matrix_with(**{element.replace(".", "__"): "locked"})


@pytest.mark.parametrize(("element", "draft"), listed(TIGHTENED))
def test_an_element_that_an_act_has_locked_can_no_longer_be_tightened(element: str, draft: dict[str, Any]) -> None:
    _, refusals = tried(draft, matrix=moved_to_locked(element))

    assert {refusal.policy for refusal in refusals} == {"locked"}
    assert all(refusal.element == element or refusal.pointer.split("/")[1] in draft for refusal in refusals)


@pytest.mark.parametrize("element", sorted(set(LOCAL) - {"availability"}))
def test_a_local_element_that_an_act_has_locked_is_no_longer_local(element: str) -> None:
    assert refused({element: LOCAL[element]}, matrix=moved_to_locked(element)).rule == "element_locked"


@pytest.mark.parametrize(("element", "draft"), listed(TIGHTENED))
def test_what_was_stored_before_an_act_locked_it_gives_way_to_the_standard(element: str, draft: dict[str, Any]) -> None:
    kept, refusals = shown(local_of(**draft), matrix=moved_to_locked(element))

    assert element.split(".")[0] not in kept
    assert element in {refusal.element for refusal in refusals}


def test_an_element_that_an_act_has_made_local_is_free() -> None:
    free = dict(MATRIX) | {"promised_limit": MATRIX["promised_limit"]._replace(policy="local", rule=None)}
    longer = {"promised_limit": {"amount": 15, "unit": "working_day"}}

    assert stored(longer, matrix=free) == longer


@pytest.mark.parametrize(("element", "draft"), listed(TIGHTENED))
def test_a_rule_that_the_matrix_misspells_lets_nothing_pass(element: str, draft: dict[str, Any]) -> None:
    misspelt = dict(MATRIX) | {element: MATRIX[element]._replace(rule="no_such_rule")}

    _, refusals = tried(draft, matrix=misspelt)

    assert element in {refusal.element for refusal in refusals}


@pytest.mark.parametrize("element", sorted(set(LOCAL) - {"availability"} | {"promised_limit", "channels", "name"}))
def test_an_element_that_the_matrix_forgets_is_unknown(element: str) -> None:
    forgetful = {name: row for name, row in MATRIX.items() if name != element}

    _, refusals = tried({element: LOCAL.get(element, "居住证明")}, matrix=forgetful)

    assert [(refusal.element, refusal.rule) for refusal in refusals] == [(element, "element_unknown")]
