"""How admissions are named on the screens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.safestring import SafeString

from xueji.changes.rules.admissions import (
    LIST_STATE_NAMES,
    NOT_COME_REASONS,
    ROW_STATE_NAMES,
    STAGE_NAMES,
    ListState,
)
from xueji.web.pages import part
from xueji.web.templatetags.xueji import spoken

LIST_TONES = {ListState.CHECKED: "waiting", ListState.ISSUED: "good", ListState.WITHDRAWN: "past"}
ROW_TONES = {
    "awaited": "waiting",
    "reported": "now",
    "disputed": "late",
    "registered": "good",
    "not_come": "late",
    "elsewhere": "past",
    "cancelled": "past",
}


def list_mark(state: str) -> SafeString:
    """Return the state of a list as a mark with its colour."""
    known = ListState(state)
    return part("state", tone=LIST_TONES[known], word=spoken(LIST_STATE_NAMES[known]))


def status_word(status: str) -> str:
    """Return where an admitted pupil stands, in words."""
    return spoken(ROW_STATE_NAMES[status])


def status_mark(status: str) -> SafeString:
    """Return where an admitted pupil stands, as a mark with its colour."""
    return part("state", tone=ROW_TONES[status], word=status_word(status))


def stage_word(stage: str) -> str:
    return spoken(STAGE_NAMES[stage])


def reason_word(reason: str) -> str:
    """Return why a pupil has not come; empty for none."""
    return spoken(NOT_COME_REASONS[reason]) if reason in NOT_COME_REASONS else ""


def pupil_key(text: str) -> tuple[str, UUID] | None:
    """Return the key of a pupil that an address holds; None for none. Raises Http404."""
    if not text:
        return None
    name, _separator, identity = text.rpartition("~")
    if "\0" in name or len(name) > 100:
        raise Http404
    try:
        return name, UUID(identity)
    except ValueError:
        raise Http404 from None


def uuids_from(texts: list[str]) -> list[UUID]:
    """Return the ticked pupils of a form. Raises Http404 for what no form sends."""
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise Http404 from None


def chosen(names: dict[Any, tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the choices of a closed list, as a form shows them."""
    return [(str(code), spoken(name)) for code, name in names.items()]
