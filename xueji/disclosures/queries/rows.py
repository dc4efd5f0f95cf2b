"""The rows of a file that leaves: picked and held against the approval by the database, opened here and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.rules.places import SERIALS
from xueji.disclosures.rules.fields import BY_KEY
from xueji.organisations.rules.school_kinds import Grade, Stage
from xueji.students.encryption import associated
from xueji.students.rules.schemes import (
    DISPUTED_SCHEME,
    DOCUMENT_SCHEMES,
    NUMBER_SCHEME,
    SCHEMES_BY_COUNTRY,
)

DECEASED: Final = "11"
# The guardian first named is the one that a list shows.
SELECT: Final = """
SELECT s.id, {inside} AS is_inside, e.place, s.name, s.sex, s.birth_on, s.document_type, s.ethnicity, o.name, c.identifier,
    g.number, g.stage, k.name, e.seat_number, e.entered_on, e.study_mode, e.state, s.private,
    (SELECT jsonb_agg(jsonb_build_array(i.scheme, encode(i.index, 'hex'), encode(i.value, 'hex')))
     FROM students_identifier i WHERE i.student_id = s.id AND i.until IS NULL),
    (SELECT jsonb_build_array(f.ordinal, f.name, encode(f.private, 'hex')) FROM students_familymember f
     WHERE f.student_id = s.id AND f.is_guardian ORDER BY f.ordinal LIMIT 1)
FROM students_enrolment e
JOIN students_student s ON s.id = e.student_id
JOIN organisations_organisation o ON o.id = e.school_id
JOIN organisations_school c ON c.organisation_id = e.school_id
JOIN organisations_class k ON k.id = e.class_of_id
JOIN organisations_grade g ON g.id = k.grade_id
WHERE e.ended_on IS NULL AND e.state <> '{deceased}' AND {condition}
ORDER BY {order} LIMIT %(most)s
"""
OF_EXPORT: Final = SELECT.format(
    inside="(SELECT e.place >= a.scope_lo AND e.place < a.scope_hi FROM disclosures_approval a WHERE a.id = %(approval)s)",
    condition="""e.place >= %(lo)s AND e.place < %(hi)s AND (%(grade)s::int IS NULL OR g.number = %(grade)s::int)""",
    order="s.id",
    deceased=DECEASED,
)
OF_CLASS: Final = SELECT.format(
    inside="true",
    condition="e.class_of_id = %(class)s",
    order="CASE WHEN e.seat_number ~ '^[0-9]{1,9}$' THEN e.seat_number::integer END, e.seat_number, s.pinyin, s.id",
    deceased=DECEASED,
)


@dataclass(frozen=True)
class Leaving:
    """A pupil on the way out: whether the approval covers it, its county, and the fields as a file says them."""

    student_id: UUID
    is_inside: bool
    division: str
    values: Mapping[str, str]


def of_export(
    approval_id: UUID,
    *,
    lo: int,
    hi: int,
    grade: int | None,
    fields: Collection[str],
    most: int,
) -> list[Leaving]:
    """Return the pupils of a range and grade, each with whether the approval covers it; at most `most`.

    One statement: what is compared is what is handed out. Numbers are opened only where a field asks for them.
    """
    known = {"approval": approval_id, "lo": lo, "hi": hi, "grade": grade, "most": most}
    return _read(OF_EXPORT, known, fields)


def of_class(class_id: int, *, fields: Collection[str], most: int) -> list[Leaving]:
    """Return the pupils of a class in the order of their seats; at most `most`."""
    return _read(OF_CLASS, {"class": class_id, "most": most}, fields)


def _read(statement: str, known: dict[str, Any], fields: Collection[str]) -> list[Leaving]:
    with connections["default"].cursor() as cursor:
        cursor.execute(statement, known)
        return [_leaving(row, fields) for row in cursor.fetchall()]


def _leaving(row: tuple[Any, ...], fields: Collection[str]) -> Leaving:
    student_id, is_inside, place, *said, private, numbers, guardian = row
    name, sex, birth_on, document_type, ethnicity, school, identifier, *studies = said
    grade, stage, class_name, seat, entered_on, study_mode, state = studies
    kept = {
        "name": name,
        "sex": sex,
        "birth_on": _day(birth_on),
        "document_type": document_type,
        "ethnicity": ethnicity,
        "school": school,
        "school_identifier": identifier or "",
        "grade": Grade(grade, Stage(stage), _ordinal(grade, Stage(stage))).zh.partition("（")[0],
        "class": class_name,
        "seat_number": seat,
        "entered_on": _day(entered_on),
        "study_mode": study_mode,
        "state": state,
    }
    values = {key: _said(key, kept[key]) for key in kept if key in fields}
    values |= _numbers(_json(numbers) or [], fields)
    if "present_address" in fields or "phone" in fields:
        opened = _opened(bytes(private) if private is not None else None, "student", student_id)
        values |= {key: str(opened.get(key) or "") for key in ("present_address", "phone") if key in fields}
    if "guardian" in fields or "guardian_phone" in fields:
        ordinal, guardian_name, blob = _json(guardian) or (0, "", None)
        opened = _opened(bytes.fromhex(blob) if blob else None, f"family{ordinal}", student_id)
        found = {"guardian": guardian_name, "guardian_phone": str(opened.get("phone") or "")}
        values |= {key: found[key] for key in found if key in fields}
    return Leaving(student_id, bool(is_inside), f"{place // SERIALS:06d}", values)


def _ordinal(number: int, stage: Stage) -> int:
    """Return which year of its stage a grade is; only that of senior grades is spoken."""
    return number - 9 if stage is Stage.SENIOR else max(1, number - 6) if stage is Stage.JUNIOR else number


def _said(key: str, value: str) -> str:
    codes = BY_KEY[key].codes
    row = codes.get(value) if codes is not None else None
    return value if row is None else row.zh


def _day(day: date | None) -> str:
    return "" if day is None else str(day)


def _numbers(kept: list[list[str]], fields: Collection[str]) -> dict[str, str]:
    """Return the numbers in force that are asked for."""
    schemes = {
        "student_number": (NUMBER_SCHEME,),
        "document_number": (*DOCUMENT_SCHEMES, *SCHEMES_BY_COUNTRY, DISPUTED_SCHEME),
    }
    found = {}
    for key, wanted in schemes.items():
        if key in fields:
            row = next((one for scheme in wanted for one in kept if one[0] == scheme), None)
            found[key] = "" if row is None else _number(row[1], row[2])
    return found


def _number(index: str, value: str) -> str:
    plain: str = settings.XUEJI_KEY_RING.decrypt(
        bytes.fromhex(value), associated("identifier", bytes.fromhex(index))
    )
    # Numbers that a country gave stand after the country.
    return plain.rpartition("|")[2]


def _opened(blob: bytes | None, column: str, student_id: UUID) -> dict[str, Any]:
    if blob is None:
        return {}
    opened: dict[str, Any] = json.loads(settings.XUEJI_KEY_RING.decrypt(blob, associated(column, student_id)))
    return opened


def _json(value: Any) -> Any:
    """Return JSON as a raw cursor gives it, text or already read."""
    return json.loads(value) if isinstance(value, str) else value
