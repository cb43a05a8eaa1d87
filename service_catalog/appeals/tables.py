"""Appeal (诉求) and what hangs on it. Whatever a person wrote is sealed; plain columns are for counting and queues."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service_catalog.actors import ActorKind
from service_catalog.appeals.stages import OPEN, AppealKind, Stage, Step, Urgency
from service_catalog.kernel.database import Json, UtcDateTime, stored

_OPEN = ", ".join(f"'{stage.value}'" for stage in sorted(OPEN))
_ALERTED = text("next_alert_on IS NOT NULL")
_QUEUED = text("queue_on IS NOT NULL")
_WAITING = text("stage = 'need_info'")


class Appeal(SQLModel, table=True):
    """One matter that somebody brought. Dates of the clock are computed from the events and kept here only to be found by."""

    __tablename__ = "appeal"
    __table_args__ = (
        CheckConstraint("length(number) = 12", name="twelve_digits"),
        CheckConstraint("(stage = 'merged') = (main_number IS NOT NULL)", name="merged_into_something"),
        CheckConstraint("main_number IS NULL OR main_number <> number", name="not_merged_into_itself"),
        CheckConstraint(
            "stage NOT IN ('dispatched', 'signed', 'handling') OR lead_agency IS NOT NULL", name="somebody_leads"
        ),
        CheckConstraint(
            "lead_agency IS NULL OR against_agency IS NULL OR lead_agency <> against_agency",
            name="nobody_judges_itself",
        ),
        CheckConstraint("(officer IS NULL) = (officer_name IS NULL)", name="officer_has_a_name"),
        CheckConstraint("stage <> 'answered' OR answered_at IS NOT NULL", name="answered_has_a_time"),
        CheckConstraint("stage <> 'closed' OR closed_at IS NOT NULL", name="closed_has_a_time"),
        CheckConstraint(f"deadline_on IS NULL OR stage IN ({_OPEN})", name="only_open_ones_are_due"),
        CheckConstraint("grade IS NULL OR grade BETWEEN 1 AND 5", name="five_grades"),
        CheckConstraint("kind = 'complaint' OR NOT is_report", name="a_report_is_a_complaint"),
        CheckConstraint("returns >= 0 AND reopens >= 0 AND extensions >= 0", name="counts_from_nought"),
        Index("ix_appeal_next_alert_on", "next_alert_on", sqlite_where=_ALERTED, postgresql_where=_ALERTED),
        Index("ix_appeal_queue_on", "queue_on", "number", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_appeal_lead_queue", "lead_agency", "queue_on", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_appeal_desk_queue", "desk_region", "queue_on", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_appeal_officer_queue", "officer", "queue_on", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_appeal_answer_by", "step_due_on", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_appeal_month_desk", "received_month", "desk_region"),
        Index("ix_appeal_item_received", "basic_code", "received_at"),
        Index("ix_appeal_region_received", "region_code", "received_at"),
        Index("ix_appeal_desk_received", "desk_region", "received_at"),
    )

    number: str = Field(primary_key=True, max_length=12)
    kind: AppealKind = Field(sa_type=stored(AppealKind))
    kind_before: AppealKind | None = Field(default=None, sa_type=stored(AppealKind, "kind_before"), nullable=True)
    """The kind at intake, where it was corrected; that is done once."""
    urgency: Urgency = Field(sa_type=stored(Urgency))
    is_report: bool = False
    is_praise: bool = False
    channel: str = Field(max_length=24)
    body: bytes
    """The text as written, sealed."""
    happened_on: date | None = None
    region_code: str | None = Field(default=None, foreign_key="region.code", max_length=12)
    place_said: bytes | None = None
    """Where it is in the person's own words, sealed."""
    desk_region: str = Field(foreign_key="region.code", max_length=12)
    """Whose desk it lies on."""
    basic_code: str | None = Field(default=None, foreign_key="basic_item.basic_code", max_length=12)
    implementation_code: str | None = Field(
        default=None, foreign_key="implementation.implementation_code", index=True, max_length=31
    )
    seen: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    """Which editions made the guide that the person had before them, and its digest."""
    element: str | None = Field(default=None, max_length=200)
    """JSON pointer into the guide: the very thing that is wrong."""
    theme: str | None = Field(default=None, max_length=10)
    against_agency: str | None = Field(default=None, foreign_key="agency.code", index=True, max_length=18)
    consents: bool = False
    """To the publication of question and answer without any personal data."""
    query_code: bytes
    received_at: datetime = Field(sa_type=UtcDateTime)
    received_month: str = Field(max_length=7)
    stage: Stage = Field(sa_type=stored(Stage))
    stage_since: datetime = Field(sa_type=UtcDateTime)
    lead_agency: str | None = Field(default=None, foreign_key="agency.code", max_length=18)
    officer: str | None = Field(default=None, max_length=300)
    """Identity of who has taken it."""
    officer_name: str | None = Field(default=None, max_length=200)
    decided_by_league: bool = False
    """The league has said who does it; it cannot be returned any more."""
    main_number: str | None = Field(default=None, foreign_key="appeal.number", index=True, max_length=12)
    returns: int = 0
    reopens: int = 0
    extensions: int = 0
    deadline_on: date | None = None
    """Last day; without a calendar the earliest it can be. None: the clock has ended, or stands and had not run down before."""
    deadline_is_certain: bool = True
    """False: the count runs into a year without calendar."""
    counted_to: date | None = None
    """The deadline as it was last computed, kept while the clock stands too: what people were told until a calendar moves it."""
    warn_on: date | None = None
    grave_on: date | None = None
    step_due_on: date | None = None
    """Last day of the present inner step: signing, answering a question, calling back. Without a calendar the earliest it can be."""
    step_is_certain: bool = True
    """False: the inner step runs into a year without calendar."""
    step_since: date | None = None
    step_days: int | None = None
    """Working days of the inner step after `step_since`; None where a day was named to the person."""
    joint_due_on: date | None = None
    """The first day by which a body that helps was to give its opinion, of those that have not; None: nobody waits for one."""
    queue_on: date | None = None
    """By which day it stands in the officers' list; None: nobody has to do anything."""
    next_alert_on: date | None = None
    """The next day on which supervision has to look at it."""
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    in_time: bool | None = None
    """Of the answer. False, too, where it ended without one after its deadline."""
    working_days: int | None = None
    """From receipt (or reopening) to the answer."""
    grade: int | None = None
    """The last rating: 1 is the best, 5 the worst (GB/T 39046-2020, A.8)."""
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When text and attachments were erased."""

    @property
    def is_open(self) -> bool:
        """Tell whether somebody still has to do something before it is answered."""
        return self.stage in OPEN

    @property
    def round(self) -> int:
        """Which answer it is about: 0 before it was ever reopened."""
        return self.reopens


class AppealEvent(SQLModel, table=True):
    """One step: who, when, from which stage to which, what it did to the clock. Rows are never dropped; texts can be erased."""

    __tablename__ = "appeal_event"
    __table_args__ = (
        CheckConstraint("sequence >= 1", name="counts_from_one"),
        Index("ix_appeal_event_actor", "actor"),
    )

    number: str = Field(primary_key=True, foreign_key="appeal.number", max_length=12)
    sequence: int = Field(primary_key=True)
    step: Step = Field(sa_type=stored(Step))
    at: datetime = Field(sa_type=UtcDateTime)
    by: str = Field(max_length=200)
    actor: str | None = Field(default=None, max_length=300)
    """Identity of an officer or machine; None for the person themselves."""
    actor_kind: ActorKind | None = Field(default=None, sa_type=stored(ActorKind), nullable=True)
    from_stage: Stage | None = Field(default=None, sa_type=stored(Stage, "from_stage"), nullable=True)
    to_stage: Stage = Field(sa_type=stored(Stage))
    agency_code: str | None = Field(default=None, foreign_key="agency.code", max_length=18)
    is_public: bool
    """The person who brought the appeal reads it too."""
    words: bytes | None = None
    """What was said, sealed."""
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    ticks: list[Any] = Field(default_factory=list, sa_type=Json)
    """What it did to the clock (clock.Tick)."""


class AppealPerson(SQLModel, table=True):
    """Who brought it and how to reach them, sealed as a whole; there is none for an anonymous appeal."""

    __tablename__ = "appeal_person"

    number: str = Field(primary_key=True, foreign_key="appeal.number", max_length=12)
    contact: bytes


class AppealAnswer(SQLModel, table=True):
    """One answer: proposed by one person and, for complaints, given by another."""

    __tablename__ = "appeal_answer"
    __table_args__ = (
        CheckConstraint("round >= 0", name="rounds_from_nought"),
        CheckConstraint("(given_at IS NULL) = (given_by IS NULL)", name="given_by_somebody"),
        CheckConstraint("NOT needs_second OR given_by IS NULL OR given_by <> proposed_by", name="four_eyes"),
    )

    number: str = Field(primary_key=True, foreign_key="appeal.number", max_length=12)
    round: int = Field(primary_key=True)
    words: bytes
    guide_code: str | None = Field(default=None, max_length=33)
    no_guide: bytes | None = None
    """Why an answer to a consultation names no guide, sealed."""
    needs_second: bool
    proposed_by: str = Field(max_length=300)
    proposed_name: str = Field(max_length=200)
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    given_by: str | None = Field(default=None, max_length=300)
    given_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AppealRating(SQLModel, table=True):
    """好差评 of one answer, once."""

    __tablename__ = "appeal_rating"
    __table_args__ = (
        CheckConstraint("grade BETWEEN 1 AND 5", name="five_grades"),
        CheckConstraint("round >= 0", name="rounds_from_nought"),
        CheckConstraint("(called_back_at IS NULL) = (called_back_by IS NULL)", name="called_back_by_somebody"),
    )

    number: str = Field(primary_key=True, foreign_key="appeal.number", max_length=12)
    round: int = Field(primary_key=True)
    grade: int
    words: bytes | None = None
    rated_at: datetime = Field(sa_type=UtcDateTime)
    call_back_by: date | None = None
    """Of a bad one: the last day for calling the person."""
    called_back_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    called_back_by: str | None = Field(default=None, max_length=200)


class JointAgency(SQLModel, table=True):
    """A body that helps the lead; it answers to the lead, never to the person."""

    __tablename__ = "joint_agency"
    __table_args__ = (CheckConstraint("(opinion_at IS NULL) = (opinion_by IS NULL)", name="opinion_of_somebody"),)

    number: str = Field(primary_key=True, foreign_key="appeal.number", max_length=12)
    agency_code: str = Field(primary_key=True, foreign_key="agency.code", max_length=18, index=True)
    due_on: date
    asked_at: datetime = Field(sa_type=UtcDateTime)
    opinion_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    opinion_by: str | None = Field(default=None, max_length=200)


class AppealAttachment(SQLModel, table=True):
    """A file that came with an appeal; its bytes lie sealed in the store, never in the database."""

    __tablename__ = "appeal_attachment"
    __table_args__ = (UniqueConstraint("number", "digest"),)

    key: str = Field(primary_key=True, max_length=80)
    number: str = Field(foreign_key="appeal.number", max_length=12)
    name: bytes
    media_type: str = Field(max_length=60)
    size: int
    digest: str = Field(max_length=64)
    """SHA-256 of what was sent: the same file twice is one."""
    added_at: datetime = Field(sa_type=UtcDateTime)


class AppealRequest(SQLModel, table=True):
    """A request that was carried out under an Idempotency-Key: the same again is answered as the first time."""

    __tablename__ = "appeal_request"

    key: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the caller's name and the key."""
    body: str = Field(max_length=64)
    """SHA-256 of what was asked."""
    number: str = Field(foreign_key="appeal.number", index=True, max_length=12)
    made_at: datetime = Field(sa_type=UtcDateTime)


class AppealRegister(SQLModel, table=True):
    """One register of the rulebook (rulebook.REGISTERS) as it was loaded."""

    __tablename__ = "appeal_register"

    name: str = Field(primary_key=True, max_length=20)
    document: dict[str, Any] = Field(sa_type=Json)
    loaded_by: str = Field(max_length=200)
    loaded_at: datetime = Field(sa_type=UtcDateTime)


class CannedAnswer(SQLModel, table=True):
    """An answer that a body often gives, besides those of the rulebook."""

    __tablename__ = "canned_answer"

    id: int | None = Field(default=None, primary_key=True)
    agency_code: str = Field(foreign_key="agency.code", index=True, max_length=18)
    title: str = Field(max_length=200)
    text: str
    by: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
