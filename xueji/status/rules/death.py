"""死亡 Death: quiet. Hidden as soon as it is filed, ended by the authority within 60 working days, no word to the family.

Source: 《中小学生学籍管理办法》 (2025) art. 21 (cancelled within 60 working days); causes by JY/T 1001-2012 学籍异动原因.
The days are counted from the day of death. No code is given by which anybody could follow the case, and every other
case of the pupil is over.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from xueji.lib.codes import Code, CodeList
from xueji.status.rules import marks, placement
from xueji.status.rules.common import day_in, must_have_enrolment, not_after_today
from xueji.status.rules.enrolments import altered, ended
from xueji.status.rules.facts import DECEASED, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS

DAYS_TO_CANCEL: Final = 60  # working days

CAUSES: Final = CodeList(
    "death_cause",
    "JY/T 1001-2012 学籍异动原因",
    (
        Code("70", "因病死亡", "Illness"),
        Code("40", "事故灾难致死", "Accident or disaster"),
        Code("41", "溺水死亡", "Drowning"),
        Code("42", "交通事故致死", "Traffic accident"),
        Code("50", "社会安全事件致死", "Public-security incident"),
        Code("60", "自然灾害致死", "Natural disaster"),
        Code("81", "自杀死亡", "Suicide"),
        Code("89", "其他原因死亡", "Other cause"),
    ),
)


def day_of_death(facts: Facts, payload: Payload) -> date:
    return day_in(payload, "died_on") or facts.today


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_have_enrolment(facts), *not_after_today(facts, payload, "died_on"))


def hide(facts: Facts, payload: Payload) -> Plan:
    """The enrolment stays open in a state that no list, count or message shows."""
    return plan(altered(facts, state=DECEASED))


def effect(facts: Facts, payload: Payload) -> Plan:
    """The enrolment ends on the day of death, never before it began, and with it every mark and placement that runs."""
    day = day_of_death(facts, payload)
    return plan(
        ended(facts, max(day, facts.enrolment.started_on), DECEASED),
        marks.over(facts, *sorted({mark.kind for mark in facts.marks}), on=day),
        placement.over(facts, on=day),
    )


KIND: Final = Kind(
    code="death",
    zh="死亡注销",
    en="Death",
    source="《中小学生学籍管理办法》（2025）第二十一条：六十个工作日内注销学籍",
    change_code="51",
    fields=(
        Field("died_on", "死亡日期", "Day of death", Input.DAY),
        Field("cause", "原因", "Cause", Input.CODE, CAUSES, is_private=True),
        Field("note", "补充说明", "Note", is_required=False, is_private=True),
    ),
    desks=lambda facts, payload: own_route(facts, higher=False),
    needs=placement.needs,
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("death_proof"),),
    effect=effect,
    effect_on_filing=hide,
    refusals=ORDINARY_REFUSALS,
    is_beside_all=True,
    ends_others=True,
    is_silent=True,
    days_in_all=DAYS_TO_CANCEL,
    counts_from=day_of_death,
)
