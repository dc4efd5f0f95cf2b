"""Reads of promotions: how far they are, authority by authority, and the schools of one authority."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.rules import places
from xueji.access.scope import Actor, current_scope
from xueji.status.models import Campaign
from xueji.status.rules.promotion import Difference, SchoolState


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


def _above(place: int) -> list[int]:
    return list(places.upwards(place))


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
