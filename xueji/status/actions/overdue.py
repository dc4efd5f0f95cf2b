"""What follows when a suspension has ended and nobody came back: it is told, and where the province says so a withdrawal begins.

Silence decides nothing. The school is told once; in senior secondary, in a province that takes it as a withdrawal, the
case is opened for the school after the months of the pack, returned to its registrar, who completes it with a
statement or withdraws it. Repeating it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connections

from xueji.access.scope import national
from xueji.status.actions import cases
from xueji.status.queries.absent import OverdueSuspension, every_overdue
from xueji.status.rules import withdrawal
from xueji.status.rules.reminders import Notice

TELL = """
INSERT INTO status_notice (place, case_id, ordinal, kind, student_id, case_kind, name, due_on, created_on)
SELECT %(place)s, f.case_id, 0, %(kind)s, %(student)s, 'suspension', %(name)s, %(until)s, %(today)s
FROM status_effect f
WHERE f.student_id = %(student)s AND f."table" = 'status_mark' AND f.before IS NULL AND f.key->>'id' = %(mark)s
ON CONFLICT DO NOTHING
"""

# One that was opened for this suspension and that the school withdrew is not opened again.
WAS_OPENED = """
SELECT EXISTS (SELECT 1 FROM status_case WHERE student_id = %s AND kind = 'withdrawal' AND filed_by = %s
    AND filed_on > %s)
"""


@dataclass(frozen=True)
class FollowedUp:
    """How many overdue suspensions there are, how many schools were told anew, how many withdrawals were opened."""

    overdue: int
    told: int
    opened: int


def follow_up(*, today: date) -> FollowedUp:
    """Tell schools of suspensions that ran out, and open the withdrawals that follow by the province's rules."""
    with national("status.clocks") as using:
        found = list(every_overdue(today=today, using=using))
        with connections[using].cursor() as cursor:
            told = 0
            for one in found:
                cursor.execute(
                    TELL,
                    {
                        "place": one.pupil.place,
                        "kind": Notice.SUSPENSION_OVER.value,
                        "student": one.pupil.student_id,
                        "name": one.pupil.name,
                        "until": one.until,
                        "today": today,
                        "mark": str(one.mark_id),
                    },
                )
                told += cursor.rowcount
            due = [one for one in found if one.is_due(today) and not _was_opened(one, using)]
    # One pupil after the other: a school that acts at the same moment waits for one case alone.
    opened = sum(_open(one, today=today) for one in due)
    return FollowedUp(overdue=len(found), told=told, opened=opened)


def _was_opened(one: OverdueSuspension, using: str) -> bool:
    with connections[using].cursor() as cursor:
        cursor.execute(WAS_OPENED, [one.pupil.student_id, cases.NOBODY, one.until])
        (was_opened,) = cursor.fetchone()
    return bool(was_opened)


def _open(one: OverdueSuspension, *, today: date) -> bool:
    case = cases.open_for_school(
        withdrawal.KIND.code,
        one.pupil.student_id,
        {"reason": withdrawal.OVERDUE},
        reason=f"休学已于 {one.until.isoformat()} 期满，逾期未复学；请核实后补正提交，或撤回并办理复学。",
        today=today,
    )
    return case is not None
