"""Widths, blanks and dots put right; names and formulas recognised."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.lib import text_columns

IT = pl.col("it")


def one(expr: pl.Expr, value: str | None) -> object:
    return pl.DataFrame({"it": [value]}, schema={"it": pl.String}).select(expr.alias("out"))["out"].item()


def test_full_width_ascii_becomes_plain() -> None:
    wide = "".join(map(chr, range(0xFF01, 0xFF5F)))
    assert one(text_columns.half_width(IT), wide + "\u3000") == "".join(map(chr, range(0x21, 0x7F))) + " "


@given(st.text().filter(lambda t: not any("\uff01" <= c <= "\uff5e" or c == "\u3000" for c in t)))
def test_width_touches_nothing_else(text: str) -> None:
    assert one(text_columns.half_width(IT), text) == text


@pytest.mark.parametrize("rare", ["\uf9d1", "\ufa0e", "\U0002f800", "⺀", "〇", "㈠", "①"])
def test_rare_characters_are_not_replaced(rare: str) -> None:
    assert one(text_columns.half_width(IT), rare) == rare


def test_some_of_them_would_not_survive_compatibility_forms() -> None:
    assert unicodedata.normalize("NFKC", "\U0002f800") != "\U0002f800"


@pytest.mark.parametrize(
    ("typed", "squeezed", "stripped"),
    [
        ("  张 三  ", "张 三", "张三"),
        ("John \t\n Smith", "John Smith", "JohnSmith"),
        ("张\u3000\u3000三", "张 三", "张三"),
        ("\u00a0330902\u00a0", "330902", "330902"),
        ("\ufeff张\u200b三\u200d", "张三", "张三"),
        ("\u202d13800000000\u202c", "13800000000", "13800000000"),
        (" \u200b ", "", ""),
        ("", "", ""),
    ],
)
def test_blanks_of_every_kind_go(typed: str, squeezed: str, stripped: str) -> None:
    assert one(text_columns.squeeze_blanks(IT), typed) == squeezed
    assert one(text_columns.strip_all_blanks(IT), typed) == stripped


@pytest.mark.parametrize("dot", [*"·•‧∙⋅・･.．。", " · ", "··", "\u3000•"])
def test_every_dot_between_ideographs_becomes_the_middle_dot(dot: str) -> None:
    assert one(text_columns.middle_dots(IT), f"阿依古丽{dot}买买提") == "阿依古丽·买买提"


def test_dots_around_single_ideographs_are_all_found() -> None:
    assert one(text_columns.middle_dots(IT), "阿.卜.杜.拉") == "阿·卜·杜·拉"


@pytest.mark.parametrize("name", ["J. R. Smith", "St.John", "张三", "张三.", ""])
def test_full_stops_elsewhere_stay(name: str) -> None:
    assert one(text_columns.middle_dots(IT), name) == name


@pytest.mark.parametrize("first", list("=+-@\t\r\n＝＋－＠"))
def test_what_a_spreadsheet_might_run_is_recognised(first: str) -> None:
    assert one(text_columns.looks_like_formula(IT), f"{first}HYPERLINK(1)") is True
    assert one(text_columns.looks_like_formula(IT), f"{first}\n") is True


@pytest.mark.parametrize("text", ["=", "-", "张三", "a=b", "13800000000", "", " =1"])
def test_what_no_spreadsheet_runs_is_let_alone(text: str) -> None:
    assert one(text_columns.looks_like_formula(IT), text) is False


@pytest.mark.parametrize(
    "name",
    [
        "张三",
        "欧阳娜娜",
        "张",
        "阿依古丽·买买提",
        "阿卜杜·热合曼·吾买尔",
        "㐂三",
        "𠮷田",
        "李𬱖",
        "王𰻞",
        "王\U000323b0",
        "王\ufa0e",
        "李\U0002f800",
        "张〇",
        "龘",
        "John Smith",
        "O'Brien",
        "O’Brien",
        "Jean-Luc Picard",
        "J. R. Smith",
        "J.R. Smith",
        "José María",
        "Jose\u0301 Ruiz",
        "MÜLLER",
        "Martin Luther King Jr.",
        "Li",
    ],
)
def test_names_of_real_people_are_names(name: str) -> None:
    assert one(text_columns.name_characters_ok(IT), name) is True


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "·",
        "张三1",
        "张三（小）",
        "张?",
        "张*",
        "张\ue000",
        "张\U000f0000",
        "张 三",
        "张·",
        "·张",
        "张··三",
        "张A",
        "Zhang三",
        "John3",
        "X",
        "John  Smith",
        "-John",
        "John-",
        "张\x07",
        "张、三",
        "々",
        "无😀",
        "=cmd",
        "null\x00",
        "张三\n",
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    assert one(text_columns.name_characters_ok(IT), name) is False


def test_empty_cells_stay_empty() -> None:
    for rule in (
        text_columns.half_width,
        text_columns.squeeze_blanks,
        text_columns.strip_all_blanks,
        text_columns.middle_dots,
        text_columns.looks_like_formula,
        text_columns.name_characters_ok,
    ):
        assert one(rule(IT), None) is None


@given(st.text())
def test_putting_right_twice_changes_nothing_more(text: str) -> None:
    for rule in (
        text_columns.half_width,
        text_columns.squeeze_blanks,
        text_columns.strip_all_blanks,
        text_columns.middle_dots,
    ):
        once = one(rule(IT), text)
        assert isinstance(once, str)
        assert one(rule(IT), once) == once
