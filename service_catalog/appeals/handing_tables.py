"""NumberRange (编号段): who gives receipt numbers of its own while the line is down."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import UtcDateTime


class NumberRange(SQLModel, table=True):
    """The third and fourth digit of receipt numbers that one replica gives; a range is never given to another."""

    __tablename__ = "number_range"
    __table_args__ = (
        CheckConstraint("number BETWEEN 1 AND 99", name="two_digits"),
        UniqueConstraint("reader"),
    )

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    reader: str = Field(max_length=60)
    """What the replica calls itself."""
    holder: str = Field(max_length=300)
    """Identity of the key that speaks for it."""
    given_at: datetime = Field(sa_type=UtcDateTime)
