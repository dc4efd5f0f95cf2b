"""How rosters are named on the screens: states, titles, days, keys of lists in addresses."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from xueji.changes.rules import problem_records
from xueji.changes.rules.roster_steps import STATE_NAMES, State
from xueji.lib import masks
from xueji.web.pages import part
from xueji.web.templatetags.xueji import day, spoken

TONES = {
    State.UPLOADED: "now",
    State.UNREADABLE: "late",
    State.CHECKED: "waiting",
    State.WITH_LEADER: "waiting",
    State.WITH_AUTHORITY: "waiting",
    State.REGISTERED: "good",
    State.WITHDRAWN: "past",
}


def title_of(name: str, door: str) -> str:
    """Return how a batch is called: its file, or the pupil that was typed in or went on by itself, masked."""
    is_one_pupil = door in ("form", "problem")
    return _("新生 %(name)s") % {"name": masks.name(name)} if is_one_pupil else name


def state_word(state: str, version: int = 1) -> str:
    """Return the state of a batch in words; a checked one that was sent before came back."""
    if state == State.CHECKED and version > 1:
        return _("已退回，待重新提交")
    return spoken(STATE_NAMES[State(state)])


def state_mark(state: str, version: int = 1) -> SafeString:
    """Return the state of a batch as a mark with its colour."""
    tone = "late" if state == State.CHECKED and version > 1 else TONES[State(state)]
    return part("state", tone=tone, word=state_word(state, version))


def case_mark(state: str) -> SafeString:
    """Return the state of a problem record as a mark."""
    known = problem_records.CaseState(state)
    tone = "past" if known is problem_records.CaseState.CLOSED else "waiting"
    return part("state", tone=tone, word=spoken(problem_records.STATE_NAMES[known]))


def due_mark(due_on: date | None, today: date) -> SafeString | str:
    """Return until when something has to be done; the two months of a registration are calendar days."""
    if due_on is None:
        return ""
    return part("due", on=due_on, days_left=(due_on - today).days, calendar=True)


def day_mark(on: date | None) -> SafeString | str:
    """Return a day as a <time>."""
    return day(on)


# Keys of lists in addresses: read strictly, a wrong one is an address that does not exist.


def key_text(key: Any) -> str:
    """Return the key of a list for an address; empty for None."""
    if key is None:
        return ""
    parts = key if isinstance(key, tuple) else (key,)
    return "~".join(str(part) for part in parts)


def uuid_key(text: str) -> UUID | None:
    """Return the key that an address holds; None for none. Raises Http404."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def place_key(text: str) -> tuple[date, UUID] | None:
    """Return the key of the inbox that an address holds; None for none. Raises Http404."""
    if not text:
        return None
    since, _separator, identity = text.partition("~")
    try:
        return date.fromisoformat(since), UUID(identity)
    except ValueError:
        raise Http404 from None


def row_key(text: str) -> int | None:
    """Return the number of a row that an address holds; None for none. Raises Http404."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Http404
    return int(text)


def finding_key(text: str) -> tuple[int, str, str] | None:
    """Return the key of a finding that an address holds; None for none. Raises Http404."""
    if not text:
        return None
    row, _first, rest = text.partition("~")
    column, _second, code = rest.partition("~")
    number = row_key(row)
    if number is None or not column or not code or "\0" in rest:
        raise Http404
    return number, column[:40], code[:24]


def one_of(text: str, allowed: Any) -> str:
    """Return a choice that an address holds; empty for none. Raises Http404 for one that does not exist."""
    if text and text not in set(allowed):
        raise Http404
    return text
