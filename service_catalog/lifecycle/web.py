"""What the routes of every edition share: the version the caller has seen, and the moves between draft and published."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst
from service_catalog.kernel.dates import Day
from service_catalog.kernel.errors import CatalogError, Said, Unconditional
from service_catalog.kernel.texts import PRINTABLE, Filled
from service_catalog.lifecycle.edition import (
    EditionRow,
    WrongState,
)
from service_catalog.lifecycle.reviewing import NothingOpen, StaleRevision
from service_catalog.lifecycle.standing import (
    Decision,
)
from service_catalog.lifecycle.states import EditionKind, WorkState

EDITING: tuple[type[CatalogError], ...] = (SignInFirst, NotAllowed, NothingOpen, StaleRevision, WrongState)


class SeenVersionMissing(Unconditional):
    """Writing over an edition in work needs If-Match with the ETag under which it was read."""

    title = Said("须用 If-Match 注明所见版本", "Say with If-Match which version you have seen")


def _seen(
    if_match: Annotated[str | None, Header(max_length=500, description="ETag of the edition in work.")] = None,
) -> frozenset[str] | None:
    """Return the versions that the caller has seen; None where it says nothing. A star means whatever is there."""
    if if_match is None:
        return None
    return frozenset(tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(","))


Seen = Annotated[frozenset[str] | None, Depends(_seen)]


def demand_seen(seen: frozenset[str] | None) -> frozenset[str]:
    """Raise SeenVersionMissing unless the caller said which version it has seen."""
    if seen is None:
        raise SeenVersionMissing(
            "请先读取草稿，再用其 ETag 提交修改", "read the draft first, then send its ETag in If-Match"
        )
    return seen


class DraftView(BaseModel):
    """An edition in work."""

    code: str
    number: int
    state: WorkState
    kind: EditionKind
    revision: int
    drafted_by: str
    submitted_by: str | None
    effective_from: date | None
    effective_until: date | None
    published_at: datetime | None
    content: dict[str, Any]
    missing: list[str] = Field(description="JSON pointers to what is still missing before it can be submitted.")

    @classmethod
    def of(cls, code: str, edition: EditionRow, missing: list[str], response: Response) -> "DraftView":
        """Return the view, and put its ETag into the answer."""
        response.headers["ETag"] = f'"{edition.seen}"'
        columns = edition.model_dump(exclude={"id"})
        return cls(**{name: columns[name] for name in cls.model_fields if name in columns}, code=code, missing=missing)


class EditionMoved(BaseModel):
    """Where an edition stands after a move."""

    code: str
    number: int
    state: WorkState
    effective_from: date | None
    effective_until: date | None
    published_at: datetime | None

    @classmethod
    def of(cls, code: str, edition: EditionRow, response: Response) -> "EditionMoved":
        """Return the view, and put the new ETag into the answer."""
        response.headers["ETag"] = f'"{edition.seen}"'
        columns = edition.model_dump()
        return cls(**{name: columns[name] for name in cls.model_fields if name in columns}, code=code)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpinionDraft(_Body):
    """What a reviewer says; it is kept."""

    opinion: Annotated[str, Field(max_length=4000, pattern=PRINTABLE)] = ""


class PublicationDraft(_Body):
    """From which day on, and until when; today where nothing is said."""

    effective_from: Day | None = None
    effective_until: Day | None = Field(default=None, description="First day no longer in force.")


class DecisionDraft(_Body):
    """The paper behind an act."""

    document_number: Annotated[str, Field(min_length=1, max_length=100, pattern=PRINTABLE, description="文号")]
    title: Filled
    issuing_body: Annotated[str, Field(min_length=1, max_length=200, pattern=PRINTABLE)]
    effective_on: Day
    reason: Filled

    def decision(self) -> Decision:
        """Return it as the verbs take it."""
        return Decision(self.document_number, self.title, self.issuing_body, self.effective_on, self.reason)
