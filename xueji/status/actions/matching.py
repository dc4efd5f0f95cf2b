"""Finding the pupil whom a family names: number and name must both match. The answer never says where the pupil is.

Source: 《中小学生学籍管理办法》 art. 15 (the receiving school starts), art. 24 (what is nobody's business stays hidden).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.core import signing
from django.db import connections

from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.lib.errors import Refused
from xueji.lib.id_numbers import normalised
from xueji.lib.names import written
from xueji.status.actions import attempts
from xueji.status.rules.limits import MISSES_OF_ACCOUNT, MISSES_OF_SCHOOL
from xueji.students.queries.search import DECEASED, indexes_of

FIND = """
SELECT s.id FROM unnest(%s::text[], %s::bytea[]) AS w (scheme, index)
JOIN students_identifier i ON i.scheme = w.scheme AND i.index = w.index
JOIN students_student s ON s.id = i.student_id
WHERE s.name = %s AND NOT EXISTS ({deceased})
LIMIT 1
"""


class NoMatch(Refused):
    code = "no-match"


class TooManyMisses(Refused):
    code = "too-many-misses"


class TicketUnfit(Refused):
    code = "ticket-unfit"


@dataclass(frozen=True)
class Match:
    """A pupil whom an account has named by number and name together: what lets it begin to file for another's pupil."""

    student_id: UUID
    account_id: int


TICKET_LASTS: Final = timedelta(days=1)
SALT: Final = "status.match"


def ticket_of(found: Match) -> str:
    """Return a match as a text that only the system can write, for who files over HTTP."""
    return signing.dumps([str(found.student_id), found.account_id], salt=SALT)


def match_of(ticket: str, *, by: Actor) -> Match:
    """Return the match that a ticket stands for. Raises TicketUnfit for one that is old, another account's, or none."""
    try:
        student_id, account_id = signing.loads(ticket, salt=SALT, max_age=TICKET_LASTS)
    except signing.BadSignature:
        account_id = None
    if account_id != by.account_id:
        raise TicketUnfit(
            "查找结果已过期，或不是本账号查找的，请重新按号码和姓名查找。",
            "This search is too old, or another account's; search again by number and name.",
        )
    return Match(UUID(student_id), account_id)


def match(*, number: str, name: str, by: Actor, now: datetime) -> Match:
    """Return the pupil whom a student or document number and the name both tell.

    A miss is recorded and counted, for the account and for its school. Raises NoMatch, the same
    whatever does not fit; TooManyMisses; NotAllowed.
    """
    by.require("status.file")
    counted = ((MISSES_OF_ACCOUNT, str(by.account_id)), (MISSES_OF_SCHOOL, str(by.place)))
    with national("status.match") as using:
        is_over = any(attempts.is_over(limit, who, now=now, using=using) for limit, who in counted)
        found = None if is_over else _find(number, name, using)
        if found is None and not is_over:
            for limit, who in counted:
                attempts.count(limit, who, now=now, using=using)
            record(
                "status.match.miss",
                by=by.account_id,
                office=by.place,
                subject_kind="account",
                subject_id=by.account_id,
                place=by.place,
                using=using,
            )
    # Raised outside: a miss stays counted although the request is refused.
    if is_over:
        raise TooManyMisses(
            "今天查找不到的次数已达上限，明天可以继续；急需办理的，请主管部门协助核对号码和姓名。",
            "Too many searches found nothing today; go on tomorrow, or ask your authority to check number and name.",
        )
    if found is None:
        raise NoMatch(
            "没有找到号码和姓名都一致的学生。请对照户口簿或原学校的证明核对后再查；没有学籍的，按新生注册办理。",
            "No pupil has both this number and this name. Compare them with the family's papers;"
            " a child without a record is registered anew.",
        )
    return Match(found, by.account_id)


def _find(number: str, name: str, using: str) -> UUID | None:
    typed = normalised(number)
    if not typed or not name.strip():
        return None
    pairs = indexes_of(typed)
    with connections[using].cursor() as cursor:
        cursor.execute(
            FIND.format(deceased=DECEASED),
            [[one[0] for one in pairs], [one[1] for one in pairs], written(name)],
        )
        row = cursor.fetchone()
    return row[0] if row else None
