"""Senior secondary schools and their pupils for tests; made when a test asks, as most tests need none."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from tests.factories import account
from xueji.access.rules.permissions import Level
from xueji.lib import uuid7
from xueji.organisations.models import (
    Class,
    Grade,
    Organisation,
    OrganisationName,
    PlaceHistory,
    School,
    SchoolIdentifier,
)
from xueji.students.models import Enrolment, Student

# A school of Zhejiang, which has no pack of its own, one of Sichuan, one of Jiangsu, which has programmes, and one of
# Hunan, where a share of a grade may repeat and grades are skipped.
SENIOR, SENIOR_SICHUAN, SENIOR_JIANGSU, SENIOR_HUNAN = "3433000009", "3451000009", "3432000009", "3443000009"
PLACE_OF = {
    SENIOR: 330902_000009,
    SENIOR_SICHUAN: 510104_000009,
    SENIOR_JIANGSU: 320102_000009,
    SENIOR_HUNAN: 430102_000009,
}


def senior_school(identifier: str = SENIOR) -> School:
    """Open a senior secondary school with one class in each grade, a registrar and a leader."""
    place = PLACE_OF[identifier]
    organisation = Organisation.objects.using("owner").create(
        place=place,
        level=Level.SCHOOL,
        name=f"示例高级中学{identifier[-3:]}",
        parent=Organisation.objects.using("owner").get(place=place // 10**6 * 10**6),
        opened_on=date(2000, 9, 1),
    )
    school = School.objects.using("owner").create(
        organisation=organisation,
        place=place,
        identifier=identifier,
        kind="342",
        founder="831",
        urban_rural="111",
    )
    SchoolIdentifier.objects.using("owner").create(identifier=identifier, school=school, place=place)
    OrganisationName.objects.using("owner").create(
        organisation=organisation, place=place, name=organisation.name
    )
    PlaceHistory.objects.using("owner").create(place=place, organisation=organisation)
    for number in (10, 11, 12):
        year = 2036 - number
        grade = Grade.everywhere.using("owner").create(
            place=place, school=school, stage="senior", entry_year=year, number=number
        )
        Class.everywhere.using("owner").create(
            place=place, school=school, grade=grade, number=f"{year}301", name="1班"
        )
    account(f"r{identifier}", place, "registrar")
    account(f"l{identifier}", place, "leader")
    return school


def seated(name: str, school: School, *, grade: int = 11, state: str = "01", **changed: Any) -> UUID:
    """Write a pupil of a class of a grade, counted, and return the id."""
    class_ = Class.everywhere.using("owner").filter(school=school, grade__number=grade).earliest("number")
    student = Student.everywhere.using("owner").create(
        id=uuid7.new(), place=school.place, name=name, pinyin="ceshi", initials="cs", sex="1",
        birth_on=date(2010, 3, 1), nationality="CHN", ethnicity="01", overseas="00", document_type="1",
        **changed,
    )  # fmt: skip
    Enrolment.everywhere.using("owner").create(
        student=student, id=uuid7.new(), place=school.place, school=school, class_of=class_,
        stage=class_.grade.stage, entry_year=class_.grade.entry_year, state=state,
        entered_on=date(class_.grade.entry_year, 9, 1), started_on=date(class_.grade.entry_year, 9, 1),
        entry_mode="11", study_mode="1",
    )  # fmt: skip
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """INSERT INTO students_headcount AS h (class_of_id, state, place, count) VALUES (%s, %s, %s, 1)
               ON CONFLICT (class_of_id, state) DO UPDATE SET count = h.count + 1""",
            [class_.pk, state, school.place],
        )
    return student.pk
