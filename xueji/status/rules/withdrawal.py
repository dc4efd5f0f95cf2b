"""退学 Withdrawal: senior secondary alone; the guardian asks, the school's leader confirms, the authority takes note.

Source: 《中小学生学籍管理办法》 (2025): no withdrawal in compulsory education; in senior secondary a guardian asks,
the school confirms, it is filed with the authority. Reasons by JY/T 1001-2012 学籍异动原因; what counts as withdrawn
without a request, and for how long it can be taken back, by the province's pack.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from xueji.lib.codes import Code, CodeList
from xueji.lib.school_years import add_months
from xueji.status.rules import marks, suspension
from xueji.status.rules.common import compulsory_forbids, must_be_enrolled, only_in_state
from xueji.status.rules.enrolments import ended
from xueji.status.rules.facts import ABROAD, ATTENDING, MISSING, SUSPENDED, WITHDRAWN, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Desk, Party, Purpose, route

OVERDUE: Final = "31"
TRUANCY: Final = "truancy"
# Without a guardian's request: the rules of the province say so, and the school states what happened.
WITHOUT_REQUEST: Final = frozenset({OVERDUE, TRUANCY})

REASONS: Final = CodeList(
    "withdrawal_reason",
    "JY/T 1001-2012 学籍异动原因；旷课为自定代码",
    (
        Code("21", "自动退学", "Own wish"),
        Code("10", "疾病", "Illness"),
        Code("28", "非留学出国(境)", "Going abroad not for study"),
        Code("29", "自费出国退学", "Going abroad at own expense"),
        Code(OVERDUE, "休学期满未办理复学", "No resumption after a suspension ended"),
        Code(TRUANCY, "旷课达到规定天数", "Truancy of as many days as the rules name"),
        Code("39", "其他原因退学", "Other reason"),
    ),
)


def overdue_on(mark_until: date, months: int) -> date:
    """Return the last day on which a pupil may still return from a suspension that was to end on `mark_until`."""
    return add_months(mark_until, months)


def is_overdue(facts: Facts) -> bool:
    """Return whether the pupil is suspended beyond the end and the months that the province adds."""
    mark = facts.running(suspension.MARK)
    if mark is None or facts.enrolment.state != SUSPENDED:
        return False
    until = date.fromisoformat(mark.details["until"])
    return facts.today > overdue_on(until, facts.pack.suspension.overdue_months)


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (
        *must_be_enrolled(facts),
        *compulsory_forbids(
            facts,
            "义务教育阶段（一至九年级）不予办理退学。学生不到校的，请登记辍学并劝返。",
            "In compulsory education, grades 1 to 9, no pupil is withdrawn. Mark a pupil who stays away as dropped out.",
            "《中小学生学籍管理办法》（2025）学籍变动管理；《义务教育法》第十三条",
        ),
        *only_in_state(facts, ATTENDING, SUSPENDED, ABROAD, MISSING),
        *_grade(facts),
        *_reason(facts, payload),
    )


def _grade(facts: Facts) -> Iterator[Obstacle]:
    if not facts.is_compulsory and facts.grade not in facts.pack.withdrawal_grades:
        yield Obstacle(
            "grade-closed", Weight.STOPS, Party.SCHOOL,
            f"本省{facts.grade}年级不办理退学。", f"In your province grade {facts.grade} is closed to withdrawals.",
            facts.pack.source,
        )  # fmt: skip


def _reason(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    reason, pack = payload.get("reason"), facts.pack
    if reason == OVERDUE and not (pack.suspension.overdue == "withdrawal" and is_overdue(facts)):
        yield Obstacle(
            "not-overdue", Weight.STOPS, Party.SCHOOL,
            "该生没有逾期未复学，或本省不按退学处理；请核对原因。",
            "No suspension of the pupil is overdue, or your province does not take it as a withdrawal; check the reason.",
            pack.source_of("suspension.overdue"), "reason",
        )  # fmt: skip
    if reason == TRUANCY:
        yield from _truancy(facts, payload)
    if reason and reason not in WITHOUT_REQUEST and not payload.get("guardian"):
        yield Obstacle(
            "no-guardian", Weight.STOPS, Party.SCHOOL,
            "退学须由父母或其他法定监护人申请，请填写申请人。",
            "A parent or another legal guardian has to ask for a withdrawal; say who.",
            "《中小学生学籍管理办法》（2025）学籍变动管理", "guardian",
        )  # fmt: skip


def _truancy(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    running, term = facts.pack.truancy_days_running, facts.pack.truancy_days_term
    is_reached = (running and payload.get("absent_running", 0) >= running) or (
        term and payload.get("absent_term", 0) >= term
    )
    if not is_reached:
        named = f"连续 {running} 天或一学期累计 {term} 天" if running or term else ""
        yield Obstacle(
            "not-truant", Weight.STOPS, Party.SCHOOL,
            f"旷课未达到本省规定的{named}。" if named else "本省没有旷课按退学处理的规定。",
            f"Your province names {running} days running or {term} in a term." if named
            else "Your province has no rule that takes truancy as a withdrawal.",
            facts.pack.source_of("withdrawal.truancy_days_running"), "absent_running",
        )  # fmt: skip


def papers(facts: Facts, payload: Payload) -> tuple[PaperNeed, ...]:
    """Return the guardian's application; the school's statement where the rules need no application."""
    return (PaperNeed("report" if payload.get("reason") in WITHOUT_REQUEST else "application"),)


def desks(facts: Facts, payload: Payload) -> tuple[Desk, ...]:
    """Return the school, which confirms with effect, and the authority with which it is filed."""
    return route(
        [
            Desk(Party.SCHOOL, facts.school.place, has_effect=True),
            Desk(Party.AUTHORITY, facts.school.authority, purpose=Purpose.FILE_FOR_RECORD),
        ]
    )


def effect(facts: Facts, payload: Payload) -> Plan:
    return plan(ended(facts, facts.today, WITHDRAWN), marks.over(facts, *marks.AWAY))


KIND: Final = Kind(
    code="withdrawal",
    zh="退学",
    en="Withdrawal",
    source="《中小学生学籍管理办法》（2025）学籍变动管理：高中阶段由监护人申请、学校确认、报主管部门备案",
    change_code="31",
    fields=(
        Field("reason", "退学原因", "Reason", Input.CODE, REASONS),
        Field("guardian", "申请人（监护人）", "Guardian who asks", is_required=False, is_private=True),
        Field("absent_running", "连续旷课天数", "Days of truancy running", Input.NUMBER, is_required=False),
        Field(
            "absent_term", "本学期累计旷课天数", "Days of truancy this term", Input.NUMBER, is_required=False
        ),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=desks,
    obstacles=obstacles,
    papers=papers,
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction"}),
    days_to_undo=lambda facts: facts.pack.withdrawal_reversible_days,
)
