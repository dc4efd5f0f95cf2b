"""How large a workbook may be, and what its opening may cost.

Measured with xlsxwriter files of 71 filled columns: 100,000 rows are 308 MB of sheet
XML in a 28 MB file (ratio 11), a sheet of nothing but one repeated text has ratio 24,
and opening takes 1.1 GB of address space beside the 1 GB that the libraries reserve.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_ROWS = 200_000
MAX_FILE_BYTES = 128 << 20
MAX_ENTRIES = 200
MAX_DIRECTORY_BYTES = 1 << 20
MAX_DECLARED_BYTES = 1 << 30
MAX_RATIO = 100
RATIO_COUNTS_FROM_BYTES = 4 << 20  # small parts compress without harm
MAX_INDEX_PART_BYTES = 4 << 20  # workbook.xml and its relations


@dataclass(frozen=True)
class OpeningLimits:
    """What the child process that opens a workbook may use."""

    memory_bytes: int
    seconds: int


def opening_limits(declared_bytes: int) -> OpeningLimits:
    """Return the limits for a workbook whose parts unpack to `declared_bytes`.

    From 1.25 GiB and 10 s for a small one to 4 GiB and 120 s for the largest allowed.
    """
    memory = (1280 << 20) + 6 * declared_bytes
    seconds = 10 + declared_bytes // (8 << 20)
    return OpeningLimits(min(memory, 4 << 30), min(seconds, 120))
