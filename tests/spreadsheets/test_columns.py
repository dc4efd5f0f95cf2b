import pytest

from tests.spreadsheets.workbooks import COLUMNS, HEADER
from xueji.spreadsheets.rules.columns import Column, column_letters, find_header_row, match_headers


@pytest.mark.parametrize(
    "written",
    [
        "姓名",
        " 姓 名 ",
        "姓\n名",
        "*姓名",
        "姓名*",
        "姓名＊",
        "姓名（必填）",
        "姓名(必填)*",
        "学生姓名",
        "Name",
        "NAME (required)",
        "ｎａｍｅ",
        "姓名 / Name",
        "姓\u3000名",
    ],
)
def test_a_header_is_known_however_it_is_written(written):
    assert match_headers([written], COLUMNS).found == {"name": 0}


def test_unknown_repeated_and_missing_headers_are_told_apart():
    match = match_headers(["姓名", "爱好", None, "姓名", "班号"], COLUMNS)
    assert match.found == {"name": 0, "class": 4}
    assert match.unknown == [(1, "爱好")]
    assert match.repeated == [(3, "姓名")]
    assert [column.key for column in match.missing_required] == ["number"]


def test_the_columns_of_a_corrected_file_are_known_and_not_reported():
    match = match_headers(["原行号", *HEADER, "退回原因 / Reason"], COLUMNS)
    assert match.returned == [0, 6]
    assert match.unknown == []


def test_the_header_row_is_the_one_with_most_known_headers():
    found = find_header_row([["2026 年新生名册"], ["姓名", None], HEADER, ["张三", "1"]], COLUMNS)
    assert found is not None
    assert found[0] == 2


def test_one_known_word_does_not_make_a_header():
    assert find_header_row([["姓名", "张三"], ["a", "b"]], COLUMNS) is None


def test_half_of_the_required_headers_must_be_there():
    columns = [Column(f"k{number}", f"列{number}", "", required=True) for number in range(8)]
    assert find_header_row([["列0", "列1", "列2"]], columns) is None
    assert find_header_row([["列0", "列1", "列2", "列3"]], columns) is not None


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (70, "BS"), (16383, "XFD")])
def test_columns_have_the_letters_of_a_spreadsheet(index, letters):
    assert column_letters(index) == letters
