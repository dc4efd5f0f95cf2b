"""出国（境）, 下落不明, 辍学 and 返校: the enrolment is kept, a mark says since when."""

from __future__ import annotations

from datetime import date

import pytest

from tests.status.rules.pupils import codes, mark, pupil
from xueji.status.rules import abroad, dropout, marks, missing, returning
from xueji.status.rules.kind import Kind
from xueji.status.rules.plans import Table

GONE = {"since": "2026-09-01", "reason": "A", "whereabouts": "known", "purpose": "30"}


@pytest.mark.parametrize(
    ("kind", "state", "of"),
    [
        pytest.param(abroad.KIND, "13", marks.ABROAD, id="abroad"),
        pytest.param(missing.KIND, "15", marks.MISSING, id="missing"),
        pytest.param(dropout.KIND, "06", marks.DROPOUT, id="dropout"),
    ],
)
def test_the_enrolment_stays_open_and_a_mark_says_since_when(kind: Kind, state: str, of: str) -> None:
    facts = pupil(5)
    assert codes(kind, facts, GONE) == []
    period, made = kind.effect(facts, GONE).writes
    assert period.table is Table.ENROLMENT
    assert period.after is not None
    assert period.after["state"] == state
    assert period.after["ended_on"] is None
    assert made.after is not None
    assert (made.after["kind"], made.after["since"]) == (of, date(2026, 9, 1))
    assert made.after["details"]["grade"] == 5


@pytest.mark.parametrize("grade", [10, 11, 12])
def test_a_senior_pupil_is_withdrawn_and_not_marked_as_dropped_out(grade: int) -> None:
    assert codes(dropout.KIND, pupil(grade), GONE) == ["not-compulsory"]


def test_a_dropout_who_cannot_be_found_any_more_is_missing_and_one_mark_runs() -> None:
    facts = pupil(5, state="06", marks=(mark(marks.DROPOUT, grade=4),))
    over, made = (write for write in missing.effect(facts, GONE).writes if write.table is Table.MARK)
    assert over.after == {"until": facts.today}
    assert made.after is not None
    assert made.after["details"] == {"grade": 4}


@pytest.mark.parametrize(
    ("birth_on", "expected"),
    [
        pytest.param(date(2016, 8, 31), 5, id="six-by-the-cut-off"),
        pytest.param(date(2016, 9, 1), 4, id="a-day-too-late"),
        pytest.param(date(2023, 1, 1), 1, id="no-grade-below-the-first"),
        pytest.param(date(2000, 1, 1), 12, id="no-grade-above-the-last"),
    ],
)
def test_the_grade_of_age_is_counted_from_the_provinces_cut_off(birth_on: date, expected: int) -> None:
    assert returning.grade_of_age(pupil(5, birth_on=birth_on)) == expected


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        pytest.param(3, [], id="the-grade-that-was-left"),
        pytest.param(4, [], id="the-grade-of-the-age"),
        pytest.param(5, [], id="the-grade-of-the-old-class"),
        pytest.param(6, ["other-grade"], id="another"),
    ],
)
def test_who_returns_joins_a_grade_that_fits(to: int, expected: list[str]) -> None:
    facts = pupil(5, state="13", to=to, marks=(mark(marks.ABROAD, grade=3),), birth_on=date(2016, 12, 1))
    assert codes(returning.KIND, facts) == expected


def test_only_who_was_gone_returns() -> None:
    assert codes(returning.KIND, pupil(5, to=5)) == ["not-gone"]
    assert codes(returning.KIND, pupil(5, state="02", to=5)) == ["not-gone"]
