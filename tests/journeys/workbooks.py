"""What a registrar does in the spreadsheet program: fill a template in, put a corrected file right."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from xueji.changes.rules.roster_columns import BY_KEY


def _header(sheet: Worksheet) -> tuple[int, dict[str, int]]:
    """Return the row of the headers and their columns, without the stars of required ones."""
    for row in sheet.iter_rows(max_row=5):
        found = {str(cell.value).strip("*＊ \n"): cell.column for cell in row if cell.value}
        if "姓名" in found:
            return row[0].row, found
    raise AssertionError("no header in the first five rows")


def filled(template: bytes, pupils: Iterable[Mapping[str, str]]) -> tuple[bytes, int]:
    """Return the template with these pupils under its example row, and the row of the first."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    header, columns = _header(sheet)
    first = header + 2
    for row, values in enumerate(pupils, start=first):
        for key, value in values.items():
            column = columns.get(BY_KEY[key].column.header_zh)
            if column is not None:
                sheet.cell(row, column, value)
    return saved(book), first


def mended(corrected: bytes, right: Mapping[str, Mapping[str, str]]) -> tuple[bytes, dict[str, str]]:
    """Return the corrected file with the right values in, and the reasons it gave; both by name of the pupil."""
    book = openpyxl.load_workbook(io.BytesIO(corrected))
    sheet = book.worksheets[0]
    header, columns = _header(sheet)
    reasons: dict[str, str] = {}
    for row in range(header + 1, sheet.max_row + 1):
        name = sheet.cell(row, columns["姓名"]).value
        if not name:
            continue
        reasons[str(name)] = str(sheet.cell(row, max(columns.values())).value)
        for key, value in right[str(name)].items():
            sheet.cell(row, columns[BY_KEY[key].column.header_zh], value)
    return saved(book), reasons


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
