"""Reads of promotions: how far they are, authority by authority, and the schools of one authority."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.rules import places
from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor, current_scope
from xueji.lib.errors import Refused
from xueji.status.models import Campaign
from xueji.status.rules.promotion import CampaignState, Difference, SchoolState


@dataclass(frozen=True)
class Standing:
    """How many schools of a part of the area are at which state, and how many have something doubtful."""

    place: int
    name: str
    schools: int
    open: int
    signed: int
    left_out: int
    done: int
    undone: int
    doubtful: int
    pupils: int

    @property
    def settled(self) -> int:
        return self.schools - self.open


@dataclass(frozen=True)
class School:
    """A school in a promotion, as its authority and it itself see it."""

    place: int
    identifier: str
    name: str
    system: str
    state: SchoolState
    pupils: int
    needs_word: bool
    note: str
    signed_on: date | None
    done_at: datetime | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Progress:
    """Schools and pupils done of those that are signed, since when; `seconds_left` by the rate so far."""

    done: int
    schools: int
    pupils_done: int
    pupils: int
    per_second: int
    seconds_left: int | None


def campaigns(by: Actor, *, limit: int = 20) -> list[tuple[Campaign, str]]:
    """Return the promotions that touch the reader's area, newest first, each with the name of its area."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT c.id, o.name FROM status_campaign c JOIN organisations_organisation o ON o.place = c.area
               WHERE c.area = ANY(%s) OR c.area >= %s AND c.area < %s
               ORDER BY c.school_year DESC, c.planned_on DESC, c.id DESC LIMIT %s""",
            [_above(by.place), by.scope.lo, by.scope.hi, limit],
        )
        names = dict(cursor.fetchall())
    found = Campaign.objects.in_bulk(list(names))
    return [(found[key], name) for key, name in names.items()]


def campaign_seen(campaign_id: UUID, *, by: Actor) -> Campaign | None:
    """Return a promotion that touches the reader's area; None for another or none."""
    found = Campaign.objects.filter(pk=campaign_id).first()
    if found is None:
        return None
    return found if found.area in by.scope or places.contains(places.scope(found.area), by.place) else None


def planned_by(by: Actor, *, school_year: int) -> UUID | None:
    """Return the promotion of the own area into a school year that the actor planned; None where it is another's."""
    found = (
        Campaign.objects.filter(area=by.place, school_year=school_year, planned_by=by.account_id)
        .exclude(state=CampaignState.UNDONE)
        .first()
    )
    return found.id if found else None


class NoSuchSchool(Refused):
    code = "no-such-school"


def places_called(campaign_id: UUID, identifiers: Collection[str]) -> list[int]:
    """Return the places of schools of a promotion in scope, by identifier. Raises NoSuchSchool naming the first that is none."""
    scope = current_scope()
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT l.identifier, l.place FROM organisations_school l
               JOIN status_campaignschool s ON s.place = l.place AND s.campaign_id = %s
               WHERE l.identifier = ANY(%s) AND s.place >= %s AND s.place < %s""",
            [campaign_id, list(identifiers), scope.lo, scope.hi],
        )
        found = dict(cursor.fetchall())
    for identifier in identifiers:
        if identifier not in found:
            raise NoSuchSchool(
                f"本次升级中没有标识码为 {identifier} 的学校，或它不在您的管理范围内。",
                f"No school {identifier} takes part in this promotion in your area.",
            )
    return sorted(found.values())


def _above(place: int) -> list[int]:
    return list(places.upwards(place))


# Parts into which an office divides its area, in places.
WIDTHS = {
    Level.MINISTRY: 10**10,
    Level.PROVINCE: 10**8,
    Level.PREFECTURE: 10**6,
    Level.COUNTY: 1,
    Level.SCHOOL: 1,
}

# Grouped by the authorities of one level below the reader's office.
STANDINGS = """
SELECT s.place / %(width)s * %(width)s AS part, coalesce(o.name, ''), count(*),
    count(*) FILTER (WHERE s.state = 'open'), count(*) FILTER (WHERE s.state = 'signed'),
    count(*) FILTER (WHERE s.state = 'left_out'), count(*) FILTER (WHERE s.state = 'done'),
    count(*) FILTER (WHERE s.state = 'undone'), count(*) FILTER (WHERE s.needs_word AND s.state = 'open'),
    coalesce(sum(s.pupils), 0)::int
FROM status_campaignschool s LEFT JOIN organisations_organisation o ON o.place = s.place / %(width)s * %(width)s
WHERE s.campaign_id = %(campaign)s AND s.place >= %(lo)s AND s.place < %(hi)s
GROUP BY 1, 2 ORDER BY 1
"""


def standings(campaign_id: UUID, *, width: int) -> list[Standing]:
    """Return the standing of each part of the reader's area; `width` is that of a part in places. One statement."""
    scope = current_scope()
    known: dict[str, Any] = {"campaign": campaign_id, "width": width, "lo": scope.lo, "hi": scope.hi}
    with connections["default"].cursor() as cursor:
        cursor.execute(STANDINGS, known)
        return [Standing(*row) for row in cursor.fetchall()]


SCHOOLS = """
SELECT s.place, l.identifier, o.name, l.system, s.state, s.pupils, s.needs_word, s.note, s.signed_on, s.done_at,
    s.differences
FROM status_campaignschool s
JOIN organisations_school l ON l.organisation_id = s.school_id
JOIN organisations_organisation o ON o.id = s.school_id
WHERE s.campaign_id = %(campaign)s AND s.place >= %(lo)s AND s.place < %(hi)s {narrowed}
ORDER BY s.needs_word DESC, s.state <> 'open', s.place LIMIT %(limit)s
"""


def schools(campaign_id: UUID, *, authority: int | None = None, limit: int = 1000) -> list[School]:
    """Return schools in scope, those with something doubtful first; of one authority alone if one is given."""
    scope = current_scope()
    known: dict[str, Any] = {
        "campaign": campaign_id,
        "lo": scope.lo,
        "hi": scope.hi,
        "limit": limit,
        "authority": authority,
    }
    narrowed = "AND s.authority = %(authority)s" if authority is not None else ""
    with connections["default"].cursor() as cursor:
        cursor.execute(SCHOOLS.format(narrowed=narrowed), known)
        return [_school(row) for row in cursor.fetchall()]


SCHOOLS_BY_PLACE = SCHOOLS.replace(
    "ORDER BY s.needs_word DESC, s.state <> 'open', s.place", "AND s.place > %(after)s ORDER BY s.place"
)


def schools_by_place(
    campaign_id: UUID, *, state: str = "", is_doubtful: bool = False, after: int = 0, limit: int
) -> list[School]:
    """Return schools in scope by place, from behind `after` on; of one state, or only those that need a word."""
    scope = current_scope()
    known: dict[str, Any] = {
        "campaign": campaign_id,
        "lo": scope.lo,
        "hi": scope.hi,
        "limit": limit,
        "after": after,
        "state": state,
    }
    narrowed = "AND s.state = %(state)s " if state else ""
    narrowed += "AND s.needs_word " if is_doubtful else ""
    with connections["default"].cursor() as cursor:
        cursor.execute(SCHOOLS_BY_PLACE.format(narrowed=narrowed), known)
        return [_school(row) for row in cursor.fetchall()]


def _school(row: tuple[Any, ...]) -> School:
    place, identifier, name, system, state, pupils, needs, note, signed_on, done_at, found = row
    read = json.loads(found) if isinstance(found, str) else found
    return School(
        place=place,
        identifier=identifier,
        name=name,
        system=system,
        state=SchoolState(state),
        pupils=pupils,
        needs_word=needs,
        note=note,
        signed_on=signed_on,
        done_at=done_at,
        differences=tuple(
            Difference(one["code"], {key: value for key, value in one.items() if key != "code"})
            for one in read
        ),
    )


PROGRESS = """
SELECT count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state IN ('done', 'signed')),
    coalesce(sum(pupils) FILTER (WHERE state = 'done'), 0), coalesce(sum(pupils) FILTER (WHERE state IN ('done', 'signed')), 0),
    extract(epoch FROM max(done_at) - min(done_at))
FROM status_campaignschool WHERE campaign_id = %s AND place >= %s AND place < %s
"""


def progress(campaign_id: UUID) -> Progress:
    """Return how far the schools in scope are. One statement."""
    scope = current_scope()
    with connections["default"].cursor() as cursor:
        cursor.execute(PROGRESS, [campaign_id, scope.lo, scope.hi])
        done, total, pupils_done, pupils, seconds = cursor.fetchone()
    rate = int(pupils_done / float(seconds)) if seconds else 0
    left = round((pupils - pupils_done) / rate) if rate and pupils > pupils_done else None
    return Progress(done, total, int(pupils_done), int(pupils), rate, left)
