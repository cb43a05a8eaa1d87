"""Implementation, its editions, the regions an edition serves; delegations, and what agencies have taken note of."""

from datetime import date, datetime

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
    act_id: int | None = Field(default=None, foreign_key="act.id")
    """The act by which it came here: a delegation that was taken over, a transfer from another body."""


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


class Delegation(SQLModel, table=True):
    """An item goes down from one level to another (下放): by an act, from a day on, to named regions."""

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("from_level < to_level", name="goes_down"),
        CheckConstraint("to_level IN ('3', '4', '5', '6')", name="level_of_the_league"),
    )

    act_id: int = Field(primary_key=True, foreign_key="act.id")
    basic_code: str = Field(foreign_key="basic_item.basic_code", index=True, max_length=12)
    from_level: str = Field(max_length=1)
    to_level: str = Field(max_length=1)
    upper_ends: bool
    """Whether the upper bodies cease to do it, or go on beside the lower ones."""
    effective_on: date


class DelegatedRegion(SQLModel, table=True):
    """A region that is to take an item over, or to say that it is not offered there."""

    __tablename__ = "delegated_region"

    act_id: int = Field(primary_key=True, foreign_key="delegation.act_id")
    region_code: str = Field(primary_key=True, foreign_key="region.code", index=True, max_length=12)


class Acknowledgement(SQLModel, table=True):
    """An agency has taken note of a new edition of a standard that it implements."""

    __tablename__ = "acknowledgement"

    agency_code: str = Field(primary_key=True, foreign_key="agency.code", max_length=18)
    edition_id: int = Field(primary_key=True, foreign_key="basic_item_edition.id", index=True)
    by: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)
