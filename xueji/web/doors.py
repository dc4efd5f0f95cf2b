"""What every door to pupils' data does first: who is it, may they, and was this form sent before."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from xueji.access.actions import once
from xueji.access.scope import Actor

View = Callable[..., HttpResponse]


class ActingRequest(HttpRequest):
    """A request of somebody who is signed in: the middleware set `actor`."""

    actor: Actor


def door(
    act: str = "", *, methods: tuple[str, ...] = ("GET", "HEAD"), is_risky: bool = False
) -> Callable[[View], View]:
    """Let in who is signed in and may do `act`; lead strangers to the sign-in and back here.

    A risky act asks once more who it is, unless that was proved in the last five minutes, and
    then goes on. Raises NotAllowed for a role that may not.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.actor is None:
                back = {"next": request.get_full_path()} if request.method == "GET" else {}
                return HttpResponseRedirect(
                    f"{reverse('sign-in')}?{urlencode(back)}" if back else reverse("sign-in")
                )
            if act:
                request.actor.require(act)
            if is_risky:
                raise_if_reauthentication_required(request, app="")
            return view(request, *args, **kwargs)

        return require_http_methods(list(methods))(guarded)

    return decorate


def done_once(request: ActingRequest, act: Callable[[], str]) -> HttpResponse:
    """Do what a form asks for and go on to the address that `act` returns.

    The second sending of the same form does nothing: it is told so and led to the same address.
    """
    key = request.POST.get("idempotency_key", "")
    if not key:
        return HttpResponseRedirect(act())
    fields = sorted(
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "idempotency_key")
        for value in values
    )
    sent = urlencode([("path", request.path), *fields]).encode()
    _status, address, is_repeated = once(key, by=request.actor, request=sent, act=lambda: (302, act()))
    if is_repeated:
        messages.info(request, _("这一步刚才已经办理，没有重复执行。"))
    return HttpResponseRedirect(str(address))
