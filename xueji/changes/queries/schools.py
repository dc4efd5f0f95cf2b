"""What a roster must know of its school."""

from __future__ import annotations

from django.db import connections

from xueji.changes.rules.roster_checks import ClassInfo
from xueji.changes.rules.roster_checks import School as CheckedSchool
from xueji.lib.errors import Refused
from xueji.organisations.models import School


class NoSuchSchool(Refused):
    code = "no-such-school"


class SchoolNotOpen(Refused):
    code = "school-not-open"


CLASSES = """
SELECT c.number, c.id, g.stage, g.entry_year, g.number
FROM organisations_class c JOIN organisations_grade g ON g.id = c.grade_id
WHERE c.school_id = %s AND c.closed_on IS NULL AND g.is_open ORDER BY g.number, c.number
"""


def school_with_identifier(identifier: str, using: str = "default") -> School:
    """Return the school that bears, or ever bore, this identifier. Raises NoSuchSchool."""
    school = (
        School.objects.using(using)
        .select_related("organisation")
        .filter(identifiers__identifier=identifier)
        .first()
    )
    if school is None:
        raise NoSuchSchool(
            f"没有标识码为 {identifier} 的学校，请核对十位学校标识码。",
            f"There is no school with the identifier {identifier}; check its ten digits.",
        )
    return school


def require_open(school: School) -> None:
    """Raise SchoolNotOpen unless the school is in lawful operation (art. 2: no status without it)."""
    if school.state != School.OPEN:
        raise SchoolNotOpen(
            "该学校当前不在正常办学状态，不能注册学生。请向主管部门核实学校状态。",
            "This school is not in lawful operation, so no pupil can be registered; ask its authority.",
        )


def checked_school(school: School, using: str = "default") -> CheckedSchool:
    """Return the school as the checks need it: identifiers and open classes with stage and entry year."""
    with connections[using].cursor() as cursor:
        cursor.execute(CLASSES, [school.pk])
        classes = {
            number: ClassInfo(id=id_, stage=stage, entry_year=year, grade_number=grade)
            for number, id_, stage, year, grade in cursor.fetchall()
        }
        # An attached class goes by the identifiers of the school it hangs under.
        bearer = school.pk if school.identifier or school.under_id is None else school.under_id
        cursor.execute("SELECT identifier FROM organisations_schoolidentifier WHERE school_id = %s", [bearer])
        former = frozenset(identifier for (identifier,) in cursor.fetchall())
    return CheckedSchool(identifier=school.identifier, classes=classes, known_identifiers=former)
