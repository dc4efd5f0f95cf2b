"""The page behind a one-time link: a person sets the password of the account opened for them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from xueji.access import actions
from xueji.access.actions_passwords import PasswordTooWeak, has_second_factor
from xueji.access.rules.passwords import shortest
from xueji.access.scope import NOWHERE, tell_database
from xueji.web.pages import UNPROCESSABLE, render

NEW_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class PasswordForm(forms.Form):
    """A new password, twice."""

    password = forms.CharField(
        label=gettext_lazy("新密码"),
        strip=False,
        widget=NEW_PASSWORD,
    )
    again = forms.CharField(label=gettext_lazy("再输入一次"), strip=False, widget=NEW_PASSWORD)

    def __init__(self, data: Any, *, shortest: int) -> None:
        super().__init__(data)
        self.fields["password"].help_text = gettext(
            "至少 %(n)d 个字符，可以是一句话；不用常见的密码，不用从前的密码。"
        ) % {"n": shortest}

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError(gettext("两次输入的密码不同，请重新输入。"))
        return again


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form while the link is good, and set the password once. Raises LinkUnusable."""
    template, now = "web/invitation.html", timezone.now()
    account = actions.link_of(token, now=now).account
    least = shortest(has_second_factor=has_second_factor(account.pk))
    form = PasswordForm(request.POST or None, shortest=least)
    context = {"form": form, "account": account}
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_password_by_link(token, form.cleaned_data["password"], now=now)
        except PasswordTooWeak as refused:
            return render(request, template, context, refused=refused, status=UNPROCESSABLE)
        tell_database(NOWHERE)
        messages.success(request, gettext("密码已设置，请登录。"))
        return HttpResponseRedirect(reverse("sign-in"))
    return render(request, template, context, status=UNPROCESSABLE if form.errors else None)
