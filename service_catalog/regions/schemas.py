"""Regions on the wire."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel

from service_catalog.regions.tables import Region
from service_catalog.regions.tree import EXERCISE_LEVEL, RegionKind, RegionLevel


def _filled_up(code: str | None) -> str | None:
    return code.ljust(12, "0") if code else code


_PATTERN = r"^[0-9]{6}([0-9Z][0-9]{2}([0-9]{3})?)?$"
_ABOUT = "Region code; the short forms of 6 and 9 digits are accepted."
RegionPath = Annotated[str, Path(pattern=_PATTERN, description=_ABOUT), AfterValidator(_filled_up)]
RegionQuery = Annotated[str, Query(pattern=_PATTERN, description=_ABOUT), AfterValidator(_filled_up)]
RegionFilter = Annotated[str | None, Query(pattern=_PATTERN, description=_ABOUT), AfterValidator(_filled_up)]


class RegionLink(BaseModel):
    """A region, named."""

    code: str
    name: str
    level: RegionLevel

    @classmethod
    def of(cls, region: Region) -> "RegionLink":
        return cls(code=region.code, name=region.name, level=region.level)


class RegionLine(RegionLink):
    """A region in a list."""

    kind: RegionKind
    parent_code: str | None
    exercise_level: str
    statistical_only: bool

    @classmethod
    def of(cls, region: Region) -> "RegionLine":
        return cls(
            code=region.code,
            name=region.name,
            level=region.level,
            kind=region.kind,
            parent_code=region.parent_code,
            exercise_level=EXERCISE_LEVEL[region.level],
            statistical_only=region.statistical_only,
        )


class RegionView(RegionLine):
    """One region with what it lies in, from the league down, and how many lie directly in it."""

    ancestors: list[RegionLink]
    governed_by: str | None
    children_count: int
