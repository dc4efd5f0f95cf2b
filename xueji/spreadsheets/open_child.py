"""A child process that opens a workbook and hands its cells over as an Arrow file of text.

Standard input: one JSON object (path, cells, sheets, columns, memory_bytes, seconds).
Standard output: one JSON object: {"sheet", "header_row", "headers", "indexes"} or
{"refused": ...}. The Arrow file has `row` (as a spreadsheet numbers it) and one text
column per sheet column, named by its index from 0. Rows without any text are left out.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from xueji.spreadsheets.child_limits import limit_this_process
from xueji.spreadsheets.rules.columns import HEADER_ROWS, Column, find_header_row

_LATE_ROWS = 30  # looked at only to say where the header stands when it stands too low


def main() -> None:
    """Open the workbook named on standard input and answer on standard output."""
    job = json.load(sys.stdin)
    limit_this_process(memory_bytes=job["memory_bytes"], seconds=job["seconds"])
    json.dump(_open(job), sys.stdout)


def _open(job: dict[str, Any]) -> dict[str, Any]:
    import fastexcel
    import polars as pl

    columns = [Column(**column) for column in job["columns"]]
    late_row = 0
    try:
        book = fastexcel.read_excel(job["path"])
        for number, sheet in enumerate(job["sheets"]):
            loaded = book.load_sheet(sheet["name"], header_row=None, dtypes="string", skip_rows=0)
            frame: pl.DataFrame = loaded.to_polars()
            indexes = [column.absolute_index for column in loaded.selected_columns]
            found = find_header_row(frame.head(HEADER_ROWS).rows(), columns)
            if found is None:
                late = find_header_row(frame.head(_LATE_ROWS).rows(), columns)
                late_row = late_row or (0 if late is None else late[0] + 1)
                continue
            del loaded
            frame.columns = [str(index) for index in indexes]
            header_row = found[0] + 1
            headers = frame.row(found[0])
            theirs = [name for place, name in enumerate(frame.columns) if place not in found[1].returned]
            _write(frame, header_row, theirs, job["cells"])
            return {"sheet": number, "header_row": header_row, "headers": headers, "indexes": indexes}
    except fastexcel.FastExcelError:
        return {"refused": "unreadable"}
    return {"refused": "no-header", "late_row": late_row}


def _write(frame: Any, header_row: int, theirs: list[str], path: str) -> None:
    """Write the rows below the header in which a person wrote something."""
    import polars as pl

    names = frame.columns
    rows = pl.int_range(1, frame.height + 1, dtype=pl.UInt32).alias("row")
    data = frame.with_columns(rows).slice(header_row)
    has_text = pl.repeat(False, data.height, dtype=pl.Boolean, eager=True)
    for name in theirs:
        # Mostly the first column settles it for every row; the others then need no look.
        has_text |= data[name].str.contains(r"\S").fill_null(False)
        if has_text.all():
            break
    data.select("row", *names).filter(has_text).write_ipc(path, compression="uncompressed")


if __name__ == "__main__":
    main()
