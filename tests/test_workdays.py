"""Handbook, appeals §4 (counting working days) and inheritance §5 (longest runs)."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seeds import seed_calendar

from service_catalog.kernel.workdays import Calendar, CalendarMissing

CALENDAR = seed_calendar()
FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
PLAIN_2027 = Calendar(frozenset({2027}), ())
"""A year as if its notice had no exceptions."""


def test_every_day_of_2025_and_2026_agrees_with_the_published_notices() -> None:
    assert len(DAYS) == 730
    assert [day for day in DAYS if CALENDAR.is_working(day) != chinese_calendar.is_workday(day)] == []


@pytest.mark.parametrize(("year", "wrong_days"), [(2025, 23), (2026, 25)])
def test_weekdays_alone_are_wrong_on_more_than_twenty_days_a_year(year: int, wrong_days: int) -> None:
    unlike = [day for day in DAYS if day.year == year and CALENDAR.is_working(day) != (day.weekday() < 5)]

    assert len(unlike) == wrong_days


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 14), True),
        (date(2026, 1, 4), True),
        (date(2026, 5, 9), True),
        (date(2025, 9, 28), True),
        (date(2026, 2, 17), False),
        (date(2026, 1, 2), False),
        (date(2026, 3, 7), False),
        (date(2026, 3, 10), True),
    ],
)
def test_a_make_up_day_works_even_on_a_weekend_and_a_holiday_does_not_even_on_a_weekday(day: date, works: bool) -> None:
    assert CALENDAR.is_working(day) is works


EXAMPLES = [
    (date(2026, 2, 13), 3, date(2026, 2, 25)),
    (date(2026, 2, 14), 1, date(2026, 2, 24)),
    (date(2026, 1, 2), 1, date(2026, 1, 4)),
    (date(2026, 4, 28), 13, date(2026, 5, 19)),
    (date(2026, 9, 30), 3, date(2026, 10, 10)),
    (date(2025, 9, 26), 5, date(2025, 10, 10)),
    (date(2026, 12, 24), 5, date(2026, 12, 31)),
]


@pytest.mark.parametrize(("received", "working_days", "due"), EXAMPLES)
def test_the_examples_of_the_handbook_are_due_when_it_says(received: date, working_days: int, due: date) -> None:
    assert CALENDAR.due(received, working_days) == due


def test_a_count_that_needs_2027_has_no_answer_before_its_notice_is_issued() -> None:
    with pytest.raises(CalendarMissing, match="2027") as missing:
        CALENDAR.due(date(2026, 12, 25), 5)

    assert missing.value.year == 2027


def test_the_same_count_is_answered_once_2027_is_issued() -> None:
    issued = Calendar(CALENDAR.years | {2027}, (*CALENDAR.exceptions, (date(2027, 1, 1), False)))

    assert issued.due(date(2026, 12, 25), 5) == date(2027, 1, 4)


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2027, 1, 1), date(2027, 1, 4), date(2030, 6, 1)])
def test_a_day_of_a_year_without_notice_is_neither_working_nor_off(day: date) -> None:
    with pytest.raises(CalendarMissing):
        CALENDAR.is_working(day)


def test_a_missing_year_between_two_issued_ones_is_missing_too() -> None:
    gap = Calendar(frozenset({2025, 2027}), CALENDAR.exceptions)

    with pytest.raises(CalendarMissing, match="2026"):
        gap.due(date(2025, 12, 31), 1)
    assert gap.unbroken_stretches() == [
        (date(2025, 1, 1), date(2025, 12, 31)),
        (date(2027, 1, 1), date(2027, 12, 31)),
    ]


def test_neighbouring_years_are_one_stretch() -> None:
    assert CALENDAR.unbroken_stretches() == [(FIRST, LAST)]
    assert Calendar(frozenset(), ()).unbroken_stretches() == []


def test_the_day_of_receipt_is_not_counted_so_its_own_year_need_not_be_issued() -> None:
    assert CALENDAR.due(date(2024, 12, 31), 1) == date(2025, 1, 2)


def test_a_limit_of_no_working_days_ends_on_the_day_itself() -> None:
    assert CALENDAR.due(date(2026, 2, 15), 0) == date(2026, 2, 15)


@settings(deadline=None)
@given(st.dates(FIRST, LAST), st.integers(1, 60))
def test_a_due_day_works_and_has_so_many_working_days_up_to_it(received: date, working_days: int) -> None:
    try:
        due = CALENDAR.due(received, working_days)
    except CalendarMissing:
        left = [day for day in DAYS if day > received and chinese_calendar.is_workday(day)]
        assert len(left) < working_days
        return

    counted = [day for day in DAYS if received < day <= due and chinese_calendar.is_workday(day)]
    assert len(counted) == working_days
    assert counted[-1] == due


@settings(deadline=None)
@given(st.dates(FIRST, date(2026, 9, 30)), st.dates(FIRST, date(2026, 9, 30)), st.integers(1, 40))
def test_who_comes_first_is_never_due_later(one: date, other: date, working_days: int) -> None:
    earlier, later = sorted((one, other))

    assert CALENDAR.due(earlier, working_days) <= CALENDAR.due(later, working_days)


@pytest.mark.parametrize(("working_days", "calendar_days"), [(1, 10), (3, 12), (5, 15), (10, 21), (20, 35)])
def test_the_longest_runs_are_those_of_the_handbook(working_days: int, calendar_days: int) -> None:
    assert CALENDAR.longest_run(working_days) == calendar_days


@pytest.mark.parametrize("working_days", [1, 2, 7, 15, 30, 60, 120])
def test_a_longest_run_is_reached_on_some_day_and_exceeded_on_none(working_days: int) -> None:
    runs = []
    for received in DAYS:
        try:
            runs.append((CALENDAR.due(received, working_days) - received).days)
        except CalendarMissing:
            break

    assert max(runs) == CALENDAR.longest_run(working_days)


def test_one_working_day_more_always_takes_longer_at_the_worst() -> None:
    runs = [CALENDAR.longest_run(n) for n in range(1, 500)]
    known = [run for run in runs if run is not None]

    assert known == sorted(set(known))
    assert len(known) == sum(chinese_calendar.is_workday(day) for day in DAYS)


def test_more_working_days_than_the_issued_years_have_take_nobody_knows_how_long() -> None:
    assert CALENDAR.longest_run(500) is None
    assert Calendar(frozenset(), ()).longest_run(1) is None


def test_the_longest_run_does_not_leap_over_a_missing_year() -> None:
    gap = Calendar(frozenset({2025, 2027}), CALENDAR.exceptions)

    assert gap.longest_run(3) == max(seed_calendar(2025).longest_run(3) or 0, PLAIN_2027.longest_run(3) or 0)
    assert gap.longest_run(300) is None


def test_a_longest_run_may_lie_across_the_turn_of_the_year() -> None:
    quiet = Calendar(
        frozenset({2027, 2028}),
        tuple((date(2027, 12, 25) + timedelta(days=n), False) for n in range(14)),
    )

    assert quiet.longest_run(1) == 17


def test_a_corrected_calendar_is_counted_anew() -> None:
    before = PLAIN_2027.longest_run(1)
    holiday = tuple((date(2027, 10, 1) + timedelta(days=n), False) for n in range(7))

    assert before == 3
    assert Calendar(frozenset({2027}), holiday).longest_run(1) == 8
