"""Watching (电子监察): finds the appeals whose day has come, raises signals, posts reminders; in short transactions.

Only appeals with a `next_alert_on` up to today are touched, by an index that holds no others. A signal, its reminder and the
next day to look are one transaction: a watcher that is killed has done a batch as a whole or not at all, and several may
watch at once: each skips what another holds, and what is raised already is not raised again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from service_catalog.appeals.alerts import next_alert
from service_catalog.appeals.clock import ONE, due_of_step
from service_catalog.appeals.rulebook import Rulebook, rulebook_of
from service_catalog.appeals.stages import BAD, WITH_AGENCY, Stage, Step
from service_catalog.appeals.tables import Appeal, AppealEvent, AppealRating, JointAgency
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.workdays import Calendar
from service_catalog.registers.registers import registers_of
from service_catalog.supervision.reminding import Reminders
from service_catalog.supervision.rules import (
    OF_THE_HOLDER,
    YELLOW,
    evidence_of,
    is_late_to_help,
    is_still_owed,
    is_still_so,
    responsible,
    signals_of,
)
from service_catalog.supervision.tables import AppealSignal, SignalRule, SignalState

BATCH = 200
"""Appeals in one transaction: whoever wants to write one of them waits some tenths of a second at the most."""

Progress = Callable[[str, int, int], None]


@dataclass
class Watched:
    """What one look has come to."""

    appeals: int = 0
    """Appeals whose day had come."""
    raised: Counter[SignalRule] = field(default_factory=Counter)
    passed_up: int = 0
    """Reminders to superiors."""


class Rules(NamedTuple):
    """What a look goes by, read once."""

    rulebook: Rulebook
    calendar: Calendar
    at: datetime

    @property
    def today(self) -> date:
        """The civil day of the look."""
        return civil_day(self.at)

    def after(self, working_days: int) -> date:
        """Return the day so many working days from today."""
        return due_of_step(self.today, working_days, self.calendar)


def watch(
    engine: Engine,
    *,
    clock: Callable[[], datetime],
    most: int = 1_000_000,
    progress: Progress = lambda what, done, total: None,
) -> Watched:
    """Look once at everything whose day has come, at `most` so many appeals, and at signals that are to be passed up."""
    watched = Watched()
    with reading(engine) as session:
        rules = Rules(rulebook_of(session), registers_of(session).calendar, clock())
        total = session.execute(select(func.count()).where(col(Appeal.next_alert_on) <= rules.today)).scalar_one()
    while watched.appeals < most:
        with unit_of_work(engine) as session:
            looked = _look(session, rules, watched, min(BATCH, most - watched.appeals))
        watched.appeals += looked
        progress("监察 supervision", watched.appeals, max(total, watched.appeals))
        if not looked:
            break
    while _pass_up(engine, rules, watched):
        pass
    return watched


def _look(session: Session, rules: Rules, watched: Watched, most: int) -> int:
    """Look at one batch; what others hold at this moment is left to the next look."""
    query = (
        select(Appeal)
        .where(col(Appeal.next_alert_on) <= rules.today)
        .order_by(col(Appeal.next_alert_on), col(Appeal.number))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = {row.number: row for row in session.scalars(query)}
    helping = _helping(session, rows)
    new = raise_signals(session, rules, list(rows.values()), helping)
    reminders = Reminders(session, rules.rulebook.policy)
    for signal in new:
        reminders.remind(signal, rows[signal.number], at=rules.at)
        watched.raised[signal.rule] += 1
    for row in rows.values():
        days = [body.due_on + ONE for body in helping[row.number] if body.due_on >= rules.today]
        days += [day for day in (next_alert(row, rules.today),) if day is not None]
        row.next_alert_on = min(days, default=None)
    return len(rows)


def _helping(session: Session, rows: Mapping[str, Appeal]) -> Mapping[str, list[JointAgency]]:
    """Return the bodies that still owe an opinion, of appeals that are with a body."""
    asked = [row.number for row in rows.values() if row.joint_due_on is not None and row.stage in WITH_AGENCY]
    helping: defaultdict[str, list[JointAgency]] = defaultdict(list)
    if asked:
        query = select(JointAgency).where(col(JointAgency.number).in_(asked), col(JointAgency.opinion_at).is_(None))
        for body in session.scalars(query.order_by(col(JointAgency.agency_code))):
            helping[body.number].append(body)
    return helping


def raise_signals(
    session: Session, rules: Rules, rows: Sequence[Appeal], helping: Mapping[str, Sequence[JointAgency]]
) -> list[AppealSignal]:
    """Raise what these appeals give today; returns what had not been raised before."""
    again = _bad_again(session, rows)
    found = [(rule, row) for row in rows for rule in signals_of(row, rules.today, is_bad_again=row.number in again)]
    sent = _last_step(session, [row.number for rule, row in found if rule in OF_THE_HOLDER], _gave())
    moved = _last_step(session, [row.number for rule, row in found if rule is SignalRule.DUE_SOON], _gave() | _moved())
    since = dict.fromkeys(OF_THE_HOLDER, sent) | {SignalRule.DUE_SOON: moved}
    new = _insert(session, [_signal(rule, row, rules, since.get(rule)) for rule, row in found])
    owed = [(body, row) for row in rows for body in helping[row.number] if is_late_to_help(body, row, rules.today)]
    new += _insert(session, [_not_helped(body, row, rules) for body, row in owed])
    return new + _insert(session, list(_second_yellow(session, rules, new, {row.number: row for row in rows})))


def _signal(rule: SignalRule, row: Appeal, rules: Rules, since: dict[str, int] | None) -> dict[str, Any]:
    period = str(row.round) if since is None else f"{row.round}.{since.get(row.number, 0)}"
    policy, steps = rules.rulebook.policy, rules.rulebook.limits.steps
    return {
        "rule": rule, "number": row.number, "period": period, "region_code": row.desk_region,
        "agency_code": responsible(rule, row), "raised_at": rules.at, "put_right_by": rules.after(steps.put_right),
        "superior_on": rules.after(policy.superior_after), "evidence": evidence_of(row, rules.today),
        "state": SignalState.OPEN,
    }  # fmt: skip


def _not_helped(body: JointAgency, row: Appeal, rules: Rules) -> dict[str, Any]:
    signal = _signal(SignalRule.NOT_HELPED, row, rules, None)
    return signal | {
        "period": f"{row.round}.{body.agency_code}", "agency_code": body.agency_code,
        "evidence": signal["evidence"] | {"joint_due_on": body.due_on.isoformat()},
    }  # fmt: skip


def _insert(session: Session, signals: list[dict[str, Any]]) -> list[AppealSignal]:
    if not signals:
        return []
    table = SQLModel.metadata.tables["appeal_signal"]
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = insert(table).values(signals).on_conflict_do_nothing(index_elements=["rule", "number", "period"])
    numbers = session.execute(made.returning(table.c.id)).scalars().all()
    query = select(AppealSignal).where(col(AppealSignal.id).in_(numbers)).order_by(col(AppealSignal.id))
    return list(session.scalars(query))


def _second_yellow(
    session: Session, rules: Rules, new: Sequence[AppealSignal], rows: dict[str, Appeal]
) -> Iterator[dict[str, Any]]:
    """Yield a red card for each appeal that has just got its second yellow one."""
    numbers = {signal.number for signal in new if signal.rule in YELLOW}
    if not numbers:
        return
    query = select(col(AppealSignal.number), col(AppealSignal.rule), col(AppealSignal.period)).where(
        col(AppealSignal.number).in_(sorted(numbers)), col(AppealSignal.rule).in_(YELLOW)
    )
    cards = defaultdict(set)
    for number, rule, period in session.execute(query):
        cards[number].add((rule, _once(rule, period)))
    for number in sorted(number for number, given in cards.items() if len(given) > 1):
        card = _signal(SignalRule.LONG_OVERDUE, rows[number], rules, None)
        card["evidence"] |= {"yellow_cards": len(cards[number])}
        yield card


def _once(rule: SignalRule, period: str) -> str:
    """Return what a card counts once for: that an appeal is overdue is one card, whoever has got it meanwhile."""
    return period.partition(".")[0] if rule is SignalRule.OVERDUE else period


def _last_step(session: Session, numbers: Sequence[str], which: ColumnElement[bool]) -> dict[str, int]:
    """Return the number of the last such step of each appeal."""
    if not numbers:
        return {}
    query = (
        select(col(AppealEvent.number), func.max(col(AppealEvent.sequence)))
        .where(col(AppealEvent.number).in_(numbers), which)
        .group_by(col(AppealEvent.number))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _gave() -> ColumnElement[bool]:
    """Return the condition that a step gave an appeal to a body or the desk: whoever gets it anew is warned anew."""
    taken_away = and_(
        col(AppealEvent.step) == Step.NAME_ACCUSED, col(AppealEvent.to_stage) == Stage.RETURNED,
        col(AppealEvent.from_stage) != Stage.RETURNED,
    )  # fmt: skip
    return or_(col(AppealEvent.step).in_((Step.DISPATCH, Step.TRANSFER, Step.RETURN)), taken_away)


def _moved() -> ColumnElement[bool]:
    """Return the condition that a step moved the deadline: before the new day there is a new reminder."""
    recomputed = and_(col(AppealEvent.step) == Step.RECOMPUTE, col(AppealEvent.is_public))  # not of an inner limit only
    return or_(col(AppealEvent.step).in_((Step.EXTEND, Step.SUPPLEMENT, Step.CORRECT_KIND)), recomputed)


def _bad_again(session: Session, rows: Sequence[Appeal]) -> set[str]:
    """Return the appeals whose present answer, after reopening, was rated bad."""
    numbers = [row.number for row in rows if row.reopens > 0 and row.grade in BAD]
    if not numbers:
        return set()
    query = (
        select(col(Appeal.number))
        .join(AppealRating, col(AppealRating.number) == col(Appeal.number))
        .where(
            col(Appeal.number).in_(numbers),
            col(AppealRating.round) == col(Appeal.reopens),
            col(AppealRating.grade).in_(BAD),
        )
    )
    return set(session.scalars(query))


def _pass_up(engine: Engine, rules: Rules, watched: Watched) -> int:
    """Tell superiors of one batch of signals that are open, and whose cause is still there."""
    with unit_of_work(engine) as session:
        query = (
            select(AppealSignal)
            .where(col(AppealSignal.superior_on) <= rules.today)
            .order_by(col(AppealSignal.superior_on), col(AppealSignal.id))
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        signals = session.scalars(query).all()
        numbers = {signal.number for signal in signals}
        rows = {row.number: row for row in session.scalars(select(Appeal).where(col(Appeal.number).in_(numbers)))}
        reminders = Reminders(session, rules.rulebook.policy)
        for signal in signals:
            row = rows[signal.number]
            if signal.rule is SignalRule.NOT_HELPED:
                body = session.get(JointAgency, (signal.number, signal.agency_code))
                still = is_still_owed(signal, body, row, rules.today)
            else:
                still = is_still_so(signal, row, rules.today)
            signal.superior_on = rules.after(1) if still is None else None
            watched.passed_up += bool(still) and reminders.pass_up(signal, row, at=rules.at)
        return len(signals)
