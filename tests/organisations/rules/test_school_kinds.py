"""Kinds of school, their grades, class numbers and identifiers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.organisations.rules import school_kinds as sk
from xueji.organisations.rules.school_kinds import Grade, Nature, Stage, System


def numbers(kind: str, system: System) -> list[int]:
    return [g.number for g in sk.grades_of(kind, system)]


@pytest.mark.parametrize(
    ("kind", "system", "expected"),
    [
        pytest.param("211", System.SIX_THREE_THREE, range(1, 7), id="primary"),
        pytest.param("211", System.FIVE_FOUR_THREE, range(1, 6), id="primary-of-five-years"),
        pytest.param("311", System.SIX_THREE_THREE, range(7, 10), id="junior"),
        pytest.param("311", System.FIVE_FOUR_THREE, range(6, 10), id="junior-of-four-years"),
        pytest.param("312", System.NINE_YEARS, range(1, 10), id="nine-year"),
        pytest.param("312", System.FIVE_FOUR_THREE, range(1, 10), id="nine-year-five-four"),
        pytest.param("341", System.SIX_THREE_THREE, range(7, 13), id="complete-secondary"),
        pytest.param("342", System.FIVE_FOUR_THREE, range(10, 13), id="senior"),
        pytest.param("345", System.TWELVE_YEARS, range(1, 13), id="twelve-year"),
        pytest.param("512", System.SIX_THREE_THREE, range(1, 13), id="school-for-the-deaf"),
    ],
)
def test_a_kind_runs_the_grades_of_its_stages(kind, system, expected):
    assert numbers(kind, system) == list(expected)


@pytest.mark.parametrize("kind", sk.SCHOOL_KINDS, ids=lambda kind: kind.code)
def test_every_kind_runs_each_of_its_stages_in_each_of_its_systems(kind):
    assert kind.zh
    assert kind.en
    for system in kind.systems:
        assert {g.stage for g in sk.grades_of(kind.code, system)} == set(kind.stages)


@pytest.mark.parametrize("kind", sk.SCHOOL_KINDS, ids=lambda kind: kind.code)
def test_only_attached_classes_have_no_identifier_of_their_own(kind):
    assert bool(kind.identifier_categories) == (kind.nature is not Nature.ATTACHED_CLASS)


@pytest.mark.parametrize("codes", [sk.SCHOOL_KIND_LIST, sk.FOUNDERS, sk.URBAN_RURAL, sk.SCHOOL_CHANGES])
def test_code_lists_are_unique_and_in_both_languages(codes):
    for values in ([r.code for r in codes.rows], codes.labels(), codes.labels("en")):
        assert len(set(values)) == len(values)
        assert all(values)


@pytest.mark.parametrize(
    ("grade", "zh", "en"),
    [
        (sk.grade(Stage.PRIMARY, 3), "三年级", "Grade 3"),
        (sk.grade(Stage.JUNIOR, 1), "七年级（初一）", "Grade 7 (junior 1)"),
        (sk.grade(Stage.JUNIOR, 1, System.FIVE_FOUR_THREE), "六年级（初一）", "Grade 6 (junior 1)"),
        (sk.grade(Stage.JUNIOR, 4, System.FIVE_FOUR_THREE), "九年级（初四）", "Grade 9 (junior 4)"),
        (sk.grade(Stage.SENIOR, 3), "高三", "Grade 12 (senior 3)"),
    ],
)
def test_a_grade_has_its_everyday_name(grade, zh, en):
    assert (grade.zh, grade.en) == (zh, en)


@pytest.mark.parametrize(
    ("entry_year", "stage", "school_year", "system", "expected"),
    [
        pytest.param(2026, Stage.PRIMARY, 2026, System.SIX_THREE_THREE, 1, id="entrant"),
        pytest.param(2021, Stage.PRIMARY, 2026, System.SIX_THREE_THREE, 6, id="last-year"),
        pytest.param(2021, Stage.PRIMARY, 2026, System.FIVE_FOUR_THREE, None, id="graduated-after-five"),
        pytest.param(2024, Stage.SENIOR, 2026, System.SIX_THREE_THREE, 12, id="senior-three"),
        pytest.param(2027, Stage.JUNIOR, 2026, System.SIX_THREE_THREE, None, id="not-yet"),
        pytest.param(2026, Stage.SENIOR, 2026, System.NINE_YEARS, None, id="no-such-stage"),
    ],
)
def test_the_entry_year_says_the_grade(entry_year, stage, school_year, system, expected):
    found = sk.grade_of(entry_year, stage, school_year, system)
    assert (found.number if found else None) == expected


@given(st.sampled_from(Stage), st.integers(1, 4), st.sampled_from(System), st.integers(2000, 2100))
def test_entry_year_and_grade_are_inverse(stage, ordinal, system, school_year):
    grade = sk.grade(stage, ordinal, system)
    if grade is None:
        assert ordinal > sk.YEARS[system].years_of(stage)
        return
    assert isinstance(grade, Grade)
    assert sk.grade_of(sk.entry_year_of(grade, school_year), stage, school_year, system) == grade


def test_class_numbers_are_entry_year_stage_and_sequence():
    assert sk.class_number(2026, Stage.PRIMARY, 1) == "2026101"
    assert sk.class_number(2024, Stage.SENIOR, 12) == "2024312"
    with pytest.raises(ValueError, match="classes 1 to 99"):
        sk.class_number(2026, Stage.JUNIOR, 100)


@pytest.mark.parametrize(
    ("identifier", "kind", "division", "problem"),
    [
        pytest.param("2133000001", "211", "330902", None, id="primary-school"),
        pytest.param("3433000001", "341", None, None, id="complete-secondary"),
        pytest.param("2165000001", "211", "660100", None, id="corps-under-xinjiang"),
        pytest.param("2166000001", "211", "660100", None, id="corps"),
        pytest.param("2199000001", "211", "990100", None, id="abroad"),
        pytest.param("", "218", "330902", None, id="teaching-point-without"),
        pytest.param("", "319", "330902", None, id="attached-class"),
        pytest.param("", "211", "330902", "identifier-format", id="school-without"),
        pytest.param("213300001", "211", "330902", "identifier-format", id="nine-digits"),
        pytest.param("２133000001", "211", "330902", "identifier-format", id="full-width-digit"),
        pytest.param("3133000001", "211", "330902", "identifier-category", id="category-of-another-kind"),
        pytest.param("2144000001", "211", "330902", "identifier-province", id="another-province"),
        pytest.param("2199000001", "211", "330902", "identifier-province", id="abroad-in-a-province"),
        pytest.param("2100000001", "211", None, "identifier-province", id="no-province"),
        pytest.param("3133000001", "319", "330902", "identifier-not-expected", id="attached-with"),
    ],
)
def test_an_identifier_says_category_and_province(identifier, kind, division, problem):
    found = sk.school_identifier_problem(identifier, kind, division)
    assert (found.code if found else None) == problem
    assert found is None or (found.zh and found.en)


@pytest.mark.parametrize(
    ("founder", "division", "is_odd"),
    [
        pytest.param("831", "330902", False, id="county-in-a-county"),
        pytest.param("831", "330000", True, id="county-under-the-province"),
        pytest.param("821", "330900", False, id="prefecture-under-itself"),
        pytest.param("811", "330902", True, id="province-in-a-county"),
        pytest.param("999", "330000", False, id="private-anywhere"),
        pytest.param("831", "429004", False, id="county-run-by-its-province"),
        pytest.param("811", "990000", False, id="listed-apart"),
    ],
)
def test_a_founder_stands_at_the_level_of_the_place(founder: str, division: str, is_odd: bool) -> None:
    found = sk.founder_problem(founder, division)
    assert (found is not None) == is_odd
    assert found is None or (found.zh and found.en)
