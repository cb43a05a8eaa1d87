"""Which region people mean when they write where something is, in their own words."""

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlmodel import Session, col

from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel

SHORTEST = 3
"""Characters; 东关 alone is a part of many names."""
_COMMITTEES = ("村民委员会", "民委员会", "居民委员会", "居委会", "委员会", "办事处")
_DEPTH = {level: depth for depth, level in enumerate(RegionLevel)}

_Named = Row[tuple[str, str, RegionLevel, str | None]]


def everyday_names(name: str) -> set[str]:
    """Return a name and how people say it: 东关村民委员会 is 东关村, 巴兴图嘎查村民委员会 is 巴兴图嘎查."""
    said = {name}
    for ending in _COMMITTEES:
        if name.endswith(ending):
            said.add(name.removesuffix(ending))
    return {one for one in said if len(one) >= SHORTEST}


def region_named_in(session: Session, text: str) -> str | None:
    """Return the code of the deepest region named in a text; None where none is, or where it could be another."""
    rows: Sequence[_Named] = session.execute(_REGIONS).all()
    named = [row for row in rows if any(name in text for name in everyday_names(row.name))]
    if not named:
        return None
    deepest = max(_DEPTH[row.level] for row in named)
    found = [row for row in named if _DEPTH[row.level] == deepest]
    if len(found) > 1:  # two gachas of one name: the township that is named as well tells which
        above = {row.code for row in named}
        found = [row for row in found if row.parent_code in above]
    return found[0].code if len(found) == 1 else None


_REGIONS = select(col(Region.code), col(Region.name), col(Region.level), col(Region.parent_code))
