"""Dates as people and spreadsheets write them, whole columns at once.

Text comes in half-width (`text_columns.half_width`), blanks around it do not matter. Null
stays null. Read are 20180901, 2018-09-01, 2018/9/1, 2018.9.1, 2018年9月1日, each with a
time behind it if need be, and the serial numbers of spreadsheets.
"""

from __future__ import annotations

import polars as pl

DATE_FORMAT = "date-format"
BIRTH_IMPOSSIBLE = "birth-impossible"

_CLOCK = r":[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?Z?"
_TIME = rf"(?:[ T]+[0-9]{{1,2}}{_CLOCK})?"
_COMPACT = rf"^[0-9]{{8}}(?:\.0)?{_TIME}$"
_SPELLED = (
    rf"^(?:[0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}{_TIME}"
    rf"|[0-9]{{4}}年[0-9]{{1,2}}月[0-9]{{1,2}}[日号]?{_TIME}"
    # Where blanks were taken out, a time can only be told from the day when both have two digits.
    rf"|[0-9]{{4}}[-/.][0-9]{{2}}[-/.][0-9]{{2}}[0-9]{{2}}{_CLOCK})$"
)
_COMPACT_MONTH = r"^[0-9]{6}(?:\.0)?$"
# 2026.1 is not read: as a number October has lost its zero.
_SPELLED_MONTH = r"^[0-9]{4}(?:[-/][0-9]{1,2}|\.(?:[0-9]{2}|[2-9])|年[0-9]{1,2}月份?)$"
# Days counted by spreadsheets, right from March 1900 on. Five digits (1927 to 2119): a
# smaller number in a date column is a slip, a year, or a grade.
_SERIAL = r"^[1-9][0-9]{4}(?:\.[0-9]+)?$"
_LAST_SERIAL = 80_000


def parse_dates(expr: pl.Expr) -> pl.Expr:
    """Return the days meant, as Date; null where the text is no date or names no day of the calendar."""
    text = expr.str.strip_chars()
    compact = pl.when(text.str.contains(_COMPACT)).then(text.str.slice(0, 8))
    spelled = pl.when(text.str.contains(_SPELLED)).then(text)
    day = _hyphenated(spelled).str.extract(r"^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})", 1)
    serial = pl.when(text.str.contains(_SERIAL)).then(text.str.slice(0, 5)).cast(pl.Int32, strict=False)
    counted = pl.when(serial <= _LAST_SERIAL).then(pl.date(1899, 12, 30) + pl.duration(days=serial))
    return pl.coalesce(_day(compact, "%Y%m%d"), _day(day, "%Y-%m-%d"), counted)


def date_problem(expr: pl.Expr) -> pl.Expr:
    """Return why `parse_dates` gives null: 'date-format', or 'birth-impossible' (31 February).

    Null where it gives a day, and for empty cells.
    """
    text = expr.str.strip_chars()
    readable = text.str.contains(_COMPACT) | text.str.contains(_SPELLED)
    return (
        pl.when(text.is_null() | (text == "") | parse_dates(expr).is_not_null())
        .then(pl.lit(None, dtype=pl.String))
        .when(readable)
        .then(pl.lit(BIRTH_IMPOSSIBLE))
        .otherwise(pl.lit(DATE_FORMAT))
    )


def parse_months(expr: pl.Expr) -> pl.Expr:
    """Return the first day of the month meant: 202609, 2026-09, 2026年9月 or any full date; else null."""
    text = expr.str.strip_chars()
    compact = pl.when(text.str.contains(_COMPACT_MONTH)).then(text.str.slice(0, 6))
    spelled = pl.when(text.str.contains(_SPELLED_MONTH)).then(text)
    month = _hyphenated(spelled).str.extract(r"^([0-9]{4}-[0-9]{1,2})", 1)
    return pl.coalesce(
        _day(compact + "01", "%Y%m%d"),
        _day(month + "-1", "%Y-%m-%d"),
        parse_dates(expr).dt.truncate("1mo"),
    )


def _hyphenated(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(["年", "月", "/", "."], ["-"] * 4)


def _day(text: pl.Expr, format_: str) -> pl.Expr:
    day = text.str.to_date(format_, strict=False)
    # Year 0 is a number to the parser and no year of the calendar.
    return pl.when(day.dt.year() > 0).then(day)
