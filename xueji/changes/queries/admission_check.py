"""What the nation says of a list of admitted pupils: who is known, enrolled, claimed or admitted already.

Set-based, in the national role: the children go into a temporary table by COPY, and each
question is one statement. What the authority is told stays within what a name and a number
that fit may tell: that there is an enrolment or an admission, never where.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import connections

from xueji.changes.rules import admission_checks
from xueji.changes.rules.admission_checks import Checked, ListedSchool
from xueji.changes.rules.admissions import STAGES
from xueji.changes.rules.roster_checks import FINDING_SCHEMA
from xueji.organisations.models import School
from xueji.organisations.rules.school_kinds import KINDS
from xueji.spreadsheets.tables import copy_into, rows_of
from xueji.students.encryption import associated
from xueji.students.rules.schemes import DOCUMENT_SCHEMES, NUMBER_SCHEME

SCHOOLS = """
SELECT i.identifier, s.organisation_id, s.place, o.name, s.state, s.kind
FROM organisations_schoolidentifier i
JOIN organisations_school s ON s.organisation_id = i.school_id
JOIN organisations_organisation o ON o.id = s.organisation_id
WHERE i.identifier = ANY(%s)
"""


def identifiers_in(texts: Iterable[str | None]) -> list[str]:
    """Return the identifiers of schools as cells hold them, each once, in order."""
    return sorted({"".join(text.split()).removesuffix(".0") for text in texts if text})


def schools_named(
    identifiers: Sequence[str | None], *, lo: int, hi: int, using: str
) -> dict[str, ListedSchool]:
    """Return the schools that bear, or ever bore, these identifiers. One query."""
    wanted = identifiers_in(identifiers)
    with connections[using].cursor() as cursor:
        cursor.execute(SCHOOLS, [wanted])
        return {
            identifier: ListedSchool(
                id=id_,
                place=place,
                name=name,
                is_open=state == School.OPEN,
                is_within=lo <= place < hi,
                stages=frozenset(str(stage) for stage in KINDS[kind].stages),
            )
            for identifier, id_, place, name, state, kind in cursor.fetchall()
        }


CANDIDATES = """
CREATE TEMPORARY TABLE IF NOT EXISTS listed (
    row integer, scheme varchar(1) COLLATE "C", index bytea, name text COLLATE "C", place bigint
) ON COMMIT DROP;
TRUNCATE listed
"""

# Of a student number, the person and the document by which it is known.
BY_STUDENT_NUMBER = """
SELECT c.row, s.id::text AS student_id, s.name, s.sex, s.birth_on, s.document_type, d.scheme, d.index, d.value
FROM listed c
JOIN students_identifier i ON i.scheme = c.scheme AND i.index = c.index
JOIN students_student s ON s.id = i.student_id
LEFT JOIN LATERAL (
    SELECT scheme, index, value FROM students_identifier d
    WHERE d.student_id = s.id AND d.until IS NULL AND d.scheme = ANY(%s) ORDER BY d.since DESC LIMIT 1
) d ON true
"""

KNOWN = """
SELECT c.row, s.id::text AS student_id, s.name = c.name AS same_name, e.stage
FROM listed c
JOIN students_identifier i ON i.scheme = c.scheme AND i.index = c.index
JOIN students_student s ON s.id = i.student_id
LEFT JOIN students_enrolment e ON e.student_id = s.id AND e.ended_on IS NULL
"""

ADMITTED = """
SELECT c.row, bool_or(a.place = c.place) AS is_here
FROM listed c JOIN changes_admission a ON a.scheme = c.scheme AND a.index = c.index AND a.name = c.name
WHERE a.state = 'awaited' AND a.list_id IS DISTINCT FROM %s::uuid
GROUP BY c.row
"""

CLAIMED = """
SELECT c.row FROM listed c
JOIN changes_rosterclaim r ON r.scheme = c.scheme AND r.index = c.index AND r.name = c.name
WHERE r.place <> c.place
"""

LIST_SCHEMES: Final = DOCUMENT_SCHEMES  # a passport alone does not say whose it is; a student number does


def checked_against_nation(checked: Checked, *, stage: str, own: UUID | None, using: str) -> Checked:
    """Return the list with `index`, `student_id` and what the nation says of each fit row.

    Must run inside the national scope. `own` is the list itself, whose rows are no other admission.
    """
    ring = settings.XUEJI_KEY_RING
    with connections[using].cursor() as cursor:
        cursor.execute(CANDIDATES)
        rows, unknown = by_student_number(cursor, checked.rows)
        fit = rows["scheme"].is_in(list(LIST_SCHEMES)) & rows["document_number"].is_not_null()
        hashed: list[bytes | None] = [None] * rows.height
        for (scheme,), part in rows.with_row_index("at").filter(fit).group_by("scheme"):
            indexes = ring.blind_indexes(str(scheme), part["document_number"].to_list())
            for at, index in zip(part["at"], indexes, strict=True):
                hashed[at] = index
        rows = rows.with_columns(pl.Series("index", hashed, dtype=pl.Binary))
        # A document of another kind, and a student without any, cannot be told from others here.
        unfit = rows.filter(
            pl.col("index").is_null()
            & (pl.col("document_number").is_not_null() | pl.col("student_number").is_not_null())
        )["row"].to_list()
        checked = admission_checks.with_findings(
            Checked(rows, checked.findings),
            admission_checks.repetitions(rows),
            found("student_number", "person-differs", unknown),
            found("document_number", "number-missing", [row for row in unfit if row not in set(unknown)]),
        )
        rejected = checked.rejected_rows().cast(rows.schema["row"])
        cursor.execute(CANDIDATES)
        copy_into(
            cursor,
            "listed",
            rows.filter(~pl.col("row").is_in(rejected.implode())).select(
                "row", "scheme", "index", "name", "place"
            ),
        )
        cursor.execute("ANALYZE listed")
        known = rows_of(cursor, KNOWN)
        admitted = rows_of(cursor, ADMITTED, [own])
        claimed = rows_of(cursor, CLAIMED)["row"].to_list()
        cursor.execute("DROP TABLE listed")
    same = known.filter(pl.col("same_name").cast(pl.Boolean)) if not known.is_empty() else known
    here = [row for row, is_here in admitted.iter_rows() if is_here]
    elsewhere = {row for row, is_here in admitted.iter_rows() if not is_here} | set(claimed)
    enrolled = [(row, STAGES.index(at)) for row, _, _, at in same.iter_rows() if at is not None]
    new = STAGES.index(stage)
    return admission_checks.with_findings(
        Checked(with_students(rows, same), checked.findings),
        found(
            "document_number",
            "person-differs",
            [row for row, _, is_same, _ in known.iter_rows() if not is_same],
        ),
        found("document_number", "already-in-stage", [row for row, at in enrolled if at >= new]),
        found("document_number", "still-enrolled", [row for row, at in enrolled if at < new]),
        found("document_number", "already-admitted", here),
        found("document_number", "admitted-elsewhere", sorted(elsewhere - set(here))),
    )


def by_student_number(cursor: Any, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
    """Return the rows with the document of who is named by a student number alone, and the rows of nobody.

    Of nobody, and of another name, the answer is the same.
    """
    asked = rows.filter(pl.col("document_number").is_null() & pl.col("student_number").is_not_null())
    if asked.is_empty():
        return rows, []
    ring = settings.XUEJI_KEY_RING
    indexes = ring.blind_indexes(NUMBER_SCHEME, asked["student_number"].to_list())
    copy_into(
        cursor,
        "listed",
        asked.select(
            "row",
            pl.lit(NUMBER_SCHEME).alias("scheme"),
            pl.Series("index", indexes, dtype=pl.Binary),
            pl.col("name").fill_null(""),
            "place",
        ),
    )
    cursor.execute(BY_STUDENT_NUMBER, [list(LIST_SCHEMES)])
    names = dict(asked.select("row", "name").iter_rows())
    lines: list[tuple[Any, ...]] = []
    for row, _student, name, sex, birth_on, kind, scheme, index, value in cursor.fetchall():
        if name == names[row] and value is not None:
            number = ring.decrypt(bytes(value), associated("identifier", bytes(index)))
            lines.append((row, number, scheme, sex, birth_on, kind))
    schema: dict[str, Any] = {
        "row": rows.schema["row"],
        "found_number": pl.String,
        "found_scheme": pl.String,
        "found_sex": pl.String,
        "found_birth": pl.Date,
        "found_type": pl.String,
    }
    resolved = pl.DataFrame(lines, schema=schema, orient="row")
    joined = rows.join(resolved, on="row", how="left", maintain_order="left").with_columns(
        document_number=pl.coalesce("document_number", "found_number"),
        scheme=pl.coalesce("found_scheme", "scheme"),
        sex_final=pl.coalesce("sex_final", "found_sex"),
        birth=pl.coalesce("birth", "found_birth"),
        code_document_type=pl.coalesce("found_type", "code_document_type"),
    )
    nobody = sorted(set(asked["row"]) - set(resolved["row"]))
    return joined.drop([name for name in schema if name.startswith("found_")]), nobody


def with_students(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the student that each child is known as already."""
    students = pl.DataFrame(
        {
            "row": known["row"] if known.width else [],
            "student_id": known["student_id"] if known.width else [],
        },
        schema={"row": rows.schema["row"], "student_id": pl.String},
    ).unique("row")
    return rows.join(students, on="row", how="left", maintain_order="left")


def found(column: str, code: str, rows: Sequence[int]) -> pl.DataFrame:
    """Return one finding of this kind for each row."""
    return pl.DataFrame(
        {
            "row": rows,
            "column": [column] * len(rows),
            "code": [code] * len(rows),
            "params": ["{}"] * len(rows),
        },
        schema=FINDING_SCHEMA,
    )
