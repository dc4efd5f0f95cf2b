"""A last grade with pupils, for tests of graduation: the first graders of the tiny nation, five years older."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import connections

from tests.factories import actor, pupil
from tests.status.cases import COUNTY_OF, HERE
from tests.web.registered import one_called, register
from xueji.status.actions import graduations
from xueji.status.models import Graduation

SUMMER = date(2027, 7, 5)
REGISTRAR, LEADER, OFFICER = f"r{HERE}", f"l{HERE}", COUNTY_OF[HERE]
NAMES = ("毕合成甲", "毕合成乙", "毕合成丙")


def leavers(*names: str, at: str = HERE, entry_year: int = 2021, number: int = 6) -> list[UUID]:
    """Register pupils in a grade that is made the last of its stage, and return their ids."""
    classes = ("2026101", "2026102")
    register(
        *(
            pupil(n, name=name, class_number=classes[n % 2], entered_on="202609")
            for n, name in enumerate(names or NAMES)
        ),
        identifier=at,
        officer=COUNTY_OF[at],
    )
    older(at=at, entry_year=entry_year, number=number)
    return [one_called(name).id for name in names or NAMES]


def older(*, at: str = HERE, entry_year: int = 2021, number: int = 6, of: int = 2026) -> None:
    """Make the grade that entered in a year an older one: that of another number and year of entry."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """UPDATE organisations_grade SET entry_year = %(year)s, number = %(number)s, stage = %(stage)s
               WHERE entry_year = %(of)s AND school_id =
                   (SELECT organisation_id FROM organisations_school WHERE identifier = %(at)s) RETURNING id""",
            {"year": entry_year, "number": number, "stage": stage_of(number), "at": at, "of": of},
        )
        (grade,) = cursor.fetchone()
        cursor.execute(
            """UPDATE students_enrolment e SET entry_year = %s, stage = %s FROM organisations_class c
               WHERE c.id = e.class_of_id AND c.grade_id = %s""",
            [entry_year, stage_of(number), grade],
        )


def stage_of(number: int) -> str:
    return "primary" if number <= 6 else "junior" if number <= 9 else "senior"


def last_grade(at: str = HERE, entry_year: int = 2021) -> int:
    """Return the id of the last grade of a school."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """SELECT g.id FROM organisations_grade g JOIN organisations_school s ON s.organisation_id = g.school_id
               WHERE s.identifier = %s AND g.entry_year = %s""",
            [at, entry_year],
        )
        return int(cursor.fetchone()[0])


def proposed(at: str = HERE, *, today: date = SUMMER, entry_year: int = 2021) -> Graduation:
    """Open a request for the last grade of a school and put it before the leader."""
    request = graduations.begin(last_grade(at, entry_year), by=actor(f"r{at}"), today=today)
    return graduations.propose(request.id, graduates_on=today, by=actor(f"r{at}"), today=today)


def graduated(at: str = HERE, *, today: date = SUMMER, entry_year: int = 2021) -> Graduation:
    """Graduate the last grade of a school by the decision of its leader."""
    return graduations.approve(
        proposed(at, today=today, entry_year=entry_year).id, by=actor(f"l{at}"), today=today
    )
