"""返校 Return of a pupil who was abroad, missing or had dropped out: the archive goes on where it rested.

Source: 《中小学生学籍管理办法》 (kept from 2013): continued on return. The pupil joins the grade that was left, the
one the class has reached, or the one of the pupil's age.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.lib.school_years import school_year
from xueji.status.rules import marks
from xueji.status.rules.common import must_be_enrolled, must_enter
from xueji.status.rules.enrolments import seated
from xueji.status.rules.facts import ABROAD, ATTENDING, DROPPED_OUT, MISSING, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party

ENTRY_AGE: Final = 6  # Compulsory Education Law art. 11
LAST_GRADE: Final = 12
GONE: Final = (ABROAD, MISSING, DROPPED_OUT)


def grade_of_age(facts: Facts) -> int:
    """Return the grade of a pupil who entered at six by the province's cut-off and went up every year, 1 to 12."""
    born = facts.birth_on
    is_in_time = (born.month, born.day) <= facts.pack.entry_cutoff
    entered = born.year + ENTRY_AGE + (0 if is_in_time else 1)
    return min(max(school_year(facts.today) - entered + 1, 1), LAST_GRADE)


def grades_on_return(facts: Facts) -> tuple[int, ...]:
    """Return the grades that a pupil who was away may join, lowest first, each once."""
    return tuple(sorted({marks.grade_left(facts), facts.grade, grade_of_age(facts)}))


def in_words(grades: tuple[int, ...]) -> tuple[str, str]:
    """Return the grades as Chinese and English text."""
    return "、".join(f"{grade}年级" for grade in grades), " or ".join(str(grade) for grade in grades)


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    grades = grades_on_return(facts)
    zh, en = in_words(grades)
    return (
        *must_be_enrolled(facts),
        *_gone(facts),
        *must_enter(
            facts, grades,
            f"返校学生编入离校时的年级、原班现在的年级或适龄年级（{zh}）",
            f"A pupil who returns joins the grade that was left, that of the old class or that of the age: {en}",
            is_across_stages=True,
        ),
    )  # fmt: skip


def _gone(facts: Facts) -> Iterator[Obstacle]:
    if facts.is_enrolled and facts.enrolment.state not in GONE:
        yield Obstacle(
            "not-gone", Weight.STOPS, Party.SCHOOL,
            "该生没有登记出国（境）、下落不明或辍学，无需办理返校；休学学生请办理复学。",
            "The pupil is not marked as abroad, missing or dropped out; a suspended pupil resumes the schooling.",
        )  # fmt: skip


def effect(facts: Facts, payload: Payload) -> Plan:
    return plan(seated(facts, facts.goal[1], state=ATTENDING), marks.over(facts, *marks.AWAY))


KIND: Final = Kind(
    code="return",
    zh="返校",
    en="Return",
    source="《中小学生学籍管理办法》（2025）学籍变动管理：返回后接续学籍",
    change_code="08",
    fields=(
        Field("class_id", "返校班级", "Class", Input.CLASS),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("application", is_required=False),),
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction", "transfer"}),
)
