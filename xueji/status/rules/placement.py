"""专门学校 Placement at a specialised school, and its end: enrolment and certificate stay with the original school.

The authority that decided files it; the original school takes note, the specialised school confirms that the pupil is
there. Nobody else learns of it: the kind is discreet, and the placement is in a table that no ordinary role reads.

Source: 《中小学生学籍管理办法》 (2025) art. 11; 《预防未成年人犯罪法》 art. 43-47 (decided by the education authority with the police
on the advice of a committee; enrolment and certificate by the original school).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from xueji.status.rules.common import day_in, must_be_enrolled
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Starter, Weight
from xueji.status.rules.needs import Needs
from xueji.status.rules.plans import Plan, Table, Write, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Desk, Party, Purpose, route

# JY/T 1001-2012 办学类型.
SPECIALISED: Final = "371"
ARTICLE: Final = "《办法》第十一条；《预防未成年人犯罪法》第四十七条"
SOURCE: Final = "《中小学生学籍管理办法》（2025）第十一条；《预防未成年人犯罪法》第四十三至四十七条"


def needs(facts: Facts, payload: Payload) -> Needs:
    return Needs(placement=True)


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_be_enrolled(facts, Party.AUTHORITY), *_of_school(facts, payload))


def _of_school(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    target, here = facts.target_school, Party.AUTHORITY
    if target is None or target.kind != SPECIALISED or not target.is_open:
        yield Obstacle(
            "no-specialised-school", Weight.STOPS, here,
            "这个标识码不是正常办学的专门学校，请核对。", "No specialised school in operation has this identifier; check it.",
            ARTICLE, "school",
        )  # fmt: skip
    elif target.id == facts.school.id:
        yield Obstacle(
            "same-school", Weight.STOPS, here,
            "该生学籍就在这所学校，无需登记。", "The pupil is enrolled at this very school; nothing is to be placed.", ARTICLE, "school",
        )  # fmt: skip
    if facts.ready.placement is not None:
        yield Obstacle("placed", Weight.STOPS, here, "该生已在专门学校就读，请先办理结束。", "The pupil is placed already; end that first.", ARTICLE)  # fmt: skip
    since = day_in(payload, "since")
    if since is not None and since > facts.today:
        yield Obstacle("future", Weight.STOPS, here, "开始日期不能晚于今天。", "It cannot begin in the future.", "", "since")  # fmt: skip


def desks(facts: Facts, payload: Payload) -> tuple[Desk, ...]:
    """Return the original school, which takes note, and the specialised school, where it takes effect."""
    found = [Desk(Party.SCHOOL, facts.school.place, purpose=Purpose.FILE_FOR_RECORD)]
    if facts.target_school is not None:
        found.append(Desk(Party.RECEIVING_SCHOOL, facts.target_school.place, has_effect=True))
    return tuple(found)


def effect(facts: Facts, payload: Payload) -> Plan:
    """One row beside the enrolment, which stays exactly as it is (R12)."""
    at = facts.target_school
    if at is None:
        return plan()
    key = {"student_id": facts.student_id, "id": facts.new_ids[0]}
    row = {
        **key,
        "place": facts.place,
        "school_place": at.place,
        "since": day_in(payload, "since") or facts.today,
        "until": None,
    }
    return plan(Write(Table.PLACEMENT, key, None, row))


KIND: Final = Kind(
    code="placement",
    zh="专门学校就读",
    en="Placement at a specialised school",
    source=SOURCE,
    change_code="",
    starter=Starter.AUTHORITY,
    fields=(
        Field(
            "school", "专门学校标识码", "Identifier of the specialised school", Input.SCHOOL, is_private=True
        ),
        Field("since", "开始日期", "From", Input.DAY, is_private=True),
        Field("note", "补充说明", "Note", is_required=False, is_private=True),
    ),
    desks=desks,
    needs=needs,
    obstacles=obstacles,
    papers=lambda facts, payload: (PaperNeed("placement_decision"),),
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    is_discreet=True,
    is_silent=True,
)


def end_obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return tuple(_of_end(facts, payload))


def _of_end(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    placement, until = facts.ready.placement, day_in(payload, "until")
    if placement is None:
        yield Obstacle("not-placed", Weight.STOPS, Party.AUTHORITY, "该生没有在专门学校就读的登记。", "No placement of the pupil runs.", ARTICLE)  # fmt: skip
    elif until is not None and not placement.since <= until <= facts.today:
        yield Obstacle("dates", Weight.STOPS, Party.AUTHORITY, "结束日期须在开始日期之后，且不晚于今天。", "It ends after it began, and not in the future.", "", "until")  # fmt: skip


def end_desks(facts: Facts, payload: Payload) -> tuple[Desk, ...]:
    """Return the specialised school, which takes note, and the original school, which has the pupil back."""
    placement = facts.ready.placement
    found = (
        [Desk(Party.SENDING_SCHOOL, placement.school_place, purpose=Purpose.FILE_FOR_RECORD)]
        if placement
        else []
    )
    return route([*found, Desk(Party.SCHOOL, facts.school.place, has_effect=True)])


def end_effect(facts: Facts, payload: Payload) -> Plan:
    return plan(over(facts, on=day_in(payload, "until") or facts.today))


def over(facts: Facts, *, on: date) -> Iterator[Write]:
    """Yield the write that ends the placement that runs, never before it began; nothing where none runs."""
    placement = facts.ready.placement
    if placement is not None:
        key = {"student_id": facts.student_id, "id": placement.id}
        yield Write(Table.PLACEMENT, key, {"until": None}, {"until": max(on, placement.since)})


END: Final = Kind(
    code="placement_return",
    zh="专门学校就读结束",
    en="End of a placement at a specialised school",
    source=SOURCE,
    change_code="",
    starter=Starter.AUTHORITY,
    fields=(
        Field("until", "结束日期", "Until", Input.DAY, is_private=True),
        Field("note", "补充说明", "Note", is_required=False, is_private=True),
    ),
    desks=end_desks,
    needs=needs,
    obstacles=end_obstacles,
    papers=lambda facts, payload: (PaperNeed("placement_decision"),),
    effect=end_effect,
    refusals=ORDINARY_REFUSALS,
    is_discreet=True,
    is_silent=True,
)
