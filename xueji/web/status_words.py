"""Due days of desks in working days, as all pages of status business show them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString

from xueji.organisations.queries import calendar
from xueji.status.rules.business import ADMISSION, GRADUATION, PROMOTION, Named, shown_name
from xueji.web.pages import part
from xueji.web.pupils.words import grade_name
from xueji.web.templatetags.xueji import spoken

# Where what lies on a desk for many pupils is handled.
PAGES = {GRADUATION.code: "graduation", PROMOTION.code: "promotion", ADMISSION.code: "admission"}


def days_left(due_on: date, today: date) -> int:
    """Return the working days left, below 0 as soon as the day has passed."""
    left = calendar().days_left(today, due_on)
    return left if today <= due_on else min(left, -1)


def due_mark(due_on: date | None, today: date) -> SafeString | str:
    """Return until when a desk has a case; what has no day is said so."""
    return "–" if due_on is None else part("due", on=due_on, days_left=days_left(due_on, today))


def title_of(kind: Named, name: str) -> str:
    """Return what a list calls a case or a request: 转学 王*涵, 毕业办理 六年级, 升级确认 2026–2027."""
    shown = shown_name(kind, name)
    if kind.code == GRADUATION.code:
        shown = grade_name(int(name))
    elif kind.code == PROMOTION.code:
        shown = f"{name}–{int(name) + 1}"
    return f"{spoken((kind.zh, kind.en))} {shown}"


def address_of(kind: Named, id: UUID) -> str:
    """Return the page of a case or of a request."""
    return reverse(PAGES.get(kind.code, "change"), args=[id])
