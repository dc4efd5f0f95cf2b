"""How many are not at school, office by office, and the monthly report of dropouts (辍学月报). Numbers alone, no names.

A pupil whose death was reported is in none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connections

from xueji.access.rules import places
from xueji.access.rules.places import SERIALS
from xueji.access.scope import Actor
from xueji.status.queries.absent import LOST_STATES
from xueji.status.queries.overdue import WIDTHS
from xueji.status.rules import marks
from xueji.status.rules.facts import DROPPED_OUT, MISSING, SUSPENDED

# Own desk and schools of the area's own division stand alone; what is below stands under its authority.
OFFICE: Final = "CASE WHEN place - place %% %(serials)s = %(area)s THEN place ELSE place - place %% %(width)s END AS office"
NAMES: Final = "SELECT place, name FROM organisations_organisation WHERE place = ANY(%s)"


@dataclass(frozen=True)
class AbsentTally:
    """One line: an office, or an authority together with all below it (`is_area`)."""

    place: int
    name: str
    is_area: bool
    overdue: int
    dropouts: int
    lost: int


TALLIES = f"""
WITH marked AS (
    SELECT m.place, m.kind, m.details FROM status_mark m
    JOIN students_enrolment e ON e.student_id = m.student_id AND e.ended_on IS NULL AND e.state =
        CASE m.kind WHEN '{marks.SUSPENSION}' THEN '{SUSPENDED}' WHEN '{marks.DROPOUT}' THEN '{DROPPED_OUT}'
            ELSE '{MISSING}' END
    WHERE m.place >= %(lo)s AND m.place < %(hi)s AND m.until IS NULL
        AND m.kind IN ('{marks.SUSPENSION}', '{marks.DROPOUT}', '{marks.MISSING}')
), absent AS (
    SELECT place, kind = '{marks.SUSPENSION}' AND details->>'until' < %(today)s AS is_overdue,
        kind = '{marks.DROPOUT}' AS is_dropout,
        kind = '{marks.MISSING}' OR kind = '{marks.DROPOUT}' AND details->>'whereabouts' = '{marks.UNKNOWN}' AS is_lost
    FROM marked
    UNION ALL
    SELECT e.place, false, false, true
    FROM students_enrolment e JOIN students_student s ON s.id = e.student_id AND s.place = e.place
    WHERE e.place >= %(lo)s AND e.place < %(hi)s AND e.ended_on IS NOT NULL AND e.state IN ({LOST_STATES})
        AND NOT EXISTS (SELECT 1 FROM students_enrolment n WHERE n.student_id = e.student_id
            AND (n.ended_on IS NULL OR (n.ended_on, n.started_on) > (e.ended_on, e.started_on)))
), placed AS (
    SELECT {OFFICE}, is_overdue, is_dropout, is_lost FROM absent
)
SELECT office, count(*) FILTER (WHERE is_overdue), count(*) FILTER (WHERE is_dropout), count(*) FILTER (WHERE is_lost)
FROM placed WHERE is_overdue OR is_dropout OR is_lost GROUP BY office ORDER BY office
"""


def tallies(by: Actor, *, area: int, today: date) -> tuple[AbsentTally, ...]:
    """Return how many are not at school, a line for each office of an area that has any. Two statements."""
    with connections["default"].cursor() as cursor:
        cursor.execute(TALLIES, {**_within(by, area), "today": today.isoformat()})
        rows = cursor.fetchall()
        names = _names(cursor, rows)
    return tuple(
        AbsentTally(office, names.get(office, ""), _is_area(office, area), *numbers)
        for office, *numbers in rows
    )


# The monthly report ------------------------------------------------------------------------


@dataclass(frozen=True)
class Movement:
    """Dropouts over a month: at its beginning, new, returned, at its end; of these, whereabouts unknown."""

    at_start: int
    new: int
    returned: int
    at_end: int
    unknown: int


@dataclass(frozen=True)
class OfficeMovement:
    place: int
    name: str
    is_area: bool
    movement: Movement


@dataclass(frozen=True)
class DropoutReport:
    """The month from `first` until the day before `next`, office by office, by reason, in all."""

    area: int
    first: date
    next: date
    offices: tuple[OfficeMovement, ...]
    reasons: tuple[tuple[str, Movement], ...]
    total: Movement


# A mark goes with the pupil, so a month that is over is counted where its pupils are now.
REPORT = f"""
WITH dropped AS (
    SELECT {OFFICE}, m.details->>'reason' AS reason, m.details->>'whereabouts' AS whereabouts, m.since, m.until
    FROM status_mark m
    WHERE m.place >= %(lo)s AND m.place < %(hi)s AND m.kind = '{marks.DROPOUT}' AND m.since < %(next)s
        AND (m.until >= %(first)s OR m.until IS NULL AND EXISTS (SELECT 1 FROM students_enrolment e
            WHERE e.student_id = m.student_id AND e.ended_on IS NULL AND e.state = '{DROPPED_OUT}'))
)
SELECT GROUPING(office), GROUPING(reason), office, reason,
    count(*) FILTER (WHERE since < %(first)s),
    count(*) FILTER (WHERE since >= %(first)s),
    count(*) FILTER (WHERE until < %(next)s),
    count(*) FILTER (WHERE until IS NULL OR until >= %(next)s),
    count(*) FILTER (WHERE (until IS NULL OR until >= %(next)s) AND whereabouts = '{marks.UNKNOWN}')
FROM dropped GROUP BY GROUPING SETS ((office), (reason), ())
"""


def dropout_report(by: Actor, *, area: int, month: date) -> DropoutReport:
    """Return the report of the month in which a day lies. Two statements."""
    first = month.replace(day=1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    with connections["default"].cursor() as cursor:
        cursor.execute(REPORT, {**_within(by, area), "first": first, "next": following})
        rows = cursor.fetchall()
        names = _names(cursor, [(row[2],) for row in rows if not row[0]])
    offices = [
        OfficeMovement(row[2], names.get(row[2], ""), _is_area(row[2], area), Movement(*row[4:]))
        for row in rows
        if not row[0]
    ]
    reasons = [(row[3] or "", Movement(*row[4:])) for row in rows if not row[1]]
    total = next((Movement(*row[4:]) for row in rows if row[0] and row[1]), Movement(0, 0, 0, 0, 0))
    return DropoutReport(
        area=area,
        first=first,
        next=following,
        offices=tuple(sorted(offices, key=lambda one: one.place)),
        reasons=tuple(sorted(reasons)),
        total=total,
    )


def _within(by: Actor, area: int) -> dict[str, Any]:
    lo, hi = places.scope(area)
    return {
        "area": area,
        "serials": SERIALS,
        "width": WIDTHS[places.level_of(area)],
        "lo": max(lo, by.scope.lo),
        "hi": min(hi, by.scope.hi),
    }


def _names(cursor: Any, rows: list[Any]) -> dict[int, str]:
    cursor.execute(NAMES, [[row[0] for row in rows]])
    return dict(cursor.fetchall())


def _is_area(office: int, area: int) -> bool:
    return office != area and places.serial_of(office) == 0
