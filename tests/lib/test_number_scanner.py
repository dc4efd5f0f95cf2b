"""Numbers in the clear are found however they were written, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from xueji.lib.id_numbers import check_digit
from xueji.lib.number_scanner import scan

NUMBER = "33090220180901900" + check_digit("33090220180901900")
WITH_X = next(
    first + "X" for first in (f"33090220180901{n}" for n in range(900, 999)) if check_digit(first) == "X"
)


def found(text: bytes, size: int = 1 << 20) -> list[int]:
    return [one.at for one in scan(text[at : at + size] for at in range(0, len(text), size))]


@pytest.mark.parametrize("number", [NUMBER, WITH_X, WITH_X.lower()])
@pytest.mark.parametrize(
    "frame", ["{}", '{{"number": "{}"}}', "G{}", "测{}试", "\t{}\n", "身份证号{}，"], ids=repr
)
def test_a_number_is_found_in_any_surroundings(frame: str, number: str) -> None:
    text = frame.format(number).encode()
    assert found(text) == [text.index(number.encode())]


def test_a_number_is_found_in_hexadecimal_and_in_full_width_digits() -> None:
    assert found(b"\\x00ff" + NUMBER.encode().hex().encode() + b"00ff") == [6]
    assert found("".join(chr(ord(sign) + 0xFEE0) for sign in WITH_X).encode()) == [0]


@pytest.mark.parametrize(
    "text",
    [
        "330902********002X",
        NUMBER[:17],
        NUMBER[:17] + str((int(NUMBER[17].replace("X", "10")) + 1) % 10),
        "1" + NUMBER,
        NUMBER + "1",
        NUMBER.replace("0901", "0231"),
        f"a{NUMBER}f",  # hexadecimal of something else
        "01a20e80-3eca-725e-830c-b92179934cf1",
    ],
)
def test_what_is_no_number_is_not_found(text: str) -> None:
    assert found(text.encode()) == []


@pytest.mark.parametrize("size", [1, 7, 50, 100, 1000])
def test_a_number_that_lies_over_the_edge_of_a_stretch_is_found_once(size: int) -> None:
    text = b"x" * 95 + NUMBER.encode() + b"-" * 200 + WITH_X.encode() + b"." + NUMBER.encode()
    assert found(text, size) == [95, 313, 332]
