"""降级就读 Demotion: pupils of special education alone, on expert advice, as often as the province says.

Source: 《中小学生学籍管理办法》 (2025) art. 14: where the case is special they may study in a lower grade; how many
grades and how often by the province's pack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.organisations.rules.school_kinds import SCHOOL_KINDS
from xueji.status.rules import marks
from xueji.status.rules.common import must_attend, must_enter
from xueji.status.rules.enrolments import seated
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party

CODE: Final = "demotion"
ARTICLE: Final = "《中小学生学籍管理办法》第十四条"
SPECIAL_SCHOOLS: Final = frozenset(kind.code for kind in SCHOOL_KINDS if kind.is_special_education)
# 随班就读 of the roster: 0 is a pupil who is not.
NOT_IN_REGULAR_CLASS: Final = "0"


def is_special(facts: Facts) -> bool:
    """Return whether the pupil is one of special education: by the school, the arrangement, or the roster's column."""
    regular = facts.details.get("regular_class") or NOT_IN_REGULAR_CLASS
    return (
        facts.school.kind in SPECIAL_SCHOOLS
        or facts.running(marks.SPECIAL_EDUCATION) is not None
        or regular != NOT_IN_REGULAR_CLASS
    )


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    lowest = facts.grade - facts.pack.demotion_grades
    return (
        *must_attend(facts),
        *_who(facts),
        *must_enter(
            facts, range(lowest, facts.grade),
            f"降级学生编入低 {facts.pack.demotion_grades} 级以内的班级",
            f"A pupil who is demoted joins a class at most {facts.pack.demotion_grades} grade(s) below",
        ),
    )  # fmt: skip


def _who(facts: Facts) -> Iterator[Obstacle]:
    pack, times = facts.pack, facts.times.get(CODE, 0)
    if not is_special(facts):
        yield Obstacle(
            "not-special", Weight.STOPS, Party.SCHOOL,
            "只有特殊教育学生可以降级就读；该生没有特殊教育登记。",
            "Only pupils of special education may study in a lower grade; the record does not say so of this one.",
            ARTICLE,
        )  # fmt: skip
    if times >= pack.demotion_limit:
        yield Obstacle(
            "demoted-enough", Weight.STOPS, Party.SCHOOL,
            f"本省规定最多降级 {pack.demotion_limit} 次，该生已降级 {times} 次。",
            f"In your province a pupil is demoted {pack.demotion_limit} time(s) at most; this one was {times} time(s).",
            pack.source_of("demotion.limit"),
        )  # fmt: skip


def effect(facts: Facts, payload: Payload) -> Plan:
    return plan(seated(facts, facts.goal[1]))


KIND: Final = Kind(
    code=CODE,
    zh="降级就读",
    en="Demotion",
    source="《中小学生学籍管理办法》（2025）第十四条",
    change_code="03",
    fields=(
        Field("class_id", "编入班级", "Class", Input.CLASS),
        Field("reason", "理由", "Reason"),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("expert_advice"), PaperNeed("application")),
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction"}),
)
