"""Hidden marks: what cells say stays the same, and how they are spelled is a file's own."""

from __future__ import annotations

import pytest

from xueji.disclosures.rules import canaries, marks
from xueji.lib.id_numbers import problems

SEED, OTHER = b"a" * 32, b"b" * 32
ROW = [
    ("sex", "男"),
    ("birth_on", "2019-09-01"),
    ("class", "1班"),
    ("ethnicity", "汉族"),
    ("phone", "13900000001"),
]


@pytest.mark.parametrize(
    "texts",
    [
        ("2019-09-01", "2019/09/01"),
        ("3班", "(3)班"),
        ("13900000001", "139 0000 0001"),
        ("三年级", "3年级"),
        ("高二", "高2"),
        ("女", "女性"),
        ("走读", "走读生"),
        ("居民身份证", "身份证"),
        ("土家族", "土家"),
    ],
)
def test_a_cell_says_the_same_in_both_spellings(texts: tuple[str, str]) -> None:
    first, second = (marks.spelling(text) for text in texts)
    assert first is not None
    assert second is not None
    assert (first.kind, first.plain) == (second.kind, second.plain)
    assert (marks.spelled(first, 0), marks.spelled(first, 1)) == texts


@pytest.mark.parametrize("text", ["", "实验班", "01班", "2019-9-1", "测试生", "=1+1", "合成族"])
def test_a_cell_with_one_spelling_stays_as_it_is(text: str) -> None:
    for seed in (SEED, OTHER):
        assert marks.marked(seed, 7, [("class", text)]) == [text]


def test_a_name_is_never_spelled_otherwise() -> None:
    assert {marks.marked(SEED, at, [("name", "汉族")])[0] for at in range(20)} == {"汉族"}


def test_two_files_spell_about_half_of_their_cells_alike() -> None:
    rows = [(marks.marked(SEED, at, ROW), marks.marked(OTHER, at, ROW)) for at in range(200)]
    alike = sum(one == other for pair in rows for one, other in zip(*pair, strict=True))
    assert 400 < alike < 600


def test_a_file_has_an_order_and_codes_of_its_own_and_the_same_ones_each_time() -> None:
    keys = [at.to_bytes(4, "big") for at in range(50)]
    assert marks.order(SEED, keys) == marks.order(SEED, keys) != marks.order(OTHER, keys)
    codes = {marks.code(seed, at) for seed in (SEED, OTHER) for at in range(1000)}
    assert len(codes) == 2000
    assert all(marks.is_code(code) for code in codes)


def test_invented_pupils_are_three_to_ten_and_nobody_s() -> None:
    assert [canaries.count_for(rows) for rows in (1, 49, 50, 200, 100_000)] == [3, 3, 4, 7, 10]
    like = {"birth_on": "2019-09-01", "division": "330902", "school": "合成小学", "class": "1班"}
    for at in range(10):
        one = canaries.invent(SEED, at, like)
        assert problems(one.number, divisions={"330902"}) == []
        assert int(one.number[14:17]) >= 900
        assert one.values["school"] == "合成小学"
        assert one.values["birth_on"].replace("-", "") == one.number[6:14]
