"""Citizen identity numbers, whole columns at once: the rules of `id_numbers` as polars expressions.

Null stays null; text that has not the shape of a number is False or null, never an error.
"""

from __future__ import annotations

import polars as pl

from xueji.lib.id_numbers import FEMALE, LENGTH, MALE

_SHAPE = r"^[0-9]{17}[0-9X]$"


def shape_ok(col: pl.Expr) -> pl.Expr:
    """Return whether the text is seventeen digits and a digit or X."""
    return col.str.contains(_SHAPE)


def check_digit_ok(col: pl.Expr) -> pl.Expr:
    """Return whether the eighteenth character fits the seventeen digits; False where the shape is wrong."""
    # The weights are the powers of two modulo eleven, and thirteen is two modulo eleven: so the
    # seventeen digits, read once in base thirteen, hold the whole weighted sum in their remainder.
    read = col.str.slice(0, LENGTH - 1).str.to_integer(base=13, dtype=pl.Int64, strict=False)
    total = 2 * (read % 11)
    last = col.str.slice(LENGTH - 1)
    given = pl.when(last == "X").then(pl.lit("10")).otherwise(last).cast(pl.Int64, strict=False)
    # The characters 1 0 X 9 8 ... 2 run down from one.
    fits = ((12 - total % 11) % 11 == given).fill_null(False)
    return shape_ok(col) & (fits | col.is_null())


def birth_text(col: pl.Expr) -> pl.Expr:
    """Return the eight digits of the birth date, year first; shorter text gives what it has."""
    return col.str.slice(6, 8)


def sex_code(col: pl.Expr) -> pl.Expr:
    """Return '1' (male) or '2' (female) by the seventeenth digit; null where the shape is wrong."""
    digit = col.str.slice(16, 1).cast(pl.Int8, strict=False)
    return pl.when(shape_ok(col)).then(pl.when(digit % 2 == 1).then(pl.lit(MALE)).otherwise(pl.lit(FEMALE)))
