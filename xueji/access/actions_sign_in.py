"""Signing in: attempts that are counted, devices that are known, sessions that are listed and ended."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from xueji.access.models import Account, Device, SignIn, Throttle
from xueji.access.rules import throttles
from xueji.access.scope import Scope, acting
from xueji.audit.actions import record
from xueji.lib.errors import Refused

PASSWORD, CODE = "password", "code"


class TooManyAttempts(Refused):
    code = "too-many-attempts"


COUNT = """
INSERT INTO access_throttle AS t (key, failures, last_at) VALUES (%(key)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN t.last_at < %(forgotten)s THEN 1 ELSE t.failures + 1 END, last_at = %(now)s
"""


def known_device(username: str, token: str) -> bytes | None:
    """Return the hash of a device on which the account with this name has signed in; None for any other."""
    if not token:
        return None
    digest = hashlib.sha256(token.encode()).digest()
    known = Device.objects.filter(account__username=username, token_hash=digest).exists()
    return digest if known else None


def attempt(username: str, token: str, *, what: str, now: datetime) -> bytes:
    """Count an attempt before it is judged, and return its counter: `succeeded` takes it back.

    Counted first, so that a hundred attempts at once are a hundred, not one; they wait for
    each other. Raises TooManyAttempts while the counter is shut.
    """
    key = throttles.key_of(username, known_device(username, token), what)
    kept = Throttle.objects.select_for_update().filter(key=key).first()
    if kept is not None and now < throttles.opens_at(kept.failures, kept.last_at):
        minutes = -(-int((throttles.opens_at(kept.failures, kept.last_at) - now).total_seconds()) // 60)
        raise TooManyAttempts(
            f"输入错误次数过多，请 {minutes} 分钟后再试；常用的电脑或手机不受其他设备的影响。",
            f"Too many wrong attempts: try again in {minutes} minutes."
            " Devices you have signed in on are not held up by others.",
        )
    with connections["default"].cursor() as cursor:
        cursor.execute(COUNT, {"key": key, "now": now, "forgotten": now - throttles.FORGOTTEN_AFTER})
    return key


def succeeded(key: bytes) -> None:
    """Forget the failures of a counter: who it was has been proved."""
    Throttle.objects.filter(key=key).delete()


def forget_throttles(*, now: datetime) -> int:
    """Forget counters that no longer hold anybody up; return how many."""
    forgotten, _ = Throttle.objects.filter(last_at__lt=now - throttles.FORGOTTEN_AFTER).delete()
    return forgotten


def began(
    account: Account,
    *,
    session_key: str,
    token: str,
    device_name: str,
    proof: str,
    now: datetime,
    today: date,
) -> None:
    """Note a session that begins, and the device it begins on, which is known from now on."""
    with acting(Scope(account.place, account.place + 1)):
        digest = hashlib.sha256(token.encode()).digest()
        known, is_new = Device.objects.get_or_create(
            account=account,
            token_hash=digest,
            defaults={"name": device_name, "first_seen_on": today, "last_seen_on": today},
        )
        if not is_new and known.last_seen_on != today:
            Device.objects.filter(pk=known.pk).update(last_seen_on=today)
        SignIn.objects.update_or_create(
            session_key=session_key,
            defaults={
                "account": account,
                "device_name": device_name,
                "proof": proof,
                "began_at": now,
                "seen_at": now,
            },
        )
        record(
            "account.sign_in",
            by=account.pk,
            office=account.place,
            subject_kind="account",
            subject_id=account.pk,
            place=account.place,
            after={"proof": proof, "device": device_name, "is_new_device": is_new},
        )


def seen(session_key: str, *, now: datetime) -> None:
    """Note that a session is in use."""
    SignIn.objects.filter(session_key=session_key).update(seen_at=now)


def moved(session_key: str, *, to: str) -> None:
    """Follow a session that got a new key."""
    SignIn.objects.filter(session_key=session_key).update(session_key=to)


def left(session_key: str) -> None:
    """Forget a session that has ended by itself or by its owner's sign-out."""
    SignIn.objects.filter(session_key=session_key).delete()


def end_sign_ins(account: Account, *, but: str = "", record_it: bool = True) -> int:
    """End every session of an account but one; return how many. Whoever sits there is signed out."""
    keys = list(
        SignIn.objects.filter(account=account).exclude(session_key=but).values_list("session_key", flat=True)
    )
    for key in keys:
        SessionStore(key).delete()
    SignIn.objects.filter(session_key__in=keys).delete()
    if keys and record_it:
        with acting(Scope(account.place, account.place + 1)):
            record(
                "account.sign_out_everywhere",
                by=account.pk,
                office=account.place,
                subject_kind="account",
                subject_id=account.pk,
                place=account.place,
                after={"sessions": len(keys)},
            )
    return len(keys)


def forget_sign_ins(*, now: datetime, longest: timedelta) -> int:
    """Forget sessions that are older than any may be; return how many."""
    forgotten, _ = SignIn.objects.filter(began_at__lt=now - longest).delete()
    return forgotten
