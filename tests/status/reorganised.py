"""Schools of the tiny nation merged, split and closed, for tests: plans, decisions, and all that a plan touches as text."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from tests.factories import PLACES, TODAY, actor, pupil
from tests.status.cases import HERE, NEXT_DOOR
from tests.web.registered import one_called, register
from xueji.status.actions import reorganisations
from xueji.status.actions.reorganisations import Said
from xueji.status.models import Reorganisation
from xueji.status.rules.reorganisation import Kind, Line

OFFICER, LEADER, ABOVE = "o330902", "l330902", "o330900"
COUNTY = 330902 * 10**6
NAMES = ("撤合成甲", "撤合成乙", "撤合成丙", "撤合成丁")


def pupils_of_two_schools() -> list[UUID]:
    """Register three pupils here, in two grades, and one next door; return their ids."""
    register(
        pupil(0, name=NAMES[0]),
        pupil(1, name=NAMES[1], class_number="2026102"),
        pupil(2, name=NAMES[2], class_number="2025101"),
    )
    register(pupil(3, name=NAMES[3]), identifier=NEXT_DOOR, officer=OFFICER)
    return [one_called(name).id for name in NAMES]


def said(
    kind: Kind = Kind.MERGE,
    *,
    sources: tuple[str, ...] = (HERE,),
    targets: tuple[str, ...] = (NEXT_DOOR,),
    **more: Any,
) -> Said:
    """Return what a request says; the receiving school takes the archives."""
    known: dict[str, Any] = {
        "effective_on": TODAY,
        "document": "定教〔2026〕8号",
        "archives_place": PLACES[targets[0]] if targets else None,
    }
    return Said(
        kind=kind,
        sources=[PLACES[one] for one in sources],
        targets=[PLACES[one] for one in targets],
        **known | more,
    )


def begun(kind: Kind = Kind.MERGE, *, by: str = OFFICER, **more: Any) -> Reorganisation:
    return reorganisations.begin(said(kind, **more), by=actor(by), today=TODAY)


def proposed(kind: Kind = Kind.MERGE, *, by: str = OFFICER, **more: Any) -> Reorganisation:
    return reorganisations.propose(begun(kind, by=by, **more).id, by=actor(by), today=TODAY)


def approved(request: Reorganisation, *, by: str = LEADER, today: date = TODAY) -> Reorganisation:
    return reorganisations.approve(request.id, by=actor(by), today=today)


def reorganised(kind: Kind = Kind.MERGE, **more: Any) -> Reorganisation:
    return approved(proposed(kind, **more))


def undone(request: Reorganisation, *, today: date = TODAY) -> Reorganisation:
    return reorganisations.undo(request.id, reason="误办", by=actor(ABOVE), today=today)


def split_off(*numbers: str) -> Reorganisation:
    """Plan that classes of this school go next door, and put it before the leader."""
    request = begun(Kind.SPLIT)
    ids = classes_of(HERE)
    lines = {ids[number]: Line(ids[number], school_id(NEXT_DOOR)) for number in numbers}
    reorganisations.assign(request.id, lines, by=actor(OFFICER), today=TODAY)
    return reorganisations.propose(request.id, by=actor(OFFICER), today=TODAY)


def school_id(identifier: str) -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT school_id FROM organisations_schoolidentifier WHERE identifier = %s", [identifier]
        )
        return int(cursor.fetchone()[0])


def classes_of(identifier: str, *, is_open: bool = True) -> dict[str, int]:
    """Return the classes of a school by number."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT number, id FROM organisations_class WHERE school_id = %s AND (closed_on IS NULL) = %s",
            [school_id(identifier), is_open],
        )
        return dict(cursor.fetchall())


def stays_of(student: UUID) -> list[tuple[str, str, str, str]]:
    """Return the enrolments of a pupil: school, class number, state, reason of the end."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """SELECT s.identifier, c.number, e.state, e.end_reason FROM students_enrolment e
               JOIN organisations_school s ON s.organisation_id = e.school_id
               JOIN organisations_class c ON c.id = e.class_of_id
               WHERE e.student_id = %s ORDER BY e.ended_on NULLS LAST""",
            [student],
        )
        return list(cursor.fetchall())


# Everything a reorganisation may touch, but the history and the request itself; classes it opened stay, closed.
TOUCHED = {
    "changes_admission": "",
    "students_student": "- 'version'",
    "students_identifier": "",
    "students_familymember": "",
    "students_enrolment": "- 'version'",
    "status_mark": "",
    "status_paper": "",
    "status_placement": "",
    "status_case": "- 'version'",
    "status_turn": "",
    "status_sealedcopy": "",
    "organisations_school": "",
    "organisations_organisation": "",
    "organisations_schoolchange": "",
    "organisations_schoolidentifier": "",
    "organisations_organisationname": "",
    "access_appointment": "",
    "status_campaignschool": "",
    "status_campaigngrade": "",
}


def everything() -> dict[str, list[str]]:
    """Return every row that counts, as text, in order."""
    found = {}
    with connections["owner"].cursor() as cursor:
        for table, less in TOUCHED.items():
            cursor.execute(f"SELECT (to_jsonb(t) {less})::text FROM {table} t ORDER BY 1")
            found[table] = [row[0] for row in cursor.fetchall()]
        for table, condition in (
            ("organisations_class", "closed_on IS NULL"),
            ("organisations_grade", "is_open"),
            ("students_headcount", "count <> 0"),
        ):
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t WHERE {condition} ORDER BY 1")
            found[table] = [row[0] for row in cursor.fetchall()]
    return found
