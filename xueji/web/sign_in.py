"""The door of the house: signing in and out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse

from xueji.access.models import Account
from xueji.access.scope import NOWHERE, Scope, acting, tell_database
from xueji.web import demonstration


class SignIn(LoginView):
    """Sign in by user name and password; a demonstration offers its accounts, filled in by one press."""

    template_name = "web/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "demo" in request.POST:
            return self.filled_in(request)
        # The day of the last sign-in and a renewed password hash are written to the account,
        # which lies behind the wall as everything does: open exactly its own place, and close it again.
        with acting(_own_place(request.POST.get("username", ""))):
            response = super().post(request, *args, **kwargs)
        tell_database(NOWHERE)
        return response

    def filled_in(self, request: HttpRequest) -> HttpResponse:
        """Return the form with the user name and password of the demo account that was pressed."""
        chosen = next((one for one in demonstration.accounts() if one.username == request.POST["demo"]), None)
        initial = {"username": chosen.username, "password": chosen.password} if chosen else {}
        form = self.get_form_class()(request, initial=initial)
        form.fields["password"].widget.render_value = True
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "demo_accounts": demonstration.accounts()}


def _own_place(username: str) -> Scope:
    place = Account.objects.filter(username=username).values_list("place", flat=True).first()
    return NOWHERE if place is None else Scope(place, place + 1)
