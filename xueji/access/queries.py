"""Who somebody is: accounts and appointments read for a door."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connections

from xueji.access.rules import places
from xueji.access.rules.permissions import LEVEL_NAMES, ROLE_NAMES, Level, Role
from xueji.access.scope import Actor, Scope

APPOINTMENTS = """
SELECT p.id, p.place, p.role, a.id, a.name, a.username, p.stands_in_for_id IS NOT NULL,
    p.role <> 'registrar' OR EXISTS (SELECT FROM access_trainingcertificate c
        WHERE c.account_id = a.id AND c.trained_on <= %(today)s AND c.valid_until >= %(today)s)
FROM access_account a JOIN access_appointment p ON p.account_id = a.id
WHERE {where} AND a.is_active AND a.sealed_on IS NULL
    AND p.since <= %(today)s AND (p.until IS NULL OR p.until > %(today)s)
ORDER BY p.id
"""


STAND_IN = ("（代理）", " (stand-in)")


def level_of(place: int) -> Level:
    """Return the level of the office at a place."""
    return Level(places.level_of(place))


def scope_of(place: int) -> Scope:
    """Return the half-open range that an office at `place` answers for."""
    return Scope(*places.scope(place))


def _actor(row: tuple[Any, ...]) -> Actor:
    appointment_id, place, role, account_id, name, username, is_stand_in, is_trained = row
    return Actor(
        account_id=account_id,
        name=name,
        username=username,
        place=place,
        role=Role(role),
        level=level_of(place),
        scope=scope_of(place),
        appointment_id=appointment_id,
        is_stand_in=is_stand_in,
        is_trained=is_trained,
    )


def actors_of(account_id: int, *, today: date, using: str = "default") -> list[Actor]:
    """Return every appointment an account may act in today, oldest first."""
    with connections[using].cursor() as cursor:
        cursor.execute(APPOINTMENTS.format(where="a.id = %(key)s"), {"key": account_id, "today": today})
        return [_actor(row) for row in cursor.fetchall()]


def actor_of(
    account_id: int, appointment_id: int | None, *, today: date, using: str = "default"
) -> Actor | None:
    """Return the account as it acts in the chosen appointment, or in its first; None without any."""
    return chosen(actors_of(account_id, today=today, using=using), appointment_id)


def chosen(actors: Sequence[Actor], appointment_id: int | None) -> Actor | None:
    """Return the actor of the chosen appointment, else the first; None of none."""
    return next(
        (one for one in actors if one.appointment_id == appointment_id), actors[0] if actors else None
    )


def actor_named(username: str, *, today: date, using: str = "default") -> list[Actor]:
    """Return the appointments of the account with this user name; empty when there is none."""
    with connections[using].cursor() as cursor:
        cursor.execute(APPOINTMENTS.format(where="a.username = %(key)s"), {"key": username, "today": today})
        return [_actor(row) for row in cursor.fetchall()]


def actor_by_token(token: str, *, today: date) -> Actor | None:
    """Return the actor that an API token stands for, or None when it is unknown or expired."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            APPOINTMENTS.format(
                where="p.id = (SELECT t.appointment_id FROM access_apitoken t"
                " WHERE t.token_hash = %(key)s AND t.expires_at > now())"
            ),
            {"key": hashlib.sha256(token.encode()).digest(), "today": today},
        )
        row = cursor.fetchone()
    return _actor(row) if row else None


def role_name(actor: Actor, language: str = "zh") -> str:
    """Return level and role in words, such as 县级学籍经办, and 代理 where it is a colleague's."""
    is_chinese = language.startswith("zh")
    index = 0 if is_chinese else 1
    joined = LEVEL_NAMES[actor.level][index], ROLE_NAMES[actor.role][index]
    words = "".join(joined) if is_chinese else " ".join(joined)
    return words + STAND_IN[index] if actor.is_stand_in else words


def usernames_at(lo: int, hi: int, *, using: str = "default") -> dict[tuple[int, str], str]:
    """Return the user name of the first running appointment per (place, role) in a range of places."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT ON (p.place, p.role) p.place, p.role, a.username
               FROM access_appointment p JOIN access_account a ON a.id = p.account_id
               WHERE p.place >= %s AND p.place < %s AND p.until IS NULL AND a.is_active
               ORDER BY p.place, p.role, p.id""",
            [lo, hi],
        )
        return {(place, role): username for place, role, username in cursor.fetchall()}


@dataclass(frozen=True)
class ListedAppointment:
    """A running appointment as an administrator's list shows it."""

    id: int
    place: int
    role: str
    since: date
    username: str
    name: str
    last_used_on: date | None
    has_password: bool
    is_stand_in: bool
    is_sealed: bool
    is_trained: bool


# An office's own people, those of the authorities directly below, and of the schools it runs itself.
RUNNING = """
SELECT p.id, p.place, p.role, p.since, a.username, a.name, a.last_used_on, NOT starts_with(a.password, '!'),
    p.stands_in_for_id IS NOT NULL, a.sealed_on IS NOT NULL,
    p.role <> 'registrar' OR EXISTS (SELECT FROM access_trainingcertificate c
        WHERE c.account_id = a.id AND c.trained_on <= %(today)s AND c.valid_until >= %(today)s)
FROM access_appointment p JOIN access_account a ON a.id = p.account_id
WHERE (p.place = ANY(%(below)s) OR p.place >= %(own)s AND p.place < %(end)s)
    AND (p.until IS NULL OR p.until > %(today)s) {condition}
ORDER BY p.place {order}, p.id {order} LIMIT %(limit)s
"""


def appointments_of(
    own: int,
    below: Sequence[int],
    *,
    text: str = "",
    limit: int,
    today: date,
    after: tuple[int, int] | None = None,
    before: tuple[int, int] | None = None,
) -> tuple[ListedAppointment, ...]:
    """Return running appointments at an office, at the authorities `below` it and at its own schools.

    In order of place; those after a key (place, id), or those just before one. `text`
    narrows to user names that begin with it and names that hold it.
    """
    place, id_ = before or after or (0, 0)
    known: dict[str, Any] = {
        "own": own,
        "end": own + (1 if level_of(own) is Level.SCHOOL else places.SERIALS),
        "below": list(below),
        "today": today,
        "limit": limit,
        "text": text,
        "key": place,
        "id": id_,
    }
    conditions = []
    if text:
        conditions.append("AND (starts_with(a.username, %(text)s) OR strpos(a.name, %(text)s) > 0)")
    if before or after:
        conditions.append(f"AND (p.place, p.id) {'<' if before else '>'} (%(key)s, %(id)s)")
    statement = RUNNING.format(condition=" ".join(conditions), order="DESC" if before else "ASC")
    with connections["default"].cursor() as cursor:
        cursor.execute(statement, known)
        rows = [ListedAppointment(*row) for row in cursor.fetchall()]
    return tuple(reversed(rows)) if before else tuple(rows)


# Stand-ins -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Colleague:
    """Somebody with an appointment of their own at an office."""

    account_id: int
    name: str
    username: str
    role: str


@dataclass(frozen=True)
class StandIn:
    """Who stands in for an appointment, from a day up to, not including, another."""

    id: int
    name: str
    username: str
    since: date
    until: date


def colleagues_of(by: Actor, *, today: date) -> tuple[Colleague, ...]:
    """Return who could stand in for the actor: people of the same office, other than those with the actor's role."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT ON (a.name, a.id) a.id, a.name, a.username, p.role
               FROM access_appointment p JOIN access_account a ON a.id = p.account_id
               WHERE p.place = %(place)s AND p.since <= %(today)s AND (p.until IS NULL OR p.until > %(today)s)
                   AND p.stands_in_for_id IS NULL AND a.is_active AND a.id <> %(own)s
                   AND NOT EXISTS (SELECT 1 FROM access_appointment o WHERE o.account_id = a.id
                       AND o.place = p.place AND o.role = %(role)s AND o.until IS NULL)
               ORDER BY a.name, a.id, p.id""",
            {"place": by.place, "today": today, "own": by.account_id, "role": by.role.value},
        )
        return tuple(Colleague(*row) for row in cursor.fetchall())


def stand_ins_of(appointment_id: int, *, today: date) -> tuple[StandIn, ...]:
    """Return who stands in for an appointment now or will, in order of the day it begins."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT p.id, a.name, a.username, p.since, p.until
               FROM access_appointment p JOIN access_account a ON a.id = p.account_id
               WHERE p.stands_in_for_id = %s AND p.until > %s AND p.until > p.since ORDER BY p.since, p.id""",
            [appointment_id, today],
        )
        return tuple(StandIn(*row) for row in cursor.fetchall())


# Sealed accounts -------------------------------------------------------------------------------


@dataclass(frozen=True)
class SealedAccount:
    """A sealed account, with the request to open it again where there is one."""

    id: int
    place: int
    username: str
    name: str
    last_used_on: date | None
    sealed_on: date
    unsealing_id: int | None
    reason: str | None
    asked_by: int | None
    asked_by_name: str | None
    asked_on: date | None


SEALED = """
SELECT a.id, a.place, a.username, a.name, a.last_used_on, a.sealed_on, u.id, u.reason, u.asked_by, w.name, u.asked_on
FROM access_account a LEFT JOIN access_unsealing u ON u.account_id = a.id AND u.decided_on IS NULL
LEFT JOIN access_account w ON w.id = u.asked_by
WHERE a.sealed_on IS NOT NULL AND {where} ORDER BY a.id LIMIT %(limit)s
"""


def sealed_accounts(
    own: int, below: Sequence[int], *, limit: int, after: int = 0
) -> tuple[SealedAccount, ...]:
    """Return the sealed accounts that an office stands directly above, in order of id after one; its own, too."""
    known: dict[str, Any] = {
        "own": own,
        "end": own + places.SERIALS,
        "below": list(below),
        "after": after,
        "limit": limit,
    }
    where = "(a.place = ANY(%(below)s) OR a.place >= %(own)s AND a.place < %(end)s) AND a.id > %(after)s"
    with connections["default"].cursor() as cursor:
        cursor.execute(SEALED.format(where=where), known)
        return tuple(SealedAccount(*row) for row in cursor.fetchall())
