"""Due days of desks in working days, as all pages of status business show them."""

from __future__ import annotations

from datetime import date

from django.utils.safestring import SafeString

from xueji.organisations.queries import calendar
from xueji.web.pages import part


def days_left(due_on: date, today: date) -> int:
    """Return the working days left, below 0 as soon as the day has passed."""
    left = calendar().days_left(today, due_on)
    return left if today <= due_on else min(left, -1)


def due_mark(due_on: date, today: date) -> SafeString:
    """Return until when a desk has a case."""
    return part("due", on=due_on, days_left=days_left(due_on, today))
