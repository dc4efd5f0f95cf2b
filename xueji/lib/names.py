"""Names in Latin letters, to be found by: pinyin without tones, and initials.

One reading a name, the usual one: 单于 chanyu, 单 shan, 曾 zeng. ü is v, as people type it.
The middle dot and everything else that is no letter is left out, Latin letters stay in
lower case without accents, and a character whose reading nobody knows stays itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import polars as pl

from xueji.lib import text_columns
from xueji.lib.text_columns import MIDDLE_DOT

# Surnames that are read otherwise than the dictionary's first reading of their characters.
_SURNAME_READINGS = """
    单:shan 單:shan 解:xie 曾:zeng 仇:qiu 查:zha 区:ou 區:ou 朴:piao 盖:ge 蓋:ge 缪:miao 繆:miao
    乜:nie 覃:qin 翟:zhai 员:yun 員:yun 折:she 种:chong 重:chong 繁:po 秘:bi 祕:bi 洗:xian 召:shao
    晟:cheng 薄:bo 郇:xun 隗:wei 祭:zhai 能:nai 么:yao 不:fou 句:gou 佴:nai 会:gui 會:gui 阚:kan
    角:jue 乐:yue 樂:yue 黑:he 适:kuo 乘:sheng 颉:xie 尉迟:yu-chi 尉遲:yu-chi 万俟:mo-qi 萬俟:mo-qi
    单于:chan-yu 單于:chan-yu 澹台:tan-tai 澹臺:tan-tai 谷浑:yu-hun 库狄:she-di 吐谷:tu-yu
"""
SURNAMES: dict[str, tuple[str, ...]] = {
    surname: tuple(reading.split("-"))
    for surname, _, reading in (pair.partition(":") for pair in _SURNAME_READINGS.split())
}
# Characters that in given names are read otherwise than the dictionary's first reading.
GIVEN_NAMES = {
    "晟": "sheng",
    "都": "du",
    "玚": "yang",
    "瑒": "yang",
    "卜": "bu",
    "贠": "yun",
    "粘": "nian",
}

_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_HAN_WITH_BLANKS = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003347f· ]+")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
# Latin letters in lower case without accents; blanks, signs and accents of their own as nothing.
_LATIN_LETTERS: dict[int, str | None] = {
    code: unicodedata.normalize("NFD", chr(code))[0].lower()
    for code in (*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    if chr(code).isalpha()
}
_NO_LETTERS = (
    *(code for code in range(0xC0) if not chr(code).isalnum()),
    *range(0x300, 0x370),
    *map(ord, "×÷‘’ʻʼ\u3000"),
)


class _Readings(NamedTuple):
    """Tables for str.translate: what is written for each character."""

    syllables: dict[int, str | None]
    initials: dict[int, str | None]


@cache
def _readings() -> _Readings:
    """Return the tables for the 42,000 characters whose reading is known; built once."""
    from pypinyin.pinyin_dict import pinyin_dict  # a fifth of a second that only readers of names pay

    syllables: dict[int, str | None] = {
        character: _without_tones(readings.partition(",")[0]) for character, readings in pinyin_dict.items()
    }
    syllables |= {ord(character): reading for character, reading in GIVEN_NAMES.items()}
    initials: dict[int, str | None] = {
        character: reading[0] for character, reading in syllables.items() if reading
    }
    others = _LATIN_LETTERS | dict.fromkeys(_NO_LETTERS)
    return _Readings(syllables | others, initials | others)


def written(name: str) -> str:
    """Return a name as it is kept: half-width, every variant of the middle dot as `·`, no blanks between ideographs."""
    text = text_columns.squeeze_blanks(text_columns.half_width(pl.lit(name)))
    (kept,) = pl.select(text_columns.middle_dots(text).alias("name"))["name"]
    # Blanks between the characters of a Han name are set for looks only.
    return str(kept).replace(" ", "") if _HAN_WITH_BLANKS.fullmatch(kept) else str(kept)


def pinyin(name: str) -> str:
    """Return the name in pinyin, lower case, in one piece: 单雨桐 → shanyutong."""
    return pinyin_many([name])[0]


def initials(name: str) -> str:
    """Return the first letter of every character, or of every word of a Latin name: 欧阳娜 → oyn."""
    return initials_many([name])[0]


def pinyin_many(names: Sequence[str]) -> list[str]:
    """Return the pinyin of each name, in their order."""
    table = _readings().syllables
    read = []
    for name in names:
        surname = _surname(name)
        read.append("".join(surname) + name[len(surname) :].translate(table))
    return read


def initials_many(names: Sequence[str]) -> list[str]:
    """Return the initials of each name, in their order."""
    table = _readings().initials
    read = []
    for name in names:
        if _LATIN.search(name):
            words = (word[:1] if _LATIN.match(word) else word for word in _BETWEEN_WORDS.split(name))
            read.append("".join(words).translate(table))
        else:
            surname = _surname(name)
            read.append("".join([s[0] for s in surname]) + name[len(surname) :].translate(table))
    return read


def _surname(name: str) -> tuple[str, ...]:
    """Return the syllables of the surname that a name begins with, if it is one with a reading of its own."""
    if MIDDLE_DOT in name:
        return ()  # a name of another language by its sound: 查干 is chagan
    return SURNAMES.get(name[:2]) or SURNAMES.get(name[:1]) or ()


def _without_tones(reading: str) -> str:
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
