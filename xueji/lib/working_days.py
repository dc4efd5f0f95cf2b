"""Working days: weekends rest, but for what the State Council's yearly notice says."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

SATURDAY: Final = 5  # as date.weekday() counts
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """A last day; provisional while a year that was counted through is not announced."""

    on: date
    is_provisional: bool


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: Monday to Friday, but for the exceptions of the yearly notices.

    `exceptions` says of a day whether it is worked; `announced` are the calendar years
    whose notice is known. Any other year is counted by its weekends, provisionally.

    Source: 全国年节及纪念日放假办法; 国务院办公厅关于部分节假日安排的通知, each year.
    """

    exceptions: Mapping[date, bool]
    announced: frozenset[int]

    def is_working(self, day: date) -> bool:
        """Return whether a day is worked."""
        said = self.exceptions.get(day)
        return day.weekday() < SATURDAY if said is None else said

    def due_on(self, received_on: date, days: int) -> Due:
        """Return the last of so many working days, the first being the one after the day of receipt.

        With no days at all it is the day of receipt itself, whether worked or not.
        Raises ValueError for a negative number.
        """
        on = self._moved(received_on, days)
        return Due(on, days > 0 and not self._is_announced(received_on + ONE_DAY, on))

    def days_used(self, received_on: date, today: date) -> int:
        """Return how many working days have begun since the day of receipt, today included; never below 0."""
        return self._worked(received_on, today) if today > received_on else 0

    def days_left(self, today: date, due_on: date) -> int:
        """Return the working days after today up to the due one: 0 on it, negative when it has passed.

        On rest days right after the due day no working day is lost yet and it is still 0;
        what asks whether the day has passed compares the dates.
        """
        return self._worked(today, due_on)

    def shifted(self, due_on: date, days: int) -> Due:
        """Return the due date moved on by so many working days, as pauses move it.

        Raises ValueError for a negative number.
        """
        on = self._moved(due_on, days)
        return Due(on, not self._is_announced(due_on, on))

    def _moved(self, day: date, days: int) -> date:
        if days < 0:
            raise ValueError(f"a number of working days is never negative: {days}")
        while days:
            day += ONE_DAY
            days -= self.is_working(day)
        return day

    def _is_announced(self, first: date, last: date) -> bool:
        return all(year in self.announced for year in range(first.year, last.year + 1))

    def _worked(self, after: date, until: date) -> int:
        """Return the working days after one day up to and including another; negative when that is earlier.

        By arithmetic: a case may be late by years, and lists ask this for every row.
        """
        return self._worked_until(until) - self._worked_until(after)

    def _worked_until(self, day: date) -> int:
        weeks, rest = divmod(day.toordinal(), 7)  # day 1 of the era is a Monday
        days, sums = self._corrections
        return weeks * SATURDAY + min(rest, SATURDAY) + sums[bisect_right(days, day)]

    @cached_property
    def _corrections(self) -> tuple[list[date], list[int]]:
        """Days that are not as their weekday says, and before and after each how many more are worked."""
        days = sorted(d for d, worked in self.exceptions.items() if worked != (d.weekday() < SATURDAY))
        sums = [0]
        for day in days:
            sums.append(sums[-1] + (1 if self.exceptions[day] else -1))
        return days, sums
