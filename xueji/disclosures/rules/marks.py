"""Hidden marks of a file that leaves: one of two spellings per cell and row, the order of the rows, a code per row.

What a cell says is the same in both spellings (2019-09-01, 2019/09/01). Which one a row has is
drawn by a keyed hash from the file's secret seed, the number of the row and what the cell says,
so that any fifty rows hold some two hundred choices that no other file made alike. They survive
sorting, cutting, the loss of columns and CSV; where somebody spells a whole column anew, that
column says nothing any more, and the others go on.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SEED_BYTES: Final = 32
# Without letters and digits that are mistaken for one another.
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH: Final = 10
_NUMERALS: Final = "一二三四五六七八九"

# The fields whose cells have two spellings; a name never has.
SPELLED: Final = frozenset(
    "sex birth_on document_type ethnicity grade class entered_on study_mode phone guardian_phone".split()
)

_DATE = re.compile(r"(\d{4})([-/])(\d\d)\2(\d\d)")
_CLASS = re.compile(r"(?:(\d{1,2})班|\((\d{1,2})\)班)")
_PHONE = re.compile(r"(1\d{2})( ?)(\d{4})\2(\d{4})")
_GRADE = re.compile(rf"(?:([{_NUMERALS}])|([1-9]))年级")
_SENIOR = re.compile(r"高(?:([一二三])|([123]))")
_SEXES = {"男": ("男", 0), "女": ("女", 0), "男性": ("男", 1), "女性": ("女", 1)}
_MODES = {"走读": ("走读", 0), "走读生": ("走读", 1), "住校": ("住校", 0), "住校生": ("住校", 1)}
_TYPES = {"居民身份证": ("居民身份证", 0), "身份证": ("居民身份证", 1)}
_PEOPLE = re.compile(r"([\u4e00-\u9fff]{1,5}?)(族?)")
# 民族 that are spelled without 族 as well; the list of peoples is long, and the commonest say enough.
_PEOPLES: Final = frozenset(
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 拉祜 水 东乡 纳西 景颇".split()
)


@dataclass(frozen=True)
class Spelling:
    """What a cell says, apart from how it is spelled: the kind, the plain text, which of two spellings."""

    kind: str
    plain: str
    which: int


def spelling(text: str) -> Spelling | None:
    """Return how a cell is spelled; None for one that has a single spelling."""
    text = text.strip()
    if found := _DATE.fullmatch(text):
        return Spelling("date", "".join((found[1], found[3], found[4])), int(found[2] == "/"))
    if found := _CLASS.fullmatch(text):
        return Spelling("class", str(int(found[1] or found[2])), int(found[1] is None))
    if found := _PHONE.fullmatch(text):
        return Spelling("phone", found[1] + found[3] + found[4], int(found[2] == " "))
    if found := _GRADE.fullmatch(text):
        number = _NUMERALS.index(found[1]) + 1 if found[1] else int(found[2])
        return Spelling("grade", str(number), int(found[1] is None))
    if found := _SENIOR.fullmatch(text):
        number = _NUMERALS.index(found[1]) + 1 if found[1] else int(found[2])
        return Spelling("senior", str(number), int(found[1] is None))
    for kind, known in (("sex", _SEXES), ("mode", _MODES), ("type", _TYPES)):
        if text in known:
            return Spelling(kind, *known[text])
    if (found := _PEOPLE.fullmatch(text)) and found[1] in _PEOPLES:
        return Spelling("people", found[1], int(found[2] == ""))
    return None


def spelled(one: Spelling, which: int) -> str:
    """Return what a cell says in one of its two spellings."""
    plain = one.plain
    match one.kind:
        case "date":
            return ("-", "/")[which].join((plain[:4], plain[4:6], plain[6:]))
        case "class":
            return f"({plain})班" if which else f"{plain}班"
        case "phone":
            return (" " if which else "").join((plain[:3], plain[3:7], plain[7:]))
        case "grade":
            return f"{plain if which else _NUMERALS[int(plain) - 1]}年级"
        case "senior":
            return f"高{plain if which else _NUMERALS[int(plain) - 1]}"
        case "people":
            return plain if which else f"{plain}族"
        case "type":
            return "身份证" if which else plain
        case "sex":
            return f"{plain}性" if which else plain
        case "mode":
            return f"{plain}生" if which else plain
    raise KeyError(one.kind)


def choice(seed: bytes, ordinal: int, one: Spelling) -> int:
    """Return which spelling the row of this number has, 0 or 1: even odds, and the same every time."""
    return _hash(seed, f"spelling|{ordinal}|{one.kind}|{one.plain}")[0] & 1


def marked(seed: bytes, ordinal: int, cells: Sequence[tuple[str, str]]) -> list[str]:
    """Return the cells of a row, given as (field, text), in the spellings of this file.

    Cells of other fields, and those that are not spelled in one of our two ways, stay as they are.
    """
    found = []
    for field, text in cells:
        one = spelling(text) if field in SPELLED else None
        if one is None or spelled(one, one.which) != text:
            found.append(text)
        else:
            found.append(spelled(one, choice(seed, ordinal, one)))
    return found


def order(seed: bytes, keys: Sequence[bytes]) -> list[int]:
    """Return the indexes of rows in this file's own order; `keys` tell the rows apart."""
    return sorted(range(len(keys)), key=lambda at: _hash(seed, "order|" + keys[at].hex()))


def code(seed: bytes, ordinal: int) -> str:
    """Return the code that is printed beside a row: ten letters that no other row of any file has."""
    number = int.from_bytes(_hash(seed, f"code|{ordinal}"), "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, at = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[at])
    return "".join(letters)


def is_code(text: str) -> bool:
    """Return whether a text could be the code of a row."""
    return len(text) == CODE_LENGTH and all(letter in _LETTERS for letter in text)


def draws(seed: bytes, purpose: str) -> Iterator[int]:
    """Yield numbers below 2**32 for a purpose, the same for the same seed."""
    at = 0
    while True:
        block = _hash(seed, f"{purpose}|{at}")
        yield from (int.from_bytes(block[n : n + 4], "big") for n in range(0, 32, 4))
        at += 1


def _hash(seed: bytes, what: str) -> bytes:
    return hmac.new(seed, what.encode(), hashlib.sha256).digest()
