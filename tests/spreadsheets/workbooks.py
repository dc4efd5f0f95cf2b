"""Workbooks built for the tests: sound ones by openpyxl, broken and hostile ones part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import openpyxl

from xueji.spreadsheets.rules.columns import Column

COLUMNS = (
    Column("name", "姓名", "Name", aliases=("学生姓名",), required=True),
    Column("number", "身份证件号", "Document number", required=True),
    Column("born", "出生日期", "Date of birth"),
    Column("class", "班号", "Class number"),
    Column("note", "备注", "Note"),
)
HEADER = [column.header_zh for column in COLUMNS]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(fill: Callable[[Any], None], *, sheet: str = "名册") -> bytes:
    """Return a workbook whose one sheet `fill` has filled."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    fill(page)
    return saved(book)


def saved(book: Any) -> bytes:
    """Return the bytes of an openpyxl workbook."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows_workbook(*rows: list[Any]) -> bytes:
    """Return a workbook with these rows from row 1."""

    def fill(page: Any) -> None:
        for row in rows:
            page.append(row)

    return workbook(fill)


def parts(sheet_xml: bytes, *, shared: bytes | None = None) -> dict[str, bytes]:
    """Return the parts of the smallest .xlsx around the XML of a sheet."""
    found = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>'.encode(),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
            '<sheet name="名册" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ).encode(),
        "xl/worksheets/sheet1.xml": sheet_xml,
    }
    if shared is not None:
        found["xl/sharedStrings.xml"] = shared
        found["xl/_rels/workbook.xml.rels"] = found["xl/_rels/workbook.xml.rels"].replace(
            b"</Relationships>",
            f'<Relationship Id="rId2" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>".encode(),
        )
    return found


def zipped(entries: Mapping[str, bytes], *, level: int = 6) -> bytes:
    """Return the zip file of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def text_cell(reference: str, text: str) -> str:
    """Return the XML of a cell that holds its text itself."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def header_row(row: int = 1) -> str:
    """Return the XML of the header."""
    cells = "".join(text_cell(f"{letter}{row}", text) for letter, text in zip("ABCDE", HEADER, strict=True))
    return f'<row r="{row}">{cells}</row>'


def sheet(rows: str) -> bytes:
    """Return the XML of a sheet around the XML of its rows."""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
