"""What does not belong here, and where it goes instead (不予受理, handbook, appeals, chapter 6): told at once, decided by a person."""

from collections.abc import Sequence

from service_catalog.appeals.rulebook import Rulebook
from service_catalog.appeals.rules import Elsewhere
from service_catalog.kernel.errors import Conflict, Said


class LooksLikeEmergency(Conflict):
    """The words sound like an emergency: nothing is queued before the person has seen whom to call."""

    title = Said("如遇紧急情况，请先拨打电话", "In an emergency, call first")

    def __init__(self, found: Elsewhere) -> None:
        super().__init__(
            f"{found.where_zh}如果不是紧急情况，请确认后再次提交。",
            f"{found.where_en} If it is no emergency, say so and hand it in again.",
            code=found.code, where_zh=found.where_zh, where_en=found.where_en, confirm_with="not_an_emergency",
        )  # fmt: skip


def hints(rulebook: Rulebook, text: str) -> list[Elsewhere]:
    """Return what the words hint at; a hint refuses nothing."""
    return [row for row in rulebook.elsewhere.elsewhere if any(word in text for word in row.words)]


def refuse_emergency(found: Sequence[Elsewhere]) -> None:
    """Raise LooksLikeEmergency where a hint is one."""
    for row in found:
        if row.emergency:
            raise LooksLikeEmergency(row)
