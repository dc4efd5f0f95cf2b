"""The kinds of change (学籍变动): one row each. A new kind is a rules file of its own and a row here."""

from __future__ import annotations

from typing import Final

from xueji.status.rules import key_data, resumption, suspension, transfer
from xueji.status.rules.kind import Kind

KINDS: Final[tuple[Kind, ...]] = (
    transfer.KIND,
    suspension.KIND,
    resumption.KIND,
    key_data.KIND,
)
BY_CODE: Final = {kind.code: kind for kind in KINDS}


def clashes(kind: str, other: str) -> bool:
    """Return whether two changes of one pupil may not be open at once. Drafts never clash.

    What is discreet stands in nobody's way: that something is in the way would tell of it.
    """
    if BY_CODE[kind].is_discreet or BY_CODE[other].is_discreet:
        return kind == other
    return kind == other or not (other in BY_CODE[kind].beside or kind in BY_CODE[other].beside)
