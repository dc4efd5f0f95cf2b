"""Why a desk gives a roster, or a pupil of one, back to the school: the usual reasons, as a table.

What is kept is the Chinese label, with the desk's own words after it: the school reads it as it
stands, also on paper.
"""

from __future__ import annotations

from dataclasses import dataclass

SEPARATOR = "："
OTHER = "other"


@dataclass(frozen=True)
class Reason:
    code: str
    zh: str
    en: str


REASONS: tuple[Reason, ...] = (
    Reason("not-arrived", "未到校报到", "Has not come to school"),
    Reason(
        "data-wrong", "信息与户口簿或证件不一致", "Does not agree with the household register or document"
    ),
    Reason("class-wrong", "班级有误", "Wrong class"),
    Reason("papers-missing", "证明材料不全", "Papers are missing"),
    Reason("age", "年龄不合入学条件，未作说明", "Age outside the conditions of entry, without explanation"),
    Reason("admission", "不在招生录取名单中", "Not on the list of admissions"),
    Reason("reported-twice", "重复上报", "Reported twice"),
    Reason(OTHER, "其他", "Other"),
)

BY_CODE = {reason.code: reason for reason in REASONS}
_ENGLISH = {reason.zh: reason.en for reason in REASONS}


def reason_text(code: str, words: str) -> str:
    """Return the reason as it is kept; empty when none was chosen and nothing written.

    "Other" says nothing by itself: without words it is no reason.
    """
    words = " ".join(words.split())
    chosen = BY_CODE.get(code)
    if chosen is None or chosen.code == OTHER:
        return words
    return f"{chosen.zh}{SEPARATOR}{words}" if words else chosen.zh


def in_both(text: str) -> tuple[str, str]:
    """Return a kept reason in Chinese and English; the desk's own words stay as they are."""
    label, separator, words = text.partition(SEPARATOR)
    if label not in _ENGLISH:
        return text, text
    return text, f"{_ENGLISH[label]}: {words}" if separator else _ENGLISH[label]
