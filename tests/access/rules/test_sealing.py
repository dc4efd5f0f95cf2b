"""Half a year without use, counted in calendar months."""

from __future__ import annotations

from datetime import date

import pytest

from xueji.access.rules.sealing import is_idle, opens_until


@pytest.mark.parametrize(
    ("last_used_on", "opens"),
    [
        pytest.param(date(2026, 8, 31), date(2027, 2, 28), id="a-short-month"),
        pytest.param(date(2027, 8, 31), date(2028, 2, 29), id="a-leap-year"),
        pytest.param(date(2026, 8, 28), date(2027, 2, 28), id="the-same-day"),
        pytest.param(date(2026, 3, 31), date(2026, 9, 30), id="thirty-days"),
        pytest.param(date(2026, 12, 31), date(2027, 6, 30), id="over-new-year"),
        pytest.param(date(2026, 6, 30), date(2026, 12, 30), id="to-december"),
    ],
)
def test_an_account_opens_for_six_calendar_months_and_is_sealed_the_day_after(
    last_used_on: date, opens: date
) -> None:
    assert opens_until(last_used_on) == opens
    assert not is_idle(last_used_on, opens)
    assert is_idle(last_used_on, date.fromordinal(opens.toordinal() + 1))
