import codecs

import pytest

from tests.spreadsheets.workbooks import COLUMNS, HEADER, rows_workbook
from xueji.spreadsheets.reader import read

LINES = [HEADER, ["𬱟𫖯", "330102201501012416", "2018-09-01", "", "一,二"], ["买买提·㑇", "", "", "", ""]]


def written(separator=","):
    return "".join(
        separator.join(f'"{cell}"' if "," in cell else cell for cell in line) + "\r\n" for line in LINES
    )


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(written().encode(), "utf-8", id="utf-8"),
        pytest.param(codecs.BOM_UTF8 + written().encode(), "utf-8", id="utf-8-with-mark"),
        pytest.param(codecs.BOM_UTF16_LE + written("\t").encode("utf-16-le"), "utf-16", id="utf-16-of-excel"),
        pytest.param(codecs.BOM_UTF16_BE + written().encode("utf-16-be"), "utf-16", id="utf-16-big-endian"),
        pytest.param(written().encode("gb18030"), "gb18030", id="gb-18030"),
        pytest.param(written(";").encode("gb18030"), "gb18030", id="semicolons"),
        pytest.param(written("\t").encode(), "utf-8", id="tabs"),
        pytest.param(written().replace("\r\n", "\n").encode(), "utf-8", id="unix-lines"),
        pytest.param(written().replace("\r\n", "\r").encode(), "utf-8", id="old-mac-lines"),
    ],
)
def test_a_text_file_is_read_in_every_usual_form(content, encoding):
    found = read(content, columns=COLUMNS, name="名册.csv")
    assert found.frame.rows() == [
        (2, "𬱟𫖯", "330102201501012416", "2018-09-01", None, "一,二"),
        (3, "买买提·㑇", None, None, None, None),
    ]
    assert (found.encoding, found.format) == (encoding, "csv")


def read_text(text):
    return read((",".join(HEADER) + "\n" + text).encode(), columns=COLUMNS, name="x.csv")


def test_characters_that_changed_their_code_point_come_as_today():
    content = (",".join(HEADER) + "\n").encode("gb18030") + bytes.fromhex("FE59 FE51") + b",1\n"
    assert read(content, columns=COLUMNS, name="x.csv").frame["name"].to_list() == ["\u9fb4\U00020087"]


def test_a_record_over_several_lines_is_one_row():
    found = read_text('"张\n三",1\n\n李四,2\n')
    assert found.frame.select("row", "name").rows() == [(2, "张\n三"), (4, "李四")]


def test_a_doubled_quote_is_a_quote():
    assert read_text('"张""三",1\n').frame["name"].to_list() == ['张"三']


def test_texts_that_excel_would_calculate_are_marked():
    found = read_text('张三,="330102201501012416"\n李四,=1+1\n')
    assert found.marks.rows() == [(2, "number", "formula"), (3, "number", "formula")]
    assert found.frame["number"].to_list() == ['="330102201501012416"', "=1+1"]


def test_rows_of_unusual_length_are_read_and_reported():
    found = read_text("张三,1,,,\n李四,2\n王五,3,,,,多,出\n")
    assert found.ragged == [(3, 2), (4, 7)]
    assert found.frame["name"].to_list() == ["张三", "李四", "王五"]
    assert found.frame.row(2, named=True)["column G"] == "出"


def test_the_header_of_a_text_file_may_stand_in_row_three():
    content = ("名册\n\n" + ",".join(HEADER) + "\n张三,1\n").encode()
    found = read(content, columns=COLUMNS, name="x.csv")
    assert found.header_row == 3
    assert found.frame.select("row", "name").rows() == [(4, "张三")]


def test_a_workbook_called_csv_is_read_as_a_workbook():
    assert read(rows_workbook(HEADER, ["张三"]), columns=COLUMNS, name="x.csv").format == "xlsx"
