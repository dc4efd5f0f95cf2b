"""Accepted rows made ready to become students: names read, identities hashed and encrypted, written by COPY."""

from __future__ import annotations

from itertools import chain
from typing import Any
from uuid import UUID

import polars as pl
from django.conf import settings

from xueji.changes.rules.roster_columns import FIELDS
from xueji.lib import names, uuid7
from xueji.spreadsheets.tables import CHUNK, copy_parts
from xueji.students.encryption import associated

# What identifies the family and is kept encrypted, and what is kept in the clear without index.
PRIVATE = [f.column.key for f in FIELDS if f.where == "private"]
DETAILS = [f for f in FIELDS if f.where == "details"]
MEMBER_PRIVATE = {n: [f for f in FIELDS if f.where == f"member{n}"] for n in (1, 2)}
MEMBER_PLAIN = ("name", "relation", "is_guardian")


def blind_indexes(rows: pl.DataFrame) -> pl.Series:
    """Return the blind index by which each row's child is found and claimed.

    A number counts by itself; a passport together with its country; a child without a
    number by name, sex and birth date, so that two rosters cannot both claim it.
    """
    keyed = rows.select(
        "scheme",
        text=pl.when(pl.col("scheme") == "U")
        .then(pl.concat_str("name", "sex_final", pl.col("birth").cast(pl.String), separator="|"))
        .when(pl.col("scheme").is_in(["P", "O"]))
        .then(pl.concat_str(pl.col("code_nationality").fill_null(""), "document_number", separator="|"))
        .otherwise("document_number"),
    )
    ring = settings.XUEJI_KEY_RING
    indexes: list[bytes | None] = [None] * rows.height
    for (scheme,), part in keyed.with_row_index("at").group_by("scheme"):
        hashed = ring.blind_indexes(str(scheme), part["text"].to_list())
        for at, index in zip(part["at"], hashed, strict=True):
            indexes[at] = index
    return pl.Series("index", indexes, dtype=pl.Binary)


def stage(cursor: Any, *, batch: UUID, place: int, rows: pl.DataFrame, returning: pl.DataFrame) -> int:
    """COPY the accepted rows into changes_rosterrow; return how many.

    `rows` as the checks left them, with `index`; `returning` gives the student of
    children who come back.
    """
    if rows.is_empty():
        return 0
    rows = rows.join(
        returning.with_columns(pl.col("row").cast(rows.schema["row"])),
        on="row",
        how="left",
        maintain_order="left",
    )
    parts = (ready(part, batch=batch, place=place) for part in rows.iter_slices(CHUNK))
    first = next(parts)
    return copy_parts(cursor, "changes_rosterrow", chain([first], parts), first.columns)


def ready(rows: pl.DataFrame, *, batch: UUID, place: int) -> pl.DataFrame:
    """Return accepted rows as changes_rosterrow keeps them: identities encrypted, names read, ids given."""
    count = rows.height
    rows = rows.with_columns(
        is_known=pl.col("student_id").is_not_null(),
        student_id=pl.coalesce("student_id", pl.Series(uuid7.many_text(count))),
        enrolment_id=pl.Series(uuid7.many_text(count)),
    )
    ring = settings.XUEJI_KEY_RING
    students = [UUID(text).bytes for text in rows["student_id"]]

    def sealed(column: str, texts: list[str | None]) -> pl.Series:
        """Return the texts encrypted for their student; nothing where there is nothing."""
        at = [i for i, text in enumerate(texts) if text]
        blobs = ring.encrypt_many([texts[i] or "" for i in at], [associated(column, students[i]) for i in at])
        sealed_all: list[bytes | None] = [None] * count
        for i, blob in zip(at, blobs, strict=True):
            sealed_all[i] = blob
        return pl.Series(sealed_all, dtype=pl.Binary)

    indexes = rows["index"].to_list()
    numbers = rows["document_number"].to_list()
    has_number = [i for i, number in enumerate(numbers) if number]
    documents: list[bytes | None] = [None] * count
    for i, blob in zip(
        has_number,
        ring.encrypt_many(
            [numbers[i] for i in has_number], [associated("identifier", indexes[i]) for i in has_number]
        ),
        strict=True,
    ):
        documents[i] = blob

    readings = names.pinyin_many(rows["name"].to_list())
    first = names.initials_many(rows["name"].to_list())
    objects = as_json(
        rows,
        {
            "details": [value_of(f).alias(f.column.key) for f in DETAILS],
            "student": [pl.col(key) for key in PRIVATE],
            **{
                f"family{n}": [
                    value_of(f).alias(f.column.key.removeprefix(f"member{n}_"))
                    for f in MEMBER_PRIVATE[n]
                    if f.column.key.removeprefix(f"member{n}_") not in MEMBER_PLAIN
                ]
                for n in (1, 2)
            },
        },
    )
    member_columns: list[pl.Expr | pl.Series] = []
    for n in (1, 2):
        member_columns += [
            pl.col(f"member{n}_name").fill_null("").alias(f"member{n}_name"),
            pl.col(f"code_member{n}_relation").fill_null("").alias(f"member{n}_relation"),
            (pl.col(f"code_member{n}_is_guardian").fill_null("1") == "1").alias(f"member{n}_is_guardian"),
            sealed(f"family{n}", objects[f"family{n}"]).alias(f"member{n}_private"),
        ]
    return rows.select(
        pl.lit(str(batch)).alias("batch_id"),
        pl.lit(place).alias("place"),
        "row",
        pl.lit("accepted").alias("state"),
        pl.lit("").alias("reason"),
        "scheme",
        "index",
        pl.Series("document", documents, dtype=pl.Binary),
        "student_id",
        "enrolment_id",
        "is_known",
        pl.lit(False).alias("is_disputed"),
        "name",
        pl.Series("pinyin", readings),
        pl.Series("initials", first),
        pl.col("sex_final").alias("sex"),
        pl.col("birth").alias("birth_on"),
        pl.col("code_nationality").fill_null("CHN").alias("nationality"),
        pl.col("code_ethnicity").fill_null("").alias("ethnicity"),
        pl.col("code_overseas").fill_null("00").alias("overseas"),
        pl.col("code_document_type").alias("document_type"),
        "class_id",
        "stage",
        "entry_year",
        pl.col("entered").alias("entered_on"),
        pl.col("code_entry_mode").fill_null("").alias("entry_mode"),
        pl.col("code_study_mode").fill_null("").alias("study_mode"),
        pl.col("code_source").fill_null("1").alias("source"),
        pl.col("seat_number").fill_null("").alias("seat_number"),
        pl.Series("details", objects["details"], dtype=pl.String).fill_null("{}"),
        sealed("student", objects["student"]).alias("private"),
        *member_columns,
    )


def value_of(f: Any) -> pl.Expr:
    """Return the value a field is kept as: the code where there is a list."""
    return pl.col(f"code_{f.column.key}" if f.code_list is not None else f.column.key)


def as_json(rows: pl.DataFrame, objects: dict[str, list[pl.Expr]]) -> dict[str, list[str | None]]:
    """Return, for each named object, one JSON text per row with the values that are there; None where there are none."""
    chosen = rows.select(
        value.name.prefix(f"{name} ") for name, values in objects.items() for value in values
    )
    used = [key for key in chosen.columns if chosen[key].null_count() < rows.height]
    keys = {name: [key for key in used if key.startswith(f"{name} ")] for name in objects}
    encoded = chosen.select(
        pl.struct(pl.col(key).alias(key.removeprefix(f"{name} ")) for key in of)
        .struct.json_encode()
        .str.replace_all(r'"[a-z0-9_]+":null,?', "")
        .str.replace(r",\}$", "}")
        .alias(name)
        for name, of in keys.items()
        if of
    )
    return {
        name: [None if text == "{}" else text for text in encoded[name]] if of else [None] * rows.height
        for name, of in keys.items()
    }
