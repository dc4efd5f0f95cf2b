"""How long one stays signed in.

Source: GB/T 22239-2019 8.1.4.1 b) (leave when idle); ASVS 5.0 7.3.1 and 7.3.2.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from xueji.access.rules.permissions import Level

LONGEST: Final = timedelta(hours=12)
IDLE_AT_AUTHORITY: Final = timedelta(minutes=15)
IDLE_AT_SCHOOL: Final = timedelta(minutes=60)
NOTED_EVERY: Final = timedelta(minutes=1)  # a use is written down no more often


def idle_limit(level: Level) -> timedelta:
    """Return how long somebody at this level may do nothing before the session ends."""
    return IDLE_AT_SCHOOL if level is Level.SCHOOL else IDLE_AT_AUTHORITY


def is_over(*, began_at: datetime, seen_at: datetime, now: datetime, level: Level | None) -> bool:
    """Return whether a session has ended: too long idle, or twelve hours old; None: without an appointment."""
    idle = IDLE_AT_AUTHORITY if level is None else idle_limit(level)
    return now - began_at >= LONGEST or now - seen_at >= idle


def browser_of(user_agent: str) -> str:
    """Return browser and system in a few words, such as Chrome · Windows; empty where it says nothing known."""
    browsers = (
        ("Edg/", "Edge"), ("MicroMessenger", "WeChat"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )  # fmt: skip
    systems = (
        ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
        ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
    )  # fmt: skip
    found = [next((name for mark, name in table if mark in user_agent), "") for table in (browsers, systems)]
    return " · ".join(name for name in found if name)
