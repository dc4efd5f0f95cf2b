"""How long somebody waits after wrong passwords and codes: by account and device, never by address.

A whole bureau comes from one address, so addresses say nothing. What is counted are failures
of one account from one device that it is known on, and, together, its failures from all
devices it is not known on. Who does not know the password can fill the second counter only:
the owner's own devices stay open.

Source: GB/T 22239-2019 8.1.4.1 b); ASVS 5.0 6.3.1.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

FREE: Final = 5  # failures without any wait
FIRST_WAIT: Final = timedelta(minutes=1)  # doubled by each failure after
LONGEST_WAIT: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(hours=24)  # without a failure


def wait_after(failures: int) -> timedelta:
    """Return how long the next attempt waits after so many failures in a row."""
    if failures < FREE:
        return timedelta()
    doublings = min(failures - FREE, 10)
    return min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)


def opens_at(failures: int, last_at: datetime) -> datetime:
    """Return the instant from which the next attempt is let in."""
    return last_at + wait_after(failures)


def key_of(username: str, device: bytes | None, what: str) -> bytes:
    """Return the counter of an account's failures at one known device, or (None) at all unknown ones.

    `what` keeps passwords and second factors apart. A name that nobody has is counted alike.
    """
    parts = (what.encode(), username.casefold().encode("utf-8", "replace"), device or b"unknown")
    return hashlib.sha256(b"\0".join(parts)).digest()
