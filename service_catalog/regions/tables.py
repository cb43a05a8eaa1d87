"""Region and the lines of descent that make a subtree one indexed question."""

from datetime import date

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import stored
from service_catalog.regions.tree import RegionKind, RegionLevel


class Region(SQLModel, table=True):
    """One region; the parent is a fact of its own, not a prefix of the code."""

    __tablename__ = "region"
    __table_args__ = (
        CheckConstraint("length(code) = 12", name="twelve_characters"),
        CheckConstraint("(parent_code IS NULL) = (level = 'league')", name="only_the_league_is_root"),
        CheckConstraint("kind = 'zone' OR substr(code, 7, 1) <> 'Z'", name="letters_mark_zones"),
    )

    code: str = Field(primary_key=True, max_length=12)
    name: str = Field(max_length=100)
    level: RegionLevel = Field(sa_type=stored(RegionLevel))
    kind: RegionKind = Field(sa_type=stored(RegionKind))
    parent_code: str | None = Field(default=None, foreign_key="region.code", index=True, max_length=12)
    statistical_only: bool = False
    """The code is the statistics bureau's, not one of GB/T 2260."""
    governed_by: str | None = Field(default=None, foreign_key="region.code", max_length=12)
    """For a zone: the region whose government it belongs to."""
    valid_from: date | None = None
    document_number: str | None = Field(default=None, max_length=100)


class RegionLine(SQLModel, table=True):
    """`descendant` lies in `ancestor`, so many steps down; every region lies in itself at 0."""

    __tablename__ = "region_line"
    __table_args__ = (Index("ix_region_line_ancestor_descendant", "ancestor", "descendant"),)

    descendant: str = Field(primary_key=True, foreign_key="region.code", max_length=12)
    ancestor: str = Field(primary_key=True, foreign_key="region.code", max_length=12)
    distance: int


class ZoneMember(SQLModel, table=True):
    """A region that lies in a functional zone besides lying in its own parent."""

    __tablename__ = "zone_member"

    zone_code: str = Field(primary_key=True, foreign_key="region.code", max_length=12)
    region_code: str = Field(primary_key=True, foreign_key="region.code", max_length=12, index=True)
