"""Actor (操作人): the person or machine named beside every change."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """People answer for what they do; machines act for an office; the system acts by the clock."""

    PERSON = "person"
    MACHINE = "machine"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who acts; `name` is what stands in the log."""

    name: str
    kind: ActorKind = ActorKind.PERSON
