"""恢复学籍 and 接收离校学生: who left goes on, on the same student."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.status.rules.pupils import class_of, codes, mark, pupil, school
from xueji.status.rules import claim, marks, restoration, transfer
from xueji.status.rules.facts import Facts
from xueji.status.rules.routes import Party

LAST_YEAR, THIS_YEAR = date(2026, 4, 1), date(2026, 9, 3)


def left(grade: int, reason: str, *, on: date = THIS_YEAR, **changed: Any) -> Facts:
    return pupil(grade, state=reason, ended_on=on, **changed)


@pytest.mark.parametrize(
    ("grade", "reason", "why", "expected"),
    [
        pytest.param(11, "03", "back", [], id="a-senior-pupil-who-withdrew-comes-back"),
        pytest.param(5, "03", "back", ["not-senior"], id="nobody-withdraws-in-compulsory-education"),
        pytest.param(5, "99", "mistake", [], id="ended-by-mistake"),
        pytest.param(5, "11", "mistake", [], id="a-death-that-was-none"),
        pytest.param(11, "14", "back", ["other-end"], id="an-expelled-pupil-does-not-just-come-back"),
        pytest.param(9, "07", "mistake", ["other-end"], id="a-graduate"),
        pytest.param(5, "10", "mistake", ["other-end"], id="transferred"),
    ],
)
def test_an_enrolment_is_restored_where_its_end_allows_it(
    grade: int, reason: str, why: str, expected: list[str]
) -> None:
    facts = left(grade, reason, to=grade)
    assert codes(restoration.KIND, facts, {"reason": why}) == expected


def test_r01_nobody_who_is_enrolled_is_restored() -> None:
    assert codes(restoration.KIND, pupil(5, to=5), {"reason": "mistake"}) == ["enrolled"]


@pytest.mark.parametrize(
    ("to", "on", "expected"),
    [
        pytest.param(11, THIS_YEAR, [], id="the-grade-that-was-left"),
        pytest.param(10, THIS_YEAR, ["other-grade"], id="none-below"),
        pytest.param(10, LAST_YEAR, [], id="the-grade-left-a-year-ago"),
        pytest.param(11, LAST_YEAR, [], id="or-that-of-the-old-class-now"),
        pytest.param(12, LAST_YEAR, ["other-grade"], id="none-above"),
    ],
)
def test_the_pupil_comes_back_to_a_grade_that_fits(to: int, on: date, expected: list[str]) -> None:
    assert codes(restoration.KIND, left(11, "03", on=on, to=to), {"reason": "back"}) == expected


LOST, UNKNOWN = mark(marks.MISSING, grade=5), mark(marks.DROPOUT, grade=5, whereabouts="unknown")
KNOWN = mark(marks.DROPOUT, grade=5, whereabouts="known")
ELSEWHERE = school(510104_000001, id=7)


@pytest.mark.parametrize(
    ("state", "ended_on", "runs", "expected"),
    [
        pytest.param("99", THIS_YEAR, (), [], id="left-otherwise"),
        pytest.param("15", None, (LOST,), [], id="missing"),
        pytest.param("06", None, (UNKNOWN,), [], id="dropped-out-and-nobody-knows-where"),
        pytest.param("06", None, (KNOWN,), ["enrolled"], id="dropped-out-and-known-where"),
        pytest.param("01", None, (), ["enrolled"], id="attending"),
        pytest.param("07", THIS_YEAR, (), ["not-in-pool"], id="graduated"),
        pytest.param("11", THIS_YEAR, (), ["not-in-pool"], id="died"),
    ],
)
def test_only_who_left_with_an_unknown_destination_is_claimed(
    state: str, ended_on: date | None, runs: tuple[Any, ...], expected: list[str]
) -> None:
    facts = pupil(5, state=state, ended_on=ended_on, marks=runs, to=class_of(5, at=ELSEWHERE),
                  target_school=ELSEWHERE)  # fmt: skip
    assert codes(claim.KIND, facts) == expected


@pytest.mark.parametrize(
    ("state", "runs", "expected"),
    [
        pytest.param("15", LOST, "lost-sight-of", id="missing"),
        pytest.param("06", UNKNOWN, "lost-sight-of", id="dropped-out-and-nobody-knows-where"),
        pytest.param("06", KNOWN, "not-attending", id="dropped-out-and-known-where"),
    ],
)
def test_a_transfer_of_a_lost_pupil_is_led_to_the_claim(state: str, runs: Any, expected: str) -> None:
    facts = pupil(5, state=state, marks=(runs,), to=class_of(5, at=ELSEWHERE), target_school=ELSEWHERE)
    assert codes(transfer.KIND, facts) == [expected]


def test_the_receiving_school_starts_and_the_last_schools_authority_confirms() -> None:
    facts = left(5, "99", to=class_of(5, at=ELSEWHERE), target_school=ELSEWHERE)
    assert [(desk.party, desk.has_effect) for desk in claim.desks(facts, {})] == [
        (Party.RECEIVING_SCHOOL, False),
        (Party.SENDING_AUTHORITY, True),
    ]


def test_a_school_does_not_claim_its_own_pupil_nor_into_a_full_class() -> None:
    own = pupil(5, state="15", marks=(LOST,), to=5)
    assert codes(claim.KIND, own) == ["same-school"]
    full = class_of(5, at=ELSEWHERE, count=55)
    facts = pupil(5, state="15", marks=(LOST,), to=full, target_school=ELSEWHERE)
    assert codes(claim.KIND, facts) == ["class-full"]
