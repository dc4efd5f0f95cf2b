"""Obstacles that several kinds of change share."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from xueji.access.rules import places
from xueji.status.rules.facts import ATTENDING, DECEASED, Facts, SchoolFacts
from xueji.status.rules.kind import Obstacle, Payload, Weight
from xueji.status.rules.routes import Party


def must_be_enrolled(facts: Facts, party: Party = Party.SCHOOL) -> Iterator[Obstacle]:
    """An obstacle where the pupil has no open enrolment, or one that is being ended."""
    yield from must_have_enrolment(facts, party)
    if facts.is_enrolled and facts.enrolment.state == DECEASED:
        yield Obstacle(
            "being-ended",
            Weight.STOPS,
            party,
            "该生的学籍正在办理注销，不能办理其他业务。",
            "The pupil's enrolment is being ended; no other change can be done.",
            "《办法》第二十一条",
        )


def must_have_enrolment(facts: Facts, party: Party = Party.SCHOOL) -> Iterator[Obstacle]:
    """An obstacle where the pupil has no open enrolment."""
    if not facts.is_enrolled:
        yield Obstacle(
            "not-enrolled",
            Weight.STOPS,
            party,
            "该生目前没有学籍；曾在校的，请办理恢复或新生注册。",
            "The pupil has no enrolment now; have it restored, or register the pupil anew.",
            "《办法》第三条",
        )


def must_attend(facts: Facts, party: Party = Party.SCHOOL) -> Iterator[Obstacle]:
    """An obstacle where the pupil is not at school: suspended, abroad, missing, dropped out."""
    yield from must_be_enrolled(facts, party)
    if facts.is_enrolled and facts.enrolment.state not in (ATTENDING, DECEASED):
        yield Obstacle(
            "not-attending",
            Weight.STOPS,
            party,
            "该生当前不是在读状态，请先办理复学或返校。",
            "The pupil is not attending at present; have the schooling resumed first.",
            "《办法》第十二条",
        )


def compulsory_forbids(facts: Facts, zh: str, en: str, article: str) -> Iterator[Obstacle]:
    """An obstacle in grades 1 to 9, where the law forbids the change altogether."""
    if facts.is_compulsory:
        yield Obstacle("compulsory", Weight.STOPS, Party.SCHOOL, zh, en, article)


def authority_at(facts: Facts, level: str) -> int | None:
    """Return the authority of a level above the pupil's own; None where the own one is of that level or above it."""
    own = facts.school.authority
    return next(
        (
            place
            for place in places.upwards(facts.school.place)
            if places.level_of(place) == level and place < own
        ),
        None,
    )


def only_in_state(facts: Facts, *states: str, party: Party = Party.SCHOOL) -> Iterator[Obstacle]:
    """An obstacle where an enrolled pupil is in a state in which the change is not done."""
    if facts.is_enrolled and facts.enrolment.state not in (*states, DECEASED):
        yield Obstacle(
            "other-state",
            Weight.STOPS,
            party,
            "该生当前的学籍状态不能办理此项业务，请核对后再选择业务。",
            "This change is not done in the pupil's present state; check it and choose the right one.",
        )


def not_after_today(facts: Facts, payload: Payload, key: str) -> Iterator[Obstacle]:
    """An obstacle where a day that is stated as past lies ahead."""
    stated = day_in(payload, key)
    if stated is not None and stated > facts.today:
        yield Obstacle("day-ahead", Weight.STOPS, Party.SCHOOL, "日期不能晚于今天。", "The day cannot lie ahead.", "", key)  # fmt: skip


def dates_in_order(payload: Payload, first: str, last: str) -> Iterator[Obstacle]:
    """An obstacle where a period ends before it has begun."""
    since, until = day_in(payload, first), day_in(payload, last)
    if since is not None and until is not None and until <= since:
        yield Obstacle("dates", Weight.STOPS, Party.SCHOOL, "结束日期须在开始日期之后。", "The end has to be after the beginning.", "", last)  # fmt: skip


def day_in(payload: Payload, key: str) -> date | None:
    """Return a day of a payload, kept as text."""
    value = payload.get(key)
    return date.fromisoformat(value) if isinstance(value, str) and value else value or None


def must_enter(
    facts: Facts,
    grades: Collection[int],
    zh: str,
    en: str,
    *,
    at: SchoolFacts | None = None,
    is_across_stages: bool = False,
) -> Iterator[Obstacle]:
    """An obstacle where the class chosen is not an open one of the pupil's school and stage, in one of the grades.

    `at` is another school that the pupil goes to; `is_across_stages` lets the stage change.

    `zh` and `en` say, without a full stop, which class it has to be.
    """
    into = facts.target_class
    if into is None:
        return
    if into.school_id != (at or facts.school).id or not into.is_open:
        yield Obstacle("class-closed", Weight.STOPS, Party.SCHOOL, "请选择本校在用的班级。", "Choose a class of this school that is open.", "", "class_id")  # fmt: skip
    elif into.grade not in grades or (into.stage != facts.stage and not is_across_stages):
        yield Obstacle("other-grade", Weight.STOPS, Party.SCHOOL, f"{zh}，请重新选择班级。", f"{en}; choose another class.", "", "class_id")  # fmt: skip
