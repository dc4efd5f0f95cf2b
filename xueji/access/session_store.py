"""Sessions in the database, as Django keeps them; the look-up that every request begins with is planned once."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from xueji.access.statements import asked

FIND = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        """Return what the session holds; nothing, and it has no key any more, where there is none or it is over."""
        rows = asked(FIND, [self.session_key, timezone.now()], using="default")
        if not rows:
            self._session_key = None
            return {}
        held: dict[str, Any] = self.decode(rows[0][0])
        return held
