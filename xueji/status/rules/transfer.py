"""转学 Transfer: started by the receiving school, decided by four parties, one effect.

Source: 《中小学生学籍管理办法》 art. 15 (receiver starts; four parties, ten working days each; the sender keeps
a copy; papers across provinces cut further, all online); windows, grades, reasons by province.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xueji.organisations.rules.pack_codes import REASONS
from xueji.status.rules.enrolments import ended, moved, opened
from xueji.status.rules.facts import ABROAD, ATTENDING, SUSPENDED, TRANSFERRED, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Starter, Weight
from xueji.status.rules.marks import is_lost_sight_of
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import TRANSFER_REFUSALS
from xueji.status.rules.routes import Desk, Party, route

# A class of more counts as far too large (大班额); nobody is added to it.
MOST_IN_CLASS: Final = 55


# What proves which reason; no family proves a reason it did not give.
PROVES: Final = {
    "household": ("household_register", "housing"),
    "work": ("work_proof",),
    "migrant": ("residence_permit", "work_proof"),
    "guardians_away": ("guardian_away_proof",),
}
PROOFS: Final = frozenset(kind for kinds in PROVES.values() for kind in kinds)


def is_cross_province(facts: Facts) -> bool:
    """Return whether the two schools are of two provinces; not while no school is known that the pupil goes to."""
    return facts.target_school is not None and facts.target_school.province != facts.school.province


def desks(facts: Facts, payload: Payload) -> tuple[Desk, ...]:
    """Return receiving school, receiving authority, sending school, sending authority; one office once.

    Senior secondary in a province with a longer chain: its higher authorities follow the receiver's own.
    """
    target, _into = facts.goal
    higher = facts.higher_authorities if facts.is_senior else ()
    return route(
        [
            Desk(Party.RECEIVING_SCHOOL, target.place),
            Desk(Party.RECEIVING_AUTHORITY, target.authority),
            *(Desk(Party.HIGHER_AUTHORITY, place) for place in higher),
            Desk(Party.SENDING_SCHOOL, facts.school.place),
            Desk(Party.SENDING_AUTHORITY, facts.school.authority),
        ]
    )


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*_of_sender(facts), *_of_receiver(facts, payload))


def _of_sender(facts: Facts) -> Iterator[Obstacle]:
    sender = Party.SENDING_SCHOOL
    if not facts.is_enrolled:
        yield Obstacle(
            "not-enrolled", Weight.STOPS, Party.RECEIVING_SCHOOL,
            "该生目前没有学籍，无需转学：请按新生注册；曾离校的请从离校学生中接收。",
            "The pupil has no enrolment, so there is nothing to transfer: register the pupil, or claim a pupil who left.",
            "《办法》第九条", "student",
        )  # fmt: skip
        return
    if facts.enrolment.state == SUSPENDED:
        yield Obstacle(
            "suspended", Weight.WAITS, sender,
            "该生正在休学，须先在原校办理复学。", "The pupil is suspended; the old school has to resume the schooling first.",
            "《办法》第十五条",
        )  # fmt: skip
    elif is_lost_sight_of(facts):
        yield Obstacle(
            "lost-sight-of", Weight.STOPS, Party.RECEIVING_SCHOOL,
            "原校已联系不到该生，无法由原校办理；学生已在本校的，请改办“接收离校学生”。",
            "The old school has lost sight of the pupil and could do nothing; if the pupil is with you, claim the pupil.",
            "《办法》第九条", "student",
        )  # fmt: skip
    elif facts.enrolment.state != ATTENDING:
        zh = {ABROAD: "出国（境）"}.get(facts.enrolment.state, "非在读")
        yield Obstacle(
            "not-attending", Weight.WAITS, sender,
            f"该生在原校登记为{zh}状态，须先由原校办理返校。",
            "The old school has the pupil as not attending; it has to note the return first.",
            "《办法》第十五条",
        )  # fmt: skip
    if facts.has_problem:
        yield Obstacle(
            "problem-record", Weight.WAITS, sender,
            "该生有未办结的问题学籍，须先由原校办结。", "A problem record of the pupil is open; the old school has to settle it first.",
            "《办法》第九条",
        )  # fmt: skip


def _of_receiver(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    target, into, here = facts.target_school, facts.target_class, Party.RECEIVING_SCHOOL
    rules = facts.pack.transfer
    if target is None or into is None:
        yield Obstacle(
            "class-closed",
            Weight.STOPS,
            here,
            "请选择本校在用的班级。",
            "Choose a class of this school that is open.",
            "",
            "class_id",
        )
        return
    if target.id == facts.school.id:
        yield Obstacle(
            "same-school", Weight.STOPS, here,
            "该生已在本校就读；调整班级请办理调班。", "The pupil is at this school already; a change of class is another business.",
            "", "class_id",
        )  # fmt: skip
    if into.school_id != target.id or not into.is_open:
        yield Obstacle("class-closed", Weight.STOPS, here, "请选择本校在用的班级。", "Choose a class of this school that is open.", "", "class_id")  # fmt: skip
    elif into.grade != facts.grade:
        one_up = abs(into.grade - facts.grade) == 1
        later_zh = "如正值升级、两校尚未都升级，升级完成后再办理即可。" if one_up else ""
        later_en = " If the schools are being promoted just now, go on when both are." if one_up else ""
        yield Obstacle(
            "other-grade", Weight.STOPS, here,
            f"转学不改变年级：该生现在{facts.grade}年级，请选择同年级的班级。{later_zh}",
            f"A transfer does not change the grade: the pupil is in grade {facts.grade}; choose a class of that grade.{later_en}",
            "《办法》第十五条", "class_id",
        )  # fmt: skip
    elif into.count >= MOST_IN_CLASS:
        yield Obstacle(
            "class-full", Weight.STOPS, here,
            f"该班已有 {into.count} 人，达到大班额上限，请选择其他班级。",
            f"The class has {into.count} pupils and can take no more; choose another one.", "", "class_id",
        )  # fmt: skip
    if not rules.is_open_on(facts.today):
        spans = "、".join(f"{w.first[0]}月{w.first[1]}日至{w.last[0]}月{w.last[1]}日" for w in rules.windows)
        yield Obstacle(
            "window-closed", Weight.STOPS, here,
            f"本省受理转学的时间为{spans}，请到时提交（草稿会保留）。",
            "Your province takes transfers at other times of the year; file it then (the draft is kept).",
            facts.pack.source,
        )  # fmt: skip
    closed = rules.closed_grades | (
        rules.closed_grades_same_county if target.county == facts.school.county else frozenset()
    )
    if facts.grade in closed:
        yield Obstacle(
            "grade-closed", Weight.STOPS, here,
            f"按本省规定，{facts.grade}年级不办理转学。", f"By the rules of your province grade {facts.grade} is closed to transfers.",
            facts.pack.source,
        )  # fmt: skip
    reason = payload.get("reason")
    if reason and rules.reasons and reason not in rules.reasons:
        yield Obstacle(
            "reason-not-accepted", Weight.STOPS, here,
            "本省不接受这一转学原因，请按实际情况选择。", "Your province does not accept this reason; choose the one that is true.",
            facts.pack.source, "reason",
        )  # fmt: skip


def papers(facts: Facts, payload: Payload) -> tuple[PaperNeed, ...]:
    """Return the papers the receiving province asks for; across provinces no more than the national list.

    Of the papers that prove a reason only those of the reason given are asked for.
    """
    reason = payload.get("reason", "")
    asked = facts.pack.transfer.documents_asked(is_cross_province=is_cross_province(facts))
    return tuple(
        PaperNeed(kind, is_required=kind not in PROOFS or reason != "other")
        for kind in asked
        if kind not in PROOFS or reason == "other" or kind in PROVES.get(reason, ())
    )


def effect(facts: Facts, payload: Payload) -> Plan:
    """Close the old period, open the new one in the same instant, and move everything of the pupil to the new holder."""
    target, into = facts.goal
    return plan(
        ended(facts, facts.today, TRANSFERRED),
        opened(facts, facts.new_ids[0], school=target, into=into, on=facts.today),
        moved(facts, target.place),
    )


KIND: Final = Kind(
    code="transfer",
    zh="转学",
    en="Transfer",
    source="《中小学生学籍管理办法》（2025）第十五条",
    change_code="22",
    starter=Starter.RECEIVING_SCHOOL,
    fields=(
        Field("class_id", "转入班级", "Class", Input.CLASS),
        Field("reason", "转学原因", "Reason", Input.CODE, REASONS),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=desks,
    obstacles=obstacles,
    papers=papers,
    effect=effect,
    refusals=TRANSFER_REFUSALS,
    beside=frozenset({"correction"}),
    leaves_copy=True,
)
