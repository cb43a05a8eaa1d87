"""One standard that a draft is held against, and the shipped matrix; shared by the tests of inheritance."""

from typing import Any

from builders import IN_FORCE_SINCE, ITEM, item_content
from seeds import seed_calendar, seed_matrix

from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.inheritance import Matrix, Refusal, Standard, check, weigh

EDITION = 3
MATRIX = seed_matrix()
WORST = seed_calendar().longest_run
DOCUMENT = {"document_number": "阿发改〔2026〕3号", "valid_from": "2026-01-01"}


def standard_with(**changes: Any) -> Standard:
    """The small standard as its third edition, with some elements changed."""
    return Standard(ITEM, "07", "150709000000", EDITION, item_content(**changes), IN_FORCE_SINCE, None)


STANDARD = standard_with()


def local_of(**elements: Any) -> LocalContent:
    """A local part as it lies in the database."""
    return LocalContent.model_validate({"availability": {"status": "offered"}} | elements)


def tried(
    draft: dict[str, Any], *, standard: Standard = STANDARD, matrix: Matrix = MATRIX
) -> tuple[dict[str, Any], list[Refusal]]:
    """What would be stored of a draft beyond its being offered, and every refusal."""
    local, refusals = check({"availability": {"status": "offered"}} | draft, standard, "4", matrix, WORST)
    kept = local.differences()
    return (kept if "availability" in draft else _without_availability(kept)), refusals


def stored(draft: dict[str, Any], *, standard: Standard = STANDARD, matrix: Matrix = MATRIX) -> dict[str, Any]:
    """What is stored of a draft that must not be refused."""
    kept, refusals = tried(draft, standard=standard, matrix=matrix)
    assert [refusal.facts() for refusal in refusals] == []
    return kept


def refused(draft: dict[str, Any], *, standard: Standard = STANDARD, matrix: Matrix = MATRIX) -> Refusal:
    """The one refusal of a draft of which nothing may remain."""
    kept, refusals = tried(draft, standard=standard, matrix=matrix)
    assert kept == {}
    (refusal,) = refusals
    return refusal


def shown(
    local: LocalContent, *, standard: Standard = STANDARD, matrix: Matrix = MATRIX, level: str = "4"
) -> tuple[dict[str, Any], list[Refusal]]:
    """What of a stored local part a guide still goes by, and what gave way."""
    lighter, refusals = weigh(local, standard, level, matrix, WORST)
    return _without_availability(lighter.differences()), refusals


def _without_availability(kept: dict[str, Any]) -> dict[str, Any]:
    return {element: value for element, value in kept.items() if element != "availability"}
