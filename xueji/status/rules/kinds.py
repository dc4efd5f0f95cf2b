"""The kinds of change (学籍变动): one row each. A new kind is a rules file of its own and a row here."""

from __future__ import annotations

from typing import Final

from xueji.status.rules import resumption, suspension, transfer
from xueji.status.rules.kind import Kind

KINDS: Final[tuple[Kind, ...]] = (
    transfer.KIND,
    suspension.KIND,
    resumption.KIND,
)
BY_CODE: Final = {kind.code: kind for kind in KINDS}


def clashes(kind: str, other: str) -> bool:
    """Return whether two changes of one pupil may not be open at once. Drafts never clash."""
    return kind == other or not (other in BY_CODE[kind].beside or kind in BY_CODE[other].beside)
