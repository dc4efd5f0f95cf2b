"""Places: one number, one comparison, one lowest authority."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.access.rules import places
from xueji.organisations.rules.divisions import authority_codes

CODES = sorted(authority_codes())
SCHOOLS = st.builds(places.place, st.sampled_from(CODES), st.integers(1, 999_999))
NEIGHBOURS = st.builds(
    places.place, st.sampled_from([c for c in CODES if c[:2] in ("33", "42", "99")]), st.integers(1, 3)
)
AUTHORITIES = [0, *(places.place(c) for c in CODES)]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        pytest.param(0, (0, 10**12), id="ministry"),
        pytest.param(330000_000000, (33 * 10**10, 34 * 10**10), id="province"),
        pytest.param(330900_000000, (330900 * 10**6, 331000 * 10**6), id="prefecture"),
        pytest.param(330902_000000, (330902 * 10**6, 330903 * 10**6), id="county"),
        pytest.param(330902_000123, (330902_000123, 330902_000124), id="school"),
        pytest.param(330000_000007, (330000_000007, 330000_000008), id="school-run-by-a-province"),
        pytest.param(990000_000000, (99 * 10**10, 10**12), id="listed-apart"),
    ],
)
def test_a_scope_is_the_half_open_range_below(place, expected):
    assert places.scope(place) == expected


@pytest.mark.parametrize(
    ("place", "level"),
    [
        (0, "ministry"),
        (330000_000000, "province"),
        (330900_000000, "prefecture"),
        (330902_000000, "county"),
        (330902_000001, "school"),
        (330000_000001, "school"),
    ],
)
def test_a_place_says_its_level(place, level):
    assert places.level_of(place) == level


@given(st.sampled_from(CODES), st.integers(0, 999_999))
def test_a_place_keeps_its_division_and_serial(code, serial):
    place = places.place(code, serial)
    assert (places.division_of(place), places.serial_of(place)) == (code, serial)
    assert place == places.place(int(code), serial)


@pytest.mark.parametrize(("division", "serial"), [("1000000", 0), ("330902", 1_000_000), ("330902", -1)])
def test_more_than_six_digits_are_no_place(division, serial):
    with pytest.raises(ValueError, match="no place"):
        places.place(division, serial)


@pytest.mark.parametrize(
    ("given_places", "expected"),
    [
        pytest.param([330902_000001], 330902_000001, id="one-school"),
        pytest.param([330902_000001, 330902_000001], 330902_000001, id="the-same-school-twice"),
        pytest.param([330902_000001, 330902_000002], 330902_000000, id="one-county"),
        pytest.param([330902_000001, 330903_000002], 330900_000000, id="one-prefecture"),
        pytest.param([330902_000001, 330106_000002], 330000_000000, id="one-province"),
        pytest.param([110101_000001, 110105_000001], 110000_000000, id="municipality"),
        pytest.param([429004_000001, 429005_000001], 420000_000000, id="cities-run-by-a-province"),
        pytest.param([330000_000001, 330902_000001], 330000_000000, id="province-run-school"),
        pytest.param([330000_000001, 330000_000002], 330000_000000, id="two-province-run-schools"),
        pytest.param([330902_000001, 110101_000001], 0, id="two-provinces"),
        pytest.param([990100_000001, 990100_000002], 990000_000000, id="listed-apart"),
        pytest.param([990100_000001, 330902_000001], 0, id="abroad-and-at-home"),
        pytest.param([330902_000000, 330902_000001], 330902_000000, id="an-authority-is-its-own"),
    ],
)
def test_the_common_authority_is_the_lowest_one(given_places, expected):
    assert places.common_authority(given_places, authority_codes()) == expected


@given(st.lists(st.one_of(SCHOOLS, NEIGHBOURS), min_size=1, max_size=5))
def test_the_common_authority_holds_all_and_no_lower_one_does(given_places):
    common = places.common_authority(given_places, authority_codes())
    assert all(places.contains(places.scope(common), place) for place in given_places)
    if places.level_of(common) == "school":
        assert set(given_places) == {common}
        return
    assert len(set(given_places)) > 1
    assert common in AUTHORITIES
    width = places.scope(common)[1] - places.scope(common)[0]
    lower = [a for a in AUTHORITIES if places.scope(a)[1] - places.scope(a)[0] < width]
    assert not any(all(places.contains(places.scope(a), place) for place in given_places) for a in lower)


def test_no_place_has_no_common_authority():
    with pytest.raises(ValueError, match="no place"):
        places.common_authority([], authority_codes())


@pytest.mark.parametrize(
    ("place", "above"),
    [
        (330902_000001, 330902_000000),
        (330902_000000, 330900_000000),
        (110105_000000, 110000_000000),
        (990100_000001, 990000_000000),
        (330000_000001, 330000_000000),
        (330000_000000, 0),
        (0, 0),
    ],
)
def test_the_authority_above_passes_over_groupings(place, above):
    assert places.authority_above(place, authority_codes()) == above
