"""开除学籍 Expulsion: senior secondary alone; the school files its decision, the authority decides.

Source: Compulsory Education Law art. 27 and Minors Protection Law art. 28: no expulsion in compulsory education;
grades by the province's pack, never below 10.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.lib.codes import Code, CodeList
from xueji.status.rules import marks
from xueji.status.rules.common import compulsory_forbids, must_be_enrolled, not_after_today, only_in_state
from xueji.status.rules.enrolments import ended
from xueji.status.rules.facts import ATTENDING, EXPELLED, MISSING, SUSPENDED, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party

REASONS: Final = CodeList(
    "expulsion_reason",
    "JY/T 1001-2012 学籍异动原因",
    (
        Code("23", "触犯刑法", "Breach of criminal law"),
        Code("99", "其他严重违纪", "Other grave breach of discipline"),
    ),
)


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (
        *must_be_enrolled(facts),
        *compulsory_forbids(
            facts,
            "义务教育阶段（一至九年级）不得开除学生。",
            "In compulsory education, grades 1 to 9, no pupil is expelled.",
            "《义务教育法》第二十七条",
        ),
        *only_in_state(facts, ATTENDING, SUSPENDED, MISSING),
        *_grade(facts),
        *not_after_today(facts, payload, "decided_on"),
    )


def _grade(facts: Facts) -> Iterator[Obstacle]:
    if not facts.is_compulsory and facts.grade not in facts.pack.expulsion_grades:
        yield Obstacle(
            "grade-closed", Weight.STOPS, Party.SCHOOL,
            f"本省{facts.grade}年级不办理开除。", f"In your province grade {facts.grade} is closed to expulsions.",
            facts.pack.source,
        )  # fmt: skip


def effect(facts: Facts, payload: Payload) -> Plan:
    return plan(ended(facts, facts.today, EXPELLED), marks.over(facts, *marks.AWAY))


KIND: Final = Kind(
    code="expulsion",
    zh="开除学籍",
    en="Expulsion",
    source="《义务教育法》第二十七条；《未成年人保护法》第二十八条；本省实施细则",
    change_code="42",
    fields=(
        Field("reason", "原因", "Reason", Input.CODE, REASONS),
        Field("decided_on", "学校决定日期", "Day of the school's decision", Input.DAY),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("decision"),),
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction"}),
)
