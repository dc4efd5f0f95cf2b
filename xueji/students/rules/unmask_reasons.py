"""Why a value is looked at in full: the usual reasons, as a table. What is kept is the label, with words after it.

Source: 《个人信息保护法》 art. 6 (no more than the purpose needs); 《未成年人网络保护条例》 (access of staff is recorded).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SEPARATOR: Final = "："
OTHER: Final = "other"
SHORTEST_WORDS: Final = 2


@dataclass(frozen=True)
class Reason:
    code: str
    zh: str
    en: str


REASONS: Final[tuple[Reason, ...]] = (
    Reason("papers", "核对户口簿或证件", "Checking the household register or a document"),
    Reason("family", "联系家长或监护人", "Contacting a parent or guardian"),
    Reason("business", "为学生办理学籍业务", "Business of the pupil's status"),
    Reason("on-behalf", "应家长要求代查", "Asked for by a parent"),
    Reason("emergency", "突发情况，须联系家庭", "An emergency: the family must be reached"),
    Reason(OTHER, "其他", "Other"),
)
BY_CODE: Final[Mapping[str, Reason]] = {reason.code: reason for reason in REASONS}
_ENGLISH: Final = {reason.zh: reason.en for reason in REASONS}


def reason_text(code: str, words: str) -> str:
    """Return the reason as it is kept; empty for a code that is none, and for “other” without words."""
    words = " ".join(words.split())
    chosen = BY_CODE.get(code)
    if chosen is None:
        return ""
    if chosen.code == OTHER:
        return words if len(words) >= SHORTEST_WORDS else ""
    return f"{chosen.zh}{SEPARATOR}{words}" if words else chosen.zh


def in_both(text: str) -> tuple[str, str]:
    """Return a kept reason in Chinese and English; words that somebody wrote stay as they are."""
    label, separator, words = text.partition(SEPARATOR)
    if label not in _ENGLISH:
        return text, text
    return text, f"{_ENGLISH[label]}: {words}" if separator else _ENGLISH[label]
