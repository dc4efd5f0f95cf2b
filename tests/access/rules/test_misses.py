"""The table of budgets: every way is counted for account, office and county, and each wider one is larger."""

from __future__ import annotations

import pytest

from xueji.access.rules.misses import BY_WAY, COUNTED_NAMES, WAY_NAMES, Counted, Standing, Way, county_of, who


@pytest.mark.parametrize("way", Way)
def test_each_way_has_a_budget_for_account_office_and_county_and_each_is_larger(way: Way) -> None:
    budgets = BY_WAY[way]
    assert [one.counted for one in budgets] == list(Counted)
    assert budgets[0].most < budgets[1].most < budgets[2].most
    assert WAY_NAMES[way]


def test_a_budget_is_used_up_at_its_last_and_exceeded_beyond_it() -> None:
    (account, *_) = BY_WAY[Way.NUMBER]
    assert not Standing(account, account.most - 1).is_used_up
    assert Standing(account, account.most).is_used_up
    assert not Standing(account, account.most).is_exceeded
    assert Standing(account, account.most + 1).is_exceeded
    assert not Standing(account, account.most, extra=1).is_used_up


def test_a_county_counts_all_its_schools_and_itself() -> None:
    first, end = county_of(330_902_000_001)
    assert (first, end) == (330_902_000_000, 330_903_000_000)
    assert county_of(first) == (first, end)
    asked = {"account_id": 7, "place": 330_902_000_001}
    assert [who(one, **asked) for one in COUNTED_NAMES] == [7, 330_902_000_001, first]
