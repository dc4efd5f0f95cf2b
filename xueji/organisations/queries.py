"""Reads of the organisation tree."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from time import monotonic
from types import MappingProxyType
from typing import Any, Final

from django.db import connections

from xueji.access.rules import places
from xueji.lib.working_days import Calendar
from xueji.organisations.models import OrganisationName, School, SchoolChange, SchoolIdentifier
from xueji.organisations.rules import divisions


def desk_for(concerned: frozenset[int]) -> int:
    """Return the lowest place common to all that are concerned: a school alone, else an authority."""
    return places.common_authority(concerned, authority_codes())


@cache
def authority_codes() -> frozenset[str]:
    """Return the divisions that have an education authority."""
    return frozenset(divisions.authority_codes())


def authority_of_level(place: int, level: str) -> int:
    """Return the authority of a level that an office is under; the office itself where it is of that level or above.

    Where no authority of the level is above it, as in a county under its province, the office stands for it.
    """
    there = authority_codes()
    for candidate in places.upwards(place):
        if (
            candidate != place
            and places.level_of(candidate) == level
            and places.division_of(candidate) in there
        ):
            return candidate
    return place


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


def authority_above(place: int) -> int:
    """Return the place of the office directly above: a school's or an authority's; the ministry's is itself."""
    above = [one for one in places.upwards(place) if one != place] or [places.MINISTRY]
    with connections["default"].cursor() as cursor:
        cursor.execute(ABOVE, [above])
        row = cursor.fetchone()
    return int(row[0]) if row else places.MINISTRY


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


# The tree as pages show it ------------------------------------------------------------------------


@dataclass(frozen=True)
class Office:
    """An authority or a school in a list."""

    place: int
    level: str
    name: str


@dataclass(frozen=True)
class ListedSchool:
    """A school in a list."""

    place: int
    identifier: str
    name: str
    kind: str
    state: str


@dataclass(frozen=True)
class Named:
    """A name or an identifier for the days it was in force."""

    text: str
    since: date | None
    until: date | None


def name_at(place: int) -> str:
    """Return the name of the office at a place; empty when there is none."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT name FROM organisations_organisation WHERE place = %s", [place])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def offices_at(places: Collection[int]) -> tuple[Office, ...]:
    """Return the offices at some places, highest first; places without one are left out."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT place, level, name FROM organisations_organisation WHERE place = ANY(%s) ORDER BY place",
            [list(places)],
        )
        found = {row[0]: Office(*row) for row in cursor.fetchall()}
    return tuple(found[place] for place in places if place in found)


def way_to(place: int) -> tuple[Office, ...]:
    """Return the offices from the ministry down to the one at a place, itself included."""
    return offices_at(list(places.upwards(place))[::-1])


AUTHORITIES_BELOW = """
SELECT c.place, c.level, c.name FROM organisations_organisation c
JOIN organisations_organisation p ON p.id = c.parent_id
WHERE p.place = %s AND c.level <> 'school' AND c.closed_on IS NULL ORDER BY c.place
"""


def authorities_below(place: int) -> tuple[Office, ...]:
    """Return the authorities directly below the one at a place, in order of division."""
    with connections["default"].cursor() as cursor:
        cursor.execute(AUTHORITIES_BELOW, [place])
        return tuple(Office(*row) for row in cursor.fetchall())


SCHOOL_LIST = """
SELECT s.place, s.identifier, o.name, s.kind, s.state
FROM organisations_school s JOIN organisations_organisation o ON o.id = s.organisation_id
WHERE s.place >= %(lo)s AND s.place < %(hi)s AND {condition}
ORDER BY s.place {order} LIMIT %(limit)s
"""


def schools_between(
    lo: int, hi: int, *, limit: int, after: int | None = None, before: int | None = None
) -> tuple[ListedSchool, ...]:
    """Return schools of a range in order of place, closed ones too: those after a place, or those just before one."""
    return _schools("true", {"lo": lo, "hi": hi}, limit=limit, after=after, before=before)


def schools_run_by(
    authority: int, *, limit: int, after: int | None = None, before: int | None = None
) -> tuple[ListedSchool, ...]:
    """Return the schools that have an authority directly above them, as `schools_between` does.

    Most stand in its own division; of divisions without an authority, such as those of the
    schools listed apart, it is the next one above.
    """
    lo, hi = places.scope(authority)
    run = "o.parent_id = (SELECT id FROM organisations_organisation WHERE place = %(lo)s)"
    return _schools(run, {"lo": lo, "hi": hi}, limit=limit, after=after, before=before)


def _schools(
    condition: str, known: dict[str, int], *, limit: int, after: int | None, before: int | None
) -> tuple[ListedSchool, ...]:
    parameters = known | {"limit": limit, "after": after, "before": before}
    order = "ASC"
    if after is not None:
        condition += " AND s.place > %(after)s"
    if before is not None:
        condition, order = f"{condition} AND s.place < %(before)s", "DESC"
    with connections["default"].cursor() as cursor:
        cursor.execute(SCHOOL_LIST.format(condition=condition, order=order), parameters)
        rows = [ListedSchool(*row) for row in cursor.fetchall()]
    return tuple(reversed(rows)) if before is not None else tuple(rows)


# strpos, not LIKE: what was typed is looked for as it is. Former names find their school as well.
SCHOOLS_NAMED = """
SELECT s.place, s.identifier, o.name, s.kind, s.state
FROM organisations_school s JOIN organisations_organisation o ON o.id = s.organisation_id
WHERE s.place >= %(lo)s AND s.place < %(hi)s AND s.organisation_id IN (
    SELECT n.organisation_id FROM organisations_organisationname n
    WHERE n.place >= %(lo)s AND n.place < %(hi)s AND strpos(n.name, %(text)s) > 0
    UNION ALL
    SELECT i.school_id FROM organisations_schoolidentifier i WHERE i.identifier = %(text)s
) ORDER BY s.place LIMIT %(limit)s
"""


def schools_named(text: str, lo: int, hi: int, *, limit: int) -> tuple[ListedSchool, ...]:
    """Return schools of a range whose name, present or former, holds a text, or that bore this identifier."""
    with connections["default"].cursor() as cursor:
        cursor.execute(SCHOOLS_NAMED, {"text": text, "lo": lo, "hi": hi, "limit": limit})
        return tuple(ListedSchool(*row) for row in cursor.fetchall())


def school_at(place: int) -> School | None:
    """Return the school that stands at a place, or stood there before a reform."""
    return (
        School.objects.select_related("organisation", "under__organisation")
        .filter(organisation__places__place=place)
        .first()
    )


def place_of_identifier(identifier: str) -> int | None:
    """Return the place of the school that bears, or ever bore, an identifier; None when none did."""
    found = SchoolIdentifier.objects.filter(pk=identifier).values_list("school__place", flat=True).first()
    return None if found is None else int(found)


def names_of(school: School) -> tuple[Named, ...]:
    """Return every name of a school, oldest first."""
    rows = OrganisationName.objects.filter(organisation_id=school.pk).order_by("since", "id")
    return tuple(Named(row.name, row.since, row.until) for row in rows)


def identifiers_of(school: School) -> tuple[Named, ...]:
    """Return every identifier of a school, oldest first."""
    rows = SchoolIdentifier.objects.filter(school_id=school.pk).order_by("since", "identifier")
    return tuple(Named(row.identifier, row.since, row.until) for row in rows)


def changes_of(school: School) -> tuple[SchoolChange, ...]:
    """Return the dated changes of a school, oldest first, with the school it was merged into."""
    rows = SchoolChange.objects.select_related("into__organisation").filter(school_id=school.pk)
    return tuple(rows.order_by("on", "id"))


# Every year whose notice is known, once without a day and once with each of its days.
CALENDAR = """
SELECT year, NULL::date, NULL::boolean FROM organisations_calendaryear
UNION ALL
SELECT year, "on", is_working FROM organisations_calendarday
"""

SECONDS_TO_KEEP_CALENDAR: Final = 60  # so long another process may not know of an import
_calendars: dict[str, tuple[float, Calendar]] = {}


def calendar(using: str = "default") -> Calendar:
    """Return the calendar of working days, as the table says or said within the last minute."""
    kept = _calendars.get(using)
    if kept is None or monotonic() - kept[0] > SECONDS_TO_KEEP_CALENDAR:
        kept = _calendars[using] = (monotonic(), _read_calendar(using))
    return kept[1]


def forget_calendar() -> None:
    """Let the next question read the table, because it was written to."""
    _calendars.clear()


def _read_calendar(using: str) -> Calendar:
    with connections[using].cursor() as cursor:
        cursor.execute(CALENDAR)
        rows = cursor.fetchall()
    exceptions = {on: is_working for _, on, is_working in rows if on is not None}
    return Calendar(MappingProxyType(exceptions), frozenset(year for year, on, _ in rows if on is None))
