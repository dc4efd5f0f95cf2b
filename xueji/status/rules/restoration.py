"""恢复学籍 Restoration of an enrolment that ended: by mistake, or because a senior pupil withdrew and comes back.

Inside the days of undo the authority above undoes the case instead; afterwards nothing is overwritten: a new period
begins at the same school, on the same student, number and history.
Source: 《中小学生学籍管理办法》 (2025) art. 3 (every pupil of a school has an enrolment); JY/T 1001-2012 学籍异动类别 17.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.lib.codes import Code, CodeList
from xueji.lib.school_years import school_year
from xueji.status.rules.common import must_enter
from xueji.status.rules.enrolments import opened
from xueji.status.rules.facts import DECEASED, EXPELLED, LEFT, MISSING, OTHERWISE_GONE, WITHDRAWN, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party

MISTAKE, BACK = "mistake", "back"
REASONS: Final = CodeList(
    "restoration_reason",
    "自定代码",
    (
        Code(MISTAKE, "学籍误注销", "The enrolment was ended by mistake"),
        Code(BACK, "退学学生重新就读", "A pupil who withdrew comes back"),
    ),
)
# States of an ended enrolment that each reason answers.
ENDED_BY: Final = {
    MISTAKE: frozenset({WITHDRAWN, LEFT, DECEASED, EXPELLED, MISSING, OTHERWISE_GONE}),
    BACK: frozenset({WITHDRAWN}),
}


def grades_open(facts: Facts) -> tuple[int, ...]:
    """Return the grades to which the pupil may come back: from the one that was left to that of the old class now."""
    ended_on = facts.enrolment.ended_on or facts.today
    years = max(0, school_year(facts.today) - school_year(ended_on))
    return tuple(range(facts.grade - years, facts.grade + 1))


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    grades = grades_open(facts)
    named = f"{grades[0]}" if len(grades) == 1 else f"{grades[0]}–{grades[-1]}"
    return (
        *_ended(facts, payload),
        *must_enter(
            facts, grades,
            f"恢复学籍编入离校时到原班现在的年级（{named}年级）",
            f"The pupil joins a grade between the one that was left and that of the old class: {named}",
        ),
    )  # fmt: skip


def _ended(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    reason = payload.get("reason")
    if facts.is_enrolled:
        yield Obstacle(
            "enrolled", Weight.STOPS, Party.SCHOOL,
            "该生现有学籍，一人只有一个学籍，无需恢复。", "The pupil has an enrolment; a person has one alone, and none is to be restored.",
            "《办法》第三条、第九条",
        )  # fmt: skip
        return
    if reason and facts.enrolment.state not in ENDED_BY[reason]:
        yield Obstacle(
            "other-end", Weight.STOPS, Party.SCHOOL,
            "该生学籍终止的情形不能按这一事由恢复；毕业、转出的学生请按升学、转学办理。",
            "An enrolment that ended like this is not restored for this reason; graduates and pupils who were"
            " transferred go on by other business.",
            "《办法》第九条", "reason",
        )  # fmt: skip
    elif reason == BACK and not facts.is_senior:
        yield Obstacle(
            "not-senior", Weight.STOPS, Party.SCHOOL,
            "义务教育阶段不办理退学，也就没有退学后恢复；学籍误注销的请选择“学籍误注销”。",
            "Nobody is withdrawn in compulsory education; where an enrolment was ended by mistake, choose that reason.",
            "《义务教育法》第十三条", "reason",
        )  # fmt: skip
    if not facts.school.is_open:
        yield Obstacle(
            "school-closed", Weight.STOPS, Party.SCHOOL,
            "学校已停办，不能恢复；请由接收学校从离校学生中接收。", "The school is closed; another school claims the pupil.",
            "《办法》第二条",
        )  # fmt: skip


def papers(facts: Facts, payload: Payload) -> tuple[PaperNeed, ...]:
    """Return the school's statement of the mistake; the guardian's application where the pupil comes back."""
    return (PaperNeed("application" if payload.get("reason") == BACK else "report"),)


def effect(facts: Facts, payload: Payload) -> Plan:
    return plan(
        opened(facts, facts.new_ids[0], school=facts.school, into=facts.goal[1], on=facts.today)
    )  # fmt: skip


KIND: Final = Kind(
    code="restoration",
    zh="恢复学籍",
    en="Restoration of an enrolment",
    source="《中小学生学籍管理办法》（2025）第三条、第九条；本省实施细则",
    change_code="17",
    fields=(
        Field("reason", "恢复事由", "Reason", Input.CODE, REASONS),
        Field("class_id", "编入班级", "Class", Input.CLASS),
        Field("note", "情况说明", "What happened"),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=papers,
    effect=effect,
    refusals=ORDINARY_REFUSALS,
)
