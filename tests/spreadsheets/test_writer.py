import io

import openpyxl
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.spreadsheets.workbooks import COLUMNS, HEADER
from xueji.spreadsheets.reader import read
from xueji.spreadsheets.rules.columns import Column
from xueji.spreadsheets.writer import LISTS_SHEET, ExtraSheet, write_corrected, write_template

# Every character but surrogates and the two that are none.
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=30)
DANGEROUS = [
    "=1+1",
    "@SUM(A1)",
    "-1",
    "+1",
    '=HYPERLINK("http://x")',
    "http://x.cn",
    "\t=1",
    "\r=1",
    "'x",
    "{=1}",
]


def corrected(rows, **options):
    settled = {"row_numbers": range(2, len(rows) + 2), "bad_cells": set(), "reasons": ["错"] * len(rows)}
    return write_corrected(HEADER, rows, **(settled | options))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL), min_size=1, max_size=200))
@example([("_x0041_", "_x005F_x0041_", "a\r\nb", "&amp;<>", "\x00\x1f")])
@example([("2018-09-01 00:00:00", "TRUE", "#N/A", "  ", "330102201501012416")])
def test_what_is_written_is_read_back_equal(rows):
    kept = [(row + 2, *(cell or None for cell in cells)) for row, cells in enumerate(rows)]
    kept = [row for row in kept if any(cell and pl.Series([cell]).str.contains(r"\S")[0] for cell in row[1:])]
    found = read(corrected(rows), columns=COLUMNS, name="x.xlsx")
    assert found.frame.rows() == kept
    assert found.marks.height == 0


def test_nothing_that_was_typed_becomes_a_formula_or_a_link():
    page = openpyxl.load_workbook(io.BytesIO(corrected([[text] * 5 for text in DANGEROUS]))).active
    assert [page.cell(row, 2).value for row in range(2, 12)] == [
        text.replace("\r", "_x000D_") for text in DANGEROUS
    ]
    assert {page.cell(row, column).data_type for row in range(2, 12) for column in range(2, 7)} == {"s"}
    assert page._hyperlinks == []
    assert page["B2"].quotePrefix


def test_bad_cells_are_coloured_even_when_empty_and_the_reason_stands_last():
    content = corrected([["张三", "", None, "1", ""], ["李四", "2", "", "", ""]], bad_cells={(0, 1), (1, 0)},
                        row_numbers=[7, 12], reasons=["缺少身份证件号", "姓名有误"])  # fmt: skip
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [cell.value for cell in page[1]] == ["原行号", *HEADER, "退回原因 / Reason"]
    coloured = {
        cell.coordinate for row in page["A2:G3"] for cell in row if cell.fill.fgColor.rgb == "FFFFC9C9"
    }
    assert coloured == {"C2", "B3"}
    assert [page["A2"].value, page["G2"].value, page["A3"].value] == ["7", "缺少身份证件号", "12"]
    assert page["C2"].number_format == "@"
    assert page.freeze_panes == "B2"


def test_a_corrected_file_is_uploaded_like_the_first():
    found = read(corrected([["张三", "1", "", "", ""]]), columns=COLUMNS, name="x.xlsx")
    assert found.unknown_headers == []
    assert found.headers == HEADER
    assert found.frame.columns == ["row", *(column.key for column in COLUMNS)]


def test_a_frame_is_written_like_rows():
    frame = pl.DataFrame(
        {"a": ["张三"], "b": ["1"], "c": [None], "d": [""], "e": ["x"]}, schema_overrides={"c": pl.String}
    )
    assert read(corrected(frame), columns=COLUMNS, name="x").frame.rows() == [
        (2, "张三", "1", None, None, "x")
    ]


def test_a_text_too_long_for_a_cell_is_cut_to_what_it_holds():
    found = read(corrected([["张" * 40_000, "𬱟" * 20_000, "", "", ""]]), columns=COLUMNS, name="x")
    name, number = found.frame.select("name", "number").row(0)
    assert (len(name), len(number)) == (32_767, 16_383)


def template(**options):
    columns = (
        *COLUMNS[:3],
        Column("class", "班号", "Class number", note_zh="七位班号", note_en="Seven digits"),
        Column(
            "nation", "民族", "Ethnicity", choices=tuple(f"{number:02}-民族名称" for number in range(1, 57))
        ),
        Column("sex", "性别", "Sex", choices=("男", "女")),
    )
    content = write_template(columns, title_zh="新生名册 A&B", **options)
    return columns, content, openpyxl.load_workbook(io.BytesIO(content))


def test_a_template_keeps_numbers_as_text_and_its_header_in_sight():
    columns, _, book = template()
    page = book.worksheets[0]
    assert [cell.value for cell in page[1]] == [
        "姓名*",
        "身份证件号*",
        *(column.header_zh for column in columns[2:]),
    ]
    assert page.column_dimensions["A"].number_format == "@"
    assert page.freeze_panes == "A2"
    assert not page.protection.sheet
    assert (page.page_setup.orientation, int(page.page_setup.paperSize)) == ("landscape", 9)
    assert page["D1"].comment.text == "七位班号\nSeven digits"


def test_a_template_offers_short_lists_inline_and_long_ones_from_a_hidden_sheet():
    _, _, book = template(lists={"class": ["2026101", "2026102"]})
    offered = {str(rule.sqref): rule.formula1 for rule in book.worksheets[0].data_validations.dataValidation}
    assert offered == {
        "D2:D10001": '"2026101,2026102"',
        "E2:E10001": f"'{LISTS_SHEET}'!$A$2:$A$57",
        "F2:F10001": '"男,女"',
    }
    assert book[LISTS_SHEET].sheet_state == "veryHidden"
    assert [book[LISTS_SHEET].cell(row, 1).value for row in (1, 2, 57)] == [
        "民族",
        "01-民族名称",
        "56-民族名称",
    ]


def test_the_example_of_a_template_is_read_back_as_the_row_it_is():
    columns, content, _ = template(example={"name": "示例学生", "number": "330102201501012416"})
    found = read(content, columns=columns, name="x")
    assert found.frame.select("row", "name", "number").rows() == [(2, "示例学生", "330102201501012416")]


def test_further_sheets_of_a_template_are_plain_text():
    _, _, book = template(extra_sheets=[ExtraSheet("说明", [["怎样填写"], ["=1+1"]], widths=[80])])
    assert book["说明"]["A2"].data_type == "s"
    assert book.sheetnames == ["名册", "说明", LISTS_SHEET]
