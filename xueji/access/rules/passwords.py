"""What a password must be, and for how long it may be used.

Length counts characters, of any script; there are no rules about kinds of characters. What
is short needs a second factor beside it. Age is a demand of the Measures and of GB/T 22239,
against NIST SP 800-63B-4 and ASVS 6.2.10: see docs/decisions/0018.

Sources: 中小学生学籍管理办法 art. 24 (定期更改账号密码); GB/T 22239-2019 8.1.4.1;
NIST SP 800-63B-4 3.1.1 (15 characters alone, 8 with a second factor; block list).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import date, timedelta
from difflib import SequenceMatcher
from typing import Final

SHORTEST_ALONE: Final = 15
SHORTEST_WITH_SECOND_FACTOR: Final = 8
LONGEST: Final = 128
REMEMBERED: Final = 5  # passwords that may not come again
OLDEST_DAYS: Final = 180  # the default of a parameter
TOO_ALIKE: Final = 0.8

# Words that everybody here would try first; lists of the world's common passwords come beside them.
WORDS: Final = frozenset(
    """xueji xueshi xuesheng xuexiao laoshi jiaoyu jiaoyuju jiaoshi xiaoxue zhongxue zhongguo beijing
    woaini woaizhongguo nihao password passw0rd admin administrator root qwerty qwertyuiop asdfgh asdfghjkl
    zxcvbn zxcvbnm abcdef abcdefg letmein welcome iloveyou 学籍 学生 学校 老师 教育 教育局 密码 管理员 我爱中国 中国""".split()
)
RUNS: Final = ("0123456789012345678901234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def shortest(*, has_second_factor: bool) -> int:
    """Return how many characters a password needs at least."""
    return SHORTEST_WITH_SECOND_FACTOR if has_second_factor else SHORTEST_ALONE


def plain(password: str) -> str:
    """Return a password as the block list reads it: width and case do not matter."""
    return unicodedata.normalize("NFKC", password).casefold()


def is_blocked(password: str, common: Collection[str] = (), own: Collection[str] = ()) -> bool:
    """Return whether anybody would guess it: a common password, or a known word with a number before or after it.

    `common` are passwords in lower case; `own` are words of the person, such as name and user name.
    One character or a short piece said over and over is no password either, nor is a walk
    along the keyboard.
    """
    text = plain(password)
    rest = text
    for word in own:
        rest = rest.replace(plain(word), "") if len(word) > 1 else rest
    if rest != text and len(rest) < SHORTEST_WITH_SECOND_FACTOR:
        return True
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    if text in common or core in WORDS or core in common:
        return True
    if len(core) < 4 and len(text) < SHORTEST_ALONE:
        return True
    if re.fullmatch(r"(.{1,4}?)\1+.{0,3}", text):
        return True
    return any(text in run or text in run[::-1] for run in RUNS)


def is_too_alike(new: str, old: str) -> bool:
    """Return whether a new password is the old one with little changed."""
    return SequenceMatcher(None, plain(new), plain(old)).ratio() >= TOO_ALIKE


def last_day(set_on: date, days: int) -> date | None:
    """Return the last day on which a password may be used; None where it does not age (`days` 0)."""
    return set_on + timedelta(days=days) if days else None


def must_change(set_on: date, *, days: int, today: date) -> bool:
    """Return whether a password is past its last day."""
    last = last_day(set_on, days)
    return last is not None and today > last
