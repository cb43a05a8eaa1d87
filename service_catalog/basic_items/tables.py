"""BasicItem, its editions, and the facets lists filter by."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from service_catalog.basic_items.content import ItemContent
from service_catalog.kernel.database import UtcDateTime
from service_catalog.lifecycle.edition import EditionRow


class BasicItem(SQLModel, table=True):
    """What an item is, beyond all its editions: its code and its place under a main item."""

    __tablename__ = "basic_item"
    __table_args__ = (
        CheckConstraint("length(basic_code) = 12", name="twelve_characters"),
        CheckConstraint("item_type = substr(basic_code, 3, 2)", name="type_is_in_the_code"),
        CheckConstraint("parent_basic_code IS NULL OR parent_basic_code <> basic_code", name="not_its_own_parent"),
    )

    basic_code: str = Field(primary_key=True, max_length=12, foreign_key="issued_code.code")
    item_type: str = Field(max_length=2, index=True)
    parent_basic_code: str | None = Field(default=None, foreign_key="basic_item.basic_code", index=True, max_length=12)
    by: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)


class BasicItemEdition(EditionRow, table=True):
    """One dated version of the standard."""

    __tablename__ = "basic_item_edition"
    __table_args__ = EditionRow.rules("basic_item_edition", "basic_code")

    basic_code: str = Field(foreign_key="basic_item.basic_code", max_length=12)
    name: str = Field(max_length=1000)
    notice_days: int = 30
    """How long before its effective day the agencies are told."""

    @property
    def standard(self) -> ItemContent:
        """The document itself."""
        return ItemContent.model_validate(self.content)


class BasicItemFacet(SQLModel, table=True):
    """A value by which lists of items are filtered, taken from an edition when it is published."""

    __tablename__ = "basic_item_facet"
    __table_args__ = (Index("ix_basic_item_facet_value", "facet", "value", "edition_id"),)

    edition_id: int = Field(primary_key=True, foreign_key="basic_item_edition.id")
    facet: str = Field(primary_key=True, max_length=30)
    value: str = Field(primary_key=True, max_length=1000)
