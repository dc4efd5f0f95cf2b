"""The kinds of change (学籍变动): one row each. A new kind is a rules file of its own and a row here."""

from __future__ import annotations

from typing import Final

from xueji.status.rules import (
    abroad,
    claim,
    class_change,
    correction,
    death,
    demotion,
    dropout,
    expulsion,
    extension,
    key_data,
    missing,
    placement,
    programme,
    repetition,
    restoration,
    resumption,
    returning,
    skipping,
    special_education,
    suspension,
    transfer,
    withdrawal,
)
from xueji.status.rules.kind import Kind

KINDS: Final[tuple[Kind, ...]] = (
    transfer.KIND,
    suspension.KIND,
    extension.KIND,
    resumption.KIND,
    withdrawal.KIND,
    expulsion.KIND,
    demotion.KIND,
    repetition.KIND,
    skipping.KIND,
    abroad.KIND,
    missing.KIND,
    dropout.KIND,
    returning.KIND,
    death.KIND,
    restoration.KIND,
    claim.KIND,
    key_data.KIND,
    correction.KIND,
    class_change.KIND,
    special_education.KIND,
    programme.KIND,
    programme.END,
    placement.KIND,
    placement.END,
)
BY_CODE: Final = {kind.code: kind for kind in KINDS}


def clashes(kind: str, other: str) -> bool:
    """Return whether two changes of one pupil may not be open at once. Drafts never clash.

    What is discreet stands in nobody's way: that something is in the way would tell of it.
    """
    one, two = BY_CODE[kind], BY_CODE[other]
    if kind == other:
        return True
    if one.is_discreet or two.is_discreet or one.is_beside_all or two.is_beside_all:
        return False
    return other not in one.beside and kind not in two.beside
