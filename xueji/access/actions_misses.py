"""Look-ups with a price: what found nothing is kept, counted and, beyond the budget of the day, refused.

Counters are in the national role, because a county's budget is that of all its schools. They
outlive the request that is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from django.db import connections

from xueji.access.models import Alarm
from xueji.access.rules import misses
from xueji.access.rules.misses import BY_WAY, Budget, Counted, Standing, Way
from xueji.access.scope import Actor, NotAllowed, national
from xueji.audit.actions import record
from xueji.lib.errors import Refused

T = TypeVar("T")
LONGEST_REASON: Final = 200
DAYS_KEPT: Final = 30


class TooManyMisses(Refused):
    code = "too-many-misses"


class CannotLift(Refused):
    code = "cannot-lift"


@dataclass(frozen=True)
class Looker:
    """Who looks something up: an account for an office."""

    account_id: int
    place: int


def looker(by: Actor) -> Looker:
    """Return an actor as one who looks something up."""
    return Looker(by.account_id, by.place)


STANDING: Final = """
SELECT
    (SELECT count(*) FROM access_miss WHERE day = %(day)s AND way = %(way)s AND account_id = %(account)s),
    (SELECT count(*) FROM access_miss WHERE day = %(day)s AND way = %(way)s AND place = %(office)s),
    (SELECT count(*) FROM access_miss WHERE day = %(day)s AND way = %(way)s
        AND place >= %(county)s AND place < %(county_end)s),
    (SELECT coalesce(sum(extra), 0) FROM access_allowance WHERE day = %(day)s AND way = %(way)s
        AND counted = 'account' AND who = %(account)s),
    (SELECT coalesce(sum(extra), 0) FROM access_allowance WHERE day = %(day)s AND way = %(way)s
        AND counted = 'office' AND who = %(office)s),
    (SELECT coalesce(sum(extra), 0) FROM access_allowance WHERE day = %(day)s AND way = %(way)s
        AND counted = 'county' AND who = %(county)s)
"""
# One look-up of an account at a time: a hundred at once are a hundred, not one.
IN_TURN: Final = """
INSERT INTO access_allowance AS a (day, way, counted, who, place, extra, reason)
VALUES (%(day)s, %(way)s, 'account', %(account)s, %(office)s, 0, '')
ON CONFLICT (day, way, counted, who) DO UPDATE SET extra = a.extra
"""
KEEP: Final = """
INSERT INTO access_miss (day, way, account_id, index, place)
SELECT %(day)s, %(way)s, %(account)s, unnest(%(indexes)s::bytea[]), %(office)s ON CONFLICT DO NOTHING
"""


def standing(way: Way, whose: Looker, *, day: date, using: str) -> tuple[Standing, ...]:
    """Return how the budgets of an account, its office and its county stand today. One query."""
    with connections[using].cursor() as cursor:
        cursor.execute(STANDING, _known(way, whose, day))
        row = cursor.fetchone()
    order = (Counted.ACCOUNT, Counted.OFFICE, Counted.COUNTY)
    of = {counted: (int(row[at]), int(row[at + 3])) for at, counted in enumerate(order)}
    return tuple(Standing(budget, *of[budget.counted]) for budget in BY_WAY[way])


def _known(way: Way, whose: Looker, day: date) -> dict[str, Any]:
    county, end = misses.county_of(whose.place)
    return {
        "day": day,
        "way": way.value,
        "account": whose.account_id,
        "office": whose.place,
        "county": county,
        "county_end": end,
    }


def priced(way: Way, *, by: Actor, today: date, look: Callable[[], tuple[T, Sequence[bytes]]]) -> T:
    """Look something up, unless a budget is used up; keep what was looked up in vain. Return what was found.

    `look` returns what it found and the indexes of what it looked for in vain. What goes over
    the budget is refused although it was looked up, so that the answer says nothing. Raises
    TooManyMisses.
    """
    whose = looker(by)
    found: T | None = None
    with national("misses") as using:
        with connections[using].cursor() as cursor:
            cursor.execute(IN_TURN, _known(way, whose, today))
        stood = standing(way, whose, day=today, using=using)
        spent = next((one for one in stood if one.is_used_up), None)
        if spent is None:
            found, missed = look()
            if missed:
                spent = charge(way, missed, whose=whose, day=today, using=using)
        if spent is not None:
            alarm_of_budget(way, spent, whose=whose, day=today, using=using)
    # Raised outside: what was counted stays counted although the request is refused.
    if spent is not None:
        raise over_budget(way, spent.budget)
    return found  # type: ignore[return-value]  # it was looked up: nothing was spent


def charge(way: Way, indexes: Sequence[bytes], *, whose: Looker, day: date, using: str) -> Standing | None:
    """Keep what was looked up in vain, with one event; return the budget that this exceeds, None of none.

    To be called in the national role.
    """
    kept = sorted(set(indexes))
    if not kept:
        return None
    with connections[using].cursor() as cursor:
        cursor.execute(KEEP, _known(way, whose, day) | {"indexes": kept})
    record(
        "look_up.miss",
        by=whose.account_id,
        office=whose.place,
        subject_kind="account",
        subject_id=whose.account_id,
        place=whose.place,
        after={"way": way.value, "misses": len(kept)},
        using=using,
    )
    stood = standing(way, whose, day=day, using=using)
    return next((one for one in stood if one.is_exceeded), None)


def spend(way: Way, key: bytes, *, by: Actor, today: date) -> None:
    """Take one of a budget for what is shown now; the same thing counts once a day. Raises TooManyMisses.

    What is shown leaves an event of its own.
    """
    whose = looker(by)
    with national("misses") as using, connections[using].cursor() as cursor:
        cursor.execute(IN_TURN, _known(way, whose, today))
        cursor.execute(
            "SELECT FROM access_miss WHERE day = %s AND way = %s AND account_id = %s AND index = %s",
            [today, way.value, by.account_id, key],
        )
        is_again = cursor.fetchone() is not None
        spent = None if is_again else require_budget(way, whose, day=today, using=using)
        if spent is None:
            cursor.execute(KEEP, _known(way, whose, today) | {"indexes": [key]})
        else:
            alarm_of_budget(way, spent, whose=whose, day=today, using=using)
    if spent is not None:
        raise over_budget(way, spent.budget)


def require_budget(way: Way, whose: Looker, *, day: date, using: str) -> Standing | None:
    """Return the budget that is used up already, None of none."""
    return next((one for one in standing(way, whose, day=day, using=using) if one.is_used_up), None)


def alarm_of_budget(way: Way, spent: Standing, *, whose: Looker, day: date, using: str) -> None:
    """Tell the security administrators once a day that a budget is used up, and by whom last."""
    subject = misses.who(spent.budget.counted, account_id=whose.account_id, place=whose.place)
    key = f"{day}|{way}|{spent.budget.counted}|{subject}".encode()
    raise_alarm(
        "misses", key, whose=whose, after={"way": way.value, "budget": spent.budget.counted}, using=using
    )


def raise_alarm(kind: str, key: bytes, *, whose: Looker, after: dict[str, Any], using: str) -> bool:
    """Write an alarm for the security administrators, once for a key, with its event; return whether it is new."""
    digest = hashlib.sha256(kind.encode() + b"|" + key).digest()[:16]
    with connections[using].cursor() as cursor:
        cursor.execute(
            """INSERT INTO access_alarm (key, kind, place, account_id, content) VALUES (%s, %s, %s, %s, %s::jsonb)
               ON CONFLICT (key) DO NOTHING RETURNING id""",
            [digest, kind, whose.place, whose.account_id, json.dumps(after, ensure_ascii=False, default=str)],
        )
        row = cursor.fetchone()
    if row is None:
        return False
    record(
        f"alarm.{kind}",
        by=whose.account_id,
        office=whose.place,
        subject_kind="alarm",
        subject_id=row[0],
        place=whose.place,
        after=after,
        using=using,
    )
    return True


def over_budget(way: Way, budget: Budget) -> TooManyMisses:
    """Return the refusal of a look-up beyond the budget: what it is, how many, and who can lift it."""
    zh, en = {
        Counted.ACCOUNT: ("本账号", "this account"),
        Counted.OFFICE: ("本单位", "this office"),
        Counted.COUNTY: ("本县（区）", "this county"),
    }[budget.counted]
    what_zh, what_en = {
        Way.NUMBER: ("按号码查找不到的次数", "look-ups by number found nothing"),
        Way.ROSTER: ("名册中与已有学籍姓名不符的号码", "numbers of rosters were on record under other names"),
        Way.UNMASK: ("查看完整信息的次数", "values were shown in full"),
    }[way]
    return TooManyMisses(
        f"今天{zh}{what_zh}已达上限（{budget.most}），明天可以继续；急需办理的，请主管部门的安全管理员放宽。",
        f"Too many {what_en} today for {en} (at most {budget.most}). Go on tomorrow, or ask the security"
        " administrator of your authority to allow more.",
    )


LIFT: Final = """
INSERT INTO access_allowance AS a (day, way, counted, who, place, extra, reason, allowed_by)
VALUES (%(day)s, %(way)s, %(counted)s, %(who)s, %(place)s, %(extra)s, %(reason)s, %(by)s)
ON CONFLICT (day, way, counted, who) DO UPDATE
    SET extra = a.extra + EXCLUDED.extra, reason = EXCLUDED.reason, allowed_by = EXCLUDED.allowed_by
"""


def lift(
    way: Way, counted: Counted, subject: int, *, place: int, reason: str, by: Actor, today: date
) -> None:
    """Allow an account, office or county its budget once more today. `place` is where it is counted.

    Nobody lifts what is counted at the own office: the level above does. Raises NotAllowed, CannotLift.
    """
    by.require("misses.lift", place)
    if place == by.place:
        raise NotAllowed(
            "本单位的限额由上一级主管部门的安全管理员放宽。",
            "What is counted at your own office is lifted by the security administrator of the level above.",
        )
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if len(reason) < 2:
        raise CannotLift(
            "请填写放宽的理由，例如“新生集中注册”。", "Give the reason, such as “many new pupils at once”."
        )
    budget = next(one for one in BY_WAY[way] if one.counted is counted)
    with national("misses") as using:
        with connections[using].cursor() as cursor:
            cursor.execute(
                LIFT,
                {
                    "day": today,
                    "way": way.value,
                    "counted": counted.value,
                    "who": subject,
                    "place": place,
                    "extra": budget.most,
                    "reason": reason,
                    "by": by.account_id,
                },
            )
        record(
            "look_up.lift",
            by=by.account_id,
            office=by.place,
            subject_kind="account" if counted is Counted.ACCOUNT else "office",
            subject_id=subject,
            place=place,
            after={"way": way.value, "counted": counted.value, "extra": budget.most, "reason": reason},
            using=using,
        )


def settle_alarm(alarm_id: int, *, note: str, by: Actor, now: datetime) -> None:
    """Note what a security administrator found out about an alarm. Repeating it changes nothing. Raises NotAllowed."""
    by.require("alarms.settle")
    note = " ".join(note.split())[:LONGEST_REASON]
    if len(note) < 2:
        raise CannotLift("请填写处理情况。", "Say what was found out and done.")
    alarm = Alarm.objects.select_for_update().filter(pk=alarm_id).first()
    if alarm is None or alarm.settled_at is not None:
        return
    alarm.settled_by, alarm.settled_at, alarm.note = by.account_id, now, note
    alarm.save(update_fields=["settled_by", "settled_at", "note"])
    record(
        "alarm.settle",
        by=by.account_id,
        office=by.place,
        subject_kind="alarm",
        subject_id=alarm.pk,
        place=alarm.place,
        after={"note": note},
    )


def forget(*, today: date, using: str) -> int:
    """Forget misses and allowances of more than a month ago; return how many misses. The events stay."""
    with connections[using].cursor() as cursor:
        cursor.execute("DELETE FROM access_allowance WHERE day < %s::date - %s", [today, DAYS_KEPT])
        cursor.execute("DELETE FROM access_miss WHERE day < %s::date - %s", [today, DAYS_KEPT])
        return int(cursor.rowcount)
