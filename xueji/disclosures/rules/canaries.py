"""Invented pupils (诱饵行) in a file that leaves: whoever has one has this file.

They are made up and nobody's: order codes of resident numbers from 900 on, as everywhere in this
project for what is made up. Each is drawn from the file's seed, and kept, so that one that turns
up anywhere says whose file it came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from xueji.disclosures.rules.marks import draws
from xueji.lib.id_numbers import check_digit

FEWEST, MOST = 3, 10
# One more invented pupil for so many real ones.
REAL_PER_CANARY: Final = 50
_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹"
_FIRST = "子浩宇雨欣梓诗一佳思俊嘉文博雅明晨若天静"
_SECOND = "轩涵宸萱睿琪怡瑶洋彤诺妍熙航霖晴宁然桐悦"
_STREETS = ("解放路", "人民路", "建设路", "中山路", "文化路", "新华路")


@dataclass(frozen=True)
class Canary:
    """An invented pupil: the resident number, and the values of a file's fields."""

    number: str
    values: Mapping[str, str]


def count_for(rows: int) -> int:
    """Return how many invented pupils go among so many real ones: three to ten."""
    return min(MOST, FEWEST + rows // REAL_PER_CANARY)


def invent(seed: bytes, ordinal: int, like: Mapping[str, str]) -> Canary:
    """Return an invented pupil who sits where the pupil with the values `like` does.

    `like` gives school, grade, class and the year of birth (`birth_on` as 2019-09-01); everything
    that could name a person is drawn anew.
    """
    drawn = draws(seed, f"canary|{ordinal}")

    def pick(choices: Sequence[str]) -> str:
        return choices[next(drawn) % len(choices)]

    year = like["birth_on"][:4]
    born = date(int(year), 1, 1) + timedelta(days=next(drawn) % 365)
    is_boy = next(drawn) % 2 == 0
    order = 900 + (next(drawn) % 50) * 2 + int(is_boy)
    division = like.get("division", "110101")
    first = f"{division}{born:%Y%m%d}{order:03d}"
    number = first + check_digit(first)
    name = pick(_FAMILY) + pick(_FIRST) + pick(_SECOND)
    phone = f"1990000{next(drawn) % 10_000:04d}"
    values = dict(like) | {
        "name": name,
        "sex": "男" if is_boy else "女",
        "birth_on": str(born),
        "document_type": "居民身份证",
        "document_number": number,
        "student_number": f"G{number}",
        "ethnicity": "汉族",
        "present_address": f"{pick(_STREETS)}{900 + next(drawn) % 100}号",
        "phone": phone,
        "guardian": name[0] + pick(_FIRST) + pick(_SECOND),
        "guardian_phone": phone,
    }
    return Canary(number, values)
