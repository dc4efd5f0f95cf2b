"""School years, months and ages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.lib import school_years

some_day = st.dates(date(1950, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 8, 31), 2025),
        (date(2026, 9, 1), 2026),
        (date(2026, 12, 31), 2026),
        (date(2027, 1, 1), 2026),
    ],
)
def test_a_school_year_begins_on_the_first_of_september(day: date, year: int) -> None:
    assert school_years.school_year(day) == year


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 9, 1), 2, date(2026, 11, 1)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2026, 11, 15), 2, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 31), -13, date(2024, 12, 31)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_month(
    day: date, months: int, expected: date
) -> None:
    assert school_years.add_months(day, months) == expected


def test_the_archive_is_due_two_months_after_entry_unless_the_province_says_otherwise() -> None:
    assert school_years.archive_due_on(date(2026, 9, 1)) == date(2026, 11, 1)
    assert school_years.archive_due_on(date(2026, 9, 1), months=1) == date(2026, 10, 1)


@given(some_day, st.integers(-60, 60))
def test_months_move_by_whole_months_and_never_past_the_same_day(day: date, months: int) -> None:
    moved = school_years.add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day <= day.day
