"""The one place where a request gets its scope: it opens the transaction and tells both walls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from django.contrib import auth
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from xueji.access import actions_sign_in
from xueji.access.queries import actor_by_token, actors_of, chosen
from xueji.access.rules import sessions
from xueji.access.rules.permissions import Level
from xueji.access.scope import NOWHERE, Actor, acting

# In the session.
SESSION_APPOINTMENT = "appointment"
SESSION_BEGAN, SESSION_SEEN = "began_at", "seen_at"  # seconds since 1970
SESSION_ENDED = "ended"


class ScopeMiddleware:
    """Give every request `request.actor` (None when nobody is signed in) and a scoped transaction.

    `request.actors` are all appointments of who is signed in. A program acts by the token it
    sends and by nothing else, whatever session comes along.

    Who is not signed in, or holds no running appointment, acts in an empty scope and
    sees no pupil. An answer of 500 or an exception rolls the transaction back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor = self.actor_from(request)
        request.actor = actor  # type: ignore[attr-defined]
        with acting(actor.scope if actor else NOWHERE):
            response = self.get_response(request)
            if response.status_code >= 500 or getattr(response, "rolls_back", False):
                transaction.set_rollback(True)
        return response

    def actor_from(self, request: HttpRequest) -> Actor | None:
        token = bearer_token(request)
        if token is not None:
            return actor_by_token(token, today=timezone.localdate())
        account_id = request.session.get(auth.SESSION_KEY)
        if account_id is None:
            return None
        actors = actors_of(int(account_id), today=timezone.localdate())
        if has_ended(request, actors):
            return None
        request.actors = actors  # type: ignore[attr-defined]
        return chosen(actors, request.session.get(SESSION_APPOINTMENT))


def has_ended(request: HttpRequest, actors: Sequence[Actor]) -> bool:
    """End a session that was idle too long or is too old, and return whether it did; else note its use.

    Of several appointments the strictest counts.
    """
    session, now = request.session, timezone.now()
    began_at, seen_at = (
        datetime.fromtimestamp(session.get(name) or now.timestamp(), UTC)
        for name in (SESSION_BEGAN, SESSION_SEEN)
    )
    levels: set[Level | None] = {actor.level for actor in actors} or {None}
    if any(sessions.is_over(began_at=began_at, seen_at=seen_at, now=now, level=level) for level in levels):
        if session.session_key:
            actions_sign_in.left(session.session_key)
        session.flush()
        session[SESSION_ENDED] = True
        request.user = AnonymousUser()
        return True
    if SESSION_BEGAN not in session:
        session[SESSION_BEGAN] = session[SESSION_SEEN] = int(now.timestamp())
    elif now - seen_at >= sessions.NOTED_EVERY:
        session[SESSION_SEEN] = int(now.timestamp())
        if session.session_key:
            actions_sign_in.seen(session.session_key, now=now)
    return False


def bearer_token(request: HttpRequest) -> str | None:
    """Return the token that a program sends; None when it sends none."""
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
