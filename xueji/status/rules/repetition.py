"""留级 Repetition: senior secondary alone, where the province allows it, within its share of the grade.

Source: no repetition in compulsory education (义务教育法; 《中小学生学籍管理办法》); stages, shares, closed grades and
who decides by the province's pack. A pupil who repeats goes on with the class one grade below the present one: after
the yearly promotion the grade that ended is repeated, before it the present one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.status.rules.common import compulsory_forbids, must_attend, must_enter
from xueji.status.rules.enrolments import seated
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Desk, Party, in_chain, route

# The night on which all grades go up, month and day (中小学学籍工作年历).
PROMOTED_AFTER: Final = (8, 10)


def repeated_grade(facts: Facts) -> int:
    """Return the grade that is done again: the one before the present until January, then the present one."""
    day = facts.today
    is_promoted = (day.month, day.day) > PROMOTED_AFTER or day.month == 1
    return facts.grade - 1 if is_promoted else facts.grade


def places_left(facts: Facts) -> int | None:
    """Return how many more pupils of the grade may repeat this year; None where the province names no share."""
    share = facts.pack.repetition.get(facts.stage, 0)
    return None if share >= 1 else int(facts.grade_size * share) - facts.alike


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (
        *compulsory_forbids(
            facts,
            "义务教育阶段（一至九年级）不得留级。",
            "In compulsory education, grades 1 to 9, no pupil repeats a grade.",
            "《义务教育法》；《中小学生学籍管理办法》（2025）学籍变动管理",
        ),
        *must_attend(facts),
        *(() if facts.is_compulsory else _allowed(facts)),
        *must_enter(
            facts, (facts.grade - 1,), "留级学生编入比现年级低一级的班级", "A pupil who repeats joins the class one grade below"
        ),
    )  # fmt: skip


def _allowed(facts: Facts) -> Iterator[Obstacle]:
    pack, left = facts.pack, places_left(facts)
    if not pack.repetition.get(facts.stage):
        yield Obstacle(
            "not-allowed", Weight.STOPS, Party.SCHOOL,
            "本省不办理留级。", "Your province knows no repetition.", pack.source_of("repetition.shares"),
        )  # fmt: skip
        return
    grade = repeated_grade(facts)
    if grade in pack.repetition_closed_grades or grade < 10:
        yield Obstacle(
            "grade-closed", Weight.STOPS, Party.SCHOOL,
            f"本省规定{grade}年级不得重读。", f"In your province grade {grade} is not repeated.",
            pack.source_of("repetition.closed_grades"),
        )  # fmt: skip
    if left is not None and left < 1:
        share = pack.repetition[facts.stage]
        yield Obstacle(
            "share-used", Weight.STOPS, Party.SCHOOL,
            f"本省规定留级不超过年级人数的 {share:.0%}：该年级 {facts.grade_size} 人，本年已有 {facts.alike} 人。",
            f"At most {share:.0%} of a grade repeat: it has {facts.grade_size} pupils, and {facts.alike} did so this year.",
            pack.source_of("repetition.shares"),
        )  # fmt: skip


def desks(facts: Facts, payload: Payload) -> tuple[Desk, ...]:
    """Return the school, its authority, and the levels above it that the pack names for repetition."""
    own = facts.school.authority
    return route(
        [
            Desk(Party.SCHOOL, facts.school.place),
            Desk(Party.AUTHORITY, own),
            *(Desk(Party.HIGHER_AUTHORITY, place) for place in in_chain(own, facts.pack.repetition_chain)),
        ]
    )


def effect(facts: Facts, payload: Payload) -> Plan:
    return plan(seated(facts, facts.goal[1]))


KIND: Final = Kind(
    code="repetition",
    zh="留级",
    en="Repetition",
    source="《中小学生学籍管理办法》（2025）学籍变动管理；本省实施细则",
    change_code="02",
    fields=(
        Field("class_id", "编入班级", "Class", Input.CLASS),
        Field("reason", "理由", "Reason"),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=desks,
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("application"), PaperNeed("school_opinion")),
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction"}),
    counts_in_grade=True,
)
