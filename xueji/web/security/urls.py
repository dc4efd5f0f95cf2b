"""Addresses of sign-in and of one's own account. Names with account_ and mfa_ are those django-allauth looks for."""

from __future__ import annotations

from django.urls import path

from xueji.web import sign_in
from xueji.web.security import views

urlpatterns = [
    # The first name of an address is the one it goes by here.
    path("sign-in", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-in", sign_in.SignIn.as_view(), name="account_login"),
    path("sign-in/passkey", views.SignInByPasskey.as_view(), name="mfa_login_webauthn"),
    path("sign-in/second-step", views.SecondStep.as_view(), name="mfa_authenticate"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("account/again/password", views.AgainByPassword.as_view(), name="account_reauthenticate"),
    path("account/again/code", views.AgainByCode.as_view(), name="mfa_reauthenticate"),
    path("account/again/passkey", views.AgainByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("account/", views.account, name="account"),
    path("account/", views.account, name="mfa_index"),
    path("account/password", views.password, name="account-password"),
    path("account/sign-out-everywhere", views.sign_out_everywhere, name="sign-out-everywhere"),
    path("account/passkeys/add", views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/remove", views.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("account/codes", views.ActivateApp.as_view(), name="mfa_activate_totp"),
    path("account/codes/stop", views.DeactivateApp.as_view(), name="mfa_deactivate_totp"),
    path("account/recovery-codes", views.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new", views.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
]
