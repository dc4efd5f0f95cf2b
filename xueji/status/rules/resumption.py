"""复学 Resumption of schooling after a suspension; in the same grade, or the next where the province lets one choose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.status.rules import marks
from xueji.status.rules.common import must_be_enrolled
from xueji.status.rules.enrolments import seated
from xueji.status.rules.facts import ATTENDING, SUSPENDED, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party
from xueji.status.rules.suspension import MARK


def grades_on_return(facts: Facts) -> tuple[int, ...]:
    """Return the grades a pupil may return to: the one left; where the province lets one choose, the next as well."""
    mark = facts.running(MARK)
    left = int(mark.details["grade"]) if mark else facts.grade
    if facts.pack.suspension.grade_on_return != "choice" or left in (6, 9, 12):
        return (left,)
    return (left, left + 1)


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return tuple(_obstacles(facts))


def _obstacles(facts: Facts) -> Iterator[Obstacle]:
    yield from must_be_enrolled(facts)
    if facts.is_enrolled and facts.enrolment.state != SUSPENDED:
        yield Obstacle("not-suspended", Weight.STOPS, Party.SCHOOL, "该生不在休学中，无需复学。", "The pupil is not suspended; there is nothing to resume.")  # fmt: skip
    into, grades = facts.target_class, grades_on_return(facts)
    if into is None:
        return
    if into.school_id != facts.school.id or not into.is_open:
        yield Obstacle("class-closed", Weight.STOPS, Party.SCHOOL, "请选择本校在用的班级。", "Choose a class of this school that is open.", "", "class_id")  # fmt: skip
    elif into.grade not in grades:
        named = "或".join(str(grade) for grade in grades)
        yield Obstacle(
            "other-grade", Weight.STOPS, Party.SCHOOL,
            f"按本省规定应复学到{named}年级，请选择该年级的班级。",
            f"By the province's rules the pupil returns to grade {' or '.join(map(str, grades))}; choose a class there.",
            facts.pack.source, "class_id",
        )  # fmt: skip


def effect(facts: Facts, payload: Payload) -> Plan:
    _school, into = facts.goal
    return plan(seated(facts, into, state=ATTENDING), marks.over(facts, MARK))


KIND: Final = Kind(
    code="resumption",
    zh="复学",
    en="Resumption",
    source="《中小学生学籍管理办法》（2025）学籍变动管理；本省实施细则",
    change_code="12",
    fields=(
        Field("class_id", "复学班级", "Class", Input.CLASS),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("medical", is_required=False),),
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction", "transfer", "withdrawal"}),
)
