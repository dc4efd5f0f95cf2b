"""How often something may be tried, so that nobody finds out by trying. Source: 《办法》 art. 24; practice of open counters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final


@dataclass(frozen=True)
class Limit:
    """So many tries in each whole window of time."""

    what: str
    most: int
    window: timedelta

    def since(self, now: datetime) -> datetime:
        """Return when the window began that `now` lies in."""
        seconds = int(self.window.total_seconds())
        return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


HOUR: Final = timedelta(hours=1)
# Codes of families looked up from one address, and looked up in vain by everybody together. A code has 100 bits.
LOOKS_OF_ADDRESS: Final = Limit("track_address", 60, HOUR)
MISSES_OF_ALL: Final = Limit("track_all", 20_000, HOUR)
