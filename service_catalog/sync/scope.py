"""What part of the catalogue a reader follows: a region with all below it, some kinds, and how the ended is told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlmodel import col

from service_catalog.agencies.tables import Agency
from service_catalog.changes.tables import Subject
from service_catalog.implementations.tables import Implementation
from service_catalog.regions.tables import RegionLine, ZoneMember
from service_catalog.sync.documents import KINDS, Kind

Ended = Literal["tombstones", "documents"]
EVERYWHERE = (Subject.BASIC_ITEM, Subject.CODE, Subject.REGISTER)
"""What belongs to no region: every reader gets it."""


@dataclass(frozen=True)
class Scope:
    """What a reader follows; the same words in the feed, the snapshot and the digests."""

    region: str | None = None
    kinds: frozenset[Kind] = field(default_factory=lambda: frozenset(KINDS))
    surroundings: bool = False
    """Also what the guides of the region need: all regions and agencies, and the local parts of those above it."""
    ended: Ended = "tombstones"

    @property
    def subjects(self) -> list[Subject]:
        """Return the kinds as the log has them."""
        return [Subject(kind) for kind in sorted(self.kinds)]

    def reach(self) -> Select[tuple[str]] | Any:
        """Return the regions whose local parts are told."""
        below = select(col(RegionLine.descendant)).where(col(RegionLine.ancestor) == self.region)
        if not self.surroundings:
            return below
        above = select(col(RegionLine.ancestor)).where(col(RegionLine.descendant) == self.region)
        inside = or_(col(ZoneMember.region_code).in_(below), col(ZoneMember.region_code).in_(above))
        return below.union(above, select(col(ZoneMember.zone_code)).where(inside))

    def holds(self, subject: Any, code: Any) -> ColumnElement[bool]:
        """Return the condition that a thing lies in the scope now."""
        wanted = subject.in_(self.subjects)
        if self.region is None:
            return and_(wanted, true())
        reach = self.reach()
        parts: list[ColumnElement[bool]] = [
            subject.in_(EVERYWHERE),
            and_(
                subject == Subject.IMPLEMENTATION,
                select(1)
                .where(col(Implementation.implementation_code) == code, col(Implementation.region_code).in_(reach))
                .exists(),
            ),
        ]
        if self.surroundings:
            parts.append(subject.in_((Subject.REGION, Subject.AGENCY)))
        else:
            parts.append(and_(subject == Subject.REGION, code.in_(reach)))
            seat = select(1).where(col(Agency.code) == code, col(Agency.region_code).in_(reach))
            parts.append(and_(subject == Subject.AGENCY, seat.exists()))
        return and_(wanted, or_(*parts))


def read_kinds(written: str | None) -> frozenset[Kind]:
    """Return the kinds of a list parted by commas; all where nothing is written. Raises ValueError with the strange ones."""
    names = [name.strip() for name in (written or "").split(",") if name.strip()]
    strange = [name for name in names if name not in KINDS]
    if strange:
        raise ValueError(", ".join(strange))
    return frozenset(_known(names)) or frozenset(KINDS)


def _known(names: Iterable[str]) -> Iterable[Kind]:
    return (kind for kind in KINDS if kind in set(names))
