"""How offices keep their days (逾期情况): what lies on each desk, what is late, how long decisions took this term.

An authority sees its own desk, the schools it runs itself and one line for each authority below; a
school sees its own line. Read in the reader's own scope; what is discreet is in none of the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.rules import places
from xueji.access.rules.places import SERIALS
from xueji.access.scope import Actor
from xueji.changes.queries.pages import Page, page_of
from xueji.changes.rules.admissions import ListState
from xueji.lib.school_years import school_year
from xueji.status.rules.business import ADMISSION, GRADUATION, PROMOTION, Named, business
from xueji.status.rules.graduation import WAITING as WAITING_GRADUATIONS
from xueji.status.rules.graduation import State
from xueji.status.rules.routes import Party

SIZE: Final = 50
# The second term begins in February; a registry whose terms are entered goes by them.
SECOND_TERM_MONTH: Final = 2
STATES: Final = ("open", "due", "late", "paused")

# How many places one line stands for, by the level of the area looked at.
WIDTHS: Final = {
    "ministry": 10_000 * SERIALS,
    "province": 100 * SERIALS,
    "prefecture": SERIALS,
    "county": 1,
    "school": 1,
}


@dataclass(frozen=True)
class Tally:
    """Turns of an office or an area. Days are working days of turns that ended this term; None where none did."""

    open: int
    due: int
    late: int
    paused: int
    ended: int
    ended_late: int
    median: float | None
    longest: int | None


@dataclass(frozen=True)
class OfficeTally:
    """One line: an office, or an authority together with all below it (`is_area`)."""

    place: int
    name: str
    is_area: bool
    tally: Tally


@dataclass(frozen=True)
class KindTally:
    """The same by kind of change or request."""

    kind: Named
    tally: Tally


@dataclass(frozen=True)
class Overdue:
    """The table of an area, those with the most late turns first, and the same turns by kind."""

    area: int
    term_began_on: date
    offices: tuple[OfficeTally, ...]
    kinds: tuple[KindTally, ...]
    total: Tally


TERM = """
SELECT max(starts_on) FROM organisations_term WHERE starts_on <= %s
"""

TALLY = """
    count(*) FILTER (WHERE ended_on IS NULL),
    count(*) FILTER (WHERE ended_on IS NULL AND paused_on IS NULL AND due_on = %(today)s),
    count(*) FILTER (WHERE ended_on IS NULL AND paused_on IS NULL AND due_on < %(today)s),
    count(*) FILTER (WHERE ended_on IS NULL AND paused_on IS NOT NULL),
    count(ended_on),
    count(*) FILTER (WHERE ended_on > due_on),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY days_used) FILTER (WHERE ended_on IS NOT NULL),
    max(days_used) FILTER (WHERE ended_on IS NOT NULL)
"""

IN_WAITING = ", ".join(f"'{state}'" for state in sorted(WAITING_GRADUATIONS))

# A promotion lies on the desk of each authority until that has settled the last of its schools.
PROMOTIONS = """
    SELECT s.campaign_id, s.authority, bool_or(s.state = 'open') AS is_open, max(s.signed_on) AS signed_on,
        max(s.days_used) AS days_used, c.school_year, c.planned_on
    FROM status_campaignschool s JOIN status_campaign c ON c.id = s.campaign_id AND c.state <> 'undone'
    WHERE s.authority >= %(lo)s AND s.authority < %(hi)s GROUP BY s.campaign_id, s.authority, c.school_year, c.planned_on
"""

# Own desk and schools of the area's own division stand alone; what is below stands under its authority.
TABLE = f"""
WITH waiting AS (
    SELECT place, kind, ended_on, paused_on, due_on, days_used
    FROM status_turn
    WHERE place >= %(lo)s AND place < %(hi)s AND (%(kind)s = '' OR kind = %(kind)s)
        AND (ended_on IS NULL OR ended_on >= %(began)s)
    UNION ALL
    SELECT desk_place, '{GRADUATION.code}', NULL, NULL, due_on, NULL
    FROM status_graduation
    WHERE desk_place >= %(lo)s AND desk_place < %(hi)s AND %(kind)s IN ('', '{GRADUATION.code}')
        AND state IN ({IN_WAITING})
    UNION ALL
    SELECT t.place, '{GRADUATION.code}', t.ended_on, NULL, t.due_on, t.days_used
    FROM status_graduation g,
        jsonb_to_recordset(g.turns) AS t (place bigint, due_on date, ended_on date, days_used int)
    WHERE g.place >= %(lo)s AND g.place < %(hi)s AND %(kind)s IN ('', '{GRADUATION.code}')
        AND g.received_on >= %(began)s AND t.ended_on >= %(began)s AND t.place >= %(lo)s AND t.place < %(hi)s
    UNION ALL
    SELECT authority, '{PROMOTION.code}', CASE WHEN NOT is_open THEN signed_on END, NULL, NULL,
        CASE WHEN NOT is_open THEN days_used END
    FROM ({PROMOTIONS}) p WHERE %(kind)s IN ('', '{PROMOTION.code}') AND (is_open OR signed_on >= %(began)s)
    UNION ALL
    SELECT place, '{ADMISSION.code}', issued_on, NULL, NULL, days_used
    FROM changes_admissionlist
    WHERE place >= %(lo)s AND place < %(hi)s AND %(kind)s IN ('', '{ADMISSION.code}')
        AND (state = '{ListState.CHECKED}' OR issued_on >= %(began)s AND state = '{ListState.ISSUED}')
), turns AS (
    SELECT CASE WHEN place - place %% %(serials)s = %(area)s THEN place ELSE place - place %% %(width)s END AS office,
        kind, ended_on, paused_on, due_on, days_used
    FROM waiting
)
SELECT GROUPING(office), GROUPING(kind), office, kind, {TALLY}
FROM turns GROUP BY GROUPING SETS ((office), (kind), ())
"""

NAMES = "SELECT place, name FROM organisations_organisation WHERE place = ANY(%s)"


def term_began_on(today: date) -> date:
    """Return the day on which the present term began, as entered; without an entry 1 September or 1 February."""
    with connections["default"].cursor() as cursor:
        cursor.execute(TERM, [today])
        (entered,) = cursor.fetchone()
    by_rule = (
        date(today.year, SECOND_TERM_MONTH, 1)
        if SECOND_TERM_MONTH <= today.month < 9
        else date(school_year(today), 9, 1)
    )
    # A year nobody entered goes by the rule, and not by the last one that somebody did.
    return max(entered, by_rule) if entered else by_rule


def area_of(by: Actor, wanted: int | None) -> int | None:
    """Return the area to look at: the reader's own, or an authority below it; None for one that is not theirs."""
    if wanted is None or wanted == by.place:
        return by.place
    return wanted if wanted in by.scope and places.serial_of(wanted) == 0 else None


def table(by: Actor, *, area: int, today: date, kind: str = "") -> Overdue:
    """Return the table of an area inside the reader's. Three statements."""
    lo, hi = places.scope(area)
    began = term_began_on(today)
    known: dict[str, Any] = {
        "area": area,
        "serials": SERIALS,
        "width": WIDTHS[places.level_of(area)],
        "lo": max(lo, by.scope.lo),
        "hi": min(hi, by.scope.hi),
        "kind": kind,
        "began": began,
        "today": today,
    }
    with connections["default"].cursor() as cursor:
        cursor.execute(TABLE, known)
        rows = cursor.fetchall()
        cursor.execute(NAMES, [[row[2] for row in rows if row[2] is not None]])
        names = dict(cursor.fetchall())
    offices, kinds = [], []
    total = Tally(0, 0, 0, 0, 0, 0, None, None)
    for no_office, no_kind, office, code, *numbers in rows:
        tally = Tally(*numbers)
        if not no_office:
            is_area = office != area and places.serial_of(office) == 0
            offices.append(OfficeTally(office, names.get(office, ""), is_area, tally))
        elif not no_kind:
            kinds.append(KindTally(business(code), tally))
        else:
            total = tally
    return Overdue(
        area=area,
        term_began_on=began,
        offices=tuple(sorted(offices, key=lambda one: (-one.tally.late, -one.tally.open, one.place))),
        kinds=tuple(sorted(kinds, key=lambda one: (-one.tally.late, -one.tally.open, one.kind.code))),
        total=total,
    )


# From a number to its list -------------------------------------------------------------------

Key = tuple[date, UUID]


@dataclass(frozen=True)
class TurnAtDesk:
    """An open turn in a list: on whose desk, since when, until when; what is for many pupils may have no day.

    A request has a grade, a school year or a list's name as its name. `row` tells two desks of one promotion apart.
    """

    row: UUID
    case_id: UUID
    kind: Named
    name: str
    party: Party
    office: str
    received_on: date
    due_on: date | None
    is_paused: bool

    @property
    def key(self) -> Key:
        return self.due_on or date.max, self.row


CONDITIONS: Final = {
    "open": "true",
    "due": "t.paused_on IS NULL AND t.due_on = %(today)s",
    "late": "t.paused_on IS NULL AND t.due_on < %(today)s",
    "paused": "t.paused_on IS NOT NULL",
}

LISTED = f"""
SELECT t.row, t.case_id, t.kind, t.name, t.party, coalesce(o.name, ''), t.received_on, t.due_on, t.paused_on IS NOT NULL
FROM (
    SELECT case_id AS row, case_id, kind, name, party, place, received_on, due_on, paused_on FROM status_turn
    WHERE ended_on IS NULL AND place >= %(lo)s AND place < %(hi)s AND (%(kind)s = '' OR kind = %(kind)s)
    UNION ALL
    SELECT id, id, '{GRADUATION.code}', number::text,
        CASE state WHEN '{State.WITH_LEADER}' THEN '{Party.SCHOOL}' ELSE '{Party.AUTHORITY}' END,
        desk_place, received_on, due_on, NULL
    FROM status_graduation
    WHERE desk_place >= %(lo)s AND desk_place < %(hi)s AND %(kind)s IN ('', '{GRADUATION.code}')
        AND state IN ({IN_WAITING})
    UNION ALL
    SELECT md5(campaign_id::text || authority)::uuid, campaign_id, '{PROMOTION.code}', school_year::text,
        '{Party.AUTHORITY}', authority, planned_on, NULL, NULL
    FROM ({PROMOTIONS}) p WHERE is_open AND %(kind)s IN ('', '{PROMOTION.code}')
    UNION ALL
    SELECT id, id, '{ADMISSION.code}', name, '{Party.AUTHORITY}', place,
        (uploaded_at AT TIME ZONE %(zone)s)::date, NULL, NULL
    FROM changes_admissionlist
    WHERE place >= %(lo)s AND place < %(hi)s AND %(kind)s IN ('', '{ADMISSION.code}')
        AND state = '{ListState.CHECKED}'
) t LEFT JOIN organisations_organisation o ON o.place = t.place
WHERE {{condition}} {{window}}
ORDER BY coalesce(t.due_on, '{date.max}') {{order}}, t.row {{order}} LIMIT %(limit)s
"""


def turns(
    by: Actor,
    *,
    place: int,
    state: str,
    today: date,
    alone: bool = False,
    kind: str = "",
    after: Key | None = None,
    before: Key | None = None,
    size: int = SIZE,
) -> Page[TurnAtDesk, Key]:
    """Return a page of the open turns of an office, with all below it unless `alone`, the most urgent first. One statement."""
    lo, hi = (place, place + 1) if alone else places.scope(place)
    is_back = before is not None and after is None
    key = after or before
    known: dict[str, Any] = {
        "lo": max(lo, by.scope.lo),
        "hi": min(hi, by.scope.hi),
        "today": today,
        "kind": kind,
        "limit": size + 1,
        "zone": settings.TIME_ZONE,
    }
    window = ""
    if key is not None:
        window = f"AND (coalesce(t.due_on, '{date.max}'), t.row) {'<' if is_back else '>'} (%(on)s, %(case)s)"
        known["on"], known["case"] = key
    statement = LISTED.format(condition=CONDITIONS[state], window=window, order="DESC" if is_back else "ASC")
    with connections["default"].cursor() as cursor:
        cursor.execute(statement, known)
        found = [_turn(row) for row in cursor.fetchall()]
    return page_of(found, size=size, key=lambda one: one.key, is_after=after is not None, is_before=is_back)


def _turn(row: tuple[Any, ...]) -> TurnAtDesk:
    row_id, case_id, kind, name, party, office, received_on, due_on, is_paused = row
    return TurnAtDesk(
        row_id, case_id, business(kind), name, Party(party), office, received_on, due_on, is_paused
    )
