"""The last approval: accepted rows of a roster become students with enrolments and numbers.

One transaction, set-based: rows → numbers → students, identifiers, enrolments, families,
head counts, events. Called by `rosters.decide` inside the national scope.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import polars as pl
from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string

from xueji.access.rules.places import division_of
from xueji.access.scope import Actor
from xueji.changes.models import RosterBatch
from xueji.changes.rules.preschool import kept_number
from xueji.lib import id_numbers, masks
from xueji.spreadsheets.tables import copy_into, rows_of
from xueji.students.encryption import associated
from xueji.students.rules.numbers import Applicant
from xueji.students.rules.schemes import NUMBER_SCHEME

STUDYING = "01"

# A child can have become known since it was claimed, by another door than a roster:
# whoever holds the number now was first, and the row is rejected with a finding.
OVERTAKEN = """
WITH overtaken AS (
    SELECT r.row, CASE WHEN s.id <> r.student_id AND s.name <> r.name THEN 'to-be-checked'
        ELSE 'already-enrolled' END AS code
    FROM changes_rosterrow r
    LEFT JOIN students_identifier i ON i.scheme = r.scheme AND i.index = r.index
    LEFT JOIN students_student s ON s.id = i.student_id
    WHERE r.batch_id = %(batch)s AND r.state = 'accepted' AND (
        i.student_id <> r.student_id
        OR r.is_known AND EXISTS (SELECT 1 FROM students_enrolment e
            WHERE e.student_id = r.student_id AND e.ended_on IS NULL))
), marked AS (
    UPDATE changes_rosterrow r SET state = 'elsewhere', reason = overtaken.code
    FROM overtaken WHERE r.batch_id = %(batch)s AND r.row = overtaken.row
), told AS (
    INSERT INTO changes_rosterfinding (batch_id, place, row, "column", code, severity, params)
    SELECT %(batch)s, %(place)s, row, 'document_number', code,
        CASE code WHEN 'already-enrolled' THEN 'error' ELSE 'held' END, '{}'
    FROM overtaken ON CONFLICT DO NOTHING
)
SELECT count(*) FROM overtaken
"""

LOCK_RETURNING = """
SELECT s.id FROM students_student s
WHERE s.id IN (SELECT student_id FROM changes_rosterrow WHERE batch_id = %(batch)s AND is_known)
ORDER BY s.id FOR UPDATE
"""

TO_NUMBER = """
SELECT r.row, r.student_id::text AS student_id, r.scheme, r.document, r.index, r.birth_on, r.is_disputed,
    p.content AS preschool
FROM changes_rosterrow r
LEFT JOIN changes_preschoolrecord p ON r.stage = 'primary' AND NOT r.is_disputed
    AND p.scheme = r.scheme AND p.index = r.index AND p.name = r.name
WHERE r.batch_id = %(batch)s AND r.state = 'accepted' AND NOT EXISTS (
    SELECT 1 FROM students_identifier i
    WHERE i.student_id = r.student_id AND i.scheme = 'S' AND i.until IS NULL)
ORDER BY r.row
"""

RESERVE = """
INSERT INTO students_numberserial AS s (prefix, next)
SELECT prefix, 1 + wanted FROM unnest(%s::text[], %s::int[]) AS w (prefix, wanted) ORDER BY prefix
ON CONFLICT (prefix) DO UPDATE SET next = s.next + EXCLUDED.next - 1
RETURNING prefix, next
"""

NUMBERED = """
CREATE TEMPORARY TABLE numbered (
    row integer, student_id uuid, index bytea, value bytea, masked text
) ON COMMIT DROP
"""

# What each statement takes is the batch, its place, the actor, the day.
STATEMENTS = (
    """
    INSERT INTO students_student (id, place, name, pinyin, initials, sex, birth_on, nationality, ethnicity,
        overseas, document_type, details, private, version)
    SELECT student_id, place, name, pinyin, initials, sex, birth_on, nationality, ethnicity,
        overseas, document_type, details, private, 1
    FROM changes_rosterrow WHERE batch_id = %(batch)s AND state = 'accepted' AND NOT is_known
    ORDER BY row
    """,
    """
    UPDATE students_student s SET place = r.place, name = r.name, pinyin = r.pinyin, initials = r.initials,
        nationality = r.nationality, ethnicity = r.ethnicity, overseas = r.overseas,
        document_type = CASE WHEN r.document IS NULL THEN s.document_type ELSE r.document_type END,
        details = s.details || r.details, private = r.private, version = s.version + 1
    FROM changes_rosterrow r
    WHERE r.batch_id = %(batch)s AND r.state = 'accepted' AND r.is_known AND s.id = r.student_id
    """,
    """
    UPDATE students_identifier i SET place = r.place
    FROM changes_rosterrow r
    WHERE r.batch_id = %(batch)s AND r.state = 'accepted' AND r.is_known AND i.student_id = r.student_id
    """,
    """
    INSERT INTO students_identifier (scheme, index, student_id, place, value, since)
    SELECT scheme, index, student_id, place, document, %(today)s
    FROM changes_rosterrow r
    WHERE batch_id = %(batch)s AND state = 'accepted' AND document IS NOT NULL
        AND (NOT is_known OR NOT EXISTS (
            SELECT 1 FROM students_identifier i WHERE i.scheme = r.scheme AND i.index = r.index))
    """,
    """
    INSERT INTO students_identifier (scheme, index, student_id, place, value, since)
    SELECT 'S', index, student_id, %(place)s, value, %(today)s FROM numbered
    """,
    """
    INSERT INTO students_enrolment (student_id, id, place, school_id, class_of_id, stage, entry_year, state,
        entered_on, started_on, end_reason, entry_mode, study_mode, source, seat_number, version)
    SELECT student_id, enrolment_id, place, %(school)s, class_id, stage, entry_year, '01',
        entered_on, %(today)s, '', entry_mode, study_mode, source, seat_number, 1
    FROM changes_rosterrow WHERE batch_id = %(batch)s AND state = 'accepted'
    ORDER BY row
    """,
    """
    DELETE FROM students_familymember f USING changes_rosterrow r
    WHERE r.batch_id = %(batch)s AND r.state = 'accepted' AND r.is_known AND f.student_id = r.student_id
    """,
    """
    INSERT INTO students_familymember (student_id, ordinal, place, name, relation, is_guardian, private)
    SELECT r.student_id, m.ordinal, r.place, m.name, m.relation, m.is_guardian, m.private
    FROM changes_rosterrow r CROSS JOIN LATERAL (VALUES
        (1, r.member1_name, r.member1_relation, r.member1_is_guardian, r.member1_private),
        (2, r.member2_name, r.member2_relation, r.member2_is_guardian, r.member2_private)
    ) AS m (ordinal, name, relation, is_guardian, private)
    WHERE r.batch_id = %(batch)s AND r.state = 'accepted' AND m.name <> ''
    ORDER BY r.row
    """,
    """
    INSERT INTO students_headcount AS h (class_of_id, state, place, count)
    SELECT class_id, '01', %(place)s, count(*) FROM changes_rosterrow
    WHERE batch_id = %(batch)s AND state = 'accepted' GROUP BY class_id ORDER BY class_id
    ON CONFLICT (class_of_id, state) DO UPDATE SET count = h.count + EXCLUDED.count
    """,
    """
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, after)
    SELECT r.student_id, 'roster.register', 'student', %(account)s, %(office)s, r.place, r.batch_id,
        jsonb_build_object('enrolment', r.enrolment_id, 'class', r.class_id, 'state', '01',
            'number', n.masked, 'row', r.row)
    FROM changes_rosterrow r LEFT JOIN numbered n ON n.row = r.row
    WHERE r.batch_id = %(batch)s AND r.state = 'accepted'
    ORDER BY r.row
    """,
    # Who was on a list of this school has come, whichever way the row came in.
    """
    UPDATE changes_admission a SET state = 'registered', reason = '', ended_on = %(today)s,
        batch_id = %(batch)s, student_id = r.student_id
    FROM changes_rosterrow r
    WHERE r.batch_id = %(batch)s AND r.state = 'accepted' AND a.scheme = r.scheme AND a.index = r.index
        AND a.place = r.place AND a.state IN ('awaited', 'not_come')
    """,
    """
    UPDATE students_student s SET preschool_record = p.id
    FROM changes_rosterrow r
    JOIN changes_preschoolrecord p ON p.scheme = r.scheme AND p.index = r.index AND p.name = r.name
    WHERE r.batch_id = %(batch)s AND r.state = 'accepted' AND r.stage = 'primary' AND s.id = r.student_id
    """,
    "DELETE FROM changes_rosterclaim WHERE batch_id = %(batch)s",
)

COUNT = "SELECT count(*) FROM changes_rosterrow WHERE batch_id = %(batch)s AND state = 'accepted'"


def register(batch: RosterBatch, *, by: Actor, today: date, using: str) -> int:
    """Write the accepted rows of a locked batch as students; return how many.

    Rows of children who became known meanwhile count as rejected afterwards.

    A database constraint that still refuses (a number given by another door at the same
    moment) rolls the whole approval back; repeating it takes the overtaken row out.
    """
    known = {
        "batch": batch.id,
        "place": batch.place,
        "school": batch.school_id,
        "account": by.account_id,
        "office": by.place,
        "today": today,
    }
    with connections[using].cursor() as cursor:
        cursor.execute(LOCK_RETURNING, known)
        cursor.execute(OVERTAKEN, known)
        (overtaken,) = cursor.fetchone()
        batch.accepted, batch.rejected = batch.accepted - overtaken, batch.rejected + overtaken
        number(cursor, known, division=division_of(batch.place))
        for statement in STATEMENTS:
            cursor.execute(statement, known)
        cursor.execute(COUNT, known)
        (count,) = cursor.fetchone()
    return int(count)


def number(cursor: Any, known: dict[str, Any], *, division: str) -> None:
    """Draw a number for every accepted row whose student has none, into the temporary table `numbered`."""
    ring = settings.XUEJI_KEY_RING
    cursor.execute(NUMBERED)
    rows = rows_of(cursor, TO_NUMBER, known)
    if rows.is_empty():
        return
    indexes: list[bytes] = rows["index"].to_list()
    documents = [
        ring.decrypt(value, associated("identifier", index)) if value is not None else None
        for value, index in zip(rows["document"], indexes, strict=True)
    ]
    applicants = [
        Applicant(
            # Permits (8…) and cards of foreigners (9…) have the same shape and lead to a J number.
            resident_number=document if is_resident_number(scheme, document) else None,
            is_disputed=disputed,
            division=division,
            birth_on=birth,
        )
        for document, scheme, disputed, birth in zip(
            documents, rows["scheme"], rows["is_disputed"], rows["birth_on"], strict=True
        )
    ]
    generate = import_string(settings.XUEJI_NUMBER_GENERATOR)
    kept = kept_numbers(cursor, rows, documents)
    drawn = iter(
        generate(
            [one for one, number in zip(applicants, kept, strict=True) if number is None],
            lambda wanted: reserve(cursor, wanted),
        )
    )
    numbers = [number if number is not None else next(drawn) for number in kept]
    number_indexes = ring.blind_indexes(NUMBER_SCHEME, numbers)
    copy_into(
        cursor,
        "numbered",
        pl.DataFrame(
            {
                "row": rows["row"],
                "student_id": rows["student_id"],
                "index": number_indexes,
                "value": ring.encrypt_many(numbers, [associated("identifier", i) for i in number_indexes]),
                "masked": [masks.student_number(number) for number in numbers],
            }
        ),
    )
    cursor.execute("ANALYZE numbered")


def kept_numbers(cursor: Any, rows: pl.DataFrame, documents: list[str | None]) -> list[str | None]:
    """Return, per row, the number that the child has from kindergarten and keeps; None where there is none.

    A number that a student bears already is nobody else's.
    """
    ring = settings.XUEJI_KEY_RING
    found: list[str | None] = [None] * rows.height
    for at, content in enumerate(rows["preschool"]):
        if content is not None:
            index = bytes(rows["index"][at])
            record = json.loads(ring.decrypt(bytes(content), associated("preschool", index)))
            found[at] = kept_number(record.get("student_number", ""), documents[at])
    wanted = {number for number in found if number is not None}
    if not wanted:
        return found
    indexes = dict(zip(ring.blind_indexes(NUMBER_SCHEME, sorted(wanted)), sorted(wanted), strict=True))
    cursor.execute(
        "SELECT index FROM students_identifier WHERE scheme = %s AND index = ANY(%s)",
        [NUMBER_SCHEME, list(indexes)],
    )
    taken = {indexes[bytes(index)] for (index,) in cursor.fetchall()}
    repeated = {number for number in wanted if found.count(number) > 1}
    return [None if number in taken | repeated else number for number in found]


def is_resident_number(scheme: str, document: str | None) -> bool:
    """Return whether a document is a resident number: claimed (R), or disputed (D) as any other may be.

    A permit or card of those who are no citizens (8…, 9…) has the same shape and leads to J.
    """
    if not document or document[0] in "89":
        return False
    return scheme == "R" or (scheme == "D" and id_numbers.kind(document) is id_numbers.Kind.RESIDENT)


def reserve(cursor: Any, wanted: dict[str, int]) -> dict[str, int]:
    """Reserve serials per prefix and return the first of each; the row locks until commit."""
    cursor.execute(RESERVE, [list(wanted), list(wanted.values())])
    return {prefix: following - wanted[prefix] for prefix, following in cursor.fetchall()}
