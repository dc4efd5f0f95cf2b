"""Accounts: created one level below, appointed, invited by a one-time link; answers remembered per key."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connections, transaction

from xueji.access.actions_passwords import replace_password
from xueji.access.models import (
    Account,
    ApiToken,
    Appointment,
    IdempotencyKey,
    OneTimeLink,
    TrainingCertificate,
)
from xueji.access.queries import colleagues_of, level_of, scope_of
from xueji.access.rules.permissions import ROLES_AT, SEPARATED, Role, may_appoint
from xueji.access.scope import NOWHERE, Actor, NotAllowed, Scope, acting
from xueji.audit.actions import record
from xueji.lib.errors import Refused

LINK_LIVES = timedelta(days=7)
MOST_STAND_IN = timedelta(days=184)  # a term and its holidays
# A kept answer can name a pupil, so it is kept no longer than a client may still repeat its request.
ANSWERS_LIVE = timedelta(days=7)
MINISTRY = 0  # the place of the ministry, above all divisions


class UsernameTaken(Refused):
    code = "username-taken"


class CannotAppoint(Refused):
    code = "cannot-appoint"


class CannotCertify(Refused):
    code = "cannot-certify"


class CannotStandIn(Refused):
    code = "cannot-stand-in"


class LinkUnusable(Refused):
    code = "link-unusable"


class KeyReused(Refused):
    code = "idempotency-key-reused"


class AlreadyPeopled(Refused):
    code = "already-peopled"


def open_account(
    *,
    username: str,
    name: str,
    place: int,
    role: Role,
    by: Actor,
    above: int,
    today: date,
    since: date | None = None,
    until: date | None = None,
) -> tuple[Account, Appointment]:
    """Create an account with its first appointment. It signs in after setting a password by its link.

    `above` is the office directly above `place`: administration is delegated one level at a time.
    The appointment runs from `since` (today) up to, not including, `until` (open).
    Raises CannotAppoint outside the administrator's level, UsernameTaken.
    """
    require_directly_above(place, by=by, above=above)
    level, since = level_of(place), since or today
    if since < today or (until is not None and until <= since):
        raise CannotAppoint(
            "任职从今天或以后开始，并在开始之后结束。",
            "An appointment begins today or later and ends after it began.",
        )
    if role not in ROLES_AT[level] or not may_appoint(by.level, level):
        raise CannotAppoint(
            "只能为本单位或下一级单位开设该级已有的岗位账号。",
            "Accounts are created for your own office or the level below, in a role that exists there.",
        )
    with transaction.atomic():
        if Account.objects.filter(username=username).exists():
            raise UsernameTaken(
                f"用户名 {username} 已被使用，请换一个。",
                f"The user name {username} is taken; choose another.",
            )
        duty = role if role in SEPARATED else ""
        account = Account(username=username, name=name, place=place, duty=duty)
        account.set_unusable_password()
        account.save()
        appointment = Appointment.objects.create(
            account=account, place=place, role=role, since=since, until=until
        )
        record(
            "account.open",
            by=by.account_id,
            office=by.place,
            subject_kind="account",
            subject_id=account.pk,
            place=place,
            after={"username": username, "role": role},
        )
    return account, appointment


def open_first_account(*, username: str, name: str, today: date, using: str) -> Account:
    """Create the ministry's administrator in a registry that has no account yet; all others come from there.

    A repetition before the link was used returns the same account. Raises AlreadyPeopled afterwards.
    """
    with transaction.atomic(using=using):
        accounts = Account.objects.using(using)
        never_used = accounts.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        first = never_used.filter(username=username, place=MINISTRY).first()
        if first is not None and accounts.count() == 1:
            return first
        if accounts.exists():
            raise AlreadyPeopled(
                "本系统已有账号，不能再创建首个管理员；请由现有的部级账号管理员开设账号。",
                "This registry has accounts already; its administrator at the ministry opens further ones.",
            )
        first = Account(username=username, name=name, place=MINISTRY, duty=Role.ADMINISTRATOR)
        first.set_unusable_password()
        first.save(using=using)
        Appointment.objects.using(using).create(
            account=first, place=MINISTRY, role=Role.ADMINISTRATOR, since=today
        )
        record(
            "account.open",
            by=None,
            office=MINISTRY,
            subject_kind="account",
            subject_id=first.pk,
            place=MINISTRY,
            after={"username": username, "role": Role.ADMINISTRATOR},
            using=using,
        )
    return first


def require_directly_above(place: int, *, by: Actor, above: int) -> None:
    """Raise NotAllowed unless the actor administers accounts at `place`: the own office's, or directly below it."""
    by.require("accounts.manage", place)
    if by.place not in (place, above):
        raise NotAllowed(
            "该账号由其上一级的账号管理员管理。",
            "This account is managed by the administrator of the level above it.",
        )


def record_training(
    account_id: int,
    *,
    trained_on: date,
    body: str,
    document_number: str,
    valid_until: date,
    by: Actor,
    above: int,
    today: date,
) -> TrainingCertificate:
    """Record that a registrar was trained; until its last day the account acts.

    An authority records it, never the school itself. Raises NotAllowed, CannotCertify.
    """
    account = Account.objects.get(pk=account_id)
    by.require("training.record", account.place)
    if by.place != above:
        raise NotAllowed(
            "培训证书由学校的上一级主管部门登记。",
            "Training is recorded by the authority directly above the school.",
        )
    if trained_on > today or valid_until < max(trained_on, today):
        raise CannotCertify(
            "培训日期不能晚于今天，有效期至不能早于今天。请核对证书。",
            "The training lies in the past and the certificate is valid still; look at the certificate again.",
        )
    with transaction.atomic():
        kept = TrainingCertificate.objects.create(
            account=account,
            place=account.place,
            trained_on=trained_on,
            body=body,
            document_number=document_number,
            valid_until=valid_until,
            recorded_by=by.account_id,
            recorded_on=today,
        )
        record(
            "training.record",
            by=by.account_id,
            office=by.place,
            subject_kind="account",
            subject_id=account.pk,
            place=account.place,
            after={
                "trained_on": str(trained_on),
                "body": body,
                "document": document_number,
                "until": str(valid_until),
            },
        )
    return kept


def end_appointment(appointment_id: int, *, by: Actor, above: int, today: date) -> Appointment:
    """End an appointment today; the account keeps its history and its other appointments.

    `above` is the office directly above the appointment's. Raises NotAllowed.
    """
    appointment = Appointment.objects.get(pk=appointment_id)
    require_directly_above(appointment.place, by=by, above=above)
    _end(appointment, by=by, today=today)
    return appointment


def _end(appointment: Appointment, *, by: Actor, today: date) -> None:
    """End an appointment, and with it those who stand in for it; one that has ended stays as it is."""
    if appointment.until is not None and appointment.until <= max(today, appointment.since):
        return
    with transaction.atomic():
        # One that would have begun later never does.
        appointment.until = max(today, appointment.since)
        appointment.save(update_fields=["until"])
        record(
            "appointment.end",
            by=by.account_id,
            office=by.place,
            subject_kind="account",
            subject_id=appointment.account_id,
            place=appointment.place,
            after={"role": appointment.role, "until": str(appointment.until)},
        )
        for stand_in in Appointment.objects.filter(stands_in_for=appointment, until__gt=today):
            _end(stand_in, by=by, today=today)


END_ALL = """
WITH ending AS (
    SELECT id, until FROM access_appointment
    WHERE place = %(place)s AND (until IS NULL OR until > greatest(since, %(today)s)) ORDER BY id FOR UPDATE
), ended AS (
    UPDATE access_appointment p SET until = greatest(p.since, %(today)s) FROM ending
    WHERE p.id = ending.id RETURNING p.id, p.account_id, p.role, p.until
), told AS (
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, before, after)
    SELECT lpad(to_hex(account_id), 32, '0')::uuid, 'appointment.end', 'account', %(account)s, %(office)s, %(place)s,
        NULL, jsonb_build_object('role', role, 'until', until)
    FROM ended
)
SELECT ended.id, ending.until, ended.until FROM ended JOIN ending USING (id) ORDER BY 1
"""

RESUME = """
WITH resumed AS (
    UPDATE access_appointment p SET until = w.before
    FROM unnest(%(ids)s::bigint[], %(before)s::date[], %(after)s::date[]) AS w (id, before, after)
    WHERE p.id = w.id AND p.until = w.after RETURNING p.account_id, p.role, p.place, p.until
)
INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, before, after)
SELECT lpad(to_hex(account_id), 32, '0')::uuid, 'appointment.resume', 'account', %(account)s, %(office)s, place,
    NULL, jsonb_build_object('role', role, 'until', until)
FROM resumed
"""


@dataclass(frozen=True)
class Ended:
    """An appointment that was ended with its office: until when it ran before (None: without an end), and since."""

    id: int
    before: date | None
    after: date


def end_all_at(place: int, *, by: Actor, today: date, using: str = "default") -> tuple[Ended, ...]:
    """End every appointment at an office that is closed; return them, so that they can be resumed.

    What permits it is asked by the act that closes the office.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            END_ALL, {"place": place, "today": today, "account": by.account_id, "office": by.place}
        )
        return tuple(Ended(*row) for row in cursor.fetchall())


def resume_all(ended: Sequence[Ended], *, by: Actor, using: str = "default") -> None:
    """Let appointments run again that `end_all_at` ended, as they ran before; one changed since stays as it is."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            RESUME,
            {
                "ids": [one.id for one in ended],
                "before": [one.before for one in ended],
                "after": [one.after for one in ended],
                "account": by.account_id,
                "office": by.place,
            },
        )


# Stand-ins -----------------------------------------------------------------------------------


def name_stand_in(account_id: int, *, since: date, until: date, by: Actor, today: date) -> Appointment:
    """Let a colleague of the same office stand in for the actor from `since` up to, not including, `until`.

    It ends by itself. Work done by one account stays one person's: the two-person rule goes by the
    account. Raises NotAllowed, CannotStandIn.
    """
    by.require("stand_in.name")
    own = Appointment.objects.get(pk=by.appointment_id)
    if by.is_stand_in:
        raise CannotStandIn(
            "代理人不能再指定代理，请由本人指定。",
            "Who stands in cannot name a stand-in; the colleague who is away does.",
        )
    if since < today or until <= since or until > since + MOST_STAND_IN:
        raise wrong_days()
    if account_id not in {one.account_id for one in colleagues_of(by, today=today)}:
        raise no_colleague()
    with transaction.atomic():
        # Two presses at once: the second waits here and sees the first.
        Appointment.objects.select_for_update().get(pk=own.pk)
        overlapping = Appointment.objects.filter(
            account_id=account_id, place=by.place, role=by.role, since__lt=until, until__gt=since
        )
        if overlapping.exists():
            raise CannotStandIn(
                "该同事在这段时间已是代理，请先结束原来的代理。",
                "This colleague stands in at that time already; end that first.",
            )
        made = Appointment.objects.create(
            account_id=account_id,
            place=by.place,
            role=by.role,
            since=since,
            until=until,
            stands_in_for=own,
        )
        record(
            "stand_in.name",
            by=by.account_id,
            office=by.place,
            subject_kind="account",
            subject_id=account_id,
            place=by.place,
            after={"role": by.role, "since": str(since), "until": str(until), "for": by.account_id},
        )
    return made


def wrong_days() -> CannotStandIn:
    return CannotStandIn(
        f"代理须从今天或以后开始，并在开始后 {MOST_STAND_IN.days} 天之内结束。",
        f"It begins today or later and ends within {MOST_STAND_IN.days} days.",
    )


def no_colleague() -> CannotStandIn:
    return CannotStandIn(
        "代理人须是本单位在任的同事，且没有同样的岗位；请从列表中选择。",
        "A stand-in is a colleague at the same office without this role; choose from the list.",
    )


def end_stand_in(appointment_id: int, *, by: Actor, today: date) -> Appointment:
    """End today what the actor's stand-in may do; one that has ended already is no fault. Raises CannotStandIn."""
    by.require("stand_in.name")
    found = Appointment.objects.filter(
        pk=appointment_id, stands_in_for=by.appointment_id, place=by.place
    ).first()
    if found is None:
        raise CannotStandIn(
            "没有这项代理，或不是由您指定的。",
            "There is no such stand-in, or it was not named by you.",
            code="not-found",
        )
    _end(found, by=by, today=today)
    return found


def invite(account: Account, *, now: datetime, using: str = "default") -> str:
    """Return the token of a new one-time link by which the account sets its password within seven days."""
    token = secrets.token_urlsafe(32)
    OneTimeLink.objects.using(using).create(
        token_hash=hashlib.sha256(token.encode()).digest(), account=account, expires_at=now + LINK_LIVES
    )
    return token


def link_of(token: str, *, now: datetime) -> OneTimeLink:
    """Return the unused, unexpired link of a token. Raises LinkUnusable."""
    digest = hashlib.sha256(token.encode()).digest()
    link = (
        OneTimeLink.objects.select_related("account")
        .filter(token_hash=digest, used_at__isnull=True, expires_at__gt=now)
        .first()
    )
    if link is None:
        raise LinkUnusable(
            "链接已使用或已过期，请向上一级账号管理员重新申请。",
            "The link was used or has expired; ask the administrator above you for a new one.",
        )
    return link


def set_password_by_link(token: str, password: str, *, now: datetime) -> Account:
    """Set the password of the link's account and use the link up. Raises LinkUnusable, PasswordTooWeak."""
    link = link_of(token, now=now)
    account = link.account
    with acting(scope_of(account.place)):
        # The link is used up in the statement that finds it unused: a race has one winner.
        used = OneTimeLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=now)
        if not used:
            return link_of(token, now=now).account
        replace_password(account, password, now=now)
    return account


def issue_api_token(
    appointment: Appointment,
    *,
    name: str,
    now: datetime,
    by: int | None = None,
    days: int = 90,
    using: str = "default",
) -> str:
    """Return a new API token for an appointment; only its hash is kept.

    `by` is the account that issues it, None for the operator of the registry.
    """
    token = "xueji_" + secrets.token_urlsafe(32)
    expires_at = now + timedelta(days=days)
    with transaction.atomic(using=using):
        ApiToken.objects.using(using).create(
            token_hash=hashlib.sha256(token.encode()).digest(),
            appointment=appointment,
            name=name,
            expires_at=expires_at,
        )
        record(
            "account.issue_token",
            by=by,
            office=appointment.place,
            subject_kind="account",
            subject_id=appointment.account_id,
            place=appointment.place,
            after={"name": name, "until": expires_at},
            using=using,
        )
    return token


def used_today(actor: Actor, today: date) -> None:
    """Remember that the account was used today: one write per account and day."""
    place = Account.objects.values_list("place", flat=True).get(pk=actor.account_id)
    # An account can act far from where it was opened; its row lies where it was opened.
    with acting(Scope(place, place + 1)):
        Account.objects.filter(pk=actor.account_id).update(last_used_on=today)


def once(key: str, *, by: Actor, request: bytes, act: Callable[[], tuple[int, Any]]) -> tuple[int, Any, bool]:
    """Do `act` once per key and account; a repetition gets the remembered answer.

    Returns (status, answer as JSON, whether it is a repetition). The key is taken before
    the act in the same transaction, so two requests at once are one act: the second waits
    and then reads what the first answered. Raises KeyReused if the key came with another
    request.
    """
    digest = hashlib.sha256(request).digest()
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute(
            """INSERT INTO access_idempotencykey (account_id, key, request_hash, status, answer)
               VALUES (%s, %s, %s, 0, 'null') ON CONFLICT DO NOTHING""",
            [by.account_id, key[:64], digest],
        )
        if cursor.rowcount == 0:
            kept = IdempotencyKey.objects.get(account_id=by.account_id, key=key[:64])
            if bytes(kept.request_hash) != digest:
                raise KeyReused(
                    "同一幂等键用于了不同的请求，请换一个新的键。",
                    "This idempotency key came with a different request before; use a new key.",
                )
            return kept.status, kept.answer, True
        status, answer = act()
        cursor.execute(
            "UPDATE access_idempotencykey SET status = %s, answer = %s WHERE account_id = %s AND key = %s",
            [status, json.dumps(answer, ensure_ascii=False, default=str), by.account_id, key[:64]],
        )
        return status, json.loads(json.dumps(answer, ensure_ascii=False, default=str)), False


def forget_answers(*, now: datetime) -> int:
    """Forget the answers remembered for idempotency keys that are older than a retry can be; return how many."""
    with acting(NOWHERE):
        forgotten, _ = IdempotencyKey.objects.filter(created_at__lt=now - ANSWERS_LIVE).delete()
    return forgotten
