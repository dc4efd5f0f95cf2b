"""Places: one number that says where a school or an authority stands.

A place is six digits of division followed by six of serial. An authority has serial 0,
and owns the half-open range of places below it, so that one comparison scopes every level.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, Literal

SERIALS: Final = 10**6  # places in one division
END: Final = 10**12  # the first number that is no place
MINISTRY: Final = 0

PlaceLevel = Literal["ministry", "province", "prefecture", "county", "school"]
Scope = tuple[int, int]


def place(division: str | int, serial: int = 0) -> int:
    """Return the place of a serial in a division; serial 0 is the division's authority.

    Raises ValueError if either has more than six digits.
    """
    code = int(division)
    if not 0 <= code < SERIALS or not 0 <= serial < SERIALS:
        raise ValueError(f"no place has division {division} and serial {serial}")
    return code * SERIALS + serial


def division_of(place: int) -> str:
    """Return the six digits of division; 000000 for the ministry."""
    return f"{place // SERIALS:06d}"


def serial_of(place: int) -> int:
    """Return the serial; 0 for an authority."""
    return place % SERIALS


def level_of(place: int) -> PlaceLevel:
    """Return whose place it is: a school's, or the authority's of which level."""
    if serial_of(place):
        return "school"
    if place == MINISTRY:
        return "ministry"
    code = place // SERIALS
    if code % 10_000 == 0:
        return "province"
    return "prefecture" if code % 100 == 0 else "county"


_WIDTHS: Final[dict[PlaceLevel, int]] = {
    "ministry": END,
    "province": 10_000 * SERIALS,
    "prefecture": 100 * SERIALS,
    "county": SERIALS,
    "school": 1,
}


def scope(place: int) -> Scope:
    """Return the half-open range of places that a place owns, itself included."""
    return place, place + _WIDTHS[level_of(place)]


def contains(scope: Scope, place: int) -> bool:
    """Return whether a place lies in a half-open range."""
    return scope[0] <= place < scope[1]


def upwards(place: int) -> Iterator[int]:
    """Yield the place, then its division, prefecture, province and the ministry, lowest first.

    Each is yielded once. Whether an authority stands at a place is not asked here.
    """
    yield place
    seen = place
    for width in (SERIALS, 100 * SERIALS, 10_000 * SERIALS, END):
        above = place - place % width
        if above != seen:
            yield above
            seen = above


def authority_above(place: int, authority_codes: Collection[str]) -> int:
    """Return the lowest authority above a place: for a school of a county, the county.

    Divisions without an authority are passed over. The ministry stands above all, and
    above itself.
    """
    for candidate in upwards(place):
        if candidate != place and (candidate == MINISTRY or division_of(candidate) in authority_codes):
            return candidate
    return MINISTRY


def common_authority(places: Collection[int], authority_codes: Collection[str]) -> int:
    """Return the lowest place that owns all the given ones.

    One school alone is its own; otherwise the lowest authority common to all, divisions
    without an authority passed over; the ministry (0) if no other is common.
    Raises ValueError if no place is given.

    Source: practice of problem records (问题学籍): settled in the school, else by the lowest
    authority above all schools concerned.
    """
    if not places:
        raise ValueError("no place is given")
    first, last = min(places), max(places)
    for candidate in upwards(first):
        is_party = first == last == candidate and serial_of(candidate) > 0
        has_desk = (
            is_party
            or candidate == MINISTRY
            or (serial_of(candidate) == 0 and division_of(candidate) in authority_codes)
        )
        # Scopes are ranges that nest, so what holds the two ends holds all between.
        if has_desk and contains(scope(candidate), last):
            return candidate
    return MINISTRY
