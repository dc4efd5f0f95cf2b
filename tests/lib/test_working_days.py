"""Working days over weekends, holidays and the weekends that are worked for them."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.lib.working_days import Calendar, Due
from xueji.organisations.rules.known_notices import known_notices

CALENDAR = Calendar(
    {day.on: day.is_working for notice in known_notices() for day in notice.days},
    frozenset(notice.year for notice in known_notices()),
)
DAY = timedelta(days=1)
some_day = st.dates(date(2004, 1, 1), date(2029, 12, 31))
some_days = st.integers(0, 90)

# Counted by hand in the notices of these years.
TEN_WORKING_DAYS = (
    ("two-plain-weeks", date(2026, 3, 2), date(2026, 3, 16)),
    ("received-on-a-saturday", date(2026, 3, 7), date(2026, 3, 20)),
    ("received-on-a-sunday", date(2026, 3, 8), date(2026, 3, 20)),
    # 29, 30 September; 1-7 October off; 8, 9, the Saturday 10 worked; 12-16.
    ("over-national-day-2026", date(2026, 9, 28), date(2026, 10, 16)),
    # The Sunday 28 September worked, 29, 30; 1-8 October off; 9, 10, the Saturday 11 worked; 13-16.
    ("over-national-day-2025", date(2025, 9, 26), date(2025, 10, 16)),
    # 30 September is a Monday, before it the Sunday 29 worked; 1-7 off; 8-11, the Saturday 12 worked; 14-16.
    ("over-national-day-2024", date(2024, 9, 28), date(2024, 10, 16)),
    # The Sunday 4 February worked, 5-9; 10-17 off; the Sunday 18 worked, 19-21.
    ("over-spring-festival-2024", date(2024, 2, 2), date(2024, 2, 21)),
    # The Sunday 26 January worked, 27; 28 January to 4 February off; 5-7, the Saturday 8 worked; 10-13.
    ("over-spring-festival-2025", date(2025, 1, 24), date(2025, 2, 13)),
    # 12, 13, the Saturday 14 February worked; 15-23 off; 24-27, the Saturday 28 worked; 2, 3 March.
    ("over-spring-festival-2026", date(2026, 2, 11), date(2026, 3, 3)),
    # 21-23 January 2020; 24 January to 2 February off, prolonged by the second notice; 3-7, 10, 11.
    ("over-spring-festival-2020-prolonged", date(2020, 1, 20), date(2020, 2, 11)),
    # 25-28 December 2018, the Saturday 29 worked; 30 December to 1 January off; 2-4, 7, 8 January.
    ("over-new-year-2019", date(2018, 12, 24), date(2019, 1, 8)),
    # 23-30 April; 1-5 May off; 6-8, the Saturday 9 worked.
    ("over-labour-day-2026", date(2026, 4, 22), date(2026, 5, 9)),
    # Received on a day off: 8, 9, the Saturday 10 worked; 12-16, 19, 20.
    ("received-in-a-holiday", date(2026, 10, 3), date(2026, 10, 20)),
)


@pytest.mark.parametrize(
    ("received_on", "expected"),
    [pytest.param(received_on, on, id=name) for name, received_on, on in TEN_WORKING_DAYS],
)
def test_ten_working_days_end_where_the_notice_says(received_on: date, expected: date) -> None:
    assert CALENDAR.due_on(received_on, 10) == Due(expected, is_provisional=False)


def test_every_day_from_2015_to_2026_is_as_the_library_says() -> None:
    day = date(2015, 1, 1)
    while day <= date(2026, 12, 31):
        assert CALENDAR.is_working(day) == chinese_calendar.is_workday(day), day
        day += DAY


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        pytest.param(date(2026, 10, 1), False, id="thursday-off"),
        pytest.param(date(2026, 10, 10), True, id="saturday-worked"),
        pytest.param(date(2026, 9, 20), True, id="sunday-worked"),
        pytest.param(date(2026, 10, 17), False, id="plain-saturday"),
        pytest.param(date(2026, 10, 16), True, id="plain-friday"),
        pytest.param(date(2015, 9, 3), False, id="off-once-only"),
        pytest.param(date(2016, 9, 2), True, id="not-off-the-year-after"),
    ],
)
def test_a_day_is_worked_by_its_weekday_unless_the_notice_names_it(day: date, is_working: bool) -> None:
    assert CALENDAR.is_working(day) is is_working


@pytest.mark.parametrize(
    ("received_on", "days", "due"),
    [
        pytest.param(date(2026, 12, 30), 1, Due(date(2026, 12, 31), False), id="ends-in-an-announced-year"),
        pytest.param(date(2026, 12, 30), 2, Due(date(2027, 1, 1), True), id="reaches-an-unknown-year"),
        pytest.param(date(2027, 3, 1), 10, Due(date(2027, 3, 15), True), id="all-in-an-unknown-year"),
        pytest.param(date(2027, 3, 1), 0, Due(date(2027, 3, 1), False), id="nothing-was-counted"),
        pytest.param(date(2003, 12, 31), 1, Due(date(2004, 1, 2), False), id="counting-begins-the-day-after"),
    ],
)
def test_a_due_day_is_provisional_when_a_year_counted_through_is_not_announced(
    received_on: date, days: int, due: Due
) -> None:
    assert CALENDAR.due_on(received_on, days) == due


def test_a_gap_of_one_year_between_announced_years_makes_it_provisional() -> None:
    calendar = Calendar({}, frozenset({2026, 2028}))
    assert calendar.due_on(date(2026, 12, 1), 300).is_provisional


def test_a_pause_moves_the_due_day_on_by_working_days() -> None:
    assert CALENDAR.shifted(date(2026, 9, 30), 3) == Due(date(2026, 10, 10), is_provisional=False)
    assert CALENDAR.shifted(date(2026, 12, 31), 1) == Due(date(2027, 1, 1), is_provisional=True)


def test_a_pause_of_no_days_leaves_a_provisional_day_provisional() -> None:
    assert CALENDAR.shifted(date(2027, 1, 5), 0) == Due(date(2027, 1, 5), is_provisional=True)


@pytest.mark.parametrize(
    ("today", "left"),
    [
        pytest.param(date(2026, 9, 29), 4, id="holiday-in-between"),
        pytest.param(date(2026, 10, 9), 1, id="the-day-before"),
        pytest.param(date(2026, 10, 10), 0, id="the-last-day"),
        pytest.param(date(2026, 10, 11), 0, id="sunday-after-it"),
        pytest.param(date(2026, 10, 12), -1, id="first-working-day-after-it"),
        pytest.param(date(2026, 10, 19), -6, id="a-week-late"),
    ],
)
def test_days_left_count_down_to_nought_and_below(today: date, left: int) -> None:
    assert CALENDAR.days_left(today, date(2026, 10, 10)) == left


def test_nothing_is_used_before_the_day_after_receipt() -> None:
    assert CALENDAR.days_used(date(2026, 3, 2), date(2026, 3, 2)) == 0
    assert CALENDAR.days_used(date(2026, 3, 2), date(2026, 2, 2)) == 0
    assert CALENDAR.days_used(date(2026, 3, 2), date(2026, 3, 3)) == 1


def test_a_negative_number_of_days_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="-1"):
        CALENDAR.due_on(date(2026, 3, 2), -1)
    with pytest.raises(ValueError, match="-1"):
        CALENDAR.shifted(date(2026, 3, 2), -1)


@given(some_day, st.integers(1, 90))
def test_the_due_day_is_worked_and_lies_after_receipt(received_on: date, days: int) -> None:
    due = CALENDAR.due_on(received_on, days)
    assert due.on > received_on
    assert CALENDAR.is_working(due.on)


@given(some_day, some_days)
def test_on_the_due_day_all_days_are_used_and_none_is_left(received_on: date, days: int) -> None:
    on = CALENDAR.due_on(received_on, days).on
    assert CALENDAR.days_used(received_on, on) == days
    assert CALENDAR.days_left(on, on) == 0


@given(some_day, some_days, some_days)
def test_used_and_left_add_up_to_the_days_allowed(received_on: date, days: int, passed: int) -> None:
    today = received_on + timedelta(days=passed)
    on = CALENDAR.due_on(received_on, days).on
    assert CALENDAR.days_used(received_on, today) + CALENDAR.days_left(today, on) == days


@given(some_day, some_day)
def test_counting_by_arithmetic_equals_counting_day_by_day(one: date, other: date) -> None:
    first, last = sorted((one, other))
    last = min(last, first + timedelta(days=800))
    worked = sum(CALENDAR.is_working(first + n * DAY) for n in range(1, (last - first).days + 1))
    assert CALENDAR.days_left(first, last) == worked
    assert CALENDAR.days_left(last, first) == -worked


@given(some_day, some_days)
def test_later_receipt_or_more_days_never_bring_the_due_day_forward(received_on: date, days: int) -> None:
    on = CALENDAR.due_on(received_on, days).on
    assert CALENDAR.due_on(received_on + DAY, days).on >= on
    assert CALENDAR.due_on(received_on, days + 1).on > on


@given(some_day, some_days, some_days)
def test_a_pause_gives_exactly_its_days_more(received_on: date, days: int, pause: int) -> None:
    on = CALENDAR.due_on(received_on, days).on
    assert CALENDAR.shifted(on, pause).on == CALENDAR.due_on(received_on, days + pause).on
