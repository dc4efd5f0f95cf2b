"""The national check: is one of these children already known, anywhere in the nation?

Runs in the national role, set-based: the candidates go into a temporary table by COPY,
one statement compares numbers through the blind index, one compares persons who have no
number. What a school is told of the answer is decided in `findings_of`, never more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import polars as pl
from django.conf import settings
from django.db import connections

from xueji.access.statements import asked
from xueji.changes.rules.roster_checks import FINDING_SCHEMA, NO_NUMBER
from xueji.spreadsheets.tables import copy_into

CANDIDATES = """
CREATE TEMPORARY TABLE candidate (
    row integer, scheme varchar(1) COLLATE "C", index bytea, name text COLLATE "C", sex varchar(1), birth_on date
) ON COMMIT DROP
"""

FEW = 20
TRAVELLING = """
WITH candidate AS (
    SELECT * FROM unnest(%s::integer[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::date[])
        AS c (row, scheme, index, name, sex, birth_on)
)
"""

BY_NUMBER = """
SELECT c.row, s.id AS student_id, s.name = c.name AS same_name, e.place AS enrolled_at
FROM candidate c
JOIN students_identifier i ON i.scheme = c.scheme AND i.index = c.index
JOIN students_student s ON s.id = i.student_id
LEFT JOIN students_enrolment e ON e.student_id = s.id AND e.ended_on IS NULL
"""

# Who has a number is compared with those who have none, and the other way round; two
# children with different numbers are two children, however equal the rest.
BY_PERSON = """
SELECT c.row, s.id AS student_id, e.place AS enrolled_at
FROM candidate c
JOIN students_student s ON s.birth_on = c.birth_on AND s.name = c.name AND s.sex = c.sex
LEFT JOIN students_enrolment e ON e.student_id = s.id AND e.ended_on IS NULL
WHERE c.scheme = 'U' OR s.document_type = 'Z'
"""

# Who holds a number that is disputed, under the same name: found by name, proved by the number.
BY_DISPUTE = """
SELECT c.row, s.id, i.index, e.place AS enrolled_at
FROM candidate c
JOIN students_student s ON s.birth_on = c.birth_on AND s.name = c.name AND s.sex = c.sex
JOIN students_identifier i ON i.student_id = s.id AND i.scheme = 'D' AND i.until IS NULL
JOIN students_enrolment e ON e.student_id = s.id AND e.ended_on IS NULL
WHERE c.row = ANY(%s)
"""

BY_CLAIM = """
SELECT c.row, r.batch_id, r.place, r.name = c.name AS same_name
FROM candidate c
JOIN changes_rosterclaim r ON r.scheme = c.scheme AND r.index = c.index
WHERE r.batch_id IS DISTINCT FROM %s
"""


# Whom a list of an authority admits to another school, and whether that is in dispute already. A name
# that differs is no answer: it would tell who is on a list to whoever knows a number.
BY_ADMISSION = """
SELECT c.row, bool_or(k.id IS NOT NULL)
FROM candidate c
JOIN changes_admission a ON a.scheme = c.scheme AND a.index = c.index AND a.name = c.name
LEFT JOIN changes_case k ON k.id = a.case_id AND k.closed_on IS NULL
WHERE a.state = 'awaited' AND a.place <> %s
GROUP BY c.row
"""


def known_children(
    rows: pl.DataFrame, *, own_place: int, batch_id: Any = None, using: str = "national"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the findings about children who are known, and the students who come back.

    `rows` has row, scheme, index, name, sex_final, birth, document_number: one line per row that is fit to
    be compared. The first answer has FINDING_SCHEMA; the second `row, student_id` for
    children whose earlier enrolment is closed and who keep their number and history.
    Must run inside the national scope.
    """
    with connections[using].cursor() as cursor:
        ask, forget = gathered(
            cursor,
            rows.select(
                "row",
                "scheme",
                "index",
                "name",
                pl.col("sex_final").alias("sex"),
                pl.col("birth").alias("birth_on"),
            ),
            using=using,
        )
        by_number = ask(BY_NUMBER, [])
        by_person = ask(BY_PERSON, [])
        by_claim = ask(BY_CLAIM, [batch_id])
        by_admission = ask(BY_ADMISSION, [own_place])
        other_name = [row for row, _, same_name, _ in by_number if not same_name]
        by_dispute = ask(BY_DISPUTE, [other_name]) if other_name else []
        forget()

    told: dict[int, tuple[str, dict[str, Any]]] = {}
    returning: dict[int, str] = {}
    for row, student_id, same_name, enrolled_at in by_number:
        if not same_name:
            told[row] = ("to-be-checked", {})
        elif enrolled_at is not None:
            told[row] = ("already-enrolled", {"here": True} if enrolled_at == own_place else {})
        else:
            returning[row] = str(student_id)
    without_number = set(rows.filter(pl.col("scheme") == NO_NUMBER)["row"])
    for row, student_id, index, enrolled_at in by_dispute:
        number = rows.row(by_predicate=pl.col("row") == row, named=True)["document_number"]
        if settings.XUEJI_KEY_RING.blind_index("D", f"{number}|{student_id}") == bytes(index):
            told[row] = ("already-enrolled", {"here": True} if enrolled_at == own_place else {})
    for row, _batch, place, same_name in by_claim:
        if row in without_number:
            # Two children may share name, sex and birth date: their schools have a say.
            told.setdefault(row, ("same-person-suspected", {}))
        elif same_name:
            told.setdefault(row, ("already-enrolled", {"here": True} if place == own_place else {}))
        else:
            told.setdefault(row, ("to-be-checked", {}))
    for row, is_disputed in by_admission:
        told.setdefault(row, ("admission-disputed" if is_disputed else "admitted-elsewhere", {}))
    for row, _student_id, _enrolled_at in by_person:
        if row not in returning:
            told.setdefault(row, ("same-person-suspected", {}))
    return findings_of(told, rows), pl.DataFrame(
        {"row": list(returning), "student_id": list(returning.values())},
        schema={"row": rows.schema["row"], "student_id": pl.String},
    )


Ask = Callable[[str, list[Any]], list[Any]]


def gathered(cursor: Any, candidates: pl.DataFrame, *, using: str) -> tuple[Ask, Callable[[], None]]:
    """Return how to ask a question about the candidates, and how to put them away again.

    Few of them travel with each question; many lie in a temporary table, whose making would
    cost a form more than its questions.
    """
    if candidates.height <= FEW:
        columns = [candidates[name].to_list() for name in candidates.columns]

        def ask_few(question: str, parameters: list[Any]) -> list[Any]:
            return asked(TRAVELLING + question, [*columns, *parameters], using=using)

        return ask_few, lambda: None
    cursor.execute(CANDIDATES)
    copy_into(cursor, "candidate", candidates)
    cursor.execute("ANALYZE candidate")

    def ask_many(question: str, parameters: list[Any]) -> list[Any]:
        cursor.execute(question, parameters)
        answer: list[Any] = cursor.fetchall()
        return answer

    return ask_many, lambda: cursor.execute("DROP TABLE candidate")


def findings_of(told: dict[int, tuple[str, dict[str, Any]]], rows: pl.DataFrame) -> pl.DataFrame:
    """Return what the school is told, as findings on the cell that the registrar can act on."""
    without_number = set(rows.filter(pl.col("scheme") == NO_NUMBER)["row"])
    return pl.DataFrame(
        {
            "row": list(told),
            "column": ["name" if row in without_number else "document_number" for row in told],
            "code": [code for code, _ in told.values()],
            "params": [json.dumps(params) for _, params in told.values()],
        },
        schema=FINDING_SCHEMA,
    )
