"""The documents of the feed: what is published of a thing, as one JSON object; and their digests. Pure, without a database.

A document says nothing that depends on the day of reading: what is scheduled and what has ended stands in it with its dates, and
the reader's own clock decides. So two copies with the same documents answer the same on every day. Nobody's name is in it.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field

Kind = Literal["agency", "basic_item", "code", "implementation", "region", "register"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class ActDocument(BaseModel):
    """A recorded decision (行为)."""

    number: int = Field(description="Tells acts apart, and in which order they were recorded.")
    subject: str
    code: str
    kind: str
    document_number: str
    title: str
    issuing_body: str
    effective_on: date
    at: datetime


class StandingDocument(BaseModel):
    """From a day on it is in force (1), suspended (2) or cancelled (3)."""

    state: Literal["1", "2", "3"]
    from_on: date
    reason: str
    at: datetime
    act: int


class QuestionDocument(BaseModel):
    """A published question and answer that hangs on the thing. Of one that was withdrawn only the moments are left."""

    number: int
    region_code: str
    agency_code: str | None
    question: str | None
    answer: str | None
    published_at: datetime
    withdrawn_at: datetime | None


class EditionDocument(BaseModel):
    """A published version of a standard or of a local part, in force or still to come."""

    number: int
    kind: str
    effective_from: date
    effective_until: date | None
    published_at: datetime
    content: dict[str, Any]


class StandardEdition(EditionDocument):
    """A version of a standard."""

    notice_days: int


class LocalEdition(EditionDocument):
    """A version of a local part: only what differs from the standard."""

    based_on_edition: int


class DelegationDocument(BaseModel):
    """An item goes down from one level to another (下放)."""

    act: int
    from_level: str
    to_level: str
    upper_ends: bool
    effective_on: date
    regions: list[str]


class RetiredDocument(BaseModel):
    """When and by which document a code ended."""

    retired_on: date
    retired_by_document: str


class RegionDocument(BaseModel):
    """Region (区划)."""

    name: str
    level: str
    kind: str
    parent_code: str | None
    statistical_only: bool
    governed_by: str | None
    valid_from: date | None
    document_number: str | None
    members: list[str] = Field(description="Of a functional zone: the regions that lie in it besides their own parent.")
    questions: list[QuestionDocument] = Field(description="Those that hang on no item.")


class FactsDocument(BaseModel):
    """What an agency said of itself from a day on."""

    number: int
    effective_from: date
    recorded_at: datetime
    content: dict[str, Any]


class AgencyDocument(BaseModel):
    """Agency (实施主体) with its dated facts."""

    kind: str
    nature: str
    region_code: str
    parent_code: str | None
    demonstration_code: bool
    name: str
    facts: list[FactsDocument]


class BasicItemDocument(BaseModel):
    """The standard of an item (基本目录事项): all its published versions, and what was decided about it."""

    parent_basic_code: str | None
    entered_at: datetime
    retired: RetiredDocument | None
    editions: list[StandardEdition]
    acts: list[ActDocument]
    standings: list[StandingDocument]
    delegations: list[DelegationDocument]
    questions: list[QuestionDocument]


class ImplementationDocument(BaseModel):
    """One agency's own part (实施清单); its guide is computed from it and the standard."""

    region_code: str
    claimed_at: datetime
    act: int | None = Field(description="The act by which it came to this agency.")
    editions: list[LocalEdition]
    acts: list[ActDocument]
    standings: list[StandingDocument]
    questions: list[QuestionDocument]


class AliasDocument(BaseModel):
    """What stands in the place of an old code."""

    new_code: str
    act_kind: str
    valid_from: date
    document_number: str
    at: datetime


class CodeDocument(BaseModel):
    """An old code and what it leads to."""

    aliases: list[AliasDocument]


class RegisterDocument(BaseModel):
    """One register (登记簿) as it was loaded; `content` has the shape of that register."""

    loaded_at: datetime
    content: Any


DOCUMENTS: dict[Kind, type[BaseModel]] = {
    "agency": AgencyDocument,
    "basic_item": BasicItemDocument,
    "code": CodeDocument,
    "implementation": ImplementationDocument,
    "region": RegionDocument,
    "register": RegisterDocument,
}


def canonical(document: Any) -> bytes:
    """Return the one way of writing a document down: keys sorted, no blanks, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(document: Any) -> str:
    """Return the SHA-256 of a document in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def bucket_of(code: str) -> str:
    """Return in which of 256 buckets a thing is compared: two hexadecimal digits."""
    return hashlib.sha256(code.encode()).hexdigest()[:2]


def digest_of_lines(lines: Iterable[tuple[str, str]]) -> str:
    """Return the digest over pairs of name and digest, whatever the order in which they come."""
    text = "".join(f"{name} {digest}\n" for name, digest in sorted(lines))
    return hashlib.sha256(text.encode()).hexdigest()
