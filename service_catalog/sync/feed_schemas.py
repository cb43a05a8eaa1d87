"""What crosses the wire on the way down: pages of the feed, digests."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service_catalog.sync.documents import Kind


class FeedItemView(BaseModel):
    """One thing at its last change. What `data` holds for which kind is documented in docs/api.md."""

    state: Literal["updated", "deleted"]
    kind: Kind
    id: str
    modified: int = Field(description="Number of its last change.")
    data: dict[str, Any] | None = Field(default=None, description="Left out of a tombstone.")


class FeedView(BaseModel):
    """One page of the feed (OpenActive RPDE 1.0): items in the order of their last change."""

    next: str = Field(description="Address of what follows; the last page points to itself.")
    items: list[FeedItemView]
    license: str


class KindDigest(BaseModel):
    """All things of one kind."""

    model_config = ConfigDict(from_attributes=True)

    kind: Kind
    count: int
    digest: str


class BucketDigest(BaseModel):
    """The things of one kind whose codes fall into one of 256 buckets."""

    bucket: str
    count: int
    digest: str


class ThingDigest(BaseModel):
    """One thing."""

    id: str
    modified: int
    digest: str


class DigestView(BaseModel):
    """What is told, as digests: of all kinds; of the buckets of one kind; of the things in one bucket."""

    change_number: int
    digest: str | None = Field(description="Of everything in the scope; null where one kind was asked for.")
    kinds: list[KindDigest] | None
    buckets: list[BucketDigest] | None
    items: list[ThingDigest] | None
