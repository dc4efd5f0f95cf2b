"""Pupils and cases for tests of status business: registered as in life, moved desk by desk."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from tests.factories import TODAY, actor, pupil
from tests.web.registered import one_called, register
from xueji.status.actions import cases, papers
from xueji.status.actions.cases import Acted, Filed
from xueji.status.actions.drafts import drafted
from xueji.status.rules.kinds import BY_CODE

HERE, NEXT_DOOR, OTHER_COUNTY, OTHER_PROVINCE = "2133000001", "2133000002", "2133000003", "2151000001"
COUNTY_OF = {HERE: "o330902", NEXT_DOOR: "o330902", OTHER_COUNTY: "o330903", OTHER_PROVINCE: "o510104"}
PAPER = b"%PDF-1.4 made up"


def enrolled(name: str = "测转学", serial: int = 0, *, at: str = HERE, **changed: Any) -> UUID:
    """Register a pupil at a school over all three desks and return the id."""
    register(pupil(serial, name=name, **changed), identifier=at, officer=COUNTY_OF[at])
    return one_called(name).id


def class_id(school: str, number: str = "2026102") -> int:
    """Return the id of a class of a school."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """SELECT c.id FROM organisations_class c JOIN organisations_school s ON s.organisation_id = c.school_id
               WHERE s.identifier = %s AND c.number = %s""",
            [school, number],
        )
        return int(cursor.fetchone()[0])


def all_papers(student: UUID, *, by: str, today: date = TODAY) -> list[UUID]:
    """File one paper of every kind for a pupil, as the wizard does: with a draft that says for what. Return their ids."""
    from xueji.status.rules.papers import PAPERS

    # A school may have begun a transfer of anybody's pupil; an authority files for those of its area.
    is_school = actor(by).level == "school"
    with drafted("transfer", student, by=actor(by), today=today) if is_school else nullcontext():
        return [
            papers.file_paper(
                student,
                kind=paper.kind,
                file_name="a.pdf",
                content=PAPER + paper.kind.encode(),
                by=actor(by),
                today=today,
            )
            for paper in PAPERS
        ]


def filed(
    kind: str, student: UUID, typed: dict[str, Any], *, by: str, today: date = TODAY, with_papers: bool = True
) -> Filed:
    """File a change with every paper that it may ask for."""
    given = all_papers(student, by=by, today=today) if with_papers and needs_papers(kind) else []
    return cases.file_case(kind, student, typed, by=actor(by), today=today, paper_ids=given)


def needs_papers(kind: str) -> bool:
    from xueji.status.rules.kind import no_paper

    return BY_CODE[kind].papers is not no_paper


def approved(case: UUID, *by: str, today: date = TODAY) -> Acted:
    """Approve at desk after desk."""
    for one in by:
        acted = cases.approve(case, by=actor(one), today=today)
    return acted


def transferred(student: UUID, *, to: str = OTHER_PROVINCE, sender: str = HERE, today: date = TODAY) -> UUID:
    """Transfer a pupil over all desks and return the case."""
    case = filed("transfer", student, to_class(to), by=f"r{to}", today=today).id
    approved(case, *desks_between(sender, to), today=today)
    return case


def to_class(school: str, number: str = "2026102") -> dict[str, Any]:
    return {"class_id": class_id(school, number), "reason": "household"}


def desks_between(sender: str, receiver: str) -> list[str]:
    """Return who decides, in order; one office once."""
    offices = [f"l{receiver}", COUNTY_OF[receiver], f"l{sender}", COUNTY_OF[sender]]
    return [one for at, one in enumerate(offices) if one not in offices[at + 1 :]]


# The truth, as rows ------------------------------------------------------------------------

TRUTH = {
    "students_student": "id",
    "students_identifier": "student_id",
    "students_familymember": "student_id",
    "students_enrolment": "student_id",
    "status_mark": "student_id",
    "status_placement": "student_id",
}


def truth_of(student: UUID) -> dict[str, list[str]]:
    """Return every row about a pupil as text, versions aside, in order."""
    found = {}
    with connections["owner"].cursor() as cursor:
        for table, key in TRUTH.items():
            cursor.execute(
                f"SELECT (to_jsonb(t) - 'version')::text FROM {table} t WHERE {key} = %s ORDER BY 1",
                [student],
            )
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def headcounts() -> dict[tuple[int, str], int]:
    """Return the kept counts that are not nought, by class and state."""
    return _counts("SELECT class_of_id, state, count FROM students_headcount WHERE count <> 0")


def recounted() -> dict[tuple[int, str], int]:
    """Return the counts as a recount of open enrolments gives them."""
    return _counts(
        "SELECT class_of_id, state, count(*) FROM students_enrolment WHERE ended_on IS NULL GROUP BY 1, 2"
    )


def _counts(statement: str) -> dict[tuple[int, str], int]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return {(row[0], row[1]): row[2] for row in cursor.fetchall()}
