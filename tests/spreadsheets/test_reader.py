import datetime

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from tests.spreadsheets.workbooks import (
    COLUMNS,
    HEADER,
    header_row,
    parts,
    rows_workbook,
    saved,
    sheet,
    text_cell,
    workbook,
    zipped,
)
from xueji.lib.errors import Refused
from xueji.spreadsheets.reader import read


def test_rows_come_as_text_with_the_numbers_a_spreadsheet_shows():
    found = read(
        rows_workbook(HEADER, ["张三", "0012"], [], ["李四", "0013"], ["", "  "]), columns=COLUMNS, name="x"
    )
    assert found.frame.columns == ["row", "name", "number", "born", "class", "note"]
    assert found.frame.select("row", "name", "number").rows() == [(2, "张三", "0012"), (4, "李四", "0013")]
    assert found.header_row == 1
    assert found.format == "xlsx"


def formulas(found):
    """Return (row, column) of the cells marked as formulas, in the order of rows."""
    return found.marks.filter(kind="formula").select("row", "column").sort("row").rows()


def one_cell(value, number_format=None):
    """Return how the reader sees this value, and the marks of its cell."""

    def fill(page):
        page.append(HEADER)
        page["A2"] = "张三"
        page["C2"] = value
        if number_format is not None:
            page["C2"].number_format = number_format

    found = read(workbook(fill), columns=COLUMNS, name="x")
    assert found.frame["row"].to_list() == [2]
    return found.frame["born"][0], found.marks.rows()


@pytest.mark.parametrize(
    ("value", "number_format", "seen"),
    [
        pytest.param(20180901, None, "20180901", id="whole-number"),
        pytest.param(1.5, None, "1.5", id="fraction"),
        pytest.param(316000.0, None, "316000", id="whole-number-stored-as-fraction"),
        pytest.param(-3, None, "-3", id="negative"),
        pytest.param(0.1 + 0.2, None, "0.3", id="no-binary-dust"),
        pytest.param(7, "000000", "000007", id="shown-with-leading-zeros"),
        pytest.param("0012", None, "0012", id="text-with-leading-zeros"),
        pytest.param("330102201501012416", None, "330102201501012416", id="long-number-as-text"),
        pytest.param(datetime.date(2018, 9, 1), None, "2018-09-01", id="date"),
        pytest.param(datetime.date(2018, 9, 1), "yyyy/m/d", "2018-09-01", id="date-with-slashes"),
        pytest.param(datetime.date(2018, 9, 1), 'yyyy"年"m"月"d"日"', "2018-09-01", id="chinese-date"),
        pytest.param(43344, "[$-804]yyyy/mm/dd;@", "2018-09-01", id="date-with-language"),
        pytest.param(43344.520833333336, "yyyy-mm-dd hh:mm", "2018-09-01 12:30:00", id="instant"),
        pytest.param(datetime.time(8, 5), None, "08:05:00", id="time"),
        pytest.param(20180901, "yyyy-mm-dd", "20180901", id="number-in-a-date-cell"),
        pytest.param("2018-09-01 00:00:00", None, "2018-09-01 00:00:00", id="text-like-an-instant"),
        pytest.param(True, None, "TRUE", id="yes"),
        pytest.param(False, None, "FALSE", id="no"),
        pytest.param("true", None, "true", id="text-like-a-yes"),
        pytest.param("  李\n四 ", None, "  李\n四 ", id="blanks-and-line-breaks"),
        pytest.param("𬱟𫖯㑇", None, "𬱟𫖯㑇", id="rare-characters"),
    ],
)
def test_a_cell_reads_as_a_person_sees_it(value, number_format, seen):
    assert one_cell(value, number_format) == (seen, [])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param("=1+1", "formula", id="formula"),
        pytest.param(ArrayFormula("C2:C2", "=SUM(A1:A2)"), "formula", id="array-formula"),
        pytest.param("#N/A", "error", id="error"),
        pytest.param(330102201501012416, "digits-lost", id="long-number"),
        pytest.param(1.0e15, "digits-lost", id="sixteen-digits"),
    ],
)
def test_a_cell_that_is_not_what_it_seems_is_marked(value, kind):
    _, marks = one_cell(value)
    assert marks == [(2, "born", kind)]


def test_an_error_cell_shows_its_error():
    assert one_cell("#DIV/0!")[0] == "#DIV/0!"


def test_fifteen_digits_are_kept_and_not_marked():
    assert one_cell(123456789012345) == ("123456789012345", [])


def test_cells_without_references_are_counted():
    cells = "<row><c t='inlineStr'><is><t>张三</t></is></c><c><v>5</v></c><c><f>1+1</f><v>2</v></c></row>"
    head = "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in HEADER) + "</row>"
    found = read(zipped(parts(sheet(head + cells))), columns=COLUMNS, name="x")
    assert found.frame.select("row", "name", "number", "born").rows() == [(2, "张三", "5", "2")]
    assert formulas(found) == [(2, "born")]


def test_marks_are_found_across_the_borders_of_pieces():
    filler = "".join(
        f'<row r="{row}">{text_cell(f"A{row}", "张三" * 40)}<c r="C{row}"><f>1+1</f><v>2</v></c></row>'
        for row in range(2, 30_002)
    )
    found = read(zipped(parts(sheet(header_row() + filler))), columns=COLUMNS, name="x")
    assert formulas(found) == [(row, "born") for row in range(2, 30_002)]


def test_elements_with_a_prefix_are_understood():
    plain = sheet(
        header_row() + f'<row r="2">{text_cell("A2", "张三")}<c r="C2"><f>1+1</f><v>2</v></c></row>'
    )
    prefixed = plain.replace(b"</", b"</x:").replace(b"<", b"<x:").replace(b"<x:/x:", b"</x:")
    prefixed = prefixed.replace(b"xmlns=", b"xmlns:x=")
    found = read(zipped(parts(prefixed)), columns=COLUMNS, name="x")
    assert formulas(found) == [(2, "born")]


def test_the_header_may_stand_in_row_four_and_its_column_anywhere():
    def fill(page):
        page["C1"] = "某某小学 2026 年新生名册"
        for index, text in enumerate(HEADER):
            page.cell(4, index + 3, text)
        page["C6"] = "张三"

    found = read(workbook(fill), columns=COLUMNS, name="x")
    assert (found.header_row, found.match.found["name"]) == (4, 2)
    assert found.frame.select("row", "name").rows() == [(6, "张三")]


def test_unknown_columns_are_named_by_their_letters_and_kept():
    found = read(rows_workbook(["爱好", *HEADER], ["足球", "张三"]), columns=COLUMNS, name="x")
    assert found.unknown_headers == ["爱好"]
    assert found.frame.row(0, named=True)["column A"] == "足球"
    assert found.headers == ["爱好", *HEADER]


def test_a_repeated_header_counts_once_and_is_reported():
    found = read(
        rows_workbook([*HEADER, "姓名"], ["张三", "1", "", "", "", "李四"]), columns=COLUMNS, name="x"
    )
    assert found.match.repeated == [(5, "姓名")]
    assert found.frame.row(0, named=True)["name"] == "张三"
    assert found.frame.row(0, named=True)["column F"] == "李四"


def test_three_hundred_columns_are_read():
    wide = [*HEADER, *(f"其他{number}" for number in range(295))]
    found = read(rows_workbook(wide, ["张三"] * 300), columns=COLUMNS, name="x")
    assert found.frame.width == 301


def test_merged_cells_count_where_they_begin():
    def fill(page):
        page.merge_cells("A1:E1")
        page["A1"] = "新生名册"
        page.append(HEADER)
        page.append(["张三", "1"])
        page.append(["李四", "2"])
        page.merge_cells("A3:A4")

    found = read(workbook(fill), columns=COLUMNS, name="x")
    assert found.frame.select("row", "name", "number").rows() == [(3, "张三", "1"), (4, None, "2")]


def test_the_first_visible_sheet_with_a_header_is_read():
    book = openpyxl.Workbook()
    hidden, notes, roster = book.active, book.create_sheet("说明"), book.create_sheet("名册")
    hidden.sheet_state = "hidden"
    for page, name in ((hidden, "隐藏"), (roster, "张三")):
        page.append(HEADER)
        page.append([name, "=1+1"])
    notes.append(["请填写名册"])
    found = read(saved(book), columns=COLUMNS, name="x")
    assert found.frame["name"].to_list() == ["张三"]
    assert formulas(found) == [(2, "number")]


def test_a_workbook_with_only_a_header_has_no_rows():
    found = read(rows_workbook(HEADER), columns=COLUMNS, name="x")
    assert found.frame.height == 0
    assert list(found.match.found) == [column.key for column in COLUMNS]


def test_a_path_is_read_like_its_bytes(tmp_path):
    path = tmp_path / "名册.xlsx"
    path.write_bytes(rows_workbook(HEADER, ["张三", "1"]))
    assert read(path, columns=COLUMNS, name="名册.xlsx").frame["name"].to_list() == ["张三"]


def test_reading_leaves_no_process_and_no_file_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    read(rows_workbook(HEADER, ["张三", "1"]), columns=COLUMNS, name="x")
    with pytest.raises(Refused):
        read(b"PK\x03\x04", columns=COLUMNS, name="x.xlsx")
    assert list(tmp_path.iterdir()) == []
