"""What a family sees of its case by a code, without an account: at which desk, since when, until when. Nothing about the child.

Source: project of the Measures for open procedure; 《办法》 art. 24.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connections

from xueji.status.actions.cases import TRACKING_LENGTH, TRACKING_SCHEME, TRACKING_SIGNS
from xueji.status.rules.routes import Desk, Party
from xueji.status.rules.steps import CLOSED, State
from xueji.students.queries.search import DECEASED

# A code answers so long after the end.
DAYS_AFTER_END: Final = 90


@dataclass(frozen=True)
class Passed:
    """A desk on the way, as a family sees it. `since` None: not there yet, and the office is not named."""

    party: Party
    office: str
    since: date | None
    until: date | None
    ended_on: date | None


@dataclass(frozen=True)
class Tracked:
    """Where a case lies. `at` is the number of the desk whose turn it is."""

    state: State
    filed_on: date
    closed_on: date | None
    at: int
    desks: tuple[Passed, ...]
    starter: str
    is_provisional: bool

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED

    @property
    def desk(self) -> Passed:
        return self.desks[self.at]


FIND = f"""
SELECT c.state, c.filed_on, c.closed_on, c.at, c.route, c.starter_place, t.expires_on,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(u.ordinal, u.received_on, u.due_on, u.ended_on, u.is_provisional,
        u.paused_on)), '[]') FROM status_turn u WHERE u.student_id = c.student_id AND u.case_id = c.id),
    (SELECT coalesce(jsonb_object_agg(o.place, o.name), '{{}}') FROM organisations_organisation o
     WHERE o.place = c.starter_place OR o.place IN
        (SELECT (d->>'place')::bigint FROM jsonb_array_elements(c.route) d))
FROM status_tracking t JOIN status_case c ON c.student_id = t.student_id AND c.id = t.case_id
JOIN students_student s ON s.id = c.student_id
WHERE t.code_index = %s AND NOT EXISTS ({DECEASED})
"""


def written(code: str) -> str:
    """Return a code as it is kept: capital letters without blanks and dashes; empty for what can be none."""
    signs = "".join(one for one in code.upper() if one.isalnum())
    fits = len(signs) == TRACKING_LENGTH and all(one in TRACKING_SIGNS for one in signs)
    return signs if fits else ""


def tracked(code: str, *, today: date, using: str) -> Tracked | None:
    """Return where the case with this code lies; None for an unknown code and for one that has run out. One statement.

    Nobody who has lost a child is told anything about the child's other business (art. 21).
    """
    index = settings.XUEJI_KEY_RING.blind_index(TRACKING_SCHEME, written(code))
    with connections[using].cursor() as cursor:
        cursor.execute(FIND, [index])
        row = cursor.fetchone()
    if row is None:
        return None
    state, filed_on, closed_on, at, route, starter, expires_on, turns, names = row
    last = expires_on or (closed_on + timedelta(days=DAYS_AFTER_END) if closed_on else None)
    if last is not None and today > last:
        return None
    by_ordinal = {one[0]: one for one in _json(turns)}
    offices = {int(place): name for place, name in _json(names).items()}
    desks = []
    for ordinal, kept in enumerate(_json(route)):
        desk, turn = Desk.from_json(kept), by_ordinal.get(ordinal)
        since, until, ended = (_day(one) for one in turn[1:4]) if turn else (None, None, None)
        # The school that files holds the code, too, and must not learn by it where the pupil comes from.
        office = offices.get(desk.place, "") if turn else ""
        desks.append(Passed(desk.party, office, since, until, ended))
    running = by_ordinal.get(at)
    return Tracked(
        State(state), filed_on, closed_on, at, tuple(desks), offices.get(starter, ""),
        bool(running and running[4]),
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
