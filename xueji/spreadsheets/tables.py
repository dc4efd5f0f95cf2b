"""Whole tables to and from PostgreSQL by COPY."""

from __future__ import annotations

from typing import Any

import polars as pl
from psycopg import sql

NULL = "\x01"  # stands for null between polars and COPY; no cell contains it, cells are cleared of control characters
CHUNK = 20_000  # rows written at a time: bounded memory, and the server works while we encode


def copy_into(cursor: Any, table: str, frame: pl.DataFrame) -> int:
    """COPY a frame into the columns of `table` that bear its columns' names; return the rows.

    Binary columns travel as hex, nulls as nulls, an empty text as an empty text.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL {})").format(
        sql.Identifier(table), names, sql.Literal(NULL)
    )
    encoded = [
        ("\\x" + pl.col(name).bin.encode("hex")).alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.Binary
    ]
    with cursor.copy(statement) as copy:
        for chunk in frame.iter_slices(CHUNK):
            copy.write(chunk.with_columns(encoded).write_csv(include_header=False, null_value=NULL).encode())
    return frame.height


def rows_of(cursor: Any, query: str, parameters: list[Any] | None = None) -> pl.DataFrame:
    """Return the answer of a query as a frame, with the names the query gives its columns."""
    cursor.execute(query, parameters or [])
    names = [column.name for column in cursor.description]
    records = cursor.fetchall()
    return pl.DataFrame(records, schema=names, orient="row", infer_schema_length=None)
