"""EditionRow: the columns and moves that editions of a standard and of an implementation share."""

import hashlib
import json
from datetime import date, datetime
from typing import Any, Self

from sqlalchemy import CheckConstraint, ColumnElement, Index, and_, text
from sqlmodel import Field, SQLModel, col

from service_catalog.actors import Actor
from service_catalog.kernel.database import Json, UtcDateTime, stored
from service_catalog.kernel.dates import civil_day, ends_at
from service_catalog.kernel.errors import Conflict, Forbidden, Invalid, Said
from service_catalog.lifecycle.states import IN_WORDS, OPEN, EditionKind, WorkState


class WrongState(Conflict):
    """The edition is not in a state that allows this move."""

    title = Said("当前状态不允许此操作", "Not possible in this state")


class OpinionMissing(Invalid):
    """Sending back needs an opinion, which is kept."""

    title = Said("退回须填写意见", "Sending back needs an opinion")


class ApprovedByAuthor(Forbidden):
    """Whoever wrote or submitted an edition may not approve it."""

    title = Said("不得审核本人编写或提交的内容", "Nobody approves what they wrote or submitted")


class BackDated(Invalid):
    """An edition takes effect on the day of its publication or later."""

    title = Said("生效日期早于发布日期", "Effective before publication")


class EndsBeforeItBegins(Invalid):
    """The first day no longer in force lies after the first day in force."""

    title = Said("取消日期不晚于生效日期", "It would end before it begins")


class EditionRow(SQLModel):
    """One version of a thing. A published edition is never edited; a typing error is a new edition."""

    id: int | None = Field(default=None, primary_key=True)
    number: int
    state: WorkState = Field(default=WorkState.DRAFT, sa_type=stored(WorkState))
    kind: EditionKind = Field(sa_type=stored(EditionKind))
    revision: int = 1
    """Counts the writes to a draft, so that a stale write can be refused."""
    drafted_by: str = Field(max_length=200)
    """Who wrote it last."""
    authors: list[Any] = Field(default_factory=list, sa_type=Json)
    """The identities of everybody who wrote or submitted it; none of them may approve it."""
    submitted_by: str | None = Field(default=None, max_length=200)
    effective_from: date | None = None
    effective_until: date | None = None
    """First day no longer in force."""
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    content: dict[str, Any] = Field(sa_type=Json)

    def submit(self, *, by: Actor) -> None:
        """Hand the draft in for review."""
        self.expect(WorkState.DRAFT, WorkState.RETURNED)
        self.state, self.submitted_by = WorkState.SUBMITTED, by.name
        self._remember(by)

    def take_back(self) -> None:
        """Make a submitted or returned edition a draft again."""
        self.expect(WorkState.SUBMITTED, WorkState.RETURNED)
        self.state = WorkState.DRAFT

    def send_back(self, opinion: str) -> None:
        """Return it to its author, with an opinion."""
        self.expect(WorkState.SUBMITTED)
        if not opinion.strip():
            raise OpinionMissing("请写明退回意见", "say why it is sent back")
        self.state = WorkState.RETURNED

    def approve(self, *, by: Actor) -> None:
        """Approve it; not by whoever wrote or submitted it."""
        self.expect(WorkState.SUBMITTED)
        if by.name == self.submitted_by or by.identity in self.authors:
            raise ApprovedByAuthor(
                "编写人、提交人不得审核自己的内容", "whoever wrote or submitted it may not approve it"
            )
        self.state = WorkState.APPROVED

    def publish(self, *, effective_from: date, effective_until: date | None, at: datetime) -> None:
        """Publish it; before its effective day it stays approved (scheduled), and takes effect by the clock."""
        self.expect(WorkState.APPROVED)
        if self.published_at is not None:
            raise WrongState("该版本已安排发布", "this edition is scheduled already", state=self.state)
        today = civil_day(at)
        if effective_from < today:
            raise BackDated(f"生效日期 {effective_from} 早于发布日 {today}", f"{effective_from} is before {today}")
        if effective_until is not None and effective_until <= effective_from:
            raise EndsBeforeItBegins("取消日期必须晚于生效日期", "effective_until must be later than effective_from")
        self.effective_from, self.effective_until, self.published_at = effective_from, effective_until, at

    def publish_unreviewed(self, *, effective_from: date, by: Actor, at: datetime) -> None:
        """Publish a draft under a right that needs no review; nobody approves it, so nobody is said to have."""
        self.expect(WorkState.DRAFT)
        self.state = WorkState.APPROVED
        self.publish(effective_from=effective_from, effective_until=None, at=at)
        self._remember(by)

    def withdraw(self) -> None:
        """Take an approved or scheduled edition out before it takes effect."""
        self.expect(WorkState.APPROVED)
        self.state = WorkState.WITHDRAWN

    def revise(self, content: dict[str, Any], *, by: Actor) -> None:
        """Write a draft anew."""
        self.expect(WorkState.DRAFT, WorkState.RETURNED)
        self.content, self.revision, self.state = content, self.revision + 1, WorkState.DRAFT
        self.drafted_by = by.name
        self._remember(by)

    def _remember(self, by: Actor) -> None:
        if by.identity not in self.authors:
            self.authors = [*self.authors, by.identity]

    @property
    def seen(self) -> str:
        """Return what tells two states of an edition in work apart: number, revision, state, and what it says.

        A draft that was thrown away may have had the same number and revision as the one after it.
        """
        says = hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()[:12]
        return f"{self.number}.{self.revision}.{self.state.value}.{says}"

    def is_due(self, day: date) -> bool:
        """Tell whether a scheduled edition has taken effect by `day`."""
        return self.state is WorkState.APPROVED and self.effective_from is not None and self.effective_from <= day

    def ends_by(self, day: date) -> bool:
        """Tell whether the edition is no longer in force on `day`."""
        return self.effective_until is not None and self.effective_until <= day

    def expect(self, *states: WorkState) -> None:
        """Raise WrongState unless the edition is in one of `states`."""
        if self.state not in states:
            raise WrongState(
                f"第 {self.number} 版的状态是“{IN_WORDS[self.state]}”",
                f"edition {self.number} is {self.state.value}",
                state=self.state.value,
            )

    @classmethod
    def known_by(cls, day: date) -> ColumnElement[bool]:
        """Return the condition: published by the end of `day`, and effective by it."""
        return and_(
            col(cls.published_at) < ends_at(day),
            col(cls.effective_from) <= day,
            col(cls.state) != WorkState.WITHDRAWN,
        )

    @classmethod
    def rules(cls: type[Self], table: str, owner: str) -> tuple[Any, ...]:
        """Return the constraints every edition table keeps: one open, one published, whole dates."""
        open_states = ", ".join(f"'{state.value}'" for state in OPEN)
        is_open, is_published = text(f"state IN ({open_states})"), text("state = 'published'")
        return (
            Index(f"uq_{table}_number", owner, "number", unique=True),
            Index(f"uq_{table}_open", owner, unique=True, sqlite_where=is_open, postgresql_where=is_open),
            Index(
                f"uq_{table}_published", owner, unique=True, sqlite_where=is_published, postgresql_where=is_published
            ),
            CheckConstraint("number >= 1", name="counts_from_one"),
            CheckConstraint("(published_at IS NULL) = (effective_from IS NULL)", name="published_has_date"),
            CheckConstraint(
                "state NOT IN ('published', 'superseded') OR published_at IS NOT NULL", name="in_force_was_published"
            ),
            CheckConstraint("effective_until IS NULL OR effective_until > effective_from", name="ends_after_it_begins"),
        )
