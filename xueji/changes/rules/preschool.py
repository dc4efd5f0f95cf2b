"""Kindergarten records (学前教育记录) as an authority imports them: their columns.

A child who enters primary school is found by name and number; what its kindergarten knew
need not be typed again, and a number that it already has (个人标识码) stays its own.

Source: practice of the national system: continuation with pre-school records (学前调档) at the
registration of primary entrants, by identity; matched pupils keep their number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from xueji.changes.rules.roster_columns import BY_KEY
from xueji.spreadsheets.rules.columns import Column

# What a kindergarten's record and a roster have in common, by the roster's own columns.
SHARED: Final = (
    "name",
    "document_type",
    "document_number",
    "sex",
    "birth_on",
    "ethnicity",
    "nationality",
    "overseas",
    "household_division",
    "present_address",
    "phone",
    "member1_name",
    "member1_relation",
    "member1_phone",
    "member1_is_guardian",
    "member2_name",
    "member2_relation",
    "member2_phone",
    "member2_is_guardian",
)
KINDERGARTEN: Final = Column(
    "kindergarten",
    "幼儿园名称",
    "Kindergarten",
    aliases=("幼儿园", "学校名称"),
    required=True,
    width=24,
)
ENTERED: Final = Column("kindergarten_from", "入园日期", "Entered", aliases=("入园年月",))
LEFT: Final = Column("kindergarten_until", "离园日期", "Left", aliases=("离园年月", "毕业日期"))
NUMBER: Final = Column(
    "student_number", "个人标识码", "Personal identifier", aliases=("学籍号", "幼儿学籍号"), width=23
)
# A kindergarten's list need not have more than who the child is and where it was.
REQUIRED: Final = frozenset({"name", "document_number"})
COLUMNS: Final = (
    *(replace(BY_KEY[key].column, required=key in REQUIRED) for key in SHARED),
    KINDERGARTEN,
    ENTERED,
    LEFT,
    NUMBER,
)
KEYS: Final = tuple(column.key for column in COLUMNS)
HEADERS: Final = {column.key: (column.header_zh, column.header_en) for column in COLUMNS}


def kept_number(number: str, document: str | None) -> str | None:
    """Return the student number that a primary entrant keeps from kindergarten, or None.

    A formal number (G) is the one its document makes; with another document it is not kept.
    """
    if len(number) != 19 or number[0] not in "GLJ":
        return None
    if number[0] == "G":
        return number if number[1:] == document else None
    return number
