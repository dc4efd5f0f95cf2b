"""A cap on how often something may be asked: a bucket that fills evenly, and whoever asks too much waits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

LOG = logging.getLogger("xueji.caps")
SECONDS_BETWEEN_WARNINGS = 60.0


class RateCap:
    """So many a second in the long run, after `burst` at once.

    Asking for more than is there goes into debt and waits until it is paid, so that one large question
    passes slowly and never fails. The first wait of a minute is a line in the log.
    """

    def __init__(
        self,
        what: str,
        per_second: float,
        burst: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.what, self.per_second, self.burst = what, per_second, burst
        self._clock, self._wait = clock, wait
        self._lock = threading.Lock()
        self._left, self._at = burst, clock()
        self._warned_at = float("-inf")

    def take(self, number: int) -> float:
        """Take so many, waiting as long as it needs; return the seconds waited."""
        with self._lock:
            now = self._clock()
            self._left = min(self.burst, self._left + (now - self._at) * self.per_second)
            self._at = now
            self._left -= number
            seconds = max(0.0, -self._left / self.per_second)
            warns = seconds > 0 and now - self._warned_at >= SECONDS_BETWEEN_WARNINGS
            if warns:
                self._warned_at = now
        if warns:
            LOG.warning("%s: the cap of %s a second is reached", self.what, self.per_second)
        if seconds:
            self._wait(seconds)
        return seconds
