"""Identifiers of version 7 (RFC 9562): unique, and in the order in which they were made.

48 bits of milliseconds, a counter of 42 bits and 32 random bits. The counter starts at a
random value each millisecond and goes on counting while the clock stands still or goes
back, so that identifiers of one process only ever rise.
"""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID, SafeUUID

_COUNTER_BITS = 42
_RANDOM_BITS = 32
_VERSION = 7 << 76
_VARIANT = 2 << 62
_LOW_30 = (1 << 30) - 1

# UUID refuses ordinary assignment; its slots are four times as quick as its constructor.
_create = object.__new__
_set_int = vars(UUID)["int"].__set__
_set_is_safe = vars(UUID)["is_safe"].__set__
_unknown = SafeUUID.unknown


class _Clock:
    """The last millisecond and counter given out. One per process."""

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what was given out. A forked child must not go on counting where its parent counts."""
        self.lock = threading.Lock()
        self.millisecond = 0
        self.counter = 0

    def reserve(self, count: int) -> tuple[int, int]:
        """Return a millisecond and the first of `count` counters in it that nobody else gets."""
        with self.lock:
            now = time.time_ns() // 1_000_000
            if now > self.millisecond:
                self.millisecond = now
                # Below half, so that one millisecond has room for more than can be made in it.
                self.counter = int.from_bytes(os.urandom(6), "big") >> (48 - _COUNTER_BITS + 1)
            elif self.counter + count > 1 << _COUNTER_BITS:
                self.millisecond += 1
                self.counter = 0
            first = self.counter
            self.counter += count
            return self.millisecond, first


_clock = _Clock()
os.register_at_fork(after_in_child=_clock.start_anew)


def new() -> UUID:
    """Return one identifier, above all that this process made before."""
    return many(1)[0]


def many(count: int) -> list[UUID]:
    """Return `count` identifiers in rising order, above all that this process made before."""
    made = []
    for value in _values(count):
        identifier = _create(UUID)
        _set_int(identifier, value)
        _set_is_safe(identifier, _unknown)
        made.append(identifier)
    return made


def many_text(count: int) -> list[str]:
    """Return `count` identifiers as `many` does, in their text form of 36 characters."""
    return [
        f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
        for text in (f"{value:032x}" for value in _values(count))
    ]


def _values(count: int) -> list[int]:
    if not count:
        return []
    millisecond, first = _clock.reserve(count)
    base = (millisecond << 80) | _VERSION | _VARIANT
    random = memoryview(os.urandom(4 * count)).cast("I")
    return [
        base | (counter >> 30) << 64 | (counter & _LOW_30) << _RANDOM_BITS | noise
        for counter, noise in zip(range(first, first + count), random, strict=True)
    ]
