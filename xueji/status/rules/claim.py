"""接收离校学生 Claim of a pupil who left with an unknown destination, by the school where the pupil is now.

The school where the pupil is starts, the authority of the last school confirms. Number and history are kept: a new
enrolment begins on the same student. A pupil who is still enrolled as missing, or as a dropout whose whereabouts nobody
knows, is claimed without a word from the school that lost sight of the child.
Source: 《中小学生学籍管理办法》 (2025) art. 9 (one person, one enrolment; it follows the person), art. 15 (receiver starts).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.status.rules import marks
from xueji.status.rules.common import must_enter, not_after_today
from xueji.status.rules.enrolments import ended, moved, opened
from xueji.status.rules.facts import (
    EXPELLED,
    LEFT,
    MISSING,
    OTHERWISE_GONE,
    SENIOR_GRADES,
    TRANSFERRED,
    WITHDRAWN,
    Facts,
)
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Starter, Weight
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import TRANSFER_REFUSALS
from xueji.status.rules.restoration import grades_open
from xueji.status.rules.returning import grade_of_age, grades_on_return, in_words
from xueji.status.rules.routes import Desk, Party, route
from xueji.status.rules.transfer import MOST_IN_CLASS

# States of an ended enrolment after which nobody knows where the pupil went.
LEFT_BY: Final = frozenset({WITHDRAWN, LEFT, EXPELLED, MISSING, OTHERWISE_GONE})


def is_lost(facts: Facts) -> bool:
    """Return whether the pupil stands in the pool: left, or enrolled where nobody knows the whereabouts."""
    if not facts.is_enrolled:
        return facts.enrolment.state in LEFT_BY
    return marks.is_lost_sight_of(facts)


def grades(facts: Facts) -> tuple[int, ...]:
    """Return the grades that the pupil may join: any between the one left and that of the old class, or that of the age."""
    fitting = grades_on_return(facts) if facts.is_enrolled else (*grades_open(facts), grade_of_age(facts))
    return tuple(sorted(set(fitting)))


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    fitting = grades(facts)
    zh, en = in_words(fitting)
    return (
        *_lost(facts),
        *must_enter(
            facts, fitting, f"接收的学生编入{zh}", f"The pupil joins grade {en}", at=facts.target_school, is_across_stages=True
        ),
        *_receiver(facts),
        *not_after_today(facts, payload, "since"),
    )  # fmt: skip


def _lost(facts: Facts) -> Iterator[Obstacle]:
    if is_lost(facts):
        return
    here = Party.RECEIVING_SCHOOL
    if facts.is_enrolled:
        yield Obstacle(
            "enrolled", Weight.STOPS, here,
            "该生现有学籍，请发起转学。", "The pupil has an enrolment; start a transfer.", "《办法》第九条、第十五条", "student",
        )  # fmt: skip
    else:
        yield Obstacle(
            "not-in-pool", Weight.STOPS, here,
            "该生不在去向不明的离校学生中，请按招生入学或新生注册办理，或请主管部门核对。",
            "The pupil is not among those who left with an unknown destination; admit the pupil anew, or ask your authority.",
            "《办法》第九条", "student",
        )  # fmt: skip


def _receiver(facts: Facts) -> Iterator[Obstacle]:
    target, into, here = facts.target_school, facts.target_class, Party.RECEIVING_SCHOOL
    if target is None or into is None:
        return
    if target.id == facts.school.id:
        yield Obstacle(
            "same-school", Weight.STOPS, here,
            "该生原在本校，请办理返校或恢复学籍。", "The pupil was at this school; note the return, or have the enrolment restored.",
            "", "class_id",
        )  # fmt: skip
    elif into.count >= MOST_IN_CLASS:
        yield Obstacle(
            "class-full", Weight.STOPS, here,
            f"该班已有 {into.count} 人，达到大班额上限，请选择其他班级。",
            f"The class has {into.count} pupils and can take no more; choose another one.", "", "class_id",
        )  # fmt: skip


def desks(facts: Facts, payload: Payload) -> tuple[Desk, ...]:
    """Return the receiving school and the last school's authority; in senior secondary the receiver's between them."""
    target, into = facts.goal
    admits = [Desk(Party.RECEIVING_AUTHORITY, target.authority)] if into.grade in SENIOR_GRADES else []
    return route(
        [
            Desk(Party.RECEIVING_SCHOOL, target.place),
            *admits,
            Desk(Party.SENDING_AUTHORITY, facts.school.authority),
        ]
    )


def effect(facts: Facts, payload: Payload) -> Plan:
    """End what is still open at the last school, and begin at the new one; what is the pupil's moves along."""
    target, into = facts.goal
    changed = {} if into.stage == facts.stage else {"entered_on": facts.today}
    return plan(
        [ended(facts, facts.today, TRANSFERRED)] if facts.is_enrolled else [],
        marks.over(facts, *marks.AWAY),
        opened(facts, facts.new_ids[0], school=target, into=into, on=facts.today, **changed),
        moved(facts, target.place),
    )


KIND: Final = Kind(
    code="claim",
    zh="接收离校学生",
    en="Claim of a pupil who left",
    source="《中小学生学籍管理办法》（2025）第九条、第十五条",
    change_code="22",
    starter=Starter.RECEIVING_SCHOOL,
    fields=(
        Field("class_id", "编入班级", "Class", Input.CLASS),
        Field("since", "到校日期", "At school since", Input.DAY),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=desks,
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("attendance_proof"),),
    effect=effect,
    refusals=TRANSFER_REFUSALS,
    leaves_copy=True,
)
