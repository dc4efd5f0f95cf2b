"""Reads of the organisation tree."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connections

from xueji.organisations.rules import divisions, places


def desk_for(concerned: frozenset[int]) -> int:
    """Return the lowest place common to all that are concerned: a school alone, else an authority."""
    return places.common_authority(concerned, authority_codes())


@cache
def authority_codes() -> frozenset[str]:
    """Return the divisions that have an education authority."""
    return frozenset(divisions.authority_codes())


ABOVE = """
SELECT place FROM organisations_organisation
WHERE place = ANY(%s) AND closed_on IS NULL AND level <> 'school' ORDER BY place DESC LIMIT 1
"""


@cache
def known_division_codes() -> frozenset[str]:
    """Return every division code that was ever in force: what a document number may begin with."""
    return divisions.known_codes()


def authority_of(place: int, *, using: str = "default") -> int:
    """Return the place of the status authority of a school: its county's, else the next above.

    A school run by a prefecture or province (its division is theirs) answers to that one.
    """
    division = place // 1_000_000
    above = [division, division // 100 * 100, division // 10_000 * 10_000, 0]
    with connections[using].cursor() as cursor:
        cursor.execute(ABOVE, [[code * 1_000_000 for code in above]])
        (found,) = cursor.fetchone()
    return int(found)


SCHOOLS = """
SELECT s.place, s.identifier, o.name, s.kind, s.system,
    (SELECT coalesce(jsonb_agg(c.number ORDER BY c.number), '[]') FROM organisations_class c
     WHERE c.school_id = s.organisation_id AND c.closed_on IS NULL)
FROM organisations_school s JOIN organisations_organisation o ON o.id = s.organisation_id
WHERE s.state <> 'closed' AND s.place >= %s AND s.place < %s ORDER BY s.place
"""


def schools_within(lo: int, hi: int, *, using: str = "default") -> list[tuple[Any, ...]]:
    """Return (place, identifier, name, kind, system, class numbers) of each school, in order of place."""
    with connections[using].cursor() as cursor:
        cursor.execute(SCHOOLS, [lo, hi])
        return cursor.fetchall()


__all__ = ["authority_of", "known_division_codes", "places", "schools_within"]
