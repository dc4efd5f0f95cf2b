"""Workbooks out: templates to fill in, and rejected rows to correct.

Every value is written as a text: nothing that a user typed can become a formula or a link.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import polars as pl
import xlsxwriter

from xueji.spreadsheets.rules.columns import ORIGINAL_ROW_HEADER, REASON_HEADER, Column, column_letters

LISTS_SHEET = "代码"
TEMPLATE_ROWS = 10_000  # rows below the header that have drop-down lists
_INLINE_LIST_CHARACTERS = 255  # Excel refuses longer lists inside a validation
_CELL_CHARACTERS = 32_767  # Excel refuses longer texts, counted in UTF-16 units
_A4 = 9
_ROWS_AT_A_TIME = 5_000
# Characters that XML forbids or changes; Excel writes them, and what looks like them, as _xHHHH_.
_NEEDS_CODE = r"[\x00-\x08\x0B-\x1F\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_"
_AS_CODE = {chr(code): f"_x{code:04X}_" for code in (*range(9), *range(11, 32))} | {
    "\ufffe": "\ufffd",  # no characters at all, and no spelling for them
    "\uffff": "\ufffd",
}
_TEXT = {"num_format": "@", "valign": "vcenter"}
_HEADER = {**_TEXT, "bold": True, "text_wrap": True, "border": 1, "border_color": "#B8C4D0"}


@dataclass(frozen=True)
class ExtraSheet:
    """A further sheet of plain texts, such as how to fill in the template; the first row is bold."""

    name: str
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()


def write_template(
    columns: Sequence[Column],
    *,
    title_zh: str,
    sheet_name: str = "名册",
    lists: Mapping[str, Sequence[str]] | None = None,
    example: Mapping[str, str] | None = None,
    extra_sheets: Sequence[ExtraSheet] = (),
) -> bytes:
    """Return a workbook with a header row of `columns`, ready to be filled in.

    `lists` are the choices per column key (else the column's own `choices`); they are
    offered, and a value outside them is warned about, not forbidden. `example` is one
    row of values per key; the caller marks it, to know it again when it comes back.
    All columns are text, so a number of 18 digits keeps them.
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"title": title_zh})
    text = book.add_format(_TEXT)
    required = book.add_format({**_HEADER, "bg_color": "#FFE8CC"})
    optional = book.add_format({**_HEADER, "bg_color": "#E7EEF5"})
    shown = book.add_format({**_TEXT, "italic": True, "font_color": "#6B7785"})
    sheet = book.add_worksheet(sheet_name)
    sheet.set_row(0, 32)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width, text)
        mark = "*" if column.required else ""
        _write(sheet, 0, index, column.header_zh + mark, required if column.required else optional)
        note = "\n".join(line for line in (column.note_zh, column.note_en) if line)
        if note:
            sheet.write_comment(0, index, note, {"x_scale": 2, "y_scale": 1.5, "author": ""})
        if example and example.get(column.key):
            _write(sheet, 1, index, example[column.key], shown)
    sheet.freeze_panes(1, 0)
    _lay_out_for_print(sheet, title_zh)
    for extra in extra_sheets:
        _write_extra(book, extra)
    choices = {column.key: column.choices or () for column in columns} | dict(lists or {})
    _offer_lists(book, sheet, columns, choices)
    book.close()
    return file.getvalue()


def write_corrected(
    headers: Sequence[str],
    rows: pl.DataFrame | Sequence[Sequence[str | None]],
    *,
    row_numbers: Sequence[int],
    bad_cells: Set[tuple[int, int]],
    reasons: Sequence[str],
    sheet_name: str = "退回",
) -> bytes:
    """Return a workbook of rejected rows as they were uploaded, to be corrected and uploaded again.

    `rows` has one text per header and row; `row_numbers` and `reasons` have one entry per
    row; `bad_cells` holds (index of the row, index of the header), both from 0, and these
    cells are coloured. The original row number comes first, the reason last; the reader
    knows both columns and leaves them out.
    """
    names = [str(index) for index in range(len(headers))]
    if isinstance(rows, pl.DataFrame):
        cells = rows.rename(dict(zip(rows.columns, names, strict=True)))
    else:
        cells = pl.DataFrame(list(rows), schema=dict.fromkeys(names, pl.String), orient="row")
    cells = cells.select(
        pl.Series("number", row_numbers, dtype=pl.Int64).cast(pl.String).alias("first"),
        pl.col(*names),
        pl.Series("reason", reasons, dtype=pl.String).alias("last"),
    )
    is_bad = {(row, column + 1) for row, column in bad_cells}
    return _filled(_corrected_skeleton(headers, sheet_name), cells, is_bad)


def write_list(
    columns: Sequence[tuple[str, float]],
    rows: Sequence[Sequence[str]],
    *,
    title: str,
    notice: str,
    sheet_name: str = "名单",
) -> bytes:
    """Return a workbook of texts to be handed out: `notice` above, then the headers, then the rows.

    `columns` are (header, width); each row has one text per column. Nothing in it is a formula, a number or a link.
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"title": title})
    text = book.add_format({**_TEXT, "quote_prefix": True})
    header = book.add_format({**_HEADER, "bg_color": "#E7EEF5"})
    said = book.add_format({**_TEXT, "font_color": "#B02A37"})
    sheet = book.add_worksheet(sheet_name)
    _write(sheet, 0, 0, notice, said)
    for index, (words, width) in enumerate(columns):
        sheet.set_column(index, index, width, text)
        _write(sheet, 1, index, words, header)
    for number, cells in enumerate(rows, start=2):
        for index, value in enumerate(cells):
            if value:
                _write(sheet, number, index, value, text)
    sheet.freeze_panes(2, 1)
    _lay_out_for_print(sheet, title)
    sheet.repeat_rows(0, 1)
    book.close()
    return file.getvalue()


def _corrected_skeleton(headers: Sequence[str], sheet_name: str) -> bytes:
    """Return the workbook without rows, but for one that shows the three styles: text, bad, reason."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    text = book.add_format({**_TEXT, "quote_prefix": True})
    bad = book.add_format({**_TEXT, "quote_prefix": True, "bg_color": "#FFC9C9", "border": 1})
    header = book.add_format({**_HEADER, "bg_color": "#E7EEF5"})
    reason = book.add_format({**_TEXT, "font_color": "#B02A37"})
    sheet = book.add_worksheet(sheet_name)
    last = len(headers) + 1
    sheet.set_column(0, 0, 8, text)
    if headers:
        sheet.set_column(1, len(headers), 14, text)
    sheet.set_column(last, last, 60, reason)
    for index, words in enumerate((ORIGINAL_ROW_HEADER, *headers, REASON_HEADER)):
        _write(sheet, 0, index, words, header)
    for index, style in enumerate((text, bad, reason)):
        sheet.write_blank(1, index, None, style)
    sheet.freeze_panes(1, 1)
    _lay_out_for_print(sheet, "")
    book.close()
    return file.getvalue()


def _filled(skeleton: bytes, cells: pl.DataFrame, is_bad: Set[tuple[int, int]]) -> bytes:
    """Return the workbook with the rows in place of the row of styles.

    The library writes cell by cell, 2,000 rows of 71 columns per second; whole columns
    of text become XML at once here, which takes a tenth of the time.
    """
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(skeleton)) as empty,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as full,
    ):
        for entry in empty.infolist():
            content = empty.read(entry)
            if entry.filename != "xl/worksheets/sheet1.xml":
                full.writestr(entry.filename, content)
                continue
            before, row, after = re.split(rb'(<row r="2".*?</row>)', content, maxsplit=1, flags=re.DOTALL)
            styles = [int(style) for style in re.findall(rb' s="([0-9]+)"', row)]
            with full.open(entry.filename, "w", force_zip64=True) as part:
                part.write(re.sub(rb'<dimension ref="[^"]*"/>', b"", before))
                for start in range(0, cells.height, _ROWS_AT_A_TIME):
                    part.write(_rows_xml(cells.slice(start, _ROWS_AT_A_TIME), start, is_bad, styles))
                part.write(after)
    return file.getvalue()


def _rows_xml(cells: pl.DataFrame, start: int, is_bad: Set[tuple[int, int]], styles: list[int]) -> bytes:
    """Return the XML of some rows; `start` is the index of the first of them, the header stands above."""
    text_style, bad_style, reason_style = styles
    bad_rows: dict[int, list[int]] = {}
    for row, column in is_bad:
        if start <= row < start + cells.height:
            bad_rows.setdefault(column, []).append(row - start)
    rows = cells.with_columns(pl.int_range(start + 2, start + 2 + cells.height).cast(pl.String).alias("r"))
    parts = []
    for index, name in enumerate(cells.columns):
        letters = column_letters(index)
        text = _escaped(cells[name])
        usual = reason_style if name == "last" else text_style
        style = pl.Series([usual]).cast(pl.String).new_from_index(0, cells.height)
        if index in bad_rows:
            style = style.scatter(bad_rows[index], str(bad_style))
        is_empty = pl.lit(text).fill_null("") == ""
        opening = pl.concat_str(pl.lit(f'<c r="{letters}'), pl.col("r"), pl.lit('" s="'), pl.lit(style))
        keep = pl.when(pl.lit(text).str.contains(r"^\s|\s$")).then(pl.lit(' xml:space="preserve"'))
        filled = pl.concat_str(
            opening,
            pl.lit('" t="inlineStr"><is><t'),
            keep.otherwise(pl.lit("")),
            pl.lit(">"),
            pl.lit(text),
            pl.lit("</t></is></c>"),
        )
        blank = pl.concat_str(opening, pl.lit('"/>')) if index in bad_rows else pl.lit("")
        parts.append(pl.when(is_empty).then(blank).otherwise(filled))
    row_xml = pl.concat_str(pl.lit('<row r="'), pl.col("r"), pl.lit('">'), *parts, pl.lit("</row>"))
    return "".join(rows.select(row_xml.alias("xml"))["xml"].to_list()).encode()


def _escaped(values: pl.Series) -> pl.Series:
    """Return texts as XML, cut to what a cell can hold; what XML cannot hold is written as Excel does."""
    if (values.str.len_bytes() > _CELL_CHARACTERS).any():
        values = pl.Series([None if value is None else _fitting(value) for value in values], dtype=pl.String)
    if values.str.contains(_NEEDS_CODE).any():
        values = values.str.replace_all("_x", "_x005F_x", literal=True)
        values = values.str.replace_many(list(_AS_CODE), list(_AS_CODE.values()))
    return values.str.replace_many(["&", "<", ">"], ["&amp;", "&lt;", "&gt;"])


def _write(sheet: Any, row: int, column: int, value: str, style: Any) -> None:
    """Write a text, never a formula, number or link; an empty one becomes an empty coloured cell."""
    if not value:
        sheet.write_blank(row, column, None, style)
        return
    sheet.write_string(row, column, _fitting(value), style)


def _fitting(value: str) -> str:
    """Return the text cut to what a cell can hold."""
    if len(value) * 2 <= _CELL_CHARACTERS:
        return value
    return value.encode("utf-16-le")[: _CELL_CHARACTERS * 2].decode("utf-16-le", "ignore")


def _write_extra(book: Any, extra: ExtraSheet) -> None:
    bold = book.add_format({**_TEXT, "bold": True})
    text = book.add_format({**_TEXT, "text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(extra.name)
    for index, width in enumerate(extra.widths):
        sheet.set_column(index, index, width, text)
    for number, cells in enumerate(extra.rows):
        for index, value in enumerate(cells):
            _write(sheet, number, index, value, text if number else bold)
    _lay_out_for_print(sheet, "")


def _offer_lists(
    book: Any, sheet: Any, columns: Sequence[Column], choices: Mapping[str, Sequence[str]]
) -> None:
    """Give each column with choices a drop-down list; long lists stand on a hidden sheet."""
    long: list[tuple[int, Sequence[str]]] = []
    for index, column in enumerate(columns):
        offered = choices.get(column.key) or ()
        if not offered:
            continue
        fits = len(",".join(offered)) <= _INLINE_LIST_CHARACTERS
        if fits and not any("," in choice or choice != choice.strip() for choice in offered):
            _validate(sheet, index, list(offered))
        else:
            long.append((index, offered))
    if not long:
        return
    hidden = book.add_worksheet(LISTS_SHEET)
    text = book.add_format(_TEXT)
    for position, (index, offered) in enumerate(long):
        _write(hidden, 0, position, columns[index].header_zh, text)
        for number, choice in enumerate(offered, start=1):
            _write(hidden, number, position, choice, text)
        letters = column_letters(position)
        _validate(sheet, index, f"='{LISTS_SHEET}'!${letters}$2:${letters}${len(offered) + 1}")
    hidden.very_hidden()


def _validate(sheet: Any, index: int, source: list[str] | str) -> None:
    rule = {
        "validate": "list",
        "source": source,
        "error_type": "warning",
        "error_title": "不在列表中",
        "error_message": "请从列表中选择，或填写对应的代码。\nChoose from the list, or enter its code.",
    }
    sheet.data_validation(1, index, TEMPLATE_ROWS, index, rule)


def _lay_out_for_print(sheet: Any, title: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
    if title:
        sheet.set_header("&C" + title.replace("&", "&&"))
    sheet.set_footer("&C&P / &N")
