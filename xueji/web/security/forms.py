"""Forms of the second factor: attempts counted by account and device, codes good for one time."""

from __future__ import annotations

import hmac
from typing import Any, cast

from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AllauthReauthenticateByCodeForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.forms import AddWebAuthnForm as AllauthAddWebAuthnForm
from django import forms
from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from xueji.access import actions_sign_in
from xueji.access.models import Account
from xueji.access.rules import passwords
from xueji.web.security.adapters import device_token
from xueji.web.templatetags.xueji import spoken

CODE_FIELD = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"})

# The step of a code is written down with the code's acceptance: the same code, or an older one, never again.
USE_STEP = """
UPDATE mfa_authenticator SET data = jsonb_set(data, '{last_step}', to_jsonb(%(step)s::bigint))
WHERE id = %(id)s AND coalesce((data ->> 'last_step')::bigint, 0) < %(step)s
"""


def use_step(authenticator: Authenticator, code: str) -> bool:
    """Return whether a right code was used for the first time; remembers it on every process of the site."""
    secret = decrypt(authenticator.data["secret"])
    steps = [
        step
        for step in yield_hotp_counters_from_time()
        if hmac.compare_digest(format_hotp_value(hotp_value(secret, step)), code.strip())
    ]
    if not steps:
        return False
    with connections["default"].cursor() as cursor:
        cursor.execute(USE_STEP, {"step": max(steps), "id": authenticator.pk})
        return bool(cursor.rowcount == 1)


def attempt(account: Account, what: str) -> bytes:
    """Count an attempt of somebody at this device. Raises a form's error while there were too many."""
    try:
        return actions_sign_in.attempt(
            account.username, device_token(context.request), what=what, now=timezone.now()
        )
    except actions_sign_in.TooManyAttempts as refused:
        raise forms.ValidationError(spoken((refused.zh, refused.en)), code=refused.code) from refused


class CodeMixin:
    """A code of the app or a recovery code, counted and used up."""

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        self.cleaned_data["code"] = "".join(self.cleaned_data["code"].split())
        counter = attempt(cast(Account, self.user), actions_sign_in.CODE)
        code: str = super().clean_code()  # type: ignore[misc]
        used: Authenticator = self.authenticator  # type: ignore[attr-defined]
        if used.type == Authenticator.Type.TOTP:
            if not use_step(used, code):
                raise forms.ValidationError(
                    gettext("这个验证码已经用过，请等下一个。"), code="code-used-before"
                )
            used.refresh_from_db(fields=["data"])
        actions_sign_in.succeeded(counter)
        return code


class AuthenticateForm(CodeMixin, AllauthAuthenticateForm):
    code = forms.CharField(label=gettext_lazy("验证码或备用码"), max_length=20, widget=CODE_FIELD)


class ReauthenticateByCodeForm(CodeMixin, AllauthReauthenticateByCodeForm):
    code = forms.CharField(label=gettext_lazy("验证码或备用码"), max_length=20, widget=CODE_FIELD)


class ReauthenticateForm(AllauthReauthenticateForm):
    password = forms.CharField(
        label=gettext_lazy("密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_password(self) -> str:
        counter = attempt(cast(Account, self.user), actions_sign_in.PASSWORD)
        password: str = super().clean_password()
        actions_sign_in.succeeded(counter)
        return password


class ActivateTOTPForm(AllauthActivateForm):
    code = forms.CharField(label=gettext_lazy("应用显示的六位验证码"), max_length=10, widget=CODE_FIELD)

    def clean_code(self) -> str:
        self.cleaned_data["code"] = "".join(self.cleaned_data["code"].split())
        code: str = super().clean_code()
        return code


class AddPasskeyForm(AllauthAddWebAuthnForm):
    """A passkey proves person and device at once, so it always asks for finger, face or PIN."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=40, required=False)
    passwordless = forms.BooleanField(initial=True, widget=forms.HiddenInput)


class ChangePasswordForm(forms.Form):
    """The present password, and the new one twice."""

    old = forms.CharField(
        label=gettext_lazy("原密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=gettext_lazy("新密码"),
        strip=False,
        max_length=passwords.LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("再输入一次"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any, *, shortest: int) -> None:
        super().__init__(data)
        self.fields["new"].help_text = gettext(
            "至少 %(n)d 个字符，可以是一句话；不用常见的密码，不用从前的密码。"
        ) % {"n": shortest}

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("new", again):
            raise forms.ValidationError(gettext("两次输入的密码不同，请重新输入。"))
        return again
