"""What every answer of the pages has in common: refusals, redirects under htmx, security headers."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from xueji.access.actions import used_today
from xueji.access.actions_passwords import has_second_factor
from xueji.access.api import refusal
from xueji.audit.sealing import SealingStale, ensure_fresh
from xueji.lib.errors import Refused
from xueji.web.demonstration import sign_in_is_easy
from xueji.web.pages import is_htmx, refusal_page
from xueji.web.security.adapters import MUST_CHANGE

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
USED_ON, PROVED = "used_on", "has_second_factor"  # in the session
# One's own account, and what belongs to the frame.
OPEN_BEFORE_PROOF = ("/account/", "/sign-out", "/language", "/theme", "/watermark.svg")

# Scripts, styles and pictures come from here only, and none stands inside a page.
# Tabler's arrows and ticks are data: pictures.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class FirstUseMiddleware:
    """Remember the day on which an account was last used, on its first request of a day signed in.

    Accounts nobody uses are what an administrator has to find and end.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # A program that acts by its token has no session, and must not be given one.
        actor = getattr(request, "actor", None)
        if actor is None or not hasattr(request, "actors") or response.status_code >= 500:
            return response
        today = timezone.localdate()
        if request.session.get(USED_ON) != str(today):
            used_today(actor, today)
            request.session[USED_ON] = str(today)
        return response


class SealedMiddleware:
    """Refuse acts while the history has not been sealed for too long, where a worker is there to seal it.

    Signing out, switching language and role and the like leave no history and go on.
    """

    LEAVES_NO_HISTORY = frozenset(
        {"sign-in", "sign-out", "set-language", "choose-theme", "switch-appointment"}
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        if not settings.XUEJI_SEALING or request.method in SAFE_METHODS:
            return None
        match = request.resolver_match
        if match is None or match.url_name in self.LEAVES_NO_HISTORY:
            return None
        try:
            ensure_fresh("national")
        except SealingStale as stale:
            is_program = request.path.startswith("/api/")
            return refusal(stale) if is_program else refusal_page(request, stale)
        return None


class ProofMiddleware:
    """Lead who must first mend their own sign-in to where it is mended, and let them nowhere else.

    Everybody has a second factor, and changes a password that is too old. A demonstration asks
    for neither; a program that comes with its token has neither.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = self.detour(request)
        return HttpResponseRedirect(address) if address else self.get_response(request)

    def detour(self, request: HttpRequest) -> str:
        actor = getattr(request, "actor", None)
        if actor is None or not hasattr(request, "actors") or sign_in_is_easy():
            return ""
        if request.path.startswith(OPEN_BEFORE_PROOF):
            return ""
        if request.session.get(MUST_CHANGE):
            return reverse("account-password")
        if not request.session.get(PROVED):
            if not has_second_factor(actor.account_id):
                messages.warning(request, _("请先添加通行密钥或动态验证码，然后才能办理。"))
                return reverse("account")
            # Who has a second factor was asked for it at the sign-in.
            request.session[PROVED] = True
        return ""


class PageMiddleware:
    """Turn a Refused that no view caught into the page that says so, and set the security headers.

    The API answers refusals itself, before they reach this.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if is_htmx(request) and response.status_code in (301, 302, 303):
            # The browser would follow a redirect unseen and htmx put a whole page into a part.
            address = response.headers["Location"]
            told = HttpResponse(headers={"HX-Redirect": address})
            told.cookies = response.cookies
            response = told
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        if getattr(request, "actor", None) is not None:
            # Pupils' pages stay out of shared caches and of the disk of a staff-room PC.
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal_page(request, exception) if isinstance(exception, Refused) else None


class ChineseUnlessChosen(LocaleMiddleware):
    """Speak Chinese until somebody presses the switch.

    What a browser prefers says little here: staff-room machines come with English
    browsers, and the words of the Measures are Chinese.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        super().process_request(request)
