"""What django-allauth asks of this registry: words, secrets under our keys, and what follows a sign-in."""

from __future__ import annotations

import base64
import secrets
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from xueji.access import actions_sign_in
from xueji.access.actions_passwords import is_too_old
from xueji.access.actions_sealing import AccountSealed, require_open
from xueji.access.models import Account
from xueji.access.rules.sessions import browser_of
from xueji.access.scope import NOWHERE, Scope, acting, tell_database
from xueji.web.demonstration import sign_in_is_easy
from xueji.web.templatetags.xueji import spoken

DEVICE = "device"  # the cookie; with a prefix that browsers guard where the site is https
DEVICE_LIVES = 400 * 24 * 60 * 60  # the longest that browsers keep one
MUST_CHANGE = "must_change_password"  # in the session
PROOFS = {"webauthn": "passkey", "totp": "totp", "recovery_codes": "recovery"}
# Bound to what it is for: a value copied into another column does not open.
SECRET_OF_A_FACTOR = b"mfa_authenticator/secret"

WRONG_CODE = _("验证码不对，请重新输入。")
SAYINGS = {
    "mfa/messages/totp_activated.txt": _("动态验证码已启用。"),
    "mfa/messages/totp_deactivated.txt": _("动态验证码已停用。"),
    "mfa/messages/webauthn_added.txt": _("通行密钥已添加。"),
    "mfa/messages/webauthn_removed.txt": _("通行密钥已移除。"),
    "mfa/messages/recovery_codes_generated.txt": _("已生成新的备用码，请抄下来妥善保存。"),
}


def device_cookie() -> str:
    """Return the name of the cookie by which a device is known."""
    return f"__Host-{DEVICE}" if settings.SESSION_COOKIE_SECURE else DEVICE


def device_token(request: HttpRequest) -> str:
    """Return what this browser keeps; empty in one that has kept nothing yet."""
    return request.COOKIES.get(device_cookie(), "")[:100]


def proof_of(request: HttpRequest, account: Account) -> str:
    """Return how somebody who has just signed in proved it: the strongest of what was asked."""
    records = get_authentication_records(request, account)
    kinds = [str(one.get("type")) for one in records if one.get("method") == "mfa"]
    return PROOFS.get(kinds[-1], "password") if kinds else "password"


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from an administrator, never from a sign-up; nothing is sent by mail."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_password": _("密码不对，请重新输入。"),
        "incorrect_code": WRONG_CODE,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        text = message or SAYINGS.get(message_template or "")
        if text:
            messages.add_message(request, level, str(text), extra_tags=extra_tags)

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        account = cast(Account, user)
        with acting(Scope(account.place, account.place + 1)):
            return account.check_password(password)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not sign_in_is_easy()

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("用密码"),
            "mfa_reauthenticate": _("用动态验证码或备用码"),
            "mfa_reauthenticate:webauthn": _("用通行密钥"),
        }
        found = super().get_reauthentication_methods(user)
        return [{**one, "description": words[one["id"]]} for one in found]

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse | None:
        account = cast(Account, user)
        try:
            require_open(account, today=timezone.localdate())
        except AccountSealed as refused:
            clear_login(request)
            messages.error(request, spoken((refused.zh, refused.en)))
            return HttpResponseRedirect(reverse("sign-in"))
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        account = cast(Account, user)
        now = timezone.now()
        token = device_token(request) or secrets.token_urlsafe(32)
        proof = proof_of(request, account)
        if not request.session.session_key:
            request.session.save()
        actions_sign_in.began(
            account,
            session_key=str(request.session.session_key),
            token=token,
            device_name=browser_of(request.headers.get("User-Agent", "")),
            proof=proof,
            now=now,
            today=timezone.localdate(now),
        )
        if proof != "passkey" and not sign_in_is_easy():
            request.session[MUST_CHANGE] = is_too_old(account, today=timezone.localdate(now))
        response: HttpResponse = super().post_login(request, user, **kwargs)
        response.set_cookie(
            device_cookie(),
            token,
            max_age=DEVICE_LIVES,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        tell_database(NOWHERE)
        return response


class MFAAdapter(DefaultMFAAdapter):
    """Second factors: their secrets are encrypted, and the last one that is needed stays."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": _(
            "这是最后一种第二步验证，不能停用：请先添加另一种，或（正式系统以外）先改用15个字符以上的密码。"
        ),
        "cannot_generate_recovery_codes": _("请先启用通行密钥或动态验证码，再生成备用码。"),
    }

    def _get_site_name(self) -> str:
        return "学籍"

    def encrypt(self, text: str) -> str:
        return base64.b64encode(settings.XUEJI_KEY_RING.encrypt(text, SECRET_OF_A_FACTOR)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        plain: str = settings.XUEJI_KEY_RING.decrypt(base64.b64decode(encrypted_text), SECRET_OF_A_FACTOR)
        return plain

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        if others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            return True
        account = cast(Account, authenticator.user)
        return sign_in_is_easy() and account.has_long_password

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nobody's address is known here; the list of sessions and devices tells."""

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return f"通行密钥 {number}"
