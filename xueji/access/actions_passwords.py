"""Passwords: checked against the rules and the person's own past, replaced, and asked for again by age."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from functools import lru_cache

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import CommonPasswordValidator, UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.utils import timezone

from xueji.access.actions_sign_in import end_sign_ins
from xueji.access.models import Account, OldPassword
from xueji.access.rules import passwords
from xueji.access.scope import Scope, acting
from xueji.audit.actions import record
from xueji.lib.errors import Refused


class PasswordTooWeak(Refused):
    code = "password-too-weak"


class PasswordWrong(Refused):
    code = "password-wrong"


def has_second_factor(account_id: int) -> bool:
    """Return whether an account proves itself by more than a password: a passkey or one-time codes."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return Authenticator.objects.filter(user_id=account_id, type__in=kinds).exists()


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def weaknesses(password: str, account: Account, *, old: str = "") -> list[tuple[str, str]]:
    """Return what keeps a password from being taken, each in Chinese and English; empty when nothing does.

    `old` is the password in use where it was asked for, compared in memory only.
    """
    found = []
    least = passwords.shortest(has_second_factor=has_second_factor(account.pk))
    if len(unicodedata.normalize("NFC", password)) < least:
        found.append((f"至少要有 {least} 个字符", f"it needs at least {least} characters"))
    if len(password) > passwords.LONGEST:
        found.append((f"最多 {passwords.LONGEST} 个字符", f"at most {passwords.LONGEST} characters"))
    if passwords.is_blocked(password, _common(), (account.username, account.name)):
        found.append(("不能是常见的密码", "it is a common one"))
    try:
        UserAttributeSimilarityValidator(("username", "name")).validate(password, account)
    except ValidationError:
        found.append(("不能与用户名或姓名相近", "it is too like the user name"))
    if old and passwords.is_too_alike(password, old):
        found.append(("不能与原密码相近", "it is too like the one before"))
    # Hashing is slow by design, so what was used before is looked at last.
    if not found and _was_used(password, account):
        found.append(
            (
                f"不能是最近 {passwords.REMEMBERED} 次用过的密码",
                f"it is one of your last {passwords.REMEMBERED}",
            )
        )
    return found


def _was_used(password: str, account: Account) -> bool:
    with acting(Scope(account.place, account.place + 1)):
        old = OldPassword.objects.filter(account=account).order_by("-id")[: passwords.REMEMBERED]
        hashes = [account.password, *(one.password for one in old)]
    return any(check_password(password, hashed) for hashed in hashes)


def replace_password(
    account: Account, password: str, *, now: datetime, old: str = "", keep_session: str = ""
) -> None:
    """Set a new password, keep the hash of the old one, and end all sessions but one.

    Raises PasswordTooWeak. Whose password it is has been proved by the caller.
    """
    faults = weaknesses(password, account, old=old)
    if faults:
        zh, en = zip(*faults, strict=True)
        raise PasswordTooWeak(
            f"密码不够安全：{'，'.join(zh)}。请换一个。",
            f"The password is not safe enough: {'; '.join(en)}. Choose another.",
        )
    with acting(Scope(account.place, account.place + 1)):
        if account.has_usable_password():
            OldPassword.objects.create(
                account=account, place=account.place, password=account.password, replaced_at=now
            )
            kept = OldPassword.objects.filter(account=account).order_by("-id").values("id")
            OldPassword.objects.filter(account=account).exclude(
                id__in=[one["id"] for one in kept[: passwords.REMEMBERED]]
            ).delete()
        account.set_password(password)
        account.password_set_on = timezone.localdate(now)
        account.has_long_password = len(password) >= passwords.SHORTEST_ALONE
        account.save(update_fields=["password", "password_set_on", "has_long_password"])
        end_sign_ins(account, but=keep_session, record_it=False)
        record(
            "account.set_password",
            by=account.pk,
            office=account.place,
            subject_kind="account",
            subject_id=account.pk,
            place=account.place,
        )


def change_password(account: Account, *, old: str, new: str, now: datetime, keep_session: str) -> None:
    """Replace the password of who knows it; the session it is done in stays open.

    Raises PasswordWrong, PasswordTooWeak.
    """
    if not account.check_password(old):
        raise PasswordWrong("原密码不对，请重新输入。", "The present password is wrong; type it again.")
    replace_password(account, new, now=now, old=old, keep_session=keep_session)


def is_too_old(account: Account, *, today: date) -> bool:
    """Return whether an account's password is past its last day and must be changed."""
    set_on = account.password_set_on or timezone.localdate(account.created_at)
    return passwords.must_change(set_on, days=settings.XUEJI_PASSWORD_DAYS, today=today)
