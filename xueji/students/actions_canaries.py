"""Canary numbers: never issued, kept by a security administrator; whoever looks one up sets off an alarm at once."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Final

from django.conf import settings
from django.db import connections

from xueji.access.actions_misses import Looker, raise_alarm
from xueji.access.rules.misses import Way
from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.lib import id_numbers
from xueji.lib.errors import Refused
from xueji.organisations.queries import known_division_codes
from xueji.students.encryption import associated
from xueji.students.models import Canary
from xueji.students.rules.schemes import NUMBER_SCHEME

RESIDENT: Final = "R"
MOST_AT_ONCE: Final = 50
MANY: Final = 200
# The age of those whose numbers are walked, in days.
YOUNGEST, OLDEST = 6 * 365, 18 * 365


class CanaryUnfit(Refused):
    code = "canary-unfit"


def create(number: str, *, note: str, by: Actor, today: date) -> Canary:
    """Keep a number as canary. Raises NotAllowed, CanaryUnfit for one that is no resident number or somebody's."""
    by.require("canaries.manage")
    number = id_numbers.normalised(number)
    is_resident = id_numbers.kind(number) is id_numbers.Kind.RESIDENT
    if not is_resident or id_numbers.problems(number, divisions=known_division_codes()):
        raise CanaryUnfit(
            "这不是校验正确的居民身份证号，不能作为诱饵号码。",
            "This is no resident number with a fitting check digit, so it cannot be a canary.",
        )
    ring = settings.XUEJI_KEY_RING
    index = ring.blind_index(RESIDENT, number)
    number_index = ring.blind_index(NUMBER_SCHEME, f"G{number}")
    with national("canaries") as using, connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT FROM students_identifier WHERE scheme = %s AND index = %s)
                   OR EXISTS (SELECT FROM students_canary WHERE index = %s)""",
            [RESIDENT, index, index],
        )
        if cursor.fetchone()[0]:
            raise CanaryUnfit(
                "这个号码已有人使用，或已是诱饵号码；请换一个从未签发的号码。",
                "This number is somebody's, or a canary already; take one that was never issued.",
            )
        canary = Canary.everywhere.using(using).create(
            place=by.place,
            value=ring.encrypt(number, associated("canary", index)),
            index=index,
            number_index=number_index,
            note=" ".join(note.split())[:200],
            created_by=by.account_id,
            created_on=today,
        )
        record(
            "canary.create",
            by=by.account_id,
            office=by.place,
            subject_kind="canary",
            subject_id=canary.pk,
            place=by.place,
            using=using,
        )
    return canary


def draw(count: int, *, note: str, by: Actor, today: date) -> list[Canary]:
    """Keep so many drawn numbers as canaries: divisions of the own area, ages at school, order codes from 900.

    Raises NotAllowed, CanaryUnfit for more than MOST_AT_ONCE.
    """
    by.require("canaries.manage")
    if not 0 < count <= MOST_AT_ONCE:
        raise CanaryUnfit(
            f"一次可以生成 1 至 {MOST_AT_ONCE} 个。", f"Between 1 and {MOST_AT_ONCE} can be drawn at once."
        )
    inside = sorted(
        code
        for code in known_division_codes()
        if int(code) * 1_000_000 in by.scope and not code.endswith("00")
    )
    kept: list[Canary] = []
    while len(kept) < count:
        born = today - timedelta(days=YOUNGEST + secrets.randbelow(OLDEST - YOUNGEST))
        first = f"{secrets.choice(inside)}{born:%Y%m%d}{900 + secrets.randbelow(100):03d}"
        try:
            kept.append(create(first + id_numbers.check_digit(first), note=note, by=by, today=today))
        except CanaryUnfit:
            continue  # somebody's, or drawn already: another one
    return kept


def retire(canary_id: int, *, by: Actor, today: date) -> None:
    """Let a canary sing no more. Repeating it changes nothing. Raises NotAllowed."""
    by.require("canaries.manage")
    with national("canaries") as using:
        canary = Canary.everywhere.using(using).filter(pk=canary_id, place=by.place).first()
        if canary is None or canary.retired_on is not None:
            return
        canary.retired_on = today
        canary.save(using=using, update_fields=["retired_on"])
        record(
            "canary.retire",
            by=by.account_id,
            office=by.place,
            subject_kind="canary",
            subject_id=canary.pk,
            place=by.place,
            using=using,
        )


def shown(canary: Canary) -> str:
    """Return the number of a canary, for whoever keeps it and puts it where only a thief looks."""
    text: str = settings.XUEJI_KEY_RING.decrypt(canary.value, associated("canary", bytes(canary.index)))
    return text


FEW_TOUCHED: Final = """
SELECT id FROM students_canary WHERE retired_on IS NULL AND (index = ANY(%(indexes)s) OR number_index = ANY(%(indexes)s))
"""


def listen(indexes: Collection[bytes], *, way: Way, whose: Looker, day: date) -> None:
    """Set off an alarm for every canary among what is looked up, at once and for good: in a transaction of its own.

    The same account sets off one alarm a day for a canary. Asked for every look-up alike, found or not.
    """
    if not indexes:
        return
    with national("misses") as using:
        for canary in _touched(indexes, using):
            raise_alarm(
                "canary",
                f"{canary}|{whose.account_id}|{day}".encode(),
                whose=whose,
                after={"canary": canary, "way": way.value},
                using=using,
            )


def _touched(indexes: Collection[bytes], using: str) -> Iterable[int]:
    with connections[using].cursor() as cursor:
        if len(indexes) <= MANY:
            cursor.execute(FEW_TOUCHED, {"indexes": list(indexes)})
            return [id_ for (id_,) in cursor.fetchall()]
        # There are fewer canaries than rows in a large roster: they are brought here instead.
        cursor.execute("SELECT id, index, number_index FROM students_canary WHERE retired_on IS NULL")
        asked = set(indexes)
        return [id_ for id_, one, other in cursor.fetchall() if bytes(one) in asked or bytes(other) in asked]
