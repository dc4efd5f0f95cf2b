"""升级: which grades go up, and what does not fit before they do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.organisations.rules.school_kinds import YEARS
from xueji.status.rules.promotion import (
    BY_CODE,
    STAGES,
    GradeFacts,
    differences,
    first_grade,
    is_promoted,
    last_grade,
    needs_word,
)


def grade(number: int, entry_year: int, *, stage: str = "primary", pupils: int = 30) -> GradeFacts:
    return GradeFacts(number, stage, entry_year, number, pupils)


def found(*grades: GradeFacts, system: str = "6-3-3", usual: str = "6-3-3") -> list[str]:
    return [one.code for one in differences(grades, system=system, usual=usual, school_year=2027)]


@pytest.mark.parametrize(
    ("stage", "system", "first", "last"),
    [
        pytest.param("primary", "6-3-3", 1, 6, id="primary of six years"),
        pytest.param("primary", "5-4-3", 1, 5, id="primary of five years"),
        pytest.param("junior", "5-4-3", 6, 9, id="junior of four years"),
        pytest.param("junior", "9", 7, 9, id="nine years through"),
        pytest.param("senior", "12", 10, 12, id="twelve years through"),
    ],
)
def test_a_stage_ends_where_its_system_ends_it(stage: str, system: str, first: int, last: int) -> None:
    assert (first_grade(stage, system), last_grade(stage, system)) == (first, last)


def test_a_school_as_it_should_be_has_nothing_doubtful() -> None:
    assert found(*(grade(n, 2027 - n) for n in range(1, 6))) == []


def test_a_six_year_school_set_to_five_years_is_caught_by_its_sixth_grade() -> None:
    codes = found(*(grade(n, 2027 - n) for n in range(1, 7)), system="5-4-3")
    assert "years-too-few" in codes


def test_it_is_caught_by_its_county_too_when_the_sixth_grade_has_graduated() -> None:
    grades = tuple(grade(n, 2027 - n) for n in range(1, 6))
    assert found(*grades, system="5-4-3") == ["unlike-the-county"]
    assert found(*grades, system="5-4-3", usual="5-4-3") == ["not-graduated"]


def test_a_grade_that_does_not_fit_its_entry_year_is_doubtful() -> None:
    assert found(grade(3, 2023)) == ["grade-and-entry-year"]


def test_an_empty_grade_and_pupils_not_graduated_are_hints_only() -> None:
    seen = tuple(
        differences(
            (grade(2, 2025, pupils=0), grade(6, 2021)), system="6-3-3", usual="6-3-3", school_year=2027
        )
    )
    assert [one.code for one in seen] == ["nobody", "not-graduated"]
    assert not needs_word(seen)


@pytest.mark.parametrize("code", BY_CODE)
def test_every_difference_is_said_in_both_languages(code: str) -> None:
    kind = BY_CODE[code]
    assert all((kind.zh, kind.en, kind.remedy_zh, kind.remedy_en))


@given(st.sampled_from(STAGES), st.sampled_from(list(YEARS)), st.integers(1, 12))
def test_no_grade_goes_beyond_the_last_of_its_stage(stage: str, system: str, number: int) -> None:
    one = grade(number, 2020, stage=stage)
    if is_promoted(one, system):
        assert number + 1 <= last_grade(stage, system)
