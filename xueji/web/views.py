"""Doors of the frame itself: the watermark, the theme, and in which capacity one acts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as whole
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from xueji.access.middleware import SESSION_APPOINTMENT

YEAR = 365 * 24 * 60 * 60


def back_to(request: HttpRequest) -> str:
    """Return the address to go on to after a switch: the form's `next`, if it is one of ours."""
    address = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if allowed else "/"


@require_GET
def watermark(request: HttpRequest) -> HttpResponse:
    """A tile with the viewer's name and the minute, for the background of pages with identities."""
    actor = getattr(request, "actor", None)
    words = {"name": actor.name, "username": actor.username} if actor else {}
    response = whole(
        request,
        "web/watermark.svg",
        {**words, "now": timezone.localtime().strftime("%Y-%m-%d %H:%M")},
        content_type="image/svg+xml",
    )
    response["Cache-Control"] = "private, max-age=60"
    response["Vary"] = "Cookie"
    return response


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep light or dark in a cookie; anything else means: follow the system."""
    response = HttpResponseRedirect(back_to(request))
    theme = request.POST.get("theme", "")
    if theme in ("light", "dark"):
        response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme")
    return response


@require_POST
def switch_appointment(request: HttpRequest) -> HttpResponse:
    """Act in another of one's own appointments from now on, and start at its inbox.

    Whether the number is one of the person's own is decided where the scope is opened:
    a stranger's number falls back to the first appointment.
    """
    number = request.POST.get("appointment", "")
    if number.isdecimal() and number.isascii():
        request.session[SESSION_APPOINTMENT] = int(number)
    return HttpResponseRedirect("/")
