"""A sheet, or typed values, turned into a roster: which layout it is and which column is which field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from xueji.changes.rules.roster_columns import FIELDS, NATIONAL, SHORT
from xueji.lib.errors import Refused

EXAMPLE_MARK = "示例"  # rows whose name begins so are the template's own example


class NoRows(Refused):
    code = "no-rows"


class ColumnsMissing(Refused):
    code = "columns-missing"


@dataclass(frozen=True)
class Roster:
    """Rows of text by field, with `row` as the spreadsheet numbers it."""

    frame: pl.DataFrame
    layout: str
    formulas: list[tuple[int, str]] = field(default_factory=list)
    lossy_numbers: list[tuple[int, str]] = field(default_factory=list)
    shifted: list[int] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @staticmethod
    def columns() -> list[Any]:
        """Return every column that either layout knows, for finding the header row."""
        return [f.column for f in FIELDS]


def as_roster(sheet: Any) -> Roster:
    """Return the roster in a sheet (spreadsheets.reader.Sheet). Raises NoRows, ColumnsMissing.

    The national layout is the one that names the school in every row.
    """
    frame = sheet.frame
    if "name" in frame.columns:
        frame = frame.filter(~pl.col("name").fill_null("").str.starts_with(EXAMPLE_MARK))
    if frame.is_empty():
        raise NoRows(
            "文件中没有学生：表头下面没有任何一行数据。请填写后再上传。",
            "The file holds no pupil: there is no row below the header. Fill it in and upload it again.",
        )
    found = sheet.match.found
    national = "school_identifier" in found or len(found) > len(SHORT) + 5
    layout = "national" if national else "short"
    absent = [f.column for f in FIELDS if layout in f.required_in and f.column.key not in found]
    if absent:
        raise ColumnsMissing(
            "缺少必需的列："
            + "、".join(column.header_zh for column in absent)
            + "。请补上这些列，或使用下载的模板。",
            "Required columns are missing: "
            + ", ".join(column.header_en for column in absent)
            + ". Add them, or use the template from the download.",
        )
    known = {f.column.key for f in FIELDS}
    marks = sheet.marks.filter(pl.col("column").is_in(known))
    return Roster(
        frame=frame.select("row", *(column for column in frame.columns if column in known)),
        layout=layout,
        formulas=marks.filter(pl.col("kind").is_in(["formula", "error"])).select("row", "column").rows(),
        lossy_numbers=marks.filter(
            (pl.col("kind") == "digits-lost") & (pl.col("column").str.ends_with("document_number"))
        )
        .select("row", "column")
        .rows(),
        shifted=[row for row, _ in sheet.ragged],
        ignored=[*sheet.unknown_headers, *(text for _, text in sheet.match.repeated)],
    )


def from_values(pupils: Sequence[dict[str, str]]) -> Roster:
    """Return typed values (form, API) as a roster in the short layout; the first pupil is row 1."""
    known = {f.column.key for f in FIELDS}
    keys = sorted({key for pupil in pupils for key in pupil if key in known})
    return Roster(
        frame=pl.DataFrame(
            {
                "row": pl.Series(range(1, len(pupils) + 1), dtype=pl.UInt32),
                **{
                    key: pl.Series(
                        [str(p[key]) if p.get(key) is not None else None for p in pupils], dtype=pl.String
                    )
                    for key in keys
                },
            }
        ),
        layout="short",
        ignored=sorted({key for pupil in pupils for key in pupil if key not in known}),
    )


__all__ = ["NATIONAL", "SHORT", "Roster", "as_roster", "from_values"]
