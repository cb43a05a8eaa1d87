"""Case: one appeal opened to do something to it. Every step goes through `record`, which keeps the clock's dates right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlmodel import Session

from service_catalog.actors import Actor, ActorKind
from service_catalog.appeals.alerts import FAR, next_alert, queue_day
from service_catalog.appeals.clock import Clock, Due, Moved, Tick, due, due_of_step, iso, step_end, wind
from service_catalog.appeals.rulebook import Rulebook, rulebook_of
from service_catalog.appeals.stages import ANSWERED, MOVES, Stage, Step, demand_legal
from service_catalog.appeals.tables import Appeal, AppealEvent, AppealRating, JointAgency
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.workdays import Calendar
from service_catalog.registers.registers import registers_of
from service_catalog.registers.tables import CalendarYear
from service_catalog.vault import Vault

THEMSELVES = "本人"
"""How the person who brought it stands among the actors."""
CALENDAR = Actor("工作日历", ActorKind.SYSTEM, ())
"""Who recomputes an appeal that somebody opens before the run after a new calendar has come to it."""


@dataclass
class Case:
    """An appeal, its events so far, and what is needed to read and go on writing it."""

    session: Session
    vault: Vault
    row: Appeal
    events: list[AppealEvent]

    @cached_property
    def rulebook(self) -> Rulebook:
        """The rules as this transaction sees them."""
        return rulebook_of(self.session)

    @cached_property
    def calendar(self) -> Calendar:
        """The working days as this transaction sees them."""
        return registers_of(self.session).calendar

    @property
    def clock(self) -> Clock:
        """The clock that the events make."""
        return wind(Tick.model_validate(tick) for event in self.events for tick in event.ticks)

    def due(self) -> Due:
        """When it is due by the calendar of today."""
        return due(self.clock, self.calendar, self.rulebook.policy.thresholds)

    def begin_step(self, at: datetime, working_days: int) -> None:
        """Let an inner limit begin; the one that was running ends."""
        row = self.row
        row.step_since, row.step_days = civil_day(at), working_days
        row.step_due_on, row.step_is_certain = step_end(row.step_since, working_days, self.calendar)

    def end_step(self) -> None:
        """End the inner limit that is running, if there is one."""
        row = self.row
        row.step_since = row.step_days = row.step_due_on = None
        row.step_is_certain = True

    @property
    def body(self) -> str:
        """The text as it was written; empty after it was erased."""
        return self.unsealed(self.row.body, "body")

    def seal(self, words: str | None, what: str) -> bytes | None:
        """Seal a text of this appeal; `what` says which."""
        return None if words is None else self.vault.seal(words.encode(), self._about(what))

    def unsealed(self, sealed: bytes | None, what: str) -> str:
        """Read a sealed text; empty where there is none."""
        return self.vault.unseal(sealed, self._about(what)).decode() if sealed else ""

    def words_of(self, event: AppealEvent) -> str:
        """Read what was said in an event."""
        return self.unsealed(event.words, f"event {event.sequence}")

    def _about(self, what: str) -> str:
        return f"appeal {self.row.number} {what}"

    def last(self, *steps: Step) -> AppealEvent | None:
        """Return the latest event of any of these steps."""
        return next((event for event in reversed(self.events) if event.step in steps), None)

    def record(
        self,
        step: Step,
        *,
        by: Actor | None,
        at: datetime,
        to: Stage | None = None,
        words: str | None = None,
        facts: dict[str, Any] | None = None,
        ticks: Sequence[Tick] = (),
        agency: str | None = None,
        public: bool = False,
        step_days: int | None = None,
        answer_by: date | None = None,
    ) -> AppealEvent:
        """Write a step down and move the appeal; raises MoveNotLegal. `by` None is the person themselves.

        A step that moves the appeal ends the inner step that was running; one that does not leaves it alone. A calendar
        that came since the last step is written down first. `step_days` are the working days of the inner step that begins,
        `answer_by` is the day that was named to the person.
        """
        row, before = self.row, self.row.stage if self.events else None
        if before is not None:
            demand_legal(step, before)
            if step is not Step.RECOMPUTE:
                self.recompute(by=CALENDAR, at=at)
        after = to or MOVES[step].to or row.stage
        sequence = len(self.events) + 1
        event = AppealEvent(
            number=row.number, sequence=sequence, step=step, at=at, by=by.name if by else THEMSELVES,
            actor=by.identity if by else None, actor_kind=by.kind if by else None, from_stage=before, to_stage=after,
            agency_code=agency, is_public=public, words=self.seal(words, f"event {sequence}"), facts=facts or {},
            ticks=[tick.model_dump(mode="json", exclude_defaults=True) for tick in ticks],
        )  # fmt: skip
        self.session.add(event)
        self.events.append(event)
        if after is not before:
            row.stage, row.stage_since = after, at
            self.end_step()
        if step_days is not None:
            self.begin_step(at, step_days)
        if answer_by is not None:
            row.step_due_on = answer_by
        self.refresh()
        return event

    def refresh(self) -> None:
        """Bring the dates by which the appeal is found in line with its events and the calendar."""
        row = self.row
        row.counted_to = row.deadline_on = row.warn_on = row.grave_on = None
        row.deadline_is_certain = True
        if row.is_open:
            found = self.due()
            row.counted_to, row.deadline_is_certain = found.not_before, found.due_on is not None
            if row.stage is not Stage.NEED_INFO or self._was_late_when_asked(found):
                row.deadline_on, row.warn_on, row.grave_on = found.not_before, found.warn_on, found.grave_on
        else:
            row.joint_due_on = None
        row.next_alert_on, row.queue_on = next_alert(row, None), queue_day(row)

    def wait_for_joint(self, bodies: Iterable[JointAgency]) -> None:
        """Bring the first day of the bodies that help in line; those who never answered before it was reopened are let be."""
        since = self.row.joint_due_on or FAR
        waited = [body.due_on for body in bodies if body.opinion_at is None and body.due_on >= since]
        self.row.joint_due_on = min(waited, default=None)

    def is_late(self, today: date) -> bool:
        """Tell whether its deadline has passed for certain; while the clock stands, whether it had when the person was asked."""
        deadline = self.row.deadline_on
        return deadline is not None and self.row.deadline_is_certain and deadline < today

    def note_late_end(self, at: datetime) -> None:
        """Mark what ends without an answer after its deadline as late: no end takes lateness away. Called before the end."""
        self.recompute(by=CALENDAR, at=at)
        if self.is_late(civil_day(at)):
            self.row.in_time = False

    def _was_late_when_asked(self, found: Due) -> bool:
        """Tell whether it was overdue when the person was asked: a question takes no lateness away."""
        return found.due_on is not None and found.due_on < self.clock.pauses[-1].since

    def recompute(self, *, by: Actor, at: datetime, year: int | None = None) -> bool:
        """Bring due day and inner step in line with the calendar of today, and write it down; tells whether one had moved.

        `year` is the one that was loaded, where that is known. Nobody is made late in retrospect (handbook, appeals,
        chapter 4): what was not overdue by the calendar of before has today, or the first day after the question.
        """
        deadline, step = self._moved_deadline(civil_day(at)), self._moved_step(civil_day(at))
        days = [day for moved in (deadline, step) if moved for day in (moved.told, moved.counted)]
        if not days:
            return False
        facts = (deadline.facts() if deadline else {}) | (self._move_step(step) if step else {})
        self.record(
            Step.RECOMPUTE, by=by, at=at, facts=facts | self._calendar_of(year or max(days).year),
            public=deadline is not None or "call_back_by" in facts,
            ticks=[Tick(does="floor", on=deadline.to)] if deadline and deadline.to > deadline.counted else [],
        )  # fmt: skip
        return True

    def _moved_deadline(self, today: date) -> Moved | None:
        told, found = self.row.counted_to, self.moved_to
        if told is None or found is None:
            return None
        return Moved.of(
            told, self.row.deadline_is_certain, found.not_before, found.due_on is not None, today, self._earliest(today)
        )

    def _moved_step(self, today: date) -> Moved | None:
        row = self.row
        if row.step_due_on is None or row.step_since is None or row.step_days is None:
            return None
        end = step_end(row.step_since, row.step_days, self.calendar)
        if end == (row.step_due_on, row.step_is_certain):
            return None
        earliest = today if end.is_certain else end.last_day
        return Moved.of(row.step_due_on, row.step_is_certain, *end, today, earliest)

    def _move_step(self, step: Moved) -> dict[str, Any]:
        """Move the inner step, and the day by which the person is called; returns what is to be written down."""
        row, facts = self.row, step.facts("step_")
        row.step_due_on, row.step_is_certain = step.to, step.is_certain
        if step.to > step.counted:  # from now on it is this day, whatever is counted
            row.step_since, row.step_days = step.to, 0
        rating = self.session.get(AppealRating, (row.number, row.round)) if row.stage in ANSWERED else None
        if rating is not None:
            rating.call_back_by = step.to if step.is_certain else None
            facts["call_back_by"] = iso(rating.call_back_by)
        return facts

    @property
    def moved_to(self) -> Due | None:
        """When it is due by the calendar of today, where that differs from what people were told."""
        if self.row.counted_to is None:
            return None
        found = self.due()
        told = (self.row.counted_to, self.row.deadline_is_certain)
        return found if (found.not_before, found.due_on is not None) != told else None

    def _earliest(self, today: date) -> date:
        """Return the first day on which it may be due if it was in time until now."""
        clock = self.clock
        if not clock.is_paused:
            return today
        return max(today, due_of_step(clock.pauses[-1].answer_by, 1, self.calendar))

    def _calendar_of(self, year: int) -> dict[str, Any]:
        """Return the calendar that moved it: that of the year, or of the latest issued one before."""
        issued = max((one for one in self.calendar.years if one <= year), default=year)
        row = self.session.get(CalendarYear, issued)
        return {"year": issued, "document": row.documents if row else None}
