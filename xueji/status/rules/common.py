"""Obstacles that several kinds of change share."""

from __future__ import annotations

from collections.abc import Iterator

from xueji.access.rules import places
from xueji.status.rules.facts import ATTENDING, Facts
from xueji.status.rules.kind import Obstacle, Weight
from xueji.status.rules.routes import Party


def must_be_enrolled(facts: Facts, party: Party = Party.SCHOOL) -> Iterator[Obstacle]:
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
    if facts.is_enrolled and facts.enrolment.state != ATTENDING:
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
