"""The last act on a case, a case one has filed already, and the numbers of an inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, national
from xueji.status.encryption import unseal
from xueji.status.rules import checks
from xueji.status.rules.kind import Kind
from xueji.status.rules.steps import State


@dataclass(frozen=True)
class LastAct:
    """The last act on a case: what, by which account, and the version and state of the case since."""

    act: str
    by: int
    version: int
    state: State


def last_act_of(case_id: UUID) -> LastAct | None:
    """Return the last act on a case; None where there is no such case."""
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT d.act, d.by, c.version, c.state FROM status_decision d
               JOIN status_case c ON c.student_id = d.student_id AND c.id = d.case_id
               WHERE d.case_id = %s ORDER BY d.at DESC, d.id DESC LIMIT 1""",
            [case_id],
        )
        row = cursor.fetchone()
    return LastAct(row[0], row[1], row[2], State(row[3])) if row else None


def own_open_case(kind: Kind, student_id: UUID, typed: Mapping[str, Any], *, by: Actor) -> UUID | None:
    """Return the open case of this kind that the actor filed for a pupil with the same statements; None for none."""
    stated, _faults = checks.read(kind, typed)
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT id, payload FROM status_case WHERE student_id = %s AND kind = %s AND starter_place = %s
               AND filed_by = %s AND closed_on IS NULL AND version = 1""",
            [student_id, kind.code, by.place, by.account_id],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return row[0] if unseal(row[1], row[0]) == stated else None


@dataclass(frozen=True)
class InboxNumbers:
    """What waits for an office."""

    waiting: int
    due_today: int
    late: int
    returned: int
    graduations: int
    class_requests: int


def inbox_numbers(by: Actor, *, today: date) -> InboxNumbers:
    """Return the numbers of the reader's own desk. One statement."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE due_on = %(today)s), count(*) FILTER (WHERE due_on < %(today)s),
                   (SELECT count(*) FROM status_case WHERE starter_place = %(own)s AND state = 'returned'),
                   (SELECT count(*) FROM status_graduation
                    WHERE desk_place = %(own)s AND state IN ('with_leader', 'with_authority')),
                   (SELECT count(*) FROM status_classrequest WHERE place = %(own)s AND state = 'with_leader')
               FROM status_turn WHERE place = %(own)s AND ended_on IS NULL AND paused_on IS NULL""",
            {"today": today, "own": by.place},
        )
        return InboxNumbers(*cursor.fetchone())
