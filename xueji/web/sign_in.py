"""The door of the house: signing in, by passkey first where the browser has one, else by name and password."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from xueji.access import actions_sign_in
from xueji.access.middleware import SESSION_ENDED
from xueji.access.models import Account
from xueji.access.scope import NOWHERE, Scope, acting, tell_database
from xueji.web import demonstration
from xueji.web.pages import render
from xueji.web.security.adapters import device_token

TOO_MANY_REQUESTS = 429


class SignIn(LoginView):
    """Sign in by user name and password; a demonstration offers its accounts, filled in by one press."""

    template_name = "web/sign_in.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Somebody signed in without any office has nowhere to go but here.
        if getattr(request, "actor", None) is not None:
            return HttpResponseRedirect(self.get_success_url())
        if request.user.is_authenticated and request.method == "GET":
            messages.warning(
                request,
                _("您的账号目前没有任职，不能办理。请联系本单位或上级的账号管理员，或换一个账号登录。"),
            )
        if request.session.pop(SESSION_ENDED, False):
            messages.info(request, _("您有一段时间没有操作，已自动退出，请重新登录。"))
        return cast(HttpResponse, super().dispatch(request, *args, **kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "demo" in request.POST:
            return self.filled_in(request)
        username = request.POST.get("username", "")
        # A renewed password hash is written to the account, which lies behind the wall as
        # everything does: open exactly its own place, and close it again.
        with acting(_own_place(username)):
            response = self.judged(request, username)
        tell_database(NOWHERE)
        return response

    def judged(self, request: HttpRequest, username: str) -> HttpResponse:
        """Return the answer to name and password: the form again, the second step, or the way in."""
        try:
            counter = actions_sign_in.attempt(
                username, device_token(request), what=actions_sign_in.PASSWORD, now=timezone.now()
            )
        except actions_sign_in.TooManyAttempts as refused:
            context = self.get_context_data(form=self.get_form_class()(request))
            return render(request, self.template_name, context, refused=refused, status=TOO_MANY_REQUESTS)
        form = self.get_form()
        if not form.is_valid():
            return self.form_invalid(form)
        actions_sign_in.succeeded(counter)
        return self.form_valid(form)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        account = form.get_user()
        record_authentication(self.request, account, "password", reauthenticated=True)
        login = Login(user=account, redirect_url=self.get_success_url())
        return cast(HttpResponse, perform_login(self.request, login))

    def filled_in(self, request: HttpRequest) -> HttpResponse:
        """Return the form with the user name and password of the demo account that was pressed."""
        chosen = next((one for one in demonstration.accounts() if one.username == request.POST["demo"]), None)
        initial = {"username": chosen.username, "password": chosen.password} if chosen else {}
        form = self.get_form_class()(request, initial=initial)
        form.fields["password"].widget.render_value = True
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "demo_accounts": demonstration.accounts(),
            "is_easy": demonstration.sign_in_is_easy(),
            "password_days": settings.XUEJI_PASSWORD_DAYS,
        }


def _own_place(username: str) -> Scope:
    place = Account.objects.filter(username=username).values_list("place", flat=True).first()
    return NOWHERE if place is None else Scope(place, place + 1)
