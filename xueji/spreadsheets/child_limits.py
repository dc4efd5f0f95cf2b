"""The limits that a child process sets for itself before it opens anything."""

from __future__ import annotations

import resource
from contextlib import suppress


def limit_this_process(*, memory_bytes: int, seconds: int) -> None:
    """Limit address space, processor time and core dumps of this process.

    macOS accepts no limit on address space; there the look at the zip directory and
    the parent's clock are what holds.
    """
    for limit, amount in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        wanted = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (wanted, hard))
