"""Cells hold codes, labels or what people call the thing: all mean the same code."""

from __future__ import annotations

import pytest

from xueji.lib.codes import Code, CodeList

ETHNICITIES = CodeList(
    "ethnicity",
    "GB/T 3304-1991",
    (
        Code("01", "汉族", "Han", ("汉",)),
        Code("02", "蒙古族", "Mongol", ("蒙", "蒙古")),
        Code("10", "朝鲜族", "Korean"),
    ),
)
# Here 1 is a code of its own, and 002 and 02 would both become 2.
MIXED = CodeList(
    "mixed",
    "made up",
    (Code("1", "甲", "A"), Code("01", "乙", "B"), Code("02", "丙", ""), Code("002", "丁", "")),
)


@pytest.mark.parametrize(
    "value", ["01", "1", "汉族", "汉", "Han", "han", "HAN", " 汉族 ", "０１", "汉 族", "Ｈａｎ"]
)
def test_every_spelling_of_a_row_means_its_code(value: str) -> None:
    assert ETHNICITIES.code_of(value) == "01"


@pytest.mark.parametrize("value", ["", " ", "0", "001", "99", "汉人", "2.0"])
def test_what_is_not_in_the_list_means_nothing(value: str) -> None:
    assert ETHNICITIES.code_of(value) is None


def test_a_lost_zero_is_not_guessed_where_two_codes_can_be_meant() -> None:
    assert MIXED.code_of("1") == "1"
    assert MIXED.code_of("01") == "01"
    assert MIXED.code_of("2") is None


def test_a_code_of_noughts_is_found_by_one() -> None:
    assert (
        CodeList("none", "made up", (Code("00", "无", "None"), Code("11", "有", "Some"))).code_of("0") == "00"
    )


def test_every_value_that_is_replaced_in_columns_is_understood_one_by_one() -> None:
    for codes in (ETHNICITIES, MIXED):
        assert {value: codes.code_of(value) for value in codes.code_by_value} == codes.code_by_value


def test_rows_are_found_by_code_and_labels_keep_the_order() -> None:
    assert ETHNICITIES.get("02") == ETHNICITIES.rows[1]
    assert ETHNICITIES.get("2") is None
    assert ETHNICITIES.labels() == ("汉族", "蒙古族", "朝鲜族")
    assert ETHNICITIES.labels("en") == ("Han", "Mongol", "Korean")


def test_a_code_cannot_stand_in_a_list_twice() -> None:
    with pytest.raises(ValueError, match="01"):
        CodeList("twice", "made up", (Code("01", "甲", "A"), Code("01", "乙", "B")))
