"""Identity numbers, one at a time and in columns: both must say the same."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from xueji.lib import date_columns, id_columns, id_numbers, text_columns
from xueji.lib.id_numbers import Kind

DIVISIONS = frozenset({"330902", "110103"})

seventeen_digits = st.text("0123456789", min_size=17, max_size=17)
numbers = seventeen_digits.map(lambda digits: digits + id_numbers.check_digit(digits))
born = st.dates(date(1, 1, 1)).map(lambda day: f"{day.year:04}{day.month:02}{day.day:02}")
days = st.text("0123456789", min_size=8, max_size=8) | born
# Near misses are what matters: right and wrong shapes, dates and check digits in one pot.
anything = (
    numbers
    | st.text("0123456789Xx", max_size=20)
    | st.text(max_size=20)
    | st.builds(
        lambda p, d, s: p + d + s, st.just("330902"), days, st.text("0123456789X", min_size=4, max_size=4)
    )
)


def column(expr: pl.Expr, values: list[str | None]) -> list[object]:
    return pl.DataFrame({"it": values}, schema={"it": pl.String}).select(expr.alias("out"))["out"].to_list()


IT = pl.col("it")


def test_every_check_character_has_numbers_it_belongs_to() -> None:
    # Counting up the serial of one birth date passes through all eleven remainders.
    found = {id_numbers.check_digit(f"33090220180901{serial:03}"): serial for serial in range(100)}
    assert set(found) == set("0123456789X")


@pytest.mark.parametrize("remainder", range(11))
def test_each_remainder_has_the_character_of_the_standard(remainder: int) -> None:
    # The first weight is 7, so the first digits alone give remainders; the tenth weight (3) fills the rest.
    digits = next(
        f"{a}00000000{b}0000000" for a in range(10) for b in range(10) if (7 * a + 3 * b) % 11 == remainder
    )
    assert id_numbers.check_digit(digits) == "10X98765432"[remainder]


@given(seventeen_digits)
def test_the_check_digit_is_the_one_of_an_independent_library(digits: str) -> None:
    assert id_numbers.check_digit(digits) == ric.calc_check_digit(digits + "0")


@pytest.mark.parametrize(
    "wrong", ["", "3309022018090100", "33090220180901000X", "3309022018090100X", "３" * 17]
)
def test_a_check_digit_belongs_to_seventeen_digits_only(wrong: str) -> None:
    with pytest.raises(ValueError, match="seventeen"):
        id_numbers.check_digit(wrong)


@given(numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_is_always_noticed(number: str, place: int, character: str) -> None:
    changed = number[:place] + character + number[place + 1 :]
    noticed = "id-check-digit" in id_numbers.problems(changed, divisions=DIVISIONS)
    assert noticed == (changed != number)


@given(numbers, st.integers(0, 16))
def test_two_neighbours_changed_over_are_always_noticed(number: str, place: int) -> None:
    changed = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    noticed = "id-check-digit" in id_numbers.problems(changed, divisions=DIVISIONS)
    assert noticed == (changed != number)


def with_check(digits: str) -> str:
    return digits + id_numbers.check_digit(digits)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(with_check("33090220180901123"), [], id="right"),
        pytest.param(with_check("11010320180901123"), [], id="retired-division"),
        pytest.param(with_check("81000020180901123"), [], id="hong-kong-permit"),
        pytest.param(with_check("82000020180901123"), [], id="macao-permit"),
        pytest.param(with_check("83000020180901123"), [], id="taiwan-permit"),
        pytest.param(with_check("91112420180901123"), [], id="foreign-permanent-resident"),
        pytest.param("330902180901123", ["id-length"], id="fifteen-digits"),
        pytest.param("", ["id-length"], id="empty"),
        pytest.param("33090220180901123A", ["id-check-digit"], id="letter-at-the-end"),
        pytest.param("3309022018090112X3", ["id-check-digit"], id="x-inside"),
        pytest.param(
            with_check("99999920180901123")[:17] + "A", ["id-check-digit"], id="letter-beats-the-rest"
        ),
        pytest.param(with_check("33099920180901123"), ["id-division"], id="unknown-division"),
        pytest.param(with_check("81010120180901123"), ["id-division"], id="no-division-of-hong-kong"),
        pytest.param(with_check("33090220180231123"), ["birth-impossible"], id="thirty-first-of-february"),
        pytest.param(with_check("33090220190229123"), ["birth-impossible"], id="no-leap-year"),
        pytest.param(with_check("33090200000101123"), ["birth-impossible"], id="year-nought"),
    ],
)
def test_what_is_wrong_with_a_number(number: str, expected: list[str]) -> None:
    assert id_numbers.problems(number, divisions=DIVISIONS) == expected


def test_a_number_can_be_wrong_in_several_ways() -> None:
    right = with_check("33099920180231123")
    wrong = right[:17] + ("0" if right[17] != "0" else "1")
    assert id_numbers.problems(wrong, divisions=DIVISIONS) == [
        "id-check-digit",
        "id-division",
        "birth-impossible",
    ]


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ("330902", Kind.RESIDENT),
        ("810000", Kind.HONG_KONG),
        ("820000", Kind.MACAO),
        ("830000", Kind.TAIWAN),
        ("911124", Kind.FOREIGN),
    ],
)
def test_the_first_digits_tell_whose_card_it_is(first: str, kind: Kind) -> None:
    assert id_numbers.kind(with_check(f"{first}20180901123")) is kind


def test_a_number_says_birth_date_sex_and_division() -> None:
    boy, girl = with_check("33090220180901123"), with_check("33090220180901124")
    assert (id_numbers.birth_on(boy), id_numbers.sex(boy), id_numbers.division(boy)) == (
        date(2018, 9, 1),
        "1",
        "330902",
    )
    assert id_numbers.sex(girl) == "2"


def test_what_has_not_the_shape_says_nothing() -> None:
    assert id_numbers.kind("E12345678") is None
    assert id_numbers.birth_on("E12345678") is None
    with pytest.raises(ValueError, match="shape"):
        id_numbers.sex("E12345678")


@pytest.mark.parametrize(
    "typed",
    [
        "33090220180901002x",
        " 330902 20180901 002X\t",
        "３３０９０２２０１８０９０１００２ｘ",
        "\u202d33090220180901002X\u202c",
        "\ufeff330902\u00a020180901\u3000002\u200bx",
    ],
)
def test_a_number_is_compared_without_blanks_width_and_case(typed: str) -> None:
    assert id_numbers.normalised(typed) == "33090220180901002X"


@given(st.text("0189xXaZ -　０９ｘ．\u00a0\u200b\u202d\ufeff\t\n\x1c\x85ß（)", max_size=20))
def test_columns_are_normalised_like_single_numbers(text: str) -> None:
    expr = text_columns.strip_all_blanks(text_columns.half_width(IT)).str.to_uppercase()
    assert column(expr, [text]) == [id_numbers.normalised(text)]


@given(st.lists(anything, min_size=1, max_size=20))
def test_columns_judge_shape_and_check_digit_like_single_numbers(values: list[str]) -> None:
    shapes = [id_numbers.has_shape(v) for v in values]
    checks = [id_numbers.has_shape(v) and v[17] == id_numbers.check_digit(v[:17]) for v in values]
    assert column(id_columns.shape_ok(IT), list(values)) == shapes
    assert column(id_columns.check_digit_ok(IT), list(values)) == checks


@given(st.lists(anything, min_size=1, max_size=20))
def test_columns_read_sex_and_birth_date_like_single_numbers(values: list[str]) -> None:
    shaped = [v for v in values if id_numbers.has_shape(v)]
    assert column(id_columns.sex_code(IT), list(shaped)) == [id_numbers.sex(v) for v in shaped]
    born = column(date_columns.parse_dates(id_columns.birth_text(IT)), list(shaped))
    assert born == [id_numbers.birth_on(v) for v in shaped]


def test_an_empty_cell_stays_empty_and_a_wrong_one_has_no_sex() -> None:
    for expression in (
        id_columns.shape_ok,
        id_columns.check_digit_ok,
        id_columns.sex_code,
        id_columns.birth_text,
    ):
        assert column(expression(IT), [None]) == [None]
    assert column(id_columns.sex_code(IT), ["330902"]) == [None]
