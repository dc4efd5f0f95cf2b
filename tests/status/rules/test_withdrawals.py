"""退学 and 开除: senior secondary alone (R08, R09 of the requirements)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.status.rules.pupils import codes, province, pupil, suspended, the
from xueji.status.rules import expulsion, repetition, withdrawal
from xueji.status.rules.kind import Weight
from xueji.status.rules.routes import Party, Purpose

ASKED = {"reason": "21", "guardian": "合成家长"}


@pytest.mark.parametrize("grade", range(1, 10))
def test_r08_nobody_is_withdrawn_expelled_or_made_to_repeat_in_grades_1_to_9(grade: int) -> None:
    for kind in (withdrawal.KIND, expulsion.KIND, repetition.KIND):
        found = the("compulsory", kind, pupil(grade))
        assert found.weight is Weight.STOPS
        assert "义务教育法" in found.article


@pytest.mark.parametrize("grade", [10, 11, 12])
def test_senior_pupils_may_be_withdrawn_at_their_guardians_request(grade: int) -> None:
    assert codes(withdrawal.KIND, pupil(grade), ASKED) == []


def test_r09_a_guardian_asks_the_school_confirms_with_effect_and_the_authority_is_told() -> None:
    facts = pupil(11)
    assert codes(withdrawal.KIND, facts, {"reason": "21"}) == ["no-guardian"]
    assert [need.kind for need in withdrawal.papers(facts, ASKED)] == ["application"]
    school, authority = withdrawal.desks(facts, ASKED)
    assert (school.party, school.has_effect) == (Party.SCHOOL, True)
    assert (authority.purpose, authority.has_effect) == (Purpose.FILE_FOR_RECORD, False)


def test_it_can_be_taken_back_for_as_many_days_as_the_province_says() -> None:
    assert withdrawal.KIND.days_to_undo(pupil(11)) == 30


@pytest.mark.parametrize(
    ("code", "until", "expected"),
    [
        pytest.param("51", date(2026, 9, 9), [], id="sichuan-the-day-after-the-end"),
        pytest.param("51", date(2026, 9, 10), ["not-overdue"], id="sichuan-on-the-last-day"),
        pytest.param("43", date(2026, 8, 9), [], id="hunan-a-month-after-the-end"),
        pytest.param("43", date(2026, 8, 10), ["not-overdue"], id="hunan-on-the-last-day-of-the-month"),
        pytest.param("32", date(2025, 9, 1), ["not-overdue"], id="jiangsu-only-lists-them"),
    ],
)
def test_an_overdue_suspension_is_a_reason_where_the_province_says_so(
    code: str, until: date, expected: list[str]
) -> None:
    facts = pupil(11, state="02", pack=province(code), marks=(suspended(until),))
    assert codes(withdrawal.KIND, facts, {"reason": withdrawal.OVERDUE}) == expected


@pytest.mark.parametrize(
    ("code", "stated", "expected"),
    [
        pytest.param("51", {"absent_running": 15}, [], id="15-days-running"),
        pytest.param("51", {"absent_term": 45}, [], id="45-days-in-a-term"),
        pytest.param("51", {"absent_running": 14, "absent_term": 44}, ["not-truant"], id="a-day-less"),
        pytest.param("32", {"absent_running": 60}, ["not-truant"], id="no-such-rule"),
    ],
)
def test_truancy_is_a_reason_after_the_days_of_the_province(
    code: str, stated: dict[str, int], expected: list[str]
) -> None:
    facts = pupil(11, pack=province(code))
    assert codes(withdrawal.KIND, facts, {"reason": withdrawal.TRUANCY, **stated}) == expected


def test_an_expulsion_rests_on_the_schools_decision_and_is_decided_by_the_authority() -> None:
    facts = pupil(11)
    assert [need.kind for need in expulsion.KIND.papers(facts, {})] == ["decision"]
    assert expulsion.KIND.desks(facts, {})[-1].has_effect
    assert codes(expulsion.KIND, facts, {"decided_on": "2026-09-11"}) == ["day-ahead"]
