"""Handbook, appeals §4: when an appeal is due; compared with the published notices, read another way than the code does."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

import chinese_calendar
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from seeds import seed_calendar

from service_catalog.appeals.clock import (
    Clock,
    Due,
    Limit,
    LimitUnit,
    Pause,
    Thresholds,
    Tick,
    days_used,
    due,
    due_of_step,
    wind,
)
from service_catalog.kernel.workdays import Calendar

CALENDAR = seed_calendar()
WITH_2027 = Calendar(CALENDAR.years | {2027}, CALENDAR.exceptions)
"""As if the notice for 2027 had no exceptions."""
FIRST, LAST, LAST_OF_2027 = date(2025, 1, 1), date(2026, 12, 31), date(2027, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
DAYS_OF_2027 = [LAST + timedelta(days=n) for n in range(1, 366)]
WORK = [day for day in DAYS if chinese_calendar.is_workday(day)]
WORK_TO_2027 = WORK + [day for day in DAYS_OF_2027 if day.weekday() < 5]
OFF = {*DAYS, *DAYS_OF_2027} - set(WORK_TO_2027)
SAME_DAY = Limit(amount=1, unit=LimitUnit.SAME_DAY)
LIMITS = [1, 3, 5, 13, 20]


def working(amount: int) -> Limit:
    return Limit(amount=amount, unit=LimitUnit.WORKING_DAY)


def straight(amount: int) -> Limit:
    return Limit(amount=amount, unit=LimitUnit.CALENDAR_DAY)


def started(on: date, limit: Limit, in_hours: bool = True) -> Tick:
    return Tick(does="start", on=on, limit=limit, in_hours=in_hours)


def received(on: date, limit: Limit, in_hours: bool = True, calendar: Calendar = CALENDAR) -> Due:
    return due(wind([started(on, limit, in_hours)]), calendar)


def answers(moment: Due) -> tuple[date | None, date]:
    return moment.due_on, moment.not_before


def at_index(index: int) -> tuple[date | None, date]:
    """The day at an index of the work days; past their end nobody knows, and every day might be one."""
    if index < len(WORK):
        return WORK[index], WORK[index]
    return None, LAST + timedelta(days=index - len(WORK) + 1)


# The table of the handbook

EXAMPLES = [
    (date(2026, 2, 13), 3, date(2026, 2, 25)),
    (date(2026, 2, 14), 1, date(2026, 2, 24)),
    (date(2026, 1, 2), 1, date(2026, 1, 4)),
    (date(2026, 4, 28), 13, date(2026, 5, 19)),
    (date(2026, 9, 30), 3, date(2026, 10, 10)),
    (date(2025, 9, 26), 5, date(2025, 10, 10)),
    (date(2026, 12, 24), 5, date(2026, 12, 31)),
]


@pytest.mark.parametrize(("on", "amount", "due_on"), EXAMPLES)
def test_the_examples_of_the_handbook_are_due_when_it_says(on: date, amount: int, due_on: date) -> None:
    assert answers(received(on, working(amount))) == (due_on, due_on)


def test_a_count_into_a_year_without_calendar_has_no_due_day_but_an_earliest_one() -> None:
    unknown = received(date(2026, 12, 25), working(5))

    assert answers(unknown) == (None, date(2027, 1, 1))
    assert answers(received(date(2026, 12, 25), working(5), calendar=WITH_2027))[0] == date(2027, 1, 1)
    assert unknown.warn_on == date(2026, 12, 31)


# Every day of 2025 and 2026


@pytest.mark.parametrize("amount", LIMITS)
def test_whatever_the_day_of_receipt_working_days_are_counted_as_the_notices_say(amount: int) -> None:
    expected = [at_index(bisect_right(WORK, day) + amount - 1) for day in DAYS]

    assert [answers(received(day, working(amount))) for day in DAYS] == expected


def test_same_day_in_hours_is_that_day_or_the_next_working_one() -> None:
    expected = [at_index(bisect_left(WORK, day)) for day in DAYS]

    assert [answers(received(day, SAME_DAY)) for day in DAYS] == expected


def test_same_day_after_closing_is_the_next_working_day() -> None:
    expected = [at_index(bisect_right(WORK, day)) for day in DAYS]

    assert [answers(received(day, SAME_DAY, in_hours=False)) for day in DAYS] == expected


@pytest.mark.parametrize("unit", [LimitUnit.WORKING_DAY, LimitUnit.CALENDAR_DAY])
def test_the_hour_of_receipt_matters_to_same_day_only(unit: LimitUnit) -> None:
    limits = [Limit(amount=amount, unit=unit) for amount in LIMITS]

    assert [received(day, limit, in_hours=False) for day in DAYS for limit in limits] == [
        received(day, limit) for day in DAYS for limit in limits
    ]


@pytest.mark.parametrize("amounts", [range(1, 21), range(21, 41), range(41, 61)], ids=["-20", "-40", "-60"])
def test_calendar_days_are_counted_straight_and_never_end_on_a_day_off(amounts: range) -> None:
    ends = [(day, amount, day + timedelta(days=amount)) for day in DAYS for amount in amounts]
    expected = [at_index(bisect_left(WORK, end)) if end <= LAST else (None, end) for _, _, end in ends]

    assert [answers(received(day, straight(amount))) for day, amount, _ in ends] == expected


def reds(amount: int) -> int:
    """Working days after the due day on which it is gravely late: more than 3, or more than half of the limit."""
    return next(over for over in range(1, 10) if over > 3 or over > Fraction(amount, 2))


@pytest.mark.parametrize("amount", [*LIMITS, 2, 4, 6, 7, 8, 10, 15, 25])
def test_yellow_and_red_begin_on_the_working_days_that_the_handbook_names(amount: int) -> None:
    known = [day for day in DAYS if bisect_right(WORK, day) + amount - 1 + 4 < len(WORK)]
    left = max(Fraction(1), Fraction(amount, 5))
    expected = []
    for day in known:
        counted = WORK[bisect_right(WORK, day) :][:amount]
        warned = next(on for n, on in enumerate([day, *counted]) if amount - n <= left)
        expected.append((warned, WORK[bisect_right(WORK, counted[-1]) + reds(amount) - 1]))

    moments = [received(day, working(amount)) for day in known]

    assert [(moment.warn_on, moment.grave_on) for moment in moments] == expected


@pytest.mark.parametrize("amount", [1, 3, 7, 15, 30])
def test_a_calendar_limit_is_yellow_on_the_last_working_day_before_it_is_due_at_the_latest(amount: int) -> None:
    known = [day for day in DAYS if day < date(2026, 11, 1)]
    expected = []
    for day in known:
        end = day + timedelta(days=amount)
        place = bisect_left(WORK, end)
        by_share = end - timedelta(days=amount // 5)
        expected.append(min(by_share, max(day, WORK[place - 1] if place else day)))

    assert [received(day, straight(amount)).warn_on for day in known] == expected


@pytest.mark.parametrize("working_days", [1, 2, 15])
def test_an_inner_limit_is_counted_in_the_same_working_days(working_days: int) -> None:
    expected = [at_index(bisect_right(WORK, day) + working_days - 1)[1] for day in DAYS]

    assert [due_of_step(day, working_days, CALENDAR) for day in DAYS] == expected


# Clocks with a life


@dataclass(frozen=True)
class Life:
    """What happened to an appeal, as the test knows it: a start, a limit, spans in which the person was asked."""

    on: date
    limit: Limit
    pauses: tuple[Pause, ...] = ()
    extended_by: int = 0

    def ticks(self) -> list[Tick]:
        told = [started(self.on, self.limit)]
        for pause in self.pauses:
            told.append(Tick(does="pause", on=pause.since, answer_by=pause.answer_by))
            if pause.answered_on:
                told.append(Tick(does="resume", on=pause.answered_on))
        return told + [Tick(does="extend", on=self.on, amount=1)] * self.extended_by

    def stands(self) -> set[date]:
        """The days of the pauses, one by one."""
        return {day for pause in self.pauses for day in _days(pause.since, _last(pause))}

    def counts(self, work: list[date]) -> list[date]:
        """The days that count, of the work days given."""
        stands = self.stands()
        return [day for day in work[bisect_right(work, self.on) :] if day not in stands]

    def true_due(self) -> date:
        return self.counts(WORK_TO_2027)[self.limit.amount + self.extended_by - 1]

    def due(self, calendar: Calendar = WITH_2027) -> Due:
        return due(wind(self.ticks()), calendar)


def _last(pause: Pause) -> date:
    return pause.answer_by if pause.answered_on is None else min(pause.answered_on, pause.answer_by)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@st.composite
def pauses_after(draw: st.DrawFn, on: date) -> tuple[Pause, ...]:
    """Up to four questions one after the other; each but the last is answered, in time or late; they may touch."""
    made: list[Pause] = []
    day, waits = on, draw(st.booleans())
    for _ in range(draw(st.integers(0, 4))):
        since = day + timedelta(days=draw(st.integers(0, 12)))
        answer_by = since + timedelta(days=draw(st.integers(0, 15)))
        day = since + timedelta(days=draw(st.integers(0, 20)))
        made.append(Pause(since, answer_by, day))
    if made and waits:
        made[-1] = replace(made[-1], answered_on=None)
    return tuple(made)


DATES = st.dates(FIRST, LAST)
AMOUNTS = st.integers(1, 40)
WORKING_LIMITS = st.builds(working, AMOUNTS)
ANY_LIMITS = st.one_of(st.just(SAME_DAY), WORKING_LIMITS, st.builds(straight, st.integers(1, 60)))


@st.composite
def lives(draw: st.DrawFn, limits: st.SearchStrategy[Limit] = WORKING_LIMITS) -> Life:
    on, limit = draw(DATES), draw(limits)
    extended_by = 0 if limit.unit is LimitUnit.SAME_DAY else draw(st.integers(0, limit.amount))
    return Life(on, limit, draw(pauses_after(on)), extended_by)


MORE = settings(deadline=None, max_examples=200)


@MORE
@given(lives())
def test_with_pauses_and_extensions_it_is_due_on_the_last_day_that_counts(life: Life) -> None:
    assert answers(life.due()) == (life.true_due(), life.true_due())


@MORE
@given(lives(st.builds(straight, st.integers(1, 60))))
def test_calendar_days_of_a_pause_do_not_count_either(life: Life) -> None:
    end = life.counts([*DAYS, *DAYS_OF_2027])[life.limit.amount + life.extended_by - 1]
    expected = next(day for day in life.counts(WORK_TO_2027) if day >= end)

    assert answers(life.due()) == (expected, expected)


@MORE
@given(lives(st.just(SAME_DAY)), st.booleans())
def test_same_day_too_waits_for_the_answer(life: Life, in_hours: bool) -> None:
    clock = replace(wind(life.ticks()), in_hours=in_hours)
    begun = life if not in_hours else replace(life, on=life.on - timedelta(days=1))
    expected = begun.counts(WORK_TO_2027)[0]

    assert due(clock, WITH_2027).due_on == expected


@MORE
@given(lives(ANY_LIMITS))
def test_a_pause_never_makes_it_due_earlier(life: Life) -> None:
    fewer = [replace(life, pauses=life.pauses[:n]).due().not_before for n in range(len(life.pauses) + 1)]

    assert fewer == sorted(fewer)


@MORE
@given(lives(ANY_LIMITS))
def test_whether_offices_work_on_the_days_of_a_pause_makes_no_difference(life: Life) -> None:
    turned = tuple((day, day in OFF) for day in life.stands())
    other = Calendar(WITH_2027.years, (*WITH_2027.exceptions, *turned))

    assert answers(life.due(other)) == answers(life.due())


@MORE
@given(lives(ANY_LIMITS))
def test_it_is_never_due_on_a_day_off_nor_on_a_day_of_a_pause(life: Life) -> None:
    due_on = life.due().due_on

    assert due_on in WORK_TO_2027
    assert due_on not in life.stands()


@MORE
@given(DATES, ANY_LIMITS, ANY_LIMITS, st.integers(0, 30))
def test_a_corrected_kind_counts_from_the_original_receipt_as_if_it_had_been_that_kind(
    on: date, limit: Limit, other: Limit, later: int
) -> None:
    corrected = Tick(does="limit", on=on + timedelta(days=later), limit=other)
    longer = Tick(does="extend", on=on, amount=5)

    assert wind([started(on, limit), longer, corrected]) == wind([started(on, other)])


@MORE
@given(DATES, WORKING_LIMITS, st.lists(st.integers(1, 15), min_size=1, max_size=3))
def test_an_extension_adds_exactly_its_working_days_in_one_or_in_several(
    on: date, limit: Limit, amounts: list[int]
) -> None:
    at_once = Tick(does="extend", on=on, amount=sum(amounts))
    before = received(on, limit, calendar=WITH_2027).not_before

    after = due(wind([started(on, limit), *(Tick(does="extend", on=on, amount=k) for k in amounts)]), WITH_2027)

    assert after == due(wind([started(on, limit), at_once]), WITH_2027)
    assert sum(before < day <= after.not_before for day in WORK_TO_2027) == sum(amounts)


@MORE
@given(lives(ANY_LIMITS), st.none() | DATES, st.none() | DATES)
def test_ticks_taken_one_by_one_make_the_clock_that_is_built_at_once(
    life: Life, floor: date | None, ended_on: date | None
) -> None:
    ticks = life.ticks()
    ticks += [Tick(does="floor", on=floor)] if floor else []
    ticks += [Tick(does="end", on=ended_on)] if ended_on else []

    at_once = Clock(life.on, True, life.limit, life.extended_by, life.pauses, floor, ended_on)

    assert wind(ticks) == at_once
    assert at_once.is_paused == bool(life.pauses and life.pauses[-1].answered_on is None)


@MORE
@given(lives(ANY_LIMITS), lives(ANY_LIMITS))
def test_reopening_starts_a_new_clock_that_remembers_nothing(life: Life, again: Life) -> None:
    past = [*life.ticks(), Tick(does="floor", on=LAST), Tick(does="end", on=LAST)]

    assert wind([*past, *again.ticks()]) == wind(again.ticks())


@MORE
@given(lives())
def test_it_turns_yellow_by_the_days_that_count_however_long_the_pauses(life: Life) -> None:
    amount = life.limit.amount + life.extended_by
    counted = life.counts(WORK_TO_2027)[:amount]
    left = max(Fraction(1), Fraction(amount, 5))

    assert life.due().warn_on == next(on for n, on in enumerate([life.on, *counted]) if amount - n <= left)


@MORE
@given(lives(), st.integers(0, 400))
def test_days_used_and_days_left_are_together_the_limit(life: Life, at: int) -> None:
    due_on = life.true_due()
    today = life.on + timedelta(days=at % ((due_on - life.on).days + 1))
    left = [day for day in life.counts(WORK_TO_2027) if today < day <= due_on]

    used = days_used(wind(life.ticks()), WITH_2027, today)

    assert used is not None
    assert used + len(left) == life.limit.amount + life.extended_by


def test_no_day_is_used_on_the_day_of_receipt_and_how_many_is_not_guessed() -> None:
    clock = wind([started(date(2026, 12, 25), working(5))])

    assert days_used(clock, CALENDAR, date(2026, 12, 25)) == 0
    assert days_used(clock, CALENDAR, date(2026, 12, 31)) == 4
    assert days_used(clock, CALENDAR, date(2027, 1, 1)) is None


def test_a_pause_over_the_days_without_calendar_leaves_the_days_used_known() -> None:
    asked = Tick(does="pause", on=date(2026, 12, 30), answer_by=date(2027, 1, 8))
    clock = wind([started(date(2026, 12, 25), working(5)), asked])

    assert days_used(clock, CALENDAR, date(2027, 1, 8)) == 2
    assert days_used(clock, CALENDAR, date(2027, 1, 9)) is None


THRESHOLDS = st.builds(
    Thresholds,
    warn_days=st.integers(0, 20),
    warn_share=st.floats(0, 1),
    grave_days=st.integers(0, 20),
    grave_share=st.floats(0, 1),
)


@MORE
@given(lives(ANY_LIMITS), THRESHOLDS, st.none() | DATES, st.sampled_from([CALENDAR, WITH_2027, seed_calendar(2025)]))
def test_it_is_yellow_no_later_than_due_and_gravely_late_only_after(
    life: Life, thresholds: Thresholds, floor: date | None, calendar: Calendar
) -> None:
    moment = due(replace(wind(life.ticks()), floor=floor), calendar, thresholds)

    assert life.on <= moment.warn_on <= moment.not_before < moment.grave_on
    assert moment.due_on in (None, moment.not_before)


# Pauses one by one


@pytest.mark.parametrize("limit", [*map(working, LIMITS), SAME_DAY], ids=str)
def test_a_pause_without_a_working_day_changes_nothing(limit: Limit) -> None:
    quiet = sorted(day for day in OFF if day <= LAST)
    starts = [day - timedelta(days=n) for n, day in enumerate(quiet, start=1)]
    plain = [Life(max(on, FIRST), limit) for on in starts]

    paused = [replace(life, pauses=(Pause(day, day, day),)) for life, day in zip(plain, quiet, strict=True)]

    assert [life.due() for life in paused] == [life.due() for life in plain]


@MORE
@given(DATES, AMOUNTS, st.integers(0, 15))
def test_asked_on_the_day_of_receipt_the_whole_limit_follows_the_day_of_the_answer(
    on: date, amount: int, waited: int
) -> None:
    answered_on = on + timedelta(days=waited)
    asked = Life(on, working(amount), (Pause(on, LAST_OF_2027, answered_on),))

    assert asked.due().due_on == received(answered_on, working(amount), calendar=WITH_2027).due_on


@MORE
@given(DATES, st.integers(2, 40), st.integers(1, 39), st.integers(0, 15))
def test_the_days_before_the_question_are_used_up_and_the_rest_follows_the_answer(
    on: date, amount: int, used: int, waited: int
) -> None:
    assume(used < amount)
    asked_on = WORK_TO_2027[bisect_right(WORK_TO_2027, on) + used]
    answered_on = asked_on + timedelta(days=waited)
    asked = Life(on, working(amount), (Pause(asked_on, LAST_OF_2027, answered_on),))

    assert asked.due().due_on == received(answered_on, working(amount - used), calendar=WITH_2027).due_on


@MORE
@given(DATES, WORKING_LIMITS, st.integers(0, 20), st.integers(0, 40))
def test_who_answers_late_or_never_has_stopped_the_clock_only_to_the_day_asked_for(
    on: date, limit: Limit, asked_for: int, late: int
) -> None:
    answer_by = on + timedelta(days=asked_for)
    in_time = Life(on, limit, (Pause(on, answer_by, answer_by),))

    assert replace(in_time, pauses=(Pause(on, answer_by),)).due() == in_time.due()
    assert replace(in_time, pauses=(Pause(on, answer_by, answer_by + timedelta(days=late)),)).due() == in_time.due()


@MORE
@given(lives(ANY_LIMITS), st.integers(1, 30), st.integers(0, 15))
def test_a_question_after_the_due_day_changes_nothing_about_it(life: Life, after: int, asked_for: int) -> None:
    before = life.due()
    assume(not life.pauses or life.pauses[-1].answered_on is not None)
    since = before.not_before + timedelta(days=after)

    late = replace(life, pauses=(*life.pauses, Pause(since, since + timedelta(days=asked_for)))).due()

    assert (answers(late), late.warn_on) == (answers(before), before.warn_on)


def test_a_calendar_limit_that_ends_on_a_saturday_is_not_due_on_the_monday_of_a_question() -> None:
    asked = Pause(date(2026, 3, 15), date(2026, 3, 17), date(2026, 3, 17))
    life = Life(date(2026, 3, 11), straight(3), (asked,))

    assert replace(life, pauses=()).due().due_on == date(2026, 3, 16)
    assert life.due().due_on == date(2026, 3, 18)


# Nobody is made late in retrospect


@MORE
@given(lives(ANY_LIMITS), DATES)
def test_a_floor_keeps_the_due_day_from_moving_earlier_and_does_nothing_else(life: Life, floor: date) -> None:
    plain, clock = life.due(), wind([*life.ticks(), Tick(does="floor", on=floor)])

    kept = due(clock, WITH_2027)

    assert kept.due_on == max(life.due().not_before, floor)
    assert floor > plain.not_before or kept == plain


# Years without calendar

SHORT_OF = {year: Calendar(WITH_2027.years - {year}, WITH_2027.exceptions) for year in (2025, 2026, 2027)}
MISSING_YEARS = st.sampled_from([2025, 2026, 2027])


@MORE
@given(lives(), MISSING_YEARS)
def test_it_is_unknown_exactly_when_the_count_needs_the_year_that_is_missing(life: Life, missing: int) -> None:
    true_due = life.true_due()
    needed = [day for day in life.counts([*DAYS, *DAYS_OF_2027]) if day <= true_due]

    found = life.due(SHORT_OF[missing])

    assert (found.due_on is None) == any(day.year == missing for day in needed)
    assert found.due_on in (None, true_due)


@MORE
@given(DATES, st.integers(1, 60), MISSING_YEARS)
def test_calendar_days_need_the_calendar_only_from_their_last_day_on(on: date, amount: int, missing: int) -> None:
    end = on + timedelta(days=amount)
    true_due = WORK_TO_2027[bisect_left(WORK_TO_2027, end)]

    found = received(on, straight(amount), calendar=SHORT_OF[missing])

    assert found.due_on == (None if missing in {end.year, true_due.year} else true_due)


def test_calendar_days_through_a_year_without_calendar_into_one_with_it_are_known() -> None:
    found = received(date(2025, 12, 25), straight(30), calendar=SHORT_OF[2025])

    assert answers(found) == (date(2026, 1, 26), date(2026, 1, 26))


@MORE
@given(lives(ANY_LIMITS), MISSING_YEARS)
def test_the_earliest_date_is_never_later_than_what_the_calendar_says_once_it_is_there(
    life: Life, missing: int
) -> None:
    found, true = life.due(SHORT_OF[missing]), life.due()

    assert found.not_before <= true.not_before
    assert found.due_on in (None, true.due_on)


@MORE
@given(lives(ANY_LIMITS), MISSING_YEARS)
def test_the_earliest_date_is_the_due_day_of_a_year_in_which_every_day_works(life: Life, missing: int) -> None:
    busy = tuple((day, True) for day in [*DAYS, *DAYS_OF_2027] if day.year == missing)
    without_rest = Calendar(WITH_2027.years, (*WITH_2027.exceptions, *busy))

    assert life.due(SHORT_OF[missing]).not_before == life.due(without_rest).due_on


def test_a_question_over_the_whole_year_without_calendar_leaves_the_due_day_known() -> None:
    asked = Pause(date(2026, 1, 1), date(2027, 1, 3), date(2027, 1, 3))
    life = Life(date(2025, 12, 30), working(3), (asked,))

    assert answers(life.due(SHORT_OF[2026])) == (date(2027, 1, 5), date(2027, 1, 5))


def test_with_no_calendar_at_all_every_day_may_be_a_working_day() -> None:
    nothing = Calendar(frozenset(), ())

    assert answers(received(date(2030, 5, 1), working(3), calendar=nothing)) == (None, date(2030, 5, 4))
    assert due_of_step(date(2030, 5, 1), 1, nothing) == date(2030, 5, 2)
