"""A made-up pupil as the rules see one, to be bent for each case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from xueji.organisations.rules import rule_packs
from xueji.status.rules.facts import ClassFacts, EnrolmentFacts, Facts, SchoolFacts

DAY = date(2026, 9, 10)
STUDENT = UUID(int=1)


def school(place: int = 330902000001, kind: str = "345") -> SchoolFacts:
    return SchoolFacts(
        place % 10**6, place, "3433000001", "示例学校", kind, "12", "831", True, place // 10**6 * 10**6
    )


def class_of(at: SchoolFacts, grade: int, *, id: int = 11, **changed: Any) -> ClassFacts:
    stage = "primary" if grade < 7 else "junior" if grade < 10 else "senior"
    entry = 2026 - (grade - {"primary": 1, "junior": 7, "senior": 10}[stage])
    made = ClassFacts(id, at.place, at.id, f"20261{id}", f"{id}班", grade, grade, stage, entry, True, 30)
    return replace(made, **changed)


def facts(
    grade: int = 3, *, kind: str = "345", enrolment: dict[str, Any] | None = None, **changed: Any
) -> Facts:
    at = school(kind=kind)
    own = class_of(at, grade)
    period = EnrolmentFacts(
        UUID(int=2), at.place, at.id, own.id, own.stage, own.entry_year, "01", date(2026, 9, 1),
        date(2026, 9, 1), None, "", "11", "1", "1", "",
    )  # fmt: skip
    made = Facts(
        student_id=STUDENT,
        place=at.place,
        name="测试生",
        sex="1",
        birth_on=date(2017, 9, 1),
        document_type="1",
        nationality="CHN",
        details={},
        enrolment=replace(period, **(enrolment or {})),
        school=at,
        own_class=own,
        pack=rule_packs.default(),
        today=DAY,
        new_ids=(UUID(int=7), UUID(int=8), UUID(int=9)),
        ethnicity="01",
        overseas="00",
    )
    return replace(made, **changed)


def codes(obstacles: Any) -> list[str]:
    """Return the codes of obstacles, in order."""
    return [one.code for one in obstacles]
