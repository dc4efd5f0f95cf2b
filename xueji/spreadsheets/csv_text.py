"""Comma-separated text: its encoding, its separator, its records."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from xueji.spreadsheets.rules.columns import HEADER_ROWS
from xueji.spreadsheets.rules.limits import MAX_ROWS
from xueji.spreadsheets.rules.refusals import refusal

MAX_COLUMNS = 2_000
MAX_CELLS = 20_000_000  # a hundred columns of the most rows allowed
MAX_CELL_CHARACTERS = 32_767  # what a spreadsheet cell can hold
_RECORDS_PER_PART = 10_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
)
# GB 18030-2000, which Python's codec follows, gave these Chinese characters private code
# points; the 2005 and 2022 editions moved them to their Unicode ones.
_MOVED = str.maketrans({
    0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7, 0xE832: 0x9FB8, 0xE843: 0x9FB9,
    0xE854: 0x9FBA, 0xE864: 0x9FBB, 0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE831: 0x215D7,
    0xE83B: 0x2298F, 0xE855: 0x241FE,
})  # fmt: skip


@dataclass(frozen=True)
class CsvCells:
    """The records of a text file: `row` from 1 and one text column per field, named from 0."""

    frame: pl.DataFrame
    encoding: str
    ragged: list[tuple[int, int]]


def decode(content: bytes, *, name: str) -> tuple[str, str]:
    """Return the text and its encoding: utf-8, utf-16 or gb18030. Raises WorkbookRefused."""
    for mark, codec, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return _whole(content[len(mark) :].decode(codec), name), encoding
            except UnicodeDecodeError:
                raise refusal("encoding", name=name) from None
    try:
        return _whole(content.decode("utf-8"), name), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return _whole(content.decode("gb18030").translate(_MOVED), name), "gb18030"
    except UnicodeDecodeError:
        raise refusal("encoding", name=name) from None


def _whole(text: str, name: str) -> str:
    if "\0" in text:
        raise refusal("encoding", name=name)
    return text


def separator(text: str) -> str:
    """Return the most frequent of comma, semicolon and tab in the first lines; a comma if none."""
    lines = text[:20_000].splitlines()[: HEADER_ROWS + 1]
    counts = {mark: max((line.count(mark) for line in lines), default=0) for mark in ",;\t"}
    return max(counts, key=lambda mark: counts[mark])


def read_csv(content: bytes, *, name: str) -> CsvCells:
    """Return all records of a text file, with those (row, fields) that differ in length from the header's.

    A record may span lines inside quotes; like a spreadsheet, it is one row. Raises
    WorkbookRefused for an unknown encoding, an open quote and too many rows.
    """
    text, encoding = decode(content, name=name)
    parts: list[pl.DataFrame] = []
    cell_count = 0
    widths: dict[int, int] = {}
    for first, records in _parts(text, name):
        width = max(1, *(len(record) for record in records))
        cell_count += width * len(records)
        if width > MAX_COLUMNS or cell_count > MAX_CELLS:
            raise refusal(
                "too-large",
                name=name,
                what_zh=f"多于 {MAX_COLUMNS:,} 列或 {MAX_CELLS:,} 个单元格",
                what_en=f"more than {MAX_COLUMNS:,} columns or {MAX_CELLS:,} cells",
            )
        for number, record in enumerate(records, start=first):
            if record:
                widths[number] = len(record)
        full = [
            record + [""] * (width - len(record)) if len(record) < width else record for record in records
        ]
        cells = {str(index): column for index, column in enumerate(zip(*full, strict=True))}
        part = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))
        parts.append(
            part.with_columns(pl.int_range(first, first + part.height, dtype=pl.UInt32).alias("row"))
        )
    frame = (
        pl.concat(parts, how="diagonal") if parts else pl.DataFrame({"row": []}, schema={"row": pl.UInt32})
    )
    common = _usual_width(widths)
    ragged = [(number, width) for number, width in widths.items() if width != common]
    return CsvCells(frame.select("row", pl.exclude("row")), encoding, ragged)


def _usual_width(widths: dict[int, int]) -> int:
    counts: dict[int, int] = {}
    for width in widths.values():
        counts[width] = counts.get(width, 0) + 1
    return max(counts, key=lambda width: counts[width], default=0)


def _parts(text: str, name: str) -> Iterator[tuple[int, list[list[str]]]]:
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True)
    first, records = 1, []
    try:
        for record in reader:
            records.append(record)
            if len(records) == _RECORDS_PER_PART:
                yield first, records
                first, records = first + len(records), []
                if first > MAX_ROWS + HEADER_ROWS + 1:
                    raise refusal("too-many-rows", name=name, last=f"{first - 1:,}+", most=f"{MAX_ROWS:,}")
    except csv.Error as error:
        row = first + len(records)
        if "field limit" in str(error) or "unexpected end" in str(error):
            zh, en = f"第 {row} 行的引号没有成对", f"a quotation mark in row {row} is never closed"
        else:
            zh, en = f"第 {row} 行的引号位置不对", f"a quotation mark in row {row} is misplaced"
        raise refusal("unreadable", name=name, what_zh=zh, what_en=en) from None
    if records:
        yield first, records
