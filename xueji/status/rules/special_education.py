"""特殊教育安置 Arrangement of special education: where and how a pupil with a disability learns.

Regular class, special class, special school, taught at home, teaching point of an institution. One arrangement
runs at a time; the one before it ends the day the next begins. It belongs to the pupil and moves along with a transfer,
and so does the advice of the expert committee, a paper that stays encrypted: its findings are in no field.

Source: 《中小学生学籍管理办法》 (2025) art. 11 (kept from 2013 art. 6, 17: the school that teaches at home opens the
enrolment; the special archive moves with the pupil); Regulations on the Education of Persons with Disabilities
(《残疾人教育条例》), expert committee.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from xueji.lib.codes import Code, CodeList
from xueji.organisations.rules.school_kinds import KINDS as SCHOOL_KINDS
from xueji.status.rules import marks
from xueji.status.rules.common import day_in, must_be_enrolled
from xueji.status.rules.enrolments import altered
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.marks import begun, over
from xueji.status.rules.plans import Plan, Table, Write, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party
from xueji.students.rules.code_lists import DISABILITIES, PLACEMENTS

MARK: Final = marks.SPECIAL_EDUCATION
NONE, SPECIAL_CLASS, REGULAR_CLASS, SPECIAL_SCHOOL, AT_HOME = "0", "1", "2", "3", "4"
ARRANGEMENTS: Final = CodeList(
    "special_education",
    PLACEMENTS.source,
    (*PLACEMENTS.rows, Code(NONE, "不再需要特殊教育安置", "No longer needed")),
)
# Study mode of who is taught at home, and of who comes to school again (JY/T 1001 就读方式; 4 is our own).
TAUGHT_AT_HOME, DAY_PUPIL = "4", "1"
# 随班就读 of the roster by kind of disability: sight, hearing, intellect, another one.
REGULAR_BY_DISABILITY: Final = {"1": "1", "2": "2", "5": "3"}
NOT_REGULAR, OTHER_REGULAR = "0", "9"


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_be_enrolled(facts), *_of_arrangement(facts, payload))


def _of_arrangement(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    chosen, here = payload.get("arrangement"), Party.SCHOOL
    since = day_in(payload, "since")
    mark = facts.running(MARK)
    kind = SCHOOL_KINDS.get(facts.school.kind)
    is_special = kind is not None and kind.is_special_education
    if chosen == SPECIAL_SCHOOL and not is_special:
        yield Obstacle(
            "school-kind", Weight.STOPS, here,
            "本校不是特殊教育学校；学生转入特殊教育学校的，由该校发起转学。",
            "This is no special school; a special school that takes the pupil starts a transfer.",
            "《办法》第十一条", "arrangement",
        )  # fmt: skip
    if chosen == REGULAR_CLASS and is_special:
        yield Obstacle(
            "school-kind", Weight.STOPS, here,
            "随班就读在普通学校；学生转到普通学校的，由该校发起转学，特殊教育档案随之转移。",
            "Regular classes are those of ordinary schools; the ordinary school starts a transfer, and the special file"
            " moves along.",
            "《办法》第十一条", "arrangement",
        )  # fmt: skip
    if chosen == NONE and mark is None:
        yield Obstacle("no-arrangement", Weight.STOPS, here, "该生没有特殊教育安置，无需取消。", "The pupil has no arrangement that could end.", "", "arrangement")  # fmt: skip
    elif mark is not None and mark.details.get("arrangement") == chosen:
        yield Obstacle("same-arrangement", Weight.STOPS, here, "该生现在就是这种安置方式。", "This is the arrangement that runs.", "", "arrangement")  # fmt: skip
    if chosen != NONE and not (payload.get("disability") or facts.details.get("disability")):
        yield Obstacle("disability", Weight.STOPS, here, "请选择残疾类型。", "Choose the kind of disability.", "《残疾人教育条例》", "disability")  # fmt: skip
    if mark is not None and since is not None and since < mark.since:
        yield Obstacle("dates", Weight.STOPS, here, "开始日期早于现有安置的开始日期。", "It would begin before the arrangement that runs.", "", "since")  # fmt: skip


def papers(facts: Facts, payload: Payload) -> tuple[PaperNeed, ...]:
    """The committee advises on every arrangement and on its end."""
    return (PaperNeed("expert_advice"),)


def effect(facts: Facts, payload: Payload) -> Plan:
    chosen = str(payload["arrangement"])
    since = day_in(payload, "since") or facts.today
    disability = str(payload.get("disability") or facts.details.get("disability") or "")
    details = {**facts.details, "regular_class": regular_class(chosen, disability)}
    if disability:
        details["disability"] = disability
    writes = list(over(facts, MARK, on=since))
    if chosen != NONE:
        writes.append(
            begun(
                facts,
                facts.new_ids[0],
                MARK,
                since,
                {"arrangement": chosen, "study_mode": study_mode_before(facts)},
            )
        )
    writes.append(
        Write(Table.STUDENT, {"id": facts.student_id}, {"details": dict(facts.details)}, {"details": details})
    )
    mode = TAUGHT_AT_HOME if chosen == AT_HOME else study_mode_before(facts)
    return plan(writes, altered(facts, study_mode=mode) if mode != facts.enrolment.study_mode else [])


def regular_class(arrangement: str, disability: str) -> str:
    """Return what the roster's column 随班就读 says of an arrangement."""
    if arrangement != REGULAR_CLASS:
        return NOT_REGULAR
    return REGULAR_BY_DISABILITY.get(disability, OTHER_REGULAR)


def study_mode_before(facts: Facts) -> str:
    """Return how the pupil studied before being taught at home, which is how it goes on after that."""
    if facts.enrolment.study_mode != TAUGHT_AT_HOME:
        return facts.enrolment.study_mode
    mark = facts.running(MARK)
    before: Any = mark.details.get("study_mode") if mark is not None else None
    return str(before) if before and before != TAUGHT_AT_HOME else DAY_PUPIL


KIND: Final = Kind(
    code="special_education",
    zh="特殊教育安置",
    en="Arrangement of special education",
    source="《中小学生学籍管理办法》（2025）第十一条；《残疾人教育条例》",
    change_code="",
    fields=(
        Field("arrangement", "安置方式", "Arrangement", Input.CODE, ARRANGEMENTS),
        Field("disability", "残疾类型", "Kind of disability", Input.CODE, DISABILITIES, is_required=False),
        Field("since", "开始日期", "From", Input.DAY),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=papers,
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction", "key_data", "class_change"}),
)
