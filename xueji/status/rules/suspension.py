"""休学 Suspension of schooling.

Source: 《中小学生学籍管理办法》 (kept from 2013: conditions of each change are set by the province); most months,
extensions and papers by the province's pack; the archive stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.lib.codes import Code, CodeList
from xueji.lib.school_years import add_months
from xueji.status.rules import marks
from xueji.status.rules.common import day_in, must_attend
from xueji.status.rules.enrolments import altered
from xueji.status.rules.facts import SUSPENDED, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party

MARK: Final = marks.SUSPENSION

REASONS: Final = CodeList(
    "suspension_reason",
    "JY/T 1001-2012 学籍异动原因",
    (
        Code("10", "疾病", "Illness"),
        Code("11", "精神疾病", "Mental illness"),
        Code("12", "传染疾病", "Infectious disease"),
        Code("19", "其他疾病", "Other illness"),
        Code("26", "家长病重", "Parent seriously ill"),
        Code("99", "其他", "Other"),
    ),
)


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_attend(facts), *_dates(facts, payload))


def _dates(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    rules = facts.pack.suspension
    first, last = day_in(payload, "since"), day_in(payload, "until")
    if first is None or last is None:
        return
    if last <= first:
        yield Obstacle("dates", Weight.STOPS, Party.SCHOOL, "结束日期须在开始日期之后。", "The end has to be after the beginning.", "", "until")  # fmt: skip
    elif last > add_months(first, rules.most_months):
        yield Obstacle(
            "too-long", Weight.STOPS, Party.SCHOOL,
            f"一次休学最长 {rules.most_months} 个月；期满仍需休学的，届时办理延期。",
            f"A suspension lasts {rules.most_months} months at most; extend it when it ends if need be.",
            facts.pack.source, "until",
        )  # fmt: skip
    if (
        rules.not_in_last_term_of_last_grade
        and facts.grade in (6, 9, 12)
        and first.month in (2, 3, 4, 5, 6, 7)
    ):
        yield Obstacle(
            "last-term", Weight.STOPS, Party.SCHOOL,
            "本省规定毕业年级最后一学期不办理休学。", "Your province grants no suspension in the last term of the last grade.",
            facts.pack.source, "since",
        )  # fmt: skip


def papers(facts: Facts, payload: Payload) -> tuple[PaperNeed, ...]:
    return tuple(PaperNeed(kind) for kind in facts.pack.suspension.documents)


def effect(facts: Facts, payload: Payload) -> Plan:
    """The enrolment stays open as suspended; a mark keeps dates and the grade at that time."""
    since = day_in(payload, "since") or facts.today
    terms = {
        "until": str(payload["until"]),
        "reason": payload["reason"],
        "grade": facts.grade,
        "extensions": 0,
    }
    return plan(
        altered(facts, state=SUSPENDED),
        marks.begun(facts, facts.new_ids[0], MARK, since, terms),
    )


KIND: Final = Kind(
    code="suspension",
    zh="休学",
    en="Suspension",
    source="《中小学生学籍管理办法》（2025）学籍变动管理；本省实施细则",
    change_code="11",
    fields=(
        Field("reason", "休学原因", "Reason", Input.CODE, REASONS),
        Field("since", "开始日期", "From", Input.DAY),
        Field("until", "结束日期", "Until", Input.DAY),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=papers,
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction"}),
)
