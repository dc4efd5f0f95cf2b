"""The calendar as the table keeps it."""

from datetime import date

import chinese_calendar
import pytest
from django.db import IntegrityError

from xueji.access.scope import Scope, acting
from xueji.organisations import queries
from xueji.organisations.models import CalendarDay, CalendarYear
from xueji.organisations.queries import calendar, forget_calendar

pytestmark = pytest.mark.usefixtures("db")


def test_a_new_registry_knows_every_notice_of_the_library():
    known = calendar()
    assert known.announced == frozenset(range(2004, 2027))
    day = date(2004, 1, 1)
    while day <= date(2026, 12, 31):
        assert known.is_working(day) == chinese_calendar.is_workday(day), day
        day = date.fromordinal(day.toordinal() + 1)


def test_every_office_reads_the_same_calendar():
    with acting(Scope(330902000001, 330902000002)):
        assert calendar() == calendar("national")


def test_it_is_read_once_a_minute(django_assert_num_queries, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(queries, "monotonic", lambda: now)
    with django_assert_num_queries(1):
        assert calendar() is calendar()
    now += queries.SECONDS_TO_KEEP_CALENDAR + 1
    with django_assert_num_queries(1):
        calendar()


def test_it_is_read_again_when_it_was_forgotten():
    calendar()
    CalendarYear.objects.using("owner").create(year=2027, source="测试")
    assert 2027 not in calendar().announced
    forget_calendar()
    assert 2027 in calendar().announced


@pytest.mark.parametrize(
    ("on", "year", "is_working", "constraint"),
    [
        (date(2026, 3, 3), 2026, True, "only_a_weekend_becomes_a_working_day"),
        (date(2025, 3, 8), 2026, True, "day_lies_in_its_year_or_the_december_before"),
        (date(2026, 1, 8), 2025, False, "day_lies_in_its_year_or_the_december_before"),
    ],
)
def test_the_database_forbids_a_day_that_no_notice_could_name(on, year, is_working, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        CalendarDay.objects.using("owner").create(on=on, year_id=year, is_working=is_working, name="测试")
