"""What a copy knows of itself."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from service_catalog.kernel.database import UtcDateTime


class ReplicaState(SQLModel, table=True):
    """How far this copy has come; there is no row in a catalogue that is no copy."""

    __tablename__ = "replica_state"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True)
    centre: str = Field(max_length=500)
    """Address of what it is a copy of."""
    region_code: str | None = Field(default=None, max_length=12)
    """Whose guides it holds; None: everybody's."""
    change_number: int
    """Everything of the centre's log up to here is in it."""
    confirmed_at: datetime = Field(sa_type=UtcDateTime)
    """When the centre last said that there was nothing newer; by the centre's clock."""
    confirmed_here_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The same moment by the clock of this machine; None as long as only a snapshot has come, which may have lain for an hour."""
