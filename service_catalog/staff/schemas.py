"""Actors and keys on the wire."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from service_catalog.access.rights import RIGHTS, Right
from service_catalog.access.tables import AccessKey
from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.agencies.facts import RegionCode
from service_catalog.agencies.schemas import AGENCY_CODE
from service_catalog.basic_items.schemas import BASIC_CODE
from service_catalog.kernel.texts import PRINTABLE
from service_catalog.staff.work import Work, WorkKind

PrefixPath = Annotated[str, Path(pattern=r"^[0-9a-z]{8}$", description="The eight characters after alxa_.")]


class GrantView(BaseModel):
    """One role and what it is limited to."""

    role: Role
    region_code: str | None
    agency_code: str | None
    rights: list[Right]

    @classmethod
    def of(cls, grant: Grant) -> "GrantView":
        return cls(
            role=grant.role, region_code=grant.region_code, agency_code=grant.agency_code,
            rights=sorted(RIGHTS[grant.role]),
        )  # fmt: skip


class ActorView(BaseModel):
    """Who is asking, as the catalogue knows it."""

    name: str
    kind: ActorKind
    grants: list[GrantView]

    @classmethod
    def of(cls, actor: Actor) -> "ActorView":
        return cls(name=actor.name, kind=actor.kind, grants=[GrantView.of(grant) for grant in actor.grants or ()])


class KeyDraft(BaseModel):
    """What a new key is to be."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=PRINTABLE)]
    role: Role
    region_code: RegionCode | None = None
    agency_code: Annotated[str, Field(pattern=AGENCY_CODE)] | None = None
    days: Annotated[int, Field(ge=1, le=1100)] = 365
    addresses: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=50)] = []


class KeyLine(BaseModel):
    """A key as it may be shown: never its secret."""

    prefix: str
    name: str
    role: Role
    region_code: str | None
    agency_code: str | None
    addresses: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_seen_at: datetime | None
    revoked_by: str | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: AccessKey) -> "KeyLine":
        return cls.model_validate(key, from_attributes=True)


class NewKeyView(KeyLine):
    """A new key: `key` is shown this once and cannot be had again."""

    key: str


class WorkLine(BaseModel):
    """One thing that waits for somebody."""

    kind: WorkKind
    code: str
    name: str
    agency_code: str | None
    region_code: str | None
    edition: int | None
    due_on: date | None
    document_number: str | None

    @classmethod
    def of(cls, kind: WorkKind, work: Work) -> "WorkLine":
        columns = work._asdict()
        columns.pop("key")
        return cls(kind=kind, **columns)


class WorkCount(BaseModel):
    """How much of one kind waits for the caller."""

    kind: WorkKind
    zh: str
    en: str
    count: int


class AcknowledgementDraft(BaseModel):
    """Which edition of which standard an agency takes note of."""

    model_config = ConfigDict(extra="forbid")

    agency_code: Annotated[str, Field(pattern=AGENCY_CODE)]
    basic_code: Annotated[str, Field(pattern=BASIC_CODE)]
    edition: Annotated[int, Field(ge=1, le=100_000)]


class AcknowledgementView(AcknowledgementDraft):
    """Who took note of it, and when."""

    by: str
    at: datetime
