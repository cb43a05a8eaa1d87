"""Adding regions and asking where one lies."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.kernel.database import add_new
from service_catalog.kernel.errors import Conflict, Invalid, NotFound, Said
from service_catalog.regions.tables import Region, RegionLine, ZoneMember
from service_catalog.regions.tree import CODE, RegionKind, RegionLevel


class NoSuchRegion(NotFound):
    """There is no region of this code."""

    title = Said("没有这个区划", "No such region")


class RegionCodeTaken(Conflict):
    """A region of this code exists."""

    title = Said("区划代码已存在", "The region code is taken")


class ZoneRangeFull(Conflict):
    """A county has 99 codes for functional zones."""

    title = Said("功能区代码已用完", "The range of zone codes is full")


class RegionCodeMalformed(Invalid):
    """A region code has 12 digits; a zone without a national code has a Z in the seventh place."""

    title = Said("区划代码格式不正确", "The region code is malformed")


def add_region(session: Session, region: Region, *, by: Actor, at: datetime) -> Region:
    """Add one region below its parent; raises NoSuchRegion, RegionCodeTaken, RegionCodeMalformed."""
    if not CODE.fullmatch(region.code) or ("Z" in region.code and region.kind is not RegionKind.ZONE):
        raise RegionCodeMalformed(
            f"区划代码 {region.code} 格式不正确", f"region code {region.code} is malformed", code=region.code
        )
    taken = RegionCodeTaken(f"区划代码 {region.code} 已存在", f"region {region.code} exists", code=region.code)
    if session.get(Region, region.code) is not None:
        raise taken
    above = [] if region.parent_code is None else lines_above(session, find_region(session, region.parent_code).code)
    add_new(session, region, taken)
    session.add(RegionLine(descendant=region.code, ancestor=region.code, distance=0))
    for line in above:
        session.add(RegionLine(descendant=region.code, ancestor=line.ancestor, distance=line.distance + 1))
    log.record(session, Subject.REGION, region.code, by=by, at=at)
    return region


def establish_zone(
    session: Session,
    *,
    name: str,
    level: RegionLevel,
    parent_code: str,
    members: Sequence[str],
    document_number: str,
    valid_from: date,
    by: Actor,
    at: datetime,
) -> Region:
    """Add a functional zone that GB/T 2260 does not know; its code is the county's six digits, Z and a number."""
    parent = find_region(session, parent_code)
    # two zones founded at once follow each other, so that each sees the numbers that are taken
    session.execute(select(col(Region.code)).where(col(Region.code) == parent.code).with_for_update())
    codes = set(session.scalars(select(col(Region.code)).where(col(Region.code).like(f"{parent.code[:6]}Z%"))))
    free = next((code for n in range(1, 100) if (code := f"{parent.code[:6]}Z{n:02}000") not in codes), None)
    if free is None:
        raise ZoneRangeFull(f"{parent.name}的 99 个功能区代码已用完", f"all 99 zone codes of {parent.code} are taken")
    zone = Region(
        code=free, name=name, level=level, kind=RegionKind.ZONE, parent_code=parent.code, governed_by=parent.code,
        valid_from=valid_from, document_number=document_number,
    )  # fmt: skip
    add_region(session, zone, by=by, at=at)
    for member in members:
        session.add(ZoneMember(zone_code=zone.code, region_code=find_region(session, member).code))
    session.flush()
    return zone


def find_region(session: Session, code: str) -> Region:
    """Return the region of a canonical code; raises NoSuchRegion."""
    region = session.get(Region, code)
    if region is None:
        raise NoSuchRegion(f"没有代码为 {code} 的区划", f"there is no region {code}", code=code)
    return region


def lines_above(session: Session, code: str) -> Sequence[RegionLine]:
    """Return the region itself and everything it lies in, nearest first."""
    query = select(RegionLine).where(col(RegionLine.descendant) == code).order_by(col(RegionLine.distance))
    return session.scalars(query).all()


def ancestors_of(session: Session, code: str) -> Sequence[Region]:
    """Return the region itself and what it lies in, nearest first."""
    query = (
        select(Region)
        .join(RegionLine, col(RegionLine.ancestor) == col(Region.code))
        .where(col(RegionLine.descendant) == code)
        .order_by(col(RegionLine.distance))
    )
    return session.scalars(query).all()


_ZONE = aliased(Region)
"""Made once: adapting the columns of an alias costs more than the query."""


def way_up(session: Session, code: str, day: date) -> list[Region]:
    """Return where a person in a region turns to on `day`, nearest first: each region, the zones it lies in, its parent.

    What is founded later (or will be) is not there yet.
    """
    own = [region for region in ancestors_of(session, code) if region.valid_from is None or region.valid_from <= day]
    members = session.execute(
        select(col(ZoneMember.region_code), _ZONE)
        .join(_ZONE, col(_ZONE.code) == col(ZoneMember.zone_code))
        .where(
            col(ZoneMember.region_code).in_([region.code for region in own]),
            or_(col(_ZONE.valid_from).is_(None), col(_ZONE.valid_from) <= day),
        )
        .order_by(col(_ZONE.code))
    ).all()
    path: list[Region] = []
    for region in own:
        path.append(region)
        path += [around for inside, around in members if inside == region.code and around not in path]
    return path


def within(column: Mapped[str], ancestor: str) -> ColumnElement[bool]:
    """Return the condition that a region column lies in the subtree of `ancestor`."""
    return column.in_(select(col(RegionLine.descendant)).where(col(RegionLine.ancestor) == ancestor))
