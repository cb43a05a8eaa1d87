"""Handbook, inheritance §5: is a promise provably not longer than its bound?"""

import calendar
from bisect import bisect_right
from datetime import date, timedelta
from itertools import product

import pytest
from builders import calendar_days, workdays
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from seeds import seed_calendar

from service_catalog.basic_items.limits import TimeLimit, TimeUnit, Verdict, is_not_longer

CALENDAR = seed_calendar()
YES, NO, UNDECIDABLE = Verdict.YES, Verdict.NO, Verdict.UNDECIDABLE
IMMEDIATE = TimeLimit(unit=TimeUnit.IMMEDIATE)
UNITS = [unit for unit in TimeUnit if unit is not TimeUnit.IMMEDIATE]
DAYS = [date(2025, 1, 1) + timedelta(days=n) for n in range(730)]
WORKING = [day for day in DAYS if CALENDAR.is_working(day)]


def limit(text: str) -> TimeLimit:
    """Read `10 working_day` or `immediate`."""
    if text == "immediate":
        return IMMEDIATE
    amount, unit = text.split()
    return TimeLimit(amount=int(amount), unit=TimeUnit(unit))


def verdict(promise: TimeLimit, bound: TimeLimit) -> Verdict:
    return is_not_longer(promise, bound, CALENDAR.longest_run)


# The table of the handbook, row by row; each cell at the amounts where its answer changes.
# worst(1) = 10, worst(10) = 21, worst(20) = 35 calendar days.
TABLE = [
    ("immediate", "1 hour", YES),
    ("immediate", "1 working_day", YES),
    ("immediate", "1 calendar_day", YES),
    ("immediate", "1 week", YES),
    ("immediate", "1 month", YES),
    ("immediate", "1 year", YES),
    ("immediate", "immediate", YES),
    ("1 hour", "immediate", NO),
    ("1 working_day", "immediate", NO),
    ("1 calendar_day", "immediate", NO),
    ("1 week", "immediate", NO),
    ("1 month", "immediate", NO),
    ("1 year", "immediate", NO),
    ("8 hour", "8 hour", YES),
    ("9 hour", "8 hour", NO),
    ("1 hour", "1 working_day", UNDECIDABLE),
    ("1 hour", "100 working_day", UNDECIDABLE),
    ("9999 hour", "1 working_day", UNDECIDABLE),
    ("48 hour", "2 calendar_day", YES),
    ("49 hour", "2 calendar_day", NO),
    ("168 hour", "1 week", YES),
    ("169 hour", "1 week", NO),
    ("672 hour", "1 month", YES),
    ("673 hour", "1 month", UNDECIDABLE),
    ("9999 hour", "1 month", UNDECIDABLE),
    ("8760 hour", "1 year", YES),
    ("8761 hour", "1 year", UNDECIDABLE),
    ("1 working_day", "1 hour", UNDECIDABLE),
    ("1 working_day", "9999 hour", UNDECIDABLE),
    ("10 working_day", "10 working_day", YES),
    ("11 working_day", "10 working_day", NO),
    ("10 working_day", "21 calendar_day", YES),
    ("10 working_day", "20 calendar_day", UNDECIDABLE),
    ("10 working_day", "10 calendar_day", UNDECIDABLE),
    ("11 working_day", "10 calendar_day", NO),
    ("10 working_day", "3 week", YES),
    ("10 working_day", "2 week", UNDECIDABLE),
    ("14 working_day", "2 week", UNDECIDABLE),
    ("15 working_day", "2 week", NO),
    ("10 working_day", "1 month", YES),
    ("20 working_day", "1 month", UNDECIDABLE),
    ("20 working_day", "2 month", YES),
    ("31 working_day", "1 month", UNDECIDABLE),
    ("32 working_day", "1 month", NO),
    ("20 working_day", "1 year", YES),
    ("300 working_day", "1 year", UNDECIDABLE),
    ("9999 working_day", "1 year", UNDECIDABLE),
    ("2 calendar_day", "48 hour", YES),
    ("2 calendar_day", "47 hour", NO),
    ("10 calendar_day", "10 working_day", YES),
    ("11 calendar_day", "10 working_day", UNDECIDABLE),
    ("21 calendar_day", "10 working_day", UNDECIDABLE),
    ("22 calendar_day", "10 working_day", NO),
    ("10 calendar_day", "10 calendar_day", YES),
    ("11 calendar_day", "10 calendar_day", NO),
    ("14 calendar_day", "2 week", YES),
    ("15 calendar_day", "2 week", NO),
    ("28 calendar_day", "1 month", YES),
    ("29 calendar_day", "1 month", UNDECIDABLE),
    ("31 calendar_day", "1 month", UNDECIDABLE),
    ("32 calendar_day", "1 month", NO),
    ("365 calendar_day", "1 year", YES),
    ("366 calendar_day", "1 year", UNDECIDABLE),
    ("367 calendar_day", "1 year", NO),
    ("1 week", "168 hour", YES),
    ("1 week", "167 hour", NO),
    ("2 week", "14 working_day", YES),
    ("2 week", "10 working_day", UNDECIDABLE),
    ("3 week", "10 working_day", UNDECIDABLE),
    ("4 week", "10 working_day", NO),
    ("2 week", "14 calendar_day", YES),
    ("2 week", "13 calendar_day", NO),
    ("2 week", "2 week", YES),
    ("3 week", "2 week", NO),
    ("4 week", "1 month", YES),
    ("5 week", "1 month", NO),
    ("13 week", "3 month", UNDECIDABLE),
    ("52 week", "1 year", YES),
    ("53 week", "1 year", NO),
    ("1 month", "744 hour", UNDECIDABLE),
    ("1 month", "9999 hour", UNDECIDABLE),
    ("12 month", "1 hour", UNDECIDABLE),
    ("1 month", "31 working_day", YES),
    ("1 month", "30 working_day", UNDECIDABLE),
    ("12 month", "1 working_day", UNDECIDABLE),
    ("1 month", "31 calendar_day", YES),
    ("1 month", "30 calendar_day", UNDECIDABLE),
    ("1 month", "28 calendar_day", UNDECIDABLE),
    ("1 month", "27 calendar_day", NO),
    ("1 month", "5 week", YES),
    ("1 month", "4 week", UNDECIDABLE),
    ("1 month", "3 week", NO),
    ("2 month", "2 month", YES),
    ("3 month", "2 month", NO),
    ("12 month", "1 year", YES),
    ("13 month", "1 year", NO),
    ("1 year", "9999 hour", UNDECIDABLE),
    ("2 year", "1 hour", UNDECIDABLE),
    ("1 year", "366 working_day", YES),
    ("1 year", "365 working_day", UNDECIDABLE),
    ("9 year", "1 working_day", UNDECIDABLE),
    ("1 year", "366 calendar_day", YES),
    ("1 year", "365 calendar_day", UNDECIDABLE),
    ("1 year", "364 calendar_day", NO),
    ("1 year", "53 week", YES),
    ("1 year", "52 week", NO),
    ("1 year", "12 month", YES),
    ("1 year", "11 month", NO),
    ("1 year", "1 year", YES),
    ("2 year", "1 year", NO),
]


@pytest.mark.parametrize(("promise", "bound", "answer"), TABLE)
def test_the_table_of_the_handbook_is_followed(promise: str, bound: str, answer: Verdict) -> None:
    assert verdict(limit(promise), limit(bound)) is answer


def test_no_cell_of_the_table_is_left_out() -> None:
    seen = {(limit(promise).unit, limit(bound).unit) for promise, bound, _ in TABLE}

    assert seen == set(product(TimeUnit, TimeUnit))


def test_two_weeks_are_neither_within_nor_beyond_ten_working_days() -> None:
    lengths = {(CALENDAR.due(day, 10) - day).days for day in DAYS[:700]}

    assert min(lengths) < 14 < max(lengths)
    assert verdict(limit("2 week"), workdays(10)) is UNDECIDABLE
    assert verdict(workdays(10), limit("2 week")) is UNDECIDABLE


def test_without_a_calendar_working_days_prove_little() -> None:
    nobody_knows = {
        ("5 working_day", "500 calendar_day"): UNDECIDABLE,
        ("5 working_day", "4 calendar_day"): NO,
        ("5 working_day", "5 working_day"): YES,
        ("5 working_day", "12 month"): UNDECIDABLE,
        ("5 working_day", "1 year"): UNDECIDABLE,
        ("500 calendar_day", "5 working_day"): UNDECIDABLE,
        ("5 calendar_day", "5 working_day"): YES,
    }

    for (promise, bound), answer in nobody_knows.items():
        assert is_not_longer(limit(promise), limit(bound), lambda n: None) is answer


AMOUNTS = {
    TimeUnit.HOUR: st.integers(1, 9999) | st.integers(1, 72),
    TimeUnit.WORKING_DAY: st.integers(1, 60),
    TimeUnit.CALENDAR_DAY: st.integers(1, 120) | st.integers(1, 9999),
    TimeUnit.WEEK: st.integers(1, 60),
    TimeUnit.MONTH: st.integers(1, 26),
    TimeUnit.YEAR: st.integers(1, 3),
}


def limits_in(*units: TimeUnit) -> st.SearchStrategy[TimeLimit]:
    return st.sampled_from(units).flatmap(
        lambda unit: st.builds(TimeLimit, amount=AMOUNTS[unit], unit=st.just(unit), explanation=st.none())
    )


limits = limits_in(*UNITS)
limits_or_immediate = limits | st.just(IMMEDIATE)
in_days = limits_in(TimeUnit.WORKING_DAY, TimeUnit.CALENDAR_DAY, TimeUnit.WEEK)


def hours_from(start: date, span: TimeLimit) -> int | None:
    """How long `span` really lasts for somebody who applies on `start`; None where the calendars end before it."""
    amount = span.amount or 0
    if span.unit is TimeUnit.WORKING_DAY:
        index = bisect_right(WORKING, start) + amount - 1
        return 24 * (WORKING[index] - start).days if index < len(WORKING) else None
    if span.unit in (TimeUnit.MONTH, TimeUnit.YEAR):
        return 24 * (months_later(start, amount * (12 if span.unit is TimeUnit.YEAR else 1)) - start).days
    return amount * {TimeUnit.IMMEDIATE: 0, TimeUnit.HOUR: 1, TimeUnit.CALENDAR_DAY: 24, TimeUnit.WEEK: 168}[span.unit]


def months_later(start: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def differences(promise: TimeLimit, bound: TimeLimit) -> list[int]:
    """Promise minus bound in hours, for every day of 2025 and 2026 on which both are known."""
    both = [(hours_from(day, promise), hours_from(day, bound)) for day in DAYS]
    return [ours - theirs for ours, theirs in both if ours is not None and theirs is not None]


def moved(span: TimeLimit, by: int) -> TimeLimit:
    return span if span.amount is None else span.model_copy(update={"amount": min(max(1, span.amount + by), 9999)})


near_the_table = st.builds(
    lambda row, ours, theirs: (moved(limit(row[0]), ours), moved(limit(row[1]), theirs)),
    st.sampled_from(TABLE),
    st.integers(-3, 3),
    st.integers(-1, 1),
)
"""Where the answers change, and the neighbourhood."""


@settings(deadline=None, max_examples=600)
@given(near_the_table | st.tuples(limits_or_immediate, limits_or_immediate))
@example((workdays(10), calendar_days(21)))
@example((limit("1 month"), workdays(31)))
@example((limit("12 month"), limit("1 year")))
@example((limit("1 month"), limit("27 calendar_day")))
@example((limit("1 year"), limit("364 calendar_day")))
def test_yes_holds_on_every_real_day_and_no_holds_on_every_real_day(pair: tuple[TimeLimit, TimeLimit]) -> None:
    answer, real = verdict(*pair), differences(*pair)

    assert answer is not YES or all(difference <= 0 for difference in real)
    assert answer is not NO or all(difference > 0 for difference in real)


@settings(deadline=None)
@given(limits_or_immediate)
def test_every_limit_is_within_itself(span: TimeLimit) -> None:
    assert verdict(span, span) is YES


@settings(deadline=None)
@given(limits, limits)
def test_in_one_unit_every_question_is_decided(one: TimeLimit, other: TimeLimit) -> None:
    same_unit = one.model_copy(update={"unit": other.unit})

    assert verdict(same_unit, other) is (YES if (one.amount or 0) <= (other.amount or 0) else NO)


def chains_of(spans: st.SearchStrategy[TimeLimit]) -> st.SearchStrategy[list[TimeLimit]]:
    """Three limits, roughly from short to long."""
    return st.lists(spans, min_size=3, max_size=3).map(
        lambda chain: sorted(chain, key=lambda span: hours_from(date(2025, 1, 6), span) or 20_000)
    )


@settings(deadline=None, max_examples=200)
@given(chains_of(in_days))
def test_in_days_working_days_and_weeks_what_is_within_a_limit_is_within_every_longer_one(
    chain: list[TimeLimit],
) -> None:
    short, middle, long = chain
    links = {verdict(short, middle), verdict(middle, long)}

    assert links != {YES} or verdict(short, long) is YES


@settings(deadline=None, max_examples=200)
@given(chains_of(limits_or_immediate))
@example([limit("24 hour"), limit("1 calendar_day"), limit("1 working_day")])
@example([limit("12 month"), limit("1 year"), limit("366 calendar_day")])
def test_what_is_within_a_limit_is_never_refuted_against_a_longer_one(chain: list[TimeLimit]) -> None:
    short, middle, long = chain
    links = {verdict(short, middle), verdict(middle, long)}

    assert links != {YES} or verdict(short, long) is not NO


RANK = {NO: 0, UNDECIDABLE: 1, YES: 2}


@settings(deadline=None)
@given(limits, limits, st.integers(1, 400))
def test_a_larger_promise_is_never_judged_more_kindly(promise: TimeLimit, bound: TimeLimit, more: int) -> None:
    larger = promise.model_copy(update={"amount": (promise.amount or 0) + more})

    assert RANK[verdict(larger, bound)] <= RANK[verdict(promise, bound)]


@settings(deadline=None)
@given(limits, limits, st.integers(1, 400))
def test_a_larger_bound_is_never_judged_more_harshly(promise: TimeLimit, bound: TimeLimit, more: int) -> None:
    larger = bound.model_copy(update={"amount": (bound.amount or 0) + more})

    assert RANK[verdict(promise, larger)] >= RANK[verdict(promise, bound)]


@settings(deadline=None)
@given(st.integers(1, 200), limits_or_immediate)
def test_a_week_is_seven_calendar_days_on_either_side(weeks: int, other: TimeLimit) -> None:
    in_weeks, days = TimeLimit(amount=weeks, unit=TimeUnit.WEEK), calendar_days(7 * weeks)

    assert verdict(in_weeks, other) is verdict(days, other)
    assert verdict(other, in_weeks) is verdict(other, days)


@settings(deadline=None)
@given(limits_or_immediate)
def test_nothing_is_longer_than_on_the_spot_and_nothing_else_is_within_it(span: TimeLimit) -> None:
    assert verdict(IMMEDIATE, span) is YES
    assert (verdict(span, IMMEDIATE) is YES) is (span == IMMEDIATE)


def test_an_explanation_does_not_change_a_length() -> None:
    explained = TimeLimit(amount=10, unit=TimeUnit.WORKING_DAY, explanation="不含听证时间")

    assert verdict(explained, workdays(10)) is YES
    assert verdict(workdays(10), explained) is YES


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit": "working_day"},
        {"unit": "immediate", "amount": 1},
        {"unit": "immediate", "amount": 0},
        {"unit": "working_day", "amount": 0},
        {"unit": "working_day", "amount": -1},
        {"unit": "working_day", "amount": 10_000},
        {"unit": "working_day", "amount": 1.5},
        {"unit": "fortnight", "amount": 1},
        {"amount": 10},
        {"unit": "working_day", "amount": 10, "explanation": ""},
    ],
)
def test_a_limit_without_a_length_is_no_limit(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TimeLimit.model_validate(wrong)
