"""Dates and months in the ways that schools write them."""

from __future__ import annotations

import re
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.lib import date_columns

IT = pl.col("it")


def one(expr: pl.Expr, value: str | None) -> object:
    return pl.DataFrame({"it": [value]}, schema={"it": pl.String}).select(expr.alias("out"))["out"].item()


def read(text: str | None) -> object:
    return one(date_columns.parse_dates(IT), text)


def problem(text: str | None) -> object:
    return one(date_columns.date_problem(IT), text)


@pytest.mark.parametrize(
    "text",
    [
        "20180901",
        "20180901.0",
        "2018-09-01",
        "2018-9-1",
        "2018/9/1",
        "2018/09/01",
        "2018.9.1",
        "2018年9月1日",
        "2018年09月01日",
        "2018年9月1号",
        " 2018-09-01 ",
        "2018-09-01 00:00:00",
        "2018-09-01 00:00:00.000",
        "2018-09-01T00:00:00",
        "2018-09-01T08:30:00Z",
        "2018-09-0100:00:00",
        "2018/9/1 0:00",
        "43344",
        "43344.0",
        "43344.5",
    ],
)
def test_the_first_of_september_is_understood(text: str) -> None:
    assert read(text) == date(2018, 9, 1)
    assert problem(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "20180230",
        "2018-02-30",
        "2018/13/1",
        "2019-2-29",
        "2018年4月31日",
        "20180001",
        "0000-01-01",
        "2018-09-00",
    ],
)
def test_days_that_no_calendar_has_are_impossible(text: str) -> None:
    assert read(text) is None
    assert problem(text) == "birth-impossible"


@pytest.mark.parametrize(
    "text",
    [
        "2018",
        "201809",
        "180901",
        "18-9-1",
        "1/9/2018",
        "2018-09",
        "9月1日",
        "5",
        "9999",
        "80001",
        "-43344",
        "+2018-9-1",
        "2018-9-1x",
        "20180901 oder so",
        "2018-9-100:00:00",
        "二〇一八年九月一日",
        "abc",
    ],
)
def test_text_in_no_known_format_is_named_so(text: str) -> None:
    assert read(text) is None
    assert problem(text) == "date-format"


@pytest.mark.parametrize("empty", [None, "", " "])
def test_an_empty_cell_is_no_date_and_no_problem(empty: str | None) -> None:
    assert read(empty) is None
    assert problem(empty) is None


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_day_is_understood_in_every_format(day: date) -> None:
    y, m, d = day.year, day.month, day.day
    texts = [
        f"{day:%Y%m%d}",
        f"{day:%Y-%m-%d}",
        f"{y}/{m}/{d}",
        f"{y}.{m}.{d}",
        f"{y}年{m}月{d}日",
        f"{day} 00:00:00",
    ]
    frame = pl.DataFrame({"it": texts}).select(date_columns.parse_dates(IT).alias("out"))
    assert frame["out"].to_list() == [day] * len(texts)


@given(st.integers(10_000, 80_000))
def test_serial_numbers_count_days_as_spreadsheets_do(serial: int) -> None:
    assert read(str(serial)) == date(1899, 12, 30) + timedelta(days=serial)


@given(st.text("0123456789-/.年月日 :T", max_size=22) | st.text(max_size=12))
def test_text_is_a_day_a_problem_or_empty_and_never_two_of_them(text: str) -> None:
    # Python counts the separators of records as blanks; Unicode, and so the columns, do not.
    is_empty = re.fullmatch(r"[^\S\x1c-\x1f]*", text) is not None
    ways = [read(text) is not None, problem(text) is not None, is_empty]
    assert ways.count(True) == 1


@pytest.mark.parametrize(
    "text",
    [
        "202609",
        "202609.0",
        "2026-09",
        "2026-9",
        "2026/9",
        "2026.09",
        "2026.9",
        "2026年9月",
        "2026年09月份",
        "20260901",
        "2026-09-30",
        "2026-09-01 00:00:00",
        "46266",
    ],
)
def test_a_month_is_its_first_day(text: str) -> None:
    assert one(date_columns.parse_months(IT), text) == date(2026, 9, 1)


@pytest.mark.parametrize("text", ["202613", "2026-00", "2026", "9月", "2026.1", "2026-09-31", "", None, "x"])
def test_what_is_no_month_is_null(text: str | None) -> None:
    assert one(date_columns.parse_months(IT), text) is None
