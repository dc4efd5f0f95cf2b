"""Workbooks in: the cells of a sheet as text, as a person sees them.

A workbook is opened by two child processes with limits on memory and time: one loads
the cells, the other reads the XML for what the first cannot see. Neither knows what
the cells mean. Text files (.csv) are read here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import polars as pl

import xueji
from xueji.spreadsheets import scan_child, zip_look
from xueji.spreadsheets.csv_text import read_csv
from xueji.spreadsheets.rules.columns import (
    HEADER_ROWS,
    Column,
    HeaderMatch,
    column_letters,
    find_header_row,
    match_headers,
)
from xueji.spreadsheets.rules.limits import MAX_FILE_BYTES, MAX_ROWS, OpeningLimits, opening_limits
from xueji.spreadsheets.rules.refusals import WorkbookRefused, refusal

MARK_SCHEMA = {"row": pl.UInt32, "column": pl.String, "kind": pl.String}
_DATE = r"^(\d{4}-\d\d-\d\d) 00:00:00$"
_TIME = r"^1899-12-3[01] (\d\d:\d\d:\d\d)$"
_PLAUSIBLE = r"^(?:19|20|21)\d\d-"
_DATED = r"^[+-]?\d+-\d\d-\d\d "


@dataclass(frozen=True)
class Sheet:
    """The rows below the header of one sheet.

    `frame`: `row` (UInt32, as a spreadsheet numbers it), then one String column per
    sheet column in the order of the sheet: named by its key where the header is known,
    else `column X` with the letters that a spreadsheet shows. Empty cells are null.
    `headers` are the headers as written, in the order of the frame's columns after `row`.
    `marks`: one line (row, column as named in the frame, kind) per cell that is a `formula`,
    an `error` value, or a number of more digits than the 15 that Excel keeps: `digits-lost`.
    `ragged`: (row, number of fields) of text records of unusual length.
    """

    headers: list[str]
    frame: pl.DataFrame
    match: HeaderMatch
    header_row: int
    marks: pl.DataFrame
    format: Literal["xlsx", "csv"]
    encoding: str
    name: str
    ragged: list[tuple[int, int]]

    @property
    def unknown_headers(self) -> list[str]:
        """The headers that stand for no known column, as written."""
        return [text for _, text in self.match.unknown]


def read(
    source: Path | str | bytes,
    *,
    columns: Sequence[Column],
    name: str,
) -> Sheet:
    """Return the first visible sheet that has a header row for `columns`.

    `name` is the file's name as uploaded; sentences use it. Rows without text vanish, row
    numbers stay. Raises WorkbookRefused with one of the codes of `rules.refusals`.
    """
    with tempfile.TemporaryDirectory(prefix="xueji-sheet-") as folder:
        if isinstance(source, bytes):
            path = Path(folder) / "upload"
            path.write_bytes(source)
        else:
            path = Path(source)
        return _read_file(path, columns, name, Path(folder))


def _read_file(path: Path, columns: Sequence[Column], name: str, folder: Path) -> Sheet:
    with path.open("rb") as file:
        start = file.read(8)
    is_text = Path(name).suffix.lower() in (".csv", ".txt", ".tsv")
    if is_text and start[:4] != zip_look.ZIP_START and start != zip_look.OLE_START:
        if path.stat().st_size > MAX_FILE_BYTES:
            most = MAX_FILE_BYTES >> 20
            raise refusal("too-large", name=name, what_zh=f"超过 {most} MB", what_en=f"more than {most} MB")
        return _from_csv(path.read_bytes(), columns, name)
    return _from_workbook(path, columns, name, folder)


def _from_csv(content: bytes, columns: Sequence[Column], name: str) -> Sheet:
    cells = read_csv(content, name=name)
    frame = cells.frame
    found = find_header_row(frame.head(HEADER_ROWS).select(pl.exclude("row")).rows(), columns)
    if found is None:
        late = find_header_row(frame.head(30).select(pl.exclude("row")).rows(), columns)
        raise _no_header(name, 0 if late is None else late[0] + 1)
    position, match = found
    headers = [text or "" for text in frame.row(position)[1:]]
    names = frame.columns[1:]
    text = pl.col(*names)
    data = frame.slice(position + 1).with_columns(pl.when(text != "").then(text))
    theirs = [column for position, column in enumerate(names) if position not in match.returned]
    data = data.filter(pl.any_horizontal(pl.col(column).str.contains(r"\S") for column in theirs))
    formulas = [
        data.filter(pl.col(column).str.starts_with("=")).select(
            "row", pl.lit(int(column), dtype=pl.UInt32).alias("index"), pl.lit("formula").alias("kind")
        )
        for column in names
    ]
    ragged = [(row, fields) for row, fields in cells.ragged if row > position + 1]
    return _sheet(
        data, headers, [int(column) for column in names], match, position + 1, pl.concat(formulas),
        format="csv", encoding=cells.encoding, name=name, ragged=ragged,
    )  # fmt: skip


def _from_workbook(path: Path, columns: Sequence[Column], name: str, folder: Path) -> Sheet:
    package = zip_look.look(path, name=name)
    limits = opening_limits(package.declared_bytes)
    visible = [asdict(sheet) for sheet in package.sheets if sheet.visible]
    # The libraries choose by the end of the name, and an upload may be called anything.
    book = folder / "workbook.xlsx"
    book.symlink_to(path.resolve())
    job = {"path": str(book), "sheets": visible, **asdict(limits)}
    cells, marks = folder / "cells.arrow", folder / "marks.csv"
    scanned, opened = _run_children(
        {**job, "marks": str(marks)},
        {**job, "cells": str(cells), "columns": [_wire(column) for column in columns]},
        limits, name,
    )  # fmt: skip
    if "refused" in opened:
        if opened["refused"] == "no-header":
            raise _no_header(name, opened["late_row"])
        raise refusal("unreadable", name=name, what_zh="内容已损坏", what_en="its content is damaged")
    number, header_row = opened["sheet"], opened["header_row"]
    _refuse_too_many_rows(scanned["last_rows"][number], header_row, name)
    frame = pl.read_ipc(cells)
    headers = [text or "" for text in opened["headers"]]
    by_position = match_headers(headers, columns)
    frame, found_marks = _apply(frame, _marks_of(marks, number, header_row))
    return _sheet(
        frame, headers, opened["indexes"], by_position, header_row, found_marks,
        format="xlsx", encoding="utf-8", name=name, ragged=[],
    )  # fmt: skip


def _refuse_too_many_rows(last_row: int, header_row: int, name: str) -> None:
    if last_row > MAX_ROWS + header_row:
        raise refusal("too-many-rows", name=name, last=f"{last_row:,}", most=f"{MAX_ROWS:,}")


def _wire(column: Column) -> dict[str, Any]:
    return {
        "key": column.key,
        "header_zh": column.header_zh,
        "header_en": column.header_en,
        "aliases": list(column.aliases),
        "required": column.required,
    }


def _no_header(name: str, late_row: int) -> WorkbookRefused:
    if late_row:
        zh, en = f"表头在第 {late_row} 行", f"it stands in row {late_row}"
    else:
        zh = "没有一行含有模板中至少一半的必填列"
        en = "no row names at least half of the required columns of the template"
    return refusal("no-header", name=name, what_zh=zh, what_en=en)


def _run_children(
    scan_job: dict[str, Any], open_job: dict[str, Any], limits: OpeningLimits, name: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the answers of both children. What the scan refuses counts first: it knows why."""
    started = time.monotonic()
    children = [_start("scan_child", scan_job), _start("open_child", open_job)]
    try:
        answers: list[dict[str, Any]] = []
        for child in children:
            left = limits.seconds - (time.monotonic() - started)
            try:
                out, _ = child.communicate(timeout=max(left, 0.1))
            except subprocess.TimeoutExpired:
                raise refusal("time-limit", name=name, seconds=limits.seconds) from None
            if child.returncode != 0 or not out:
                raise _died(child.returncode, limits, name)
            answer = json.loads(out)
            _refuse_scanned(answer, name)
            if not answers:
                # The shortest sheet decides: a longer one may not be the roster.
                _refuse_too_many_rows(min(answer["last_rows"]), HEADER_ROWS, name)
            answers.append(answer)
        return answers[0], answers[1]
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
                child.wait()
            if child.stdout is not None:
                child.stdout.close()


def _start(module: str, job: dict[str, Any]) -> subprocess.Popen[bytes]:
    root = str(Path(xueji.__file__).parents[1])
    inherited = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if key in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-m", f"xueji.spreadsheets.{module}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**inherited, "PYTHONPATH": root, "POLARS_MAX_THREADS": "2", "RUST_BACKTRACE": "0"},
    )
    assert child.stdin is not None  # noqa: S101 - asked for two lines above
    with child.stdin:
        child.stdin.write(json.dumps(job).encode())
    child.stdin = None
    return child


def _died(status: int, limits: OpeningLimits, name: str) -> WorkbookRefused:
    if status == -signal.SIGXCPU:
        return refusal("time-limit", name=name, seconds=limits.seconds)
    memory = limits.memory_bytes >> 20
    return refusal(
        "too-large",
        name=name,
        what_zh=f"打开它需要的内存超过 {memory} MB，常因远处有零散的单元格",
        what_en=f"opening it needs more than {memory} MB of memory, often because of stray cells far away",
    )


def _refuse_scanned(answer: dict[str, Any], name: str) -> None:
    if answer.get("refused") == "truncated":
        raise refusal("truncated", name=name)
    if answer.get("refused") == "bomb":
        zh, en = {
            "entities": ("含有实体定义", "it defines entities, which no workbook needs"),
            "size": ("解压后大于所声明的大小", "a part unpacks to more than it declares"),
            "cell": ("有过大的单元格", "a cell is far too large"),
        }[answer["about"]]
        raise refusal("bomb", name=name, what_zh=zh, what_en=en)


def _marks_of(path: Path, sheet: int, header_row: int) -> pl.DataFrame:
    """Return the scan's cells of one sheet below the header: row, index, kind (number), text."""
    schema = {"sheet": pl.UInt8, "row": pl.UInt32, "index": pl.UInt32, "kind": pl.UInt8, "text": pl.String}
    if path.stat().st_size == 0:
        return pl.DataFrame(schema=schema).drop("sheet")
    marks = pl.read_csv(path, has_header=False, schema=schema, quote_char=None, empty_string_is_null=False)
    chosen = marks.filter((pl.col("sheet") == sheet) & (pl.col("row") > header_row))
    return chosen.drop("sheet")


def _apply(frame: pl.DataFrame, scanned: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the frame with the values a person sees, and the marks (row, index, kind)."""
    kinds = {scan_child.FORMULA: "formula", scan_child.ERROR: "error", scan_child.LONG_NUMBER: "digits-lost"}
    marks = scanned.filter(pl.col("kind").is_in(list(kinds))).select(
        "row", "index", pl.col("kind").replace_strict(kinds, return_dtype=pl.String)
    )
    seen = scanned.filter(~pl.col("kind").is_in([scan_child.FORMULA, scan_child.LONG_NUMBER]))
    for (index,), cells in seen.partition_by("index", as_dict=True).items():
        column = str(index)
        if column in frame.columns:
            value = _as_seen(pl.col(column), pl.col("scanned_kind"), pl.col("scanned_text"))
            told = cells.unique("row").select(
                "row", pl.col("kind").alias("scanned_kind"), pl.col("text").alias("scanned_text")
            )
            frame = frame.join(told, on="row", how="left", maintain_order="left")
            frame = frame.with_columns(value.alias(column)).drop("scanned_kind", "scanned_text")
    return frame, marks


def _as_seen(value: pl.Expr, kind: pl.Expr, text: pl.Expr) -> pl.Expr:
    date = pl.coalesce(value.str.extract(_DATE), value.str.extract(_TIME), value)
    implausible = value.str.contains(_DATED) & ~value.str.contains(_PLAUSIBLE) & ~value.str.contains(_TIME)
    truth = pl.when(text == "1").then(pl.lit("TRUE")).otherwise(pl.lit("FALSE"))
    return (
        pl.when(kind == scan_child.ERROR).then(text)
        .when(kind == scan_child.BOOLEAN).then(truth)
        # A number typed into a cell with a date format: Excel shows ###, the person meant the number.
        .when((kind == scan_child.DATE) & implausible).then(text)
        .when(kind == scan_child.DATE).then(date)
        .when((kind == scan_child.PADDED) & value.str.contains(r"^\d+$"))
        .then(value.str.pad_start(text.cast(pl.UInt32, strict=False), "0"))
        .otherwise(value)
    )  # fmt: skip


def _sheet(
    frame: pl.DataFrame,
    headers: list[str],
    indexes: list[int],
    by_position: HeaderMatch,
    header_row: int,
    marks: pl.DataFrame,
    *,
    format: Literal["xlsx", "csv"],
    encoding: str,
    name: str,
    ragged: list[tuple[int, int]],
) -> Sheet:
    """Name the frame's columns by key or letters, and drop those that hold nothing or are our own."""
    keys = {position: key for key, position in by_position.found.items()}
    names: dict[str, str] = {}
    kept_headers: list[str] = []
    for position, (header, index) in enumerate(zip(headers, indexes, strict=True)):
        if position in by_position.returned:
            continue
        if not header.strip() and frame[str(index)].null_count() == frame.height:
            continue
        names[str(index)] = keys.get(position, f"column {column_letters(index)}")
        kept_headers.append(header)
    marks = marks.with_columns(
        pl.col("index")
        .cast(pl.String)
        .replace_strict(names, default=None, return_dtype=pl.String)
        .alias("column")
    )
    marks = marks.filter(pl.col("column").is_not_null() & pl.col("row").is_in(frame["row"].implode()))
    match = replace(
        by_position,
        found={key: indexes[position] for key, position in by_position.found.items()},
        unknown=[(indexes[position], text) for position, text in by_position.unknown],
        repeated=[(indexes[position], text) for position, text in by_position.repeated],
        returned=[indexes[position] for position in by_position.returned],
    )
    return Sheet(
        headers=kept_headers,
        frame=frame.select("row", pl.col(*names).name.map(lambda column: names[column])),
        match=match,
        header_row=header_row,
        marks=marks.select(pl.col(column).cast(kind) for column, kind in MARK_SCHEMA.items()),
        format=format,
        encoding=encoding,
        name=name,
        ragged=ragged,
    )
