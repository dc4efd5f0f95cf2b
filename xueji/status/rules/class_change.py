"""调班 Change of class, within the school and the grade: the registrar proposes, the leader decides.

Classes that are split or merged, and pupils who change class by the dozen, go the same way as one request
(`class_requests.py`).

Source: practice of the national system (class is kept by the school; a second person confirms).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.status.rules.common import must_be_enrolled
from xueji.status.rules.enrolments import altered
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, Payload, Weight
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Desk, Party, route


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_be_enrolled(facts), *_of_class(facts))


def _of_class(facts: Facts) -> Iterator[Obstacle]:
    into, here = facts.target_class, Party.SCHOOL
    if into is None or into.school_id != facts.school.id or not into.is_open:
        yield Obstacle("class-closed", Weight.STOPS, here, "请选择本校在用的班级。", "Choose a class of this school that is open.", "", "class_id")  # fmt: skip
    elif into.grade_id != facts.own_class.grade_id:
        yield Obstacle(
            "other-grade", Weight.STOPS, here,
            "调班只能在同一年级内进行；换年级请办理留级、降级或跳级。",
            "A change of class stays within the grade; another grade is repetition, demotion or skipping.",
            "《办法》第十四条", "class_id",
        )  # fmt: skip
    elif into.id == facts.own_class.id:
        yield Obstacle("same-class", Weight.STOPS, here, "该生已在这个班。", "The pupil is in this class already.", "", "class_id")  # fmt: skip


def effect(facts: Facts, payload: Payload) -> Plan:
    """The pupil sits in the new class; the seat number was the old one's."""
    _school, into = facts.goal
    return plan(altered(facts, class_of_id=into.id, seat_number=""))


KIND: Final = Kind(
    code="class_change",
    zh="调班",
    en="Change of class",
    source="学籍系统通行做法：班级由学校维护，两人办理",
    change_code="",
    fields=(
        Field("class_id", "调入班级", "Class", Input.CLASS),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: route([Desk(Party.SCHOOL, facts.school.place)]),
    obstacles=obstacles,
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset(
        {"correction", "key_data", "transfer", "special_education", "programme", "programme_end"}
    ),
)
