"""跳级 Skipping a grade: on request, in the stages that the province names, never across stages.

Source: provincial rules (Fujian, Hunan: on request and approval, never across stages).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.status.rules.common import must_attend, must_enter
from xueji.status.rules.enrolments import seated
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (
        *must_attend(facts),
        *_stage(facts),
        *must_enter(
            facts, (facts.grade + 1,), "跳级学生编入高一级的班级", "A pupil who skips joins the class one grade above"
        ),
    )  # fmt: skip


def _stage(facts: Facts) -> Iterator[Obstacle]:
    source = facts.pack.source_of("skipping.stages")
    if facts.stage not in facts.pack.skipping:
        yield Obstacle(
            "not-allowed", Weight.STOPS, Party.SCHOOL,
            "本省这一学段不办理跳级。", "Your province knows no skipping of a grade in this stage.", source,
        )  # fmt: skip
    elif facts.target_class is not None and facts.target_class.stage != facts.stage:
        yield Obstacle(
            "across-stages", Weight.STOPS, Party.SCHOOL,
            "不得跨学段跳级。", "No grade is skipped across stages.", source, "class_id",
        )  # fmt: skip


def effect(facts: Facts, payload: Payload) -> Plan:
    return plan(seated(facts, facts.goal[1]))


KIND: Final = Kind(
    code="skipping",
    zh="跳级",
    en="Skipping a grade",
    source="本省实施细则",
    change_code="04",
    fields=(
        Field("class_id", "编入班级", "Class", Input.CLASS),
        Field("reason", "理由", "Reason"),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("application"), PaperNeed("school_opinion")),
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction"}),
)
