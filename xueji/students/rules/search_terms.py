"""What somebody who looks for a pupil typed: the beginning of a name, of its pinyin, or a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from xueji.lib.id_numbers import normalised
from xueji.lib.names import pinyin

LONGEST: Final = 100
LONG_NAME: Final = 5  # names of so many characters have parts, joined by dots
MIDDLE_DOTS: Final = str.maketrans(dict.fromkeys("•‧∙⋅・･ᐧ●．.", "·"))

# Letters of one latin word: what is typed for pinyin, initials or a foreign name.
LETTERS: Final = re.compile(r"[a-zü'’ -]+", re.IGNORECASE)
NUMBER: Final = re.compile(r"[0-9A-Z()/-]*[0-9][0-9A-Z()/-]*")
SHORTEST_NUMBER: Final = 4  # of a document; shorter than that it is a slip of the keyboard

# No syllable begins with these, so what holds one of them cannot be initials.
NEVER_INITIAL: Final = frozenset("iuv")
# What a syllable can begin with, as far as two consonants: 中 zhong, 陈 chen, 沈 shen.
TWO_CONSONANTS: Final = frozenset({"zh", "ch", "sh"})
VOWELS: Final = frozenset("aeiouv")


class Field(StrEnum):
    """The column that a term is looked for in."""

    NAME = "name"
    PINYIN = "pinyin"
    INITIALS = "initials"


class Kind(StrEnum):
    NAME = "name"
    LETTERS = "letters"
    NUMBER = "number"


@dataclass(frozen=True)
class Term:
    """What was typed, as it is compared, and the columns to look in, the likelier one first."""

    kind: Kind
    text: str
    fields: tuple[Field, ...] = ()


def term_of(typed: str) -> Term | None:
    """Return what was typed as a term; None when nothing was.

    Han characters are the beginning of a name, long ones without dots of its reading; Latin letters of pinyin or initials (or of
    a name that is Latin itself, which is kept in both); whatever has a digit is a number.
    """
    typed = typed.strip()[:LONGEST]
    number = normalised(typed)
    if not number:
        return None
    if NUMBER.fullmatch(number):
        return Term(Kind.NUMBER, number)
    half_width = number.casefold()
    if LETTERS.fullmatch(half_width):
        letters = re.sub(r"['’-]", "", half_width).replace("ü", "v")
        return Term(Kind.LETTERS, letters, fields_of(letters)) if letters else None
    name = "".join(typed.split()).translate(MIDDLE_DOTS)
    if len(name) >= LONG_NAME and "·" not in name:
        # Hardly anybody types the dots of 艾力·买买提; the reading of a name has none.
        return Term(Kind.LETTERS, pinyin(name), (Field.PINYIN,))
    return Term(Kind.NAME, name, (Field.NAME,))


def fields_of(letters: str) -> tuple[Field, ...]:
    """Return where letters can stand: in pinyin, in initials, or in either."""
    if len(letters) == 1 or NEVER_INITIAL & set(letters):
        return (Field.PINYIN,)
    if VOWELS & set(letters) or letters in TWO_CONSONANTS:
        return (Field.PINYIN, Field.INITIALS)
    return (Field.INITIALS,)


def after_prefix(prefix: str) -> str:
    """Return the first text that sorts, by code point, after everything with this prefix.

    A range is what an index and a row policy answer together; LIKE is not.
    """
    last = ord(prefix[-1]) + 1
    if 0xD800 <= last <= 0xDFFF:
        last = 0xE000  # surrogates are no characters
    return (
        prefix[:-1] + chr(last)
        if last <= 0x10FFFF
        else after_prefix(prefix[:-1])
        if prefix[:-1]
        else "\U0010ffff"
    )
