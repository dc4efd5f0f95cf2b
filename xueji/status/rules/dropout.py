"""辍学 Dropout in the compulsory years: a mark; the enrolment is kept, and the pupil stands in the ledger until back.

Source: 《中小学生学籍管理办法》 (kept from 2013, art. 19): the status of dropouts is kept for the compulsory years, and
the school reports them; Compulsory Education Law art. 13; rules on dropout control (控辍保学) of 2024. Reasons by
JY/T 1001-2012 学籍异动原因, with own codes for what it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.lib.codes import Code, CodeList
from xueji.status.rules import marks
from xueji.status.rules.common import day_in, must_be_enrolled, not_after_today, only_in_state
from xueji.status.rules.enrolments import altered
from xueji.status.rules.facts import ATTENDING, DROPPED_OUT, SUSPENDED, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party

REASONS: Final = CodeList(
    "dropout_reason",
    "JY/T 1001-2012 学籍异动原因；字母为自定代码",
    (
        Code("A", "厌学", "Weary of school"),
        Code("B", "外出务工", "Gone to work"),
        Code("C", "早婚早育", "Early marriage or birth"),
        Code("D", "在校外机构学习", "Taught outside a school"),
        Code("10", "疾病", "Illness"),
        Code("27", "贫困", "Poverty"),
        Code("99", "其他", "Other"),
    ),
)
WHEREABOUTS: Final = CodeList(
    "dropout_whereabouts",
    "自定代码",
    (
        Code("known", "已知去向", "Known"),
        Code(marks.UNKNOWN, "去向不明", "Not known"),
    ),
)


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (
        *must_be_enrolled(facts),
        *_only_compulsory(facts),
        *only_in_state(facts, ATTENDING, SUSPENDED),
        *not_after_today(facts, payload, "since"),
    )


def _only_compulsory(facts: Facts) -> Iterator[Obstacle]:
    if not facts.is_compulsory:
        yield Obstacle(
            "not-compulsory", Weight.STOPS, Party.SCHOOL,
            "辍学只登记一至九年级学生；高中学生不再就读的，按退学办理。",
            "Only pupils of grades 1 to 9 are marked as dropped out; a senior pupil who leaves is withdrawn.",
            "《义务教育法》第十三条",
        )  # fmt: skip


def effect(facts: Facts, payload: Payload) -> Plan:
    details = {
        "reason": payload["reason"],
        "whereabouts": payload["whereabouts"],
        "grade": marks.grade_left(facts),
    }
    return plan(
        altered(facts, state=DROPPED_OUT),
        marks.over(facts, *marks.AWAY),
        marks.begun(
            facts, facts.new_ids[0], marks.DROPOUT, day_in(payload, "since") or facts.today, details
        ),
    )  # fmt: skip


KIND: Final = Kind(
    code="dropout",
    zh="辍学登记",
    en="Dropout",
    source="《中小学生学籍管理办法》（2025）学籍变动管理：义务教育阶段保留学籍；《义务教育法》第十三条",
    change_code="99",
    fields=(
        Field("reason", "辍学原因", "Reason", Input.CODE, REASONS),
        Field("since", "最后在校日期", "Last day at school", Input.DAY),
        Field("whereabouts", "去向", "Whereabouts", Input.CODE, WHEREABOUTS),
        Field("note", "劝返情况", "What was done to bring the pupil back"),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("report"),),
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction"}),
)
