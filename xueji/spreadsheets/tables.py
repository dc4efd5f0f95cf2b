"""Whole tables to and from PostgreSQL by COPY."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from psycopg import sql
from psycopg.copy import QueuedLibpqWriter

NULL = "\x01"  # stands for null between polars and COPY; no cell contains it, cells are cleared of control characters
CHUNK = 5_000  # rows written at a time: bounded memory, and the server works while we encode


def copy_into(cursor: Any, table: str, frame: pl.DataFrame) -> int:
    """COPY a frame into the columns of `table` that bear its columns' names; return the rows.

    Binary columns travel as hex, nulls as nulls, an empty text as an empty text.
    """
    return copy_parts(cursor, table, frame.iter_slices(CHUNK), frame.columns)


def copy_parts(cursor: Any, table: str, parts: Iterable[pl.DataFrame], columns: Sequence[str]) -> int:
    """COPY frames one after the other, each made while the server still takes in the one before."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL {})").format(
        sql.Identifier(table), names, sql.Literal(NULL)
    )
    count = 0
    writer = QueuedLibpqWriter(getattr(cursor, "cursor", cursor))
    with cursor.copy(statement, writer=writer) as copy:
        for part in parts:
            encoded = [
                ("\\x" + pl.col(name).bin.encode("hex")).alias(name)
                for name, kind in part.schema.items()
                if kind == pl.Binary
            ]
            text = part.with_columns(encoded).select(columns).write_csv(include_header=False, null_value=NULL)
            copy.write(text.encode())
            count += part.height
    return count


def rows_of(cursor: Any, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pl.DataFrame:
    """Return the answer of a query as a frame, with the names the query gives its columns."""
    cursor.execute(query, parameters)
    names = [column.name for column in cursor.description]
    records = cursor.fetchall()
    return pl.DataFrame(records, schema=names, orient="row", infer_schema_length=None)
