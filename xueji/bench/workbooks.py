"""Rosters to measure with: pupils without fault who are in no registry, in the national or the short layout."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import xlsxwriter

from xueji.changes.rules.roster_columns import NATIONAL, SHORT
from xueji.lib.id_numbers import check_digit
from xueji.organisations.rules.divisions import in_force

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
# The synthetic nation has order codes from 850 on; these are below, and beyond those of real births.
FIRST_ORDER = 800
ORDERS = 50


def pupils(
    count: int, *, seed: int, entry_year: int, classes: Sequence[str], identifier: str
) -> Iterator[dict[str, str]]:
    """Yield `count` pupils with different numbers: first-graders of the year, over the given classes.

    Two seeds below 50 have no number in common, up to a million pupils each.
    """
    draw = random.Random(seed)
    counties = [division.code for division in in_force() if division.level == "county"]
    draw.shuffle(counties)
    first_day = date(entry_year - 7, 9, 1)
    for at in range(count):
        # County and day change with every pupil before the order code does, so no number comes twice.
        county = counties[at % len(counties)]
        born = first_day + timedelta(days=(at // len(counties) + seed) % 365)
        order = FIRST_ORDER + (at // len(counties) // 365 + seed) % ORDERS
        body = f"{county}{born:%Y%m%d}{order:03d}"
        yield {
            "school_identifier": identifier,
            "name": draw.choice(SURNAMES) + "".join(chr(draw.randrange(0x4E00, 0x8000)) for _ in range(2)),
            "sex": "男" if order % 2 else "女",
            "birth_on": f"{born:%Y%m%d}",
            "birth_division": f"{county}000000",
            "native_place": "合成省合成市",
            "ethnicity": "汉族",
            "nationality": "中国",
            "document_type": "居民身份证",
            "overseas": "否",
            "health": "10",
            "political": "13",
            "document_number": body + check_digit(body),
            "household_nature": "1",
            "household_division": f"{county}000000",
            "class_number": classes[at % len(classes)],
            "entered_on": f"{entry_year}09",
            "entry_mode": "就近入学",
            "study_mode": "走读",
            "present_address": f"合成路{at}号",
            "mail_address": f"合成路{at}号",
            "home_address": f"合成路{at}号",
            "phone": f"139{at:08d}",
            "postcode": "316000",
            "only_child": "是",
            "preschool": "是",
            "left_behind": "0",
            "needs_aid": "否",
            "boarder_aid": "否",
            "orphan": "否",
            "martyr_family": "否",
            "distance_km": "1.5",
            "transport": "步行",
            "needs_bus": "否",
            "member1_name": "合成家长",
            "member1_relation": "父亲",
            "member1_phone": f"138{at:08d}",
            "member1_is_guardian": "是",
            "migrant_worker_child": "否",
        }


def workbook(rows: Iterator[dict[str, str]], *, layout: str) -> bytes:
    """Return the pupils as a workbook of a layout, every cell a text."""
    keys: list[Any] = [f.column for f in (NATIONAL if layout == "national" else SHORT)]
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": True, "in_memory": False}) as book:
        sheet = book.add_worksheet()
        for at, column in enumerate(keys):
            sheet.write_string(0, at, column.header_zh)
        for row, pupil in enumerate(rows, start=1):
            for at, column in enumerate(keys):
                text = pupil.get(column.key)
                if text:
                    sheet.write_string(row, at, text)
    return content.getvalue()
