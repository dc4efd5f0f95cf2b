"""Doors of one's own account. What proves somebody is django-allauth's; pages and words are ours."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from xueji.access import actions_sign_in
from xueji.access.actions_passwords import PasswordWrong, change_password, has_second_factor
from xueji.access.models import Account, SignIn
from xueji.access.rules import passwords
from xueji.lib.errors import Refused
from xueji.web.demonstration import sign_in_is_easy
from xueji.web.doors import ActingRequest, door
from xueji.web.pages import UNPROCESSABLE, render
from xueji.web.security.adapters import MUST_CHANGE, MFAAdapter, device_token
from xueji.web.security.forms import ChangePasswordForm

PROOF_NAMES = {
    "password": gettext_lazy("密码"),
    "passkey": gettext_lazy("通行密钥"),
    "totp": gettext_lazy("密码和动态验证码"),
    "recovery": gettext_lazy("密码和备用码"),
}
ACCOUNT = reverse_lazy("account")


def own(request: HttpRequest) -> Account:
    """Return the account that is signed in."""
    return Account.objects.get(pk=request.actor.account_id)  # type: ignore[attr-defined]


# Signing in ----------------------------------------------------------------------------------


class SecondStep(AuthenticateView):
    """The second step of a sign-in: a passkey, a code of the app, or a recovery code."""

    template_name = "security/second_step.html"


class SignInByPasskey(LoginWebAuthnView):
    """Sign in by a passkey alone: it holds the name, and proves device and person."""

    def form_valid(self, form: Any) -> HttpResponse:
        authenticator: Authenticator = form.cleaned_data["credential"]
        # Who has this moment proved to be present is not asked again at once.
        record_authentication(self.request, authenticator.user, "mfa", reauthenticated=True)
        answer: HttpResponse = super().form_valid(form)
        return answer


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Leave: this session ends here and in the list of sessions."""
    if request.session.session_key:
        actions_sign_in.left(request.session.session_key)
    logout(request)
    return HttpResponseRedirect(reverse("sign-in"))


# Once more ------------------------------------------------------------------------------------


class AgainByPassword(ReauthenticateView):
    template_name = "security/again.html"


class AgainByCode(ReauthenticateByCodeView):
    template_name = "security/again.html"


class AgainByPasskey(ReauthenticateWebAuthnView):
    template_name = "security/again.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(self.request, _("没有完成验证，请再试一次。"))
        return HttpResponseRedirect(self.request.get_full_path())


# One's own account ------------------------------------------------------------------------------


@door()
def account(request: ActingRequest) -> HttpResponse:
    """What proves who I am, and where I am signed in."""
    person = own(request)
    factors = Authenticator.objects.filter(user_id=person.pk).order_by("pk")
    set_on = person.password_set_on or timezone.localdate(person.created_at)
    sign_ins = SignIn.objects.filter(account=person).order_by("-seen_at")
    context = {
        "person": person,
        "passkeys": [one.wrap() for one in factors if one.type == Authenticator.Type.WEBAUTHN],
        "has_app": any(one.type == Authenticator.Type.TOTP for one in factors),
        "codes_left": next(
            (
                len(one.wrap().get_unused_codes())
                for one in factors
                if one.type == Authenticator.Type.RECOVERY_CODES
            ),
            None,
        ),
        "has_factor": any(one.type != Authenticator.Type.RECOVERY_CODES for one in factors),
        "is_easy": sign_in_is_easy(),
        "change_until": passwords.last_day(set_on, settings.XUEJI_PASSWORD_DAYS),
        "sign_ins": [
            {
                "device": one.device_name or _("未知的设备"),
                "proof": PROOF_NAMES.get(one.proof, one.proof),
                "began_at": one.began_at,
                "seen_at": one.seen_at,
                "is_this": one.session_key == request.session.session_key,
            }
            for one in sign_ins
        ],
    }
    return render(request, "security/account.html", context)


@sensitive_post_parameters()
@door(methods=("GET", "HEAD", "POST"))
def password(request: ActingRequest) -> HttpResponse:
    """Change the password: the present one is asked for, and all other sessions end."""
    person = own(request)
    least = passwords.shortest(has_second_factor=has_second_factor(person.pk))
    form = ChangePasswordForm(request.POST if request.method == "POST" else None, shortest=least)
    context = {
        "form": form,
        "must": request.session.get(MUST_CHANGE, False),
        "crumbs": [(_("我的账号"), reverse("account")), (_("修改密码"), "")],
    }
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        # Who it is is read before the password changes, which is what the session is checked against.
        is_known = request.user.is_authenticated
        try:
            counter = actions_sign_in.attempt(
                person.username, device_token(request), what=actions_sign_in.PASSWORD, now=now
            )
            change_password(
                person,
                old=form.cleaned_data["old"],
                new=form.cleaned_data["new"],
                now=now,
                keep_session=str(request.session.session_key),
            )
        except PasswordWrong as refused:
            return render(request, "security/password.html", context, refused=refused)
        except Refused as refused:
            if refused.code == "password-too-weak":
                actions_sign_in.succeeded(counter)
            return render(request, "security/password.html", context, refused=refused, status=UNPROCESSABLE)
        actions_sign_in.succeeded(counter)
        request.session.pop(MUST_CHANGE, None)
        before = str(request.session.session_key)
        if is_known:
            update_session_auth_hash(request, person)
        actions_sign_in.moved(before, to=str(request.session.session_key))
        messages.success(request, _("密码已修改，其他设备上的登录已全部退出。"))
        return HttpResponseRedirect(reverse("account"))
    return render(request, "security/password.html", context, status=UNPROCESSABLE if form.errors else None)


@door(methods=("POST",))
def sign_out_everywhere(request: ActingRequest) -> HttpResponse:
    """End all other sessions of one's own."""
    ended = actions_sign_in.end_sign_ins(own(request), but=str(request.session.session_key))
    messages.success(request, _("已退出其他 %(n)d 处登录。") % {"n": ended})
    return HttpResponseRedirect(reverse("account"))


# Second factors -------------------------------------------------------------------------------


class AddPasskey(AddWebAuthnView):
    template_name = "security/add_passkey.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        # Always one that can sign in alone: kept in the device, and guarded by finger, face or PIN.
        context["js_data"] = {"creation_options": webauthn.begin_registration(own(self.request), True)}
        return context


class RemovePasskey(RemoveWebAuthnView):
    template_name = "security/remove_factor.html"
    success_url = ACCOUNT

    def form_valid(self, form: Any) -> HttpResponse:
        if not MFAAdapter().can_delete_authenticator(self.get_object()):
            messages.error(self.request, str(MFAAdapter.error_messages["cannot_delete_authenticator"]))
            return HttpResponseRedirect(str(self.success_url))
        answer: HttpResponse = super().form_valid(form)
        return answer


class ActivateApp(ActivateTOTPView):
    template_name = "security/activate_app.html"


class DeactivateApp(DeactivateTOTPView):
    template_name = "security/remove_factor.html"
    success_url = ACCOUNT


class RecoveryCodes(ViewRecoveryCodesView):
    template_name = "security/recovery_codes.html"


class NewRecoveryCodes(GenerateRecoveryCodesView):
    template_name = "security/new_recovery_codes.html"
