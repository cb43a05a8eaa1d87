"""Reader (同步终端): who reads the changes, and how far they have come."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import UtcDateTime, stored


class ReaderKind(StrEnum):
    """A copy that answers people, the system of an office, a self-service terminal."""

    REPLICA = "replica"
    OFFICE = "office"
    KIOSK = "kiosk"


class Reader(SQLModel, table=True):
    """One copy of the catalogue somewhere else: what it has, and when it was last heard of."""

    __tablename__ = "reader"
    __table_args__ = (
        Index("uq_reader_name", "name", unique=True),
        CheckConstraint("change_number >= 0 AND waiting_appeals >= 0", name="counts_from_nought"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200)
    kind: ReaderKind = Field(sa_type=stored(ReaderKind))
    region_code: str | None = Field(default=None, foreign_key="region.code", max_length=12, index=True)
    """Whose subtree it follows; none: it follows everything."""
    credential: str = Field(max_length=300, index=True)
    """Whose name it is: a key, or whoever signed in."""
    change_number: int
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was last sure to have everything, by its own clock."""
    seen_at: datetime = Field(sa_type=UtcDateTime)
    waiting_appeals: int = 0
    """Taken there and not yet handed on."""
    software: str | None = Field(default=None, max_length=100)

    @property
    def is_told_by_its_walk(self) -> bool:
        """Tell whether nobody has reported for it: it stands under its credential, as far as its walk has come."""
        return self.name == self.credential
