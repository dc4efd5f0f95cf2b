"""出国（境） Going abroad: the archive rests, and goes on when the pupil returns.

Source: 《中小学生学籍管理办法》 (kept from 2013): a pupil who goes abroad keeps the archive in suspense and continues
it on return.
"""

from __future__ import annotations

from typing import Final

from xueji.lib.codes import Code, CodeList
from xueji.status.rules import marks
from xueji.status.rules.common import dates_in_order, day_in, must_attend
from xueji.status.rules.enrolments import altered
from xueji.status.rules.facts import ABROAD, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS

PURPOSES: Final = CodeList(
    "abroad_purpose",
    "JY/T 1001-2012 学籍异动类别 01、学籍异动原因 28、30",
    (
        Code("01", "公派留学", "Study abroad sent by the state"),
        Code("30", "自费留学", "Study abroad at own expense"),
        Code("28", "非留学出国(境)", "Abroad not for study"),
    ),
)


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_attend(facts), *dates_in_order(payload, "since", "until"))


def effect(facts: Facts, payload: Payload) -> Plan:
    details = {"purpose": payload["purpose"], "grade": facts.grade, "until": payload.get("until", "")}
    since = day_in(payload, "since") or facts.today
    return plan(
        altered(facts, state=ABROAD), marks.begun(facts, facts.new_ids[0], marks.ABROAD, since, details)
    )


KIND: Final = Kind(
    code="abroad",
    zh="出国（境）",
    en="Going abroad",
    source="《中小学生学籍管理办法》（2025）学籍变动管理：出国（境）学生学籍档案暂存，回国接续",
    change_code="01",
    fields=(
        Field("purpose", "出国（境）事由", "Purpose", Input.CODE, PURPOSES),
        Field("since", "离校日期", "From", Input.DAY),
        Field("until", "预计返回日期", "Expected return", Input.DAY, is_required=False),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("abroad_proof"), PaperNeed("application")),
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction"}),
)
