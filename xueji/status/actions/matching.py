"""Finding the pupil whom a family names: number and name must both match. The answer never says where the pupil is.

Source: 《中小学生学籍管理办法》 art. 15 (the receiving school starts), art. 24 (what is nobody's business stays hidden).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.core import signing
from django.utils import timezone

from xueji.access.scope import Actor
from xueji.lib.errors import Refused
from xueji.students import actions_look_ups


class NoMatch(Refused):
    code = "no-match"


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

    A miss is recorded and has its price (access.rules.misses). Raises NoMatch, the same whatever does not
    fit; TooManyMisses; NotAllowed.
    """
    by.require("status.file")
    found = actions_look_ups.match(number, name, act="status.match", by=by, today=timezone.localdate(now))
    if found is None:
        raise NoMatch(
            "没有找到号码和姓名都一致的学生。请对照户口簿或原学校的证明核对后再查；没有学籍的，按新生注册办理。",
            "No pupil has both this number and this name. Compare them with the family's papers;"
            " a child without a record is registered anew.",
        )
    return Match(found, by.account_id)
