"""Levels and codes of regions; pure."""

import re
from enum import StrEnum

from service_catalog.kernel.errors import Fault, InvalidRequest, Said


class RegionLevel(StrEnum):
    """The four levels."""

    LEAGUE = "league"
    BANNER = "banner"
    TOWNSHIP = "township"
    VILLAGE = "village"


class RegionKind(StrEnum):
    """A division of the state, or a functional zone (功能区) that GB/T 2260 need not know."""

    DIVISION = "division"
    ZONE = "zone"


EXERCISE_LEVEL = {RegionLevel.LEAGUE: "3", RegionLevel.BANNER: "4", RegionLevel.TOWNSHIP: "5", RegionLevel.VILLAGE: "6"}
LEVEL_OF_EXERCISE = {exercise: level for level, exercise in EXERCISE_LEVEL.items()}
CODE = re.compile(r"[0-9]{6}[0-9Z][0-9]{5}")
SHORT = re.compile(r"[0-9]{6}([0-9Z][0-9]{2})?")


def canonical(code: str) -> str:
    """Return the 12-character code; 6 and 9 characters are filled up with zeros. Raises InvalidRequest."""
    if SHORT.fullmatch(code):
        code = code.ljust(12, "0")
    if not CODE.fullmatch(code):
        raise InvalidRequest(
            [Fault("/region", Said("区划代码应为 6、9 或 12 位数字", "a region code has 6, 9 or 12 digits"))]
        )
    return code
