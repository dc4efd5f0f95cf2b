"""下落不明 Whereabouts unknown: the enrolment is kept until the pupil is back, or another school claims the pupil.

Source: JY/T 1001-2012 学生当前状态 15; the national system's "missing". The archive rests as with a pupil abroad.
"""

from __future__ import annotations

from typing import Final

from xueji.status.rules import marks
from xueji.status.rules.common import day_in, must_be_enrolled, not_after_today, only_in_state
from xueji.status.rules.enrolments import altered
from xueji.status.rules.facts import ABROAD, ATTENDING, DROPPED_OUT, MISSING, SUSPENDED, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (
        *must_be_enrolled(facts),
        *only_in_state(facts, ATTENDING, SUSPENDED, DROPPED_OUT, ABROAD),
        *not_after_today(facts, payload, "since"),
    )


def effect(facts: Facts, payload: Payload) -> Plan:
    since = day_in(payload, "since") or facts.today
    return plan(
        altered(facts, state=MISSING),
        marks.over(facts, *marks.AWAY),
        marks.begun(
            facts, facts.new_ids[0], marks.MISSING, since, {"grade": marks.grade_left(facts)}
        ),
    )  # fmt: skip


KIND: Final = Kind(
    code="missing",
    zh="下落不明",
    en="Whereabouts unknown",
    source="JY/T 1001-2012 学生当前状态；本省实施细则",
    change_code="99",
    fields=(
        Field("since", "最后在校日期", "Last day at school", Input.DAY),
        Field("note", "查找经过", "What was done to find the pupil"),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("report"), PaperNeed("police_proof", is_required=False)),
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction"}),
)
