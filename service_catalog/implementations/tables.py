"""Implementation, its editions, and the regions an edition serves beyond the agency's own."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from service_catalog.implementations.content import LocalContent, Offer
from service_catalog.kernel.database import UtcDateTime, stored
from service_catalog.lifecycle.edition import EditionRow


class Implementation(SQLModel, table=True):
    """One agency implements one item at one level; its code is computed, never typed."""

    __tablename__ = "implementation"
    __table_args__ = (
        CheckConstraint("implementation_code = agency_code || exercise_level || basic_code", name="code_is_computed"),
        CheckConstraint("exercise_level IN ('1', '2', '3', '4', '5', '6')", name="level_in_range"),
        Index("ix_implementation_place", "basic_code", "region_code"),
        Index("ix_implementation_agency", "agency_code", "basic_code"),
        Index("ix_implementation_region", "region_code"),
    )

    implementation_code: str = Field(primary_key=True, max_length=31)
    agency_code: str = Field(foreign_key="agency.code", max_length=18)
    exercise_level: str = Field(max_length=1)
    basic_code: str = Field(foreign_key="basic_item.basic_code", max_length=12)
    region_code: str = Field(foreign_key="region.code", max_length=12)
    """Where the agency sits."""
    claimed_by: str = Field(max_length=200)
    claimed_at: datetime = Field(sa_type=UtcDateTime)


class ImplementationEdition(EditionRow, table=True):
    """One dated version of the local part: only what differs from the standard."""

    __tablename__ = "implementation_edition"
    __table_args__ = EditionRow.rules("implementation_edition", "implementation_code")

    implementation_code: str = Field(foreign_key="implementation.implementation_code", max_length=31)
    availability: Offer = Field(sa_type=stored(Offer))
    based_on_edition: int
    """The edition of the standard it was last checked against."""

    @property
    def local(self) -> LocalContent:
        """The document itself."""
        return LocalContent.model_validate(self.content)


class ServedRegion(SQLModel, table=True):
    """A region that an edition names in its service area (服务区域)."""

    __tablename__ = "served_region"

    edition_id: int = Field(primary_key=True, foreign_key="implementation_edition.id")
    region_code: str = Field(primary_key=True, foreign_key="region.code", index=True, max_length=12)
