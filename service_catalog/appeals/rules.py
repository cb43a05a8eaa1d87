"""What the rulebook holds: limits, policy, channels, what belongs elsewhere, routes, quality of answers; pure."""

import re
from collections.abc import Sequence
from datetime import date, time

from pydantic import Field, field_validator, model_validator

from service_catalog.appeals.clock import Limit, LimitUnit, Thresholds
from service_catalog.appeals.stages import AppealKind, Urgency
from service_catalog.kernel.texts import Document, Line, Text
from service_catalog.regions.tree import RegionLevel


class LimitRow(Document):
    """One limit: what kind at what urgency, since when, and by which source."""

    kind: AppealKind
    urgency: Urgency
    amount: int = Field(ge=1, le=366)
    unit: LimitUnit
    max_extensions: int = Field(ge=0, le=9)
    longest_extension: int | None = Field(None, ge=1, le=366)
    """How long one extension may be, in the unit of the limit; None: as long as the limit itself."""
    source: Line
    valid_from: date

    @property
    def limit(self) -> Limit:
        """The limit itself."""
        return Limit(amount=self.amount, unit=self.unit)


class StepLimits(Document):
    """Inner limits, in working days."""

    dispatch: int = Field(ge=1, le=60)
    sign: int = Field(ge=1, le=60)
    call_back: int = Field(ge=1, le=60)
    put_right: int = Field(ge=1, le=120)


class Limits(Document):
    """All limits; every kind has one for every urgency."""

    source: Line
    limits: tuple[LimitRow, ...]
    steps: StepLimits

    @model_validator(mode="after")
    def _is_whole(self) -> "Limits":
        there = {(row.kind, row.urgency) for row in self.limits}
        missing = [f"{kind} {urgency}" for kind in AppealKind for urgency in Urgency if (kind, urgency) not in there]
        if missing:
            raise ValueError(f"no limit for {', '.join(missing)}")
        return self

    def of(self, kind: AppealKind, urgency: Urgency, day: date) -> LimitRow:
        """Return the limit for what is received on `day`; the earliest there is, where none is valid yet."""
        rows = sorted((r for r in self.limits if (r.kind, r.urgency) == (kind, urgency)), key=lambda r: r.valid_from)
        valid = [row for row in rows if row.valid_from <= day]
        return valid[-1] if valid else rows[0]


class ReopenReason(Document):
    """Why something may be handled anew that nobody has rated bad."""

    code: str = Field(pattern=r"^[a-z_]{2,24}$")
    zh: Line
    en: Line


class Policy(Document):
    """Numbers of the procedure; the file says what each is for."""

    source: Line
    max_returns: int = Field(ge=0, le=20)
    return_share: float = Field(gt=0, le=1)
    max_reopens: int = Field(ge=0, le=20)
    reopen_reasons: tuple[ReopenReason, ...]
    pause_working_days: int = Field(ge=1, le=250)
    closing_time: time
    desk_levels: tuple[RegionLevel, ...] = Field(min_length=1)
    warn_days: int = Field(ge=0, le=60)
    warn_share: float = Field(ge=0, le=1)
    grave_days: int = Field(ge=0, le=60)
    grave_share: float = Field(ge=0, le=5)
    superior_after: int = Field(ge=0, le=60)
    asked_often: int = Field(ge=1, le=100_000)
    asked_often_days: int = Field(ge=1, le=3_660)
    close_after: int = Field(ge=0, le=250)
    contact_kept_days: int = Field(ge=0, le=36_600)
    text_kept_days: int = Field(ge=0, le=36_600)
    drafts_alike: int = Field(ge=1, le=100)

    @model_validator(mode="after")
    def _the_league_has_a_desk(self) -> "Policy":
        if RegionLevel.LEAGUE not in self.desk_levels:
            raise ValueError("the league needs a desk: it decides what others return")
        return self

    @property
    def thresholds(self) -> Thresholds:
        """When a clock is to be watched."""
        return Thresholds(self.warn_days, self.warn_share, self.grave_days, self.grave_share)


class Channel(Document):
    """A way in. It never changes the rules, only who may write it down."""

    code: str = Field(pattern=r"^[a-z_]{2,24}$")
    zh: Line
    en: Line
    open: bool = False
    """Anyone hands in by it; otherwise an officer writes down what came."""
    machine: bool = False
    """Only with the key of a kiosk, and with an Idempotency-Key."""


class Channels(Document):
    """All channels."""

    source: Line
    channels: tuple[Channel, ...] = Field(min_length=1)


class Elsewhere(Document):
    """What does not belong here, and where it goes instead."""

    code: str = Field(pattern=r"^[a-z_]{2,24}$")
    zh: Line
    en: Line
    where_zh: Line
    where_en: Line
    emergency: bool = False
    words: tuple[Line, ...] = ()


class ElsewhereList(Document):
    """Everything that does not belong here."""

    source: Line
    elsewhere: tuple[Elsewhere, ...]


class Route(Document):
    """One rule of routing: kinds, report and region must all hold, and of elements, themes and words one that is there."""

    id: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    kinds: tuple[AppealKind, ...] = ()
    report: bool = False
    """A report goes by such rules only, and nothing else goes by them."""
    elements: tuple[Line, ...] = ()
    themes: tuple[Line, ...] = ()
    words: tuple[Line, ...] = ()
    region: str | None = None
    body: Line | None = None
    """How the name of the body ends, before 某分局 too; looked for from the place upwards."""
    also_called: tuple[Line, ...] = ()
    """What people call the body and its offices: a complaint that names one of them does not go there by this rule."""
    agency_code: str | None = None
    zh: Line
    en: Line

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "Route":
        if (self.body is None) == (self.agency_code is None):
            raise ValueError("either body or agency_code")
        return self


class Routes(Document):
    """Rules of routing, the first that holds decides."""

    source: Line
    routes: tuple[Route, ...]


class Canned(Document):
    """An answer that is often given; what is in 〔〕 is for the officer to fill."""

    title: Line
    text: Text


class Answers(Document):
    """What counts as an answer."""

    source: Line
    min_characters: dict[AppealKind, int]
    empty_answers: tuple[Line, ...]
    canned: tuple[Canned, ...]

    @field_validator("empty_answers")
    @classmethod
    def _can_be_searched_for(cls, patterns: Sequence[str]) -> Sequence[str]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern}: {error}") from error
        return patterns
