"""Children of a roster whom a list admits to another school: held, and their dispute opened by itself.

The check tells the registrar beforehand. Here it is looked at once more, whenever a roster
moves on: a list can have been issued since. Exactly one school registers the child.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connections

from xueji.access.scope import Actor
from xueji.changes.actions import claims
from xueji.changes.actions.problems.opening import KIND, open_for
from xueji.changes.encryption import seal
from xueji.changes.models import Case, RosterBatch, RosterRow
from xueji.changes.rules.problem_records import OF_ADMISSION, CaseState
from xueji.changes.rules.roster_files import Roster
from xueji.lib import uuid7
from xueji.spreadsheets.tables import rows_of

# Whoever issues a list locks the same rows before it looks who claims its children.
LOCK = """
SELECT 1 FROM changes_admittedchild c
JOIN changes_rosterrow r ON r.scheme = c.scheme AND r.index = c.index
WHERE r.batch_id = %(batch)s AND r.state = 'accepted'
ORDER BY c.scheme, c.index FOR UPDATE OF c
"""

HOLD = """
WITH contested AS (
    SELECT r.row, CASE WHEN bool_or(k.id IS NOT NULL) THEN 'admission-disputed' ELSE 'admitted-elsewhere' END AS code
    FROM changes_rosterrow r
    JOIN changes_admission a ON a.scheme = r.scheme AND a.index = r.index AND a.place <> r.place
        AND a.state = 'awaited'
    LEFT JOIN changes_case k ON k.id = a.case_id AND k.closed_on IS NULL
    WHERE r.batch_id = %(batch)s AND r.state = 'accepted'
    GROUP BY r.row
), marked AS (
    UPDATE changes_rosterrow r SET state = 'elsewhere', reason = contested.code
    FROM contested WHERE r.batch_id = %(batch)s AND r.row = contested.row
), told AS (
    INSERT INTO changes_rosterfinding (batch_id, place, row, "column", code, severity, params)
    SELECT %(batch)s, %(place)s, row, 'document_number', code,
        CASE code WHEN 'admission-disputed' THEN 'error' ELSE 'held' END, '{}'
    FROM contested ON CONFLICT DO NOTHING
)
SELECT row, code FROM contested ORDER BY row
"""


def hold(
    batch: RosterBatch, *, reading: Callable[[RosterBatch, str], Roster], by: Actor, today: date, using: str
) -> tuple[int, int]:
    """Take the contested rows out of a batch that moves on, and open their disputes.

    Returns how many rows were taken and how many disputes opened. The rows bear their finding;
    the caller keeps the counts of the batch. `reading` gives a batch as it was typed.
    """
    known: dict[str, Any] = {"batch": batch.id, "place": batch.place}
    with connections[using].cursor() as cursor:
        cursor.execute(LOCK, known)
        if not cursor.rowcount:
            return 0, 0
        held = rows_of(cursor, HOLD, known)
        if held.is_empty():
            return 0, 0
        cursor.execute(claims.UNCLAIM, known)
    to_open = [row for row, code in held.iter_rows() if code == "admitted-elsewhere"]
    if not to_open:
        return held.height, 0
    drafts = drafts_of(batch, to_open, reading(batch, using), today=today, using=using)
    Case.everywhere.using(using).bulk_create(drafts)
    return held.height, open_for(batch, by=by, today=today, using=using)


def drafts_of(batch: RosterBatch, rows: list[int], roster: Roster, *, today: date, using: str) -> list[Case]:
    """Return a draft case for each of these rows of a batch, with the row as it was typed."""
    typed = {line["row"]: line for line in roster.frame.iter_rows(named=True)}
    drafts = []
    for row in RosterRow.everywhere.using(using).filter(batch_id=batch.id, row__in=rows).order_by("row"):
        values = {key: value for key, value in typed[row.row].items() if key != "row" and value is not None}
        case_id = uuid7.new()
        payload = {
            "values": values,
            "scheme": row.scheme,
            "index": bytes(row.index).hex(),
            "sex": row.sex,
            "birth_on": str(row.birth_on),
        }
        drafts.append(
            Case(
                id=case_id,
                place=batch.place,
                kind=KIND,
                problem=OF_ADMISSION,
                state=CaseState.DRAFT,
                desk_place=batch.place,
                batch_id=batch.id,
                row=row.row,
                name=row.name,
                payload=seal(payload, case_id),
                opened_on=today,
                received_on=today,
            )
        )
    return drafts
