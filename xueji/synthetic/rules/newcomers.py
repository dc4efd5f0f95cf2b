"""Children who are not in the registry yet: rows of rosters to try out."""

from __future__ import annotations

import numpy as np

from xueji.synthetic.rules import names, numbers, peoples
from xueji.synthetic.rules.drawing import Days, Flags, Ints, Rng, Urn, ranks
from xueji.synthetic.rules.population import ROADS, window

STUDY_MODES = Urn.of({"走读": 0.85, "住校": 0.15})


def draw_newcomers(
    rng: Rng, *, division: str, full_name: str, grade: int, school_year: int, n: int
) -> list[dict[str, str]]:
    """Return `n` children of a grade, by the headers of the short template but for their class.

    Their numbers have order codes of their own, so that none is in the loaded nation; two
    draws of the same county and grade may have some in common. Raises ValueError for more
    children than there are numbers.
    """
    start, days = window(np.full(n, grade), school_year)
    births = start + (rng.random(n) * days).astype(np.int64)
    is_boy = rng.random(n) < 0.52
    births, orders = _orders(births, is_boy, start, days)
    number = numbers.resident_numbers(np.full(n, int(division)), births, orders)
    people = np.full(n, peoples.HAN, dtype=object)
    families = names.draw_families(rng, division, people)
    surname, given = names.draw_children(rng, families, np.arange(n), is_boy, np.zeros(n, dtype=bool))
    phones = numbers.phones(rng.integers(0, 6 * 10**8, n))
    road, house = ROADS.draw(rng, n), rng.integers(1, 300, n)
    modes = STUDY_MODES.draw(rng, n)
    entry = "统一招生考试/普通入学" if grade >= 10 else "就近入学"
    return [
        {
            "姓名": surname[i] + given[i],
            "身份证件类型": "居民身份证",
            "身份证件号": number[i],
            "民族": "汉族",
            "国籍/地区": "中国",
            "港澳台侨外": "否",
            "入学方式": entry,
            "就读方式": modes[i],
            "现住址": f"{full_name}{road[i]}{house[i]}号",
            "联系电话": phones[i],
            "成员1姓名": families.father[i],
            "成员1关系": "父亲",
            "成员1联系电话": phones[i],
        }
        for i in range(n)
    ]


def _orders(births: Days, is_boy: Flags, start: Days, days: Ints) -> tuple[Days, Ints]:
    """Return birthdays and order codes of which none is used twice: a full day hands on to the next."""
    if len(births) > 2 * numbers.NEWCOMERS_PER_SEX * 365 * 0.8:
        raise ValueError("there are not so many numbers for one grade of one county")
    while True:
        rank = ranks(births, is_boy)
        full = rank >= numbers.NEWCOMERS_PER_SEX
        if not full.any():
            return births, numbers.NEWCOMER + 2 * rank + is_boy
        offset = (births[full] - start[full]).astype(np.int64) + 1
        births[full] = start[full] + offset % days[full]
