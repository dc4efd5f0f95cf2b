"""How organisations are spoken of on the screens."""

from __future__ import annotations

from django.utils.safestring import SafeString

from xueji.access.rules.permissions import LEVEL_NAMES, Level
from xueji.organisations.models import School
from xueji.organisations.rules.school_kinds import KINDS
from xueji.web.pages import part
from xueji.web.templatetags.xueji import spoken

STATE_NAMES = {
    School.OPEN: ("正常", "In operation"),
    School.SUSPENDED: ("停办整顿", "Suspended"),
    School.CLOSED: ("已撤销", "Closed"),
}
TONES = {School.OPEN: "good", School.SUSPENDED: "waiting", School.CLOSED: "past"}


def state_mark(state: str) -> SafeString:
    """Return the state of a school as a mark."""
    return part("state", tone=TONES[state], word=spoken(STATE_NAMES[state]))


def kind_name(kind: str) -> str:
    """Return the kind of a school in words."""
    row = KINDS.get(kind)
    return kind if row is None else spoken((row.zh, row.en))


def level_name(level: str) -> str:
    """Return the level of an office in words."""
    return spoken(LEVEL_NAMES[Level(level)])
