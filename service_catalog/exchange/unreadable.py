"""The refusal of a list that cannot be read."""

from collections.abc import Sequence
from typing import Any

from service_catalog.kernel.errors import Fault, InvalidRequest, Said


class ListUnreadable(InvalidRequest):
    """The file is no list that can be audited; each fault names its row and column."""

    title = Said("清单不能识读", "The list cannot be read")

    def __init__(self, zh: str, en: str, *, at: Sequence[Fault] = (), **facts: Any) -> None:
        super().__init__(list(at))
        self.said = Said(zh, en)
        self.args = (en,)
        self.facts = facts
