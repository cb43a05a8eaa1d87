"""AccessKey: the key of a machine, as far as it may be kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from service_catalog.actors import Role
from service_catalog.kernel.database import Json, UtcDateTime, stored


class AccessKey(SQLModel, table=True):
    """A key that was handed out once; only its prefix and a keyed hash of its secret are here."""

    __tablename__ = "access_key"
    __table_args__ = (
        CheckConstraint("(region_code IS NULL) <> (agency_code IS NULL)", name="one_limit"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revoked_by_somebody"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
    )

    prefix: str = Field(primary_key=True, max_length=8)
    name: str = Field(max_length=100)
    role: Role = Field(sa_type=stored(Role))
    region_code: str | None = Field(default=None, foreign_key="region.code", max_length=12, index=True)
    agency_code: str | None = Field(default=None, foreign_key="agency.code", max_length=18, index=True)
    salt: str = Field(max_length=32)
    digest: str = Field(max_length=64)
    addresses: list[Any] = Field(default_factory=list, sa_type=Json)
    """Networks it may come from, such as 10.3.0.0/16; empty: from anywhere."""
    expires_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str | None = Field(default=None, max_length=200)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
